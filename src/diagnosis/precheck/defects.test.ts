/** What IdFix gets wrong (operations s.2.8), one test a defect. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasPublicSuffix } from './address.ts';
import { precheck } from './precheck.ts';
import { check, contact, errorsOf, group, options, user } from './test-world.ts';

const long = (n: number): string => 'x'.repeat(n);

test('the parts before and after the @ of a sign-in name have limits of their own', () => {
  assert.equal(errorsOf({ userPrincipalName: `${long(64)}@contoso.com` }, 'userPrincipalName'), '');
  assert.equal(errorsOf({ userPrincipalName: `${long(65)}@contoso.com` }, 'userPrincipalName'), 'Length');
  const suffix = `${long(36)}.contoso.com`;
  assert.equal(suffix.length, 48);
  const isLength = (upn: string) => errorsOf({ userPrincipalName: upn }, 'userPrincipalName').includes('Length');
  assert.equal(isLength(`ana@${suffix}`), false);
  assert.equal(isLength(`ana@x${suffix}`), true);
});

test('dedicated: periods at the ends of a nickname are told, periods inside are not', () => {
  const of = (mailNickname: string) => errorsOf({ mail: 'a@contoso.com', mailNickname }, 'mailNickname', 'dedicated');
  assert.deepEqual(
    [of('.ana'), of('ana.'), of('ana'), of('a.na'), of('a.n.a')],
    ['Character', 'Character', '', '', ''],
  );
});

test('conflict objects are recognized by the text \\0ACNF: in their names', () => {
  const twin = user({ proxyAddresses: ['SMTP:ana@contoso.com'] });
  const conflict = user(
    { proxyAddresses: ['SMTP:ana@contoso.com'], userPrincipalName: 'an a@contoso.com', cn: 'Ana\nCNF:1' },
    { dn: 'CN=Ana\\0ACNF:3f2a6c1e-9b7d-4c58-a1f0-6d2e8b4c9a17,OU=Staff,DC=corp,DC=contoso,DC=com' },
  );
  const rows = check([twin, conflict]);
  assert.deepEqual(
    rows.map((r) => [r.code, r.object.id]),
    [['conflict-object', conflict.id]],
    'neither its values nor a duplicate',
  );
  assert.match(rows[0]?.reason ?? '', /twin is CN=Ana,OU=Staff/);
});

test('mailboxes of the system are left alone, whatever form the number has', () => {
  for (const type of [0x1000, 0x4000, 0x800000, 0x20000000, { int: String(0x1000000) }]) {
    assert.deepEqual(check([user({ displayName: long(300), msExchRecipientTypeDetails: type })]), []);
  }
  assert.equal(check([user({ displayName: long(300), msExchRecipientTypeDetails: 1 })]).length, 1);
});

test('dedicated: critical system objects are left alone', () => {
  const attributes = { mail: 'an a@contoso.com', mailNickname: 'ana', targetAddress: 'SMTP:a@b.com' };
  assert.equal(check([user(attributes)], { rules: 'dedicated' }).length, 1);
  assert.deepEqual(check([user({ ...attributes, isCriticalSystemObject: true })], { rules: 'dedicated' }), []);
});

test('duplicates are found across attributes, classes, prefixes and letter case', () => {
  const holders = [
    user({ mail: 'Ana@contoso.com' }),
    user({ userPrincipalName: 'ana@CONTOSO.com' }),
    group({ proxyAddresses: ['smtp:ana@contoso.com'] }),
    contact({ proxyAddresses: ['SMTP:ANA@contoso.com'] }),
  ];
  for (const one of holders) {
    for (const other of holders) {
      if (one === other) continue;
      const found = check([one, other]).filter((r) => r.errors.includes('Duplicate'));
      assert.deepEqual(found.map((r) => r.object.id).sort(), [one.id, other.id].sort());
    }
  }
  const named = (sAMAccountName: string) => {
    const { userPrincipalName: _, ...attributes } = user({ sAMAccountName }).attributes;
    return { ...user(), attributes };
  };
  const clash = check([named('ana'), user({ mail: 'ana@corp.contoso.com' })]);
  assert.equal(
    clash.filter((r) => r.errors.includes('Duplicate')).length,
    2,
    'the name that the rules make of sAMAccountName',
  );
});

test('the action for a duplicate belongs to its own value, wherever it stands in the list', () => {
  const owner = user({ proxyAddresses: ['SMTP:team@contoso.com'], mailNickname: 'team' });
  const other = user({
    mailNickname: 'ben',
    proxyAddresses: ['SMTP:ben@contoso.com', 'smtp:b@contoso.com', 'smtp:team@contoso.com'],
  });
  const rows = check([owner, other]).filter((r) => r.object.id === other.id);
  assert.deepEqual(
    rows.map((r) => [r.value, r.action]),
    [['smtp:team@contoso.com', 'REMOVE']],
  );
});

test('time does not grow with the square of the objects', () => {
  // Half of all values are doubled; a list that is scanned for each value would take minutes.
  const objects = Array.from({ length: 30_000 }, (_, i) => user({ mailNickname: `nick${i >> 1}` }));
  const byId = new Map(objects.map((o) => [o.id, o]));
  const source = { objects: () => objects, object: (id: number) => byId.get(id) };
  let found = 0;
  const start = performance.now();
  precheck(source, options({}), () => found++);
  assert.equal(found, 30_000);
  assert.ok(performance.now() - start < 30_000);
});

test('domains are judged by their last label as the public DNS has them', () => {
  for (const domain of [
    'sydney.edu.au',
    'x.photography',
    'x.travelersinsurance',
    'x.xn--vermgensberatung-pwb',
    'x.museum',
  ]) {
    assert.equal(hasPublicSuffix(domain), true, domain);
    assert.equal(
      errorsOf({ mail: `a@${domain}`, mailNickname: 'a', targetAddress: 'SMTP:a@b.com' }, 'mail', 'dedicated'),
      '',
      domain,
    );
  }
  for (const domain of ['contoso.local', 'contoso.internal', 'contoso.corp', 'contoso.c', 'contoso.123']) {
    assert.equal(hasPublicSuffix(domain), false, domain);
  }
});

test('every holder of a duplicate is named once, the first one too', () => {
  const holders = Array.from({ length: 5 }, () => user({ proxyAddresses: ['smtp:team@contoso.com'] }));
  const rows = check(holders);
  assert.deepEqual(
    rows.map((r) => r.object.id),
    holders.map((h) => h.id),
  );
  assert.equal(new Set(rows.map((r) => r.root)).size, 1);
});

test('only people, groups and contacts need a display name', () => {
  const { displayName: _, ...attributes } = user().attributes;
  const blank = (type: string) => errorsOf({ ...attributes, displayName: '' }, 'displayName', 'multi-tenant', type);
  assert.deepEqual(
    [blank('user'), blank('contact'), blank('computer'), blank('msDS-Device')],
    ['Blank', 'Blank', '', ''],
  );
});
