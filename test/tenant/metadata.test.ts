import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser } from 'fast-xml-parser';
import { findRelation } from '../../src/tenant/graph/relations.ts';
import { type PropertyType, schemas } from '../../src/tenant/graph/schema.ts';
import type { Kind } from '../../src/tenant/store/properties.ts';
import { misfits, publishedType } from './published-types.ts';
import { caller, syncCaller, testTenant } from './support.ts';

const published = (name: string): ReadonlyMap<string, string> => publishedType(name) ?? new Map();

const fits: Readonly<Record<PropertyType, (type: string) => boolean>> = {
  text: (t) => t === 'string' || t === 'Guid' || /^[A-Z]\w+$/.test(t),
  texts: (t) => t === 'string[]' || /^[A-Z]\w+\[\]$/.test(t),
  boolean: (t) => t === 'boolean',
  integer: (t) => t === 'number',
  time: (t) => t === 'Date',
  guid: (t) => t === 'Guid' || t === 'string',
  binary: (t) => t === 'string',
  complex: (t) => /^[A-Z]\w+$/.test(t),
  complexes: (t) => /^[A-Z]\w+\[\]$/.test(t),
};

const types: Readonly<Partial<Record<Kind, string>>> = {
  user: 'User',
  group: 'Group',
  contact: 'OrgContact',
  device: 'Device',
  directoryRole: 'DirectoryRole',
  administrativeUnit: 'AdministrativeUnit',
};
/** In the reference, not (or not yet) in this edition of the published types. */
const newer = new Set([
  'onPremisesObjectIdentifier',
  'writebackConfiguration',
  'onPremisesSipInfo',
  'uniqueName',
  'creationOptions',
  'resourceBehaviorOptions',
  'resourceProvisioningOptions',
  'extensionAttributes',
]);

for (const [kind, name] of Object.entries(types)) {
  test(`properties of ${kind} have the names and types of the published metadata`, () => {
    const facts = published(name);
    assert.ok(facts.size > 4, `${name} was not found`);
    for (const [property, spec] of schemas[kind as Kind]) {
      if (property === 'id' || spec.beta || newer.has(property)) continue;
      const type = facts.get(property);
      assert.ok(type !== undefined, `${name} has no ${property}`);
      assert.ok(fits[spec.type](type), `${name}.${property} is ${type}, not ${spec.type}`);
    }
  });

  test(`every published property of ${kind} is held, or named as missing, or a relation`, () => {
    const unknown = [...published(name)].filter(([property, type]) => {
      if (schemas[kind as Kind].has(property) || findRelation(kind as Kind, property.toLowerCase())) return false;
      // What is left must be a navigation property: its type has an id of its own, so it is a resource below the object.
      return ['string', 'string[]', 'boolean', 'number', 'Date'].includes(type);
    });
    assert.deepEqual(unknown, []);
  });
}

