/** Section E of the casebook: the path to a directory and to the cloud, credentials, rights; broken one by one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { ActiveDirectoryConfig } from '../../../src/connectors/active-directory/config.ts';
import { createActiveDirectoryConnector } from '../../../src/connectors/active-directory/connector.ts';
import { createEntraSyncConnector, type EntraSyncConfig } from '../../../src/connectors/entra/sync.ts';
import type { Endpoint } from '../../../src/diagnosis/diagnose-context.ts';
import type { Finding } from '../../../src/diagnosis/findings/finding.ts';
import { msToFiletime } from '../../../src/model/filetime.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';
import { replaceRaw } from './raw-directory.ts';

const password = 'Passw0rd.of-the-account';
const appId = '00000000-0000-4000-8000-000000000001';
let dc: Samba;
let clinic: Clinic | undefined;

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP' });
  await dc.createAccount('svc', password);
});
after(() => dc.stop());
afterEach(() => {
  clinic?.[Symbol.dispose]();
  clinic = undefined;
});

/** A clinic whose directory is reached as told. */
function directory(config: Partial<ActiveDirectoryConfig>, environment: { now?: () => number } = {}): Clinic {
  const c = new Clinic([dc]);
  clinic = c;
  const whole: ActiveDirectoryConfig = {
    name: 'corp.example.com',
    servers: [dc.ldapsUrl],
    bind: { user: 'svc@corp.example.com', password },
    tls: { ca: dc.caPem },
    connectTimeoutMs: 1500,
    ...config,
  };
  const [first, ...rest] = c.env.connectors;
  c.env = {
    ...c.env,
    connectors: [{ ...first!, connector: createActiveDirectoryConnector(whole, environment) }, ...rest],
  };
  const endpoint: Endpoint = {
    connector: 'corp.example.com',
    kind: 'directory',
    urls: whole.servers ?? [],
    ...(whole.domain ? { domain: whole.domain } : {}),
    ...(whole.tls?.ca ? { ca: whole.tls.ca } : {}),
    user: whole.bind.user,
  };
  c.facts = { ...c.facts, endpoints: [endpoint], probes: { timeoutMs: 1500 } };
  return c;
}

/** A clinic whose cloud is reached as told. */
function cloud(config: Partial<EntraSyncConfig>): Clinic {
  const c = new Clinic([dc]);
  clinic = c;
  const whole = {
    name: 'cloud',
    url: 'http://tenant.test',
    tenantId: c.tenant.tenantId,
    clientId: appId,
    secret: 'sesame',
    ...config,
  };
  const connector = createEntraSyncConnector({
    ...(config.url === undefined ? { fetch: (r: Request) => c.tenant.fetch(r) } : {}),
    wait: async () => {},
    timeoutMs: 1500,
    ...whole,
  });
  c.env = {
    ...c.env,
    connectors: c.env.connectors.map((x) => (x.connector.name === 'cloud' ? { ...x, connector } : x)),
  };
  const endpoint: Endpoint = { connector: 'cloud', kind: 'cloud', urls: config.url === undefined ? [] : [config.url] };
  c.facts = { ...c.facts, endpoints: config.url === undefined ? [] : [endpoint], probes: { timeoutMs: 1500 } };
  return c;
}

const about = (f: Finding) => JSON.stringify(f);

async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('connection-refused, dns-failure, port-blocked, no-domain-controller: which endpoint, which hop', async () => {
  const port = await closedPort();
  const refused = await directory({ servers: [`ldaps://127.0.0.1:${port}`] }).one('connection-refused');
  assert.equal(refused.value, `ldaps://127.0.0.1:${port}`);
  assert.match(about(refused), /, name.*ok: 127\.0\.0\.1 is an address.*, port.*broken: /);
  const name = await directory({ servers: ['ldaps://dc9.corp.invalid'] }).one('dns-failure');
  assert.match(name.summary, /dc9\.corp\.invalid cannot be resolved/);
  assert.match((await directory({ servers: ['ldaps://255.255.255.255'] }).one('port-blocked')).value ?? '', /255/);
  const none = await directory({ servers: [`ldaps://127.0.0.1:${port}`, 'ldaps://dc9.corp.invalid'] }).one(
    'no-domain-controller',
  );
  assert.match(none.summary, /127\.0\.0\.1.*dc9\.corp\.invalid/);
  const located = await directory({ servers: [], domain: 'corp.invalid' }).one('dns-failure');
  assert.match(located.summary, /_ldap\._tcp\.dc\._msdcs\.corp\.invalid/);
});

