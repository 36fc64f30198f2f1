/** Finding a domain controller to talk to (active-directory s.1.1). */
import { parseLdapUrl } from '../../ldap/endpoint.ts';
import { LdapError } from '../../ldap/errors.ts';
import type { LdapBind, LdapConnection, LdapConnectOptions } from '../../ldap/types.ts';
import { ConnectorError } from '../contract.ts';
import type { ActiveDirectoryConfig, SrvRecord } from './config.ts';
import { configurationError, noDomainController, toConnectorError } from './errors.ts';
import { namingContext, type RootDse, readInvocationId, readRootDse } from './root-dse.ts';

/** A domain controller with an open, signed-in connection. */
export interface DomainController extends AsyncDisposable {
  readonly url: string;
  readonly connection: LdapConnection;
  readonly rootDse: RootDse;
  readonly invocationId: string;
}

/** The network, so that tests can be without one. */
export interface Network {
  readonly connectLdap: (options: LdapConnectOptions) => Promise<LdapConnection>;
  readonly resolveSrv: (name: string) => Promise<readonly SrvRecord[]>;
  /** At least 0, less than 1. */
  readonly random: () => number;
}

export interface Wanted {
  /** DN of a naming context that the server must hold; absent: its own domain. */
  readonly partition?: string;
  /** DNS name of the domain, if it is another than the configured one. */
  readonly domain?: string;
  /** Address of the server used last time: tried first if it is one of the candidates. */
  readonly prefer?: string;
}

/**
 * A domain controller that holds the partition and is in step with its peers. Throws a ConnectorError: at once for
 * refused credentials (every further try would count towards a lock-out), otherwise when nobody is left.
 */
export async function locate(
  config: ActiveDirectoryConfig,
  network: Network,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<DomainController> {
  const candidates = preferred(await findCandidates(config, network, wanted), wanted.prefer);
  const tried: { url: string; error: unknown }[] = [];
  let readOnly: DomainController | undefined;
  for (const url of candidates) {
    signal.throwIfAborted();
    try {
      const found = await openServer(url, config, network, wanted.partition);
      if (!found.rootDse.isReadOnly) {
        await readOnly?.connection.close();
        return found;
      }
      // A read-only controller lacks what is filtered from it and takes no writes: only if there is no other.
      if (readOnly) await found.connection.close();
      else readOnly = found;
    } catch (error) {
      if (error instanceof LdapError && (error.reason === 'invalid-credentials' || error.reason === 'refused')) {
        throw toConnectorError(error, 'start');
      }
      if (!(error instanceof LdapError || error instanceof ConnectorError)) throw error;
      tried.push({ url, error });
    }
  }
  if (readOnly) return readOnly;
  const codes = new Set(tried.map(({ error }) => (error instanceof ConnectorError ? error.code : '')));
  const first = tried[0];
  if (first && (tried.length === 1 || (codes.size === 1 && codes.has('partition-missing')))) {
    throw toConnectorError(first.error, 'start');
  }
  throw noDomainController(`No domain controller of ${config.name} can be used`, tried);
}

/** Addresses in the order in which they are tried. */
async function findCandidates(config: ActiveDirectoryConfig, network: Network, wanted: Wanted): Promise<string[]> {
  if (config.servers !== undefined && config.servers.length > 0) return [...config.servers];
  const domain = wanted.domain ?? config.domain;
  if (domain === undefined) {
    throw configurationError(
      `The connector ${config.name} says neither which servers to use nor which domain to look for.`,
      'Write "servers: [ldaps://dc1.example.com]" or "domain: example.com" into causeway.yaml.',
    );
  }
  const names = [`_ldap._tcp.dc._msdcs.${domain}`];
  if (config.site !== undefined) names.unshift(`_ldap._tcp.${config.site}._sites.dc._msdcs.${domain}`);
  const isPreferred = (url: string): boolean =>
    config.preferredServers?.some((host) => host.toLowerCase() === parseLdapUrl(url).host.toLowerCase()) ?? false;
  const urls = new Set<string>();
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      for (const record of orderRecords(await network.resolveSrv(name), network.random)) {
        urls.add(addressOf(record, config));
      }
    } catch (error) {
      failures.push(error);
    }
  }
  const found = [...urls];
  if (found.length > 0) return [...found.filter(isPreferred), ...found.filter((url) => !isPreferred(url))];
  const why = failures.length === 0 ? 'it has no such records' : failures.map(String).join('; ');
  throw new ConnectorError(
    failures.length === 0 ? 'no-domain-controller' : 'dns-failure',
    `DNS names no domain controller of ${domain} (${names.join(', ')}): ${why}.`,
    {
      status: 'no-start-no-domain-controller',
      remedy: 'Let this machine use the DNS servers of the domain, or name the controllers under "servers".',
      cause: failures[0],
    },
  );
}

