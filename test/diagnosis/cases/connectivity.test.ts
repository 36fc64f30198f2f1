/** Section E of the casebook: the path to a directory and to the cloud, credentials, rights; broken one by one and repaired. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { parse } from 'yaml';
import type { ActiveDirectoryConfig, SrvRecord } from '../../../src/connectors/active-directory/config.ts';
import { createActiveDirectoryConnector } from '../../../src/connectors/active-directory/connector.ts';
import { createEntraSyncConnector, type EntraSyncConfig } from '../../../src/connectors/entra/sync.ts';
import type { Endpoint } from '../../../src/diagnosis/diagnose-context.ts';
import type { Finding } from '../../../src/diagnosis/findings/finding.ts';
import { editConfiguration } from '../../../src/diagnosis/fix/configuration.ts';
import { msToFiletime } from '../../../src/model/filetime.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { tempDirectory } from '../../support/temp.ts';
import { makeCertificates } from '../../support/tls.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';
import { replaceRaw } from './raw-directory.ts';
import { grant, powershell } from './remedies.ts';
import { closedPort, deafPort, forward, front } from './ways.ts';

everyCaseHeals();

const password = 'Passw0rd.of-the-account';
/** Milliseconds that whatever works may take, also on a busy machine; and what is waited for nothing. */
const patience = 15_000;
const impatience = 1500;
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

const admin = () => ({ bind: { user: dc.adminUser, password: dc.adminPassword } });
const fresh = (): Clinic => {
  clinic?.[Symbol.dispose]();
  clinic = new Clinic([dc]);
  return clinic;
};

/** The network of the directory's connector, and the clock of this machine. */
interface Network {
  readonly now?: () => number;
  readonly resolveSrv?: (name: string) => Promise<SrvRecord[]>;
}

/** The directory of a clinic is reached as told from now on; a new clinic unless one is given. */
function directory(config: Partial<ActiveDirectoryConfig>, network: Network = {}, c = fresh()): Clinic {
  const whole: ActiveDirectoryConfig = {
    name: 'corp.example.com',
    servers: [dc.ldapsUrl],
    bind: { user: 'svc@corp.example.com', password },
    tls: { ca: dc.caPem },
    connectTimeoutMs: patience,
    ...config,
  };
  const [first, ...rest] = c.env.connectors;
  c.env = { ...c.env, connectors: [{ ...first!, connector: createActiveDirectoryConnector(whole, network) }, ...rest] };
  const endpoint: Endpoint = {
    connector: 'corp.example.com',
    kind: 'directory',
    urls: whole.servers ?? [],
    ...(whole.domain ? { domain: whole.domain } : {}),
    ...(whole.tls?.ca ? { ca: whole.tls.ca } : {}),
    user: whole.bind.user,
  };
  const { resolveSrv } = network;
  const timeoutMs = config.connectTimeoutMs ?? patience;
  c.facts = { ...c.facts, endpoints: [endpoint], probes: { timeoutMs, ...(resolveSrv ? { resolveSrv } : {}) } };
  return c;
}

/** The cloud of a clinic is reached as told from now on. */
function cloud(config: Partial<EntraSyncConfig>, c = fresh()): Clinic {
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
    timeoutMs: patience,
    ...whole,
  });
  c.env = {
    ...c.env,
    connectors: c.env.connectors.map((x) => (x.connector.name === 'cloud' ? { ...x, connector } : x)),
  };
  const application = {
    clientId: whole.clientId,
    tenantId: whole.tenantId,
    credential: 'the secret in ./client-secret',
  };
  const ca = config.ca === undefined ? {} : { ca: config.ca };
  const urls = config.url === undefined ? [] : [config.url];
  const endpoint: Endpoint = { connector: 'cloud', kind: 'cloud', urls, application, ...ca };
  c.facts = { ...c.facts, endpoints: [endpoint], probes: { timeoutMs: patience } };
  return c;
}

const about = (f: Finding) => JSON.stringify(f);

test('connection-refused: which endpoint, which hop, since when; the server is started on that port', async () => {
  const port = await closedPort();
  const servers = [`ldaps://127.0.0.1:${port}`];
  const c = directory({ ...admin(), servers, tls: { ca: dc.caPem, serverName: dc.host } });
  await c.cycle();
  const refused = await c.one('connection-refused');
  assert.equal(refused.value, servers[0]);
  assert.match(about(refused), /, name.*ok: 127\.0\.0\.1 is an address.*, port.*broken: /);
  assert.match(about(refused), /first failed \d{4}-/);
  await using _ = await forward(dc.address, 636, port);
  await c.gone('connection-refused');
  assert.equal(c.env.connectors.length, 2);
});