const bytes = (count: number) => ({ base64: Buffer.alloc(count, 7).toString('base64') });
/** Objects with a value in everything that synchronization, Graph and the seed can give them. */
async function richTenant() {
  const tenant = testTenant({
    settings: { features: { passwordSyncEnabled: true } },
    seed: {
      users: [
        {
          displayName: 'Boss',
          userPrincipalName: 'boss@contoso.com',
          mail: 'taken@contoso.com',
          roles: ['User Administrator'],
          identities: [{ signInType: 'emailAddress', issuer: 'contoso.com', issuerAssignedId: 'boss@x.example' }],
          employeeOrgData: { division: 'D', costCenter: 'C' },
        },
      ],
    },
  });
  const graph = await caller(tenant);
  const sync = await syncCaller(tenant);
  const common = {
    displayName: 'Full',
    givenName: 'F',
    surname: 'U',
    title: 'Cook',
    department: 'Kitchen',
    company: 'Contoso',
    city: 'Rome',
    country: 'Italy',
    streetAddress: 'Via 1',
    telephoneNumber: '1',
    mobile: '2',
    facsimileTelephoneNumber: '3',
  };
  const user = {
    ...common,
    userPrincipalName: 'full@contoso.com',
    accountEnabled: true,
    proxyAddresses: ['SMTP:full@contoso.com', 'smtp:taken@contoso.com'],
    employeeId: '7',
    usageLocation: 'IT',
    preferredLanguage: 'it',
    extensionAttribute1: 'x',
    onPremiseSecurityIdentifier: {
      base64: Buffer.from('010500000000000515000000010000000200000003000000e8030000', 'hex').toString('base64'),
    },
    onPremisesSamAccountName: 'full',
    onPremisesDistinguishedName: 'CN=Full,DC=contoso,DC=com',
    dnsDomainName: 'contoso.com',
    netBiosName: 'CONTOSO',
    lastPasswordChangeTimestamp: '20260101100000.0Z',
    msExchHideFromAddressLists: true,
    [`extension_${'0a'.repeat(16)}_cost`]: 'K',
  };
  const device = {
    displayName: 'PC',
    accountEnabled: true,
    deviceId: bytes(16),
    deviceOSType: 'Windows',
    deviceOSVersion: '10',
    deviceTrustType: 'ServerAd',
  };
  const objects = [
    ['User', 'U', user],
    [
      'Group',
      'G',
      {
        displayName: 'G',
        description: 'd',
        securityEnabled: true,
        proxyAddresses: ['SMTP:g@contoso.com', 'smtp:taken@contoso.com'],
        netBiosName: 'CONTOSO',
      },
    ],
    ['Contact', 'C', { ...common, proxyAddresses: ['SMTP:c@partner.example', 'smtp:taken@contoso.com'] }],
    ['Device', bytes(16).base64, device],
  ].map(([objectType, sourceAnchor, properties]) => ({ operation: 'Add', objectType, sourceAnchor, properties }));
  const made = await sync('POST', '/sync/v1/provision', { objects });
  for (const result of made.body.results) assert.equal(result.resultCode, 'Success', JSON.stringify(result));
  await graph('PATCH', '/users/full@contoso.com', {
    passwordPolicies: 'DisablePasswordExpiration',
    otherMails: ['o@x.example'],
  });
  const licence = {
    addLicenses: [{ skuId: '19ec0d23-8335-4cbd-94ac-6050e30712fa', disabledPlans: [] }],
    removeLicenses: [],
  };
  assert.equal((await graph('POST', '/users/full@contoso.com/assignLicense', licence)).status, 200);
  await graph('POST', '/users/full@contoso.com/revokeSignInSessions');
  const unified = {
    displayName: 'M',
    mailNickname: 'm',
    mailEnabled: true,
    securityEnabled: false,
    groupTypes: ['Unified'],
  };
  const deleted = (await graph('POST', '/groups', unified)).body.id;
  await graph('POST', '/groups', { ...unified, mailNickname: 'n', uniqueName: 'n' });
  await graph('DELETE', `/groups/${deleted}`);
  const plain = {
    accountEnabled: true,
    alternativeSecurityIds: [{ type: 2, key: 'eA==' }],
    deviceId: crypto.randomUUID(),
    displayName: 'd',
    operatingSystem: 'x',
    operatingSystemVersion: '1',
  };
  await graph('POST', '/devices', plain);
  const rule = { membershipRule: 'user.city -eq "Rome"', membershipRuleProcessingState: 'On' };
  const unit = { displayName: 'Unit', description: 'u', visibility: 'HiddenMembership' };
  await graph('POST', '/directory/administrativeUnits', { ...unit, membershipType: 'Dynamic', ...rule });
  const gone = (await graph('POST', '/directory/administrativeUnits', unit)).body.id;
  await graph('DELETE', `/directory/administrativeUnits/${gone}`);
  return graph;
}

