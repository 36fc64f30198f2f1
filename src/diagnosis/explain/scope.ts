/**
 * The gates before the connector space: is the domain configured, is the container selected, is the type selected
 * (operations s.6.2, checks 3 to 5). Decided from the DN alone, so that it also works for what was never imported.
 */
import { structuralTypes } from '../../connector-space/scope.ts';
import { dnKey, isAtOrBelow } from '../../model/dn.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { ClosedGate, ConfigurationPlace, ExplainNode } from './model.ts';

/** Tells file and line of a place of the configuration, if the caller has the file. */
export type Locate = (path: readonly (string | number)[]) => string | undefined;

export interface ScopeVerdict {
  readonly connector?: EngineConnector;
  readonly partition?: string;
  readonly nodes: readonly ExplainNode[];
  readonly closed?: ClosedGate;
}

/** Connectors that bring identities in: all but the clouds. */
export const sourcesOfEngine = (engine: Engine): readonly EngineConnector[] =>
  engine.all.filter((c) => c.settings.connector.type !== 'entra');

/** Partitions of a connector: the configured ones, otherwise those it opened so far. */
const partitionsOf = (engine: Engine, c: EngineConnector): readonly string[] =>
  c.settings.partitions.length > 0
    ? c.settings.partitions.map((p) => p.name)
    : engine.store.records.partitions(c.row.id).map((p) => p.name);

const isDn = (name: string): boolean => name.includes('=');

/** The connector and the partition that an object with this DN belongs to; the longest naming context wins. */
export function homeOf(engine: Engine, dn: string): { connector: EngineConnector; partition: string } | undefined {
  const key = dnKey(dn);
  let best: { connector: EngineConnector; partition: string; length: number } | undefined;
  for (const connector of sourcesOfEngine(engine)) {
    for (const partition of partitionsOf(engine, connector)) {
      // A file or another directory without naming contexts takes whatever no naming context claims.
      const length = isDn(partition) ? (isAtOrBelow(key, dnKey(partition)) ? partition.length : -1) : 0;
      if (length >= 0 && (!best || length > best.length)) best = { connector, partition, length };
    }
  }
  return best;
}

/** Whether the configuration lets an object in; `type` undefined if it is not known. */
export function explainScope(engine: Engine, dn: string, type: string | undefined, locate?: Locate): ScopeVerdict {
  const home = homeOf(engine, dn);
  if (!home) return outsideEveryDomain(engine, dn);
  const { connector, partition } = home;
  const name = connector.row.name;
  const nodes: ExplainNode[] = [
    { state: 'ok', title: `${name} covers it: partition ${partition}`, facts: { connector: name, partition } },
  ];
  const container = containerGate(engine, connector, partition, dn, locate);
  nodes.push(container.node);
  if (container.closed && !(type !== undefined && structuralTypes.has(type)))
    return { connector, partition, nodes, closed: container.closed };
  if (type === undefined) return { connector, partition, nodes };
  const selected = typeGate(engine, connector, type, locate);
  nodes.push(selected.node);
  return { connector, partition, nodes, ...(selected.closed ? { closed: selected.closed } : {}) };
}

function outsideEveryDomain(engine: Engine, dn: string): ScopeVerdict {
  const known = sourcesOfEngine(engine).flatMap((c) => partitionsOf(engine, c).map((p) => `${c.row.name}: ${p}`));
  const reason = `No configured connector covers ${dn}. ${known.length > 0 ? `Covered are ${known.join('; ')}.` : 'No directory is configured.'}`;
  return {
    nodes: [{ state: 'none', title: 'No connector covers this domain', facts: { covered: known } }],
    closed: {
      gate: 'domain',
      code: 'domain-not-in-scope',
      state: 'closed',
      reason,
      remedy: 'Add a connector or a partition for this domain to the configuration.',
      configuration: { path: ['connectors'], value: known.join('; ') },
    },
  };
}

function containerGate(
  engine: Engine,
  connector: EngineConnector,
  partition: string,
  dn: string,
  locate: Locate | undefined,
): { node: ExplainNode; closed?: ClosedGate } {
  const decided = connector.scopeOf(partition)?.decidedBy(dnKey(dn));
  if (!decided || decided.kind === 'include') {
    const by = decided ? `container ${decided.dn} is selected` : 'the whole partition is selected';
    return { node: { state: 'ok', title: `The ${by}`.replace('The the', 'The') } };
  }
  const configuration = placeOfContainer(engine, connector, partition, decided, locate);
  const reason =
    decided.kind === 'exclude'
      ? `${dn} lies in ${decided.dn}, which the configuration of ${connector.row.name} excludes.`
      : `${dn} lies in no container that the configuration of ${connector.row.name} includes.`;
  return {
    node: { state: 'none', title: reason, facts: { path: configuration.path.join('.'), value: configuration.value } },
    closed: {
      gate: 'container',
      code: 'ou-not-in-scope',
      state: 'closed',
      reason,
      remedy:
        decided.kind === 'exclude'
          ? `Take ${decided.dn} out of "exclude", or include a container below it.`
          : 'Add its container to "include".',
      connector: connector.row.name,
      configuration,
    },
  };
}

function placeOfContainer(
  engine: Engine,
  connector: EngineConnector,
  partition: string,
  decided: { readonly kind: 'exclude' | 'outside' | 'include'; readonly dn: string },
  locate: Locate | undefined,
): ConfigurationPlace {
  const at = connector.settings.partitions.findIndex((p) => p.name.toLowerCase() === partition.toLowerCase());
  const settings = connector.settings.partitions[at];
  const base = ['connectors', engine.all.indexOf(connector), 'partitions', at];
  const key = dnKey(decided.dn);
  const index = settings?.exclude.findIndex((dn) => dnKey(dn) === key) ?? -1;
  const path = decided.kind === 'exclude' ? [...base, 'exclude', index] : [...base, 'include'];
  const value = decided.kind === 'exclude' ? decided.dn : (settings?.include ?? []).join('; ');
  return placed(path, value, locate);
}

export function placed(path: readonly (string | number)[], value: string, locate?: Locate): ConfigurationPlace {
  const at = locate?.(path);
  return { path, value, ...(at === undefined ? {} : { at }) };
}

function typeGate(
  engine: Engine,
  connector: EngineConnector,
  type: string,
  locate: Locate | undefined,
): { node: ExplainNode; closed?: ClosedGate } {
  const { objectTypes } = connector.settings;
  if (objectTypes.length === 0 || objectTypes.includes(type) || structuralTypes.has(type))
    return { node: { state: 'ok', title: `The object type ${type} is selected` } };
  const reason = `Objects of type ${type} are not selected for ${connector.row.name}; selected are ${objectTypes.join(', ')}.`;
  const path = ['connectors', engine.all.indexOf(connector), 'objectClasses'];
  return {
    node: { state: 'none', title: reason },
    closed: {
      gate: 'object-type',
      code: 'object-type-not-selected',
      state: 'closed',
      reason,
      remedy: `Add ${type} to "objectClasses" of the connector.`,
      connector: connector.row.name,
      configuration: placed(path, objectTypes.join(', '), locate),
    },
  };
}
