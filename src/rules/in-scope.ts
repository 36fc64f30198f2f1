/**
 * Which of an object's rules are in scope. The answer for one combination is always the same array, so that flow plans
 * are found by its identity; rules with equal filters share one evaluation.
 */
import type { CompiledRule } from './compiled.ts';
import type { EvaluationContext, ObjectView } from './evaluation.ts';
import type { ScopePredicate, ScopeTrace } from './scope.ts';

interface Table {
  /** The different filters of the rules. */
  readonly filters: readonly ScopePredicate[];
  /** For each rule the place of its filter. */
  readonly filterOf: readonly number[];
  readonly byBits: Map<number | string, readonly CompiledRule[]>;
}
const tables = new WeakMap<readonly CompiledRule[], Table>();

/** The rules in scope on the object, best precedence first. Pass the arrays of the rule set: tables hang on them. */
export function inScope(
  rules: readonly CompiledRule[],
  view: ObjectView,
  context: EvaluationContext,
): readonly CompiledRule[] {
  let table = tables.get(rules);
  if (table === undefined) {
    table = tableOf(rules);
    tables.set(rules, table);
  }
  const key =
    table.filters.length <= 30 ? smallKey(table.filters, view, context) : bigKey(table.filters, view, context);
  const known = table.byBits.get(key);
  if (known !== undefined) return known;
  const holds = table.filters.map((filter) => filter(view, context));
  const { filterOf } = table;
  const made = rules.filter((_, i) => holds[filterOf[i] as number] as boolean);
  table.byBits.set(key, made);
  return made;
}

function tableOf(rules: readonly CompiledRule[]): Table {
  const filters: ScopePredicate[] = [];
  const places = new Map<string, number>();
  const filterOf = rules.map((rule) => {
    const text = JSON.stringify(rule.rule.scope);
    const place = places.get(text) ?? filters.length;
    if (place === filters.length) filters.push(rule.scope.holds);
    places.set(text, place);
    return place;
  });
  return { filters, filterOf, byBits: new Map() };
}

function smallKey(filters: readonly ScopePredicate[], view: ObjectView, context: EvaluationContext): number {
  let bits = 0;
  for (let i = 0; i < filters.length; i++) if ((filters[i] as ScopePredicate)(view, context)) bits |= 1 << i;
  return bits;
}

const bigKey = (filters: readonly ScopePredicate[], view: ObjectView, context: EvaluationContext): string =>
  filters.map((filter) => (filter(view, context) ? '1' : '0')).join('');

export interface RuleScopeTrace extends ScopeTrace {
  readonly rule: CompiledRule;
}

/** For each rule whether it is in scope and what every clause saw. */
export const explainScopes = (
  rules: readonly CompiledRule[],
  view: ObjectView,
  context: EvaluationContext,
): RuleScopeTrace[] => rules.map((rule) => ({ rule, ...rule.scope.explain(view, context) }));
