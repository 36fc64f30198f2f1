/** The operators of scoping filters on one value (sync-engine s.2.3). */
import { dnKey, parseDn } from '../model/dn.ts';
import { isBinary, isLargeInteger, isReference, type Value } from '../model/value.ts';
import { type ScopeClause, type ScopeOperator, scopeOperators } from './model.ts';
import { suggestion } from './nearest-name.ts';
import { integerOf, parseInteger, textOf } from './read-attribute.ts';

/** Each operator's positive form: an operator that is not its own positive form is the negation of it. */
export const positiveOperators = {
  EQUAL: 'EQUAL',
  NOTEQUAL: 'EQUAL',
  LESSTHAN: 'LESSTHAN',
  LESSTHAN_OR_EQUAL: 'LESSTHAN_OR_EQUAL',
  GREATERTHAN: 'GREATERTHAN',
  GREATERTHAN_OR_EQUAL: 'GREATERTHAN_OR_EQUAL',
  CONTAINS: 'CONTAINS',
  NOTCONTAINS: 'CONTAINS',
  STARTSWITH: 'STARTSWITH',
  NOTSTARTSWITH: 'STARTSWITH',
  ENDSWITH: 'ENDSWITH',
  NOTENDSWITH: 'ENDSWITH',
  ISNULL: 'ISNOTNULL',
  ISNOTNULL: 'ISNOTNULL',
  ISIN: 'ISIN',
  ISNOTIN: 'ISIN',
  ISBITSET: 'ISBITSET',
  ISBITNOTSET: 'ISBITSET',
  ISMEMBEROF: 'ISMEMBEROF',
  ISNOTMEMBEROF: 'ISMEMBEROF',
} as const satisfies Record<ScopeOperator, ScopeOperator>;

/** Spellings that are read but not written: a misspelling in the documentation, and the editor's name. */
export const operatorAliases: Readonly<Record<string, ScopeOperator>> = {
  NOTSTARTWITH: 'NOTSTARTSWITH',
  ISNOTBITSET: 'ISBITNOTSET',
};

/** The operator of this spelling, in any letter case; undefined if there is none. */
export function parseOperator(text: string): ScopeOperator | undefined {
  const upper = text.toUpperCase();
  if (Object.hasOwn(operatorAliases, upper)) return operatorAliases[upper];
  return scopeOperators.find((operator) => operator === upper);
}

const withoutValue: ReadonlySet<ScopeOperator> = new Set(['ISNULL', 'ISNOTNULL']);
/** Whether the operator compares with a value of the clause. */
export const needsValue = (operator: ScopeOperator): boolean => !withoutValue.has(operator);

/** What is wrong with a clause, as a sentence; undefined if nothing is. */
export function clauseProblem(clause: ScopeClause): string | undefined {
  const { attribute, operator, value } = clause;
  if (!Object.hasOwn(positiveOperators, operator)) {
    return `"${operator}" is not an operator of scoping filters.${suggestion(operator, scopeOperators)}`;
  }
  if (!needsValue(operator)) return undefined;
  if (value === undefined) return `The clause "${attribute} ${operator}" needs a value to compare with.`;
  if (positiveOperators[operator] === 'ISBITSET' && !value.includes('%') && parseInteger(value) === undefined) {
    return `The clause "${attribute} ${operator} ${value}" needs the bits as a whole number, for example 2 or 0x2.`;
  }
  if (positiveOperators[operator] === 'ISMEMBEROF' && !value.includes('%') && parseDn(value) === undefined) {
    return `The clause "${attribute} ${operator} ${value}" needs the distinguished name of a group.`;
  }
  return undefined;
}

/** The value of a clause in the forms that comparing needs. */
export interface Operand {
  readonly text: string;
  readonly lower: string;
  readonly integer: number | bigint | undefined;
}
export const operandOf = (text: string): Operand => ({ text, lower: text.toLowerCase(), integer: parseInteger(text) });

export type Matcher = (value: Value, operand: Operand) => boolean;
const matchers = {
  EQUAL: equals,
  ISIN: equals,
  LESSTHAN: (v, o) => compare(v, o) < 0,
  LESSTHAN_OR_EQUAL: (v, o) => compare(v, o) <= 0,
  GREATERTHAN: (v, o) => compare(v, o) > 0,
  GREATERTHAN_OR_EQUAL: (v, o) => compare(v, o) >= 0,
  CONTAINS: (v, o) => textOf(v).toLowerCase().includes(o.lower),
  STARTSWITH: (v, o) => textOf(v).toLowerCase().startsWith(o.lower),
  ENDSWITH: (v, o) => textOf(v).toLowerCase().endsWith(o.lower),
  ISBITSET: isBitSet,
} as const satisfies Partial<Record<ScopeOperator, Matcher>>;
type ListedOperator = keyof typeof matchers;

/** Whether the operator looks at one value after the other. */
export const isListedOperator = (operator: ScopeOperator): operator is ListedOperator =>
  Object.hasOwn(matchers, operator);
export const matcherOf = (operator: ListedOperator): Matcher => matchers[operator];

function equals(value: Value, operand: Operand): boolean {
  if (typeof value === 'string') {
    return value === operand.text || (value.length === operand.text.length && value.toLowerCase() === operand.lower);
  }
  if (typeof value === 'boolean') return operand.lower === (value ? 'true' : 'false');
  if (isNumeric(value)) return compare(value, operand) === 0;
  if (isReference(value)) return dnKey(value.dn) === dnKey(operand.text);
  return textOf(value) === operand.text;
}

const isNumeric = (value: Value): boolean => typeof value === 'number' || isLargeInteger(value);

/** Numbers by size if both sides are numbers, everything else as text without regard to case. */
function compare(value: Value, operand: Operand): number {
  if (isNumeric(value) && operand.integer !== undefined) {
    const left = integerOf(value) as number | bigint;
    return left < operand.integer ? -1 : left > operand.integer ? 1 : 0;
  }
  const left = isBinary(value) ? value.base64 : textOf(value).toLowerCase();
  return left < operand.lower ? -1 : left > operand.lower ? 1 : 0;
}

/** Whether all bits of the mask are set, in 64-bit two's complement: groupType is negative. */
function isBitSet(value: Value, operand: Operand): boolean {
  const number = integerOf(value);
  const mask = operand.integer;
  if (number === undefined || mask === undefined || !Number.isInteger(Number(number))) return false;
  if (isInt32(number) && typeof mask === 'number' && mask >= 0 && mask <= 0xffffffff) {
    return (number & (mask | 0)) === (mask | 0);
  }
  const bits = BigInt.asUintN(64, BigInt(mask));
  return (BigInt.asUintN(64, BigInt(number)) & bits) === bits;
}

const isInt32 = (value: number | bigint): value is number => typeof value === 'number' && (value | 0) === value;