test('tls-untrusted: the chain that was seen; trusted once its authority is named', async () => {
  const finding = await directory({ tls: {} }).one('tls-untrusted');
  assert.match(about(finding), /CN=Test authority.*SHA-256/);
  assert.match(finding.fix[0]?.text ?? '', /tls: \{ ca: … \}/);
  const findings = await directory({ bind: { user: dc.adminUser, password: dc.adminPassword } }).findings();
  assert.deepEqual(findings, []);
});

test('tls-intercepted: the certificate is that of a proxy that opens connections', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-clinic-'));
  const [key, cert] = [join(folder, 'k.pem'), join(folder, 'c.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert, '-subj', '/O=Zscaler Inc./CN=Zscaler Intermediate'], {
    stdio: 'ignore',
  });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  try {
    const finding = await cloud({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }).one(
      'tls-intercepted',
    );
    assert.match(about(finding), /Zscaler Intermediate/);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test('proxy-auth-required and cloud-unavailable: what HTTP answers', async () => {
  let status = 407;
  const server = createServer((_, answer) => {
    answer.writeHead(status, { 'proxy-authenticate': 'NTLM' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.match(about(await cloud({ url }).one('proxy-auth-required')), /HTTP 407 and wants NTLM/);
    status = 503;
    assert.match((await cloud({ url }).one('cloud-unavailable')).summary, /HTTP 503/);
  } finally {
    server.close();
  }
});

test('clock-skew: by how much, against which server', async () => {
  const ahead = 400;
  const c = directory(
    { bind: { user: dc.adminUser, password: dc.adminPassword } },
    { now: () => Date.now() + ahead * 1000 },
  );
  const begun = performance.now();
  const finding = await c.one('clock-skew');
  // The server's clock is read before ours, so a busy machine adds at most what the whole question took; the server
  // cuts its time to seconds.
  const slack = Math.ceil((performance.now() - begun) / 1000);
  const [, seconds] = /(\d+) s ahead of that of dc1/i.exec(finding.summary) ?? [];
  assert.ok(Number(seconds) >= ahead - 1 && Number(seconds) <= ahead + 1 + slack, `${finding.summary} (${slack})`);
});

test('ad-bind-failed: every sub-code of LDAP 49 that Samba gives, in words', async () => {
  const set = (...lines: string[]) =>
    dc.ldapModify(`dn: CN=svc,CN=Users,${dc.baseDn}\nchangetype: modify\n${lines.join('\n')}\n\n`);
  const bind = { user: 'svc@corp.example.com', password: 'wrong' };
  const wrong = await directory({ bind }).one('ad-bind-failed');
  assert.equal(wrong.errorCode, '49/52e');
  assert.match(wrong.summary, /name or the password of the account is wrong\. The way to it is free/);
  const cases: [string, RegExp, string[], string[]][] = [
    [
      '49/533',
      /disabled/,
      ['replace: userAccountControl', 'userAccountControl: 514'],
      ['replace: userAccountControl', 'userAccountControl: 512'],
    ],
    [
      '49/701',
      /has expired/,
      ['replace: accountExpires', 'accountExpires: 1'],
      ['replace: accountExpires', 'accountExpires: 0'],
    ],
    ['49/773', /must be changed/, ['replace: pwdLastSet', 'pwdLastSet: 0'], ['replace: pwdLastSet', 'pwdLastSet: -1']],
  ];
  for (const [code, words, broken, repaired] of cases) {
    await set(...broken);
    const finding = await directory({}).one('ad-bind-failed');
    assert.equal(finding.errorCode, code);
    assert.match(finding.summary, words);
    await set(...repaired);
  }
  // The password was set a hundred days ago, and one lasts forty-two.
  const svc = `CN=svc,CN=Users,${dc.baseDn}`;
  replaceRaw(dc, svc, 'pwdLastSet', msToFiletime(Date.now() - 100 * 86_400_000).toString());
  const expired = await directory({}).one('ad-bind-failed');
  assert.equal(expired.errorCode, '49/532');
  assert.match(expired.summary, /password of the account has expired/);
  assert.match(expired.fix[0]?.text ?? '', /new password that never expires/);
  for (const value of ['0', '-1']) await set('replace: pwdLastSet', `pwdLastSet: ${value}`);
  assert.ok(!(await directory({}).findings()).some((f) => f.code === 'ad-bind-failed'));
  await dc.setDomainPolicy({ lockoutThreshold: 2, lockoutDuration: -18_000_000_000 });
  for (let i = 0; i < 3; i++) await directory({ bind }).findings();
  assert.equal((await directory({}).one('ad-bind-failed')).errorCode, '49/775');
  await set('replace: lockoutTime', 'lockoutTime: 0');
  await dc.setDomainPolicy({ lockoutThreshold: 0 });
  assert.ok(!(await directory({}).findings()).some((f) => f.code === 'ad-bind-failed'));
});

test('ad-signing-required: what to switch', async () => {
  await using strict = await startSamba({ realm: 'STRICT.EXAMPLE.COM', domain: 'STRICT', requireStrongAuth: true });
  const c = directory({
    servers: [strict.url],
    tls: {},
    bind: { user: strict.adminUser, password: strict.adminPassword },
    allowClearTextPassword: true,
  });
  const finding = await c.one('ad-signing-required');
  assert.match(finding.fix.map((f) => f.text).join('\n'), /ldaps:\/\/127\.0\.0\.\d+/);
});

const writeAnchor = '(OA;CIIO;RPWP;23773dc2-b63a-11d2-90e1-00c04fd91ab1;bf967aba-0de6-11d0-a285-00aa003049e2;%s)';

test('ad-permission-missing: each right with the command that grants it', async () => {
  await dc.addUsers([
    { name: 'anna', attributes: { displayName: 'Anna', userPrincipalName: 'anna@corp.example.com' } },
  ]);
  const findings = (await directory({}).findings()).filter((f) => f.code === 'ad-permission-missing');
  assert.deepEqual(findings.map((f) => f.attribute).sort(), [
    'replicating-directory-changes',
    'see-deleted-objects',
    'write-consistency-guid',
  ]);
  const replication = findings.find((f) => f.attribute === 'replicating-directory-changes');
  assert.match(replication?.fix[0]?.text ?? '', /dsacls "DC=corp,DC=example,DC=com" \/G "svc@corp\.example\.com:CA;/);
  await dc.grant('1131f6aa-9c07-11d1-f79f-00c04fc2dcd2', 'svc');
  // Samba reports no deletion without it, whatever may be replicated.
  await dc.setAce('add', '(A;;LCRP;;;%s)', 'svc', `CN=Deleted Objects,${dc.baseDn}`);
  const c = directory({});
  // The same cause seen by an export is the same finding, now with the object.
  const before = await c.one('ad-permission-missing');
  await c.cycle('initial');
  await c.cycle();
  const finding = await c.one('ad-permission-missing');
  assert.equal(finding.id, before.id);
  assert.deepEqual([finding.errorCode, finding.attribute], ['permission-issue', 'mS-DS-ConsistencyGuid']);
  assert.match(
    finding.fix[0]?.text ?? '',
    /dsacls "DC=corp,DC=example,DC=com" \/I:S \/G "svc@corp\.example\.com:RPWP;mS-DS-ConsistencyGuid;user"/,
  );
  await dc.setAce('add', writeAnchor, 'svc');
  await c.cycle();
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('cloud-auth-failed: the AADSTS code in words', async () => {
  const wrong = await cloud({ secret: 'open' }).one('cloud-auth-failed');
  assert.equal(wrong.errorCode, 'AADSTS7000215');
  assert.match(wrong.summary, /client secret is wrong/);
  const unknown = await cloud({ clientId: '11111111-0000-4000-8000-000000000001' }).one('cloud-auth-failed');
  assert.equal(unknown.errorCode, 'AADSTS700016');
  const tenant = await cloud({ tenantId: '22222222-0000-4000-8000-000000000001' }).one('cloud-auth-failed');
  assert.equal(tenant.errorCode, 'AADSTS90002');
  const c = cloud({});
  c.tenant.registerApp({ appId, secret: 'sesame', secretExpires: '2020-01-01T00:00:00Z', permissions: [] });
  const expired = await c.one('cloud-auth-failed');
  assert.equal(expired.errorCode, 'AADSTS7000222');
  assert.match(expired.summary, /secret has expired/);
  c.tenant.registerApp({
    appId,
    secret: 'sesame',
    permissions: ['ADSynchronization.ReadWrite.All', 'Directory.Read.All'],
  });
  assert.deepEqual(await c.findings(), []);
});

test('cloud-unavailable while the sync plane is busy; since when, from the run history', async () => {
  const c = cloud({});
  await c.cycle('initial');
  c.tenant.setSwitches({ syncPlaneBusyUntil: new Date(Date.now() + 3_600_000).toISOString() });
  await c.cycle();
  const finding = await c.one('cloud-unavailable');
  assert.match(about(finding), /first failed \d{4}-.*delta-import/);
  c.tenant.advance(3_700_000);
  assert.deepEqual(await c.findings(), []);
});