/** The record says where plain LDAP is; LDAPS has its own port. */
function addressOf(record: SrvRecord, config: ActiveDirectoryConfig): string {
  const host = record.name.replace(/\.$/, '');
  const isPlain = config.tls?.startTls === true || config.bind.method === 'ntlm';
  return isPlain ? `ldap://${host}:${record.port}` : `ldaps://${host}`;
}

/** Records by priority; within one priority at random, the more often first the greater the weight (RFC 2782). */
export function orderRecords(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  for (const priority of [...new Set(records.map((r) => r.priority))].sort((a, b) => a - b)) {
    const left = records.filter((r) => r.priority === priority);
    while (left.length > 0) {
      const total = left.reduce((sum, r) => sum + r.weight, 0);
      let pick = Math.floor(random() * (total + 1));
      let at = left.findIndex((r) => {
        pick -= r.weight;
        return pick <= 0;
      });
      if (at < 0) at = left.length - 1;
      ordered.push(...left.splice(at, 1));
    }
  }
  return ordered;
}

function preferred(candidates: readonly string[], prefer: string | undefined): readonly string[] {
  if (prefer === undefined || !candidates.includes(prefer)) return candidates;
  return [prefer, ...candidates.filter((url) => url !== prefer)];
}

async function openServer(
  url: string,
  config: ActiveDirectoryConfig,
  network: Network,
  partition: string | undefined,
): Promise<DomainController> {
  const connection = await network.connectLdap(connectOptions(url, config));
  try {
    const rootDse = await readRootDse(connection);
    checkServer(url, rootDse, partition);
    const invocationId = await readInvocationId(connection, rootDse.dsServiceName);
    return { url, connection, rootDse, invocationId, [Symbol.asyncDispose]: () => connection.close() };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function checkServer(url: string, rootDse: RootDse, partition: string | undefined): void {
  if (!rootDse.isActiveDirectory) {
    throw configurationError(
      `${url} is no Active Directory domain controller${rootDse.vendor === '' ? '' : ` but ${rootDse.vendor}`}.`,
      'Use a connector of type ldap for it, or correct "servers".',
    );
  }
  if (!rootDse.isSynchronized) {
    throw new ConnectorError('server-not-synchronized', `${url} has not caught up with its peers yet.`, {
      status: 'no-start-no-domain-controller',
      remedy: 'Wait until its initial replication is done, or use another domain controller.',
    });
  }
  if (partition !== undefined && namingContext(rootDse, partition) === undefined) {
    const held = rootDse.namingContexts.join('; ');
    throw new ConnectorError(
      'partition-missing',
      `${url} holds no partition "${partition}"; it holds: ${held}. The base of a partition is a naming context; an organizational unit goes under "include".`,
      { status: 'no-start-partition-delete', remedy: 'Correct "partitions" of the connector in causeway.yaml.' },
    );
  }
}

function connectOptions(url: string, config: ActiveDirectoryConfig): LdapConnectOptions {
  const { tls } = config;
  return {
    url,
    connectTimeoutMs: config.connectTimeoutMs ?? 5000,
    idleTimeoutMs: config.idleTimeoutMs ?? 120_000,
    bind: bindOf(config),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.startTls === undefined ? {} : { startTls: tls.startTls }),
    ...(tls?.serverName === undefined ? {} : { serverName: tls.serverName }),
    ...(tls?.fingerprints === undefined ? {} : { fingerprints: tls.fingerprints }),
    ...(config.allowClearTextPassword === undefined ? {} : { allowClearTextPassword: config.allowClearTextPassword }),
  };
}

function bindOf({ bind }: ActiveDirectoryConfig): LdapBind {
  if (bind.method !== 'ntlm') return { kind: 'simple', user: bind.user, password: bind.password };
  const at = bind.user.indexOf('\\');
  // A user principal name goes without a domain (active-directory s.7.3).
  return at < 0
    ? { kind: 'ntlm', domain: '', user: bind.user, password: bind.password }
    : { kind: 'ntlm', domain: bind.user.slice(0, at), user: bind.user.slice(at + 1), password: bind.password };
}
