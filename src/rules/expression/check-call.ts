/** Checks a call: the name, how many arguments, and what each of them may be. */
import type { Checker, Variables } from './checker.ts';
import { ExpressionError } from './expression-error.ts';
import { type FunctionSpec, NOT_CONSTANT, type Parameter, type ParameterType } from './functions/function-spec.ts';
import { functionTable } from './functions/table.ts';
import type { Raw } from './machine.ts';
import { type CallNode, type Node, ungroup } from './node.ts';
import {
  ANY,
  BINARY,
  BOOLEAN,
  DATE,
  describeKinds,
  either,
  NUMBER,
  perValueMulti,
  REFERENCE,
  type StaticType,
  several,
  TEXT,
} from './types.ts';

/** Kinds a parameter takes. The ones that are missing are not values. */
const accepted: Partial<Record<ParameterType, number>> = {
  str: TEXT,
  num: NUMBER,
  bool: BOOLEAN,
  bin: BINARY,
  dt: DATE,
  ref: REFERENCE,
  exp: BOOLEAN | NUMBER,
  var: ANY,
  'str|bin': TEXT | BINARY,
  'bin|str': TEXT | BINARY,
  'ref|str': TEXT | REFERENCE,
  mv: ANY,
  mvstr: TEXT,
  'mvstr|mvref': TEXT | REFERENCE,
  result: ANY,
};

/** The type of the call's result. Reports everything that is wrong with the call and its arguments. */
export function checkCall(checker: Checker, node: CallNode, variables: Variables, isResult: boolean): StaticType {
  const spec = functionTable.get(node.name);
  if (!spec) {
    for (const argument of node.arguments) if (argument.kind !== 'variable') checker.infer(argument, variables, true);
    return checker.unknown(node, 'function', node.name, node.name, functionTable.keys());
  }
  if (!checkCount(checker, node, spec)) return { kinds: spec.result.kinds, multi: 'maybe' };
  if (spec.parameters[0]?.type === 'variable') return checkBinding(checker, node, variables, isResult);
  const types = node.arguments.map((argument, i) => {
    const parameter = spec.parameters[spec.repeats ? i % spec.parameters.length : i] as Parameter;
    return checkArgument(checker, spec, parameter, argument, variables, isResult);
  });
  checkConstants(checker, node, spec);
  return resultType(node, spec, types);
}

function checkCount(checker: Checker, node: CallNode, spec: FunctionSpec): boolean {
  const count = node.arguments.length;
  const most = spec.repeats ? Number.POSITIVE_INFINITY : spec.parameters.length;
  const unpaired = spec.repeats === true && count % spec.parameters.length !== 0;
  if (count >= spec.required && count <= most && !unpaired) return true;
  const names = spec.parameters.map((p, i) => (i < spec.required ? p.name : `[${p.name}]`)).join(', ');
  const wanted = spec.repeats
    ? 'pairs of a condition and a value'
    : spec.required === most
      ? `${most} ${most === 1 ? 'argument' : 'arguments'}`
      : `${spec.required} to ${most} arguments`;
  const form = `${node.name}(${names}${spec.repeats ? ', …' : ''})`;
  checker.report(node, 'argument-count', `Expected ${wanted} as in ${form}, but found ${count}.`);
  return false;
}

function checkArgument(
  checker: Checker,
  spec: FunctionSpec,
  parameter: Parameter,
  argument: Node,
  variables: Variables,
  isResult: boolean,
): StaticType {
  const inner = ungroup(argument);
  if (parameter.type === 'attribute') return checkAttributeName(checker, spec, inner);
  if (parameter.type === 'enum') return checkWord(checker, parameter, inner, variables);
  const type = checker.infer(argument, variables, parameter.type === 'result' && isResult);
  const kinds = accepted[parameter.type] ?? ANY;
  if (type.kinds !== 0 && !(type.kinds & kinds)) {
    const found = describeKinds(type.kinds);
    const message = `${spec.name} expects ${describeKinds(kinds)} as ${parameter.name}, but this is ${found}.`;
    return checker.report(inner, 'type-mismatch', message);
  }
  const wantsList = parameter.type.startsWith('mv');
  if (wantsList && type.multi === 'no' && type.kinds !== 0 && !checker.options.singleValuesAsLists) {
    const message = `${spec.name} expects a multi-valued attribute as ${parameter.name}, but this has a single value.`;
    return checker.report(inner, 'single-value', message);
  }
  const wantsOne = spec.mapping === 'whole' && !wantsList && parameter.type !== 'var' && spec.name !== 'Error';
  if (wantsOne && type.multi === 'yes') {
    const message = `${spec.name} expects a single value as ${parameter.name}, but this has several.`;
    return checker.report(inner, 'several-values', message);
  }
  return type;
}

