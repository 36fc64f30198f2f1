/** Closures for the operators. The common cases are decided without a call. */
import { type Code, isList, type Machine, type Raw, textLimit } from './machine.ts';
import type { BinaryOperator } from './node.ts';
import { arithmeticOf, comparison, concatenate, condition } from './operators.ts';
import { alignedLength, mapValues, oneItem, type Piece, perValueCall, pick } from './per-value.ts';

/** The closure of a binary operator. `foldCase`: `=` and `<>` on texts do not look at letter case. */
export function operatorCode(op: BinaryOperator, at: number, left: Piece, right: Piece, foldCase: boolean): Code {
  if (op === '&&' || op === '||') return logicalCode(op === '||', at, left, right);
  if (op === '&') return concatenationCode(at, left, right);
  if (op === '+' || op === '-' || op === '*' || op === '/') return perValueCall(arithmeticOf(op), at, [left, right]);
  return comparisonCode(op, at, left, right, foldCase);
}

/** Evaluation stops as soon as the result is certain (architecture s.4). */
function logicalCode(stopsAt: boolean, at: number, left: Piece, right: Piece): Code {
  const [first, second] = [left.code, right.code];
  const combine = (a: Raw, b: Raw): boolean => (stopsAt ? condition(a) || condition(b) : condition(a) && condition(b));
  return (m) => {
    const a = first(m);
    if (a === stopsAt) return stopsAt;
    if (typeof a === 'boolean' || !isList(a)) {
      m.at = at;
      if (typeof a !== 'boolean' && condition(a) === stopsAt) return stopsAt;
    }
    const b = second(m);
    if (typeof b === 'boolean' && !isList(a)) return b;
    m.at = at;
    if (!isList(a) && !isList(b)) return condition(b);
    return mapValues(m, at, (_m, x, y) => combine(x, y), [a, b], [left, right]);
  };
}

function concatenationCode(at: number, left: Piece, right: Piece): Code {
  const [first, second] = [left.code, right.code];
  return (m) => {
    const a = first(m);
    const b = second(m);
    if (typeof a === 'string' && typeof b === 'string' && a.length + b.length <= textLimit) return a + b;
    if (isList(a) || isList(b)) return mapValues(m, at, concatenate, [a, b], [left, right]);
    m.at = at;
    return concatenate(m, a, b);
  };
}

function comparisonCode(op: BinaryOperator, at: number, left: Piece, right: Piece, foldCase: boolean): Code {
  const compare = comparison(op, foldCase);
  const [first, second] = [left.code, right.code];
  const slow = (m: Machine, a: Raw, b: Raw): Raw => {
    if (isList(a) || isList(b)) return mapValues(m, at, (_m, x, y) => compare(x, y), [a, b], [left, right]);
    m.at = at;
    return compare(a, b);
  };
  const constant = right.constant?.value;
  if (op === '=' && (typeof constant === 'number' || typeof constant === 'boolean')) {
    return (m) => {
      const a = first(m);
      return typeof a === typeof constant ? a === constant : slow(m, a, constant);
    };
  }
  if (op === '=' && !foldCase) {
    return (m) => {
      const a = first(m);
      const b = second(m);
      return typeof a === 'string' && typeof b === 'string' ? a === b : slow(m, a, b);
    };
  }
  if (op === '>' && typeof constant === 'number') {
    return (m) => {
      const a = first(m);
      return typeof a === 'number' ? a > constant : slow(m, a, constant);
    };
  }
  return (m) => slow(m, first(m), second(m));
}

/** A branch of IIF or Switch for every value: the branches are evaluated at most once, and only if they are taken. */
export function chooseEach(
  m: Machine,
  conditions: readonly Raw[],
  tests: readonly Piece[],
  values: readonly Piece[],
): Raw {
  const length = alignedLength(conditions, tests);
  m.charge(length);
  m.holes = true;
  const taken = Array.from({ length }, (_, i) => {
    const at = conditions.findIndex((c) => condition(pick(c, i)));
    return at < 0 ? tests.length : at;
  });
  const results = values.map((value, i) => (taken.includes(i) ? value.code(m) : undefined));
  const lists = results.some(isList);
  if (lists) alignedLength([...conditions, ...results], [...tests, ...values]);
  return taken.map((branch, i) => oneItem(pick(results[branch], i)));
}
