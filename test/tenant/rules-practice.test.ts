/** What the rules come to in practice: take-over, ways out of a conflict, mastery, quota. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword } from '../../src/tenant/tokens/pph1.ts';
import { hour, idOf, person, world } from './rules-world.ts';
import { base, caller, graphApp, syncCaller, tenantId } from './support.ts';

test('a take-over keeps id, memberships, roles, owners and licences, and the password of the directory replaces the cloud one (s.1.4)', async () => {
  const { provision, graph, tenant, user } = await world(
    {
      users: [
        {
          displayName: 'Ana',
          userPrincipalName: 'ana@contoso.com',
          mail: 'ana@contoso.com',
          password: 'Cl0ud password',
          licences: ['exchange'],
          usageLocation: 'DE',
        },
      ],
      groups: [{ displayName: 'Team', members: ['ana@contoso.com'], owners: ['ana@contoso.com'] }],
    },
    { features: { passwordSyncEnabled: true } },
  );
  const before = await user('ana@contoso.com', 'id,assignedLicenses');
  const reader = '88d8e3e3-8f55-4a1e-953a-9b9898b8876b';
  const assignment = { principalId: before.id, roleDefinitionId: reader, directoryScopeId: '/' };
  assert.equal((await graph('POST', '/roleManagement/directory/roleAssignments', assignment)).status, 201);
  assert.equal(
    (await provision('Add', 'User', 'A', person('ana', { proxyAddresses: ['SMTP:ana@contoso.com'] }))).match,
    'soft',
  );
  assert.deepEqual(await user('ana@contoso.com', 'id,assignedLicenses'), {
    ...before,
    '@odata.context': before['@odata.context'],
  });
  const names = async (relation: string) =>
    (await graph('GET', `/users/${before.id}/${relation}`)).body.value.map(
      (o: { displayName: string }) => o.displayName,
    );
  assert.deepEqual(new Set(await names('memberOf')), new Set(['Team', 'Directory Readers']));
  assert.deepEqual(await names('ownedObjects'), ['Team']);
  const sync = await syncCaller(tenant);
  const hash = hashPassword('On-premises password 1', Buffer.alloc(10, 3));
  const sent = await sync('POST', '/sync/v1/credentials', {
    credentials: [{ sourceAnchor: 'A', hash, changedAt: '2026-01-01T10:00:00Z' }],
  });
  assert.equal(sent.body.results[0].resultCode, 'Success');
  const signInWith = async (password: string) => {
    const form = {
      grant_type: 'password',
      client_id: graphApp.appId,
      client_secret: graphApp.secret,
      username: 'ana@contoso.com',
      password,
      scope: 'openid',
    };
    return (
      await tenant.fetch(
        new Request(`${base}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body: new URLSearchParams(form) }),
      )
    ).status;
  };
  assert.deepEqual([await signInWith('On-premises password 1'), await signInWith('Cl0ud password')], [200, 400]);
});

test('an administrator is matched after all: role away, copy deleted for good, synchronized, role back (s.3.1)', async () => {
  const { provision, graph } = await world({
    users: [{ displayName: 'Boss', userPrincipalName: 'boss@contoso.com', roles: ['Global Administrator'] }],
  });
  const boss = (await graph('GET', '/users/boss@contoso.com')).body.id;
  const copy = await provision('Add', 'User', 'B', person('boss'));
  assert.equal(copy.errorCode, 'ExistingAdminRoleConflict');
  const filter = encodeURIComponent(`principalId eq '${boss}'`);
  const [role] = (await graph('GET', `/roleManagement/directory/roleAssignments?$filter=${filter}`)).body.value;
  assert.equal((await graph('DELETE', `/roleManagement/directory/roleAssignments/${role.id}`)).status, 204);
  assert.equal((await provision('Delete', 'User', 'B')).resultCode, 'Success');
  assert.equal((await graph('DELETE', `/directory/deletedItems/${idOf(copy)}`)).status, 204);
  const matched = await provision('Add', 'User', 'B', person('boss'));
  assert.deepEqual([matched.match, idOf(matched)], ['soft', boss]);
  const { principalId, roleDefinitionId, directoryScopeId } = role;
  assert.equal(
    (
      await graph('POST', '/roleManagement/directory/roleAssignments', {
        principalId,
        roleDefinitionId,
        directoryScopeId,
      })
    ).status,
    201,
  );
  assert.equal((await provision('Set', 'User', 'B', { title: 'Boss' })).resultCode, 'Success', 'an ongoing object');
});

test('withheld values show on groups and contacts too, and can be queried (s.2.3)', async () => {
  const { provision, graph } = await world({
    users: [{ displayName: 'Ana', userPrincipalName: 'ana@contoso.com', mail: 'ana@contoso.com' }],
  });
  const addresses = { proxyAddresses: ['SMTP:own@contoso.com', 'smtp:ana@contoso.com'] };
  await provision('Add', 'Group', 'G', { displayName: 'G', ...addresses });
  await provision('Add', 'Contact', 'C', {
    displayName: 'C',
    proxyAddresses: ['SMTP:c@partner.example', 'smtp:ana@contoso.com'],
  });
  const filter = encodeURIComponent("onPremisesProvisioningErrors/any(e:e/propertyCausingError eq 'ProxyAddresses')");
  for (const path of ['/groups', '/contacts']) {
    const [found] = (await graph('GET', `${path}?$filter=${filter}&$select=onPremisesProvisioningErrors`)).body.value;
    assert.equal(found.onPremisesProvisioningErrors[0].value, 'smtp:ana@contoso.com', path);
  }
  const count = encodeURIComponent('onPremisesProvisioningErrors/$count eq 0');
  assert.equal((await graph('GET', `/groups?$filter=${count}`)).status, 400);
  const advanced = await graph('GET', `/groups?$filter=${count}&$count=true`, undefined, {
    ConsistencyLevel: 'eventual',
  });
  assert.equal(advanced.body['@odata.count'], 0);
});

test('mastery of groups and contacts goes to the cloud and back (s.1.7)', async () => {
  const { provision, graph } = await world();
  const group = idOf(await provision('Add', 'Group', 'G', { displayName: 'G', securityEnabled: true }));
  const contact = idOf(await provision('Add', 'Contact', 'C', { displayName: 'C', mail: 'c@partner.example' }));
  for (const [path, type, anchor] of [
    [`/groups/${group}`, 'Group', 'G'],
    [`/contacts/${contact}`, 'Contact', 'C'],
  ] as const) {
    assert.equal((await graph('GET', `${path}/onPremisesSyncBehavior`)).body.isCloudManaged, false);
    assert.equal((await graph('PATCH', `${path}/onPremisesSyncBehavior`, { isCloudManaged: true })).status, 204);
    assert.equal((await provision('Set', type, anchor, { displayName: 'ignored' })).resultCode, 'Success');
    assert.equal((await graph('GET', path)).body.displayName, anchor);
    await graph('PATCH', `${path}/onPremisesSyncBehavior`, { isCloudManaged: false });
    await provision('Set', type, anchor, { displayName: 'taken' });
    assert.equal((await graph('GET', path)).body.displayName, 'taken');
  }
});

test('the quota counts the recycle bin fully and what was purged a quarter for 30 days (s.4.3)', async () => {
  const { provision, graph, pass, tenant } = await world({}, { switches: { objectQuota: 4 } });
  const code = async (n: number) => (await provision('Add', 'User', `A${n}`, person(`u${n}`))).errorCode ?? 'ok';
  assert.deepEqual(
    [await code(1), await code(2), await code(3), await code(4), await code(5)],
    ['ok', 'ok', 'ok', 'ok', 'QuotaExceeded'],
  );
  const ids = (await graph('GET', '/users?$select=id')).body.value.map((u: { id: string }) => u.id);
  for (const n of [1, 2, 3, 4]) await provision('Delete', 'User', `A${n}`);
  assert.equal(await code(5), 'QuotaExceeded', 'in the recycle bin');
  for (const id of ids) await graph('DELETE', `/directory/deletedItems/${id}`);
  assert.deepEqual(
    [await code(5), await code(6), await code(7), await code(8)],
    ['ok', 'ok', 'ok', 'QuotaExceeded'],
    'four quarters are one',
  );
  await pass(31 * 24 * hour);
  assert.equal(await code(8), 'ok');
  const beta = await caller(tenant, undefined, `${base}/beta`);
  assert.deepEqual((await beta('GET', '/organization')).body.value[0].directorySizeQuota, { used: 4, total: 4 });
});
