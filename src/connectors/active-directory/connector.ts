/** Active Directory as a connected directory (active-directory.md, sections 0 to 6 and 10). */
import { resolveSrv } from 'node:dns/promises';
import { connectLdap } from '../../ldap/connect.ts';
import { dnKey } from '../../model/dn.ts';
import type { Connector } from '../contract.ts';
import { realSleep } from './change-hint.ts';
import type { ActiveDirectoryConfig } from './config.ts';
import { toConnectorError } from './errors.ts';
import { type DomainController, locate } from './locator.ts';
import { domainOfDn, readPartition } from './partitions.ts';
import { namingContext } from './root-dse.ts';
import { type AdSchema, readSchema, readSchemaVersion } from './schema.ts';
import { ActiveDirectorySession, type Environment, type OpenPartition } from './session.ts';

export interface ActiveDirectoryConnector extends Connector {
  open(signal: AbortSignal): Promise<ActiveDirectorySession>;
}

/** Schemas of forests, shared by all sessions of a connector; one is some 2 MB. */
type SchemaCache = Map<string, AdSchema>;

/** A connector for one forest, or for some domains of it. `environment` replaces the network and the clock in tests. */
export function createActiveDirectoryConnector(
  config: ActiveDirectoryConfig,
  environment: Partial<Environment> = {},
): ActiveDirectoryConnector {
  const world: Environment = {
    connectLdap,
    resolveSrv: (name) => resolveSrv(name),
    random: Math.random,
    now: Date.now,
    sleep: realSleep,
    ...environment,
  };
  const schemas: SchemaCache = new Map();
  /** Address last used, by partition. Only a preference: what an import needs is in its watermark. */
  const lastUsed = new Map<string, string>();
  return {
    name: config.name,
    type: 'active-directory',
    async open(signal) {
      const opened: OpenPartition[] = [];
      try {
        await openPartitions(config, world, lastUsed, opened, signal);
        const schema = await cachedSchema(schemas, (opened[0] as OpenPartition).dc);
        for (const { dc, partition } of opened) lastUsed.set(dnKey(partition.name), dc.url);
        return new ActiveDirectorySession(config, world, schema, opened, ({ name }, url) =>
          lastUsed.set(dnKey(name), url),
        );
      } catch (error) {
        await Promise.all([...new Set(opened.map(({ dc }) => dc))].map((dc) => dc.connection.close()));
        throw signal.aborted ? error : toConnectorError(error, 'start');
      }
    },
  };
}

/** Fills `opened`, so that what is open already can be closed if something fails. */
async function openPartitions(
  config: ActiveDirectoryConfig,
  world: Environment,
  lastUsed: ReadonlyMap<string, string>,
  opened: OpenPartition[],
  signal: AbortSignal,
): Promise<void> {
  const names: readonly (string | undefined)[] =
    config.partitions === undefined || config.partitions.length === 0
      ? [undefined]
      : config.partitions.map(({ base }) => base);
  for (const name of names) {
    const held = name && opened.find(({ dc }) => namingContext(dc.rootDse, name) !== undefined)?.dc;
    const dc = held || (await locate(config, world, wanted(name, lastUsed), signal));
    try {
      opened.push({ dc, partition: await readPartition(dc, name ?? dc.rootDse.defaultNamingContext) });
    } catch (error) {
      if (!held) await dc.connection.close();
      throw error;
    }
  }
}

function wanted(name: string | undefined, lastUsed: ReadonlyMap<string, string>) {
  const domain = name === undefined ? undefined : domainOfDn(name);
  const prefer = name === undefined ? [...lastUsed.values()][0] : lastUsed.get(dnKey(name));
  return {
    ...(name === undefined ? {} : { partition: name }),
    ...(domain === undefined ? {} : { domain }),
    ...(prefer === undefined ? {} : { prefer }),
  };
}

/** The schema as it is now: its version is asked for every time, the rest only when that changed. */
async function cachedSchema(cache: SchemaCache, dc: DomainController): Promise<AdSchema> {
  const version = await readSchemaVersion(dc.connection, dc.rootDse);
  const known = cache.get(version);
  if (known) return known;
  const schema = await readSchema(dc.connection, dc.rootDse);
  cache.clear();
  cache.set(version, schema);
  return schema;
}
