/** Every endpoint that section 5 of the reference names is there; what lies outside says its name with a 501. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Call, caller, testTenant } from './support.ts';

let graph: Call;
/** Ids by the names in braces. */
const ids = new Map<string, string>();
const deviceId = '11111111-1111-1111-1111-111111111111';

before(async () => {
  const tenant = testTenant({
    seed: {
      users: [
        { displayName: 'Ana', userPrincipalName: 'ana@contoso.com' },
        { displayName: 'Odd', userPrincipalName: 'o#d@contoso.com', manager: 'ana@contoso.com' },
      ],
      groups: [{ displayName: 'G', uniqueName: 'key', members: ['ana@contoso.com'], owners: ['ana@contoso.com'] }],
      contacts: [{ displayName: 'C', manager: 'ana@contoso.com' }],
      devices: [{ displayName: 'D', deviceId }],
      administrativeUnits: [{ displayName: 'U', members: ['ana@contoso.com', 'G'] }],
    },
  });
  graph = await caller(tenant);
  for (const path of ['users', 'groups', 'contacts', 'devices', 'directoryRoles', 'organization']) {
    ids.set(path, (await graph('GET', `/${path}`)).body.value[0].id);
  }
  ids.set('applications', (await graph('GET', '/applications')).body.value[0].id);
  ids.set('units', (await graph('GET', '/directory/administrativeUnits')).body.value[0].id);
});
const address = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name: string) => ids.get(name) ?? name);

const there = `
/users /users/$count /users/{users} /users/ana@contoso.com /users/o%23d@contoso.com /users('ana@contoso.com') /users/delta /users/delta()
/users/{users}/directReports /users/{users}/memberOf /users/{users}/transitiveMemberOf /users/{users}/ownedObjects
/users/{users}/ownedDevices /users/{users}/registeredDevices /users/{users}/licenseDetails /users/{users}/onPremisesSyncBehavior
/users/o%23d@contoso.com/manager /users/o%23d@contoso.com/manager/$ref /users/{users}/memberOf/microsoft.graph.group
/groups /groups/$count /groups/{groups} /groups(uniqueName='key') /groups/delta /groups/{groups}/members /groups/{groups}/members/$ref
/groups/{groups}/members/$count /groups/{groups}/members/microsoft.graph.user /groups/{groups}/members/graph.device
/groups/{groups}/owners /groups/{groups}/memberOf /groups/{groups}/transitiveMembers /groups/{groups}/transitiveMemberOf
/groups/{groups}/onPremisesSyncBehavior /Groups/{groups}/Owners
/contacts /contacts/{contacts} /contacts/delta /contacts/{contacts}/memberOf /contacts/{contacts}/transitiveMemberOf
/contacts/{contacts}/manager /contacts/{contacts}/directReports /contacts/{contacts}/onPremisesSyncBehavior
/devices /devices/{devices} /devices(deviceId='${deviceId}') /devices/delta /devices/{devices}/registeredOwners
/devices/{devices}/registeredUsers /devices/{devices}/memberOf /devices/{devices}/transitiveMemberOf
/directoryRoles /directoryRoles/{directoryRoles} /directoryRoles/delta /directoryRoles/{directoryRoles}/members /directoryRoleTemplates
/directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')
/roleManagement/directory/roleAssignments /roleManagement/directory/roleDefinitions
/roleManagement/directory/roleEligibilityScheduleInstances
/directoryObjects/{users} /directoryObjects/delta /directoryObjects/{users}/memberOf
/directory/deletedItems/microsoft.graph.user /directory/deletedItems/microsoft.graph.group
/directory/deletedItems/microsoft.graph.user/$count /directory/deletedItems/microsoft.graph.application
/directory/administrativeUnits /directory/administrativeUnits/{units} /directory/administrativeUnits/{units}/members
/directory/administrativeUnits/{units}/members/$ref /directory/administrativeUnits/{units}/members/microsoft.graph.user
/directory/administrativeUnits/$count /directory/administrativeUnits/delta /users/{users}/memberOf/microsoft.graph.administrativeUnit
/groups/{groups}/memberOf/microsoft.graph.administrativeUnit /directory/deletedItems/microsoft.graph.administrativeUnit
/domains /domains/contoso.com /domains/contoso.com/verificationDnsRecords /domains/contoso.com/domainNameReferences
/domains/contoso.com/federationConfiguration
/organization /organization/{organization} /directory/onPremisesSynchronization /directory/onPremisesSynchronization/{organization}
/directory/subscriptions /applications /applications/{applications} /applications/{applications}/extensionProperties /servicePrincipals /subscribedSkus /$metadata`
  .split(/\s+/)
  .filter((path) => path !== '');

