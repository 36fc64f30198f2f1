/** Limits and unique keys through Graph (entra-directory s.2.1, 4.2, 4.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, caller, testTenant } from './support.ts';

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

test('what the limits of s.4.2 are through Graph', async () => {
  const graph = await caller(testTenant());
  const id = (await graph('POST', '/users', person('ana'))).body.id;
  const text = (length: number) => 'x'.repeat(length);
  const limits: Record<string, number> = {
    displayName: 256,
    givenName: 64,
    surname: 64,
    mailNickname: 64,
    jobTitle: 128,
    department: 64,
    companyName: 64,
    city: 128,
    state: 128,
    country: 128,
    postalCode: 40,
    streetAddress: 1024,
    mobilePhone: 64,
    officeLocation: 128,
    faxNumber: 64,
    employeeId: 16,
  };
  for (const [name, limit] of Object.entries(limits)) {
    assert.equal((await graph('PATCH', `/users/${id}`, { [name]: text(limit) })).status, 204, name);
    assert.match(
      await refusal(graph, 'PATCH', `/users/${id}`, { [name]: text(limit + 1) }),
      /^400 Invalid value/,
      name,
    );
  }
  const ok = async (body: object) => (await graph('PATCH', `/users/${id}`, body)).status;
  assert.equal(await ok({ businessPhones: ['1'] }), 204);
  assert.equal(await ok({ businessPhones: ['1', '2'] }), 400);
  assert.equal(await ok({ businessPhones: [] }), 204, 'collections are cleared with an empty list');
  const mails = (count: number, length = 20) =>
    Array.from({ length: count }, (_, i) => `${String(i).padStart(length - 6, 'a')}@b.com`);
  assert.equal(await ok({ otherMails: mails(250) }), 204);
  assert.equal(await ok({ otherMails: mails(251) }), 400);
  assert.equal(await ok({ otherMails: mails(1, 251) }), 400);
  assert.equal(await ok({ preferredLanguage: 'en-US' }), 204);
  assert.equal(await ok({ preferredLanguage: 'x' }), 400);
  assert.equal(await ok({ onPremisesExtensionAttributes: { extensionAttribute15: text(1024) } }), 204);
  assert.equal(await ok({ onPremisesExtensionAttributes: { extensionAttribute15: text(1025) } }), 400);
  assert.equal(await ok({ onPremisesExtensionAttributes: { extensionAttribute16: 'x' } }), 400);
  for (const name of ['usageLocation', 'displayName', 'userPrincipalName', 'accountEnabled'])
    assert.equal(await ok({ [name]: null }), 400, name);
  const group = {
    displayName: text(256),
    mailNickname: text(64),
    mailEnabled: false,
    securityEnabled: true,
    description: text(1024),
  };
  const g = (await graph('POST', '/groups', group)).body.id;
  for (const body of [{ displayName: text(257) }, { mailNickname: text(65) }, { description: text(1025) }])
    assert.equal((await graph('PATCH', `/groups/${g}`, body)).status, 400);
});

test('how many domains, federated domains and owners there may be (s.4.3)', async () => {
  const many = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}.com`);
  const full = await caller(testTenant({ settings: { unverifiedDomains: many(4998, 'd') } }));
  assert.match(await refusal(full, 'POST', '/domains', { id: 'one-more.com' }), /^400 .*5000/);
  const federated = await caller(testTenant({ settings: { federatedDomains: many(2500, 'f') } }));
  assert.match(await refusal(federated, 'POST', '/domains/contoso.com/federationConfiguration', {}), /^400 .*2500/);
  const users = Array.from({ length: 101 }, (_, i) => ({
    displayName: `u${i}`,
    userPrincipalName: `u${i}@contoso.com`,
  }));
  const seed = { users, groups: [{ displayName: 'g', owners: users.slice(0, 100).map((u) => u.userPrincipalName) }] };
  const graph = await caller(testTenant({ seed }));
  const group = (await graph('GET', '/groups')).body.value[0].id;
  const last = (await graph('GET', '/users/u100@contoso.com')).body.id;
  assert.match(await refusal(graph, 'POST', `/groups/${group}/owners/$ref`, ref(last)), /^400 .*100/);
});

test('unique keys of groups and devices; ids of a seed (s.2.1)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const group = { displayName: 'g', mailNickname: 'g', mailEnabled: false, securityEnabled: true };
  assert.equal((await graph('POST', '/groups', { ...group, uniqueName: 'key' })).status, 201);
  assert.match(await refusal(graph, 'POST', '/groups', { ...group, uniqueName: 'KEY' }), /^400 Another object/);
  assert.equal((await graph('POST', '/groups', group)).status, 201, 'name and alias may repeat');
  const unified = { ...group, mailEnabled: true, groupTypes: ['Unified'] };
  assert.equal((await graph('POST', '/groups', unified)).status, 201);
  assert.match(
    await refusal(graph, 'POST', '/groups', unified),
    /^400 Another object .*mailNickname/,
    'not of Microsoft 365 groups',
  );
  const device = {
    accountEnabled: true,
    alternativeSecurityIds: [],
    deviceId: crypto.randomUUID(),
    displayName: 'pc',
    operatingSystem: 'Windows',
    operatingSystemVersion: '10',
  };
  assert.equal((await graph('POST', '/devices', device)).status, 201);
  assert.match(
    await refusal(graph, 'POST', '/devices', { ...device, deviceId: device.deviceId.toUpperCase() }),
    /^400 Another object/,
  );
  const { id } = (await graph('GET', '/groups')).body.value[0];
  assert.throws(
    () => tenant.seed({ groups: [{ displayName: 'twice', id }] }),
    /has the id .*, which another object has/,
  );
});

test('a verified domain lives in exactly one tenant (s.2.1)', async () => {
  const switches = { domainsOfOtherTenants: ['fabrikam.com'] };
  const graph = await caller(testTenant({ settings: { switches } }));
  assert.equal((await graph('POST', '/domains', { id: 'Fabrikam.com' })).status, 201, 'anybody may claim a name');
  assert.match(await refusal(graph, 'POST', '/domains/fabrikam.com/verify'), /^400 .*another tenant has it/);
  assert.equal((await graph('GET', '/domains/fabrikam.com')).body.isVerified, false);
  const user = person('bob', { userPrincipalName: 'bob@fabrikam.com' });
  assert.match(await refusal(graph, 'POST', '/users', user), /^400 .*domain portion/);
  assert.match(
    await refusal(graph, 'POST', '/domains', { id: 'CONTOSO.com' }),
    /^400 Another object/,
    'nor twice here',
  );
  for (const id of ['fabrikam.onmicrosoft.com', 'x.microsoftonline.com']) {
    assert.match(await refusal(graph, 'POST', '/domains', { id }), /^400 .*belong to tenants/);
  }
});

test('identifiers of applications are a class of their own; an app registered again is the same one (s.2.1)', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const appId = crypto.randomUUID();
  const ofApp = async (path: string) => (await graph('GET', `${path}?$filter=appId eq '${appId}'`)).body.value;
  assert.equal((await graph('POST', '/users', person('ana', { employeeId: appId.slice(0, 16) }))).status, 201);
  for (const displayName of ['First', 'Second']) tenant.registerApp({ appId, displayName, secret: 'a secret' });
  for (const path of ['/applications', '/servicePrincipals']) {
    assert.equal((await ofApp(path)).length, 1, path);
  }
});

test('a membership rule has at most 3072 characters (s.4.2)', async () => {
  const graph = await caller(testTenant());
  const rule = (length: number): string => {
    const text = 'user.department -eq "x"';
    return text.replace('x', 'x'.repeat(length - text.length + 1));
  };
  const make = (length: number) =>
    graph('POST', '/groups', {
      displayName: 'd',
      mailNickname: `d${length}`,
      mailEnabled: false,
      securityEnabled: true,
      groupTypes: ['DynamicMembership'],
      membershipRule: rule(length),
      membershipRuleProcessingState: 'On',
    });
  assert.equal(rule(3072).length, 3072);
  const made = await make(3072);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal((await make(3073)).status, 400);
  const longer = await refusal(graph, 'PATCH', `/groups/${made.body.id}`, { membershipRule: rule(3073) });
  assert.match(longer, /^400 Invalid value .*'membershipRule'/);
});
