/** Photos through Graph: written by a request of their own, never read back, and still neither lost nor sent twice. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempDirectory } from '../support/temp.ts';
import { base, graphApp, tokenFor } from '../tenant/support.ts';
import { DialectLab, Directory } from './lab.ts';

/** What begins like a JPEG picture, and what does not. */
const jpeg = (n: number): string => Buffer.from([0xff, 0xd8, 0xff, 0xe0, n, n, n, n]).toString('base64');
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108', 'hex').toString('base64');
/** Bytes in an LDIF file stand behind two colons. */
const photo = 'thumbnailPhoto:';

async function world(t: TestContext) {
  const folder = tempDirectory('graph-photo');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  const lab = await new DialectLab('graph', path).open();
  t.after(() => {
    lab[Symbol.dispose]();
    folder.remove();
  });
  return {
    lab,
    directory,
    /** One cycle; the writes that left, without ids. */
    async cycle(policy?: 'initial'): Promise<string[]> {
      directory.save();
      lab.writes.length = 0;
      assert.equal((await lab.cycle(policy)).outcome, 'clean', JSON.stringify(lab.store.records.errors(5)));
      return lab.writes.map((write) => write.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID'));
    },
    /** The bytes, as the cloud shows them. */
    async photoOf(name: string): Promise<string | undefined> {
      const authorization = `Bearer ${await tokenFor(lab.tenant, graphApp)}`;
      const url = `${base}/v1.0/users/${name}@contoso.com/photo/$value`;
      const answer = await lab.tenant.fetch(new Request(url, { headers: { authorization } }));
      return answer.status === 200 ? Buffer.from(await answer.arrayBuffer()).toString('base64') : undefined;
    },
  };
}
const put = 'PUT /users/ID/photo/$value';

test('a photo is written once, again when it changes, taken away when it goes; and nothing is sent without need', async (t) => {
  const w = await world(t);
  w.directory.user('ada', { [photo]: jpeg(1) });
  w.directory.user('bob');
  assert.deepEqual(await w.cycle('initial'), ['POST /users', 'POST /users', put]);
  assert.equal(await w.photoOf('ada'), jpeg(1));
  assert.equal(await w.photoOf('bob'), undefined);
  await w.lab.settle();
  assert.deepEqual(await w.cycle(), []);
  assert.deepEqual(await w.cycle('initial'), [], 'a full import does not bring it, and it is not missed');
  w.directory.change('ada', { title: 'Engineer' });
  assert.deepEqual(await w.cycle(), ['PATCH /users/ID'], 'something else changes');
  await w.lab.settle();
  w.directory.change('ada', { [photo]: jpeg(2) });
  assert.deepEqual(await w.cycle(), [put], 'no delta query tells of it');
  for (let i = 0; i < 4; i++) assert.deepEqual(await w.cycle(), [], 'and nobody waits for one');
  assert.deepEqual(w.lab.errors(), []);
  assert.equal(await w.photoOf('ada'), jpeg(2));
  w.directory.change('ada', { [photo]: undefined });
  assert.deepEqual(await w.cycle(), ['DELETE /users/ID/photo/$value']);
  assert.equal(await w.photoOf('ada'), undefined);
  await w.lab.settle();
});

test('a picture that Graph does not take spoils nothing else, is told, and comes up again with another one', async (t) => {
  const w = await world(t);
  w.directory.user('ada', { [photo]: png, title: 'Engineer' });
  assert.deepEqual(await w.cycle('initial'), ['POST /users']);
  assert.deepEqual(w.lab.errors(), ['DataValidationFailed']);
  for (let i = 0; i < 3; i++) assert.deepEqual(await w.cycle(), []);
  assert.deepEqual(w.lab.errors(), ['DataValidationFailed'], 'it is still told');
  w.directory.change('ada', { [photo]: jpeg(1) });
  assert.deepEqual(await w.cycle(), [put]);
  assert.deepEqual(w.lab.errors(), []);
  w.directory.change('ada', { [photo]: png });
  assert.deepEqual(await w.cycle(), [], 'the one there was stays');
  assert.equal(await w.photoOf('ada'), jpeg(1));
  await w.lab.settle();
});

test('the answer to a photo is lost, after a create and after a change: it is written in the end', async (t) => {
  const w = await world(t);
  const { fetch } = w.lab.tenant;
  let cut = true;
  w.lab.tenant.fetch = async (request) => {
    const text = request.url.endsWith('/$batch') ? await request.clone().text() : '';
    if (!cut || !text.includes('/photo/$value')) return fetch(request);
    cut = false;
    throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
  };
  w.directory.user('ada', { [photo]: jpeg(1) });
  w.directory.save();
  await w.lab.cycle('initial');
  assert.equal(cut, false);
  assert.equal(await w.photoOf('ada'), undefined);
  await w.cycle();
  assert.equal(await w.photoOf('ada'), jpeg(1));
  await w.lab.settle();
  cut = true;
  w.directory.change('ada', { [photo]: jpeg(2), title: 'Engineer' });
  w.directory.save();
  await w.lab.cycle();
  await w.cycle();
  await w.lab.settle();
  assert.deepEqual(w.lab.errors(), []);
  assert.equal(await w.photoOf('ada'), jpeg(2));
  assert.equal((await w.lab.graph('GET', '/users/ada@contoso.com?$select=jobTitle')).body.jobTitle, 'Engineer');
});
