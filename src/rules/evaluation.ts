/** The contract between rules and the engine: what a rule sees, and what evaluating it gives. */
import type { Attributes, AttributeValue, Reference, Value } from '../model/value.ts';

/** One object as a rule sees it. Attribute names are looked up exactly as the rule writes them. */
export interface ObjectView {
  readonly dn?: string;
  readonly objectType: string;
  /** Current values, unconfirmed exports included (sync-engine s.0, 5). No reference attributes in here. */
  readonly values: Attributes;
  /** What `ImportedValue` sees: confirmed by import. */
  readonly imported: Attributes;
  /** Number of references of a reference attribute: never needs the references themselves. */
  referenceCount(attribute: string): number;
  /** At least every attribute with references. Absent: only the count of each can be asked for. */
  referenceNames?(): Iterable<string>;
  /** The references themselves. Costs as many steps as there are; direct flows never call it. */
  references(attribute: string): readonly Reference[];
  /** Direct membership in the group with this DN in the same connector space (ISMEMBEROF). */
  isMemberOf(groupDn: string): boolean;
}

/** What must not come from the outside world, so that evaluation is a function. */
export interface EvaluationContext {
  /** `%Name%` values: connector, domain and forest parameters. */
  readonly parameters: Readonly<Record<string, Value>>;
  /** Milliseconds since 1970. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  guid(): string;
}

export interface RuleErrorDetail {
  /** `sync-rule-error-function-triggered`, `rule-expression-error`, `flow-multi-values-to-single-value`, … */
  readonly code: string;
  readonly message: string;
  /** Offset into the expression where the failing part starts and its length, in UTF-16 units. */
  readonly position?: { readonly start: number; readonly length: number };
  /** Values of the attributes that the expression reads. */
  readonly inputs?: Attributes;
}

export type FlowResult =
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'null' }
  | { readonly kind: 'authoritative-null' }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'error'; readonly error: RuleErrorDetail };
