/** Copies that follow late, delta queries that say less, pages that are too old. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDatabase } from '../../src/tenant/store/database.ts';
import { LinkStore } from '../../src/tenant/store/links.ts';
import { ObjectStore } from '../../src/tenant/store/objects.ts';
import { Past } from '../../src/tenant/store/past.ts';
import { type Call, caller, syncCaller, testTenant } from './support.ts';

const advanced = { ConsistencyLevel: 'eventual' };
const person = (name: string) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'Tr0ub4dor&3' },
});
const names = async (graph: Call, path: string, headers = {}): Promise<string[]> =>
  (await graph('GET', path, undefined, headers)).body.value.map((o: { displayName?: string }) => o.displayName);
const ref = (id: string) => ({ '@odata.id': `http://tenant.test/v1.0/directoryObjects/${id}` });

test('with a read delay lists, counts, filters, links and deltas lag; an object by its key does not (s.5.1)', async () => {
  const tenant = testTenant({
    settings: { switches: { readDelayMs: 5000 } },
    seed: { users: [{ displayName: 'old', userPrincipalName: 'old@contoso.com' }], groups: [{ displayName: 'team' }] },
  });
  tenant.advance(60_000);
  const graph = await caller(tenant);
  const token = (await graph('GET', '/users/delta?$deltatoken=latest')).body['@odata.deltaLink'];
  const made = await graph('POST', '/users', person('new'));
  assert.equal(made.status, 201);
  const { id } = made.body;
  const team = (await graph('GET', '/groups')).body.value[0].id;
  const old = (await graph('GET', '/users/old@contoso.com')).body.id;
  await graph('POST', `/groups/${team}/members/$ref`, ref(id));
  await graph('PATCH', `/users/${old}`, { displayName: 'renamed' });
  const late = async () => ({
    byKey: (await graph('GET', `/users/${id}`)).status,
    renamed: (await graph('GET', `/users/${old}`)).body.displayName,
    byKeyEventual: (await graph('GET', `/users/${id}`, undefined, advanced)).status,
    list: await names(graph, '/users?$orderby=displayName'),
    filter: await names(graph, "/users?$filter=displayName eq 'renamed'"),
    count: (await graph('GET', '/users/$count', undefined, advanced)).body,
    members: (await graph('GET', `/groups/${team}/members`)).body.value.length,
    delta: (await graph('GET', token)).body.value.length,
  });
  const before = { byKeyEventual: 404, list: ['old'], filter: [], count: '1', members: 0, delta: 0 };
  assert.deepEqual(await late(), { byKey: 200, renamed: 'renamed', ...before });
  assert.equal((await graph('POST', '/users', person('new'))).status, 400, 'writes see what is there');
  tenant.advance(5000);
  const after = { byKeyEventual: 200, list: ['new', 'renamed'], filter: ['renamed'], count: '2', members: 1, delta: 2 };
  assert.deepEqual(await late(), { byKey: 200, renamed: 'renamed', ...after });
  await graph('DELETE', `/users/${id}`);
  assert.deepEqual(
    await names(graph, '/users?$orderby=displayName'),
    ['new', 'renamed'],
    'a deleted one is still listed',
  );
  assert.deepEqual(await names(graph, '/directory/deletedItems/microsoft.graph.user'), []);
  tenant.setSwitches({ readDelayMs: 0 });
  assert.deepEqual(await names(graph, '/users'), ['renamed']);
});

test('the past is exactly what the tables held, whatever happened since, and looking changes nothing', () => {
  const step = fc.record({
    what: fc.constantFrom('insert', 'update', 'bin', 'unbin', 'remove', 'link', 'unlink', 'wait'),
    which: fc.nat({ max: 5 }),
    other: fc.nat({ max: 5 }),
    name: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const db = openDatabase(':memory:');
      let now = 1000;
      const objects = new ObjectStore(db);
      const links = new LinkStore(db, objects);
      const past = new Past(db, () => now);
      past.setDelay(10);
      const dump = () =>
        ['object', 'lookup', 'link', 'link_change', 'tombstone'].map((table) =>
          db
            .sql(`SELECT * FROM ${table} ORDER BY 1, 2, 3`)
            .all()
            .map((row) => ({ ...row })),
        );
      const history: { at: number; tables: unknown }[] = [{ at: now, tables: dump() }];
      for (const { what, which, other, name } of steps) {
        const object = objects.byId(`id${which}`);
        const target = objects.byId(`id${other}`);
        if (what === 'wait') now += 4;
        else if (what === 'insert' && !object)
          objects.insert({ id: `id${which}`, kind: 'user', body: { displayName: name } });
        else if (object && what === 'update') objects.update(object, { body: { displayName: name }, sync: other > 2 });
        else if (object && what === 'bin' && object.deletedAt === undefined) objects.bin(object, now, {});
        else if (object && what === 'unbin' && object.deletedAt !== undefined)
          objects.unbin(object, { displayName: name }, true);
        else if (object && what === 'remove') {
          links.detach(object);
          objects.remove(object, now);
        } else if (object && target && what === 'link') links.add(object.seq, 'member', target);
        else if (object && target && what === 'unlink') links.remove(object.seq, 'member', target);
        const present = dump();
        const seen = past.read(dump);
        const then = history.findLast((h) => h.at <= now - 10) ?? history[0];
        assert.deepEqual(seen, then?.tables);
        assert.deepEqual(dump(), present);
        history.push({ at: now, tables: present });
      }
      db.close();
    }),
    { numRuns: 150, seed: 20260121 },
  );
});

test('Prefer: return=minimal: a new object is only located, a changed one shows only what changed (s.5.1, 5.11)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const prefer = { Prefer: 'respond-async, return=minimal' };
  const made = await graph('POST', '/users', person('ana'), prefer);
  assert.deepEqual([made.status, made.body], [204, '']);
  assert.equal(made.headers.get('preference-applied'), 'return=minimal');
  const location = String(made.headers.get('location'));
  assert.equal(made.headers.get('odata-entityid'), location);
  const { id } = (await graph('GET', location)).body;
  const link = (await graph('GET', '/users/delta?$select=displayName,jobTitle,city,manager')).body['@odata.deltaLink'];
  const delta = async (headers = prefer) => (await graph('GET', link, undefined, headers)).body.value;
  assert.deepEqual(await delta(), []);
  await graph('PATCH', `/users/${id}`, { jobTitle: 'Cook' });
  await graph('PATCH', `/users/${id}`, { city: 'Rome', department: 'not followed' });
  assert.deepEqual(await delta(), [{ jobTitle: 'Cook', city: 'Rome', id }]);
  assert.deepEqual(await delta({ Prefer: '' }), [{ displayName: 'ana', jobTitle: 'Cook', city: 'Rome', id }]);
  const next = (await graph('GET', link)).body['@odata.deltaLink'];
  await graph('PATCH', `/users/${id}`, { department: 'other' });
  assert.deepEqual((await graph('GET', next, undefined, prefer)).body.value, [], 'nothing that was asked for changed');
  const boss = (await graph('POST', '/users', person('boss'))).body.id;
  await graph('PUT', `/users/${id}/manager/$ref`, ref(boss));
  const linked = (await graph('GET', next, undefined, prefer)).body.value.find((u: { id: string }) => u.id === id);
  assert.deepEqual(linked, { id, 'manager@delta': [{ '@odata.type': '#microsoft.graph.user', id: boss }] });
  await graph('DELETE', `/users/${id}`);
  await graph('POST', `/directory/deletedItems/${id}/restore`);
  const restored = (await graph('GET', next, undefined, prefer)).body.value.find((u: { id: string }) => u.id === id);
  assert.equal(restored.displayName, 'ana', 'who comes back is told whole');
});

test('a delta of the sync plane tells of changed properties, too', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const sync = await syncCaller(tenant);
  const provision = (operation: string, properties: object) =>
    sync('POST', '/sync/v1/provision', { objects: [{ operation, objectType: 'User', sourceAnchor: 'a', properties }] });
  await provision('Add', {
    displayName: 'Ana',
    userPrincipalName: 'ana@contoso.com',
    accountEnabled: true,
    title: 'Cook',
  });
  const link = (await graph('GET', '/users/delta?$select=displayName,jobTitle')).body['@odata.deltaLink'];
  await provision('Set', { title: 'Chef' });
  const [user] = (await graph('GET', link, undefined, { Prefer: 'return=minimal' })).body.value;
  assert.deepEqual(Object.keys(user).sort(), ['id', 'jobTitle']);
});

test('/directoryObjects/delta follows every kind, or the types and ids asked for (s.5.11)', async () => {
  const tenant = testTenant({ seed: { contacts: [{ displayName: 'Cy' }], groups: [{ displayName: 'team' }] } });
  const graph = await caller(tenant);
  const kinds = async (query: string) => {
    const answer = await graph('GET', `/directoryObjects/delta${query}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const types = answer.body.value.map((o: { '@odata.type': string }) =>
      o['@odata.type'].replace('#microsoft.graph.', ''),
    );
    return { types: [...new Set(types)].sort(), link: answer.body['@odata.deltaLink'] };
  };
  const all = await kinds('');
  assert.deepEqual(all.types, ['application', 'directoryRole', 'group', 'orgContact', 'servicePrincipal']);
  const some = await kinds(
    `?$filter=${encodeURIComponent("isof('microsoft.graph.user') or isof('microsoft.graph.group')")}`,
  );
  assert.deepEqual(some.types, ['group']);
  await graph('POST', '/users', person('ana'));
  const changed = (await graph('GET', some.link)).body.value;
  assert.deepEqual(
    changed.map((o: { '@odata.type': string }) => o['@odata.type']),
    ['#microsoft.graph.user'],
  );
  assert.equal((await graph('GET', "/directoryObjects/delta?$filter=isof('nonsense')")).status, 400);
  const few = await caller(testTenant({ permissions: ['User.Read.All'] }));
  assert.equal((await few('GET', '/directoryObjects/delta')).status, 403);
});

test('a page token: again and again the same page, of this request only, for a day, and not after a reset (s.5.10)', async () => {
  const tenant = testTenant();
  let graph = await caller(tenant);
  for (const name of ['a', 'b', 'c']) await graph('POST', '/users', person(name));
  const link = (await graph('GET', '/users?$top=2')).body['@odata.nextLink'];
  assert.deepEqual(await names(graph, link), ['c']);
  assert.deepEqual(await names(graph, link), ['c'], 'replayed');
  const token = /skiptoken=([^&]+)/.exec(link)?.[1];
  assert.equal((await graph('GET', `/groups?$skiptoken=${token}`)).status, 400);
  assert.equal((await graph('GET', `/users/delta?$skiptoken=${token}`)).status, 400);
  const code = async () => {
    const { status, body } = await graph('GET', link);
    return `${status} ${body.error?.code}`;
  };
  tenant.advance(24 * 3600_000 + 1);
  graph = await caller(tenant);
  assert.equal(await code(), '400 Directory_ExpiredPageToken');
  const fresh = (await graph('GET', '/users?$top=2')).body['@odata.nextLink'];
  tenant.reset();
  assert.equal((await graph('GET', fresh)).body.error.code, 'Directory_ExpiredPageToken');
});
