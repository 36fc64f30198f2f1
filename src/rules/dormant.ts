/**
 * Which flows have nothing to say about an object that lacks what they read. Most of the two hundred flows on a person
 * copy or trim an attribute that the person does not have; they are not looked at unless it is there.
 */
import type { CompiledFlow } from './compiled.ts';
import type { EvaluationContext, ObjectView } from './evaluation.ts';
import type { CompiledExpression } from './expression/compile.ts';

/**
 * The attributes without which the flow is certain to give no value; undefined if it may give one, or may say that it is
 * to be ignored, whatever the object holds.
 */
export function neededAttributes(flow: CompiledFlow): readonly string[] | undefined {
  const { source } = flow;
  if (flow.executeOnce || source.kind === 'constant') return undefined;
  if (source.kind === 'direct') return source.attribute === 'dn' ? undefined : [source.attribute];
  let known = answers.get(source.expression);
  if (known === undefined) {
    known = isSilent(source.expression) ? source.expression.attributes : 'speaks';
    answers.set(source.expression, known);
  }
  return known === 'speaks' ? undefined : known;
}
const answers = new WeakMap<CompiledExpression, readonly string[] | 'speaks'>();

/**
 * Whether an expression is NULL on an object that has none of its attributes. It is tried out, on an object and in a
 * context that fail whatever else is asked of them: what came about without asking cannot depend on it.
 */
function isSilent(expression: CompiledExpression): boolean {
  if (expression.attributes.includes('dn') || expression.importedAttributes.length > 0) return false;
  return expression.evaluate(empty, unknown).kind === 'null';
}

const refuse = (): never => {
  throw new TypeError('asked for something that is not known');
};
const empty: ObjectView = {
  values: {},
  referenceCount: () => 0,
  references: () => [],
  get dn(): never {
    return refuse();
  },
  get objectType(): never {
    return refuse();
  },
  get imported(): never {
    return refuse();
  },
  isMemberOf: refuse,
};
const unknown: EvaluationContext = {
  get parameters(): never {
    return refuse();
  },
  now: refuse,
  random: refuse,
  guid: refuse,
};
