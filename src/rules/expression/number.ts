/** Signed 64-bit integers: plain numbers while they are exact, BigInt where they are not. */
import { integer, type LargeInteger } from '../../model/value.ts';
import { ExpressionError } from './expression-error.ts';
import { isInt64, type Raw, wrongType } from './machine.ts';

export type Int64 = number | LargeInteger;

/** A number argument as BigInt. */
export function bigOf(v: Raw): bigint {
  if (typeof v === 'number') {
    if (!Number.isSafeInteger(v)) throw new ExpressionError(`${v} is not a whole number.`);
    return BigInt(v);
  }
  return isInt64(v) ? BigInt(v.int) : wrongType('a number', v);
}

/** A number argument that counts characters, values or positions: beyond the safe range it is cut to it. */
export function smallOf(v: Raw): number {
  if (typeof v === 'number') {
    if (!Number.isSafeInteger(v)) throw new ExpressionError(`${v} is not a whole number.`);
    return v;
  }
  const big = bigOf(v);
  return big > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

/** A BigInt as a value; an error if it needs more than 64 bits. */
export function int64(value: bigint): Int64 {
  if (BigInt.asIntN(64, value) !== value) throw new ExpressionError(`${value} does not fit into 64 bits.`);
  return integer(value);
}

export function add(a: Raw, b: Raw): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return int64(bigOf(a) + bigOf(b));
}

export function subtract(a: Raw, b: Raw): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return int64(bigOf(a) - bigOf(b));
}

export function multiply(a: Raw, b: Raw): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return int64(bigOf(a) * bigOf(b));
}

/** Whole-number division, rounded towards zero [I: the reference only presumes that `/` exists]. */
export function divide(a: Raw, b: Raw): Int64 {
  const divisor = bigOf(b);
  if (divisor === 0n) throw new ExpressionError('Division by zero.');
  return int64(bigOf(a) / divisor);
}

const isInt32 = (v: Raw): v is number => typeof v === 'number' && (v | 0) === v;

/** Bitwise and of two's complements of 64 bits. */
export function bitAnd(a: Raw, b: Raw): Int64 {
  if (isInt32(a) && isInt32(b)) return a & b;
  return integer(BigInt.asIntN(64, bigOf(a) & bigOf(b)));
}

export function bitOr(a: Raw, b: Raw): Int64 {
  if (isInt32(a) && isInt32(b)) return a | b;
  return integer(BigInt.asIntN(64, bigOf(a) | bigOf(b)));
}

/** The number a text stands for: decimal with sign, or hexadecimal as `&HFF`; undefined if it is none. */
export function parseNumber(text: string): Int64 | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 32) return undefined;
  const hex = /^&[Hh]([0-9A-Fa-f]{1,16})$/.exec(trimmed)?.[1];
  if (hex !== undefined) return integer(BigInt.asIntN(64, BigInt(`0x${hex}`)));
  if (!/^[+-]?[0-9]+$/.test(trimmed)) return undefined;
  const value = BigInt(trimmed.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? integer(value) : undefined;
}
