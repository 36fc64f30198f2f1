/**
 * What a compiled expression runs on: raw values without wrappers, and a budget. NULL is `undefined`; the two other
 * non-values are symbols; a list may have holes (`undefined`) where a per-value function gave NULL, so that lists made
 * from one attribute stay aligned until somebody counts or stores them (`settle`).
 */
import type { AttributeValue, Binary, Instant, LargeInteger, Reference, Value } from '../../model/value.ts';
import type { EvaluationContext, ObjectView } from '../evaluation.ts';
import type { Certificate } from './certificate.ts';
import { ExpressionError } from './expression-error.ts';

export const AUTHORITATIVE_NULL: unique symbol = Symbol('AuthoritativeNull');
export const IGNORE: unique symbol = Symbol('IgnoreThisFlow');

/** What `run` gives: NULL is undefined. Lists have no holes and are not empty. */
export type RawResult = AttributeValue | undefined | typeof AUTHORITATIVE_NULL | typeof IGNORE;
export type Item = Value | undefined;
/** What travels between the nodes of an expression. */
export type Raw = Item | readonly Item[] | typeof AUTHORITATIVE_NULL | typeof IGNORE;
export type Code = (m: Machine) => Raw;

/** A step is about 50 ns of work: an expression is stopped after about a second at the latest. */
export const workLimit = 10_000_000;
/** Longest text or binary an expression may build, in characters. */
export const textLimit = 16_777_216;
/** Most values an expression may build. */
export const listLimit = 1_000_000;

export class Machine {
  view!: ObjectView;
  context!: EvaluationContext;
  /** Values of $variables, by the slot the compiler gave them. */
  readonly variables: Raw[] = [];
  /** Results of calls that stand several times in the expression, each valid for the run it was made in. */
  readonly memo: Raw[] = [];
  readonly memoRuns: number[] = [];
  run = 0;
  /** Index of the call that runs, into the positions of the compiled expression. */
  at = 0;
  work = 0;
  /** Whether a list with a hole may be about: only then lists have to be searched for holes. */
  holes = false;
  certificates: Map<string, Certificate> | undefined;

  /** Charges for work in proportion to the product of two lengths, such as searching one text in another. */
  chargeProduct(a: number, b: number): void {
    this.charge(Math.floor((a * b) / 1024));
  }

  charge(steps: number): void {
    this.work += steps;
    if (this.work > workLimit) {
      throw new ExpressionError('The expression needs too many steps on these values, and was stopped.');
    }
  }
}

export const isList = (v: Raw): v is readonly Item[] => typeof v === 'object' && Array.isArray(v);

/** A list without the values that became NULL; NULL if none is left. Everything else as it is. */
export function settle(m: Machine, v: Raw): RawResult {
  if (!isList(v)) return v;
  const values = m.holes && v.includes(undefined) ? v.filter((item) => item !== undefined) : (v as readonly Value[]);
  return values.length === 0 ? undefined : values;
}

/** The name of the type of a value, for messages. */
export function describeType(v: Raw): string {
  if (v === undefined) return 'NULL';
  if (v === AUTHORITATIVE_NULL) return 'AuthoritativeNull';
  if (v === IGNORE) return 'IgnoreThisFlow';
  if (isList(v)) return 'several values';
  if (typeof v === 'string') return 'text';
  if (typeof v === 'number') return 'a number';
  if (typeof v === 'boolean') return 'True or False';
  const object = v as Binary | Instant | Reference | LargeInteger;
  if ('base64' in object) return 'binary';
  if ('date' in object) return 'a date';
  return 'dn' in object ? 'a reference' : 'a number';
}

export const isBytes = (v: Raw): v is Binary => typeof v === 'object' && v !== null && 'base64' in v;
export const isDate = (v: Raw): v is Instant => typeof v === 'object' && v !== null && 'date' in v;
export const isDn = (v: Raw): v is Reference => typeof v === 'object' && v !== null && 'dn' in v;
export const isInt64 = (v: Raw): v is LargeInteger => typeof v === 'object' && v !== null && 'int' in v;
export const isNumber = (v: Raw): v is number | LargeInteger => typeof v === 'number' || isInt64(v);

/** Refuses a value of the wrong type; the place is added where the call stands. */
export function wrongType(expected: string, v: Raw): never {
  throw new ExpressionError(`Expected ${expected}, but the value is ${describeType(v)}.`);
}

/** A text result, refused if it is longer than an expression may build. */
export function bounded(text: string): string {
  if (text.length > textLimit) throw new ExpressionError(`The text becomes longer than ${textLimit} characters.`);
  return text;
}

/** Text of an argument. Long texts cost steps, because most functions walk them. */
export function textOf(m: Machine, v: Raw): string {
  if (typeof v !== 'string') return wrongType('text', v);
  if (v.length > 256) m.charge(v.length >> 4);
  return v;
}

/** The values of a multi-valued argument; NULL has none. */
export function listOf(m: Machine, v: Raw): readonly Value[] {
  const settled = settle(m, v);
  if (settled === undefined) return [];
  if (!Array.isArray(settled)) return wrongType('a multi-valued attribute', v);
  if (settled.length > 8) m.charge(settled.length >> 3);
  return settled;
}