function checkAttributeName(checker: Checker, spec: FunctionSpec, argument: Node): StaticType {
  if (argument.kind === 'text' && argument.value !== '') return checker.attribute(argument, argument.value);
  const form = `${spec.name}("attributeName")`;
  return checker.report(argument, 'attribute-name', `Expected the name of an attribute in quotation marks: ${form}.`);
}

/** Words may be written bare or in quotation marks, as the reference itself does both. */
function checkWord(checker: Checker, parameter: Parameter, argument: Node, variables: Variables): StaticType {
  const words = parameter.words ?? [];
  const name = argument.kind === 'word' ? argument.name : argument.kind === 'text' ? argument.value : undefined;
  if (name !== undefined) {
    if (!words.includes(name)) checker.unknown(argument, 'word', name, name, words);
    return { kinds: TEXT, multi: 'no' };
  }
  const type = checker.infer(argument, variables);
  if (type.kinds !== 0 && !(type.kinds & TEXT)) {
    checker.report(argument, 'type-mismatch', `Expected one of the words ${words.join(', ')}.`);
  }
  return type;
}

/** Select, Where and With: `$name`, what it stands for, and an expression in which it is known. */
function checkBinding(checker: Checker, node: CallNode, variables: Variables, isResult: boolean): StaticType {
  const [first, second, third] = node.arguments as [Node, Node, Node];
  const variable = ungroup(first);
  const isWith = node.name === 'With';
  const value = checker.infer(second, variables);
  if (variable.kind !== 'variable') {
    checker.report(variable, 'variable-name', `${node.name} expects a variable such as $item as its first argument.`);
    return several(ANY);
  }
  const bound = isWith ? value : { kinds: value.kinds, multi: 'no' as const };
  const body = checker.infer(third, new Map(variables).set(variable.name, bound), isWith && isResult);
  if (isWith) return body;
  if (node.name === 'Select') return several(body.kinds);
  if (body.kinds !== 0 && !(body.kinds & (BOOLEAN | NUMBER))) {
    const message = `Where expects a condition, but this is ${describeKinds(body.kinds)}.`;
    checker.report(ungroup(third), 'type-mismatch', message);
  }
  return several(value.kinds);
}

/** A date format or a pattern that is written out is tried now, not on the first object. */
function checkConstants(checker: Checker, node: CallNode, spec: FunctionSpec): void {
  if (!spec.prepare) return;
  const constants = node.arguments.map((argument): Raw | typeof NOT_CONSTANT => {
    const inner = ungroup(argument);
    return inner.kind === 'text' || inner.kind === 'number' ? inner.value : NOT_CONSTANT;
  });
  try {
    spec.prepare(constants);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    checker.report(node, 'malformed-constant', error.message);
  }
}

function resultType(node: CallNode, spec: FunctionSpec, types: readonly StaticType[]): StaticType {
  switch (node.name) {
    case 'IIF':
    case 'Switch': {
      const isValue = (i: number) => (node.name === 'IIF' ? i > 0 : i % 2 === 1);
      const values = types.filter((_, i) => isValue(i));
      const tests = types.filter((_, i) => !isValue(i));
      const result = values.reduce(either);
      return { kinds: result.kinds, multi: tests.some((t) => t.multi === 'yes') ? 'yes' : mergedMulti(result, tests) };
    }
    case 'Item':
    case 'ItemOrNull':
      return { kinds: types[0]!.kinds, multi: 'no' };
    case 'RemoveDuplicates':
      return several(types[0]!.kinds);
    case 'Left':
    case 'Right':
    case 'Mid':
      return { kinds: types[0]!.kinds === 0 ? TEXT : types[0]!.kinds & (TEXT | BINARY), multi: types[0]!.multi };
    case 'ImportedValue':
      return types[0]!;
    default:
      if (spec.mapping !== 'perValue' || spec.result.multi === 'yes') return spec.result;
      return { kinds: spec.result.kinds, multi: perValueMulti(types) };
  }
}

const mergedMulti = (result: StaticType, tests: readonly StaticType[]): StaticType['multi'] =>
  result.multi === 'no' && tests.some((t) => t.multi === 'maybe') ? 'maybe' : result.multi;
