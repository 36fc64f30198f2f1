/** What becomes of a watermark when the server, the clock or the configuration is another one (active-directory s.3.2). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { type Directory, Importer, startDirectory } from './directory.ts';

let directory: Directory;
let importer: Importer;
let now = Date.now();
let full: string;

before(async () => {
  directory = await startDirectory();
  const connector = directory.connector({ fullImport: 'dirsync' }, { now: () => now });
  importer = new Importer(await connector.open(new AbortController().signal));
  await directory.createUser('known', { mail: ['known@example.com'] });
  await importer.full();
  full = importer.watermark ?? '';
});
after(async () => {
  await importer?.session[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

type Fields = Record<string, string>;
/** A delta from the watermark of the full import with some fields changed; it looks although nothing was committed since. */
async function deltaWith(change: (fields: Fields) => Fields) {
  importer.watermark = JSON.stringify(change({ ...(JSON.parse(full) as Fields), covers: '1' }));
  importer.warnings.length = 0;
  return importer.delta();
}
const changeCookie = (edit: (cookie: Buffer) => Buffer) => (fields: Fields) => {
  return { ...fields, cookie: edit(Buffer.from(fields.cookie ?? '', 'base64')).toString('base64') };
};
async function assertFullImportRequired(work: Promise<unknown>, reason: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ConnectorError, String(error));
    assert.equal(error.code, 'full-import-required');
    assert.match(error.message, reason);
    assert.ok(error.remedy.length > 0);
    return true;
  });
}
/** Where the GUIDs are in a cookie with one cursor. */
const ISSUER = 52;
const CURSOR = 84;

test('a cookie of a server that is not known goes on where its vector says', async () => {
  const items = await deltaWith(
    changeCookie((cookie) => {
      randomBytes(16).copy(cookie, ISSUER);
      return cookie;
    }),
  );
  assert.deepEqual(items, []);
});

test('a cookie of another world repeats everything, which changes nothing', async () => {
  const state = importer.replica.state();
  const items = await deltaWith(
    changeCookie((cookie) => {
      randomBytes(16).copy(cookie, ISSUER);
      randomBytes(16).copy(cookie, CURSOR);
      return cookie;
    }),
  );
  assert.ok(items.length > 50);
  assert.deepEqual(importer.replica.state(), state);
});

test('a cookie that is none', async () => {
  await assertFullImportRequired(deltaWith(changeCookie((cookie) => cookie.subarray(0, 40))), /cookie/);
  await assertFullImportRequired(deltaWith(changeCookie(() => Buffer.from('rubbish'))), /cookie/);
});

test('a server that was rolled back', async () => {
  await assertFullImportRequired(
    deltaWith((fields) => ({ ...fields, usn: String(Number(fields.usn) + 1000) })),
    /rolled back/,
  );
});

test('a server that was restored, and another server: the cookie serves, and it is said', async () => {
  await deltaWith((fields) => ({ ...fields, invocationId: '00000000-0000-0000-0000-000000000001' }));
  assert.deepEqual(
    importer.warnings.map((w) => w.code),
    ['domain-controller-restored'],
  );
  await deltaWith((fields) => ({
    ...fields,
    invocationId: '00000000-0000-0000-0000-000000000001',
    dsServiceName: 'CN=NTDS Settings,CN=DC2',
    dnsHostName: 'dc2.corp.example.com',
  }));
  assert.deepEqual(
    importer.warnings.map((w) => w.code),
    ['domain-controller-changed'],
  );
  assert.match(importer.warnings[0]?.detail ?? '', /dc1\.corp\.example\.com answers instead of dc2/);
});

test('numbers of changes mean nothing on another server', async () => {
  await using session = await directory.connector({ changeTracking: 'usn' }).open(new AbortController().signal);
  const other = new Importer(session);
  await other.full();
  const fields = JSON.parse(other.watermark ?? '') as Fields;
  other.watermark = JSON.stringify({ ...fields, invocationId: '00000000-0000-0000-0000-000000000001' });
  await assertFullImportRequired(other.delta(), /mean nothing on another server/);
});

test('more attributes or other types than before', async () => {
  const { attributes, objectTypes } = importer;
  importer.attributes = [...attributes, 'title'];
  await assertFullImportRequired(
    deltaWith((f) => f),
    /attributes or object types/,
  );
  importer.attributes = attributes;
  importer.objectTypes = ['user'];
  await assertFullImportRequired(
    deltaWith((f) => f),
    /attributes or object types/,
  );
  importer.objectTypes = objectTypes;
  assert.deepEqual(await deltaWith((f) => f), []);
});

test('older than deleted objects are kept', async () => {
  const today = now;
  now = today + 179 * 86_400_000;
  assert.deepEqual(await deltaWith((f) => f), []);
  assert.ok(importer.warnings.every((w) => w.code === 'clock-skew'));
  now = today + 181 * 86_400_000;
  await assertFullImportRequired(
    deltaWith((f) => f),
    /181 days old and deleted objects are kept for 180/,
  );
  now = today;
});

test('another partition of the same name is not imported at all', async () => {
  const fields = JSON.parse(full) as Fields;
  importer.watermark = JSON.stringify({ ...fields, partition: '00000000-0000-0000-0000-000000000001' });
  for (const mode of ['full', 'delta'] as const) {
    await assert.rejects(importer[mode](), (error) => {
      assert.ok(error instanceof ConnectorError);
      assert.deepEqual([error.code, error.status], ['partition-recreated', 'no-start-partition-delete']);
      return true;
    });
  }
  importer.watermark = full;
});

test('the way changes are tracked is another one', async () => {
  await using session = await directory.connector({ changeTracking: 'usn' }).open(new AbortController().signal);
  const other = new Importer(session);
  other.watermark = full;
  await assertFullImportRequired(other.delta(), /tracked by "usn" and were by "dirsync"/);
});

test('the server was switched off hard in between', async () => {
  await importer.session[Symbol.asyncDispose]();
  await directory.admin.close();
  await directory.samba.down('kill');
  await directory.samba.up();
  await directory.samba.ldapModify(
    `dn: CN=known,${directory.people}\nchangetype: modify\nreplace: mail\nmail: later@example.com\n`,
  );
  await using session = await directory.connector().open(new AbortController().signal);
  const later = new Importer(session);
  later.watermark = full;
  const items = await later.delta();
  assert.deepEqual(
    items.map((i) => i.kind === 'change' && i.attributes),
    [{ mail: 'later@example.com' }],
  );
});
