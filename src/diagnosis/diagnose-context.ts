/** What a detector works with: the state (read only), facts of the configuration, and live connections on demand. */
import type { ConnectorSession } from '../connectors/contract.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { LinkRow } from '../store/metaverse.ts';
import type { ErrorPhase } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Engine, EngineConnector } from '../sync/context.ts';
import type { Probes } from './connectivity/connectivity.ts';
import type { LiveDirectory, LiveTenant } from './connectivity/live.ts';
import type { PasswordSystemFacts } from './detectors/passwords.ts';
import type { Finding, FindingFacts } from './findings/finding.ts';

/** What is true of the system besides its store. Everything that is absent is not looked at. */
export interface SystemFacts {
  readonly staging: boolean;
  /** What the configuration says of password hash synchronization. */
  readonly passwords?: PasswordSystemFacts;
  readonly deletionThreshold: number;
  /** Whether a set of deletes was approved, by its hash. */
  readonly isApproved?: (hash: string) => boolean;
  /** Attribute of the directory that the source anchor comes from. */
  readonly sourceAnchor?: string;
  readonly scheduler?: {
    readonly enabled: boolean;
    readonly suspended: boolean;
    /** Milliseconds. */
    readonly intervalMs: number;
    readonly maintenance?: MaintenanceFacts;
  };
  /** `crashed`: a note of an engine is there, and nobody holds its lock. */
  readonly engine?: {
    readonly state: 'running' | 'stopped' | 'crashed';
    readonly detail: string;
    /** When the engine was last heard of, in epoch milliseconds. */
    readonly heartbeat?: number;
    /** The last error of its log, or that it wrote none. */
    readonly exit?: string;
  };
  readonly disk?: { readonly path: string; readonly freeBytes: number; readonly storeBytes: number };
  /** Where each connector's endpoints are, for the hops. No secrets. */
  readonly endpoints?: readonly Endpoint[];
  /** The network, for tests. */
  readonly probes?: Partial<Probes>;
  /** File and line of a place of the configuration. */
  readonly locate?: (path: readonly (string | number)[]) => string | undefined;
  readonly configurationFile?: string;
  /** Cloud connector to its initial domain (….onmicrosoft.com), where it is known. */
  readonly initialDomains?: ReadonlyMap<string, string>;
}
/** Windows in which no cycle starts by itself. Instants in epoch milliseconds. */
export interface MaintenanceFacts {
  /** As the configuration has them. */
  readonly windows: readonly object[];
  /** What is open at an instant; `places` are those in `windows`. */
  readonly openAt: (now: number) =>
    | {
        readonly since: number;
        readonly until: number;
        /** One follows the other without a gap. */
        readonly isEndless: boolean;
        readonly reason?: string;
        readonly places: readonly number[];
      }
    | undefined;
  /** Milliseconds between two instants during which windows were open. */
  readonly heldMs: (from: number, to: number) => number;
}
export interface Endpoint {
  readonly connector: string;
  readonly kind: 'directory' | 'cloud';
  /** `ldaps://dc1…`, `https://…`; empty if they are to be found through `domain`. */
  readonly urls: readonly string[];
  readonly domain?: string;
  readonly startTls?: boolean;
  /** PEM text of the authorities that are trusted instead of the system's. */
  readonly ca?: string;
  readonly user?: string;
  readonly passwordHashSync?: boolean;
  /** What the connector signs in to the cloud with. */
  readonly application?: {
    readonly clientId: string;
    readonly tenantId: string;
    /** In words, with the place it comes from: `the secret in ./client-secret`. */
    readonly credential: string;
    /** When its certificate ends (epoch milliseconds); of a secret only the tenant knows. */
    readonly expires?: number;
  };
}

/** Connections of the configured connectors, opened when first asked for. */
export interface LiveAccess {
  /** Throws a ConnectorError if the connector cannot be opened. */
  session(connector: string): Promise<ConnectorSession>;
  /** Undefined if it is no Active Directory or cannot be reached. */
  directory(connector: string): Promise<LiveDirectory | undefined>;
  /** Undefined if it is no cloud directory or cannot be reached. */
  tenant(connector: string): Promise<LiveTenant | undefined>;
  /** What could not be read so far, in words. */
  unseen?(): readonly string[];
}

