import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProvisionResult } from '../../src/entra/sync-protocol.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import { hashPassword } from '../../src/tenant/tokens/pph1.ts';
import { base, caller, graphApp, syncCaller, tenantId, testTenant } from './support.ts';

const hour = 3600 * 1000;

async function world(seed: TenantSeed = {}, settings: Partial<TenantSettings> = {}) {
  const tenant = testTenant({ seed, settings });
  let sync = await syncCaller(tenant);
  let graph = await caller(tenant);
  const provision = async (
    operation: 'Add' | 'Set' | 'Delete',
    type: string,
    anchor: string,
    properties: object = {},
    links?: object,
  ): Promise<ProvisionResult> => {
    const object = { operation, objectType: type, sourceAnchor: anchor, properties, ...(links ? { links } : {}) };
    const answer = await sync('POST', '/sync/v1/provision', { objects: [object] });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.results[0];
  };
  return {
    tenant,
    provision,
    graph: (...call: Parameters<typeof graph>) => graph(...call),
    user: async (key: string, select: string) => (await graph('GET', `/users/${key}?$select=${select}`)).body,
    pass: async (milliseconds: number) => {
      tenant.advance(milliseconds);
      sync = await syncCaller(tenant);
      graph = await caller(tenant);
    },
  };
}
const person = (name: string, more: object = {}) => ({
  displayName: name,
  userPrincipalName: `${name}@contoso.com`,
  accountEnabled: true,
  ...more,
});
const idOf = (result: ProvisionResult) => result.cloudAnchor?.split('_')[1] as string;

test('hard match takes over the user of the cloud with the same anchor, also out of the recycle bin (s.1.2, 1.4)', async () => {
  const { provision, graph, user } = await world({
    users: [
      {
        displayName: 'Ana (cloud)',
        userPrincipalName: 'ana@contoso.com',
        onPremisesImmutableId: 'A',
        jobTitle: 'Keeps',
        mail: 'ana@contoso.com',
      },
    ],
  });
  const { id } = await user('ana@contoso.com', 'id');
  const result = await provision('Add', 'User', 'A', person('ana'));
  assert.deepEqual([result.match, idOf(result)], ['hard', id]);
  const after = await user(id, 'displayName,jobTitle,onPremisesSyncEnabled,onPremisesImmutableId');
  assert.deepEqual(
    [after.displayName, after.jobTitle, after.onPremisesSyncEnabled, after.onPremisesImmutableId],
    ['ana', 'Keeps', true, 'A'],
  );
  assert.equal((await provision('Delete', 'User', 'A')).resultCode, 'Success');
  assert.equal((await graph('GET', `/users/${id}`)).status, 404);
  const again = await provision('Add', 'User', 'A', person('ana'));
  assert.deepEqual([again.match, idOf(again)], ['hard', id]);
  assert.equal((await user(id, 'onPremisesSyncEnabled')).onPremisesSyncEnabled, true);
});

test('soft match by primary address and by sign-in name; administrators are not taken over (s.1.2, step 3)', async () => {
  const { provision, user } = await world({
    users: [
      { displayName: 'Mail', userPrincipalName: 'm1@contoso.com', mail: 'mail@contoso.com' },
      { displayName: 'Name', userPrincipalName: 'name@contoso.com' },
      { displayName: 'Boss', userPrincipalName: 'boss@contoso.com', roles: ['Global Administrator'] },
    ],
  });
  const byMail = await provision('Add', 'User', '1', person('other', { proxyAddresses: ['SMTP:mail@contoso.com'] }));
  assert.deepEqual(
    [byMail.match, (await user(idOf(byMail), 'userPrincipalName')).userPrincipalName],
    ['soft', 'other@contoso.com'],
  );
  assert.equal((await provision('Add', 'User', '2', person('name'))).match, 'soft');
  const boss = await provision('Add', 'User', '3', person('boss'));
  assert.equal(boss.errorCode, 'ExistingAdminRoleConflict');
  assert.match(
    (await user(idOf(boss), 'userPrincipalName')).userPrincipalName,
    /^boss\d{4}@contoso\.onmicrosoft\.com$/,
  );
});

test('the switches and the protections of 2026 (s.1.2, 2.2 to 2.4)', async () => {
  const seed: TenantSeed = {
    users: [
      {
        displayName: 'P',
        userPrincipalName: 'p@contoso.com',
        onPremisesImmutableId: 'P',
        eligibleRoles: ['User Administrator'],
      },
      { displayName: 'Q', userPrincipalName: 'q@contoso.com', onPremisesImmutableId: 'Q' },
    ],
  };
  const blocked = await world(seed, {
    features: { blockCloudObjectTakeoverThroughHardMatchEnabled: true, blockSoftMatchEnabled: true },
  });
  assert.equal((await blocked.provision('Add', 'User', 'Q', person('q'))).errorCode, 'InvalidHardMatch');
  const open = await world(seed);
  assert.equal((await open.provision('Add', 'User', 'P', person('p'))).errorCode, 'InvalidHardMatch');
  assert.equal((await open.provision('Add', 'User', 'Q', person('q'))).match, 'hard');
  const before = await world(seed, { switches: { hardMatchProtection: false } });
  assert.equal((await before.provision('Add', 'User', 'P', person('p'))).match, 'hard');
});

