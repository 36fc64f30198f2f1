/** Compiles one flow of a rule. */
import type { AttributeValue } from '../model/value.ts';
import type { Report, RuleSurroundings } from './compile-rule.ts';
import type { CompiledFlow, FlowSource, TargetShape } from './compiled.ts';
import { type CompileOptions, compileExpression } from './expression/compile.ts';
import type { Syntax } from './metaverse-attributes.ts';
import type { Direction, Flow } from './model.ts';
import { parseInteger } from './read-attribute.ts';

/** What the rules room needs to know of an attribute of a connected directory. */
export interface ConnectedAttribute {
  readonly type: 'string' | 'integer' | 'boolean' | 'binary' | 'reference' | 'time';
  readonly multiValued: boolean;
}
/** The compiled flow; undefined after having reported what is wrong. */
export function compileFlow(
  direction: Direction,
  flow: Flow,
  { schema, connected, expressionOptions }: RuleSurroundings,
  report: Report,
): CompiledFlow | undefined {
  const inbound = direction === 'inbound';
  const definition = inbound ? schema.attributes.get(flow.target) : undefined;
  const known = inbound ? undefined : connected?.get(flow.target);
  const source = sourceOf(flow, definition?.syntax ?? syntaxOf(known), inbound ? {} : expressionOptions, report);
  if (source === undefined) return undefined;
  const binds =
    source.kind === 'direct' &&
    (inbound ? definition?.syntax === 'reference' : schema.attributes.get(source.attribute)?.syntax === 'reference');
  return {
    flow,
    target: flow.target,
    shape: shapeOf(definition, known),
    source,
    binds,
    combination: combinationOf(flow),
    executeOnce: flow.executeOnce === true,
    sameResultKey: JSON.stringify([flow.direct, flow.constant, flow.expression, flow.executeOnce === true]),
  };
}

/** Attributes that a flow reads, `dn` included. */
export function attributesOf({ source }: { readonly source: FlowSource }): readonly string[] {
  if (source.kind === 'direct') return [source.attribute];
  return source.kind === 'constant' ? [] : [...source.expression.attributes, ...source.expression.importedAttributes];
}

function shapeOf(definition: TargetShape | undefined, connected: ConnectedAttribute | undefined): TargetShape {
  if (definition !== undefined) {
    const { syntax, multiValued, indexed } = definition;
    return { ...(syntax && { syntax }), ...(multiValued !== undefined && { multiValued }), indexed: indexed === true };
  }
  // The connected directory checks the syntax itself and says so in its export error; only the shape matters here.
  return connected === undefined ? {} : { multiValued: connected.multiValued };
}

const syntaxes = { string: 'string', integer: 'number', boolean: 'boolean', binary: 'binary' } as const;
function syntaxOf(attribute: ConnectedAttribute | undefined): Syntax | undefined {
  if (attribute === undefined || attribute.type === 'reference' || attribute.type === 'time') return undefined;
  return syntaxes[attribute.type];
}

function sourceOf(
  flow: Flow,
  syntax: Syntax | undefined,
  options: CompileOptions,
  report: Report,
): FlowSource | undefined {
  const { direct, constant, expression } = flow;
  if ([direct, constant, expression].filter((way) => way !== undefined).length !== 1) {
    report('invalid-flow', `The flow to ${flow.target} needs one of direct, constant and expression.`, flow);
    return undefined;
  }
  if (direct !== undefined) return { kind: 'direct', attribute: direct };
  if (constant !== undefined) {
    const value = constantValue(constant, syntax);
    if (value !== undefined) return { kind: 'constant', value };
    const text = `The constant "${constant}" is not a ${syntax}, as the attribute ${flow.target} needs.`;
    report('invalid-constant', text, flow);
    return undefined;
  }
  const compiled = compileExpression(expression as string, options);
  if (compiled.ok) return { kind: 'expression', text: expression as string, expression: compiled.expression };
  for (const { message, line, column, start, length } of compiled.errors) {
    const text = `In the expression for ${flow.target}, line ${line}, column ${column}: ${message}`;
    report('invalid-expression', text, flow, { position: { start, length } });
  }
  return undefined;
}

/** The literal text in the syntax of the target; undefined if it is none of that syntax. */
function constantValue(text: string, syntax: Syntax | undefined): AttributeValue | undefined {
  if (syntax === 'boolean') {
    const lower = text.trim().toLowerCase();
    return lower === 'true' ? true : lower === 'false' ? false : undefined;
  }
  if (syntax === 'number') {
    const number = parseInteger(text);
    return typeof number === 'bigint' ? { int: number.toString() } : number;
  }
  if (syntax === 'binary') return undefined;
  return syntax === 'reference' ? { dn: text } : text;
}

function combinationOf(flow: Flow): CompiledFlow['combination'] {
  if (flow.merge === 'Merge') return 'union';
  return flow.merge === 'MergeCaseInsensitive' ? 'union-ignoring-case' : 'best';
}
