/** What a function of the language is. */
import type { Machine, Raw } from '../machine.ts';
import type { StaticType } from '../types.ts';

/** Computes the result for single values; NULL arrives as undefined. Absent optional arguments are undefined too. */
export type Implementation = (m: Machine, a: Raw, b: Raw, c: Raw, d: Raw) => Raw;

export type ParameterType =
  | 'str'
  | 'num'
  | 'bool'
  | 'bin'
  | 'dt'
  | 'ref'
  | 'exp'
  | 'var'
  /** Text or binary. */
  | 'str|bin'
  | 'bin|str'
  | 'ref|str'
  | 'mvstr'
  | 'mvstr|mvref'
  | 'mv'
  | 'enum'
  /** The quoted name of an attribute. */
  | 'attribute'
  /** `$name` */
  | 'variable'
  /** Any expression: its type is the type of the result. */
  | 'result';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** The words of an `enum`, bare or quoted. */
  readonly words?: readonly string[];
}

export interface FunctionSpec {
  readonly name: string;
  readonly category:
    | 'certificate'
    | 'conversion'
    | 'date'
    | 'directory'
    | 'evaluation'
    | 'math'
    | 'list'
    | 'flow'
    | 'text';
  readonly parameters: readonly Parameter[];
  /** How many of the parameters must be given. */
  readonly required: number;
  /** The parameters from `required` on may be repeated in pairs (Switch). */
  readonly repeats?: true;
  /** `perValue`: called once for every value of a multi-valued argument. `whole`: gets lists as they are. */
  readonly mapping: 'perValue' | 'whole' | 'special';
  readonly result: StaticType;
  readonly run: Implementation;
  /**
   * Prepares what depends on constant arguments only (a date format, a pattern) once, at load. Throws an
   * ExpressionError if a constant cannot work; gives nothing if the constants do not help.
   */
  readonly prepare?: (constants: readonly (Raw | NotConstant)[]) => Implementation | undefined;
  /** Rough cost in steps of about 50 ns, for lint. Default 1. */
  readonly cost?: number;
}

/** Stands for an argument that is not a constant. */
export const NOT_CONSTANT: unique symbol = Symbol('not constant');
export type NotConstant = typeof NOT_CONSTANT;

/** A constant text among the arguments of `prepare`, or undefined. */
export const constantText = (v: Raw | NotConstant | undefined): string | undefined =>
  typeof v === 'string' ? v : undefined;

/** `str value, num length, [enum option: A | B]` as parameters; what stands in brackets is optional. */
export function signature(text: string): { parameters: Parameter[]; required: number } {
  const parts = text === '' ? [] : text.split(/,\s*/);
  const parameters = parts.map((part): Parameter => {
    const [, type, name, words] = /^\[?(\S+) ([A-Za-z0-9]+)(?:: ([^\]]+))?\]?$/.exec(part) ?? [];
    if (type === undefined || name === undefined) throw new TypeError(`malformed signature: ${part}`);
    return { name, type: type as ParameterType, ...(words === undefined ? {} : { words: words.split(' ') }) };
  });
  return { parameters, required: parts.filter((p) => !p.startsWith('[')).length };
}
