import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, parseLdapUrl } from './endpoint.ts';
import { bindError, LdapError, resultError } from './errors.ts';
import { attributeOf, bytes, text, texts } from './text.ts';
import type { LdapResult } from './types.ts';

const result = (code: number, message = '', more: Partial<LdapResult> = {}): LdapResult => ({
  code,
  message,
  matchedDn: '',
  referrals: [],
  controls: [],
  ...more,
});
const ad = (windowsCode: string, data: string): string =>
  `${windowsCode}: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data ${data}, v4563`;

test('a refused bind says what is wrong with the account', () => {
  for (const [data, words] of [
    ['525', 'does not exist'],
    ['52e', 'password is wrong'],
    ['530', 'time of day'],
    ['531', 'this computer'],
    ['532', 'password has expired'],
    ['533', 'disabled'],
    ['701', 'account has expired'],
    ['773', 'must be changed'],
    ['775', 'locked out'],
  ] as const) {
    const error = bindError('svc@corp', 'ldaps://dc1:636', result(49, ad('80090308', data)));
    assert.equal(error.reason, 'invalid-credentials');
    assert.equal(error.adCode, data);
    assert.equal(error.codeName, 'invalidCredentials');
    assert.equal(error.windowsCode, '80090308');
    assert.ok(error.message.includes(words), error.message);
  }
  assert.match(bindError('u', 's', result(49, ad('80090346', '80090346'))).message, /channel binding/);
  assert.match(
    bindError('u', 's', result(49)).message,
    /^s does not accept u: the user name or the password is wrong\.$/,
  );
});

test('a server that wants signing is its own kind of error', () => {
  const text = 'comment: The server requires binds to turn on integrity checking, data 0';
  const error = bindError('u', 'ldap://dc1:389', result(8, `00002028: LdapErr: DSID-0C090202, ${text}`));
  assert.equal(error.reason, 'ad-signing-required');
  assert.equal(error.code, 8);
  assert.match(error.message, /ldaps/);
});

test('other results keep code, name and what the server said, without its control characters', () => {
  const error = resultError('the change of "cn=a"', 'ldap://s:389', result(68, '00002071: exists\u0000\u001b[2J'));
  assert.equal(error.code, 68);
  assert.equal(error.codeName, 'entryAlreadyExists');
  assert.equal(error.windowsCode, '00002071');
  assert.equal(
    error.message,
    'ldap://s:389 refused the change of "cn=a": entryAlreadyExists (68). The server says: 00002071: exists [2J',
  );
  assert.equal(resultError('x', 's', result(9999)).codeName, 'resultCode9999');
  const found = resultError('x', 's', result(32, '', { matchedDn: 'dc=a' }));
  assert.match(found.message, /It knows dc=a\./);
  const referred = resultError('x', 's', result(10, '', { referrals: ['ldap://other/'] }));
  assert.match(referred.message, /refers to ldap:\/\/other\//);
});

test('addresses', () => {
  assert.deepEqual(parseLdapUrl('ldaps://dc1.corp.example.com'), {
    host: 'dc1.corp.example.com',
    port: 636,
    tls: true,
    name: 'ldaps://dc1.corp.example.com:636',
  });
  assert.equal(parseLdapUrl('LDAP://dc1:1389/').port, 1389);
  assert.equal(parseLdapUrl('ldap://[::1]').host, '::1');
  assert.equal(parseLdapUrl('ldap://[::1]').name, 'ldap://[::1]:389');
  for (const wrong of [
    '',
    'dc1',
    'http://dc1',
    'ldap://',
    'ldap://dc1:0',
    'ldap://dc1:99999',
    'ldap://u:p@dc1',
    'ldap://a/b',
  ]) {
    assert.throws(() => parseLdapUrl(wrong), LdapError, wrong);
  }
  for (const host of ['localhost', '127.3.2.1', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['127.0.0.1.example.com', '10.0.0.1', 'dc1']) assert.ok(!isLoopback(host), host);
});

test('attributes are found whatever their letter case, but not with options', () => {
  const entry = {
    dn: 'cn=a',
    attributes: [
      { name: 'member', options: 'range=0-1', values: [Buffer.from('x')] },
      { name: 'sAMAccountName', options: '', values: [Buffer.from('ä'), Buffer.from('b')] },
      { name: 'empty', options: '', values: [] },
    ],
  };
  assert.equal(text(entry, 'samaccountname'), 'ä');
  assert.deepEqual(texts(entry, 'SAMACCOUNTNAME'), ['ä', 'b']);
  assert.equal(attributeOf(entry, 'member'), undefined);
  assert.deepEqual(texts(entry, 'empty'), []);
  assert.equal(text(entry, 'empty'), undefined);
  assert.deepEqual(bytes(entry, 'sAMAccountName'), Buffer.from('ä'));
});
