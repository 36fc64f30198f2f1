/**
 * What the engine asks of a connected directory. A connector implements the capabilities it has (no base class) and
 * keeps no state of its own between runs: everything it must remember is in the watermark, which the engine stores in
 * the transaction of the changes it covers (architecture, law 4).
 */
import type { ImportedDelete, ImportedObject, ImportItem, ReferenceTarget } from '../model/change.ts';
import type { Attributes, AttributeValue } from '../model/value.ts';

export type {
  DiscoveryError,
  ImportedChange,
  ImportedDelete,
  ImportedMoreReferences,
  ImportedObject,
  ImportItem,
  ReferenceChange,
  ReferenceTarget,
} from '../model/change.ts';

/** One transaction's worth. A batch with a watermark covers everything delivered since the watermark before it. */
export interface ImportBatch {
  readonly items: readonly ImportItem[];
  /** Opaque JSON text. In a full import only the last batch carries one. */
  readonly watermark?: string;
}

export interface Partition {
  /** Stable name: the DN of the naming context, the path of a file, the tenant id. */
  readonly name: string;
}

export interface ImportRequest {
  readonly partition: Partition;
  readonly mode: 'full' | 'delta';
  /** The watermark last stored for this partition; absent if there was none. */
  readonly watermark?: string;
  /** Attributes (of the schema of the connected directory) that the rules read. */
  readonly attributes: ReadonlySet<string>;
  readonly objectTypes: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Something worth telling the administrator that ends nothing, e.g. a change of domain controller. */
  warn(code: string, detail: string): void;
}

export interface ExportRequest {
  /** Echoed in the result. */
  readonly id: number;
  readonly operation: 'add' | 'update' | 'delete';
  readonly anchor?: string;
  readonly dn: string;
  readonly objectType: string;
  /** The attributes to write: for an add all of them, for an update those that differ. `null` clears. */
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
  /** What the target held before, of the attributes above (compare-and-swap where the target can). */
  readonly before: Attributes;
  readonly references: Readonly<
    Record<string, { added: readonly ReferenceTarget[]; removed: readonly ReferenceTarget[] }>
  >;
  /** How often this very change failed before: 0 the first time. */
  readonly attempt: number;
}

export interface ExportError {
  /** Classic name, e.g. `AttributeValueMustBeUnique`, `cd-missing-object`, `permission-issue`. */
  readonly code: string;
  readonly detail: string;
  readonly attribute?: string;
  readonly value?: string;
  /** Facts of the target's answer, e.g. the conflicting object. */
  readonly facts?: Readonly<Record<string, string>>;
  /** `backoff`: transient, try again soon; `next-cycle`: try again when due; `never`: only after something changed. */
  readonly retry: 'backoff' | 'next-cycle' | 'never';
  /** With `never`: what is in the way, in the connector's own words, so that it can say later whether it is gone. */
  readonly obstacle?: string;
}
/**
 * What the target holds of an attribute because something is in the way of the value that was asked. The value counts as
 * delivered until it, or the obstacle, changes.
 */
export interface Instead {
  readonly attribute: string;
  /** As an import brings it; null: nothing. */
  readonly became: AttributeValue | null;
  readonly obstacle: string;
  readonly told: ExportError;
}
/** An obstacle that a result told of. */
export interface HeldObstacle {
  readonly id: number;
  readonly anchor?: string;
  readonly dn: string;
  readonly objectType: string;
  /** Empty: the whole export was refused. */
  readonly attribute: string;
  /** The value that was asked. */
  readonly value?: AttributeValue;
  readonly obstacle: string;
}
export type ExportResult =
  | {
      readonly id: number;
      readonly outcome: 'success';
      readonly anchor?: string;
      readonly note?: string;
      /** The target has no place for such an object and nothing was written: not to be sent again before it changes. */
      readonly leftOut?: true;
      /** What the target did otherwise than asked although it wrote the object, e.g. values it set aside. */
      readonly warnings?: readonly ExportError[];
      /** Values of this request that something is in the way of. */
      readonly instead?: readonly Instead[];
    }
  | { readonly id: number; readonly outcome: 'failure'; readonly error: ExportError }
  /** The request left but no answer came: the engine reads back before it does anything else with the object. */
  | { readonly id: number; readonly outcome: 'unknown'; readonly detail: string };

/** What the target holds of an object whose export outcome is unknown; `object` absent means it is not there. */
export interface ReadBack {
  readonly id: number;
  readonly object?: ImportedObject;
}

/** What became of an object that a full import did not deliver. */
export interface Absence {
  readonly anchor: string;
  /**
   * `gone`: deleted, or of no type that was asked for. `present`: it is there all the same, and the account may not read
   * it. `unconfirmed`: nobody can tell.
   */
  readonly state: 'gone' | 'present' | 'unconfirmed';
  /** How that was found out, as a sentence. */
  readonly detail: string;
  /** With the last two: what the administrator can do. */
  readonly remedy?: string;
}

