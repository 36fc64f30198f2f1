/** What the configuration says of password hash synchronization: which connectors, which account, which servers. */
import { resolveSrv } from 'node:dns/promises';
import type { SrvRecord } from '../../connectors/active-directory/config.ts';
import { orderRecords } from '../../connectors/active-directory/locator.ts';
import { domainOfDn } from '../../connectors/active-directory/partitions.ts';
import { ReplicationError } from '../../connectors/active-directory/replication/errors.ts';
import type { ReplicationCredential } from '../../passwords/process-protocol.ts';
import { ConfigurationError, type LoadedConfiguration, readSecret } from '../configuration/configuration.ts';
import type { ActiveDirectoryConfiguration, EntraConfiguration } from '../configuration/schema.ts';

export interface PasswordConfiguration {
  readonly connector: ActiveDirectoryConfiguration;
  readonly cloud: EntraConfiguration;
  readonly bind: ActiveDirectoryConfiguration['bind'];
  /** Whether the account is another than the one that imports. */
  readonly hasOwnAccount: boolean;
  readonly excludeAdminCount: boolean;
  readonly excludeCloudAdministrators: boolean;
  readonly port?: number;
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

/** The connectors whose passwords are synchronized. Throws a ConfigurationError if it is unclear where to. */
export function passwordConfigurations(config: LoadedConfiguration): PasswordConfiguration[] {
  const { connectors } = config.settings;
  const sources = connectors.filter((c) => c.type === 'active-directory' && c.passwordHashSync);
  if (sources.length === 0) return [];
  const clouds = connectors.flatMap((c) => (c.type === 'entra' && c.dialect === 'sync' ? [c] : []));
  return sources.flatMap((c) => {
    if (c.type !== 'active-directory') return [];
    return [passwordConfiguration(c, cloudOf(config, c, clouds))];
  });
}

/**
 * Where the passwords of a connector go: one cloud, which is named if there are several. To guess, or to send them
 * everywhere, would hand passwords to a tenant that nobody chose.
 */
function cloudOf(
  config: LoadedConfiguration,
  c: ActiveDirectoryConfiguration,
  clouds: readonly EntraConfiguration[],
): EntraConfiguration {
  const wanted = typeof c.passwordHashSync === 'object' ? c.passwordHashSync.cloud : undefined;
  const candidates = wanted === undefined ? clouds : clouds.filter(({ name }) => name === wanted);
  const [cloud, other] = candidates;
  if (cloud && !other) return cloud;
  const names = clouds.map(({ name }) => `"${name}"`).join(', ');
  const need = `${config.file}: "${c.name}" synchronizes password hashes, which needs a connector of the type entra with the dialect "sync"`;
  if (clouds.length === 0) throw new ConfigurationError([`${need}; there is none.`]);
  throw new ConfigurationError([
    wanted === undefined
      ? `${need}; there are several (${names}): name the one that gets the passwords with "passwordHashSync: { cloud: … }".`
      : `${need}; "${wanted}" is none of them (${names}).`,
  ]);
}

function passwordConfiguration(c: ActiveDirectoryConfiguration, cloud: EntraConfiguration): PasswordConfiguration {
  const given = typeof c.passwordHashSync === 'object' ? c.passwordHashSync : {};
  return {
    connector: c,
    cloud,
    bind: given.bind ?? c.bind,
    hasOwnAccount: given.bind !== undefined,
    excludeAdminCount: given.excludeAdminCount === true,
    excludeCloudAdministrators: given.excludeCloudAdministrators !== false,
    ...(given.port === undefined ? {} : { port: given.port }),
    ...(given.runAs === undefined ? {} : { runAs: given.runAs }),
  };
}

/**
 * The credential, read when the replication process starts and kept by nobody here. Throws a ReplicationError, because
 * a wrong account must be told as the failure of the channel and not stop the engine.
 */
export function replicationCredential(config: LoadedConfiguration, c: PasswordConfiguration): ReplicationCredential {
  const { user, password } = c.bind;
  const refuse = (message: string, remedy: string) =>
    new ReplicationError('ad-bind-failed', message, { endpoint: 'replication process', retry: 'never', remedy });
  if (user.includes('=')) {
    throw refuse(
      `The account "${user}" of ${c.connector.name} is given as a distinguished name, with which nobody can sign in for replication.`,
      'Write it as user@domain or DOMAIN\\user, or give an account of its own under passwordHashSync: { bind: … }.',
    );
  }
  const at = user.indexOf('\\');
  try {
    const secret = readSecret(config, password, `password of ${user}`);
    return { domain: at < 0 ? '' : user.slice(0, at), user: user.slice(at + 1), password: secret };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw refuse(error.message, 'Set it and start the service again.');
  }
}

/** Domains of a connector: the partitions that are configured, or else those that imports have found. */
export function domainsOf(c: PasswordConfiguration, known: readonly { readonly name: string }[]): string[] {
  const bases = c.connector.partitions?.map((p) => p.base) ?? known.map((p) => p.name);
  return bases.filter((base) => domainOfDn(base) !== undefined && !/^DC=(Domain|Forest)DnsZones,/i.test(base));
}

export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>;

/** Domain controllers of a domain in order of preference. Rejects with the error of DNS. */
export async function serversOf(
  c: PasswordConfiguration,
  namingContext: string,
  resolve: ResolveSrv = resolveSrv,
): Promise<string[]> {
  const domain = (domainOfDn(namingContext) ?? '').toLowerCase();
  if (c.connector.servers) {
    const hosts = c.connector.servers.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
    // Of several domains every controller holds only its own: those that are named after the domain come first.
    const isOwn = (host: string): boolean => host.toLowerCase().replace(/^[^.]+\./, '') === domain;
    return [...hosts.filter(isOwn), ...hosts.filter((host) => !isOwn(host))];
  }
  const { site, preferredServers: preferred = [] } = c.connector;
  const near = site === undefined ? [] : await ofSite(`_ldap._tcp.${site}._sites.dc._msdcs.${domain}`, resolve);
  const records = [...near, ...orderRecords(await resolve(`_ldap._tcp.dc._msdcs.${domain}`), Math.random)];
  const found = [...new Set(records.map((r) => r.name.replace(/\.$/, '')))];
  const isPreferred = (host: string): boolean => preferred.some((p) => p.toLowerCase() === host.toLowerCase());
  return [...found.filter(isPreferred), ...found.filter((host) => !isPreferred(host))];
}

/** A site without a controller of its own has no such record, and those of the domain serve. */
async function ofSite(name: string, resolve: ResolveSrv): Promise<readonly SrvRecord[]> {
  try {
    return orderRecords(await resolve(name), Math.random);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw error;
  }
}
