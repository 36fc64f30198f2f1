/** Rules, drafts and what is said of them. */
import type { RuleChange } from './generated.ts';
import type { AttributeValue } from './types.ts';

export interface Draft {
  readonly name: string;
  readonly time: string;
  readonly who: string;
  readonly text: string;
}
export interface RuleSummary {
  readonly id: string;
  readonly name: string;
  readonly tag: string | null;
  readonly description: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly connector: string;
  readonly source: string;
  readonly target: string;
  readonly link: 'Join' | 'StickyJoin' | 'Provision';
  readonly precedence: number;
  readonly disabled: boolean;
  readonly passwordSync: boolean;
  readonly origin: 'out-of-box' | 'custom';
  readonly file: string | null;
  readonly line: number | null;
  readonly flows: number;
}
export interface ScopeClause {
  readonly attribute: string;
  readonly operator: string;
  readonly value?: string;
}
export interface Mapping {
  readonly target: string;
  readonly kind: 'direct' | 'constant' | 'expression';
  readonly source: string;
  readonly merge: string;
  readonly executeOnce: boolean;
  readonly line: number | null;
}
export interface LintFinding {
  readonly code: string;
  readonly severity: 'warning' | 'info';
  readonly message: string;
  readonly rule: string;
  readonly flow?: string;
  readonly file?: string;
  readonly line?: number;
}
export interface Rule extends RuleSummary {
  readonly scope: readonly (readonly ScopeClause[])[];
  readonly join: readonly (readonly { readonly cs: string; readonly mv: string; readonly caseSensitive?: boolean }[])[];
  readonly mappings: readonly Mapping[];
  readonly findings: readonly LintFinding[];
}
export interface RuleProblem {
  readonly code: string;
  readonly message: string;
  readonly rule?: string;
  readonly flow?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}
export interface DraftCheck {
  readonly ok: boolean;
  readonly problems: readonly RuleProblem[];
  readonly findings: readonly LintFinding[];
  readonly changes: readonly RuleChange[];
}
export interface Evaluation {
  readonly kind: 'value' | 'null' | 'authoritative-null' | 'ignore' | 'error';
  readonly value?: AttributeValue;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly line?: number;
    readonly column?: number;
  };
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
}
