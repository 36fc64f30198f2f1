/** Keys of an Active Directory connector: what is taken, and what a wrong one is told. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { activeDirectoryOptions } from './active-directory.ts';
import { ConfigurationError, loadConfiguration } from './configuration.ts';

/** What is said about a connector with these lines. */
function problemsOf(...lines: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-configuration-'));
  const file = join(directory, 'causeway.yaml');
  const head = ['connectors:', '  - name: corp', '    type: active-directory'];
  writeFileSync(file, [...head, ...lines.map((line) => `    ${line}`), ''].join('\n'));
  try {
    loadConfiguration(file);
    return '';
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
const bind = 'bind: { user: svc@corp.example.com, password: { env: P } }';

test('every key is taken', () => {
  const domain = ['domain: corp.example.com', 'site: Berlin-Mitte', 'preferredServers: [dc1.corp.example.com]'];
  const times = ['fullImportEvery: 12h', 'connectTimeout: 3s', 'idleTimeout: 90s', 'pageSize: 500'];
  assert.equal(problemsOf(bind, ...domain, ...times, 'fullImport: dirsync', 'changeTracking: dirsync'), '');
  const ntlm = 'bind: { user: CORP\\svc, password: { env: P }, method: ntlm }';
  assert.equal(problemsOf(ntlm, 'servers: [ldap://dc1.corp.example.com]'), '');
  assert.equal(problemsOf(bind, 'servers: [ldap://10.0.0.1]', 'allowClearTextPassword: true'), '');
  assert.equal(problemsOf(bind, 'servers: [ldap://127.0.0.1]'), '');
  assert.equal(problemsOf(bind, 'servers: [ldaps://10.0.0.1]', 'tls: { serverName: dc1.corp.example.com }'), '');
});

const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no server', [bind], /neither "servers" nor "domain"/],
  [
    'a site without a domain',
    [bind, 'servers: [ldaps://dc1]', 'site: Berlin'],
    /"site", which only orders what DNS finds/,
  ],
  [
    'preferred servers that are addresses',
    [bind, 'domain: x.org', 'preferredServers: ["ldaps://dc1"]'],
    /without ldaps:\/\//,
  ],
  [
    'a password in the clear',
    [bind, 'servers: [ldap://10.0.0.1]'],
    /readable for everybody to ldap:\/\/10\.0\.0\.1.*method: ntlm/,
  ],
  [
    'NTLM within TLS',
    ['bind: { user: CORP\\svc, password: { env: P }, method: ntlm }', 'servers: [ldaps://dc1]'],
    /encrypts by itself: use ldap:\/\//,
  ],
  [
    'NTLM with a DN',
    ['bind: { user: "CN=svc,DC=x", password: { env: P }, method: ntlm }', 'servers: [ldap://dc1]'],
    /DOMAIN\\user or user@domain instead of a DN/,
  ],
  [
    'a method that does not exist',
    ['bind: { user: a, password: { env: P }, method: kerberos }', 'domain: x.org'],
    /method/,
  ],
  [
    'a fingerprint that is none',
    [bind, 'servers: [ldaps://dc1]', 'tls: { fingerprints: ["AB:CD"] }'],
    /64 hexadecimal digits/,
  ],
  [
    'two ways to trust',
    [bind, 'servers: [ldaps://dc1]', `tls: { fingerprints: ["${'ab'.repeat(32)}"], ca: ca.pem }`],
    /"tls.fingerprints", which alone decide/,
  ],
  ['a time without unit', [bind, 'domain: x.org', 'fullImportEvery: "12"'], /a duration such as/],
  ['a page too small', [bind, 'domain: x.org', 'pageSize: 1'], /pageSize/],
  ['a key that is misspelt', [bind, 'domain: x.org', 'sites: Berlin'], /no key "sites"\..*site/],
];
for (const [what, lines, expected] of wrong) {
  test(`${what} is told`, () => assert.match(problemsOf(...lines), expected));
}

test('what the connector gets', () => {
  const section = {
    name: 'corp',
    bind: { user: 'a' },
    servers: ['ldaps://dc1'],
    fullImportEvery: '2h',
    idleTimeout: '1m',
  };
  assert.deepEqual(activeDirectoryOptions({ ...section, tls: { serverName: 'dc1.x.org' } }, 'PEM'), {
    servers: ['ldaps://dc1'],
    fullImportEveryMs: 7_200_000,
    idleTimeoutMs: 60_000,
    tls: { serverName: 'dc1.x.org', ca: 'PEM' },
  });
});