test('every value in real answers fits the published type: nothing unknown, no null for a collection, instants as instants', async () => {
  const graph = await richTenant();
  const wrong: string[] = [];
  let seen = 0;
  const check = (value: unknown, type: string, at: string) => {
    seen += 1;
    wrong.push(...misfits(value, type, at, newer));
  };
  for (const [kind, type] of Object.entries(types)) {
    const path = kind === 'administrativeUnit' ? 'directory/administrativeUnits' : `${kind}s`;
    const names = [...schemas[kind as Kind]].filter(([, spec]) => !spec.missing && !spec.beta).map(([name]) => name);
    const extra = kind === 'user' ? [`extension_${'0a'.repeat(16)}_cost`] : [];
    const all = await graph('GET', `/${path}?$select=${[...names, ...extra].join(',')}`);
    assert.equal(all.status, 200, JSON.stringify(all.body));
    assert.ok(all.body.value.length > 0, path);
    for (const object of all.body.value) {
      check(object, type, type);
      assert.equal(
        Object.keys(object).length >= names.length,
        true,
        `${type}: every property that was asked for is there`,
      );
      const standard = await graph('GET', `/${path}/${object.id}`);
      check(standard.body, type, type);
    }
  }
  const lists = {
    '/organization': 'Organization',
    '/domains': 'Domain',
    '/domains/contoso.com/verificationDnsRecords': 'DomainDnsTxtRecord',
    '/directory/onPremisesSynchronization': 'OnPremisesDirectorySynchronization',
    '/directory/deletedItems/microsoft.graph.group': 'Group',
    '/roleManagement/directory/roleAssignments': 'UnifiedRoleAssignment',
    '/roleManagement/directory/roleDefinitions': 'UnifiedRoleDefinition',
    '/directoryRoleTemplates': 'DirectoryRoleTemplate',
    '/subscribedSkus': 'SubscribedSku',
    '/directory/subscriptions': 'CompanySubscription',
    '/directory/deletedItems/microsoft.graph.administrativeUnit': 'AdministrativeUnit',
    '/applications': 'Application',
    '/servicePrincipals': 'ServicePrincipal',
    '/users/full@contoso.com/licenseDetails': 'LicenseDetails',
  };
  for (const [path, type] of Object.entries(lists)) {
    const { status, body } = await graph('GET', path);
    assert.equal(status, 200, path);
    const values = type === 'DomainDnsTxtRecord' ? body.value.slice(0, 1) : body.value;
    for (const value of values) check(value, type, path);
  }
  const apps = (await graph('GET', '/applications')).body.value as { id: string }[];
  const extension = { name: 'x', dataType: 'String', targetObjects: ['User'] };
  const defined = await graph('POST', `/applications/${apps[0]?.id}/extensionProperties`, extension);
  check(defined.body, 'ExtensionProperty', 'extensionProperty');
  const available = (await graph('POST', '/directoryObjects/getAvailableExtensionProperties', {})).body.value;
  assert.equal(available.length, 2);
  for (const value of available) check(value, 'ExtensionProperty', 'getAvailableExtensionProperties');
  check(
    (await graph('GET', '/users/full@contoso.com/onPremisesSyncBehavior')).body,
    'OnPremisesSyncBehavior',
    'behavior',
  );
  assert.deepEqual([...new Set(wrong)], []);
  assert.ok(seen > 25, String(seen));
});

test('$metadata needs no token and names only types and properties that are published', async () => {
  const tenant = testTenant();
  const read = async (version: string) => {
    const answer = await tenant.fetch(new Request(`http://tenant.test/${version}/$metadata`));
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/xml']);
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      isArray: (name, _path, _isLeaf, isAttribute) =>
        !isAttribute && /^(EntityType|ComplexType|Property|EntitySet)$/.test(name),
    });
    return parser.parse(await answer.text())['edmx:Edmx']['edmx:DataServices'].Schema;
  };
  const schema = await read('v1.0');
  const edm: Record<string, string> = {
    'Edm.String': 'string',
    'Edm.Boolean': 'boolean',
    'Edm.Int32': 'number',
    'Edm.DateTimeOffset': 'Date',
    'Edm.Binary': 'ArrayBuffer',
    'Edm.Guid': 'Guid',
  };
  const capital = (text: string) => text[0]?.toUpperCase() + text.slice(1);
  const expected = (type: string): string => {
    const inner = /^Collection\((.+)\)$/.exec(type)?.[1];
    if (inner !== undefined) return `${expected(inner)}[]`;
    return edm[type] ?? capital(type.replace('graph.', ''));
  };
  let compared = 0;
  for (const { Name, Property } of [...schema.EntityType, ...schema.ComplexType] as {
    Name: string;
    Property?: { Name: string; Type: string }[];
  }[]) {
    const facts = publishedType(capital(Name));
    if (!facts) {
      assert.ok(Name === 'entity' || Name === 'groupWritebackConfiguration', Name);
      continue;
    }
    for (const { Name: property, Type } of Property ?? []) {
      if (newer.has(property)) continue;
      const type: string | undefined = facts.get(property) ?? facts.get(`${property}Escaped`);
      assert.ok(type !== undefined, `${Name} has no ${property}`);
      const isEnum =
        publishedType(type.replace('[]', '')) === undefined &&
        /^[A-Z]\w+$/.test(type) &&
        !Object.values(edm).includes(type);
      if (!isEnum) assert.equal(expected(Type), type, `${Name}.${property}`);
      compared += 1;
    }
  }
  assert.ok(compared > 150, String(compared));
  assert.deepEqual(schema.EntityContainer.EntitySet.map((set: { Name: string }) => set.Name).sort(), [
    'applications',
    'contacts',
    'devices',
    'directoryObjects',
    'directoryRoles',
    'groups',
    'servicePrincipals',
    'subscribedSkus',
    'users',
  ]);
  const beta = await read('beta');
  const user = (document: typeof schema) =>
    document.EntityType.find((t: { Name: string }) => t.Name === 'user').Property.map((p: { Name: string }) => p.Name);
  assert.ok(user(beta).includes('onPremisesObjectIdentifier') && !user(schema).includes('onPremisesObjectIdentifier'));
});