export interface AttributeSchema {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'binary' | 'reference' | 'time';
  readonly multiValued: boolean;
  /** Never flows back in an import (write-only): what was sent counts as held, and reading back does not tell it. */
  readonly unconfirmable?: boolean;
  /** Object types that have it; absent: all. */
  readonly objectTypes?: readonly string[];
  /** The target does not let it be cleared: absence is never sent, and what the target has stays. */
  readonly neverCleared?: boolean;
  /** Of objects that exchange values of it, each has to let go of its own first, which takes a write more. */
  readonly exchanged?: boolean;
  /** Written by a request of its own. */
  readonly apart?: boolean;
}
export interface ConnectorSchema {
  readonly objectTypes: readonly string[];
  /** By name; a name that is not here does not exist in the connected directory and reads as absent. */
  readonly attributes: ReadonlyMap<string, AttributeSchema>;
  /**
   * Regular expression, letter case ignored: names beyond those above that are there as soon as they are written. Such an
   * attribute holds whatever it is given, one value or several.
   */
  readonly openNames?: string;
}

/** What waits to be exported, as a target counts it. */
export interface ExportWork {
  readonly add: number;
  readonly update: number;
  readonly delete: number;
  /** How many objects get so many references each. */
  readonly addedReferences: readonly (readonly [references: number, objects: number])[];
  readonly removedReferences: number;
  /** Writes beyond one an object: some of the changed objects want what others of them have, or a value travels apart. */
  readonly more?: number;
}
export interface ExportForecast {
  /** Requests that the work takes. */
  readonly writes: number;
  /** Milliseconds that the target's limits make it take from now on. */
  readonly durationMs: number;
  /** Epoch ms. */
  readonly finishesAt: number;
  readonly quota: { readonly writes: number; readonly windowSeconds: number };
}

/** How a run that could not go on ends. `status` is the classic run status (sync-engine s.1.10). */
export class ConnectorError extends Error {
  readonly code: string;
  readonly status: string;
  /** What the administrator can do, as a sentence. */
  readonly remedy: string;
  constructor(code: string, message: string, options: { status: string; remedy: string; cause?: unknown }) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ConnectorError';
    this.code = code;
    this.status = options.status;
    this.remedy = options.remedy;
  }
}

export interface Connector {
  readonly name: string;
  /** `active-directory`, `ldap`, `ldif`, `entra`, `memory`. */
  readonly type: string;
  /** By which interface it speaks to its directory, if there are several of its type: `sync` or `graph` of `entra`. */
  readonly dialect?: string;
  /**
   * Opens connections and checks credentials and rights; throws a ConnectorError that names what is missing. `attributes`:
   * what the rules read and write of its directory, for those whose schema or rights depend on it.
   */
  open(signal: AbortSignal, attributes?: ReadonlySet<string>): Promise<ConnectorSession>;
  /** How long an export of this would take with a quota that nobody has used yet. */
  forecastExport?(work: ExportWork): ExportForecast;
}

export interface ConnectorSession extends AsyncDisposable {
  readonly schema: ConnectorSchema;
  readonly partitions: readonly Partition[];
  /** Server that answers, for the run history. */
  readonly server: string;
  /** Values of `%parameters%` that rules may use, e.g. Domain.FQDN; may differ by partition. */
  parameters(partition: Partition): Readonly<Record<string, string>>;
  /**
   * A delta import for which the watermark no longer serves throws ConnectorError `full-import-required`.
   * A full import that could not read everything must throw (or deliver an `error` item): then nothing is obsoleted.
   */
  import(request: ImportRequest): AsyncIterable<ImportBatch>;
  /** Whole objects by anchor: asked for when a delta concerns an object that the connector space does not hold. */
  read?(anchors: readonly string[], request: ImportRequest): Promise<readonly (ImportedObject | ImportedDelete)[]>;
  /**
   * Asked before what a full import did not deliver is taken for deleted; one answer an anchor. Without this method absence
   * from a full import is proof enough, as in a file.
   */
  confirmAbsent?(anchors: readonly string[], request: ImportRequest): Promise<readonly Absence[]>;
  /** One result per request, in any order. Never throws for a single object. */
  export?(requests: readonly ExportRequest[], signal: AbortSignal): Promise<readonly ExportResult[]>;
  readBack?(requests: readonly ExportRequest[], signal: AbortSignal): Promise<readonly ReadBack[]>;
  /** Which of the obstacles are there no more, by id. Asked after an import. */
  obstaclesGone?(obstacles: readonly HeldObstacle[], signal: AbortSignal): Promise<ReadonlySet<number>>;
  /** When an export of this will be over if it begins now. */
  forecastExport?(work: ExportWork): ExportForecast;
  /** Called once when all exports of a step are done. */
  finalizeExport?(totals: { attempted: number; succeeded: number }, signal: AbortSignal): Promise<void>;
  /** Resolves when something may have changed, as a hint to run a delta import soon. */
  waitForChange?(signal: AbortSignal): Promise<void>;
}
