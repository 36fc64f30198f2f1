/** Photos of people and groups (entra-directory s.4.2, 5.2, 5.9). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { password, personCaller } from './people.ts';
import { person, world } from './rules-world.ts';
import { base, graphApp, tokenFor } from './support.ts';

/** A JPEG as far as its header goes, of so many bytes. */
function jpeg(width: number, height: number, size = 64): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const header = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  bytes.set(header);
  return bytes;
}
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

async function caller(tenant: Tenant, app = graphApp) {
  const token = await tokenFor(tenant, app);
  return async (method: string, path: string, body?: Uint8Array<ArrayBuffer>, type = 'image/jpeg') => {
    const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': type } : {}) };
    const init = { method, headers, ...(body ? { body } : {}) };
    const answer = await tenant.fetch(new Request(`${base}/v1.0${path}`, init));
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    const json = isJson ? JSON.parse(bytes.toString()) : undefined;
    return { status: answer.status, type: answer.headers.get('content-type'), bytes, json };
  };
}
const seed = {
  users: [{ displayName: 'Ana', userPrincipalName: 'ana@contoso.com' }],
  groups: [{ displayName: 'Team', mail: 'team@contoso.com', groupTypes: ['Unified'] }, { displayName: 'Security' }],
};

test('a photo is put, read with its size and type, replaced and deleted (s.5.2)', async () => {
  const w = await world(seed);
  const call = await caller(w.tenant);
  const none = await call('GET', '/users/ana@contoso.com/photo/$value');
  assert.deepEqual([none.status, none.json.error.code], [404, 'ImageNotFound']);
  assert.equal((await call('GET', '/users/ana@contoso.com/photo')).json.error.code, 'ImageNotFound');
  assert.equal((await call('DELETE', '/users/ana@contoso.com/photo/$value')).json.error.code, 'ImageNotFound');
  assert.equal((await call('PUT', '/users/ana@contoso.com/photo/$value', jpeg(240, 180))).status, 200);
  const read = await call('GET', '/users/ana@contoso.com/photo/$value');
  assert.deepEqual([read.status, read.type, read.bytes.equals(jpeg(240, 180))], [200, 'image/jpeg', true]);
  const { json } = await call('GET', '/users/ana@contoso.com/photo');
  assert.deepEqual(
    [json.id, json.width, json.height, json['@odata.mediaContentType']],
    ['240X180', 240, 180, 'image/jpeg'],
  );
  assert.match(json['@odata.context'], /\$metadata#users\('.*'\)\/photo\/\$entity$/);
  assert.equal((await call('PATCH', '/users/ana@contoso.com/photo/%24value', jpeg(64, 64))).status, 200);
  assert.equal((await call('GET', '/users/ana@contoso.com/photo')).json.id, '64X64');
  assert.equal((await call('DELETE', '/users/ana@contoso.com/photo/$value')).status, 204);
  assert.equal((await call('GET', '/users/ana@contoso.com/photo')).status, 404);
  assert.equal((await call('GET', '/users/ana@contoso.com/photos/48x48/$value')).status, 501, 'no other sizes');
  assert.equal((await call('PUT', '/users/ana@contoso.com/photo', jpeg(1, 1))).status, 405);
  assert.equal((await call('GET', '/users/ana@contoso.com/photo/big')).status, 400);
});

test('a photo written through Graph has at most 4 MB and is JPEG (s.4.2)', async () => {
  const w = await world(seed);
  const call = await caller(w.tenant);
  const limit = 4 * 1024 * 1024;
  assert.equal((await call('PUT', '/users/ana@contoso.com/photo/$value', jpeg(9, 9, limit))).status, 200);
  assert.equal((await call('GET', '/users/ana@contoso.com/photo/$value')).bytes.length, limit);
  const large = await call('PUT', '/users/ana@contoso.com/photo/$value', jpeg(8, 8, limit + 1));
  assert.deepEqual([large.status, large.json.error.code], [413, 'RequestEntityTooLarge']);
  assert.equal((await call('GET', '/users/ana@contoso.com/photo')).json.id, '9X9', 'the one before stays');
  const text = new TextEncoder().encode('{"no":"picture"}');
  assert.equal((await call('PUT', '/users/ana@contoso.com/photo/$value', text)).status, 400);
  assert.equal((await call('PUT', '/users/ana@contoso.com/photo/$value', jpeg(1, 1), 'text/plain')).status, 400);
});

test('the thumbnailPhoto of the directory shows; a photo of the cloud stays until the directory sends another (s.5.9)', async () => {
  const w = await world();
  const call = await caller(w.tenant);
  const sent = (width: number) => ({ thumbnailPhoto: { base64: base64(jpeg(width, 10)) } });
  const size = async () => (await call('GET', '/users/sue@contoso.com/photo')).json.id ?? 'none';
  await w.provision('Add', 'User', 'sue1', person('sue', sent(96)));
  assert.equal(await size(), '96X10');
  assert.equal((await call('PUT', '/users/sue@contoso.com/photo/$value', jpeg(500, 10))).status, 200, 'not refused');
  await w.provision('Set', 'User', 'sue1', { title: 'Boss' });
  assert.equal(await size(), '500X10', 'another change of the directory leaves it');
  await w.provision('Set', 'User', 'sue1', sent(97));
  assert.equal(await size(), '97X10');
  assert.equal((await call('DELETE', '/users/sue@contoso.com/photo/$value')).status, 204);
  assert.equal(await size(), 'none');
  await w.provision('Set', 'User', 'sue1', sent(98));
  assert.equal(await size(), '98X10');
  await w.provision('Set', 'User', 'sue1', { thumbnailPhoto: null });
  assert.equal(await size(), 'none');
});

test('photos: apps and administrators change all, people their own, owners that of their Microsoft 365 group', async () => {
  const app = { appId: '00000000-0000-0000-0000-0000000000cc', secret: 'the-secret-of-the-portal' };
  const reader = { appId: '00000000-0000-0000-0000-0000000000dd', secret: 'the-secret-of-the-reader' };
  const named = (name: string) => ({ displayName: name, userPrincipalName: `${name}@contoso.com`, password });
  const w = await world({
    users: [named('bo'), named('cy')],
    groups: seed.groups.map((group) => ({ ...group, owners: ['bo@contoso.com'] })),
    apps: [
      { ...app, displayName: 'Portal', permissions: ['ProfilePhoto.ReadWrite.All', 'Group.ReadWrite.All'] },
      { ...reader, displayName: 'Reader', permissions: ['ProfilePhoto.Read.All'] },
    ],
  });
  const groups = (await w.graph('GET', '/groups')).body.value as { id: string; displayName: string }[];
  const group = (name: string) => `/groups/${groups.find((g) => g.displayName === name)?.id}/photo/$value`;
  const bo = await personCaller(w.tenant, app, 'bo');
  const image = { 'content-type': 'image/jpeg' };
  assert.equal((await bo('PUT', '/me/photo/$value', jpeg(10, 10), image)).status, 200);
  assert.equal((await bo('GET', '/me/photo')).body.id, '10X10');
  assert.equal((await bo('PUT', '/users/cy@contoso.com/photo/$value', jpeg(10, 10), image)).status, 403);
  assert.equal((await bo('PUT', group('Team'), jpeg(20, 20), image)).status, 200, 'an owner');
  assert.equal((await bo('PUT', group('Security'), jpeg(20, 20), image)).status, 400);
  const cy = await personCaller(w.tenant, app, 'cy');
  assert.equal((await cy('PUT', group('Team'), jpeg(20, 20), image)).status, 403);
  const read = await caller(w.tenant, reader);
  assert.equal((await read('GET', '/users/bo@contoso.com/photo')).json.id, '10X10');
  assert.equal((await read('DELETE', '/users/bo@contoso.com/photo/$value')).status, 403);
});

test('in a batch a photo is base64 text (s.5.7); with its owner it comes out of the recycle bin', async () => {
  const w = await world(seed);
  const url = '/users/ana@contoso.com/photo/$value';
  const put = { id: '1', method: 'PUT', url, headers: { 'Content-Type': 'image/jpeg' }, body: base64(jpeg(30, 30)) };
  const answer = await w.graph('POST', '/$batch', {
    requests: [put, { id: '2', method: 'GET', url, dependsOn: ['1'] }],
  });
  const [first, second] = answer.body.responses;
  assert.deepEqual([first.status, second.status, second.headers['Content-Type']], [200, 200, 'image/jpeg']);
  assert.equal(second.body, base64(jpeg(30, 30)));
  const { id } = (await w.graph('GET', '/users/ana@contoso.com')).body;
  await w.graph('DELETE', `/users/${id}`);
  await w.graph('POST', `/directory/deletedItems/${id}/restore`);
  assert.equal((await w.graph('GET', `/users/${id}/photo`)).body.id, '30X30');
});