test('port-blocked: nothing answers; the firewall lets it through', async () => {
  const deaf = await deafPort();
  const servers = [`ldaps://127.0.0.1:${deaf.port}`];
  const reached = { ...admin(), servers, tls: { ca: dc.caPem, serverName: dc.host } };
  const c = directory({ ...reached, connectTimeoutMs: impatience });
  const blocked = await c.one('port-blocked');
  assert.equal(blocked.value, servers[0]);
  assert.match(about(blocked), /, port.*broken: /);
  await deaf[Symbol.asyncDispose]();
  await using _ = await forward(dc.address, 636, deaf.port);
  directory(reached, {}, c);
  await c.gone('port-blocked');
  // An address that no packet may go to.
  assert.match(
    (await directory({ servers: ['ldaps://255.255.255.255'], connectTimeoutMs: impatience }).one('port-blocked'))
      .value ?? '',
    /255/,
  );
});

test('dns-failure: the name that is not known, the record of the locator; known again', async () => {
  const c = directory({ ...admin(), servers: ['ldaps://dc9.corp.invalid'] });
  const name = await c.one('dns-failure');
  assert.match(name.summary, /dc9\.corp\.invalid cannot be resolved/);
  assert.match(name.fix[0]?.text ?? '', /Check the name of the server/);
  directory(admin(), {}, c);
  await c.gone('dns-failure');
  let records: SrvRecord[] | undefined;
  const resolveSrv = async (asked: string) => {
    assert.equal(asked, '_ldap._tcp.dc._msdcs.corp.example.com');
    if (records) return records;
    throw Object.assign(new Error(`queryServ ENOTFOUND ${asked}`), { code: 'ENOTFOUND' });
  };
  const located = directory({ ...admin(), servers: undefined as never, domain: 'corp.example.com' }, { resolveSrv });
  assert.match((await located.one('dns-failure')).summary, /_ldap\._tcp\.dc\._msdcs\.corp\.example\.com/);
  records = [{ name: dc.address, port: 389, priority: 0, weight: 100 }];
  await located.gone('dns-failure');
});

test('no-domain-controller: those that were tried; one of them is started again', async () => {
  const port = await closedPort();
  const c = directory({ ...admin(), servers: [dc.ldapsUrl, `ldaps://127.0.0.1:${port}`] });
  await dc.down('kill');
  const none = await c.one('no-domain-controller');
  assert.match(none.summary, new RegExp(`${dc.address}.*127\\.0\\.0\\.1:${port}`));
  await dc.up();
  await c.gone('no-domain-controller');
});

test('tls-untrusted: the chain that was seen; trusted once its authority is named', async () => {
  const c = directory({ ...admin(), tls: {} });
  const finding = await c.one('tls-untrusted');
  assert.match(about(finding), /CN=Test authority.*SHA-256/);
  assert.match(finding.fix[0]?.text ?? '', /tls: \{ ca: … \}/);
  directory(admin(), {}, c);
  assert.deepEqual(await c.findings(), []);
  await c.gone('tls-untrusted');
});

test('tls-intercepted: the certificate is that of a proxy that opens connections, until it lets this one through', async () => {
  await using temp = tempDirectory('clinic');
  const real = await makeCertificates(temp.path, ['localhost'], ['127.0.0.1']);
  const [key, cert] = [join(temp.path, 'k.pem'), join(temp.path, 'c.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert, '-subj', '/O=Zscaler Inc./CN=Zscaler Intermediate'], {
    stdio: 'ignore',
  });
  const pem = (file: string) => readFileSync(file, 'utf8');
  const c = fresh();
  const proxy = await front(c.tenant, { tls: { key: pem(key), cert: pem(cert) } });
  cloud({ url: `https://127.0.0.1:${proxy.port}`, ca: real.caPem }, c);
  const finding = await c.one('tls-intercepted');
  assert.match(about(finding), /Zscaler Intermediate.*SHA-256/);
  assert.match(finding.fix[1]?.text ?? '', /Exclude the addresses of the cloud from TLS inspection/);
  await proxy[Symbol.asyncDispose]();
  await using _ = await front(c.tenant, {
    port: proxy.port,
    tls: { key: pem(real.keyFile), cert: pem(real.certFile) },
  });
  await c.gone('tls-intercepted');
});

