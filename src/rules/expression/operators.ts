/** What the operators do with two single values. NULL is undefined. */
import { dnKey } from '../../model/dn.ts';
import { binary, bytesOf, type Instant } from '../../model/value.ts';
import { msOf, ticksOf } from './date.ts';
import { ExpressionError } from './expression-error.ts';
import { textFrom } from './functions/conversion.ts';
import type { Implementation } from './functions/function-spec.ts';
import {
  bounded,
  describeType,
  isBytes,
  isDate,
  isDn,
  isNumber,
  type Machine,
  type Raw,
  wrongType,
} from './machine.ts';
import type { BinaryOperator } from './node.ts';
import { add, bigOf, divide, multiply, subtract } from './number.ts';

/** Texts are joined; of two binary values the bytes. NULL joins as nothing, and NULL & NULL is NULL [I: as in VBA]. */
export function concatenate(m: Machine, a: Raw, b: Raw): Raw {
  if (a === undefined && b === undefined) return undefined;
  if (isBytes(a) || isBytes(b)) {
    if (a === undefined || b === undefined) return a ?? b;
    if (!isBytes(a) || !isBytes(b)) throw new ExpressionError('Binary can only be joined with binary.');
    m.charge((a.base64.length + b.base64.length) >> 7);
    bounded(a.base64);
    return binary(Buffer.concat([bytesOf(a), bytesOf(b)]));
  }
  return bounded(joinable(a) + joinable(b));
}

function joinable(v: Raw): string {
  if (v === undefined) return '';
  return isDate(v) ? wrongType('text', v) : (textFrom(v) ?? wrongType('text', v));
}

/** Negative, 0 or positive; undefined if the two can only be equal or not, which `equal` then tells. */
function order(a: Raw, b: Raw): number | undefined {
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = [bigOf(a), bigOf(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (isDate(a) && isDate(b)) return msOf(a) - msOf(b) || ticksOf(a as Instant) - ticksOf(b as Instant);
  return undefined;
}

function equal(a: Raw, b: Raw, foldCase: boolean): boolean {
  if (foldCase && typeof a === 'string' && typeof b === 'string') return a.toLowerCase() === b.toLowerCase();
  if (typeof a === 'boolean' && typeof b === 'boolean') return a === b;
  if (isBytes(a) && isBytes(b)) return a.base64 === b.base64;
  if ((isDn(a) || typeof a === 'string') && (isDn(b) || typeof b === 'string') && typeof a !== typeof b) {
    return dnKey(textFrom(a) ?? '') === dnKey(textFrom(b) ?? '');
  }
  if (isDn(a) && isDn(b)) return dnKey(a.dn) === dnKey(b.dn);
  return (order(a, b) ?? incomparable(a, b)) === 0;
}

function incomparable(a: Raw, b: Raw): never {
  throw new ExpressionError(`${describeType(a)} cannot be compared with ${describeType(b)}.`.replace(/^./, upper));
}
const upper = (letter: string): string => letter.toUpperCase();

/** A comparison. With NULL it is False, whatever the operator [I, sync-engine s.3.2]. */
export function comparison(operator: BinaryOperator, foldCase: boolean): (a: Raw, b: Raw) => boolean {
  const test = ordering[operator];
  return (a, b) => {
    if (a === undefined || b === undefined) return false;
    if (operator === '=') return equal(a, b, foldCase);
    if (operator === '<>') return !equal(a, b, foldCase);
    return test!(order(a, b) ?? incomparable(a, b));
  };
}

const ordering: Partial<Record<BinaryOperator, (order: number) => boolean>> = {
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
};

const arithmetic: Partial<Record<BinaryOperator, (a: Raw, b: Raw) => Raw>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
};

/** Arithmetic with NULL gives NULL [I]. */
export function arithmeticOf(operator: BinaryOperator): Implementation {
  const compute = arithmetic[operator]!;
  return (_m, a, b) => (a === undefined || b === undefined ? undefined : compute(a, b));
}

/** A single value as a condition: NULL is False, a number is True unless it is 0. */
export function condition(v: Raw): boolean {
  if (typeof v === 'boolean') return v;
  if (v === undefined) return false;
  return isNumber(v) ? v !== 0 : wrongType('True or False', v);
}
