/** Writing back to a domain controller: the source anchor, attributes, members; and what is refused. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ActiveDirectorySession } from '../../src/connectors/active-directory/session.ts';
import type { ExportRequest, ExportResult } from '../../src/connectors/contract.ts';
import { bytesOf } from '../../src/model/value.ts';
import { type Directory, Importer, startDirectory } from './directory.ts';

const PASSWORD = 'Passw0rd.of-the-account';
const signal = new AbortController().signal;
const guid = { base64: 'ABEiM0RVZneImaq7zN3u/w==' };
let directory: Directory;
let importer: Importer;
let session: ActiveDirectorySession;
before(async () => {
  directory = await startDirectory();
  session = await directory.connector().open(signal);
  importer = new Importer(session);
});
after(async () => {
  await session?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

function update(dn: string, change: Partial<ExportRequest> = {}, id = 1): ExportRequest {
  const base = { id, operation: 'update' as const, dn, objectType: 'user', attempt: 0 };
  const anchor = importer.replica.anchorOf(dn);
  const held = anchor === undefined ? undefined : importer.replica.get(anchor)?.attributes;
  const names = Object.keys(change.attributes ?? {});
  const before = Object.fromEntries(names.flatMap((n) => (held?.[n] === undefined ? [] : [[n, held[n]]])));
  return { ...base, before, attributes: {}, references: {}, ...(anchor === undefined ? {} : { anchor }), ...change };
}
async function write(...requests: ExportRequest[]): Promise<readonly ExportResult[]> {
  return session.export(requests, signal);
}
async function failure(request: ExportRequest) {
  const [result] = await write(request);
  assert.ok(result?.outcome === 'failure', JSON.stringify(result));
  assert.ok(result.error.detail.length > 0);
  return result.error;
}

test('the source anchor is written once and never overwritten', async () => {
  const dn = await directory.createUser('anchor');
  await importer.full();
  const request = update(dn, { attributes: { 'mS-DS-ConsistencyGuid': guid } });
  assert.deepEqual(await write(request), [{ id: 1, outcome: 'success' }]);
  const items = await importer.delta();
  assert.deepEqual(
    items.map((i) => i.kind === 'change' && i.attributes),
    [{ 'mS-DS-ConsistencyGuid': guid }],
  );
  // The same again is no harm, another one is.
  assert.deepEqual(await write(request), [{ id: 1, outcome: 'success', note: 'The value was there already.' }]);
  const other = update(dn, { attributes: { 'mS-DS-ConsistencyGuid': { base64: '/////////////////////w==' } } });
  const error = await failure(other);
  assert.deepEqual([error.code, error.retry, error.facts], ['source-anchor-protected', 'never', { held: guid.base64 }]);
  const cleared = await failure(update(dn, { attributes: { 'mS-DS-ConsistencyGuid': null } }));
  assert.equal(cleared.code, 'source-anchor-protected');
  assert.deepEqual(await importer.delta(), []);
});

test('hundreds of anchors in one call, each with its result', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `many${i}`);
  await directory.samba.addUsers(names.map((name) => ({ name, parent: directory.people })));
  await importer.full();
  const requests = names.map((name, i) => {
    const dn = `CN=${name},${directory.people}`;
    const own = importer.replica.get(importer.anchor(dn))?.attributes.objectGUID as { base64: string };
    return update(dn, { attributes: { 'mS-DS-ConsistencyGuid': own } }, i);
  });
  const results = await write(...requests);
  assert.deepEqual(new Set(results.map((r) => r.outcome)), new Set(['success']));
  assert.deepEqual(
    results.map((r) => r.id),
    names.map((_, i) => i),
  );
  await importer.delta();
  for (const object of importer.replica.state().values()) {
    if (!object.dn.startsWith('CN=many')) continue;
    assert.deepEqual(object.attributes['mS-DS-ConsistencyGuid'], object.attributes.objectGUID);
  }
});

test('attributes of every kind, and an object that was renamed meanwhile', async () => {
  const dn = await directory.createUser('kinds', { info: ['old'] });
  await importer.full();
  const request = update(dn, {
    attributes: {
      displayName: 'Kinds',
      info: null,
      proxyAddresses: ['SMTP:k@example.com', 'smtp:l@example.com'],
      userAccountControl: 514,
      accountExpires: { int: '133800000000000001' },
      thumbnailPhoto: { base64: '/9gAAQ==' },
    },
  });
  await directory.admin.rename(dn, { rdn: 'CN=kinds2' });
  assert.deepEqual(await write(request), [{ id: 1, outcome: 'success' }]);
  await importer.delta();
  const object = importer.replica.get(request.anchor ?? '');
  for (const [name, value] of Object.entries(request.attributes)) {
    assert.deepEqual(object?.attributes[name] ?? null, value, name);
  }
});

test('references: members added, removed, and both again; a manager replaced and cleared', async () => {
  const [ina, ove] = [await directory.createUser('ina'), await directory.createUser('ove')];
  const group = await directory.createGroup('team', [ina]);
  await importer.full();
  const target = (dn: string) => ({ anchor: importer.anchor(dn), dn });
  const members = update(group, {
    objectType: 'group',
    references: { member: { added: [target(ove)], removed: [target(ina)] } },
  });
  for (let i = 0; i < 2; i++) assert.deepEqual(await write(members), [{ id: 1, outcome: 'success' }]);
  const manager = (dn: string | undefined) =>
    update(ina, { references: { manager: { added: dn ? [target(dn)] : [], removed: [target(ove)] } } });
  assert.deepEqual(await write(manager(ove)), [{ id: 1, outcome: 'success' }]);
  await importer.delta();
  assert.deepEqual(importer.replica.get(importer.anchor(group))?.references.member, [importer.anchor(ove)]);
  assert.deepEqual(importer.replica.get(importer.anchor(ina))?.references.manager, [importer.anchor(ove)]);
  assert.deepEqual(await write(manager(undefined)), [{ id: 1, outcome: 'success' }]);
  await importer.delta();
  assert.equal(importer.replica.get(importer.anchor(ina))?.references.manager, undefined);
});

test('what somebody changed since the import is not overwritten', async () => {
  const dn = await directory.createUser('swap', { info: ['imported'], description: ['one'], mail: ['a@example.com'] });
  const [ann, ben, cid] = [
    await directory.createUser('ann'),
    await directory.createUser('ben'),
    await directory.createUser('cid'),
  ];
  await directory.set(dn, 'manager', ann);
  await importer.full();
  const target = (of: string) => ({ anchor: importer.anchor(of), dn: of });
  const requests = [
    [update(dn, { attributes: { info: 'ours', displayName: 'Swap' } }), 'info', 'theirs'],
    [update(dn, { attributes: { mail: null } }), 'mail', 'theirs@example.com'],
    [update(dn, { attributes: { title: 'ours' } }), 'title', 'theirs'],
  ] as const;
  const manager = update(dn, { references: { manager: { added: [target(ben)], removed: [target(ann)] } } });
  for (const [request, attribute, value] of requests) {
    await directory.set(dn, attribute, value);
    const error = await failure(request);
    const { code, retry, facts } = error;
    assert.deepEqual(
      [code, retry, error.attribute, facts],
      ['changed-in-directory', 'next-cycle', attribute, { held: value }],
    );
  }
  await directory.set(dn, 'manager', cid);
  assert.equal((await failure(manager)).code, 'changed-in-directory');
  importer.attributes = [...importer.attributes, 'title'];
  await importer.full();
  const object = importer.replica.get(importer.anchor(dn));
  // Nothing of a request whose one attribute was in conflict was written.
  assert.equal(object?.attributes.displayName, undefined);
  assert.deepEqual([object?.attributes.info, object?.attributes.title], ['theirs', 'theirs']);
  assert.deepEqual(object?.references.manager, [importer.anchor(cid)]);
  // With what the import brought, the same changes are taken.
  const again = update(dn, {
    attributes: { info: 'ours', mail: null, title: 'ours', displayName: 'Swap' },
    references: { manager: { added: [target(ben)], removed: [target(cid)] } },
  });
  assert.deepEqual(await write(again), [{ id: 1, outcome: 'success' }]);
  assert.deepEqual(await write(again), [{ id: 1, outcome: 'success' }], 'what is there already is no conflict');
});

test('values of a list that somebody else added stay; letter case and odd bytes are no conflict', async () => {
  const dn = await directory.createUser('list', {
    proxyAddresses: ['SMTP:a@example.com', 'smtp:b@example.com'],
    displayName: ['letter case'],
  });
  await importer.full();
  await directory.change('add', dn, 'proxyAddresses', 'smtp:theirs@example.com');
  const request = update(dn, {
    attributes: { proxyAddresses: ['SMTP:a@example.com', 'smtp:c@example.com'], displayName: 'Letter Case' },
  });
  assert.deepEqual(await write(request), [{ id: 1, outcome: 'success' }]);
  await importer.delta();
  const attributes = importer.replica.get(importer.anchor(dn))?.attributes;
  assert.deepEqual(attributes?.proxyAddresses, ['SMTP:a@example.com', 'smtp:c@example.com', 'smtp:theirs@example.com']);
  assert.equal(attributes?.displayName, 'Letter Case');
});

test('what the directory refuses has the classic name', async () => {
  const dn = await directory.createUser('refused');
  await importer.full();
  const cases = [
    [{ attributes: { nonsense: 'x' } }, 'schema-violation', 'never'],
    [{ attributes: { userAccountControl: 'x' } }, 'syntax-violation', 'never'],
    [{ attributes: { userPrincipalName: `${directory.samba.adminUser}` } }, 'constraint-violation', 'never'],
    [{ anchor: '00000000-1111-2222-3333-444444444444', attributes: { info: 'x' } }, 'cd-missing-object', 'next-cycle'],
    [{ operation: 'delete' }, 'operation-not-supported', 'never'],
    [
      { references: { manager: { added: [{ anchor: '00000000-1111-2222-3333-444444444444' }], removed: [] } } },
      'dn-attributes-failure',
      'next-cycle',
    ],
  ] as const;
  await directory.set(
    `CN=Administrator,CN=Users,${directory.samba.baseDn}`,
    'userPrincipalName',
    directory.samba.adminUser,
  );
  for (const [change, code, retry] of cases) {
    const error = await failure(update(dn, change));
    assert.deepEqual([error.code, error.retry], [code, retry], error.detail);
  }
  const elsewhere = await failure(update('CN=x,DC=other,DC=example,DC=com', { attributes: { info: 'x' } }));
  assert.match(elsewhere.detail, /none of the partitions/);
});

test('an account that may not write', async () => {
  const dn = await directory.createUser('guarded');
  await importer.full();
  await directory.samba.createAccount('reader', PASSWORD);
  const bind = { user: 'reader@corp.example.com', password: PASSWORD };
  await using reader = await directory.connector({ bind }).open(signal);
  const [result] = await reader.export([update(dn, { attributes: { 'mS-DS-ConsistencyGuid': guid } })], signal);
  assert.ok(result?.outcome === 'failure');
  assert.deepEqual([result.error.code, result.error.attribute], ['permission-issue', 'mS-DS-ConsistencyGuid']);
});

test('read back after an unknown outcome', async () => {
  const dn = await directory.createUser('back');
  await importer.full();
  const request = update(dn, {
    attributes: { 'mS-DS-ConsistencyGuid': guid },
    references: { manager: { added: [], removed: [] } },
  });
  const gone = update(dn, { anchor: '00000000-1111-2222-3333-444444444444', attributes: { info: 'x' } }, 2);
  const before = await session.readBack([request, gone], signal);
  assert.deepEqual(before[0]?.object?.attributes, {});
  assert.deepEqual(before[1], { id: 2 });
  await write(request);
  const [after] = await session.readBack([request], signal);
  assert.equal(after?.object?.dn, dn);
  assert.deepEqual(after?.object?.attributes, { 'mS-DS-ConsistencyGuid': guid });
  assert.equal(bytesOf(guid).length, 16);
});

test('a connection that breaks leaves the outcome unknown, one that is gone sends nothing', async () => {
  const dn = await directory.createUser('broken');
  await importer.full();
  const own = await directory.connector().open(signal);
  const request = update(dn, { attributes: { info: 'x' } });
  const sent = own.export([request], signal);
  await own[Symbol.asyncDispose]();
  const [unknown] = await sent;
  assert.equal(unknown?.outcome, 'unknown');
  const [failed] = await own.export([request], signal);
  assert.ok(failed?.outcome === 'failure');
  assert.deepEqual([failed.error.code, failed.error.retry], ['connection-lost', 'backoff']);
});
