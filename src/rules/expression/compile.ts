/** The expression language for the rules: text in, something that runs out. */
import type { Attributes, AttributeValue, Value } from '../../model/value.ts';
import type { EvaluationContext, FlowResult, ObjectView, RuleErrorDetail } from '../evaluation.ts';
import { checkExpression, typeOfExpression } from './checker.ts';
import { Compiler, type CompilerOptions } from './compiler.ts';
import { costOf } from './cost.ts';
import { ExpressionError } from './expression-error.ts';
import { AUTHORITATIVE_NULL, IGNORE, Machine, type RawResult, settle } from './machine.ts';
import type { Node } from './node.ts';
import { parseExpression } from './parser.ts';
import type { ExpressionProblem } from './problem.ts';
import { defaultReferences } from './reference-attributes.ts';
import type { StaticType } from './types.ts';

export type CompileOptions = CompilerOptions;

export interface CompiledExpression {
  readonly text: string;
  readonly node: Node;
  /** Attributes of the source object that are read or counted, `dn` among them. */
  readonly attributes: readonly string[];
  /** Those of them that hold references, by the schema or else by their well-known names. */
  readonly referenceAttributes: readonly string[];
  readonly parameters: readonly string[];
  /** Attributes read through `ImportedValue`. */
  readonly importedAttributes: readonly string[];
  /** What the result can be, as far as that is certain without an object. */
  readonly type: StaticType;
  /** Rough cost of one evaluation in steps of about 50 ns, for lint. */
  readonly constantCost: number;
  /** The bare result, for the engine: undefined is NULL. Throws an ExpressionError that carries `detail`. */
  run(view: ObjectView, context: EvaluationContext): RawResult;
  /** The same as data; never throws. The empty text is a value here: see `emptyTextIsNull`. */
  evaluate(view: ObjectView, context: EvaluationContext): FlowResult;
}

export type CompileResult =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly errors: readonly ExpressionProblem[] };

/** Parses, checks and compiles; everything that is wrong comes back as data. */
export function compileExpression(text: string, options: CompileOptions = {}): CompileResult {
  const parsed = parseExpression(text);
  if (!parsed.ok) return parsed;
  const errors = checkExpression(parsed.node, text, options);
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, expression: compileNode(parsed.node, text, options) };
}

/** At most one expression runs at a time, so one machine serves all; a second is made if that ever changes. */
let idle: Machine | undefined = new Machine();

function compileNode(node: Node, text: string, options: CompileOptions): CompiledExpression {
  const compiler = new Compiler(options);
  const { code } = compiler.compileRoot(node);
  const attributes = [...compiler.attributes];
  const run = (view: ObjectView, context: EvaluationContext): RawResult => {
    const m = idle ?? new Machine();
    idle = undefined;
    m.view = view;
    m.context = context;
    m.work = 0;
    m.at = -1;
    m.run++;
    if (m.certificates !== undefined) m.certificates = undefined;
    m.holes = false;
    try {
      const raw = code(m);
      idle = m;
      return typeof raw === 'object' ? settle(m, raw) : raw;
    } catch (error) {
      idle = m;
      throw withDetail(error, compiler, m.at, view, attributes);
    }
  };
  return {
    text,
    node,
    attributes,
    referenceAttributes: attributes.filter((name) => isReferenceAttribute(name, options)),
    parameters: [...compiler.parameters],
    importedAttributes: [...compiler.imported],
    type: typeOfExpression(node, options),
    constantCost: costOf(node),
    run,
    evaluate: (view, context) => evaluate(run, view, context),
  };
}

function isReferenceAttribute(name: string, { schema }: CompileOptions): boolean {
  return schema ? schema.attribute(name)?.type === 'reference' : defaultReferences.has(name);
}

function evaluate(run: CompiledExpression['run'], view: ObjectView, context: EvaluationContext): FlowResult {
  try {
    return flowResult(run(view, context));
  } catch (error) {
    if (error instanceof ExpressionError && error.detail) return { kind: 'error', error: error.detail };
    throw error;
  }
}

/** A bare result as data. */
export function flowResult(raw: RawResult): FlowResult {
  if (raw === undefined) return { kind: 'null' };
  if (raw === AUTHORITATIVE_NULL) return { kind: 'authoritative-null' };
  return raw === IGNORE ? { kind: 'ignore' } : { kind: 'value', value: raw };
}

/** What a flow makes of a result: the empty text is no value (architecture s.4), alone and among several. */
export function emptyTextIsNull(raw: RawResult): RawResult {
  if (raw === '') return undefined;
  if (!Array.isArray(raw) || !raw.includes('')) return raw;
  const values = (raw as readonly Value[]).filter((value) => value !== '');
  return values.length === 0 ? undefined : values;
}

/** Every failure of a run as an ExpressionError: a fault of ours must fail one object, not the synchronization. */
function withDetail(
  error: unknown,
  compiler: Compiler,
  at: number,
  view: ObjectView,
  attributes: readonly string[],
): ExpressionError {
  const known = error instanceof ExpressionError ? error : new ExpressionError(`The expression failed: ${error}.`);
  if (error !== known) known.cause = error;
  const span = compiler.positions[at];
  const detail: RuleErrorDetail = {
    code: known.code,
    message: known.message,
    ...(span ? { position: { start: span.start, length: span.end - span.start } } : {}),
    inputs: inputsOf(view, attributes),
  };
  known.detail = detail;
  return known;
}

const inputLimits = { values: 10, characters: 256 } as const;

/** The values the expression read, shortened to what a person reads in an error. */
function inputsOf(view: ObjectView, attributes: readonly string[]): Attributes {
  const read = (name: string): AttributeValue | undefined =>
    Object.hasOwn(view.values, name) ? view.values[name] : name === 'dn' ? view.dn : undefined;
  return Object.fromEntries(
    attributes.flatMap((name) => {
      const value = read(name);
      return value === undefined ? [] : [[name, shortened(value)] as const];
    }),
  );
}

function shortened(value: AttributeValue): AttributeValue {
  if (Array.isArray(value)) return (value as readonly Value[]).slice(0, inputLimits.values).map(shortenedValue);
  return shortenedValue(value as Value);
}

function shortenedValue(value: Value): Value {
  const { characters } = inputLimits;
  if (typeof value === 'string' && value.length > characters) return `${value.slice(0, characters)}…`;
  const isLong = typeof value === 'object' && 'base64' in value && value.base64.length > characters;
  return isLong ? { base64: value.base64.slice(0, characters) } : value;
}
