/** What every step of a cycle works with. Everything from outside comes in here, so that tests can move it. */
import { type ContainerScope, containerScope } from '../connector-space/scope.ts';
import type { AttributeSchema, Connector } from '../connectors/contract.ts';
import type { CompiledRuleSet } from '../rules/compile.ts';
import type { CompiledRule } from '../rules/compiled.ts';
import type { EvaluationContext } from '../rules/evaluation.ts';
import type { ConnectorRow, PartitionRow } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export interface PartitionSettings {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}
export interface ConnectorSettings {
  readonly connector: Connector;
  readonly objectTypes: readonly string[];
  /** Containers by partition; a partition that is not listed is wholly in scope. */
  readonly partitions: readonly PartitionSettings[];
  /** DN of the group whose direct members alone are in scope; absent: no such filter. */
  readonly groupFilter?: string;
}

/** Progress of a step, for the bar and the console. */
export interface Progress {
  readonly connector: string;
  readonly step: string;
  readonly done: number;
  /** Absent while it cannot be known. */
  readonly total?: number;
  /** Epoch ms at which the whole export will be over as far as the target's limits go; absent if it has none. */
  readonly finishesAt?: number;
}

export interface Limits {
  /** A full import that loses more than this share of a partition stages nothing. */
  readonly collapseShare: number;
  /** … if it loses at least so many objects. */
  readonly collapseObjects: number;
  /** Deletes to one target in one export; more stop it before anything is written. 0: no limit. */
  readonly deletionThreshold: number;
  /** Object errors that stop a run (sync-engine s.1.5). */
  readonly errorLimit: number;
}
export const defaultLimits: Limits = {
  collapseShare: 0.2,
  collapseObjects: 10,
  deletionThreshold: 500,
  errorLimit: 5000,
};

export interface EngineEnvironment {
  readonly store: Store;
  readonly connectors: readonly ConnectorSettings[];
  readonly ruleSet: CompiledRuleSet;
  readonly limits: Limits;
  readonly staging: boolean;
  /** How many objects a synchronization reads at once and changes in one transaction; tests make them few. */
  readonly pages?: { readonly read: number; readonly transaction: number };
  /** Milliseconds since 1970. */
  now(): number;
  random(): number;
  guid(): string;
  /** Waits; tests make it return at once. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  log(level: 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>): void;
  progress(progress: Progress): void;
  /** Throws when this process may not write any more (law 5). Asked before every batch that leaves. */
  assertLease(): void;
  /** Approval of one plan of deletes, by its hash (law 5). */
  isApproved(planHash: string): boolean;
}

/** One connector as the engine sees it: settings, its row, what the last open said of its schema and parameters. */
export interface EngineConnector {
  readonly settings: ConnectorSettings;
  readonly row: ConnectorRow;
  readonly attributes: ReadonlyMap<string, AttributeSchema>;
  /** Attributes by which its objects are looked up. */
  readonly keys: ReadonlySet<string>;
  /** Nothing flows to a directory that cannot be written. */
  readonly canExport: boolean;
  /** Whether the name is one of those that are there as soon as they are written (`ConnectorSchema.openNames`). */
  isOpen(name: string): boolean;
  partitionOf(id: number | null): PartitionRow | undefined;
  scopeOf(partition: string): ContainerScope | undefined;
  evaluation(partition: number | null): EvaluationContext;
}

export interface Engine extends EngineEnvironment {
  readonly byId: ReadonlyMap<number, EngineConnector>;
  readonly all: readonly EngineConnector[];
  /** Attributes by which metaverse objects are looked up. */
  readonly metaverseKeys: ReadonlySet<string>;
  /** The rule that is stored as this number; undefined if the rule set has it no more. */
  ruleByNumber(number: number): CompiledRule | undefined;
  ruleNumber(rule: CompiledRule): number;
}

interface StoredFacts {
  readonly attributes: readonly AttributeSchema[];
  readonly parameters: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly canExport: boolean;
  readonly openNames?: string;
}
const factsKey = (connector: string): string => `connector-facts:${connector}`;

/** Keeps what a session said of itself, because synchronization runs without a connection. */
export function storeFacts(store: Store, connector: string, facts: StoredFacts): void {
  const text = JSON.stringify(facts);
  if (store.records.setting(factsKey(connector)) !== text) store.records.setSetting(factsKey(connector), text);
}

/** Always looked up, so that an administrator finds an object by what she knows of it. */
const searchKeys = ['userPrincipalName', 'accountName', 'mail', 'displayName', 'mailNickname', 'sourceAnchor'];
const connectorSearchKeys = ['userPrincipalName', 'sAMAccountName', 'mail', 'sourceAnchor'];

/** Binds an environment to the rows of its store. Call again after an import: schema and parameters may have changed. */
export function createEngine(env: EngineEnvironment): Engine {
  const all = env.connectors.map((settings) => engineConnector(env, settings));
  const rules = new Map(env.ruleSet.rules.map((r) => [env.store.rules.id(r.id), r]));
  const numbers = new Map([...rules].map(([number, r]) => [r, number]));
  return {
    ...env,
    all,
    ruleByNumber: (number) => rules.get(number),
    ruleNumber: (rule) => numbers.get(rule) ?? env.store.rules.id(rule.id),
    byId: new Map(all.map((c) => [c.row.id, c])),
    metaverseKeys: new Set([...env.ruleSet.metaverseJoinAttributes(), ...searchKeys]),
  };
}

function engineConnector(env: EngineEnvironment, settings: ConnectorSettings): EngineConnector {
  const row = env.store.records.connector(settings.connector.name, settings.connector.type);
  const partitions = new Map(env.store.records.partitions(row.id).map((p) => [p.id, p]));
  const text = env.store.records.setting(factsKey(settings.connector.name));
  const facts: StoredFacts = text
    ? (JSON.parse(text) as StoredFacts)
    : { attributes: [], parameters: {}, canExport: true };
  const scopes = new Map(
    settings.partitions.map((p) => [
      p.name.toLowerCase(),
      containerScope({ base: p.name, include: p.include, exclude: p.exclude }),
    ]),
  );
  const open = facts.openNames === undefined ? undefined : new RegExp(facts.openNames, 'i');
  // Asked for every object; there are as many names as the rules have.
  const asked = new Map<string, boolean>();
  const contexts = new Map<number | null, EvaluationContext>();
  const context = (partition: number | null): EvaluationContext => ({
    parameters: {
      'Connector.ID': settings.connector.name,
      'Connector.GroupFilteringGroupDn': settings.groupFilter ?? '',
      ...(facts.parameters[partitions.get(partition ?? -1)?.name ?? ''] ?? {}),
    },
    now: env.now,
    random: env.random,
    guid: env.guid,
  });
  return {
    settings,
    row,
    canExport: facts.canExport,
    keys: new Set([...env.ruleSet.joinAttributes(settings.connector.name), ...connectorSearchKeys]),
    attributes: new Map(facts.attributes.map((a) => [a.name, a])),
    isOpen(name) {
      let found = asked.get(name);
      if (found === undefined) {
        found = open?.test(name) === true;
        asked.set(name, found);
      }
      return found;
    },
    partitionOf: (id) => (id === null ? undefined : partitions.get(id)),
    scopeOf: (partition) => scopes.get(partition.toLowerCase()),
    evaluation(partition) {
      let found = contexts.get(partition);
      if (!found) {
        found = context(partition);
        contexts.set(partition, found);
      }
      return found;
    },
  };
}
