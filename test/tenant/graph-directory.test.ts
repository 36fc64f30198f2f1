/** Domains, federation, the recycle bin, licences, roles: what the directory holds besides its objects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GraphRequest, parsePath, parseQuery } from '../../src/tenant/graph/request.ts';
import { unitsOf } from '../../src/tenant/graph/throttle.ts';
import { type Call, caller, syncCaller, testTenant } from './support.ts';

const person = (name: string, more: object = {}) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'Tr0ub4dor&3' },
  ...more,
});
const ref = (id: string) => ({ '@odata.id': `http://tenant.test/v1.0/directoryObjects/${id}` });
const refusal = async (graph: Call, method: string, path: string, body?: unknown): Promise<string> => {
  const answer = await graph(method, path, body);
  return `${answer.status} ${answer.body?.error?.message ?? ''}`;
};

test('domains: added, proved, named by their objects, deleted, deleted by force (s.5.6)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  assert.equal((await graph('POST', '/domains', { id: 'Fabrikam.com' })).body.id, 'fabrikam.com');
  assert.match(await refusal(graph, 'POST', '/domains', { id: 'fabrikam.COM' }), /^400 Another object/);
  assert.match(await refusal(graph, 'POST', '/domains', { id: 'no domain' }), /^400/);
  await graph('POST', '/domains', { id: 'corp.local' });
  assert.match(await refusal(graph, 'POST', '/domains/corp.local/verify'), /^400 .*cannot be verified/);
  const records = (await graph('GET', '/domains/fabrikam.com/verificationDnsRecords')).body.value;
  assert.deepEqual(
    records.map((r: { recordType: string }) => r.recordType),
    ['Txt', 'Mx'],
  );
  assert.match(records[0].text, /^MS=ms\d{8}$/);
  await graph('POST', '/domains/fabrikam.com/verify');
  const id = (
    await graph('POST', '/users', person('ana', { userPrincipalName: 'ana@fabrikam.com', mail: 'ana@fabrikam.com' }))
  ).body.id;
  await graph('PATCH', `/users/${id}`, { mail: 'ana@contoso.com' });
  const sync = await syncCaller(tenant);
  const synced = { displayName: 'Syn', userPrincipalName: 'syn@fabrikam.com', accountEnabled: true };
  await sync('POST', '/sync/v1/provision', {
    objects: [{ operation: 'Add', objectType: 'User', sourceAnchor: 's', properties: synced }],
  });
  const named = (await graph('GET', '/domains/fabrikam.com/domainNameReferences')).body.value;
  assert.deepEqual(named.map((o: { displayName: string }) => o.displayName).sort(), ['Syn', 'ana']);
  assert.match(await refusal(graph, 'DELETE', '/domains/fabrikam.com'), /^400 .*refer to the domain/);
  assert.match(await refusal(graph, 'POST', '/domains/contoso.onmicrosoft.com/forceDelete'), /^400 The initial/);
  assert.equal((await graph('POST', '/domains/fabrikam.com/forceDelete', { disableUserAccounts: true })).status, 204);
  const after = (await graph('GET', `/users/${id}?$select=userPrincipalName,proxyAddresses,mail,accountEnabled`)).body;
  assert.deepEqual(
    [after.userPrincipalName, after.proxyAddresses, after.mail, after.accountEnabled],
    ['ana@contoso.onmicrosoft.com', ['SMTP:ana@contoso.com'], 'ana@contoso.com', false],
  );
  assert.equal((await graph('GET', '/users/syn@contoso.onmicrosoft.com')).status, 200, 'calculated anew');
  assert.equal((await graph('GET', '/domains/fabrikam.com')).status, 404);
  assert.match(
    await refusal(graph, 'GET', '/domains/contoso.com/serviceConfigurationRecords'),
    /^501 .*serviceConfigurationRecords/,
  );
  assert.equal(
    (await graph('PATCH', '/domains/contoso.com', { isDefault: true, passwordNotificationWindowInDays: 10 })).status,
    204,
  );
  assert.match(
    await refusal(graph, 'PATCH', '/domains/contoso.com', { passwordValidityPeriodInDays: 0 }),
    /^400 Invalid value/,
  );
  assert.match(await refusal(graph, 'PATCH', '/domains/contoso.com', { model: 'x' }), /^501 .*model/);
  const organization = (await graph('GET', '/organization')).body.value[0].id;
  assert.match(await refusal(graph, 'PATCH', `/organization/${organization}`, { defaultUsageLocation: 'XX' }), /^400/);
  assert.equal((await graph('PATCH', `/organization/${organization}`, { defaultUsageLocation: 'DE' })).status, 204);
  assert.equal((await graph('GET', `/organization/${organization}`)).body.defaultUsageLocation, 'DE');
  const domain = (await graph('GET', '/domains/contoso.com')).body;
  assert.deepEqual([domain.isDefault, domain.passwordNotificationWindowInDays], [true, 10]);
  assert.deepEqual(
    [domain.passwordValidityPeriodInDays, domain.isVerified, domain.isInitial, domain.authenticationType],
    [2147483647, true, false, 'Managed'],
  );
});

test('a federated domain: its configuration, and users without password but with an anchor (s.1.6, 5.2, 5.6, 7)', async () => {
  const graph = await caller(testTenant({ settings: { verifiedDomains: ['contoso.com', 'fed.com'] } }));
  const path = '/domains/fed.com/federationConfiguration';
  assert.deepEqual((await graph('GET', path)).body.value, []);
  const made = await graph('POST', path, {
    issuerUri: 'http://fed.com/adfs',
    preferredAuthenticationProtocol: 'wsFed',
    displayName: 'AD FS',
  });
  assert.equal(made.status, 201);
  assert.equal((await graph('GET', '/domains/fed.com')).body.authenticationType, 'Federated');
  assert.match(await refusal(graph, 'POST', path, {}), /^400 .*already/);
  assert.match(
    await refusal(graph, 'PATCH', `${path}/${made.body.id}`, { preferredAuthenticationProtocol: 'radius' }),
    /^400 Invalid value/,
  );
  assert.match(await refusal(graph, 'PATCH', `${path}/${made.body.id}`, { nonsense: 1 }), /^400 Invalid property/);
  assert.equal((await graph('PATCH', `${path}/${made.body.id}`, { signOutUri: 'http://fed.com/out' })).status, 204);
  assert.equal((await graph('GET', `${path}/${made.body.id}`)).body.signOutUri, 'http://fed.com/out');
  const { passwordProfile: _, ...federated } = person('ana', { userPrincipalName: 'ana@fed.com' });
  assert.match(await refusal(graph, 'POST', '/users', federated), /^400 .*'onPremisesImmutableId'/);
  const ana = (await graph('POST', '/users', { ...federated, onPremisesImmutableId: 'A' })).body.id;
  assert.match(
    await refusal(graph, 'PATCH', `/users/${ana}`, { passwordProfile: { password: 'Tr0ub4dor&3' } }),
    /^400 .*federated/,
  );
  assert.match(await refusal(graph, 'PATCH', `/users/${ana}`, { onPremisesImmutableId: null }), /^400/);
  const bob = (await graph('POST', '/users', person('bob'))).body.id;
  assert.match(
    await refusal(graph, 'PATCH', `/users/${bob}`, { userPrincipalName: 'bob@fed.com' }),
    /^400 .*'onPremisesImmutableId'/,
  );
  assert.equal(
    (await graph('PATCH', `/users/${bob}`, { userPrincipalName: 'bob@fed.com', onPremisesImmutableId: 'B' })).status,
    204,
  );
  assert.equal((await graph('DELETE', `${path}/${made.body.id}`)).status, 204);
  assert.equal((await graph('GET', '/domains/fed.com')).body.authenticationType, 'Managed');
});

test('the source anchor through Graph: set, cleared, unique, without $ and _; the object identifier only cleared (s.1.6)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const beta = await caller(tenant, undefined, 'http://tenant.test/beta');
  const ana = (await graph('POST', '/users', person('ana', { onPremisesImmutableId: 'A' }))).body.id;
  assert.match(
    await refusal(graph, 'POST', '/users', person('bob', { onPremisesImmutableId: 'A' })),
    /^400 Another object/,
  );
  for (const bad of ['a$b', 'a_b'])
    assert.match(await refusal(graph, 'PATCH', `/users/${ana}`, { onPremisesImmutableId: bad }), /^400 Invalid value/);
  assert.equal((await graph('PATCH', `/users/${ana}`, { onPremisesImmutableId: null })).status, 204);
  assert.equal((await graph('POST', '/users', person('bob', { onPremisesImmutableId: 'A' }))).status, 201);
  assert.match(
    await refusal(graph, 'PATCH', `/users/${ana}`, { onPremisesObjectIdentifier: null }),
    /^400 Invalid property/,
    'only in beta',
  );
  assert.match(
    await refusal(beta, 'PATCH', `/users/${ana}`, { onPremisesObjectIdentifier: crypto.randomUUID() }),
    /^400 .*only be set to null/,
  );
  assert.equal((await beta('PATCH', `/users/${ana}`, { onPremisesObjectIdentifier: null })).status, 204);
  const without = await caller(
    testTenant({ permissions: ['User.ReadWrite.All'] }),
    undefined,
    'http://tenant.test/beta',
  );
  const cy = (await without('POST', '/users', person('cy'))).body.id;
  assert.match(await refusal(without, 'PATCH', `/users/${cy}`, { onPremisesObjectIdentifier: null }), /^403/);
});

test('the recycle bin: types, owned objects, a restore into a conflict (s.5.5)', async () => {
  const graph = await caller(testTenant());
  const boss = (await graph('POST', '/users', person('boss'))).body.id;
  const unified = {
    displayName: 'team',
    mailNickname: 'team',
    mailEnabled: true,
    securityEnabled: false,
    groupTypes: ['Unified'],
  };
  const team = (await graph('POST', '/groups', { ...unified, 'owners@odata.bind': [ref(boss)['@odata.id']] })).body.id;
  const plain = (
    await graph('POST', '/groups', {
      displayName: 'plain',
      mailNickname: 'plain',
      mailEnabled: false,
      securityEnabled: true,
    })
  ).body.id;
  for (const id of [team, plain]) assert.equal((await graph('DELETE', `/groups/${id}`)).status, 204);
  const bin = (await graph('GET', '/directory/deletedItems/microsoft.graph.group')).body.value;
  assert.deepEqual(
    bin.map((g: { id: string }) => g.id),
    [team],
    'security groups have no recycle bin',
  );
  const owned = await graph('POST', '/directory/deletedItems/getUserOwnedObjects', { userId: boss, type: 'Group' });
  assert.deepEqual(
    owned.body.value.map((g: { id: string }) => g.id),
    [team],
  );
  assert.match(await refusal(graph, 'GET', '/directory/deletedItems/microsoft.graph.contact'), /^400/);
  assert.match(await refusal(graph, 'GET', '/directory/deletedItems'), /^400/);
  assert.equal((await graph('POST', `/directory/deletedItems/${team}/restore`)).body.displayName, 'team');
  const ana = (await graph('POST', '/users', person('ana', { mail: 'ana@contoso.com' }))).body.id;
  await graph('DELETE', `/users/${ana}`);
  const gone = (await graph('GET', `/directory/deletedItems/${ana}?$select=userPrincipalName,deletedDateTime`)).body;
  assert.equal(gone.userPrincipalName, `${ana.replaceAll('-', '')}ana@contoso.com`);
  assert.equal(gone.deletedDateTime, '2026-01-01T12:00:00Z');
  assert.equal(
    (await graph('POST', '/users', person('ana', { mail: 'ana@contoso.com' }))).status,
    201,
    'name and address are free',
  );
  assert.match(await refusal(graph, 'POST', `/directory/deletedItems/${ana}/restore`), /^409 .*userPrincipalName/);
  const named = { newUserPrincipalName: 'ana2@contoso.com' };
  assert.match(await refusal(graph, 'POST', `/directory/deletedItems/${ana}/restore`, named), /^409 .*proxyAddresses/);
  const back = await graph('POST', `/directory/deletedItems/${ana}/restore`, {
    ...named,
    autoReconcileProxyConflict: true,
  });
  assert.deepEqual([back.status, back.body.userPrincipalName, back.body.mail], [200, 'ana2@contoso.com', null]);
});

test('licences need a place of use, show their state, and a subscription nobody knows is refused (s.3.1, 4.2)', async () => {
  const graph = await caller(testTenant());
  const id = (await graph('POST', '/users', person('ana'))).body.id;
  const sku = (await graph('GET', '/subscribedSkus')).body.value[0].skuId;
  const assign = { addLicenses: [{ skuId: sku, disabledPlans: [] }], removeLicenses: [] };
  assert.match(await refusal(graph, 'POST', `/users/${id}/assignLicense`, assign), /^400 .*usage location/);
  await graph('PATCH', `/users/${id}`, { usageLocation: 'DE' });
  assert.match(await refusal(graph, 'PATCH', `/users/${id}`, { usageLocation: null }), /^400/);
  assert.equal((await graph('POST', `/users/${id}/assignLicense`, assign)).status, 200);
  const states = (await graph('GET', `/users/${id}?$select=licenseAssignmentStates`)).body.licenseAssignmentStates;
  assert.deepEqual([states[0].skuId, states[0].state, states[0].error], [sku, 'Active', 'None']);
  assert.equal((await graph('GET', `/users/${id}/licenseDetails`)).body.value[0].skuId, sku);
  const none = { addLicenses: [], removeLicenses: [crypto.randomUUID()] };
  assert.match(await refusal(graph, 'POST', `/users/${id}/assignLicense`, none), /^400/);
});

test('role-assignable groups: made as such, private, at most 500; roles in both forms (s.4.3, 5.4)', async () => {
  const tenant = testTenant({
    seed: {
      users: [{ displayName: 'PIM', userPrincipalName: 'pim@contoso.com', eligibleRoles: ['Helpdesk Administrator'] }],
      groups: Array.from({ length: 499 }, (_, i) => ({ displayName: `g${i}`, isAssignableToRole: true })),
    },
  });
  const graph = await caller(tenant);
  const group = {
    displayName: 'r',
    mailNickname: 'r',
    mailEnabled: false,
    securityEnabled: true,
    isAssignableToRole: true,
  };
  assert.match(await refusal(graph, 'POST', '/groups', { ...group, visibility: 'Public' }), /^400 .*'visibility'/);
  const made = await graph('POST', '/groups', group);
  assert.deepEqual([made.status, made.body.visibility], [201, 'Private']);
  assert.match(
    await refusal(graph, 'PATCH', `/groups/${made.body.id}`, { isAssignableToRole: false }),
    /^400 .*read-only/,
  );
  assert.match(await refusal(graph, 'POST', '/groups', group), /^400 .*500/);
  const template = (await graph('GET', '/directoryRoleTemplates')).body.value.find(
    (t: { displayName: string }) => t.displayName === 'User Administrator',
  );
  assert.equal(template.id, 'fe930be7-5e62-47db-91af-98c3a49a38b1');
  const role = (await graph('POST', '/directoryRoles', { roleTemplateId: template.id })).body;
  assert.equal((await graph('GET', `/directoryRoles(roleTemplateId='${template.id}')`)).body.id, role.id);
  assert.equal((await graph('POST', `/directoryRoles/${role.id}/members/$ref`, ref(made.body.id))).status, 204);
  const assignments = (
    await graph('GET', `/roleManagement/directory/roleAssignments?$filter=principalId eq '${made.body.id}'`)
  ).body.value;
  assert.deepEqual(
    assignments.map((a: { roleDefinitionId: string }) => a.roleDefinitionId),
    [template.id],
  );
  const eligible = (await graph('GET', '/roleManagement/directory/roleEligibilityScheduleInstances')).body.value;
  const pim = (await graph('GET', '/users/pim@contoso.com')).body.id;
  assert.deepEqual(
    eligible.map((e: { principalId: string }) => e.principalId),
    [pim],
  );
});

test('the cost of requests in resource units (s.5.12)', () => {
  const units = (method: string, url: string): number => {
    const [path = '', query = ''] = url.split('?');
    return unitsOf({ method, segments: parsePath(path), query: parseQuery(query) } as unknown as GraphRequest);
  };
  const table: Record<string, number> = {
    'GET /users/x': 1,
    'GET /users': 2,
    'GET /users?$select=id': 1,
    'GET /users?$top=5': 1,
    'GET /users?$expand=manager': 3,
    'GET /groups/x/members': 3,
    'GET /groups/x/members?$select=id&$top=10': 1,
    'GET /groups/x/transitiveMembers': 5,
    'GET /users/x/memberOf': 2,
    'GET /domains/x/domainNameReferences': 4,
    'GET /subscribedSkus': 3,
    'GET /applications': 2,
    'POST /directoryObjects/getByIds': 3,
    'POST /users/x/checkMemberGroups': 4,
    'POST /users/x/getMemberObjects': 2,
    'POST /users': 1,
    'PATCH /users/x': 1,
    'DELETE /users/x': 1,
  };
  for (const [request, expected] of Object.entries(table)) {
    const [method = '', url = ''] = request.split(' ');
    assert.equal(units(method, url), expected, request);
  }
});

test('writes are counted per app and per tenant, questions that are posted are none, a high share is told (s.5.12)', async () => {
  const tenant = testTenant({ settings: { switches: { throttling: 'L' } } });
  const graph = await caller(tenant);
  const batch = (method: string, url: string, body?: object) =>
    graph('POST', '/$batch', {
      requests: Array.from({ length: 20 }, (_, i) => ({
        id: String(i),
        method,
        url,
        headers: { 'Content-Type': 'application/json' },
        body,
      })),
    });
  for (let i = 0; i < 30; i++) await batch('POST', '/directoryObjects/getByIds', { ids: [] });
  let last = await batch('PATCH', '/users/nobody@contoso.com', { city: 'x' });
  for (let i = 1; i < 150; i++) {
    if (i % 100 === 0) tenant.advance(1);
    last = await batch('PATCH', '/users/nobody@contoso.com', { city: 'x' });
  }
  const headers = last.body.responses.at(-1).headers;
  assert.ok(Number(headers['X-Ms-Throttle-Limit-Percentage']) > 0.9, JSON.stringify(headers));
  const over = (await batch('PATCH', '/users/nobody@contoso.com', { city: 'x' })).body.responses.at(-1);
  assert.equal(over.status, 429);
  assert.match(over.headers['X-Ms-Throttle-Scope'], /^Tenant_Application\/Write\//);
  assert.equal(over.headers['X-Ms-Throttle-Information'], 'WriteLimitExceeded');
  assert.equal(over.headers['Retry-After'], '1');
});
