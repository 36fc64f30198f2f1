/** Groups and units whose members follow a rule (entra-directory s.4.2, 4.3, 5.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTenant } from '../../src/tenant/tenant.ts';
import { tempDirectory } from '../support/temp.ts';
import { password, personCaller } from './people.ts';
import { type Call, caller, graphApp, type Reply, syncCaller, tenantId, testTenant } from './support.ts';

const dynamic = (membershipRule: string, more: object = {}) => ({
  displayName: 'dynamic',
  mailNickname: 'dynamic',
  mailEnabled: false,
  securityEnabled: true,
  groupTypes: ['DynamicMembership'],
  membershipRule,
  membershipRuleProcessingState: 'On',
  ...more,
});
const idsOf = (reply: Reply): string[] => reply.body.value.map((o: { id: string }) => o.id);
const namesIn = async (graph: Call, group: string): Promise<string[]> =>
  (await graph('GET', `/groups/${group}/members?$select=displayName`)).body.value
    .map((o: { displayName: string }) => o.displayName)
    .sort();
const people = [
  { displayName: 'Ana', department: 'Sales', city: 'Rome' },
  { displayName: 'Bo', department: 'sales', jobTitle: 'SDE II' },
  { displayName: 'Cy', department: 'Marketing', otherMails: ['cy@home.example'] },
  { displayName: 'Di', accountEnabled: false },
].map((user) => ({ ...user, userPrincipalName: `${user.displayName.toLowerCase()}@contoso.com` }));
const seed = { users: people, devices: [{ displayName: 'pc', operatingSystem: 'Windows' }] };

test('members follow the rule: at once, with every change of an object, a rule or the processing', async () => {
  const tenant = testTenant({ seed });
  const graph = await caller(tenant);
  const made = await graph('POST', '/groups', dynamic('user.department -eq "Sales"'));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.body.membershipRule, 'user.department -eq "Sales"');
  const group = made.body.id;
  assert.deepEqual(await namesIn(graph, group), ['Ana', 'Bo']);
  const delta = (await graph('GET', '/groups/delta?$deltatoken=latest')).body['@odata.deltaLink'];
  await graph('PATCH', '/users/cy@contoso.com', { department: 'SALES' });
  await graph('PATCH', '/users/bo@contoso.com', { department: null });
  assert.deepEqual(await namesIn(graph, group), ['Ana', 'Cy']);
  const changes = (await graph('GET', delta)).body.value[0]['members@delta'];
  assert.equal(changes.length, 2);
  await graph('DELETE', '/users/ana@contoso.com');
  assert.deepEqual(await namesIn(graph, group), ['Cy']);
  const [gone] = idsOf(await graph('GET', '/directory/deletedItems/microsoft.graph.user'));
  await graph('POST', `/directory/deletedItems/${gone}/restore`);
  assert.deepEqual(await namesIn(graph, group), ['Ana', 'Cy']);
  await graph('PATCH', `/groups/${group}`, { membershipRule: 'user.accountEnabled -eq false' });
  assert.deepEqual(await namesIn(graph, group), ['Di']);
  await graph('PATCH', `/groups/${group}`, { membershipRuleProcessingState: 'Paused' });
  await graph('PATCH', '/users/ana@contoso.com', { accountEnabled: false });
  assert.deepEqual(await namesIn(graph, group), ['Di'], 'nothing moves while it is paused');
  await graph('PATCH', `/groups/${group}`, { membershipRuleProcessingState: 'On' });
  assert.deepEqual(await namesIn(graph, group), ['Ana', 'Di']);
  // To assigned membership and back: the members stay, until a rule says otherwise.
  await graph('PATCH', `/groups/${group}`, {
    groupTypes: [],
    membershipRule: null,
    membershipRuleProcessingState: null,
  });
  await graph('PATCH', '/users/di@contoso.com', { accountEnabled: true });
  assert.deepEqual(await namesIn(graph, group), ['Ana', 'Di']);
  await graph('PATCH', `/groups/${group}`, dynamic('user.city -eq "Rome"'));
  assert.deepEqual(await namesIn(graph, group), ['Ana']);
  // What synchronization brings is looked at too, and so is a seed.
  const sync = await syncCaller(tenant);
  const properties = { displayName: 'Eve', userPrincipalName: 'eve@contoso.com', city: 'Rome', accountEnabled: true };
  await sync('POST', '/sync/v1/provision', {
    objects: [{ operation: 'Add', objectType: 'User', sourceAnchor: 'eve', properties }],
  });
  tenant.seed({ users: [{ displayName: 'Fay', userPrincipalName: 'fay@contoso.com', city: 'rome' }] });
  assert.deepEqual(await namesIn(graph, group), ['Ana', 'Eve', 'Fay']);
  await graph('DELETE', `/groups/${group}`);
  await graph('PATCH', '/users/cy@contoso.com', { city: 'Rome' });
  assert.deepEqual(idsOf(await graph('GET', '/users/cy@contoso.com/memberOf')), []);
});

test('a dynamic administrative unit has the users or devices of its rule', async () => {
  const tenant = testTenant({ seed });
  const graph = await caller(tenant);
  const path = '/directory/administrativeUnits';
  const rule = (membershipRule: string) => ({
    displayName: 'x',
    membershipType: 'Dynamic',
    membershipRule,
    membershipRuleProcessingState: 'On',
  });
  const unit = (await graph('POST', path, rule('device.deviceOSType -startsWith "win"'))).body.id;
  const members = () => graph('GET', `${path}/${unit}/members`);
  assert.equal((await members()).body.value[0].displayName, 'pc');
  const [ana] = idsOf(await graph('GET', '/users'));
  const by = { '@odata.id': `http://tenant.test/v1.0/users/${ana}` };
  assert.equal((await graph('POST', `${path}/${unit}/members/$ref`, by)).status, 403);
  await graph('PATCH', `${path}/${unit}`, { membershipRule: 'user.displayName -in ["Ana", "Cy"]' });
  assert.deepEqual(
    (await members()).body.value.map((o: { displayName: string }) => o.displayName),
    ['Ana', 'Cy'],
  );
  await graph('PATCH', `${path}/${unit}`, { membershipType: 'Assigned', membershipRule: null });
  assert.equal((await graph('DELETE', `${path}/${unit}/members/${ana}/$ref`)).status, 204);
});

test('nobody but the rule adds or removes members: 403 as in the real service', async () => {
  const graph = await caller(testTenant({ seed }));
  const group = (await graph('POST', '/groups', dynamic('user.displayName -eq "Ana"'))).body.id;
  const [ana, bo] = idsOf(await graph('GET', '/users')) as [string, string];
  const by = { '@odata.id': `http://tenant.test/v1.0/directoryObjects/${bo}` };
  for (const [method, path, body] of [
    ['POST', `/groups/${group}/members/$ref`, by],
    ['DELETE', `/groups/${group}/members/${ana}/$ref`, undefined],
    ['PATCH', `/groups/${group}`, { 'members@odata.bind': [by['@odata.id']] }],
  ] as const) {
    const refused = await graph(method, path, body);
    assert.deepEqual([refused.status, refused.body.error.code], [403, 'Authorization_RequestDenied'], method);
  }
  assert.equal((await graph('POST', `/groups/${group}/owners/$ref`, by)).status, 204, 'owners are no members');
  const bound = dynamic('user.city -eq "x"', { 'members@odata.bind': [by['@odata.id']] });
  assert.equal((await graph('POST', '/groups', bound)).status, 400);
});

test('rules outlive a restart, and writes that are refused do not disturb them', async () => {
  const directory = tempDirectory('rules');
  const open = () =>
    createTenant({
      directory: directory.path,
      settings: { tenantId, initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: ['contoso.com'] },
      seed,
      apps: [{ ...graphApp, permissions: ['Directory.ReadWrite.All', 'Group.ReadWrite.All', 'User.ReadWrite.All'] }],
      clock: () => Date.UTC(2026, 0, 1, 12),
    });
  let tenant = open();
  try {
    let graph = await caller(tenant);
    const sales = (await graph('POST', '/groups', dynamic('user.department -eq "Sales"'))).body.id;
    tenant.close();
    tenant = open();
    graph = await caller(tenant);
    // A rule that comes after the restart sees everybody.
    const rome = (await graph('POST', '/groups', dynamic('user.city -eq "Rome"'))).body.id;
    assert.deepEqual(await namesIn(graph, rome), ['Ana']);
    const taken = { displayName: 'x', userPrincipalName: 'ana@contoso.com', mailNickname: 'x', accountEnabled: true };
    const refused = await graph('POST', '/users', { ...taken, passwordProfile: { password: 'Tr0ub4dor&3' } });
    assert.equal(refused.status, 400);
    await graph('PATCH', '/users/cy@contoso.com', { department: 'Sales', city: 'Rome' });
    assert.deepEqual(await namesIn(graph, sales), ['Ana', 'Bo', 'Cy']);
    assert.deepEqual(await namesIn(graph, rome), ['Ana', 'Cy']);
    assert.throws(() => tenant.seed({ users: [{ displayName: 'Bo', userPrincipalName: 'bo@contoso.com' }] }));
    await graph('PATCH', '/users/bo@contoso.com', { department: 'x' });
    assert.deepEqual(await namesIn(graph, sales), ['Ana', 'Cy']);
  } finally {
    tenant.close();
    directory.remove();
  }
});

test('who is no administrator makes no rules, not even for a group of their own', async () => {
  const app = { appId: '00000000-0000-0000-0000-0000000000cc', secret: 'the-secret-of-the-portal' };
  const person = (name: string, more: object = {}) => ({
    displayName: name,
    userPrincipalName: `${name}@contoso.com`,
    password,
    ...more,
  });
  const tenant = testTenant({
    seed: {
      users: [person('ana', { roles: ['User Administrator'] }), person('bo')],
      apps: [{ ...app, permissions: ['Group.ReadWrite.All', 'User.Read.All'] }],
    },
  });
  const [ana, bo] = [await personCaller(tenant, app, 'ana'), await personCaller(tenant, app, 'bo')];
  const rule = dynamic('user.displayName -eq "bo"');
  assert.equal((await bo('POST', '/groups', rule)).status, 403);
  const own = (
    await bo('POST', '/groups', { ...rule, groupTypes: [], membershipRule: null, membershipRuleProcessingState: null })
  ).body.id;
  assert.equal((await bo('PATCH', `/groups/${own}`, { description: 'mine' })).status, 204);
  assert.equal((await bo('PATCH', `/groups/${own}`, rule)).status, 403);
  assert.equal((await ana('POST', '/groups', rule)).status, 201);
  assert.equal((await ana('PATCH', `/groups/${own}`, rule)).status, 204);
});

test('a definition that cannot be is refused, one that is not followed here is not said to be', async () => {
  const graph = await caller(testTenant({ seed }));
  const long = `user.city -eq "${'x'.repeat(3072 - 16)}"`;
  assert.equal(long.length, 3072);
  assert.equal((await graph('POST', '/groups', dynamic(long))).status, 201, 'the longest rule there may be');
  const unified = { mailEnabled: true, mailNickname: 'm', groupTypes: ['Unified', 'DynamicMembership'] };
  const wrong: Record<string, object> = {
    'too long': dynamic(`${long} `),
    'no rule': dynamic('', {}),
    'no state': dynamic('user.city -eq "x"', { membershipRuleProcessingState: null }),
    'another state': dynamic('user.city -eq "x"', { membershipRuleProcessingState: 'Off' }),
    'rule without type': dynamic('user.city -eq "x"', { groupTypes: [] }),
    syntax: dynamic('user.city -eq'),
    'role-assignable': dynamic('user.city -eq "x"', { isAssignableToRole: true }),
    'devices in a Microsoft 365 group': dynamic('device.isRooted -eq true', unified),
  };
  for (const [what, body] of Object.entries(wrong))
    assert.equal((await graph('POST', '/groups', body)).status, 400, what);
  const { body } = await graph('POST', '/groups', dynamic('user.cty -eq "x"'));
  assert.match(body.error.message, /Property 'cty' cannot be applied to object 'User'/);
  assert.equal((await graph('POST', '/groups', dynamic('user.city -eq "x"', unified))).status, 201);
  for (const rule of [
    "user.memberOf -any (group.objectId -in ['x'])",
    'Direct Reports for "x"',
    'user.city -match "a{2}"',
  ]) {
    const on = await graph('POST', '/groups', dynamic(rule));
    assert.deepEqual([on.status, on.body.error.code], [501, 'NotImplemented'], rule);
    const kept = await graph('POST', '/groups', dynamic(rule, { membershipRuleProcessingState: 'Paused' }));
    assert.deepEqual([kept.status, kept.body.membershipRule], [201, rule], 'it is kept as long as nobody follows it');
    assert.equal(
      (await graph('PATCH', `/groups/${kept.body.id}`, { membershipRuleProcessingState: 'On' })).status,
      501,
    );
  }
});

test('dynamic groups and dynamic units are 15,000 together (s.4.3)', async () => {
  const paused = { membershipRule: 'user.city -eq "x"', membershipRuleProcessingState: 'Paused' };
  const groups = Array.from({ length: 14_999 }, (_, i) => ({
    displayName: `g${i}`,
    groupTypes: ['DynamicMembership'],
    ...paused,
  }));
  const tenant = testTenant({ seed: { groups } });
  const graph = await caller(tenant);
  const unit = { displayName: 'u', membershipType: 'Dynamic', ...paused };
  const made = await graph('POST', '/directory/administrativeUnits', unit);
  assert.equal(made.status, 201);
  const refused = await graph('POST', '/groups', dynamic('user.city -eq "x"'));
  assert.deepEqual([refused.status, refused.body.error.code], [403, 'Directory_QuotaExceeded']);
  assert.match(refused.body.error.message, /15000/);
  assert.equal((await graph('POST', '/directory/administrativeUnits', unit)).status, 403);
  assert.throws(() => tenant.seed({ groups: groups.slice(0, 1) }), /15000/);
  await graph('DELETE', `/directory/administrativeUnits/${made.body.id}`);
  assert.equal((await graph('POST', '/groups', dynamic('user.city -eq "x"'))).status, 201);
});
