/** Text to tokens (sync-engine s.3.1). One pass, linear. */
import { integer, type LargeInteger } from '../../model/value.ts';
import type { BinaryOperator } from './node.ts';
import { ExpressionSyntaxError } from './problem.ts';

export type Token =
  | { readonly kind: 'text'; readonly value: string; readonly start: number; readonly end: number }
  | {
      readonly kind: 'number';
      readonly value: number | LargeInteger;
      readonly hex: boolean;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'word' | 'attribute' | 'parameter' | 'variable';
      readonly name: string;
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: 'operator'; readonly operator: BinaryOperator; readonly start: number; readonly end: number }
  | { readonly kind: '(' | ')' | ',' | 'end'; readonly start: number; readonly end: number };

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
const maxNameLength = 256;
const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const digitsPattern = /[0-9]+/y;
const hexPattern = /&[Hh]([0-9A-Fa-f]+)(?![A-Za-z0-9_])/y;
const operatorPattern = /&&|\|\||<=|>=|<>|[=<>&+\-*/]/y;
const spacePattern = /[\s\u00a0\ufeff]+/y;

/** The tokens of the text, the last one of kind `end`. Throws an ExpressionSyntaxError. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    at += match(spacePattern, text, at)?.length ?? 0;
    if (at >= text.length) break;
    const token = nextToken(text, at, operandBefore(tokens));
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', start: text.length, end: text.length });
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** After an operand `&` and `-` are operators; elsewhere they begin a hexadecimal or negative number. */
function operandBefore(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1)?.kind;
  return last !== undefined && last !== 'operator' && last !== '(' && last !== ',';
}

function nextToken(text: string, start: number, afterOperand: boolean): Token {
  const c = text[start]!;
  if (c === '(' || c === ')' || c === ',') return { kind: c, start, end: start + 1 };
  if (c === '"') return textToken(text, start);
  if (c === '[') return enclosed('attribute', text, start, ']');
  if (c === '%') return enclosed('parameter', text, start, '%');
  if (c === '$') return variableToken(text, start);
  const word = match(wordPattern, text, start);
  if (word !== undefined) return { kind: 'word', name: word, start, end: start + word.length };
  const number = numberToken(text, start, afterOperand);
  if (number) return number;
  const operator = match(operatorPattern, text, start);
  if (operator !== undefined) {
    return { kind: 'operator', operator: operator as BinaryOperator, start, end: start + operator.length };
  }
  return unexpected(text, start);
}

function numberToken(text: string, start: number, afterOperand: boolean): Token | undefined {
  const hex = afterOperand ? undefined : match(hexPattern, text, start);
  if (hex !== undefined) return numeric(BigInt(`0x${hex.slice(2)}`), true, start, start + hex.length);
  const negative = !afterOperand && text[start] === '-';
  const digits = match(digitsPattern, text, negative ? start + 1 : start);
  if (digits === undefined) return undefined;
  const end = start + digits.length + (negative ? 1 : 0);
  if (/[A-Za-z_.]/.test(text[end] ?? '')) {
    throw new ExpressionSyntaxError('malformed-number', 'Expected a whole number here.', start, end + 1);
  }
  const value = digits.length > 20 ? maxInt64 + 1n : BigInt(digits);
  return numeric(negative ? -value : value, false, start, end);
}

/** Numbers are signed and have 64 bits; 16 hexadecimal digits may use the sign bit. */
function numeric(value: bigint, hex: boolean, start: number, end: number): Token {
  const signed = hex && value > maxInt64 && value < 2n ** 64n ? BigInt.asIntN(64, value) : value;
  if (signed < minInt64 || signed > maxInt64) {
    throw new ExpressionSyntaxError('number-too-large', 'This number does not fit into 64 bits.', start, end);
  }
  return { kind: 'number', value: integer(signed), hex, start, end };
}

/**
 * A text in double quotes. `\\` is one backslash (default rules write `"\\0ACNF:"`), a single backslash stands for
 * itself (`"CONTOSO\"`), and `""` is a quotation mark as in VBA [I].
 */
function textToken(text: string, start: number): Token {
  let value = '';
  let from = start + 1;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '\\' && text[i + 1] === '\\') {
      value += text.slice(from, ++i);
      from = i + 1;
    } else if (c === '"' && text[i + 1] === '"') {
      value += text.slice(from, ++i);
      from = i + 1;
    } else if (c === '"') {
      return { kind: 'text', value: value + text.slice(from, i), start, end: i + 1 };
    }
  }
  const message = 'This text has no closing quotation mark.';
  throw new ExpressionSyntaxError('unterminated-text', message, start, text.length);
}

function enclosed(kind: 'attribute' | 'parameter', text: string, start: number, close: string): Token {
  const end = text.indexOf(close, start + 1);
  const name = end < 0 ? '' : text.slice(start + 1, end);
  const form = kind === 'attribute' ? '[attributeName]' : '%Parameter.Name%';
  if (end < 0 || name.trim() === '' || name.length > maxNameLength || /[\r\n"[]/.test(name)) {
    const message = `Expected the name of ${kind === 'attribute' ? 'an attribute' : 'a parameter'} in the form ${form}.`;
    throw new ExpressionSyntaxError(`malformed-${kind}`, message, start, end < 0 ? text.length : end + 1);
  }
  return { kind, name, start, end: end + 1 };
}

function variableToken(text: string, start: number): Token {
  const name = match(wordPattern, text, start + 1);
  if (name === undefined) {
    const message = 'Expected the name of a variable after $, for example $item.';
    throw new ExpressionSyntaxError('malformed-variable', message, start, start + 1);
  }
  return { kind: 'variable', name, start, end: start + 1 + name.length };
}

function unexpected(text: string, start: number): never {
  const char = String.fromCodePoint(text.codePointAt(start)!);
  const message = /[\u2018-\u201f]/.test(char)
    ? `Use straight quotation marks (") instead of ${char}.`
    : char === "'"
      ? 'Texts stand in double quotation marks (").'
      : char === ';'
        ? 'Arguments are separated by commas, not by semicolons.'
        : `The character ${JSON.stringify(char)} has no meaning here.`;
  throw new ExpressionSyntaxError('unexpected-character', message, start, start + char.length);
}
