/** Closures for IIF, Switch, Select, Where and With. */
import { chooseEach } from './compile-operators.ts';
import { ExpressionError } from './expression-error.ts';
import { type Code, type Item, isList, listLimit, type Machine, type Raw } from './machine.ts';
import { condition } from './operators.ts';
import { constantPiece, oneItem, type Piece } from './per-value.ts';

const nothing = constantPiece(undefined);

/** Only the branch taken is evaluated (architecture s.4): the default rules put Error() into the other. */
export function iifCode(at: number, test: Piece, yes: Piece, no: Piece): Code {
  const [check, whenTrue, whenFalse] = [test.code, yes.code, no.code];
  return (m) => {
    const c = check(m);
    if (c === true) return whenTrue(m);
    if (c === false || c === undefined) return whenFalse(m);
    m.at = at;
    if (isList(c)) return chooseEach(m, [c], [test], [yes, no]);
    return condition(c) ? whenTrue(m) : whenFalse(m);
  };
}

/** All conditions are evaluated, and only the value taken; none is NULL. */
export function switchCode(at: number, tests: readonly Piece[], values: readonly Piece[]): Code {
  return (m) => {
    let taken: Piece | undefined;
    let conditions: Raw[] | undefined;
    for (let i = 0; i < tests.length; i++) {
      const c = tests[i]!.code(m);
      m.at = at;
      if (typeof c === 'boolean' ? !c : !isList(c) && !condition(c)) continue;
      if (isList(c)) conditions ??= [];
      else taken ??= values[i];
    }
    if (!conditions) return taken?.code(m);
    return chooseEach(
      m,
      tests.map((test) => test.code(m)),
      tests,
      [...values, nothing],
    );
  };
}

/** The items of a list argument; a single value counts as a list of one, NULL as an empty one. */
function itemsOf(v: Raw): readonly Item[] {
  if (isList(v)) return v;
  return v === undefined ? [] : [oneItem(v)];
}

/** A loop over the values of a list. */
export interface Loop {
  readonly at: number;
  /** Where the variable of the loop lives. */
  readonly slot: number;
  readonly list: Piece;
  readonly body: Piece;
  /** Steps that the body takes for one value. */
  readonly cost: number;
}

/** The function for every value, NULL left out. */
export function selectCode(loop: Loop): Code {
  return (m) => {
    const result: Item[] = [];
    eachItem(m, loop, (value) => {
      if (value !== undefined) result.push(oneItem(value));
    });
    return result;
  };
}

/** The values for which the condition holds. */
export function whereCode(loop: Loop): Code {
  return (m) => {
    const result: Item[] = [];
    eachItem(m, loop, (value, item) => {
      if (condition(value)) result.push(item);
    });
    return result;
  };
}

function eachItem(m: Machine, { at, slot, list, body, cost }: Loop, take: (value: Raw, item: Item) => void): void {
  const items = itemsOf(list.code(m));
  m.at = at;
  if (items.length > listLimit) throw new ExpressionError(`An expression may build at most ${listLimit} values.`);
  m.charge(items.length * cost);
  for (const item of items) {
    if (item === undefined) continue;
    m.variables[slot] = item;
    const value = body.code(m);
    m.at = at;
    take(value, item);
  }
}

/** The variable is evaluated once, before the expression that uses it. */
export function withCode(slot: number, value: Piece, body: Piece): Code {
  const [bind, use] = [value.code, body.code];
  return (m) => {
    m.variables[slot] = bind(m);
    return use(m);
  };
}
