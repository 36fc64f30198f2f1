/** Who contributes what among joined accounts (sync-engine s.4.4), whatever the order in which they were imported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../../../src/model/value.ts';
import { cloud, exported, forest, inbound, otherForest, type SourceObject, shippedRules, user } from './world.ts';

const rules = shippedRules();

/** The metaverse values, after checking that the order of the objects changes nothing. */
function values(...objects: SourceObject[]): Attributes {
  const forward = inbound(rules, objects).values;
  assert.deepEqual(inbound(rules, objects.toReversed()).values, forward);
  return forward;
}

const disabled = { userAccountControl: 514 };
const first = (more: Attributes): SourceObject =>
  user({ title: 'first', sAMAccountName: 'first', userPrincipalName: 'first@contoso.com', ...more }, forest);
const second = (more: Attributes): SourceObject =>
  user({ title: 'second', sAMAccountName: 'second', userPrincipalName: 'second@fabrikam.com', ...more }, otherForest);

test('sign-in attributes come from the forest with the enabled account', () => {
  const person = values(first(disabled), second({ pwdLastSet: { int: '132568642745385468' } }));
  assert.equal(person.accountEnabled, true);
  assert.equal(person.userPrincipalName, 'second@fabrikam.com');
  assert.equal(person.sourceAnchor, (second({}).values.objectGUID as { base64: string }).base64);
  assert.equal(person.contributingConnectorUser, `{id of ${otherForest}}`);
  assert.equal(person.domainFQDN, `corp.${otherForest}`);
  assert.equal(person.domainNetBios, 'FABRIKAMCORP');
  assert.equal(person.forestFQDN, otherForest);
  assert.equal(person.forestNetBios, 'FABRIKAM');
  assert.equal(person.objectSidString, 'S-1-5-21-1343410112-1294273473-3016097062-1148');
  assert.equal(person.pwdLastSet, '20210203221754.0Z');
});

test('the address list comes from the forest with the mailbox', () => {
  const person = values(first({}), second({ ...disabled, mailNickname: 'ana' }));
  assert.equal(person.title, 'second');
  assert.equal(person.accountName, 'second');
  assert.equal(person.userPrincipalName, 'first@contoso.com');
});

test('what the mailbox forest does not fill, any other forest may', () => {
  const person = values(first({ department: 'Sales' }), second({ ...disabled, mailNickname: 'ana' }));
  assert.equal(person.department, 'Sales');
});

test('without an enabled account sign-in attributes come from the first forest, and the identity is disabled', () => {
  const person = values(first(disabled), second(disabled));
  assert.equal(person.accountEnabled, false);
  assert.equal(person.userPrincipalName, 'first@contoso.com');
  assert.equal(person.contributingConnectorUser, undefined);
  assert.ok(exported(rules, [first(disabled)]), 'disabled accounts are synchronized too');
});

test('technical Exchange attributes come from the forest with the mailbox', () => {
  const person = values(
    first({ targetAddress: 'SMTP:x@y' }),
    second({ mailNickname: 'ana', legacyExchangeDN: '/o=x' }),
  );
  assert.equal(person.legacyExchangeDN, '/o=x');
  assert.equal(person.targetAddress, undefined);
  assert.equal(person.contributingConnectorExchange, `{id of ${otherForest}}`);
});

test('Lync attributes come from any forest', () => {
  assert.equal(values(first({}), second({ 'msRTCSIP-Line': 'tel:+1' }))['msRTCSIP-Line'], 'tel:+1');
});

test('of two enabled accounts and two mailboxes the first forest wins', () => {
  const person = values(first({ mailNickname: 'one' }), second({ mailNickname: 'two' }));
  assert.deepEqual(
    [person.title, person.mailNickname, person.userPrincipalName],
    ['first', 'one', 'first@contoso.com'],
  );
});

test('a linked mailbox gives its address list, its account the sign-in', () => {
  const mailbox = second({ ...disabled, mailNickname: 'ana', msExchRecipientTypeDetails: 2 });
  const sent = exported(rules, [first({}), mailbox]);
  assert.equal(sent?.values.title, 'second');
  assert.equal(sent?.values.userPrincipalName, 'first@contoso.com');
  assert.equal(sent?.values.sourceAnchor, (first({}).values.objectGUID as { base64: string }).base64);
});

