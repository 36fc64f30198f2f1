/** What Graph may and may not write on a user whom a directory masters: the lists of entra-directory s.5.9, one by one. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Call, caller, syncCaller, testTenant } from './support.ts';

let graph: Call;
let user: string;
let boss: string;
const extension = (name: string) => `extension_${'0a'.repeat(16)}_${name}`;
const refusal = /^Unable to update the specified properties for on-premises mastered Directory Sync objects/;

before(async () => {
  const tenant = testTenant({
    seed: {
      users: [{ displayName: 'Boss', userPrincipalName: 'boss@contoso.com', [extension('cloud')]: 'defined by this' }],
      groups: [{ displayName: 'Cloud' }],
    },
  });
  graph = await caller(tenant);
  const properties = {
    displayName: 'Ana',
    userPrincipalName: 'ana@contoso.com',
    accountEnabled: true,
    [extension('synced')]: 'x',
  };
  const add = { operation: 'Add', objectType: 'User', sourceAnchor: 'a', properties };
  const located = {
    ...add,
    sourceAnchor: 'b',
    properties: { displayName: 'Bo', userPrincipalName: 'bo@contoso.com', usageLocation: 'IT' },
  };
  const made = await (await syncCaller(tenant))('POST', '/sync/v1/provision', { objects: [add, located] });
  assert.equal(made.body.results[0].resultCode, 'Success');
  user = made.body.results[0].cloudAnchor.split('_')[1];
  boss = (await graph('GET', '/users/boss@contoso.com')).body.id;
});

test('refused: what comes from the directory', async () => {
  const bodies: Record<string, unknown>[] = [
    ...[
      ...[
        'displayName',
        'givenName',
        'surname',
        'jobTitle',
        'department',
        'companyName',
        'streetAddress',
        'city',
        'state',
      ],
      ...[
        'postalCode',
        'country',
        'officeLocation',
        'mobilePhone',
        'faxNumber',
        'mailNickname',
        'employeeId',
        'employeeType',
      ],
      ...['onPremisesImmutableId', extension('synced')],
    ].map((name) => ({ [name]: 'x' })),
    { businessPhones: ['1'] },
    { mail: 'new@contoso.com' },
    { userPrincipalName: 'new@contoso.com' },
    { employeeHireDate: '2026-01-01T00:00:00Z' },
    { employeeOrgData: { division: 'x' } },
    { onPremisesExtensionAttributes: { extensionAttribute1: 'x' } },
    { preferredLanguage: 'it' },
    { passwordProfile: { password: 'Tr0ub4dor&3' } },
  ];
  for (const body of bodies) {
    const { status, body: answer } = await graph('PATCH', `/users/${user}`, body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(answer.error.code, 'Request_BadRequest');
    assert.match(answer.error.message, refusal, JSON.stringify(body));
  }
  const manager = await graph('PUT', `/users/${user}/manager/$ref`, {
    '@odata.id': `http://tenant.test/v1.0/users/${boss}`,
  });
  assert.match(manager.body.error.message, refusal);
  const both = await graph('PATCH', `/users/${user}`, { usageLocation: 'DE', jobTitle: 'x' });
  assert.equal(both.status, 400, 'all or nothing');
  assert.equal((await graph('GET', `/users/${user}?$select=usageLocation`)).body.usageLocation, null);
});

test('written: what only the cloud has', async () => {
  const bodies = [
    { usageLocation: 'DE' },
    { passwordPolicies: 'DisableStrongPassword' },
    { accountEnabled: false },
    { otherMails: ['o@x.example'] },
    { userType: 'Guest' },
    { employeeLeaveDateTime: '2026-12-31T00:00:00Z' },
    { [extension('cloud')]: 'x' },
  ];
  for (const body of bodies)
    assert.equal((await graph('PATCH', `/users/${user}`, body)).status, 204, JSON.stringify(body));
  const licence = {
    addLicenses: [{ skuId: '078d2b04-f1bd-4111-bbd4-b4b1b354cef4', disabledPlans: [] }],
    removeLicenses: [],
  };
  assert.equal((await graph('POST', `/users/${user}/assignLicense`, licence)).status, 200);
  const group = (await graph('GET', '/groups')).body.value[0].id;
  const reference = { '@odata.id': `http://tenant.test/v1.0/directoryObjects/${user}` };
  assert.equal((await graph('POST', `/groups/${group}/members/$ref`, reference)).status, 204);
  const role = { principalId: user, roleDefinitionId: '88d8e3e3-8f55-4a1e-953a-9b9898b8876b', directoryScopeId: '/' };
  assert.equal((await graph('POST', '/roleManagement/directory/roleAssignments', role)).status, 201);
});

test("a place of use that the directory sends is the directory's", async () => {
  const { status, body } = await graph('PATCH', '/users/bo@contoso.com', { usageLocation: 'DE' });
  assert.equal(status, 400);
  assert.match(body.error.message, refusal);
});

test('a user who left the directory is free again (false), and so is one of the cloud (null)', async () => {
  await graph('DELETE', `/users/${user}`);
  assert.equal((await graph('POST', `/directory/deletedItems/${user}/restore`)).status, 200);
  assert.equal((await graph('GET', `/users/${user}?$select=onPremisesSyncEnabled`)).body.onPremisesSyncEnabled, false);
  for (const id of [user, boss]) assert.equal((await graph('PATCH', `/users/${id}`, { jobTitle: 'Cook' })).status, 204);
});
