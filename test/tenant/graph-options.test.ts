/** No query option is passed over in silence: lists that are made by hand take it or answer 501 (s.5.1, 5.4, 5.6, 5.8). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Call, caller, type Reply, testTenant } from './support.ts';

let graph: Call;
let user: string;
const members = (entry: object) =>
  Object.keys(entry)
    .filter((name) => !name.startsWith('@'))
    .sort();
const idsOf = (reply: Reply): string[] => reply.body.value.map((o: { id: string }) => o.id);
before(async () => {
  const tenant = testTenant({
    seed: {
      users: [
        { displayName: 'Ana', userPrincipalName: 'ana@contoso.com', roles: ['User Administrator'] },
        { displayName: 'Bo', userPrincipalName: 'bo@contoso.com' },
      ],
      groups: [{ displayName: 'News', mail: 'news@contoso.com', members: ['ana@contoso.com'] }],
    },
  });
  graph = await caller(tenant);
  user = (await graph('GET', '/users/ana@contoso.com')).body.id;
});

test('$select chooses in every list, and in one entry', async () => {
  const paths = {
    '/domains': 'isDefault',
    '/organization': 'displayName',
    '/directoryRoleTemplates': 'displayName',
    '/directory/onPremisesSynchronization': 'features',
    '/roleManagement/directory/roleDefinitions': 'displayName',
    '/roleManagement/directory/roleAssignments': 'principalId',
    '/domains/contoso.com/domainNameReferences': 'displayName',
    '/domains/contoso.com/verificationDnsRecords': 'label',
    '/subscribedSkus': 'skuId',
    '/directory/subscriptions': 'status',
  };
  for (const [path, name] of Object.entries(paths)) {
    const { status, body } = await graph('GET', `${path}?$select=${name}`);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    assert.ok(body.value.length > 0, path);
    for (const entry of body.value) assert.deepEqual(members(entry), ['id', name].sort(), path);
    assert.equal((await graph('GET', `${path}?$select=nonsense`)).status, 400, path);
  }
  assert.deepEqual(members((await graph('GET', '/domains/contoso.com?$select=isVerified')).body), ['id', 'isVerified']);
  assert.deepEqual(members((await graph('GET', `/users/${user}/onPremisesSyncBehavior?$select=isCloudManaged`)).body), [
    'id',
    'isCloudManaged',
  ]);
});

test('what a list cannot do answers 501 with the name of the option', async () => {
  const lists = [
    ...['/domains', '/organization', '/directoryRoleTemplates', '/directory/onPremisesSynchronization'],
    ...['/subscribedSkus', '/domains/contoso.com/verificationDnsRecords', `/users/${user}/licenseDetails`],
  ];
  for (const path of lists) {
    for (const option of ["$filter=id eq 'x'", '$orderby=id', '$search="id:x"', '$expand=x', '$skip=1']) {
      const { status, body } = await graph('GET', `${path}?${option}`);
      assert.equal(status, 501, `${path}?${option}`);
      assert.ok(body.error.message.includes(option.split('=')[0] as string), body.error.message);
    }
  }
  assert.equal((await graph('GET', '/domains?$top=1')).status, 501, 'it would cut off what no next link leads to');
  assert.equal((await graph('GET', '/domains?$top=999')).status, 200);
  for (const path of [
    '/applications?$expand=extensionProperties',
    '/directory/administrativeUnits?$expand=scopedRoleMembers',
  ])
    assert.equal((await graph('GET', path)).status, 501, path);
  assert.equal((await graph('GET', '/users?$expand=nonsense')).status, 400);
  const counted = await graph('GET', '/domains?$count=true', undefined, { ConsistencyLevel: 'eventual' });
  assert.equal(counted.body['@odata.count'], counted.body.value.length);
});

test('roles in the newer form: filtered by name, assignments with whom they name', async () => {
  const path = '/roleManagement/directory';
  const byName = await graph('GET', `${path}/roleDefinitions?$filter=displayName eq 'user administrator'`);
  const [role] = idsOf(byName);
  assert.deepEqual(byName.body.value.length, 1);
  assert.equal(
    (await graph('GET', `${path}/roleDefinitions?$filter=startswith(displayName,'Pri')`)).body.value.length,
    2,
  );
  const not = `${path}/roleDefinitions?$filter=not(isBuiltIn eq true) or id in ('${role}')`;
  assert.deepEqual(idsOf(await graph('GET', not)), [role]);
  assert.equal((await graph('GET', `${path}/roleDefinitions?$filter=nonsense eq 1`)).status, 400);
  assert.equal((await graph('GET', `${path}/roleDefinitions?$filter=displayName gt 'a'`)).status, 400);
  const filter = `$filter=roleDefinitionId eq '${role}'`;
  const [assigned] = (await graph('GET', `${path}/roleAssignments?${filter}&$expand=principal`)).body.value;
  assert.deepEqual(
    [assigned.principal['@odata.type'], assigned.principal.id, assigned.principalId],
    ['#microsoft.graph.user', user, user],
  );
  const [defined] = (await graph('GET', `${path}/roleAssignments?${filter}&$expand=roleDefinition`)).body.value;
  assert.equal(defined.roleDefinition.displayName, 'User Administrator');
  assert.equal((await graph('GET', `${path}/roleAssignments?$expand=appScope`)).status, 501);
});

test('names in a domain are a list like any other: paged, counted, filtered', async () => {
  const path = '/domains/contoso.com/domainNameReferences';
  const first = await graph('GET', `${path}?$top=2&$select=id`);
  assert.equal(first.body.value.length, 2);
  const second = await graph('GET', first.body['@odata.nextLink']);
  assert.equal(second.body.value.length, 1);
  assert.equal(second.body.value[0]['@odata.type'], '#microsoft.graph.group');
  const found = await graph('GET', `${path}?$filter=displayName eq 'Bo'`);
  assert.equal(found.body.value.length, 1);
  assert.equal((await graph('POST', path, {})).status, 405);
});

test('distribution lists are closed to Graph, members and owners too (s.5.3); one entry can be cast', async () => {
  const [list] = idsOf(await graph('GET', '/groups'));
  const ref = { '@odata.id': `http://tenant.test/v1.0/users/${(await graph('GET', '/users/bo@contoso.com')).body.id}` };
  for (const [method, path, body] of [
    ['POST', 'members/$ref', ref],
    ['DELETE', `members/${user}/$ref`, undefined],
    ['POST', 'owners/$ref', ref],
  ] as const) {
    const refused = await graph(method, `/groups/${list}/${path}`, body);
    assert.equal(refused.status, 400, path);
    assert.match(refused.body.error.message, /mail-enabled groups/);
  }
  assert.equal((await graph('GET', `/groups/${list}/members/${user}/microsoft.graph.user`)).body.id, user);
  assert.equal((await graph('GET', `/groups/${list}/members/${user}/graph.group`)).status, 404);
  assert.equal((await graph('DELETE', `/groups/${list}/members/${user}/graph.user`)).status, 405);
  await graph('DELETE', '/users/bo@contoso.com');
  const [bo] = idsOf(await graph('GET', '/directory/deletedItems/microsoft.graph.user'));
  assert.equal((await graph('GET', `/directory/deletedItems/${bo}/microsoft.graph.user`)).body.id, bo);
  assert.equal((await graph('GET', `/directory/deletedItems/${bo}/microsoft.graph.group`)).status, 404);
});