test('the principal name falls back to account name and domain, and without both there is an error', () => {
  const { userPrincipalName: _, ...unnamed } = user().values;
  assert.equal(values({ ...user(), values: unnamed }).userPrincipalName, 'ana@corp.contoso.com');
  const { sAMAccountName: __, ...nameless } = unnamed;
  const { errors } = inbound(rules, [{ ...user(), values: nameless }]);
  assert.deepEqual(new Set(errors.map(({ message }) => message)), new Set(['AccountName is not present']));
});

test('display name falls back to the common name, text is trimmed and cut to 448 characters', () => {
  const person = values(
    user({ givenName: '  Ana ', description: [` ${'x'.repeat(500)}`], info: 'y'.repeat(449), url: ['a', 'b'] }),
  );
  assert.equal(person.displayName, 'Ana Bell');
  assert.equal(person.givenName, 'Ana');
  assert.equal(person.description, 'x'.repeat(448));
  assert.equal(person.info, 'y'.repeat(448));
  assert.equal(person.url, 'a');
  assert.equal(person.postOfficeBox, undefined);
});

test('addresses are trimmed and appear once', () => {
  const person = values(
    user({ proxyAddresses: [' SMTP:ana@contoso.com', 'SMTP:ana@contoso.com', 'smtp:bell@contoso.com '] }),
  );
  assert.deepEqual(person.proxyAddresses, ['SMTP:ana@contoso.com', 'smtp:bell@contoso.com']);
});

test('the cloud gives the usage location, and no empty one is sent back', () => {
  const inCloud = {
    connector: cloud,
    objectType: 'user',
    values: { cloudMastered: false, usageLocation: 'NZ', cloudAnchor: 'User_1', sourceAnchor: 'x' },
  };
  assert.equal(
    exported(rules, [
      user(),
      { ...inCloud, values: { ...inCloud.values, sourceAnchor: String(values(user()).sourceAnchor) } },
    ])?.values.usageLocation,
    'NZ',
  );
  const sent = exported(rules, [user()]);
  assert.ok(sent?.kept.includes('usageLocation'));
  assert.ok(sent?.kept.includes('countryCode'));
});

test('a changed source anchor is refused as long as the cloud object is of the same type', () => {
  const inCloud = (cloudAnchor: string): SourceObject => ({
    connector: cloud,
    objectType: 'user',
    values: { cloudMastered: false, cloudAnchor, sourceAnchor: 'b2xkIGFuY2hvcg==' },
  });
  const refused = exported(rules, [user(), inCloud('User_1')]);
  assert.deepEqual(
    refused?.errors.map(({ message }) => message),
    ['SourceAnchor attribute has changed.'],
  );
  assert.deepEqual(exported(rules, [user(), inCloud('Contact_1')])?.errors, []);
});

test('the address in the cloud connector space is the anchor in hexadecimal', () => {
  const sent = exported(rules, [user()]);
  const anchor = String(sent?.values.sourceAnchor);
  assert.equal(sent?.values.dn, `CN={${Buffer.from(anchor).toString('hex').toUpperCase()}}`);
});

test('a contact keeps its name as alias, and its anchor is always the objectGUID', () => {
  const object: SourceObject = {
    connector: forest,
    objectType: 'contact',
    values: {
      cn: 'Bo',
      mail: 'bo@x.com',
      objectGUID: { base64: 'AAECAwQFBgcICQoLDA0ODw==' },
      'mS-DS-ConsistencyGuid': { base64: 'Dw4NDAsKCQgHBgUEAwIBAA==' },
    },
  };
  const person = values(object);
  assert.deepEqual(
    [person.mailNickname, person.sourceAnchor, person.sourceObjectType],
    ['Bo', 'AAECAwQFBgcICQoLDA0ODw==', 'Contact'],
  );
});

test('more than 15 certificates are not sent', () => {
  const certificates = (count: number): Attributes => ({
    mailNickname: 'ana',
    userCertificate: Array.from({ length: count }, (_, i) => ({ base64: Buffer.from([i]).toString('base64') })),
  });
  const sent = (count: number) => exported(rules, [user(certificates(count))]);
  assert.equal([sent(15)?.values.userCertificate].flat().length, 15);
  assert.equal(sent(16)?.values.userCertificate, undefined);
  assert.deepEqual(sent(0)?.errors, []);
});

test('only the rules for enabled accounts and for creation in the cloud carry passwords', () => {
  const flagged = rules.rules.filter(({ rule }) => rule.passwordSync).map(({ rule }) => rule.name);
  assert.deepEqual([...new Set(flagged)], ['In from AD - User AccountEnabled', 'Out to AAD - User Join']);
});
