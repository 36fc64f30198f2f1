/** Connectors made from configuration: the one place that knows every kind of them. */
import { readFileSync } from 'node:fs';
import { defaultObjectClasses } from '../../connectors/active-directory/config.ts';
import { createActiveDirectoryConnector } from '../../connectors/active-directory/connector.ts';
import type { Connector } from '../../connectors/contract.ts';
import { createEntraGraphConnector, type GraphCredential } from '../../connectors/entra/graph.ts';
import { createEntraSyncConnector } from '../../connectors/entra/sync.ts';
import { createLdifConnector } from '../../connectors/ldif/ldif.ts';
import type { ConnectorSettings } from '../../sync/context.ts';
import { activeDirectoryOptions } from '../configuration/active-directory.ts';
import { ConfigurationError, type LoadedConfiguration, pathOf, readSecret } from '../configuration/configuration.ts';
import { forecastOf, graphOptions } from '../configuration/graph.ts';
import type {
  ActiveDirectoryConfiguration,
  ConnectorConfiguration,
  EntraConfiguration,
  LdifConfiguration,
} from '../configuration/schema.ts';

export type ConnectorFetch = (request: Request) => Promise<Response>;

/** All connectors of the configuration in its order. Throws a ConfigurationError for a missing secret or file. */
export const makeConnectors = (
  config: LoadedConfiguration,
  options: { fetch?: ConnectorFetch } = {},
): ConnectorSettings[] => config.settings.connectors.map((c) => settingsOf(c, makeConnector(config, c, options)));

/** The same for whoever only reads the state: no secret is needed, and none of them can be opened. */
export const describeConnectors = (config: LoadedConfiguration): ConnectorSettings[] =>
  config.settings.connectors.map((c) =>
    settingsOf(c, {
      name: c.name,
      type: c.type,
      ...(c.type === 'entra' && c.dialect ? { dialect: c.dialect } : {}),
      open: () => Promise.reject(new TypeError(`${c.name} was opened by a command that only reads the state`)),
      ...(c.type === 'entra' && c.dialect === 'graph' ? { forecastExport: forecastOf(c) } : {}),
    }),
  );

const settingsOf = (c: ConnectorConfiguration, connector: Connector): ConnectorSettings => ({
  connector,
  objectTypes: c.type === 'entra' ? [] : (c.objectClasses ?? defaultObjectClasses),
  partitions:
    c.type === 'entra'
      ? []
      : (c.partitions ?? []).map((p) => ({ name: p.base, include: p.include ?? [], exclude: p.exclude ?? [] })),
  ...(c.type !== 'entra' && c.groupFilter ? { groupFilter: c.groupFilter } : {}),
});

function makeConnector(
  config: LoadedConfiguration,
  c: ConnectorConfiguration,
  options: { fetch?: ConnectorFetch },
): Connector {
  switch (c.type) {
    case 'active-directory':
      return activeDirectory(config, c);
    case 'ldif':
      return ldif(config, c);
    case 'entra':
      return entra(config, c, options);
  }
}

function activeDirectory(config: LoadedConfiguration, c: ActiveDirectoryConfiguration): Connector {
  const ca = c.tls?.ca === undefined ? undefined : readPem(config, c.tls.ca, `the authorities of ${c.name}`);
  return createActiveDirectoryConnector({
    name: c.name,
    bind: {
      user: c.bind.user,
      password: readSecret(config, c.bind.password, `password of ${c.bind.user}`),
      ...(c.bind.method ? { method: c.bind.method } : {}),
    },
    ...activeDirectoryOptions(c, ca),
    ...(c.partitions ? { partitions: c.partitions.map((p) => ({ base: p.base })) } : {}),
    ...(c.objectClasses ? { objectClasses: c.objectClasses } : {}),
  });
}

function ldif(config: LoadedConfiguration, c: LdifConfiguration): Connector {
  return createLdifConnector({
    name: c.name,
    path: pathOf(config, c.path),
    ...(c.partitions ? { bases: c.partitions.map((p) => p.base) } : {}),
    ...(c.parameters ? { parameters: c.parameters } : {}),
  });
}

function entra(config: LoadedConfiguration, c: EntraConfiguration, options: { fetch?: ConnectorFetch }): Connector {
  if (c.dialect === 'graph') return entraGraph(config, c, options);
  if (!('secret' in c.credential))
    throw new ConfigurationError([
      `The connector "${c.name}" speaks the dialect "sync", which signs in with a secret; give credential: { secret: … }.`,
    ]);
  return createEntraSyncConnector({
    name: c.name,
    url: c.url ?? '',
    tenantId: c.tenantId,
    clientId: c.clientId,
    secret: readSecret(config, c.credential.secret, `client secret of ${c.name}`),
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(c.tls?.ca ? { ca: readPem(config, c.tls.ca, `the authorities of ${c.name}`) } : {}),
  });
}

function entraGraph(
  config: LoadedConfiguration,
  c: EntraConfiguration,
  options: { fetch?: ConnectorFetch },
): Connector {
  return createEntraGraphConnector({
    name: c.name,
    tenantId: c.tenantId,
    clientId: c.clientId,
    credential: graphCredential(config, c),
    ...graphOptions(c, config.settings.rules.devices !== false),
    ...(c.url ? { url: c.url } : {}),
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(c.tls?.ca ? { ca: readPem(config, c.tls.ca, `the authorities of ${c.name}`) } : {}),
  });
}

function graphCredential(config: LoadedConfiguration, { name, credential }: EntraConfiguration): GraphCredential {
  if ('secret' in credential) return { secret: readSecret(config, credential.secret, `client secret of ${name}`) };
  if ('certificate' in credential)
    return { certificate: readPem(config, credential.certificate, `the certificate of ${name}`) };
  if ('federatedToken' in credential) return { federatedTokenFile: pathOf(config, credential.federatedToken) };
  return credential;
}

function readPem(config: LoadedConfiguration, path: string, what: string): string {
  try {
    return readFileSync(pathOf(config, path), 'utf8');
  } catch (error) {
    throw new ConfigurationError([
      `The file ${pathOf(config, path)} with ${what} cannot be read (${(error as NodeJS.ErrnoException).code ?? error}).`,
    ]);
  }
}
