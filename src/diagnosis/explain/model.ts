/** What an explanation consists of. Plain JSON with stable keys: the API, the console and the command line show the same. */
import type { AttributeValue } from '../../model/value.ts';
import type { ScopeClause } from '../../rules/model.ts';
import type { Lane, LaneState } from '../lane.ts';

export type Fact = AttributeValue | null;

/** One line of the tree below the sentences. */
export interface ExplainNode {
  readonly state: LaneState;
  readonly title: string;
  readonly facts?: Readonly<Record<string, Fact>>;
  readonly children?: readonly ExplainNode[];
}

/** The hops of an object on its way, in order. The first gate that is closed is the reason it does not arrive. */
export type GateName =
  | 'domain'
  | 'container'
  | 'object-type'
  | 'directory'
  | 'import'
  | 'inbound-scope'
  | 'join'
  | 'synchronization'
  | 'metaverse'
  | 'outbound-scope'
  | 'outbound-join'
  | 'export'
  | 'confirmation'
  | 'cloud';

/** A value of the configuration: where it stands in `causeway.yaml`, and what it is. */
export interface ConfigurationPlace {
  readonly path: readonly (string | number)[];
  readonly value: string;
  /** File and line, if the caller can tell. */
  readonly at?: string;
}

export interface ClosedGate {
  readonly gate: GateName;
  /** Case of the casebook, or the code of the stored error. */
  readonly code: string;
  /** One sentence that says what closed it. */
  readonly reason: string;
  /** What can be done, as a sentence. */
  readonly remedy?: string;
  /** `closed`: it will stay so until somebody changes something. `waiting`: the next cycle opens it. */
  readonly state: 'closed' | 'waiting';
  readonly connector?: string;
  readonly rule?: string;
  /** The clause or expression that decided, as text. */
  readonly clause?: string;
  readonly attribute?: string;
  /** What the clause saw; null is an absent attribute. */
  readonly seen?: Fact;
  readonly configuration?: ConfigurationPlace;
  readonly attempt?: number;
  readonly nextAttempt?: string;
  readonly since?: string;
}

export interface Subject {
  readonly reference: string;
  readonly mv: number | null;
  readonly cs: readonly number[];
  readonly name: string;
  readonly type: string;
  readonly connector?: string;
  readonly dn?: string;
}

export interface ObjectExplanation {
  readonly kind: 'object';
  readonly subject: Subject;
  /** `pending`: on its way, the next cycle or export moves it. */
  readonly inCloud: 'yes' | 'no' | 'pending';
  /** A few plain sentences: the answer. */
  readonly summary: readonly string[];
  /** Absent if nothing is closed. */
  readonly gate?: ClosedGate;
  readonly lane: Lane;
  readonly tree: readonly ExplainNode[];
}

/** One flow that wanted to give a value. */
export interface Candidate {
  readonly rule: string;
  readonly precedence: number;
  readonly connector: string;
  readonly dn: string;
  /** The flow as it is written: `direct title`, `constant "User"`, or the expression. */
  readonly flow: string;
  readonly outcome: string;
  readonly value: Fact;
  /** Number of references, for a reference attribute. */
  readonly references?: number;
  /** What the flow read. */
  readonly inputs: Readonly<Record<string, Fact>>;
  readonly error?: string;
}
export interface ValueOrigin {
  /** `metaverse`, or the name of the target connector. */
  readonly where: string;
  readonly attribute: string;
  readonly value: Fact;
  readonly winner?: Candidate;
  readonly losers: readonly Candidate[];
  /** When the value became what it is, and by which run. */
  readonly since?: { readonly time: string; readonly run: number | null; readonly before: Fact; readonly how: string };
}
export interface AttributeExplanation {
  readonly kind: 'attribute';
  readonly subject: Subject;
  readonly attribute: string;
  readonly summary: readonly string[];
  /** From the cloud back to the source: each hop names where its value comes from. */
  readonly origins: readonly ValueOrigin[];
  /** What the cloud makes of the value, if its rules could be asked. */
  readonly cloud?: CloudValue;
  readonly lane: Lane;
  readonly tree: readonly ExplainNode[];
}
export interface CloudValue {
  /** Property of Graph. */
  readonly property: string;
  readonly sent: Fact;
  /** What the rules of the cloud make of it. */
  readonly calculated: Fact;
  /** What the tenant has now; absent if it was not read. */
  readonly returned?: Fact;
  /** What was done to the value on the way, as sentences. */
  readonly notes: readonly string[];
}

/** The reference means nothing or several objects. */
export interface NoExplanation {
  readonly kind: 'not-found' | 'ambiguous';
  readonly reference: string;
  readonly summary: readonly string[];
  readonly candidates: readonly { readonly reference: string; readonly name: string; readonly type: string }[];
}
export type Explanation = ObjectExplanation | AttributeExplanation | NoExplanation;

/** An object as a connected directory has it at this moment. */
export interface LiveObject {
  readonly connector: string;
  readonly dn: string;
  readonly objectType: string;
}
/** Asks a connected directory whether it has an object with this DN; undefined if the directory could not be asked. */
export type Lookup = (
  connector: string,
  dn: string,
  types: readonly string[],
) => Promise<LiveObject | null | undefined>;

/** Text of a scope clause as rule files write it. */
export const clauseText = (clause: ScopeClause): string =>
  `${clause.attribute} ${clause.operator}${clause.value === undefined ? '' : ` ${clause.value}`}`;

/** A value as people write it: lists with commas, bytes as base64, nothing as "no value". */
export function valueText(value: Fact | undefined): string {
  if (value === null || value === undefined) return 'no value';
  if (Array.isArray(value)) return value.map((v) => valueText(v as AttributeValue)).join(', ');
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  return Object.values(value as Readonly<Record<string, string>>).join('');
}
