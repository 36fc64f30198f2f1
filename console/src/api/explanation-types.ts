/** Why something is as it is, or is not there: what GET /explain sends. */
import type { AttributeValue, Lane, Station } from './types.ts';

export type Fact = AttributeValue | null;
export interface ExplainNode {
  readonly state: Station['state'];
  readonly title: string;
  readonly facts?: Readonly<Record<string, Fact>>;
  readonly children?: readonly ExplainNode[];
}
export interface ClosedGate {
  readonly gate: string;
  readonly code: string;
  readonly reason: string;
  readonly remedy?: string;
  readonly state: 'closed' | 'waiting';
  readonly connector?: string;
  readonly rule?: string;
  readonly clause?: string;
  readonly attribute?: string;
  readonly seen?: Fact;
  readonly configuration?: {
    readonly path: readonly (string | number)[];
    readonly value: string;
    readonly at?: string;
  };
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
  readonly inCloud: 'yes' | 'no' | 'pending';
  readonly summary: readonly string[];
  readonly gate?: ClosedGate;
  readonly lane: Lane;
  readonly tree: readonly ExplainNode[];
}
export interface Candidate {
  readonly rule: string;
  readonly precedence: number;
  readonly connector: string;
  readonly dn: string;
  readonly flow: string;
  readonly outcome: string;
  readonly value: Fact;
  readonly references?: number;
  readonly inputs: Readonly<Record<string, Fact>>;
  readonly error?: string;
}
export interface ValueOrigin {
  readonly where: string;
  readonly attribute: string;
  readonly value: Fact;
  readonly winner?: Candidate;
  readonly losers: readonly Candidate[];
  readonly since?: { readonly time: string; readonly run: number | null; readonly before: Fact; readonly how: string };
}
export interface AttributeExplanation {
  readonly kind: 'attribute';
  readonly subject: Subject;
  readonly attribute: string;
  readonly summary: readonly string[];
  readonly origins: readonly ValueOrigin[];
  readonly cloud?: {
    readonly property: string;
    readonly sent: Fact;
    readonly calculated: Fact;
    readonly returned?: Fact;
    readonly notes: readonly string[];
  };
  readonly lane: Lane;
  readonly tree: readonly ExplainNode[];
}
export interface NoExplanation {
  readonly kind: 'not-found' | 'ambiguous';
  readonly reference: string;
  readonly summary: readonly string[];
  readonly candidates: readonly { readonly reference: string; readonly name: string; readonly type: string }[];
}
export type Explanation = ObjectExplanation | AttributeExplanation | NoExplanation;
