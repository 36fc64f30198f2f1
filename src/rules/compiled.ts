/** What compiling a rule set gives: everything that can be known before an object is seen. */

import type { AttributeValue } from '../model/value.ts';
import type { RuleErrorDetail } from './evaluation.ts';
import type { CompiledExpression } from './expression/compile.ts';
import type { Syntax } from './metaverse-attributes.ts';
import type { Flow, SyncRule } from './model.ts';
import type { CompiledScope } from './scope.ts';

/** Something that keeps a rule set from being used. */
export interface RuleProblem {
  readonly code: RuleProblemCode;
  /** Whole sentences that name the thing and the way out. */
  readonly message: string;
  readonly rule?: string;
  /** Target attribute of the flow. */
  readonly flow?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Offset into the expression and length, in UTF-16 units. */
  readonly position?: { readonly start: number; readonly length: number };
}
export type RuleProblemCode =
  | 'invalid-yaml'
  | 'invalid-rule-file'
  | 'unknown-key'
  | 'unknown-rule'
  | 'unknown-connector'
  | 'duplicate-rule'
  | 'invalid-precedence'
  | 'invalid-attribute-name'
  | 'unknown-attribute'
  | 'unknown-object-type'
  | 'attribute-conflict'
  | 'invalid-scope-clause'
  | 'invalid-flow'
  | 'duplicate-flow'
  | 'invalid-constant'
  | 'invalid-expression'
  | 'mixed-merge-types';

export type FlowSource =
  | { readonly kind: 'direct'; readonly attribute: string }
  | { readonly kind: 'constant'; readonly value: AttributeValue }
  | { readonly kind: 'expression'; readonly text: string; readonly expression: CompiledExpression };

/** What is known of the attribute that a flow writes. Outbound nothing, unless the connector's schema was given. */
export interface TargetShape {
  readonly syntax?: Syntax;
  readonly multiValued?: boolean;
  /** Strings of at most `indexedLimit` characters. */
  readonly indexed?: boolean;
}

export type Combination = 'best' | 'union' | 'union-ignoring-case';

export interface CompiledFlow {
  readonly flow: Flow;
  readonly target: string;
  readonly shape: TargetShape;
  readonly source: FlowSource;
  /** A direct flow from a reference attribute: wins with a binding, never touches the references. */
  readonly binds: boolean;
  readonly combination: Combination;
  readonly executeOnce: boolean;
  /** Two flows of one source with equal keys give equal results. */
  readonly sameResultKey: string;
}

export interface CompiledRule {
  readonly rule: SyncRule;
  readonly id: string;
  readonly precedence: number;
  /** Place in the total order of all rules of the set: 0 is best. */
  readonly order: number;
  readonly scope: CompiledScope;
  readonly flows: readonly CompiledFlow[];
  /** Equal for rules that join alike; see `joinCriteriaText`. */
  readonly joinCriteria: string;
  /** Every source attribute the rule reads: scope, join and flows, `ImportedValue` included; never `dn`. */
  readonly reads: ReadonlySet<string>;
}

export interface RuleError extends RuleErrorDetail {
  readonly rule: CompiledRule;
  readonly sourceId: number;
  readonly attribute: string;
}
