/** A real Active Directory domain controller (Samba) for a test file, started from a snapshot in about half a second. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/ensure-packages.ts';
import { run, startServer } from './child.ts';
import { EXCHANGE_SCHEMA } from './exchange-schema.ts';
import { claimLoopbackAddress } from './loopback.ts';
import { tempDirectory } from './temp.ts';
import { makeCertificates } from './tls.ts';
import { waitFor } from './wait.ts';

export interface SambaOptions {
  /** DNS name of the domain in capitals; default `CORP.EXAMPLE.COM`. */
  readonly realm?: string;
  /** NetBIOS name; default the first label of the realm. */
  readonly domain?: string;
  /** The attributes of Exchange and Skype (`exchange-schema.ts`), on top of the bare schema. */
  readonly extendedSchema?: boolean;
  /** The DC refuses binds that neither TLS nor a seal protects. Default false. */
  readonly requireStrongAuth?: boolean;
  /** Lines for `[global]` of smb.conf. */
  readonly configuration?: readonly string[];
  /** Objects that are there from the start; made once a machine and kept, as large populations take minutes. */
  readonly population?: Population;
}
export interface Population {
  /** Names what `objects` gives: another key makes another directory. */
  readonly key: string;
  /** Objects a transaction. */
  objects(baseDn: string): Iterable<readonly SambaObject[]>;
}

export type SambaValue = string | number | { readonly base64: string };
export interface SambaObject {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, SambaValue | readonly SambaValue[]>>;
  readonly password?: string;
}
export interface SambaUser {
  /** sAMAccountName, and `cn` unless given in the attributes. */
  readonly name: string;
  /** Container; default `CN=Users,<base>`. */
  readonly parent?: string;
  readonly password?: string;
  readonly attributes?: SambaObject['attributes'];
}
/** Extended rights by the names people use. */
export const RIGHTS = {
  replicatingDirectoryChanges: '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2',
  replicatingDirectoryChangesAll: '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2',
  consistencyGuidProperty: '23773dc2-b63a-11d2-90e1-00c04fd91ab1',
} as const;

