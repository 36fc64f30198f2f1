/** Administrative units through Graph (Graph: administrativeUnit; entra-directory s.4.3, 5.5). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { password, personCaller } from './people.ts';
import { type Call, caller, graphApp, type Reply, testTenant } from './support.ts';

const path = '/directory/administrativeUnits';
const ref = (id: string) => ({ '@odata.id': `http://tenant.test/v1.0/directoryObjects/${id}` });
const idsOf = (reply: Reply): string[] => reply.body.value.map((o: { id: string }) => o.id);
const seed: TenantSeed = {
  users: ['ana', 'bo'].map((name) => ({ displayName: name, userPrincipalName: `${name}@contoso.com` })),
  groups: [{ displayName: 'G', members: ['bo@contoso.com'] }],
  contacts: [{ displayName: 'C' }],
  devices: [{ displayName: 'D' }],
};
let tenant: Tenant;
let graph: Call;
const id: Record<string, string> = {};
before(async () => {
  tenant = testTenant({ seed });
  graph = await caller(tenant);
  for (const [name, list] of Object.entries({ user: 'users', group: 'groups', contact: 'contacts', device: 'devices' }))
    id[name] = idsOf(await graph('GET', `/${list}`))[0] as string;
});

test('an administrative unit is made, read, found, changed, deleted and restored', async () => {
  const made = await graph('POST', path, { displayName: 'West', description: 'Coast', visibility: null });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('location'), `http://tenant.test/v1.0${path}/${made.body.id}`);
  const { '@odata.context': context, id: unit, ...shown } = made.body;
  assert.equal(context, 'http://tenant.test/v1.0/$metadata#directory/administrativeUnits/$entity');
  assert.deepEqual(shown, {
    deletedDateTime: null,
    description: 'Coast',
    displayName: 'West',
    isMemberManagementRestricted: false,
    membershipRule: null,
    membershipRuleProcessingState: null,
    membershipType: 'Assigned',
    visibility: null,
  });
  assert.equal((await graph('PATCH', `${path}/${unit}`, { displayName: 'West coast' })).status, 204);
  assert.equal((await graph('GET', `${path}/${unit}?$select=displayName`)).body.displayName, 'West coast');
  assert.deepEqual(idsOf(await graph('GET', `${path}?$filter=startswith(displayName,'west')`)), [unit]);
  assert.deepEqual(idsOf(await graph('GET', `${path}?$filter=displayName eq 'East'`)), []);
  const eventual = { ConsistencyLevel: 'eventual' };
  assert.deepEqual(idsOf(await graph('GET', `${path}?$search="displayName:coast"`, undefined, eventual)), [unit]);
  assert.equal((await graph('GET', `${path}/$count`, undefined, eventual)).body, '1');
  assert.equal((await graph('GET', '/administrativeUnits')).status, 400, 'there is such a path in beta only');
  const beta = await caller(tenant, graphApp, 'http://tenant.test/beta');
  assert.deepEqual(idsOf(await beta('GET', '/administrativeUnits')), [unit]);

  await graph('POST', `${path}/${unit}/members/$ref`, ref(id.user as string));
  assert.equal((await graph('DELETE', `${path}/${unit}`)).status, 204);
  assert.equal((await graph('GET', `${path}/${unit}`)).status, 404);
  assert.deepEqual(idsOf(await graph('GET', `/users/${id.user}/memberOf`)), []);
  const bin = await graph('GET', '/directory/deletedItems/microsoft.graph.administrativeUnit');
  assert.deepEqual(idsOf(bin), [unit]);
  const restored = await graph('POST', `/directory/deletedItems/${unit}/restore`);
  assert.deepEqual(
    [restored.status, restored.body['@odata.type'], restored.body.displayName],
    [200, '#microsoft.graph.administrativeUnit', 'West coast'],
  );
  assert.deepEqual(idsOf(await graph('GET', `${path}/${unit}/members`)), [id.user], 'the members are back too');
  await graph('DELETE', `${path}/${unit}`);
  assert.equal((await graph('DELETE', `/directory/deletedItems/${unit}`)).status, 204);
  assert.equal((await graph('GET', `/directory/deletedItems/${unit}`)).status, 404);
});

test('members of a unit: users, groups and devices, seen from both sides, not through a group', async () => {
  const unit = (await graph('POST', path, { displayName: 'Members' })).body.id;
  const add = (target: string) => graph('POST', `${path}/${unit}/members/$ref`, ref(target));
  for (const name of ['user', 'group', 'device']) assert.equal((await add(id[name] as string)).status, 204, name);
  assert.equal((await add(id.contact as string)).status, 400, 'contacts cannot be members');
  assert.equal((await add(unit)).status, 400, 'nor can units');
  assert.match((await add(id.user as string)).body.error.message, /already exist .*'members'/);
  assert.equal((await add(crypto.randomUUID())).status, 404);
  const members = await graph('GET', `${path}/${unit}/members`);
  assert.deepEqual(
    members.body.value.map((m: Record<string, string>) => m['@odata.type']),
    ['user', 'group', 'device'].map((type) => `#microsoft.graph.${type}`),
  );
  assert.deepEqual(idsOf(await graph('GET', `${path}/${unit}/members/microsoft.graph.group`)), [id.group]);
  assert.equal((await graph('GET', `${path}/${unit}?$expand=members($select=id)`)).body.members.length, 3);
  for (const [list, name] of Object.entries({ users: 'user', groups: 'group', devices: 'device' })) {
    const { value } = (await graph('GET', `/${list}/${id[name]}/memberOf`)).body;
    assert.deepEqual(
      value.map((o: Record<string, string>) => [o['@odata.type'], o.id]),
      [['#microsoft.graph.administrativeUnit', unit]],
    );
  }
  const cast = await graph('GET', `/users/${id.user}/memberOf/microsoft.graph.administrativeUnit`);
  assert.deepEqual(idsOf(cast), [unit]);
  const bo = (await graph('GET', '/users/bo@contoso.com')).body.id;
  assert.deepEqual(idsOf(await graph('GET', `/users/${bo}/transitiveMemberOf`)), [id.group], 'only the group is in it');
  const all = await graph('POST', `/users/${id.user}/getMemberObjects`, { securityEnabledOnly: false });
  assert.deepEqual(all.body.value, [unit]);
  const secure = await graph('POST', `/users/${id.user}/getMemberObjects`, { securityEnabledOnly: true });
  assert.deepEqual(secure.body.value, [], 'security groups only');
  const groups = await graph('POST', `/users/${id.user}/getMemberGroups`, { securityEnabledOnly: false });
  assert.deepEqual(groups.body.value, [], 'a unit is no group');
  assert.equal((await graph('DELETE', `${path}/${unit}/members/${id.device}/$ref`)).status, 204);
  assert.equal((await graph('DELETE', `${path}/${unit}/members/${id.device}/$ref`)).status, 404);
  assert.equal((await graph('GET', `${path}/${unit}/members/${id.device}`)).status, 404);
  // The other documented form names the reference in the query.
  const away = (target: string) => graph('DELETE', `${path}/${unit}/members/$ref?@id=${encodeURIComponent(target)}`);
  assert.equal((await away(ref(id.group as string)['@odata.id'])).status, 204);
  assert.equal((await away(ref(id.group as string)['@odata.id'])).status, 404);
  assert.equal((await away('nonsense')).status, 400);
  assert.equal((await graph('DELETE', `${path}/${unit}/members/$ref`)).status, 400);
  assert.equal((await graph('GET', `${path}/${unit}/members/${id.user}`)).body.id, id.user);
  await graph('DELETE', `${path}/${unit}`);
});

test('delta of administrative units follows their properties and members', async () => {
  const start = (await graph('GET', `${path}/delta`)).body['@odata.deltaLink'];
  const unit = (await graph('POST', path, { displayName: 'Delta' })).body.id;
  await graph('POST', `${path}/${unit}/members/$ref`, ref(id.user as string));
  const next = await graph('GET', start);
  const { value } = next.body;
  assert.deepEqual([value[0].id, value[0].displayName], [unit, 'Delta']);
  assert.deepEqual(value[0]['members@delta'], [{ '@odata.type': '#microsoft.graph.user', id: id.user }]);
  await graph('DELETE', `${path}/${unit}`);
  const last = await graph('GET', next.body['@odata.deltaLink']);
  assert.deepEqual(last.body.value, [{ id: unit, '@removed': { reason: 'changed' } }]);
});

test('hidden members are for members and for apps that may see what is hidden', async () => {
  const hidden = { users: seed.users, administrativeUnits: [] };
  const plain = testTenant({ seed: hidden, permissions: ['AdministrativeUnit.ReadWrite.All', 'User.Read.All'] });
  const call = await caller(plain);
  const unit = (await call('POST', path, { displayName: 'H', visibility: 'HiddenMembership' })).body.id;
  const user = idsOf(await call('GET', '/users'))[0] as string;
  assert.equal((await call('POST', `${path}/${unit}/members/$ref`, ref(user))).status, 204);
  for (const below of ['/members', '/members/$ref', '?$expand=members', `/members/${user}`])
    assert.equal((await call('GET', `${path}/${unit}${below}`)).status, 403, below);
  assert.equal((await call('GET', `${path}/delta`)).body.value[0]['members@delta'], undefined);
  assert.equal((await call('GET', `${path}/${unit}`)).status, 200, 'the unit itself is no secret');
  const may = { ...graphApp, permissions: ['AdministrativeUnit.Read.All', 'Member.Read.Hidden'] };
  plain.registerApp(may);
  const seeing = await caller(plain);
  assert.deepEqual(idsOf(await seeing('GET', `${path}/${unit}/members`)), [user]);
  assert.equal((await seeing('DELETE', `${path}/${unit}`)).status, 403, 'reading is not writing');
});

test('a person sees the hidden members of a unit they are in, and no other', async () => {
  const app = { appId: '00000000-0000-0000-0000-0000000000cc', secret: 'the-secret-of-the-portal' };
  const users = ['ana', 'bo'].map((name) => ({
    displayName: name,
    userPrincipalName: `${name}@contoso.com`,
    password,
  }));
  const unit = { displayName: 'H', visibility: 'HiddenMembership', members: ['ana@contoso.com'] };
  const people = testTenant({
    seed: { users, administrativeUnits: [unit], apps: [{ ...app, permissions: ['AdministrativeUnit.Read.All'] }] },
  });
  const [ana, bo] = [await personCaller(people, app, 'ana'), await personCaller(people, app, 'bo')];
  const [hidden] = idsOf(await ana('GET', path));
  assert.equal((await ana('GET', `${path}/${hidden}/members`)).body.value.length, 1);
  assert.equal((await bo('GET', `${path}/${hidden}/members`)).status, 403);
  assert.equal((await ana('PATCH', `${path}/${hidden}`, { displayName: 'x' })).status, 403);
});

test('an object is in at most 30 administrative units (s.4.3)', async () => {
  const units = Array.from({ length: 30 }, (_, i) => ({ displayName: `u${i}`, members: ['ana@contoso.com'] }));
  const full = testTenant({ seed: { ...seed, administrativeUnits: units } });
  const call = await caller(full);
  const more = (await call('POST', path, { displayName: 'one more' })).body.id;
  const [ana, bo] = idsOf(await call('GET', '/users')) as [string, string];
  const refused = await call('POST', `${path}/${more}/members/$ref`, ref(ana));
  assert.equal(refused.status, 400);
  assert.match(refused.body.error.message, /in 30 administrative units/);
  assert.equal((await call('POST', `${path}/${more}/members/$ref`, ref(bo))).status, 204);
  const first = idsOf(await call('GET', path))[0];
  await call('DELETE', `${path}/${first}/members/${ana}/$ref`);
  assert.equal((await call('POST', `${path}/${more}/members/$ref`, ref(ana))).status, 204);
  assert.throws(
    () => full.seed({ administrativeUnits: [{ displayName: 'x', members: ['ana@contoso.com'] }] }),
    /in 30 administrative units/,
  );
  // A rule puts nobody into one unit too many either.
  const rule = {
    membershipType: 'Dynamic',
    membershipRule: 'user.objectId -ne null',
    membershipRuleProcessingState: 'On',
  };
  const dynamic = (await call('POST', path, { displayName: 'all', ...rule })).body.id;
  assert.deepEqual(idsOf(await call('GET', `${path}/${dynamic}/members`)), [bo]);
});

test('what is wrong with an administrative unit is said', async () => {
  const wrong: Record<string, object> = {
    displayName: { description: 'without a name' },
    membershipType: { displayName: 'x', membershipType: 'Other' },
    visibility: { displayName: 'x', visibility: 'Secret' },
    membershipRule: { displayName: 'x', membershipType: 'Dynamic' },
    'members@odata.bind': { displayName: 'x', 'members@odata.bind': [] },
    nonsense: { displayName: 'x', nonsense: 1 },
    id: { displayName: 'x', id: crypto.randomUUID() },
  };
  for (const [name, body] of Object.entries(wrong)) {
    const { status, body: answer } = await graph('POST', path, body);
    assert.equal(status, 400, name);
    assert.ok(answer.error.message.includes(name), `${name}: ${answer.error.message}`);
  }
  const restricted = await graph('POST', path, { displayName: 'x', isMemberManagementRestricted: true });
  assert.equal(restricted.status, 501);
  const reader = testTenant({ permissions: ['AdministrativeUnit.Read.All'] });
  const call = await caller(reader);
  assert.equal((await call('GET', path)).status, 200);
  assert.equal((await call('POST', path, { displayName: 'x' })).status, 403);
  assert.equal((await (await caller(testTenant({ permissions: ['User.Read.All'] })))('GET', path)).status, 403);
});
