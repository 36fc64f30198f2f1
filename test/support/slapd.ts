/** A real OpenLDAP server for a test file, filled offline at some 30,000 entries a second. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/ensure-packages.ts';
import { run, startServer } from './child.ts';
import { freePort } from './loopback.ts';
import { tempDirectory } from './temp.ts';
import { makeCertificates } from './tls.ts';
import { waitFor } from './wait.ts';

export interface SlapdOptions {
  /** Default `dc=example,dc=com`. Its entry is made unless `ldif` brings one along. */
  readonly suffix?: string;
  /** Content records, loaded by slapadd before the start. */
  readonly ldif?: string;
  /** A file of content records, as above. */
  readonly ldifFile?: string;
  /** The syncprov overlay (RFC 4533), with a session log of 10,000 changes. */
  readonly syncprov?: boolean;
  /** Entries an ordinary search may return; the root DN is never limited. Default unlimited. */
  readonly sizeLimit?: number;
  /** Refuses simple binds and operations on a clear connection. */
  readonly requireTls?: boolean;
  /** Lines for the global part of slapd.conf. */
  readonly configuration?: readonly string[];
  /** Lines for the database part of slapd.conf, e.g. `index uid eq`. */
  readonly databaseConfiguration?: readonly string[];
}

export interface Slapd extends AsyncDisposable {
  readonly url: string;
  readonly ldapsUrl: string;
  readonly caPem: string;
  readonly caFile: string;
  readonly suffix: string;
  readonly rootDn: string;
  readonly rootPassword: string;
  readonly dir: string;
  /** OpenLDAP's own client, bound as the root DN: an independent reading of what is there. */
  ldapsearch(...args: string[]): Promise<string>;
  /** LDIF change records, applied by OpenLDAP's client as the root DN. */
  ldapModify(ldif: string): Promise<void>;
  log(): string;
  down(how?: 'stop' | 'kill'): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

const ROOT_PASSWORD = 'lab-root-password';
const SCHEMAS = ['core', 'cosine', 'inetorgperson', 'nis', 'msuser'];

/** The auxiliary class of Active Directory that the msuser schema leaves out; without it nothing has a sAMAccountName. */
const SECURITY_PRINCIPAL = `objectclass ( 1.2.840.113556.1.5.6 NAME 'securityPrincipal' SUP top AUXILIARY
  MAY ( sAMAccountName $ sAMAccountType $ objectSid $ sIDHistory $ mail $ legacyExchangeDN ) )`;

/** Starts OpenLDAP on two free ports of 127.0.0.1 with the schemas core, cosine, inetorgperson, nis and msuser. */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  await ensurePackages(['slapd']);
  const suffix = options.suffix ?? 'dc=example,dc=com';
  const rootDn = `cn=root,${suffix}`;
  const temp = tempDirectory('slapd');
  const dir = temp.path;
  mkdirSync(join(dir, 'db'));
  const tls = await makeCertificates(dir, ['ldap.example.com', 'localhost'], ['127.0.0.1']);
  const conf = join(dir, 'slapd.conf');
  const lines = [
    ...schemaFiles().map((file) => `include ${file}`),
    `pidfile ${dir}/slapd.pid`,
    `argsfile ${dir}/slapd.args`,
    ...modulePath(),
    'moduleload back_mdb',
    ...(options.syncprov ? ['moduleload syncprov'] : []),
    `TLSCACertificateFile ${tls.caFile}`,
    `TLSCertificateFile ${tls.certFile}`,
    `TLSCertificateKeyFile ${tls.keyFile}`,
    ...(options.requireTls ? ['security simple_bind=64 tls=64'] : []),
    `sizelimit ${options.sizeLimit ?? 'unlimited'}`,
    SECURITY_PRINCIPAL,
    ...(options.configuration ?? []),
    'database mdb',
    `suffix "${suffix}"`,
    `rootdn "${rootDn}"`,
    `rootpw ${ROOT_PASSWORD}`,
    `directory ${dir}/db`,
    'maxsize 8589934592',
    'dbnosync',
    'index objectClass,entryUUID,entryCSN eq',
    ...(options.databaseConfiguration ?? []),
    ...(options.syncprov ? ['overlay syncprov', 'syncprov-checkpoint 100 10', 'syncprov-sessionlog 10000'] : []),
  ];
  writeFileSync(conf, `${lines.join('\n')}\n`);
  await load(dir, conf, suffix, options);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const url = `ldap://127.0.0.1:${port}`;
  const ldapsUrl = `ldaps://127.0.0.1:${tlsPort}`;
  const env = { ...process.env, LDAPTLS_CACERT: tls.caFile };
  const bind = ['-x', '-H', ldapsUrl, '-D', rootDn, '-w', ROOT_PASSWORD];
  const boot = async (): Promise<ReturnType<typeof startServer>> => {
    const server = startServer('/usr/sbin/slapd', ['-d', '0', '-h', `${url} ${ldapsUrl}`, '-f', conf]);
    await waitFor(`slapd on ${ldapsUrl}`, async () => {
      if (server.exited) throw new Error(`slapd ended: ${server.output()}`);
      await run('ldapsearch', [...bind, '-s', 'base', '-b', '', '1.1'], { env });
      return true;
    });
    return server;
  };
  let server = await boot();
  const stop = async (): Promise<void> => {
    await server.stop();
    temp.remove();
  };
  return {
    url,
    ldapsUrl,
    caPem: tls.caPem,
    caFile: tls.caFile,
    suffix,
    rootDn,
    rootPassword: ROOT_PASSWORD,
    dir,
    ldapsearch: (...args) => run('ldapsearch', [...bind, '-LLL', '-o', 'ldif-wrap=no', '-b', suffix, ...args], { env }),
    ldapModify: async (ldif) => {
      await run('ldapmodify', bind, { input: ldif, env });
    },
    log: () => server.output(),
    down: (how = 'stop') => server[how](),
    up: async () => {
      server = await boot();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function load(dir: string, conf: string, suffix: string, options: SlapdOptions): Promise<void> {
  const file = options.ldifFile ?? join(dir, 'content.ldif');
  if (options.ldifFile === undefined) {
    const content = options.ldif ?? '';
    const hasSuffix = content.split('\n').some((line) => line.toLowerCase() === `dn: ${suffix}`.toLowerCase());
    writeFileSync(file, `${hasSuffix ? '' : suffixEntry(suffix)}${content}`);
  }
  await run('/usr/sbin/slapadd', ['-q', '-f', conf, '-l', file]);
}

function suffixEntry(suffix: string): string {
  const [type = '', value = ''] = (suffix.split(',')[0] ?? '').split('=');
  const dc = type.toLowerCase() === 'dc';
  const classes = dc ? 'objectClass: dcObject\nobjectClass: organization\no: test' : 'objectClass: organization';
  return `dn: ${suffix}\n${classes}\n${type}: ${value}\n\n`;
}

function modulePath(): string[] {
  const directory = ['/usr/lib/ldap', '/usr/lib64/openldap', '/usr/lib/openldap'].find(existsSync);
  return directory === undefined ? [] : [`modulepath ${directory}`];
}

function schemaFiles(): string[] {
  const home = ['/etc/ldap/schema', '/etc/openldap/schema'].find((d) => existsSync(join(d, 'core.schema')));
  if (home === undefined)
    throw new Error('The schema files of OpenLDAP are neither in /etc/ldap nor in /etc/openldap.');
  return SCHEMAS.map((name) => join(home, `${name}.schema`));
}
