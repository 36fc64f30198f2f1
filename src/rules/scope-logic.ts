/**
 * What can be said about scoping filters without an object: which exclude each other, which follow from which.
 * Attributes are taken to have one value at most, which is all that filters are written for.
 */
import type { ScopeClause, SyncRule } from './model.ts';
import { positiveOperators } from './scope-operators.ts';

type Group = readonly ScopeClause[];
type Scope = SyncRule['scope'];

const operandOf = (clause: ScopeClause): string => (clause.value ?? '').toLowerCase();
const isNegative = (clause: ScopeClause): boolean => positiveOperators[clause.operator] !== clause.operator;
const sameClause = (a: ScopeClause, b: ScopeClause): boolean =>
  a.attribute === b.attribute && a.operator === b.operator && operandOf(a) === operandOf(b);

const textOperators: ReadonlySet<string> = new Set(['EQUAL', 'ISIN', 'CONTAINS', 'STARTSWITH', 'ENDSWITH']);
/** Whether the clause needs a value that is not the empty string. */
const needsText = (clause: ScopeClause): boolean => textOperators.has(clause.operator) && operandOf(clause) !== '';

/** Whether no object can satisfy both clauses; false also where that cannot be told. */
function exclude(a: ScopeClause, b: ScopeClause): boolean {
  if (a.attribute !== b.attribute) return false;
  const [first, second] = [positiveOperators[a.operator], positiveOperators[b.operator]];
  // An operator and its negation, on the same value.
  if (first === second && isNegative(a) !== isNegative(b) && operandOf(a) === operandOf(b)) return true;
  if (a.operator === 'ISNULL') return needsText(b);
  if (b.operator === 'ISNULL') return needsText(a);
  // Two different values at once, on an attribute with one value; parameters may turn out equal.
  const isFixed = ![a, b].some((clause) => (clause.value ?? '').includes('%'));
  return a.operator === 'EQUAL' && b.operator === 'EQUAL' && isFixed && operandOf(a) !== operandOf(b);
}

const isContradiction = (group: Group): boolean => group.some((a, i) => group.slice(i + 1).some((b) => exclude(a, b)));

/** The groups that contradict themselves: no object satisfies them. */
export const contradictions = (scope: Scope): readonly Group[] => scope.filter(isContradiction);

/** Whether the filter can never hold. */
export const isImpossible = (scope: Scope): boolean => scope.length > 0 && scope.every(isContradiction);

/** Whether no object can be in both scopes; false also where that cannot be told. */
export function areDisjoint(a: Scope, b: Scope): boolean {
  const [left, right] = [a.length === 0 ? [[]] : a, b.length === 0 ? [[]] : b];
  return left.every((x) => right.every((y) => isContradiction([...x, ...y])));
}

/** Whether every object in the first scope is in the second too; false also where that cannot be told. */
export function implies(first: Scope, second: Scope): boolean {
  if (second.length === 0) return true;
  if (first.length === 0) return false;
  return first.every((group) => second.some((needed) => needed.every((c) => group.some((has) => sameClause(has, c)))));
}
