import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, caller, syncCaller, testTenant } from './support.ts';

const newUser = (name: string, more: object = {}) => ({
  accountEnabled: true,
  displayName: `User ${name}`,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'Tr0ub4dor&3', forceChangePasswordNextSignIn: false },
  ...more,
});
const make = async (graph: Call, name: string, more: object = {}): Promise<string> => {
  const made = await graph('POST', '/users', newUser(name, more));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body.id;
};
const makeGroup = async (graph: Call, name: string, more: object = {}): Promise<string> => {
  const body = { displayName: name, mailEnabled: false, mailNickname: name, securityEnabled: true, ...more };
  const made = await graph('POST', '/groups', body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body.id;
};
const ref = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` });

test('a user is made, read, changed, deleted and restored (s.5.2, 5.5)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const made = await graph('POST', '/users', newUser('ana', { MAIL: 'ana@contoso.com', jobTitle: 'Engineer' }));
  assert.equal(made.status, 201);
  assert.match(made.headers.get('location') ?? '', /\/v1\.0\/users\/[0-9a-f-]{36}$/);
  assert.deepEqual(Object.keys(made.body).sort(), [
    '@odata.context',
    'businessPhones',
    'displayName',
    'givenName',
    'id',
    'jobTitle',
    'mail',
    'mobilePhone',
    'officeLocation',
    'preferredLanguage',
    'surname',
    'userPrincipalName',
  ]);
  const { id } = made.body;
  const read = await graph('GET', `/users/${id}?$select=proxyAddresses,userType,onPremisesSyncEnabled,Mail`);
  assert.deepEqual(read.body.proxyAddresses, ['SMTP:ana@contoso.com']);
  assert.equal(read.body.userType, 'Member');
  assert.equal(read.body.onPremisesSyncEnabled, null);
  assert.equal((await graph('PATCH', `/users/${id}`, { jobTitle: null, mail: 'a.b@contoso.com' })).status, 204);
  const changed = await graph('GET', `/users/ana@contoso.com?$select=jobTitle,proxyAddresses,mail`);
  assert.deepEqual([changed.body.jobTitle, changed.body.mail], [null, 'a.b@contoso.com']);
  assert.deepEqual(changed.body.proxyAddresses, ['SMTP:a.b@contoso.com', 'smtp:ana@contoso.com']);
  assert.equal((await graph('DELETE', `/users/${id}`)).status, 204);
  assert.equal((await graph('GET', `/users/${id}`)).status, 404);
  const bin = await graph('GET', '/directory/deletedItems/microsoft.graph.user');
  assert.equal(bin.body.value[0].userPrincipalName, `${id.replaceAll('-', '')}ana@contoso.com`);
  // The name is free meanwhile, and the restore says so when it is taken.
  const other = await make(graph, 'ana');
  const taken = await graph('POST', `/directory/deletedItems/${id}/restore`);
  assert.deepEqual([taken.status, taken.body.error.code], [409, 'Request_MultipleObjectsWithSameKeyValue']);
  const renamed = await graph('POST', `/directory/deletedItems/${id}/restore`, {
    newUserPrincipalName: 'ana2@contoso.com',
    autoReconcileProxyConflict: true,
  });
  assert.deepEqual([renamed.status, renamed.body.userPrincipalName], [200, 'ana2@contoso.com']);
  await graph('DELETE', `/users/${other}`);
  assert.equal((await graph('DELETE', `/directory/deletedItems/${other}`)).status, 204);
  assert.equal((await graph('GET', `/directory/deletedItems/${other}`)).status, 404);
  await graph('DELETE', `/users/${id}`);
  tenant.advance(30 * 24 * 3600 * 1000 - 1);
  const before = await caller(tenant);
  assert.equal((await before('GET', `/directory/deletedItems/${id}`)).status, 200, 'for 30 days');
  tenant.advance(1);
  const later = await caller(tenant);
  assert.equal((await later('GET', `/directory/deletedItems/${id}`)).status, 404);
});

test('what is wrong with a write is said in the documented shape (s.5.1, 5.10)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const id = await make(graph, 'ana');
  const code = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await graph(method, path, body, headers);
    assert.ok(answer.status >= 400, `${method} ${path} answered ${answer.status}`);
    assert.ok(answer.body.error.innerError['request-id'], JSON.stringify(answer.body));
    return `${answer.status} ${answer.body.error.code} ${answer.body.error.message}`;
  };
  assert.match(await code('PATCH', `/users/${id}`, { nope: 1 }), /^400 Request_BadRequest Invalid property 'nope'/);
  assert.match(await code('PATCH', `/users/${id}`, { proxyAddresses: [] }), /read-only and cannot be set/);
  assert.match(await code('PATCH', `/users/${id}`, { displayName: null }), /^400 Request_BadRequest Invalid value/);
  assert.match(await code('PATCH', `/users/${id}`, { accountEnabled: 'yes' }), /^400 Request_BadRequest Invalid value/);
  assert.match(await code('PATCH', `/users/${id}`, { usageLocation: 'XX' }), /^400/);
  assert.match(await code('PATCH', `/users/${id}`, '{"a":'), /^400 BadRequest/);
  assert.match(await code('PATCH', `/users/${id}`, '[]'), /^400/);
  assert.match(
    await code('POST', '/users', newUser('ana')),
    /^400 Request_BadRequest Another object with the same value/,
  );
  assert.match(
    await code('POST', '/users', newUser('bob', { userPrincipalName: 'bob@fabrikam.com' })),
    /domain portion/,
  );
  assert.match(await code('POST', '/users', newUser('bob', { passwordProfile: { password: 'short' } })), /complexity/);
  assert.match(await code('POST', '/users', { displayName: 'x' }), /^400 .*required/);
  assert.match(
    await code('GET', '/users/11111111-1111-1111-1111-111111111111'),
    /^404 Request_ResourceNotFound Resource '1/,
  );
  assert.match(await code('PUT', `/users/${id}`, {}), /^405/);
  assert.match(await code('POST', '/contacts', {}), /^405/);
  assert.match(await code('GET', '/nonsense'), /^400 .*segment 'nonsense'/);
  assert.match(await code('GET', '/users?$select=nope'), /^400 .*Could not find a property named 'nope'/);
  assert.match(await code('GET', '/users?$select=aboutMe'), /^501 NotImplemented .*aboutMe/);
  assert.match(await code('GET', '/policies'), /^501/);
  assert.match(await code('GET', '/users?$top=1000'), /^400/);
  assert.match(await code('GET', '/users?$top=0'), /^400/);
  assert.match(await code('GET', '/users?$skip=1'), /^400/);
  assert.match(await code('GET', '/users?$bogus=1'), /^400/);
  assert.match(await code('GET', '/users?$skiptoken=forged'), /^400/);
  assert.match(await code('GET', '/users/%zz'), /^400/);
});

test('groups: members one by one, twenty at a time, all or nothing (s.5.3)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const ids: string[] = [];
  for (let i = 0; i < 22; i++) ids.push(await make(graph, `u${i}`));
  const group = await makeGroup(graph, 'team', { 'members@odata.bind': [ref(ids[0]!)['@odata.id']] });
  assert.equal((await graph('POST', `/groups/${group}/members/$ref`, ref(ids[1]!))).status, 204);
  const twice = await graph('POST', `/groups/${group}/members/$ref`, ref(ids[1]!));
  assert.equal(twice.status, 400);
  assert.match(twice.body.error.message, /already exist for the following modified properties: 'members'/);
  assert.equal((await graph('POST', `/groups/${group}/members/$ref`, ref(crypto.randomUUID()))).status, 404);
  const bind = (list: string[]) => ({ 'members@odata.bind': list.map((id) => ref(id)['@odata.id']) });
  assert.equal((await graph('PATCH', `/groups/${group}`, bind(ids.slice(1)))).status, 400, 'twenty-one');
  assert.equal((await graph('PATCH', `/groups/${group}`, bind(ids.slice(1, 21)))).status, 400, 'one is there already');
  const count = async () =>
    (await graph('GET', `/groups/${group}/members/$count`, undefined, { ConsistencyLevel: 'eventual' })).body;
  assert.equal(await count(), '2');
  assert.equal((await graph('PATCH', `/groups/${group}`, bind(ids.slice(2)))).status, 204);
  assert.equal(await count(), '22');
  const page = await graph('GET', `/groups/${group}/members?$top=15&$select=id,userPrincipalName`);
  assert.equal(page.body.value.length, 15);
  assert.equal(page.body.value[0]['@odata.type'], '#microsoft.graph.user');
  const rest = await graph('GET', page.body['@odata.nextLink']);
  assert.equal(rest.body.value.length, 7);
  assert.equal(rest.body['@odata.nextLink'], undefined);
  assert.equal((await graph('DELETE', `/groups/${group}/members/${ids[3]}/$ref`)).status, 204);
  assert.equal((await graph('DELETE', `/groups/${group}/members/${ids[3]}/$ref`)).status, 404);
  const parent = await makeGroup(graph, 'parent');
  assert.equal((await graph('POST', `/groups/${parent}/members/$ref`, ref(group))).status, 204);
  const cast = await graph('GET', `/groups/${parent}/members/microsoft.graph.group`);
  assert.deepEqual(
    cast.body.value.map((g: { id: string }) => g.id),
    [group],
  );
  const kiota = await graph('GET', `/groups/${parent}/transitiveMembers/graph.user?$top=999`);
  assert.equal(kiota.body.value.length, 21);
  const of = await graph('GET', `/users/${ids[0]}/transitiveMemberOf`);
  assert.deepEqual(new Set(of.body.value.map((g: { id: string }) => g.id)), new Set([group, parent]));
  const checked = await graph('POST', `/users/${ids[0]}/checkMemberGroups`, {
    groupIds: [parent, crypto.randomUUID()],
  });
  assert.deepEqual(checked.body.value, [parent]);
  const expanded = await graph('GET', `/groups/${group}?$expand=members($select=id)`);
  assert.equal(expanded.body.members.length, 20);
  // Without /$ref the member itself is meant.
  assert.equal((await graph('DELETE', `/groups/${group}/members/${ids[4]}`)).status, 204);
  assert.equal((await graph('GET', `/users/${ids[4]}`)).status, 404);
});

test('groups that Graph cannot write, and the upsert by uniqueName (s.5.3)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const base = { displayName: 'g', mailNickname: 'g', mailEnabled: true, securityEnabled: true };
  assert.equal((await graph('POST', '/groups', base)).status, 400);
  assert.equal((await graph('POST', '/groups', { ...base, groupTypes: ['DynamicMembership'] })).status, 400);
  const unified = await graph('POST', '/groups', { ...base, groupTypes: ['Unified'] });
  assert.equal(unified.body.mail, 'g@contoso.onmicrosoft.com');
  const device = await graph('POST', '/devices', {
    accountEnabled: true,
    alternativeSecurityIds: [{ type: 2, key: 'eA==' }],
    deviceId: crypto.randomUUID(),
    displayName: 'pc',
    operatingSystem: 'Windows',
    operatingSystemVersion: '10',
  });
  assert.equal(device.status, 201);
  assert.equal((await graph('POST', `/groups/${unified.body.id}/members/$ref`, ref(device.body.id))).status, 400);
  const inner = await makeGroup(graph, 'inner');
  const nested = await graph('POST', `/groups/${unified.body.id}/members/$ref`, ref(inner));
  assert.equal(nested.status, 400, 'Microsoft 365 groups are not nested (s.4.3)');
  const body = { displayName: 'k', mailNickname: 'k', mailEnabled: false, securityEnabled: true };
  assert.equal((await graph('PATCH', "/groups(uniqueName='anchor%2B1%3D')", body)).status, 404);
  const prefer = { prefer: 'create-if-missing' };
  const made = await graph('PATCH', "/groups(uniqueName='anchor%2B1%3D')", body, prefer);
  assert.deepEqual([made.status, made.body.uniqueName], [201, 'anchor+1=']);
  assert.equal((await graph('PATCH', "/groups(uniqueName='anchor%2B1%3D')", { description: 'd' }, prefer)).status, 204);
  const found = await graph('GET', "/groups(uniqueName='anchor%2B1%3D')?$select=description");
  assert.equal(found.body.description, 'd');
  assert.equal((await graph('PATCH', `/groups/${made.body.id}`, { uniqueName: 'other' })).status, 400);
});

test('manager, roles and who is protected (s.5.2, 5.4)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const [ana, bob] = [await make(graph, 'ana'), await make(graph, 'bob')];
  assert.equal((await graph('GET', `/users/${ana}/manager`)).status, 404);
  assert.equal((await graph('PUT', `/users/${ana}/manager/$ref`, ref(ana))).status, 400);
  assert.equal((await graph('PUT', `/users/${ana}/manager/$ref`, ref(bob))).status, 204);
  assert.equal((await graph('GET', `/users/${ana}/manager`)).body.id, bob);
  assert.equal((await graph('GET', `/users/${bob}/directReports`)).body.value[0].id, ana);
  assert.equal((await graph('GET', `/users/${ana}?$expand=manager($select=id)`)).body.manager.id, bob);
  assert.equal((await graph('DELETE', `/users/${ana}/manager/$ref`)).status, 204);
  const assignment = {
    principalId: bob,
    roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
    directoryScopeId: '/',
  };
  const assigned = await graph('POST', '/roleManagement/directory/roleAssignments', assignment);
  assert.equal(assigned.status, 201);
  const admins = await graph('GET', "/directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')/members");
  assert.deepEqual(
    admins.body.value.map((m: { id: string }) => m.id),
    [bob],
  );
  const denied = await graph('DELETE', `/users/${bob}`);
  assert.deepEqual([denied.status, denied.body.error.code], [403, 'Authorization_RequestDenied']);
  assert.equal((await graph('DELETE', `/roleManagement/directory/roleAssignments/${assigned.body.id}`)).status, 204);
  assert.equal((await graph('DELETE', `/users/${bob}`)).status, 204);
});

test('what a directory masters is closed to Graph (s.5.9), until the cloud takes it over (s.1.7)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const sync = await syncCaller(tenant);
  const made = await sync('POST', '/sync/v1/provision', {
    objects: [
      {
        operation: 'Add',
        objectType: 'User',
        sourceAnchor: 'a1',
        properties: { displayName: 'Ana', userPrincipalName: 'ana@contoso.com', accountEnabled: true },
      },
      {
        operation: 'Add',
        objectType: 'Group',
        sourceAnchor: 'g1',
        properties: { displayName: 'Team', securityEnabled: true },
      },
    ],
  });
  const [user, group] = made.body.results.map((r: { cloudAnchor: string }) => r.cloudAnchor.split('_')[1]);
  const refused = async (path: string, body: object, method = 'PATCH') => {
    const answer = await graph(method, path, body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(answer.body.error.message, /on-premises mastered Directory Sync objects/);
  };
  for (const name of [
    'displayName',
    'givenName',
    'jobTitle',
    'department',
    'mobilePhone',
    'mailNickname',
    'employeeId',
    'onPremisesImmutableId',
  ]) {
    await refused(`/users/${user}`, { [name]: 'x' });
  }
  await refused(`/users/${user}`, { userPrincipalName: 'x@contoso.com' });
  await refused(`/users/${user}`, { passwordProfile: { password: 'Tr0ub4dor&3' } });
  await refused(`/users/${user}/manager/$ref`, ref(user), 'PUT');
  await refused(`/groups/${group}`, { displayName: 'x' });
  await refused(`/groups/${group}/members/$ref`, ref(user), 'POST');
  for (const body of [
    { usageLocation: 'DE' },
    { otherMails: ['a@b.example'] },
    { accountEnabled: false },
    { userType: 'Guest' },
  ]) {
    assert.equal((await graph('PATCH', `/users/${user}`, body)).status, 204, JSON.stringify(body));
  }
  assert.equal((await graph('PATCH', `/users/${user}/onPremisesSyncBehavior`, { isCloudManaged: true })).status, 204);
  assert.equal((await graph('PATCH', `/users/${user}`, { jobTitle: 'x' })).status, 204);
});

test('permissions are checked per call', async () => {
  const tenant = testTenant({ permissions: ['User.Read.All'] });
  const graph = await caller(tenant);
  assert.equal((await graph('GET', '/users')).status, 200);
  for (const [method, path] of [
    ['GET', '/groups'],
    ['POST', '/users'],
    ['GET', '/domains'],
    ['GET', '/directory/onPremisesSynchronization'],
    ['POST', '/groups'],
  ] as const) {
    const answer = await graph(method, path, method === 'POST' ? newUser('x') : undefined);
    assert.deepEqual(
      [answer.status, answer.body.error.code],
      [403, 'Authorization_RequestDenied'],
      `${method} ${path}`,
    );
  }
  const nobody = await tenant.fetch(new Request('http://tenant.test/v1.0/users'));
  assert.equal(nobody.status, 401);
  assert.equal(((await nobody.json()) as { error: { code: string } }).error.code, 'InvalidAuthenticationToken');
  tenant.advance(2 * 3600 * 1000);
  assert.equal((await graph('GET', '/users')).status, 401, 'expired');
});

test('organization, domains and the switches of synchronization (s.5.6)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const beta = await caller(tenant, undefined, 'http://tenant.test/beta');
  const organization = (await graph('GET', '/organization')).body.value[0];
  assert.equal(organization.onPremisesSyncEnabled, true);
  assert.deepEqual(
    organization.verifiedDomains.map((d: { name: string }) => d.name),
    ['contoso.onmicrosoft.com', 'contoso.com'],
  );
  const sync = (await graph('GET', '/directory/onPremisesSynchronization')).body.value[0];
  assert.deepEqual(sync.configuration.accidentalDeletionPrevention, {
    synchronizationPreventionType: 'enabledForCount',
    alertThreshold: 500,
  });
  const path = `/directory/onPremisesSynchronization/${organization.id}`;
  assert.equal((await graph('PATCH', path, { features: { blockSoftMatchEnabled: true } })).status, 204);
  assert.equal(
    (await graph('PATCH', path, { features: { softMatchOnUpnEnabled: false } })).status,
    400,
    'stays on once it is on',
  );
  assert.equal((await graph('GET', path)).body.features.blockSoftMatchEnabled, true);
  assert.equal((await graph('POST', '/domains', { id: 'fabrikam.com' })).body.isVerified, false);
  assert.equal((await graph('POST', '/users', newUser('x', { userPrincipalName: 'x@fabrikam.com' }))).status, 400);
  assert.equal((await graph('POST', '/domains/fabrikam.com/verify')).body.isVerified, true);
  assert.equal((await graph('POST', '/users', newUser('x', { userPrincipalName: 'x@fabrikam.com' }))).status, 201);
  assert.equal((await graph('DELETE', '/domains/fabrikam.com')).status, 400, 'somebody uses it');
  assert.equal(
    (await graph('PATCH', `/organization/${organization.id}`, { onPremisesSyncEnabled: false })).status,
    400,
  );
  assert.equal((await beta('PATCH', `/organization/${organization.id}`, { onPremisesSyncEnabled: false })).status, 204);
  assert.equal((await graph('GET', '/organization')).body.value[0].onPremisesSyncEnabled, false);
});