/** Only what concerns these objects. */
export interface Focus {
  readonly reference: string;
  readonly mv: number | null;
  readonly cs: ReadonlySet<number>;
}

export interface DiagnosisContext {
  readonly engine: Engine;
  readonly store: Store;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly facts: SystemFacts;
  readonly live?: LiveAccess;
  readonly focus?: Focus;
  /** What the next export will say, instead of what the last one said: the question is what will be wrong. */
  readonly predicted?: readonly StoredError[];
  readonly signal: AbortSignal;
}

/** One question and the cases it may answer with. */
export interface Detector {
  readonly name: string;
  detect(context: DiagnosisContext): Promise<readonly FindingFacts[]> | readonly FindingFacts[];
}

export interface StoredError {
  readonly cs: number;
  readonly phase: ErrorPhase;
  readonly code: string;
  readonly message: string;
  readonly attribute?: string;
  readonly value?: string;
  readonly rule?: string;
  readonly operation?: string;
  readonly severity?: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly position?: { readonly start: number; readonly length: number };
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Of a predicted conflict: the object of the connector space that has the value or will have it. */
  readonly holder?: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
}

/** The stored object errors of a phase; with a focus only those of its objects. */
export function storedErrors(context: DiagnosisContext, phase: ErrorPhase): StoredError[] {
  const { records } = context.store;
  const { focus, predicted } = context;
  if (phase === 'export' && predicted) return predicted.filter((e) => !focus || focus.cs.has(e.cs));
  const rows = context.focus
    ? [...context.focus.cs].flatMap((cs) => records.errorsOf(cs)).filter((row) => row.phase === phase)
    : records.errorsOfPhase(phase);
  return rows.flatMap((row) => {
    const detail = JSON.parse(row.detail) as Partial<StoredError>;
    // What was refused and is not wanted any more, for example because the rule is gone, is over.
    if (phase === 'export' && detail.severity !== 'warning' && !isPending(context.store, row.cs)) return [];
    return {
      ...detail,
      cs: row.cs,
      phase: row.phase,
      code: row.code,
      message: detail.message ?? '',
      facts: detail.facts ?? {},
      firstSeen: row.first_seen,
      lastSeen: row.last_seen,
      count: row.count,
    };
  });
}

const isPending = ({ exports }: Store, cs: number): boolean =>
  exports.get(cs) !== undefined || exports.references(cs).length > 0;

/** The same question about everything. */
export function withoutFocus(context: DiagnosisContext): DiagnosisContext {
  const { focus: _, ...rest } = context;
  return rest;
}

export const isCloud = (c: EngineConnector): boolean => c.settings.connector.type === 'entra';
export const clouds = ({ engine }: DiagnosisContext): readonly EngineConnector[] => engine.all.filter(isCloud);
export const sources = ({ engine }: DiagnosisContext): readonly EngineConnector[] =>
  engine.all.filter((c) => !isCloud(c));

export const connectorOf = (context: DiagnosisContext, row: CsRow): EngineConnector | undefined =>
  context.engine.byId.get(row.connector);

/** The objects of the same identity in the connected directories that bring it in. */
export function sourceRows(context: DiagnosisContext, cs: number): CsRow[] {
  const link = context.store.mv.link(cs);
  if (!link) return [];
  return rowsOf(context, context.store.mv.links(link.mv)).filter((row) => {
    const connector = connectorOf(context, row);
    return connector !== undefined && !isCloud(connector);
  });
}

const rowsOf = (context: DiagnosisContext, links: readonly LinkRow[]): CsRow[] =>
  links.flatMap((l) => context.store.cs.get(l.cs) ?? []);

/** Groups by a key, in the order of first appearance. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

export const firstSeen = (errors: readonly { firstSeen: number }[]): number =>
  errors.reduce((t, e) => Math.min(t, e.firstSeen), Number.MAX_SAFE_INTEGER);
export const lastSeen = (errors: readonly { lastSeen: number }[]): number =>
  errors.reduce((t, e) => Math.max(t, e.lastSeen), 0);

/** `1 object`, `12 objects`. */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

export type { Finding };