const missing = `
GET:/ GET:/directory GET:/directory/administrativeUnits/{units}/scopedRoleMembers GET:/directory/attributeSets GET:/policies GET:/invitations GET:/reports
GET:/auditLogs GET:/identity GET:/subscriptions GET:/schemaExtensions GET:/groupSettings GET:/oauth2PermissionGrants GET:/sites
GET:/users/{users}/photos GET:/users/{users}/createdObjects GET:/users/{users}/messages
GET:/groups/{groups}/sites GET:/groups/{groups}/settings POST:/groups/{groups}/renew POST:/groups/{groups}/assignLicense
POST:/groups/validateProperties GET:/directoryRoles/{directoryRoles}/scopedMembers GET:/directoryObjects POST:/applications
POST:/servicePrincipals POST:/directory/administrativeUnits/{units}/members POST:/groups/{groups}/evaluateDynamicMembership
POST:/domains/contoso.com/promote GET:/domains/contoso.com/serviceConfigurationRecords
GET:/roleManagement/directory/roleAssignmentScheduleInstances GET:/roleManagement/entitlementManagement
GET:/organization/{organization}/branding POST:/roleManagement/directory/roleDefinitions`
  .split(/\s+/)
  .filter((entry) => entry !== '');

test('what section 5 names answers 200', async () => {
  for (const path of there) {
    const answer = await graph('GET', address(path), undefined, { ConsistencyLevel: 'eventual' });
    assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
    if (path === '/$metadata' || path.includes('$count')) continue;
    assert.ok(answer.body['@odata.context'].startsWith('http://tenant.test/v1.0/$metadata#'), path);
  }
});

test('what is outside answers 501 with the Graph error shape and the name of the missing thing', async () => {
  for (const entry of missing) {
    const [method = '', path = ''] = entry.split(/:(.*)/s);
    const { status, body } = await graph(method, address(path), method === 'GET' ? undefined : {});
    assert.equal(status, 501, `${entry}: ${JSON.stringify(body)}`);
    assert.equal(body.error.code, 'NotImplemented', entry);
    const last =
      path
        .split('/')
        .filter((part) => !part.startsWith('{') && part !== '$value')
        .at(-1) ?? '';
    const named = last === '' || /assignLicense|members|applications|servicePrincipals|roleDefinitions/.test(last);
    assert.ok(named || body.error.message.includes(last), `${entry}: ${body.error.message}`);
    assert.ok(body.error.innerError['request-id'], entry);
  }
  assert.equal((await graph('GET', '/organization?$select=privacyProfile')).status, 501);
  assert.equal((await graph('GET', '/organization?$select=nonsense')).status, 400);
  assert.equal((await graph('GET', '/nonsense')).status, 400, 'what nobody has is not "not implemented"');
});

test('answers to a GET carry the documented headers (s.5.1)', async () => {
  const { headers } = await graph('GET', '/users', undefined, { 'client-request-id': 'my-own-id' });
  assert.match(
    String(headers.get('content-type')),
    /^application\/json;odata\.metadata=minimal;odata\.streaming=true;IEEE754Compatible=false;charset=utf-8$/,
  );
  assert.equal(headers.get('odata-version'), '4.0');
  assert.equal(headers.get('client-request-id'), 'my-own-id');
  assert.match(String(headers.get('request-id')), /^[0-9a-f-]{36}$/);
  assert.ok(headers.get('x-ms-ags-diagnostic'));
  assert.equal(headers.get('x-ms-resource-unit'), '2');
});