test('proxy-auth-required and cloud-unavailable: what HTTP answers, until it lets the tenant answer', async () => {
  let status: number | undefined = 407;
  const c = fresh();
  await using way = await front(c.tenant, { answer: () => status });
  const url = `http://127.0.0.1:${way.port}`;
  cloud({ url }, c);
  const refused = await c.one('proxy-auth-required');
  assert.equal(refused.value, url);
  assert.match(about(refused), /HTTP 407 and wants NTLM/);
  status = 503;
  assert.match((await c.one('cloud-unavailable')).summary, /HTTP 503/);
  status = undefined;
  await c.gone('proxy-auth-required');
  await c.gone('cloud-unavailable', '', { cycle: false });
});

test('clock-skew: by how much, against which server, until the clock is set', async () => {
  const ahead = 400;
  let wrong = ahead * 1000;
  const c = directory(admin(), { now: () => Date.now() + wrong });
  const begun = performance.now();
  const finding = await c.one('clock-skew');
  // The server's clock is read before ours, so a busy machine adds at most what the whole question took; the server
  // cuts its time to seconds.
  const slack = Math.ceil((performance.now() - begun) / 1000);
  const [, seconds] = /(\d+) s ahead of that of dc1/i.exec(finding.summary) ?? [];
  assert.ok(Number(seconds) >= ahead - 1 && Number(seconds) <= ahead + 1 + slack, `${finding.summary} (${slack})`);
  wrong = 0;
  await c.gone('clock-skew');
});

test('ad-bind-failed: every sub-code of LDAP 49 that Samba gives, in words, with what repairs the account', async () => {
  const svc = `CN=svc,CN=Users,${dc.baseDn}`;
  const set = (...lines: string[]) => dc.ldapModify(`dn: ${svc}\nchangetype: modify\n${lines.join('\n')}\n\n`);
  const wrong = { bind: { user: 'svc@corp.example.com', password: 'wrong' } };
  const c = directory(wrong);
  const first = await c.one('ad-bind-failed');
  assert.equal(first.errorCode, '49/52e');
  assert.match(first.summary, /name or the password of the account is wrong\. The way to it is free/);
  assert.match(first.fix[0]?.text ?? '', /the password that "bind\.password" refers to/);
  directory({}, {}, c);
  await c.gone('ad-bind-failed');
  const cases: [string, RegExp, () => Promise<void>][] = [
    ['49/533', /disabled/, () => set('replace: userAccountControl', 'userAccountControl: 514')],
    ['49/701', /has expired/, () => set('replace: accountExpires', 'accountExpires: 1')],
    ['49/773', /must be changed/, () => set('replace: pwdLastSet', 'pwdLastSet: 0')],
    [
      '49/532',
      /password of the account has expired/,
      // The password was set a hundred days ago, and one lasts forty-two.
      async () => replaceRaw(dc, svc, 'pwdLastSet', msToFiletime(Date.now() - 100 * 86_400_000).toString()),
    ],
    [
      '49/775',
      /locked out/,
      async () => {
        await dc.setDomainPolicy({ lockoutThreshold: 2, lockoutDuration: -18_000_000_000 });
        for (let i = 0; i < 3; i++) await directory(wrong, {}, c).findings();
        directory({}, {}, c);
      },
    ],
  ];
  for (const [code, words, breakIt] of cases) {
    await breakIt();
    const finding = await c.one('ad-bind-failed');
    assert.equal(finding.errorCode, code);
    assert.match(finding.summary, words);
    const account = finding.fix.find((f) => f.language === 'powershell');
    assert.ok(account, about(finding));
    await powershell(dc, account.text, password);
    await c.gone('ad-bind-failed', '', { cycle: false });
  }
  await dc.setDomainPolicy({ lockoutThreshold: 0 });
});

test('ad-signing-required: the address that the fix names is the one that works', async () => {
  await using strict = await startSamba({ realm: 'STRICT.EXAMPLE.COM', domain: 'STRICT', requireStrongAuth: true });
  const reached = { bind: { user: strict.adminUser, password: strict.adminPassword }, tls: { ca: strict.caPem } };
  const c = directory({ ...reached, servers: [strict.url], allowClearTextPassword: true });
  const finding = await c.one('ad-signing-required');
  const fix = finding.fix.find((f) => f.applicable);
  const { connectors } = parse(fix?.text ?? '') as { connectors: { name: string; servers: string[] }[] };
  const servers = connectors[0]!.servers;
  // What "fix --apply" writes into the configuration is what the finding shows.
  assert.ok(fix?.action?.kind === 'configuration');
  const before = `connectors:\n  - { name: corp.example.com, servers: [${strict.url}] }\n`;
  assert.deepEqual(parse(editConfiguration(before, fix.action)), { connectors });
  directory({ ...reached, servers }, {}, c);
  await c.gone('ad-signing-required');
});

