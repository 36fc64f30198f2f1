import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binary } from '../../model/value.ts';
import type { PrecheckObject, Row } from './model.ts';
import { anchorOfGuid, check, contact, group, user } from './test-world.ts';

const brief = (rows: readonly Row[]) => rows.map((r) => [r.object.id, r.code, r.attribute, r.action, r.update]);
const bytes = (base64: string) => ({ base64 });

test('one identity may have a value in several objects: account and linked mailbox', () => {
  const account = user({ userPrincipalName: 'ana@contoso.com' }, { identity: 7 });
  const mailbox = user({ proxyAddresses: ['SMTP:ana@contoso.com'] }, { identity: 7, connector: 'resource' });
  assert.deepEqual(check([account, mailbox]), []);
  assert.equal(check([account, { ...mailbox, identity: 8 }]).length, 2);
});

test('the enabled object with a mailbox keeps the address; on an abandoned one it is stale', () => {
  const old = user({ userAccountControl: 514, proxyAddresses: ['SMTP:ana@contoso.com'], mail: 'ana@contoso.com' });
  const present = user({ proxyAddresses: ['SMTP:ana@contoso.com'], mailNickname: 'ana' }, { connector: 'other' });
  assert.deepEqual(brief(check([old, present])), [
    [old.id, 'stale-proxy-address', 'mail', 'REMOVE', ''],
    [old.id, 'stale-proxy-address', 'proxyAddresses', 'REMOVE', ''],
    [present.id, 'stale-proxy-address', 'proxyAddresses', 'COMPLETE', undefined],
  ]);
  assert.ok(check([old, present]).every((r) => r.confidence === 'high'));
});

test('two sign-in names: the other one gets its own mail address', () => {
  const [one, two] = [
    user({ userPrincipalName: 'marco@contoso.com', mail: 'marco@contoso.com' }),
    user({ userPrincipalName: 'Marco@contoso.com', mail: 'marco@fabrikam.com' }),
  ];
  const rows = check([one, two]).filter((r) => r.object.id === two.id);
  assert.deepEqual(brief(rows), [[two.id, 'duplicate-upn', 'userPrincipalName', 'EDIT', 'marco@fabrikam.com']]);
});

test('a suggested address is free', () => {
  const taken = user({ proxyAddresses: ['smtp:team2@contoso.com'] });
  const rows = check([
    group({ proxyAddresses: ['SMTP:team@contoso.com'], mailNickname: 'team' }),
    group({ proxyAddresses: ['SMTP:team@contoso.com'] }),
    taken,
  ]);
  assert.deepEqual(
    rows.map((r) => r.update),
    [undefined, 'SMTP:team3@contoso.com'],
  );
});

test('kinds of duplicates have codes of their own', () => {
  const pair = (attributes: PrecheckObject['attributes']) =>
    new Set(check([user(attributes), user(attributes)]).map((r) => r.code));
  assert.deepEqual(pair({ mail: 'a@contoso.com' }), new Set(['duplicate-mail']));
  assert.deepEqual(pair({ mailNickname: 'a' }), new Set(['duplicate-mail-nickname']));
  assert.deepEqual(pair({ proxyAddresses: ['sip:a@contoso.com'] }), new Set(['duplicate-sip']));
  assert.deepEqual(pair({ 'msRTCSIP-PrimaryUserAddress': 'sip:a@contoso.com' }), new Set(['duplicate-sip']));
  assert.deepEqual(pair({ proxyAddresses: ['X500:/o=a/cn=b'] }), new Set(['duplicate-proxy-address']));
  assert.deepEqual(pair({ objectSid: bytes('AQUAAAAAAAUVAAAA') }), new Set(['duplicate-sid']));
});

test('addresses without a prefix, which the cloud drops, clash with nobody', () => {
  assert.deepEqual(
    check([contact({ proxyAddresses: ['ana'] }), contact({ proxyAddresses: ['ana'] })]).filter((r) =>
      r.errors.includes('Duplicate'),
    ),
    [],
  );
});

test('a copied anchor is taken from the copy', () => {
  const original = user();
  const own = binary(Buffer.from(anchorOfGuid(original.id), 'base64'));
  const copy = user({ 'mS-DS-ConsistencyGuid': own, mailNickname: 'copy', msExchRecipientTypeDetails: 1 });
  const rows = check([original, copy]);
  assert.deepEqual(brief(rows), [
    [original.id, 'duplicate-source-anchor', 'objectGUID', 'COMPLETE', undefined],
    [copy.id, 'duplicate-source-anchor', 'mS-DS-ConsistencyGuid', 'REMOVE', ''],
  ]);
  assert.deepEqual(rows[1]?.changes, [{ operation: 'delete', attribute: 'mS-DS-ConsistencyGuid', values: [own] }]);
});

test('a value that is wrong and doubled is one row with both names', () => {
  const rows = check([
    user({ proxyAddresses: ['smtp:a b@contoso.com'] }),
    user({ proxyAddresses: ['smtp:a b@contoso.com'] }),
  ]);
  assert.deepEqual(
    rows.map((r) => r.errors.join(',')),
    ['Duplicate,Character', 'Duplicate,Character'],
  );
});

test('what cannot come to the cloud clashes with nothing', () => {
  const address = { proxyAddresses: ['SMTP:a@contoso.com'] };
  for (const filtered of [
    { ...address, isCriticalSystemObject: true },
    { ...address, adminDescription: 'User_x' },
    { ...address, msExchRecipientTypeDetails: 0x800000 },
  ]) {
    assert.deepEqual(check([user(address), user(filtered)]), [], JSON.stringify(filtered));
  }
});
