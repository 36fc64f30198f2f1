/** Which filters each property takes, by default and in an advanced query: the lists of entra-directory s.5.8, one by one. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Call, caller, testTenant } from './support.ts';

let graph: Call;
const extension = `extension_${'0a'.repeat(16)}_cost`;
const advanced = { ConsistencyLevel: 'eventual' };
before(async () => {
  const user = { displayName: 'x', userPrincipalName: 'x@contoso.com', [extension]: 'defined by this' };
  graph = await caller(testTenant({ seed: { users: [user] } }));
});
/** The kind of literal of a property: text, boolean, time or id. */
const literal: Record<string, string> = {
  accountEnabled: 'true',
  mailEnabled: 'true',
  securityEnabled: 'true',
  isAssignableToRole: 'true',
  onPremisesSyncEnabled: 'true',
  showInAddressList: 'true',
  createdDateTime: '2026-01-01T00:00:00Z',
  onPremisesLastSyncDateTime: '2026-01-01T00:00:00Z',
  employeeHireDate: '2026-01-01T00:00:00Z',
  registrationDateTime: '2026-01-01T00:00:00Z',
};
const status = async (path: string, filter: string, eventual: boolean): Promise<number> => {
  const query = `$filter=${encodeURIComponent(filter)}${eventual ? '&$count=true' : ''}`;
  const answer = await graph('GET', `/${path}?${query}`, undefined, eventual ? advanced : {});
  if (answer.status === 400)
    assert.equal(answer.body.error.code, 'Request_UnsupportedQuery', `${filter}: ${answer.body.error.message}`);
  return answer.status;
};

interface Lists {
  readonly eq: string;
  /** startsWith too. */
  readonly s: string;
  /** ge and le too. */
  readonly g: string;
  /** Collections of text: any with eq and startsWith. */
  readonly any: string;
  /** In an advanced query only. */
  readonly advanced: string;
  readonly none: string;
}
const matrix: Record<string, Lists> = {
  users: {
    eq: 'accountEnabled creationType employeeId externalUserState onPremisesImmutableId onPremisesSecurityIdentifier onPremisesSyncEnabled usageLocation userType',
    s: `city country department displayName givenName jobTitle mail mailNickname state surname userPrincipalName ${extension}`,
    g: 'createdDateTime onPremisesLastSyncDateTime',
    any: 'imAddresses otherMails proxyAddresses',
    advanced:
      'companyName mobilePhone faxNumber officeLocation postalCode streetAddress preferredLanguage onPremisesSamAccountName onPremisesExtensionAttributes/extensionAttribute1 employeeType employeeHireDate employeeOrgData/division showInAddressList',
    none: 'onPremisesDistinguishedName onPremisesDomainName',
  },
  groups: {
    eq: 'mailEnabled securityEnabled onPremisesSyncEnabled onPremisesSecurityIdentifier isAssignableToRole',
    s: 'displayName mail mailNickname membershipRule uniqueName',
    g: 'createdDateTime onPremisesLastSyncDateTime',
    any: 'proxyAddresses',
    advanced: 'description onPremisesSamAccountName',
    none: '',
  },
  devices: {
    eq: 'accountEnabled deviceId trustType onPremisesSyncEnabled onPremisesSecurityIdentifier',
    s: 'displayName operatingSystem',
    g: '',
    any: '',
    advanced: 'extensionAttributes/extensionAttribute1 registrationDateTime',
    none: '',
  },
};
const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

for (const [path, lists] of Object.entries(matrix)) {
  test(`${path}: every property of the lists, by default and advanced (s.5.8)`, async () => {
    const value = (name: string) => literal[name] ?? "'x'";
    for (const name of words(`${lists.eq} ${lists.s} ${lists.g}`)) {
      assert.equal(await status(path, `${name} eq ${value(name)}`, false), 200, `${name} eq`);
      assert.equal(await status(path, `${name} in (${value(name)})`, false), 200, `${name} in`);
      assert.equal(await status(path, `${name} ne ${value(name)}`, false), 400, `${name} ne`);
      assert.equal(await status(path, `${name} ne ${value(name)}`, true), 200, `${name} ne, advanced`);
      assert.equal(await status(path, `not(${name} eq ${value(name)})`, false), 400, `not ${name}`);
      assert.equal(await status(path, `not(${name} eq ${value(name)})`, true), 200, `not ${name}, advanced`);
      assert.equal(await status(path, `${name} eq null`, true), 200, `${name} eq null`);
    }
    for (const name of words(lists.s)) assert.equal(await status(path, `startsWith(${name},'x')`, false), 200, name);
    for (const name of words(lists.g)) {
      for (const operator of ['ge', 'le'])
        assert.equal(await status(path, `${name} ${operator} ${value(name)}`, false), 200, name);
    }
    for (const name of words(lists.any)) {
      assert.equal(await status(path, `${name}/any(p:p eq 'x')`, false), 200, name);
      assert.equal(await status(path, `${name}/any(p:startsWith(p,'x'))`, false), 200, name);
      assert.equal(await status(path, `${name}/$count eq 0`, false), 400, name);
      assert.equal(await status(path, `${name}/$count eq 0`, true), 200, name);
    }
    for (const name of words(lists.advanced)) {
      assert.equal(await status(path, `${name} eq ${value(name)}`, false), 400, name);
      assert.equal(await status(path, `${name} eq ${value(name)}`, true), 200, name);
    }
    for (const name of words(lists.none)) {
      assert.equal(await status(path, `${name} eq 'x'`, false), 400, name);
      assert.equal(await status(path, `${name} eq 'x'`, true), 400, name);
    }
  });
}