test('a withheld address heals within the hour after it is free (s.2.3)', async () => {
  const { provision, graph, user, pass } = await world({
    groups: [{ displayName: 'List', mail: 'shared@contoso.com' }],
  });
  const result = await provision(
    'Add',
    'User',
    'A',
    person('ana', { proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:shared@contoso.com'] }),
  );
  assert.equal(result.resultCode, 'Success');
  const list = (await graph('GET', "/groups?$filter=displayName eq 'List'")).body.value[0].id;
  assert.deepEqual(result.quarantined, [
    { property: 'ProxyAddresses', value: 'smtp:shared@contoso.com', heldBy: list },
  ]);
  const filter = encodeURIComponent("onPremisesProvisioningErrors/any(e:e/category eq 'PropertyConflict')");
  const found = await graph('GET', `/users?$filter=${filter}&$select=onPremisesProvisioningErrors`);
  assert.deepEqual(found.body.value[0].onPremisesProvisioningErrors, [
    {
      category: 'PropertyConflict',
      occurredDateTime: '2026-01-01T12:00:00Z',
      propertyCausingError: 'ProxyAddresses',
      value: 'smtp:shared@contoso.com',
    },
  ]);
  await pass(hour);
  assert.equal((await user('ana@contoso.com', 'onPremisesProvisioningErrors')).onPremisesProvisioningErrors.length, 1);
  await provision('Add', 'Group', 'G', {
    displayName: 'List',
    securityEnabled: true,
    proxyAddresses: ['SMTP:shared@contoso.com'],
  });
  assert.equal((await provision('Delete', 'Group', 'G')).resultCode, 'Success');
  await pass(hour);
  const healed = await user('ana@contoso.com', 'onPremisesProvisioningErrors,proxyAddresses');
  assert.deepEqual(healed.onPremisesProvisioningErrors, []);
  assert.ok(healed.proxyAddresses.includes('smtp:shared@contoso.com'));
});

test('a licence brings the sign-in name and the routing address, and takes the primary with it (s.2.4)', async () => {
  const { provision, graph, user } = await world();
  const { cloudAnchor } = await provision('Add', 'User', 'A', person('ana'));
  const id = cloudAnchor!.split('_')[1] as string;
  await graph('PATCH', `/users/${id}`, { usageLocation: 'DE' });
  const exchange = { skuId: '19ec0d23-8335-4cbd-94ac-6050e30712fa', disabledPlans: [] };
  assert.equal(
    (await graph('POST', `/users/${id}/assignLicense`, { addLicenses: [{ skuId: 'x' }], removeLicenses: [] })).status,
    400,
  );
  assert.equal(
    (await graph('POST', `/users/${id}/assignLicense`, { addLicenses: [exchange], removeLicenses: [] })).status,
    200,
  );
  const licensed = await user(id, 'mail,proxyAddresses');
  assert.equal(licensed.mail, 'ana@contoso.com');
  assert.deepEqual([...licensed.proxyAddresses].sort(), ['SMTP:ana@contoso.com', 'smtp:ana@contoso.onmicrosoft.com']);
  await graph('POST', `/users/${id}/assignLicense`, { addLicenses: [], removeLicenses: [exchange.skuId] });
  assert.equal((await user(id, 'mail')).mail, 'ana@contoso.onmicrosoft.com');
});

test('a domain that is verified later brings the sign-in name back without a sync (s.2.4)', async () => {
  const { provision, graph, user } = await world({}, { unverifiedDomains: ['fabrikam.com'] });
  const result = await provision('Add', 'User', 'A', person('ana', { userPrincipalName: 'ana@fabrikam.com' }));
  assert.equal((await user(idOf(result), 'userPrincipalName')).userPrincipalName, 'ana@contoso.onmicrosoft.com');
  assert.equal((await graph('POST', '/domains/fabrikam.com/verify')).status, 200);
  assert.equal((await user(idOf(result), 'userPrincipalName')).userPrincipalName, 'ana@fabrikam.com');
});

test('deletes: synced users into the bin, groups for good, nothing of the cloud (s.1.7)', async () => {
  const { provision, graph } = await world({
    users: [{ displayName: 'Cloud', userPrincipalName: 'cloud@contoso.com', onPremisesImmutableId: 'C' }],
  });
  const refused = await provision('Delete', 'User', 'C');
  assert.equal(refused.errorCode, 'DeletingCloudOnlyObjectNotAllowed');
  const user = await provision('Add', 'User', 'A', person('ana'));
  const group = await provision('Add', 'Group', 'G', { displayName: 'G', securityEnabled: true });
  await provision('Delete', 'User', 'A');
  await provision('Delete', 'Group', 'G');
  assert.equal((await graph('GET', `/directory/deletedItems/${idOf(user)}`)).status, 200);
  assert.equal((await graph('GET', `/directory/deletedItems/${idOf(group)}`)).status, 404);
  await graph('POST', `/directory/deletedItems/${idOf(user)}/restore`);
  const restored = await graph('GET', `/users/${idOf(user)}?$select=onPremisesSyncEnabled,onPremisesImmutableId`);
  assert.deepEqual([restored.body.onPremisesSyncEnabled, restored.body.onPremisesImmutableId], [false, 'A']);
  assert.equal((await provision('Delete', 'User', 'A')).errorCode, 'DeletingCloudOnlyObjectNotAllowed');
});

test('links: an object that is not there yet fails, in any order within one batch it does not; one manager only', async () => {
  const { provision, graph, tenant } = await world();
  const member = (anchor: string) => ({ member: [{ anchor, anchorType: 'sourceAnchor', operation: 'add' }] });
  await provision('Add', 'Group', 'G', { displayName: 'G', securityEnabled: true });
  assert.equal((await provision('Set', 'Group', 'G', {}, member('A'))).errorCode, 'ReferenceNotFound');
  const sync = await syncCaller(tenant);
  const manager = { manager: [{ anchor: 'B', anchorType: 'sourceAnchor', operation: 'add' }] };
  const objects = [
    { operation: 'Add', objectType: 'User', sourceAnchor: 'A', properties: person('ana'), links: manager },
    { operation: 'Add', objectType: 'User', sourceAnchor: 'B', properties: person('bob') },
    { operation: 'Add', objectType: 'User', sourceAnchor: 'C', properties: person('cy') },
  ];
  const both = await sync('POST', '/sync/v1/provision', { objects });
  assert.deepEqual(
    both.body.results.map((r: ProvisionResult) => r.resultCode),
    ['Success', 'Success', 'Success'],
  );
  await provision('Set', 'User', 'A', {}, { manager: [{ anchor: 'C', anchorType: 'sourceAnchor', operation: 'add' }] });
  assert.equal((await graph('GET', '/users/ana@contoso.com/manager')).body.displayName, 'cy');
  assert.equal(
    (
      await provision(
        'Set',
        'User',
        'A',
        {},
        { manager: [{ anchor: 'A', anchorType: 'sourceAnchor', operation: 'add' }] },
      )
    ).resultCode,
    'Failure',
  );
});

test('what the cloud masters is left alone by synchronization (s.1.7, onPremisesSyncBehavior)', async () => {
  const { provision, graph, user } = await world();
  const result = await provision('Add', 'User', 'A', person('ana'));
  await graph('PATCH', `/users/${idOf(result)}/onPremisesSyncBehavior`, { isCloudManaged: true });
  assert.equal((await provision('Set', 'User', 'A', { displayName: 'New' })).resultCode, 'Success');
  assert.equal((await user(idOf(result), 'displayName')).displayName, 'ana');
  await graph('PATCH', `/users/${idOf(result)}/onPremisesSyncBehavior`, { isCloudManaged: false });
  await provision('Set', 'User', 'A', { displayName: 'Newer' });
  assert.equal((await user(idOf(result), 'displayName')).displayName, 'Newer');
});

test('devices and contacts in their Graph form (s.5.4)', async () => {
  const { provision, graph } = await world();
  const deviceId = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  await provision('Add', 'Device', deviceId.toString('base64'), {
    displayName: 'PC',
    accountEnabled: true,
    deviceId: { base64: deviceId.toString('base64') },
    deviceOSType: 'Windows',
    deviceTrustType: 'ServerAd',
  });
  const device = await graph('GET', "/devices(deviceId='33221100-5544-7766-8899-aabbccddeeff')");
  assert.deepEqual(
    [device.body.trustType, device.body.operatingSystem, device.body.onPremisesSyncEnabled],
    ['ServerAd', 'Windows', true],
  );
  await provision('Add', 'Contact', 'C', {
    displayName: 'Cy',
    mail: 'cy@partner.example',
    proxyAddresses: ['SMTP:cy@partner.example'],
    telephoneNumber: '1',
    city: 'Lima',
  });
  const contact = (await graph('GET', '/contacts')).body.value[0];
  assert.deepEqual(
    [contact.mail, contact.phones, contact.addresses],
    ['cy@partner.example', [{ type: 'business', number: '1' }], [{ city: 'Lima' }]],
  );
});

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
