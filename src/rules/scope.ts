/**
 * Scoping filters: which rules apply to an object (sync-engine s.2.3). Groups are OR, clauses of a group AND, no groups
 * at all is always. A negative operator holds exactly where its positive twin does not, so it holds on an absent
 * attribute; texts and booleans are compared without regard to case (architecture s.4).
 */
import type { AttributeValue, Value } from '../model/value.ts';
import type { EvaluationContext, ObjectView } from './evaluation.ts';
import type { ScopeClause, ScopeOperator } from './model.ts';
import { presenceOf, readerOf, textOf } from './read-attribute.ts';
import { isListedOperator, matcherOf, type Operand, operandOf, positiveOperators } from './scope-operators.ts';

export type ScopePredicate = (view: ObjectView, context: EvaluationContext) => boolean;

/** What one clause saw on one object. */
export interface ClauseTrace {
  readonly clause: ScopeClause;
  /** The value of the clause with its parameters filled in; absent for operators without one. */
  readonly operand?: string;
  /** The actual value; undefined if the attribute is absent. */
  readonly seen: AttributeValue | undefined;
  readonly holds: boolean;
}
export interface ScopeTrace {
  readonly inScope: boolean;
  /** Every group with every clause, also those that no longer mattered. */
  readonly groups: readonly { readonly holds: boolean; readonly clauses: readonly ClauseTrace[] }[];
}
export interface CompiledScope {
  readonly holds: ScopePredicate;
  readonly explain: (view: ObjectView, context: EvaluationContext) => ScopeTrace;
  readonly attributes: readonly string[];
}
export interface CompiledClause {
  readonly clause: ScopeClause;
  readonly holds: ScopePredicate;
  readonly explain: (view: ObjectView, context: EvaluationContext) => ClauseTrace;
}

/** A predicate for these groups. Clauses must have been checked with `clauseProblem`. */
export function compileScope(
  scope: readonly (readonly ScopeClause[])[],
  isReferenceAttribute: (name: string) => boolean = () => false,
): CompiledScope {
  const groups = scope.map((clauses) => clauses.map((c) => compileClause(c, isReferenceAttribute(c.attribute))));
  const predicates = groups.map((clauses) => allOf(clauses.map((c) => c.holds)));
  return {
    holds: anyOf(predicates),
    attributes: [...new Set(scope.flat().map((c) => c.attribute))],
    explain: (view, context) => {
      const traced = groups.map((clauses) => {
        const seen = clauses.map((c) => c.explain(view, context));
        return { holds: seen.every((c) => c.holds), clauses: seen };
      });
      return { inScope: traced.length === 0 || traced.some((g) => g.holds), groups: traced };
    },
  };
}

function allOf(predicates: readonly ScopePredicate[]): ScopePredicate {
  const [first, second] = predicates;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (view, context) => {
    for (const holds of predicates) if (!holds(view, context)) return false;
    return true;
  };
}

function anyOf(predicates: readonly ScopePredicate[]): ScopePredicate {
  const [first, second] = predicates;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (view, context) => {
    for (const holds of predicates) if (holds(view, context)) return true;
    return false;
  };
}

/** One clause as a predicate, and the same with what it saw. */
export function compileClause(clause: ScopeClause, isReferenceAttribute: boolean): CompiledClause {
  const { attribute, operator } = clause;
  const read = readerOf(attribute, isReferenceAttribute);
  const positive = positiveOperators[operator];
  const wanted = positive === operator;
  const test = positiveTest(clause, positive, isReferenceAttribute);
  const holds: ScopePredicate = wanted ? test : (view, context) => !test(view, context);
  const explain = (view: ObjectView, context: EvaluationContext): ClauseTrace => {
    const operand = clause.value === undefined ? undefined : fillParameters(clause.value, context);
    const seen = read(view);
    return { clause, seen, holds: holds(view, context), ...(operand === undefined ? {} : { operand }) };
  };
  return { clause, holds, explain };
}

function positiveTest(clause: ScopeClause, positive: ScopeOperator, isReference: boolean): ScopePredicate {
  const { attribute, value = '' } = clause;
  if (positive === 'ISNOTNULL') return presenceOf(attribute, isReference);
  if (positive === 'ISMEMBEROF') {
    if (!hasParameter(value)) return (view) => view.isMemberOf(value);
    return (view, context) => {
      const groupDn = fillParameters(value, context);
      return groupDn !== undefined && view.isMemberOf(groupDn);
    };
  }
  if (!isListedOperator(positive)) throw new TypeError(`${positive} is not a positive scope operator`);
  const read = readerOf(attribute, isReference);
  const matches = matcherOf(positive);
  if (!hasParameter(value)) {
    const operand = operandOf(value);
    return (view) => someValue(read(view), operand, matches);
  }
  return (view, context) => {
    const text = fillParameters(value, context);
    return text !== undefined && someValue(read(view), operandOf(text), matches);
  };
}

/** Whether any value matches: an absent attribute has none, so that a positive operator is false on it. */
function someValue(
  value: AttributeValue | undefined,
  operand: Operand,
  matches: (value: Value, operand: Operand) => boolean,
): boolean {
  if (value === undefined) return false;
  if (!Array.isArray(value)) return matches(value as Value, operand);
  for (const one of value as readonly Value[]) if (matches(one, operand)) return true;
  return false;
}

const parameterPattern = /%([A-Za-z_][\w.]*)%/g;

/** Names of the parameters in a text such as `%Connector.ID%`. */
export const parametersIn = (text: string): readonly string[] =>
  [...text.matchAll(parameterPattern)].map((match) => match[1] as string);

const hasParameter = (text: string): boolean => parametersIn(text).length > 0;

/** The text with its parameters filled in; undefined if one of them has no value, and then nothing matches. */
export function fillParameters(text: string, context: EvaluationContext): string | undefined {
  let complete = true;
  const filled = text.replace(parameterPattern, (_, name: string) => {
    const value = Object.hasOwn(context.parameters, name) ? context.parameters[name] : undefined;
    if (value === undefined) complete = false;
    return value === undefined ? '' : textOf(value);
  });
  return complete ? filled : undefined;
}
