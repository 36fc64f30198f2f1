import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../../../src/model/value.ts';
import { bytes, cloud, exported, forest, inbound, type SourceObject, shippedRules, user } from './world.ts';

const rules = shippedRules({ deviceCertificate: 'any' });
const conflict = 'CN=Ana\\0ACNF:5ecf4b0b-0000-4000-8000-000000000000,OU=People,DC=contoso,DC=com';

/** Every condition under which a person stays out of the cloud (sync-engine s.4.3), by what is special about it. */
const personFilters: readonly (readonly [string, Attributes, string?])[] = [
  ['built-in account', { isCriticalSystemObject: false }],
  ['help account of old Windows', { sAMAccountName: 'SUPPORT_388945a0' }],
  ['system mailbox', { mailNickname: 'SystemMailbox{1f05a927}' }],
  ['account of the cloud connector', { sAMAccountName: 'AAD_1f05a927' }],
  ['account of the forest connector', { sAMAccountName: 'MSOL_d1edb676ca03' }],
  ['test mailbox by alias', { mailNickname: 'CAS_{1f05a927}' }],
  ['test mailbox by account name', { sAMAccountName: 'CAS_{1f05a927}' }],
  ...[0x1000, 0x2000, 0x4000, 0x0040_0000, 0x0080_0000, 0x0100_0000, 0x2000_0000].map(
    (bit) => [`recipient type ${bit.toString(16)}`, { msExchRecipientTypeDetails: bit }] as const,
  ),
  ['replication conflict', {}, conflict],
];

for (const objectType of ['user', 'inetOrgPerson']) {
  for (const [what, values, dn] of personFilters) {
    test(`${objectType} is filtered: ${what}`, () => {
      const object: SourceObject = { ...user(values), objectType, ...(dn === undefined ? {} : { dn }) };
      assert.equal(inbound(rules, [object]).values.cloudFiltered, true);
      assert.equal(exported(rules, [object]), undefined);
    });
  }

  test(`${objectType} without an account name is filtered`, () => {
    const { sAMAccountName: _, ...values } = user().values;
    assert.equal(inbound(rules, [{ ...user(), objectType, values }]).values.cloudFiltered, true);
  });

  test(`an ordinary ${objectType} is exported, and cloudFiltered has no value`, () => {
    const object = { ...user(), objectType };
    assert.equal(inbound(rules, [object]).values.cloudFiltered, undefined);
    assert.equal(exported(rules, [object])?.objectType, 'user');
  });
}

const almostFiltered: readonly Attributes[] = [
  { sAMAccountName: 'CAS_without brace' },
  { mailNickname: 'CAS_without brace' },
  { sAMAccountName: 'support_388945a0' },
  { sAMAccountName: 'XAAD_1' },
  { mailNickname: 'systemmailbox' },
  { msExchRecipientTypeDetails: 1 },
  { msExchRecipientTypeDetails: 0x8000_0000 },
];
for (const values of almostFiltered) {
  test(`a user is not filtered by ${JSON.stringify(values)}`, () => {
    assert.equal(inbound(rules, [user(values)]).values.cloudFiltered, undefined);
  });
}

test('critical system objects are not even in scope of the rule that creates users', () => {
  const [inScope] = inbound(rules, [user({ isCriticalSystemObject: true })]).rulesInScope;
  assert.equal(
    inScope?.some(({ rule }) => rule.linkType === 'Provision'),
    false,
  );
});

test('users that user write-back created are out of scope, inetOrgPersons are not', () => {
  const written = user({ adminDescription: 'User_1f05a927' });
  const names = (object: SourceObject): string[] =>
    (inbound(rules, [object]).rulesInScope[0] ?? []).map(({ rule }) => rule.name);
  assert.equal(names(written).includes('In from AD - User Join'), false);
  assert.equal(names(written).includes('In from AD - User Common'), false);
  assert.ok(names({ ...written, objectType: 'inetOrgPerson' }).includes('In from AD - InetOrgPerson Join'));
});

test('a linked mailbox alone is not exported: it has no anchor and no type', () => {
  const linked = user({ msExchRecipientTypeDetails: 2, mailNickname: 'ana', userAccountControl: 514 });
  const { values } = inbound(rules, [linked]);
  assert.deepEqual(
    [values.sourceAnchor, values.sourceAnchorBinary, values.sourceObjectType],
    [undefined, undefined, undefined],
  );
  assert.equal(exported(rules, [linked]), undefined);
});