test('ad-permission-missing: each right with the command that grants it, carried out as it is shown', async () => {
  await dc.addUsers([
    { name: 'anna', attributes: { displayName: 'Anna', userPrincipalName: 'anna@corp.example.com' } },
  ]);
  const c = directory({});
  const findings = (await c.findings()).filter((f) => f.code === 'ad-permission-missing');
  const byRight = new Map(findings.map((f) => [f.attribute, f]));
  assert.deepEqual([...byRight.keys()].sort(), [
    'replicating-directory-changes',
    'see-deleted-objects',
    'write-consistency-guid',
  ]);
  const commandOf = (right: string) => byRight.get(right)?.fix[0]?.text ?? '';
  for (const right of ['replicating-directory-changes', 'see-deleted-objects']) {
    assert.equal(byRight.get(right)?.value, dc.baseDn, 'on which object');
    await grant(dc, commandOf(right));
    await c.gone('ad-permission-missing', `"attribute":"${right}"`);
  }
  // The same cause seen by an export is the same finding, now with the object.
  const before = byRight.get('write-consistency-guid');
  await c.cycle('initial');
  await c.cycle();
  const finding = await c.one('ad-permission-missing');
  assert.equal(finding.id, before?.id);
  assert.deepEqual([finding.errorCode, finding.attribute], ['permission-issue', 'mS-DS-ConsistencyGuid']);
  assert.equal(finding.fix[0]?.text, commandOf('write-consistency-guid'));
  await grant(dc, finding.fix[0]?.text ?? '');
  // What was refused goes again with this cycle, and is confirmed by the next one.
  await c.cycle();
  await c.gone('ad-permission-missing');
  assert.deepEqual(await c.findings(), []);
});

test('cloud-auth-failed: the AADSTS code in words; which credential, since when; each with what it says', async () => {
  const c = cloud({});
  await c.cycle('initial');
  const permissions = ['ADSynchronization.ReadWrite.All', 'Directory.Read.All'];
  const expect = async (code: string, words: RegExp) => {
    await c.cycle();
    const finding = await c.one('cloud-auth-failed');
    assert.equal(finding.errorCode, code);
    assert.match(finding.summary, words);
    assert.match(about(finding), /the secret in \.\/client-secret/);
    assert.match(about(finding), /first failed \d{4}-.*last went well \d{4}-/);
    return finding.fix[0]?.text ?? '';
  };
  cloud({ secret: 'open' }, c);
  assert.match(await expect('AADSTS7000215', /client secret is wrong/), /Enter the value of the secret/);
  cloud({}, c);
  await c.gone('cloud-auth-failed');

  const unknown = '11111111-0000-4000-8000-000000000001';
  cloud({ clientId: unknown }, c);
  assert.match(await expect('AADSTS700016', /no application with this client id/), /or register the application/);
  c.tenant.registerApp({ appId: unknown, secret: 'sesame', permissions });
  await c.gone('cloud-auth-failed');

  cloud({ tenantId: '22222222-0000-4000-8000-000000000001' }, c);
  assert.match(await expect('AADSTS90002', /no tenant with this id/), /Correct "tenantId"/);
  cloud({}, c);
  await c.gone('cloud-auth-failed');

  c.tenant.registerApp({ appId, secret: 'sesame', secretExpires: '2020-01-01T00:00:00Z', permissions });
  assert.match(await expect('AADSTS7000222', /secret has expired/), /Make a new secret/);
  c.tenant.registerApp({ appId, secret: 'new sesame', permissions });
  cloud({ secret: 'new sesame' }, c);
  await c.gone('cloud-auth-failed');

  // Consent that is missing has no AADSTS code: the token is good, and opens nothing.
  c.tenant.registerApp({ appId, secret: 'new sesame', permissions: [] });
  await c.cycle();
  const consent = await c.one('cloud-auth-failed');
  assert.equal(consent.errorCode, 'failed-permission');
  assert.match(consent.fix[0]?.text ?? '', /Give the app registration of the connector the role/);
  c.tenant.registerApp({ appId, secret: 'new sesame', permissions });
  await c.gone('cloud-auth-failed');
});

test('cloud-unavailable while the sync plane is busy; since when, from the run history', async () => {
  const c = cloud({});
  await c.cycle('initial');
  c.tenant.setSwitches({ syncPlaneBusyUntil: new Date(Date.now() + 3_600_000).toISOString() });
  await c.cycle();
  const finding = await c.one('cloud-unavailable');
  assert.match(about(finding), /first failed \d{4}-.*delta-import/);
  c.tenant.advance(3_700_000);
  await c.gone('cloud-unavailable');
  assert.deepEqual(await c.findings(), []);
});
