/** What the configuration says of password hash synchronization. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration } from '../../src/service/configuration/configuration.ts';
import {
  domainsOf,
  passwordConfigurations,
  replicationCredential,
  serversOf,
} from '../../src/service/passwords/settings.ts';

const cloud = (name: string): string =>
  `  - { name: ${name}, type: entra, url: "http://x", tenantId: 11111111-2222-3333-4444-555555555555, clientId: 00000000-0000-0000-0000-000000000001, credential: { secret: { env: Y } } }\n`;
const load = (lines: string, clouds = cloud('cloud')) =>
  loadConfiguration(
    'causeway.yaml',
    () => `connectors:\n  - name: corp\n    type: active-directory\n${lines}${clouds}`,
  );
const plain =
  '    servers: [ldaps://dc1.corp.example.com]\n    bind: { user: svc-import@corp.example.com, password: { env: PHS_TEST_IMPORT } }\n';

test('off, on, and with an account of its own', () => {
  assert.deepEqual(passwordConfigurations(load(plain)), []);
  assert.deepEqual(passwordConfigurations(load(`${plain}    passwordHashSync: false\n`)), []);
  const [on] = passwordConfigurations(load(`${plain}    passwordHashSync: true\n`));
  assert.deepEqual([on!.bind.user, on!.hasOwnAccount], ['svc-import@corp.example.com', false]);
  assert.deepEqual([on!.excludeAdminCount, on!.excludeCloudAdministrators], [false, true]);
  const own = `${plain}    passwordHashSync: { bind: { user: CORP\\svc-phs, password: { env: X } }, excludeCloudAdministrators: false }\n`;
  const [separate] = passwordConfigurations(load(own));
  assert.deepEqual([separate!.bind.user, separate!.hasOwnAccount], ['CORP\\svc-phs', true]);
  assert.equal(separate!.excludeCloudAdministrators, false);
});

test('a wrong key is told by its place and the nearest name', () => {
  assert.throws(() => load(`${plain}    passwordHashSync: { excludeAdmincount: true }\n`), {
    message: /connectors\.0\.passwordHashSync has no key "excludeAdmincount"\. Did you mean "excludeAdminCount"\?/,
  });
});

test('it must be clear which cloud the passwords go to', () => {
  const on = `${plain}    passwordHashSync: true\n`;
  assert.throws(() => passwordConfigurations(load(on, '')), { code: 'configuration-error', message: /there is none/ });
  assert.throws(() => passwordConfigurations(load(on, cloud('a') + cloud('b'))), {
    message: /there are several \("a", "b"\)/,
  });
  const named = (name: string) => `${plain}    passwordHashSync: { cloud: ${name} }\n`;
  assert.equal(passwordConfigurations(load(named('b'), cloud('a') + cloud('b')))[0]?.cloud.name, 'b');
  assert.throws(() => passwordConfigurations(load(named('c'), cloud('a') + cloud('b'))), {
    message: /"c" is none of them/,
  });
});

test('the account in each spelling; what cannot sign in is a failure of the channel', (t) => {
  process.env.PHS_TEST_SECRET = 'Geheim.2026!';
  t.after(() => {
    delete process.env.PHS_TEST_SECRET;
  });
  const credential = (user: string, env = 'PHS_TEST_SECRET') => {
    const text = `${plain}    passwordHashSync: { bind: { user: '${user}', password: { env: ${env} } } }\n`;
    const config = load(text);
    return replicationCredential(config, passwordConfigurations(config)[0]!);
  };
  const password = 'Geheim.2026!';
  assert.deepEqual(credential('CORP\\svc-phs'), { domain: 'CORP', user: 'svc-phs', password });
  assert.deepEqual(credential('svc-phs@corp.example.com'), { domain: '', user: 'svc-phs@corp.example.com', password });
  const failure = { code: 'password-sync-dc-failure', reason: 'ad-bind-failed' };
  assert.throws(() => credential('CN=svc-phs,DC=corp,DC=example,DC=com'), failure);
  assert.throws(() => credential('svc-phs@corp.example.com', 'PHS_TEST_NOBODY_SET_THIS'), failure);
});

test('domains and their controllers in order', async () => {
  const servers =
    '    servers: [ldaps://dc9.child.corp.example.com, "ldaps://dc1.corp.example.com:3269", "ldaps://[::1]"]\n';
  const bind = '    bind: { user: a@b, password: { env: X } }\n';
  const [c] = passwordConfigurations(load(`${servers}${bind}    passwordHashSync: true\n`));
  const known = [
    'DC=corp,DC=example,DC=com',
    'CN=Configuration,DC=corp,DC=example,DC=com',
    'DC=DomainDnsZones,DC=corp,DC=example,DC=com',
  ];
  assert.deepEqual(
    domainsOf(
      c!,
      known.map((name) => ({ name })),
    ),
    ['DC=corp,DC=example,DC=com'],
  );
  const never = () => Promise.reject(new Error('DNS must not be asked'));
  assert.deepEqual(await serversOf(c!, 'DC=corp,DC=example,DC=com', never), [
    'dc1.corp.example.com',
    'dc9.child.corp.example.com',
    '::1',
  ]);
  const [located] = passwordConfigurations(load(`    domain: corp.example.com\n${bind}    passwordHashSync: true\n`));
  const asked: string[] = [];
  const found = await serversOf(located!, 'DC=corp,DC=example,DC=com', async (name) => {
    asked.push(name);
    return [
      { name: 'dc2.corp.example.com.', port: 389, priority: 10, weight: 0 },
      { name: 'dc1.corp.example.com.', port: 389, priority: 0, weight: 100 },
    ];
  });
  assert.deepEqual(asked, ['_ldap._tcp.dc._msdcs.corp.example.com']);
  assert.deepEqual(found, ['dc1.corp.example.com', 'dc2.corp.example.com']);
  const wanted = `    domain: corp.example.com\n    site: Berlin\n    preferredServers: [dc2.corp.example.com]\n`;
  const [near] = passwordConfigurations(load(`${wanted}${bind}    passwordHashSync: true\n`));
  const sited = await serversOf(near!, 'DC=corp,DC=example,DC=com', async (name) => {
    const host = name.includes('Berlin._sites') ? ['dc3'] : ['dc1', 'dc2', 'dc3'];
    return host.map((h, i) => ({ name: `${h}.corp.example.com`, port: 389, priority: i, weight: 0 }));
  });
  assert.deepEqual(sited, ['dc2.corp.example.com', 'dc3.corp.example.com', 'dc1.corp.example.com']);
});
