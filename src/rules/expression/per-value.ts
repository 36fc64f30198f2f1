/** Per-value mapping: functions of single values over multi-valued arguments (sync-engine s.3.3). */
import { ExpressionError } from './expression-error.ts';
import type { Implementation } from './functions/function-spec.ts';
import { type Code, describeType, type Item, isList, listLimit, type Machine, type Raw } from './machine.ts';

/** A compiled part of an expression. */
export interface Piece {
  readonly code: Code;
  /** Set if the value is always the same. */
  readonly constant?: { readonly value: Raw };
  /** What a list that comes out of here is made of, value by value: lists of one source are aligned. */
  readonly sources: readonly string[];
}

export const constantPiece = (value: Raw): Piece => ({ code: () => value, constant: { value }, sources: [] });

/** All sources of the pieces. */
export const mergeSources = (pieces: readonly Piece[]): readonly string[] => {
  const used = pieces.filter((p) => p.sources.length > 0);
  return used.length === 1 ? used[0]!.sources : [...new Set(used.flatMap((p) => p.sources))];
};

/** The length of the lists among the values. Lists of different attributes cannot be combined value by value. */
export function alignedLength(values: readonly Raw[], pieces: readonly Piece[]): number {
  let length = -1;
  let first: Piece | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined || !isList(value)) continue;
    const piece = pieces[i]!;
    if (first && (value.length !== length || !piece.sources.some((s) => first!.sources.includes(s)))) {
      throw new ExpressionError('Several values of different attributes cannot be combined one by one. Use Item.');
    }
    first = piece;
    length = value.length;
  }
  return length;
}

export const pick = (v: Raw, i: number): Raw => (isList(v) ? v[i] : v);

/**
 * The function called once for each value of the lists among the arguments, everything else held fixed. A NULL result
 * leaves a hole, so that the result stays aligned; a hole in an argument stays one; a list as a result is spread out.
 */
export function mapValues(
  m: Machine,
  at: number,
  f: Implementation,
  values: Raw[],
  pieces: readonly Piece[],
  cost = 1,
): Raw {
  m.at = at;
  const length = alignedLength(values, pieces);
  m.charge(length * cost);
  const result: Item[] = [];
  const [a, b, c, d] = values;
  for (let i = 0; i < length; i++) {
    m.at = at;
    const isHole = m.holes && values.some((v) => isList(v) && v[i] === undefined);
    const value = isHole ? undefined : f(m, pick(a, i), pick(b, i), pick(c, i), pick(d, i));
    if (typeof value === 'string') result.push(value);
    else addResult(m, result, value);
  }
  return result;
}

function addResult(m: Machine, result: Item[], value: Raw): void {
  if (isList(value)) {
    if (result.length + value.length > listLimit) throw new ExpressionError(`More than ${listLimit} values are built.`);
    for (const item of value) result.push(item);
    return;
  }
  if (value === undefined) m.holes = true;
  result.push(oneItem(value));
}

/** A result for one of several values, which cannot be one of the words that stand for a whole flow. */
export function oneItem(v: Raw): Item {
  if (typeof v === 'symbol') throw new ExpressionError(`${describeType(v)} cannot stand for one value of several.`);
  if (isList(v)) throw new ExpressionError('There are several values where one is expected.');
  return v;
}

/** Calls the function on its arguments, mapped over multi-valued ones. `cost`: steps that one call takes. */
export function perValueCall(f: Implementation, at: number, pieces: readonly Piece[], cost = 1): Code {
  const [A, B, C, D] = pieces;
  if (!A) {
    return (m) => {
      m.at = at;
      return f(m, undefined, undefined, undefined, undefined);
    };
  }
  const first = A.code;
  if (pieces.slice(1).every((p) => p.constant !== undefined)) {
    const b: Raw = B?.constant?.value;
    const c: Raw = C?.constant?.value;
    const d: Raw = D?.constant?.value;
    return (m) => {
      const a = first(m);
      if (typeof a === 'object' && isList(a)) return mapValues(m, at, f, [a, b, c, d], pieces, cost);
      m.at = at;
      return f(m, a, b, c, d);
    };
  }
  const second = (B as Piece).code;
  if (pieces.length === 2) {
    return (m) => {
      const a = first(m);
      const b = second(m);
      if (isList(a) || isList(b)) return mapValues(m, at, f, [a, b], pieces, cost);
      m.at = at;
      return f(m, a, b, undefined, undefined);
    };
  }
  const third = (C as Piece).code;
  const fourth = D?.code;
  return (m) => {
    const a = first(m);
    const b = second(m);
    const c = third(m);
    const d = fourth?.(m);
    if (isList(a) || isList(b) || isList(c) || isList(d)) return mapValues(m, at, f, [a, b, c, d], pieces, cost);
    m.at = at;
    return f(m, a, b, c, d);
  };
}

/** Calls the function on its arguments as they are. `lenient`: the first may be a single value instead of a list. */
export function wholeCall(f: Implementation, at: number, pieces: readonly Piece[], lenient: boolean): Code {
  const [A, B, C] = pieces.map((p) => p.code);
  return (m) => {
    let a = A?.(m);
    const b = B?.(m);
    const c = C?.(m);
    m.at = at;
    if (lenient && a !== undefined && !isList(a)) a = [oneItem(a)];
    return f(m, a, b, c, undefined);
  };
}