export interface Samba extends AsyncDisposable {
  readonly url: string;
  readonly ldapsUrl: string;
  readonly caPem: string;
  readonly caFile: string;
  readonly address: string;
  /** DNS name in the certificate, which also has the address. */
  readonly host: string;
  readonly realm: string;
  readonly domain: string;
  readonly baseDn: string;
  readonly adminDn: string;
  readonly adminUser: string;
  readonly adminPassword: string;
  readonly dir: string;
  /** Reads the database itself, not through LDAP. */
  ldbsearch(...args: string[]): Promise<string>;
  sambaTool(...args: string[]): Promise<string>;
  /** LDIF change records, applied over LDAPS as the administrator by OpenLDAP's client. */
  ldapModify(ldif: string): Promise<void>;
  /** Straight into the database, one transaction: about 370 a second. */
  addObjects(objects: readonly SambaObject[]): Promise<void>;
  addUsers(users: readonly SambaUser[]): Promise<void>;
  /** An ordinary account; returns its SID. */
  createAccount(name: string, password: string): Promise<string>;
  /** Gives an account an extended right on an object (default: the domain). */
  grant(rightGuid: string, account: string, dn?: string): Promise<void>;
  revoke(rightGuid: string, account: string, dn?: string): Promise<void>;
  /** Adds or removes an ACE in SDDL, e.g. `(OA;CIIO;WP;<attribute>;<class>;%s)`; `%s` is the account's SID. */
  setAce(change: 'add' | 'remove', ace: string, account: string, dn?: string): Promise<void>;
  /** Attributes of the domain object, e.g. `{ lockoutThreshold: 3 }`. */
  setDomainPolicy(attributes: Readonly<Record<string, string | number>>): Promise<void>;
  /** What the server wrote. */
  log(): string;
  /** Ends the server (`kill`: as a power failure) and keeps its data. */
  down(how?: 'stop' | 'kill'): Promise<void>;
  /** Starts it again after `down`. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

export const ADMIN_PASSWORD = 'Passw0rd.of-the-lab';
const ADMIN_TOOL = join(import.meta.dirname, 'samba-admin.py');
const PYTHON = '/usr/bin/python3';

/** Starts a domain controller on a loopback address of its own. Needs root: the ports of a DC are fixed. */
export async function startSamba(options: SambaOptions = {}): Promise<Samba> {
  const realm = (options.realm ?? 'CORP.EXAMPLE.COM').toUpperCase();
  const domain = (options.domain ?? realm.split('.')[0] ?? realm).toUpperCase();
  if (process.getuid?.() !== 0) throw new Error('A Samba domain controller needs root (ports 88, 135, 389): use sudo.');
  await ensurePackages(['samba']);
  const bare = await provision(realm, domain, options.extendedSchema ?? false);
  const snapshot = options.population ? await populate(bare, realm, domain, options.population) : bare;
  const temp = tempDirectory('samba');
  const dir = join(temp.path, 'dc');
  await run('cp', ['-a', '--reflink=auto', snapshot, dir]);
  const claim = await claimLoopbackAddress();
  const { address } = claim;
  const host = `dc1.${realm.toLowerCase()}`;
  mkdirSync(join(dir, 'tls'));
  const tls = await makeCertificates(join(dir, 'tls'), [host, realm.toLowerCase()], [address]);
  const conf = writeConfiguration(dir, realm, domain, address, options, [
    `tls keyfile = ${tls.keyFile}`,
    `tls certfile = ${tls.certFile}`,
    `tls cafile = ${tls.caFile}`,
  ]);
  const boot = async (): Promise<ReturnType<typeof startServer>> => {
    const server = startServer('/usr/sbin/samba', ['-F', '--no-process-group', '-M', 'single', '-s', conf]);
    await waitFor(`Samba on ${address}`, async () => {
      if (server.exited) throw new Error(`Samba ended: ${server.output()}`);
      const env = { ...process.env, LDAPTLS_CACERT: tls.caFile };
      await run('ldapsearch', ['-x', '-H', `ldaps://${address}`, '-s', 'base', '-b', '', 'isSynchronized'], { env });
      return true;
    });
    return server;
  };
  let server = await boot();
  const baseDn = dcNames(realm);
  const adminUser = `Administrator@${realm.toLowerCase()}`;
  const database = join(dir, 'private/sam.ldb');
  const admin = (commands: readonly object[]): Promise<unknown[]> => runAdmin(conf, database, commands);
  const setAce: Samba['setAce'] = async (change, ace, account, dn) => {
    await admin([{ op: 'ace', ace, account, dn, remove: change === 'remove' }]);
  };
  const right = (guid: string): string => `(OA;;CR;${guid};;%s)`;
  const addObjects: Samba['addObjects'] = async (objects) => {
    await admin([{ op: 'add', objects }]);
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await claim.release();
    temp.remove();
  };
  return {
    url: `ldap://${address}`,
    ldapsUrl: `ldaps://${address}`,
    caPem: tls.caPem,
    caFile: tls.caFile,
    address,
    host,
    realm,
    domain,
    baseDn,
    adminDn: `CN=Administrator,CN=Users,${baseDn}`,
    adminUser,
    adminPassword: ADMIN_PASSWORD,
    dir,
    ldbsearch: (...args) => run('ldbsearch', ['-H', database, '-s', 'sub', ...args]),
    sambaTool: (...args) => run('samba-tool', [...args, '-s', conf]),
    ldapModify: async (ldif) => {
      const bind = ['-x', '-H', `ldaps://${address}`, '-D', adminUser, '-w', ADMIN_PASSWORD];
      await run('ldapmodify', bind, { input: ldif, env: { ...process.env, LDAPTLS_CACERT: tls.caFile } });
    },
    addObjects,
    addUsers: (users) => addObjects(users.map((user) => userObject(user, baseDn))),
    createAccount: async (name, password) => String((await admin([{ op: 'newUser', name, password }]))[0]),
    grant: (guid, account, dn) => setAce('add', right(guid), account, dn),
    revoke: (guid, account, dn) => setAce('remove', right(guid), account, dn),
    setAce,
    setDomainPolicy: async (attributes) => {
      await admin([{ op: 'domainSetting', attributes }]);
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

const dcNames = (realm: string): string =>
  realm
    .toLowerCase()
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');

export function userObject(user: SambaUser, baseDn: string): SambaObject {
  const cn = String(user.attributes?.cn ?? user.name).replace(/[\\,+"<>;=#]/g, (c) => `\\${c}`);
  return {
    dn: `CN=${cn},${user.parent ?? `CN=Users,${baseDn}`}`,
    attributes: {
      objectClass: 'user',
      sAMAccountName: user.name,
      // 512 with a password; 514 + 32 (disabled, no password needed) spares the policy check otherwise.
      userAccountControl: user.password === undefined ? 546 : 512,
      ...user.attributes,
    },
    ...(user.password === undefined ? {} : { password: user.password }),
  };
}

async function runAdmin(conf: string, database: string, commands: readonly object[]): Promise<unknown[]> {
  const output = await run(PYTHON, [ADMIN_TOOL], { input: JSON.stringify({ conf, database, commands }) });
  return JSON.parse(output) as unknown[];
}

function writeConfiguration(
  dir: string,
  realm: string,
  domain: string,
  address: string,
  options: SambaOptions,
  more: readonly string[] = [],
): string {
  const file = join(dir, 'smb.conf');
  const lines = [
    '[global]',
    'netbios name = DC1',
    `realm = ${realm}`,
    `workgroup = ${domain}`,
    'server role = active directory domain controller',
    'server services = ldap, cldap, kdc, rpc, drepl',
    `interfaces = ${address}/8`,
    'bind interfaces only = yes',
    `ldap server require strong auth = ${options.requireStrongAuth ? 'yes' : 'no'}`,
    `private dir = ${dir}/private`,
    `lock directory = ${dir}`,
    `state directory = ${dir}/state`,
    `cache directory = ${dir}/cache`,
    `binddns dir = ${dir}/bind-dns`,
    `pid directory = ${dir}`,
    `ncalrpc dir = ${dir}/ncalrpc`,
    `winbindd socket directory = ${dir}/winbindd`,
    `ntp signd socket directory = ${dir}/ntp-signd`,
    `log file = ${dir}/log.%m`,
    // A lab need not survive a power failure: without fsync every write is some ten times faster.
    'ldb:nosync = yes',
    ...more,
    ...(options.configuration ?? []),
    '[sysvol]',
    `path = ${dir}/state/sysvol`,
    'read only = no',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** The directory of a provisioned domain that was never started; made once per machine and set of options. */
async function provision(realm: string, domain: string, extendedSchema: boolean): Promise<string> {
  const version = (await run('/usr/sbin/samba', ['--version'])).trim();
  const recipe = [version, realm, domain, ADMIN_PASSWORD, extendedSchema ? EXCHANGE_SCHEMA : []];
  const tool = readFileSync(ADMIN_TOOL);
  const key = createHash('sha256').update(JSON.stringify(recipe)).update(tool).digest('hex').slice(0, 16);
  const cache = join(tmpdir(), 'causeway-samba-snapshots');
  mkdirSync(cache, { recursive: true });
  return madeOnce(join(cache, key), (dir) => provisionInto(dir, realm, domain, extendedSchema));
}

/** The snapshot with a population, next to the one without. */
async function populate(snapshot: string, realm: string, domain: string, population: Population): Promise<string> {
  const key = createHash('sha256').update(population.key).digest('hex').slice(0, 16);
  return madeOnce(`${snapshot}-${key}`, async (dir) => {
    await run('cp', ['-a', '--reflink=auto', snapshot, dir]);
    const conf = writeConfiguration(dir, realm, domain, '127.0.0.1', {});
    for (const objects of population.objects(dcNames(realm))) {
      await runAdmin(conf, join(dir, 'private/sam.ldb'), [{ op: 'add', objects }]);
    }
  });
}

async function madeOnce(ready: string, make: (dir: string) => Promise<void>): Promise<string> {
  if (existsSync(ready)) return ready;
  const dir = `${ready}.${process.pid}.${Date.now()}`;
  try {
    await make(dir);
    renameSync(dir, ready);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    // Another test process may have been quicker; its snapshot is as good as ours.
    if (!existsSync(ready)) throw error;
  }
  return ready;
}

async function provisionInto(dir: string, realm: string, domain: string, extendedSchema: boolean): Promise<void> {
  await run('samba-tool', [
    ...['domain', 'provision', `--realm=${realm}`, `--domain=${domain}`, '--server-role=dc', '--dns-backend=NONE'],
    ...[`--adminpass=${ADMIN_PASSWORD}`, `--targetdir=${dir}`, '--host-name=dc1', '--host-ip=127.0.0.1'],
  ]);
  if (!extendedSchema) return;
  const conf = writeConfiguration(dir, realm, domain, '127.0.0.1', {});
  await runAdmin(conf, join(dir, 'private/sam.ldb'), [{ op: 'schema', attributes: EXCHANGE_SCHEMA }]);
}