const contact = (values: Attributes = {}, dn?: string): SourceObject => ({
  connector: forest,
  objectType: 'contact',
  ...(dn === undefined ? {} : { dn }),
  values: { cn: 'Bo', mail: 'bo@fabrikam.com', objectGUID: bytes('contact bo......'), ...values },
});
const contactFilters: readonly (readonly [string, Attributes, string?])[] = [
  ['built-in', { isCriticalSystemObject: false }],
  ['contact of the migration tool', { displayName: 'Bo (MSOL)', msExchHideFromAddressLists: true }],
  ['test contact', { mailNickname: 'CAS_{1}' }],
  ['replication conflict', {}, conflict],
];
for (const [what, values, dn] of contactFilters) {
  test(`contact is filtered: ${what}`, () => {
    assert.equal(inbound(rules, [contact(values, dn)]).values.cloudFiltered, true);
    assert.equal(exported(rules, [contact(values, dn)]), undefined);
  });
}
for (const values of [
  {},
  { displayName: 'Bo (MSOL)' },
  { msExchHideFromAddressLists: true },
  { mailNickname: 'CAS_' },
]) {
  test(`contact is exported: ${JSON.stringify(values)}`, () =>
    assert.equal(exported(rules, [contact(values)])?.objectType, 'contact'));
}

const mailCases: readonly (readonly [Attributes, boolean])[] = [
  [{ mail: 'bo@fabrikam.com' }, true],
  [{ mail: 'no address' }, false],
  [{ proxyAddresses: ['smtp:x@y', 'SMTP:bo@fabrikam.com'] }, true],
  [{ proxyAddresses: ['smtp:bo@fabrikam.com'] }, false],
  [{ proxyAddresses: ['SMTP:no address'] }, false],
  [{}, false],
];
for (const [values, enabled] of mailCases) {
  test(`mail-enabled is ${enabled} with ${JSON.stringify(values)}`, () => {
    const { mail: _, ...bare } = contact().values;
    const object = { ...contact(), values: { ...bare, ...values } };
    assert.equal(inbound(rules, [object]).values.mailEnabled, enabled);
    assert.equal(exported(rules, [object]) !== undefined, enabled);
    assert.equal(inbound(rules, [{ ...object, objectType: 'group' }]).values.mailEnabled, enabled);
  });
}

const group = (values: Attributes = {}, members = 3, dn?: string): SourceObject => ({
  connector: forest,
  objectType: 'group',
  ...(dn === undefined ? {} : { dn }),
  references: { member: members },
  values: {
    cn: 'Staff',
    sAMAccountName: 'Staff',
    groupType: -2147483646,
    objectGUID: bytes('group staff.....'),
    ...values,
  },
});
const groupFilters: readonly (readonly [string, Attributes, string?])[] = [
  ['built-in', { isCriticalSystemObject: false }],
  ['group of the rich coexistence', { sAMAccountName: 'MSOL_AD_Sync_RichCoexistence' }],
  ['role group', { msExchRecipientTypeDetails: 0x4000_0000 }],
  ['replication conflict', {}, conflict],
];
for (const [what, values, dn] of groupFilters) {
  test(`group is filtered: ${what}`, () => {
    assert.equal(inbound(rules, [group(values, 3, dn)]).values.cloudFiltered, true);
    assert.equal(exported(rules, [group(values, 3, dn)]), undefined);
  });
}

test('groups that group write-back created, and critical ones, are out of scope altogether', () => {
  for (const values of [{ adminDescription: 'Group_1f05a927' }, { isCriticalSystemObject: true }]) {
    assert.deepEqual(inbound(rules, [group(values)]).rulesInScope, [[]]);
  }
});

test('security groups need no mail, distribution groups do', () => {
  assert.ok(exported(rules, [group()]));
  assert.equal(exported(rules, [group({ groupType: 2 })]), undefined);
  assert.ok(exported(rules, [group({ groupType: 2, mail: 'staff@contoso.com' })]));
  assert.equal(inbound(rules, [group()]).values.securityEnabled, true);
  assert.equal(inbound(rules, [group({ groupType: 2 })]).values.securityEnabled, false);
});

test('an empty group is exported', () => assert.ok(exported(rules, [group({}, 0)])));

test('a group of 250,000 members is created, a larger one is not', () => {
  assert.ok(exported(rules, [group({}, 250_000)]));
  assert.equal(exported(rules, [group({}, 250_001)]), undefined);
});

test('a group that has grown beyond the limit stays and reports an error', () => {
  const inCloud = { connector: cloud, objectType: 'group', values: { cloudAnchor: 'Group_1', cloudMastered: false } };
  const sent = exported(rules, [group({}, 250_001), inCloud]);
  assert.deepEqual(
    sent?.errors.map(({ code, message, attribute }) => ({ code, message, attribute })),
    [
      {
        code: 'sync-rule-error-function-triggered',
        message: 'Maximum Group member count exceeded',
        attribute: 'member',
      },
    ],
  );
});
