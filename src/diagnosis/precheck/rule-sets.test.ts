/** Every check of both rule sets of IdFix by its name (operations s.2.3 to 2.6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, contact, errorsOf, group, user } from './test-world.ts';

const long = (n: number): string => 'x'.repeat(n);

test('multi-tenant: each check of each attribute', () => {
  const cases: readonly (readonly [attribute: string, value: string | string[], errors: string])[] = [
    ['displayName', long(255), ''],
    ['displayName', long(256), 'Length'],
    ['givenName', long(63), ''],
    ['givenName', long(64), 'Length'],
    ['mail', `${long(246)}@contoso.com`, 'Length'],
    ['mailNickname', long(64), ''],
    ['mailNickname', long(65), 'Length'],
    ['mailNickname', '.ana', 'Character'],
    ['mailNickname', 'ana.', ''],
    ['proxyAddresses', ['SMTP:ana@contoso.com'], ''],
    ['proxyAddresses', [`smtp:${long(245)}@contoso.com`], 'Length'],
    ['proxyAddresses', ['smtp:smtp:ana@contoso.com'], 'Character'],
    ['proxyAddresses', ['smtp:an a@contoso.com'], 'Character'],
    ['proxyAddresses', ['smtp:<ana>@contoso.com'], 'Character'],
    ['proxyAddresses', ['smtp:ana@contoso'], 'Format,DomainPart'],
    ['proxyAddresses', ['smtp:ana@contoso..com'], 'Format,DomainPart'],
    ['proxyAddresses', ['smtp:a@b@contoso.com'], 'Format,LocalPart'],
    ['proxyAddresses', ['smtp:ana.@contoso.com'], 'Format,LocalPart'],
    ['proxyAddresses', ['smtp:ana@contoso.local'], 'TopLevelDomain'],
    ['proxyAddresses', ['X500:/o=Contoso/ou=Exchange (FYDIBOHF)/cn=ana b'], ''],
    ['proxyAddresses', ['X500:/o=Contoso/cn=[ana]'], 'Character'],
    ['proxyAddresses', ["x400:c=US;a= ;p=Contoso;s='Sousa';"], 'Character'],
    ['proxyAddresses', ['EUM:5 1@contoso.com'], 'Character'],
    ['proxyAddresses', ['EUM:51;phone-context=x@contoso.com'], ''],
    ['sAMAccountName', long(20), ''],
    ['sAMAccountName', long(21), 'Length'],
    ['sAMAccountName', 'an[a]', 'Character'],
    ['sAMAccountName', 'an@a', ''],
    ['targetAddress', 'SMTP:ana@contoso.com', ''],
    ['targetAddress', `SMTP:${long(250)}@contoso.com`, 'Length'],
    ['targetAddress', 'SMTP:an\\a@contoso.com', 'Character'],
    ['targetAddress', 'SMTP:a:b@contoso.com', 'Character'],
    ['targetAddress', 'FAX:12 34', 'Character'],
    ['userPrincipalName', 'ana@contoso.com', ''],
    ['userPrincipalName', 'an a@contoso.com', 'Character'],
    ['userPrincipalName', 'o’brien@contoso.com', 'Format,LocalPart'],
    ['userPrincipalName', "o'brien@contoso.com", 'Character'],
    ['userPrincipalName', 'müller@contoso.com', 'Character'],
    ['userPrincipalName', 'ana', 'Format,DomainPart,LocalPart'],
    ['userPrincipalName', `${long(60)}@${long(40)}.${long(8)}.contoso.com`, 'Length'],
  ];
  for (const [attribute, value, errors] of cases) {
    const found = errorsOf({ [attribute]: value }, attribute)
      .split(',')
      .filter((e) => e !== 'DomainNotVerified');
    assert.equal(found.join(','), errors, `${attribute} ${String(value).slice(0, 40)}`);
  }
});

test('dedicated: each check of each attribute', () => {
  const mail = 'ana@contoso.com';
  const cases: readonly (readonly [
    attribute: string,
    value: string | string[] | undefined,
    errors: string,
    type?: string,
  ])[] = [
    ['displayName', long(257), 'Length'],
    ['displayName', ' Ana', 'Character,Invisible'],
    ['displayName', '', 'Blank', 'group'],
    ['displayName', '', '', 'contact'],
    ['mail', 'an a@contoso.com', 'Character'],
    ['mail', 'ana@contoso', 'Format,DomainPart'],
    ['mailNickname', 'an!a', 'Character'],
    ['mailNickname', 'an a', 'Character'],
    ['mailNickname', '', 'Blank', 'contact'],
    ['proxyAddresses', [`smtp:${long(250)}@contoso.com`], 'Length'],
    ['proxyAddresses', ['smtp:a:na@contoso.com'], 'Character'],
    ['proxyAddresses', ['smtp:an<a@contoso.com'], 'Format,LocalPart'],
    ['targetAddress', '', 'Blank', 'contact'],
    ['targetAddress', 'SMTP:an<a@contoso.com', 'Format,LocalPart'],
    ['targetAddress', 'SMTP:ben@contoso.com', 'MailMatch', 'contact'],
    ['targetAddress', 'smtp:ANA@contoso.com', '', 'contact'],
  ];
  for (const [attribute, value, errors, type = 'user'] of cases) {
    const filled = { mail, mailNickname: 'ana', targetAddress: `SMTP:${mail}`, [attribute]: value ?? '' };
    const attributes = Object.fromEntries(Object.entries(filled).filter(([, v]) => v !== ''));
    const base = value === '' && attribute === 'displayName' ? { ...attributes, displayName: '' } : attributes;
    assert.equal(
      errorsOf(base, attribute, 'dedicated', type),
      errors,
      `${type} ${attribute} ${String(value).slice(0, 40)}`,
    );
  }
});

test('the dedicated rules look at objects with mail only', () => {
  assert.deepEqual(check([user({ mailNickname: 'an a' })], { rules: 'dedicated' }), []);
});

test('a later check sees what the one before left, and the last one decides the suggestion', () => {
  const [row] = check([user({ proxyAddresses: ['smtp: an a@contoso.com'] })]);
  assert.deepEqual([row?.update, row?.action], ['smtp:ana@contoso.com', 'EDIT']);
  const [twice] = check([user({ proxyAddresses: ['SMTP:smtp:ana@contoso.com'] })]);
  assert.equal(twice?.update, 'SMTP:ana@contoso.com');
  assert.equal(check([user({ sAMAccountName: '[]' })])[0]?.update?.startsWith('User '), true, 'the common name');
});

test('suggestions for missing values', () => {
  const [name] = check([user({ displayName: '' })]);
  assert.match(name?.update ?? '', /^User \d+$/);
  const alias = check([contact({ mail: 'zoe@x.com', givenName: 'Zoë', sn: 'Dahl', targetAddress: 'SMTP:zoe@x.com' })], {
    rules: 'dedicated',
  });
  assert.equal(alias.find((r) => r.attribute === 'mailNickname')?.update, 'Zoe.Dahl');
  const target = check([contact({ mail: 'zoe@x.com', mailNickname: 'zoe' })], { rules: 'dedicated' });
  assert.equal(target.find((r) => r.attribute === 'targetAddress')?.update, 'SMTP:zoe@x.com');
});

test('exclusions of both rule sets, and of the multi-tenant ones', () => {
  const wrong = { userPrincipalName: 'an a@contoso.com', mail: 'an a@contoso.com' };
  for (const cn of ['Administrator', 'HealthMailbox1', 'krbtgt', 'svc$', 'Guest 1', 'MSOL_1']) {
    assert.deepEqual(check([user({ ...wrong, cn })]), [], cn);
    assert.deepEqual(check([user({ ...wrong, cn })], { rules: 'dedicated' }), [], cn);
  }
  for (const attributes of [
    { sAMAccountName: 'CAS_1' },
    { mailNickname: 'SystemMailbox{1}' },
    { msExchHideFromAddressLists: true, displayName: 'MSOL account' },
  ]) {
    assert.deepEqual(check([user({ ...wrong, ...attributes })]), [], JSON.stringify(attributes));
  }
  const security = group({ groupType: -2147483646, displayName: 'x'.repeat(300) });
  assert.equal(check([security]).length, 1, 'what is not of IdFix still looks at security groups');
});

test('people who sign in with something else: the sign-in name is left alone', () => {
  const objects = [user({ userPrincipalName: 'an a@contoso.local' })];
  assert.deepEqual(check(objects, { alternateLogin: true }), []);
  assert.equal(check(objects).length, 1);
});

test('what only IdFix minds is told, and not changed without looking', () => {
  const [row] = check([user({ userPrincipalName: "o'brien@contoso.com", mail: 'obrien@contoso.com' })]);
  assert.deepEqual([row?.code, row?.severity, row?.confidence], ['invalid-upn', 'info', 'low']);
});