test('what has members: licences, identities, withheld values, physical ids, the manager (s.5.8)', async () => {
  const id = '19ec0d23-8335-4cbd-94ac-6050e30712fa';
  for (const filter of [
    `assignedLicenses/any(s:s/skuId eq ${id})`,
    "identities/any(i:i/issuer eq 'contoso.com' and i/issuerAssignedId eq 'ana')",
    "onPremisesProvisioningErrors/any(e:e/category eq 'PropertyConflict')",
    "onPremisesProvisioningErrors/any(e:e/propertyCausingError eq 'ProxyAddresses')",
    `manager/id eq '${id}'`,
  ]) {
    assert.equal(await status('users', filter, false), 200, filter);
  }
  assert.equal(await status('users', "businessPhones/any(p:p eq 'x')", false), 400);
  assert.equal(await status('users', "businessPhones/any(p:p eq 'x')", true), 200);
  assert.equal(await status('users', 'passwordProfile/forceChangePasswordNextSignIn eq true', false), 400);
  assert.equal(await status('users', 'passwordProfile/forceChangePasswordNextSignIn eq true', true), 200);
  assert.equal(await status('users', 'passwordPolicies eq null', true), 200);
  assert.equal(await status('users', "passwordPolicies eq 'None'", true), 400, 'a test for null only');
  assert.equal(await status('users', "startsWith(onPremisesExtensionAttributes/extensionAttribute1,'x')", true), 400);
  assert.equal(await status('groups', "groupTypes/any(t:t eq 'Unified')", false), 200);
  assert.equal(await status('devices', "physicalIds/any(p:p eq 'x')", false), 200);
  for (const name of ['assignedLicenses', 'onPremisesProvisioningErrors', 'otherMails', 'proxyAddresses']) {
    assert.equal(await status('users', `${name}/$count eq 0`, false), 400, name);
    assert.equal(await status('users', `${name}/$count eq 0`, true), 200, name);
  }
});

test('endsWith: advanced, and on four properties only (s.5.8)', async () => {
  for (const name of ['mail', 'userPrincipalName']) {
    assert.equal(await status('users', `endsWith(${name},'x')`, false), 400, name);
    assert.equal(await status('users', `endsWith(${name},'x')`, true), 200, name);
  }
  for (const name of ['otherMails', 'proxyAddresses']) {
    assert.equal(await status('users', `${name}/any(p:endsWith(p,'x'))`, true), 200, name);
    assert.equal(await status('users', `${name}/any(p:endsWith(p,'x'))`, false), 400, name);
  }
  assert.equal(await status('users', "endsWith(displayName,'x')", true), 400);
});

test('options that belong together or exclude each other (s.5.8)', async () => {
  const ask = async (path: string, eventual = false) =>
    (await graph('GET', path, undefined, eventual ? advanced : {})).status;
  assert.equal(await ask("/users?$filter=city eq 'x'&$orderby=displayName"), 400);
  assert.equal(await ask("/users?$filter=city eq 'x'&$orderby=displayName&$count=true", true), 200);
  for (const property of ['displayName', 'userPrincipalName'])
    assert.equal(await ask(`/users?$orderby=${property}`), 200);
  assert.equal(await ask('/groups?$orderby=displayName desc'), 200);
  assert.equal(await ask('/users?$orderby=createdDateTime'), 400);
  assert.equal(await ask('/users?$orderby=createdDateTime&$count=true', true), 200);
  assert.equal(await ask('/users?$expand=manager,memberOf'), 400);
  assert.equal(await ask('/users?$expand=manager&$count=true', true), 400);
  assert.equal(await ask('/users?$expand=manager'), 200);
  for (const top of ['1', '999']) assert.equal(await ask(`/users?$top=${top}`), 200);
  for (const top of ['0', '-1', '1000', '99999999999', 'x', '1.5'])
    assert.equal(await ask(`/users?$top=${top}`), 400, top);
  assert.equal(await ask('/groups/x/members/$count'), 400);
  assert.equal(await ask('/users?%24SELECT=ID,DisplayName&$TOP=5'), 200, 'names of options in any letter case');
});
