/** One expression on given values: what `causeway rules eval` and its case files run (architecture s.3.2). */
import type { Attributes, AttributeValue, Value } from '../../model/value.ts';
import type { EvaluationContext, FlowResult, ObjectView } from '../evaluation.ts';
import { type CompileOptions, compileExpression } from './compile.ts';
import type { ExpressionProblem } from './problem.ts';

/** A list is a multi-valued attribute, everything else a single-valued one; `null` counts as absent. */
export interface ExpressionCase {
  readonly id?: string;
  readonly expression: string;
  readonly attributes?: Readonly<Record<string, AttributeValue | null>>;
  readonly parameters?: Readonly<Record<string, Value>>;
  /** What `ImportedValue` sees. Default: the attributes, as for an object with nothing left to export. */
  readonly importedAttributes?: Readonly<Record<string, AttributeValue | null>>;
}
/** `value` only with kind `value`, `error` only with kind `error`. */
export interface ExpressionCaseResult {
  readonly id?: string;
  readonly kind: FlowResult['kind'];
  readonly value?: AttributeValue;
  readonly error?: ExpressionCaseError;
}
export interface ExpressionCaseError {
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  readonly start?: number;
  readonly length?: number;
  readonly suggestion?: string;
  /** All problems, if the expression is wrong in itself. */
  readonly problems?: readonly ExpressionProblem[];
  readonly inputs?: Attributes;
}

/** The outcome of a case. Never throws for what stands in the case. */
export function evaluateCase(
  given: ExpressionCase,
  context: Pick<EvaluationContext, 'now' | 'random' | 'guid'>,
  options: Omit<CompileOptions, 'schema'> = {},
): ExpressionCaseResult {
  const id = given.id === undefined ? {} : { id: given.id };
  const attributes = withoutNulls(given.attributes);
  const compiled = compileExpression(given.expression, options);
  if (!compiled.ok) return { ...id, kind: 'error', error: staticError(compiled.errors) };
  const view = viewOf(attributes, withoutNulls(given.importedAttributes ?? given.attributes));
  const parameters = given.parameters ?? {};
  const { now, random, guid } = context;
  const result = compiled.expression.evaluate(view, {
    parameters,
    now: () => now.call(context),
    random: () => random.call(context),
    guid: () => guid.call(context),
  });
  if (result.kind === 'error') {
    const { position, ...error } = result.error;
    return { ...id, kind: 'error', error: { ...error, ...(position ? at(given.expression, position) : {}) } };
  }
  return { ...id, ...result };
}

function staticError(problems: readonly ExpressionProblem[]): ExpressionCaseError {
  return { ...problems[0]!, ...(problems.length > 1 ? { problems } : {}) };
}

function at(text: string, position: { readonly start: number; readonly length: number }) {
  const before = text.slice(0, position.start);
  return { line: before.split('\n').length, column: position.start - before.lastIndexOf('\n'), ...position };
}

function withoutNulls(given: ExpressionCase['attributes']): Attributes {
  const isValue = (entry: [string, AttributeValue | null]): entry is [string, AttributeValue] =>
    entry[1] !== null && !(Array.isArray(entry[1]) && entry[1].length === 0);
  return Object.fromEntries(Object.entries(given ?? {}).filter(isValue));
}

/** An object with these attributes. References stay among them: a case has few, and says itself which are single. */
export function viewOf(attributes: Attributes, imported: Attributes = {}): ObjectView {
  return {
    objectType: typeof attributes.objectType === 'string' ? attributes.objectType : 'object',
    values: attributes,
    imported,
    referenceCount: () => 0,
    references: () => [],
    isMemberOf: () => false,
  };
}
