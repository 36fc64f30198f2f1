import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProvisionResult } from '../../src/entra/sync-protocol.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import { hour, idOf, person, world } from './rules-world.ts';
import { syncCaller } from './support.ts';

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
  await pass(hour - 1000);
  assert.equal((await user('ana@contoso.com', 'onPremisesProvisioningErrors')).onPremisesProvisioningErrors.length, 1);
  await pass(1000);
  const healed = await user('ana@contoso.com', 'onPremisesProvisioningErrors,proxyAddresses');
  assert.deepEqual(healed.onPremisesProvisioningErrors, []);
  assert.ok(healed.proxyAddresses.includes('smtp:shared@contoso.com'));
});

test('a withheld sign-in name: the placeholder stays, hour after hour, while the name is taken (s.2.3)', async () => {
  const { provision, graph, pass } = await world();
  await provision('Add', 'User', 'A', person('ana'));
  const second = idOf(await provision('Add', 'User', 'B', person('ana', { displayName: 'Second' })));
  const read = async () => (await graph('GET', `/users/${second}?$select=userPrincipalName`)).body.userPrincipalName;
  const placeholder = await read();
  assert.match(placeholder, /^ana\d+@/);
  for (let i = 0; i < 3; i++) {
    await pass(hour);
    assert.equal(await read(), placeholder);
  }
  await provision('Delete', 'User', 'A');
  await pass(hour);
  assert.equal(await read(), 'ana@contoso.com');
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
