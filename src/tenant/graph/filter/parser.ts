import { badRequest } from '../request.ts';
import type { CompareOperator, Filter, Literal, Path, TextFunction } from './ast.ts';
import { clip, type Token, tokenize } from './lexer.ts';

const maxLength = 16_384;
const maxDepth = 40;
const operators = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
const functions = new Set(['startswith', 'endswith', 'contains']);

/** The expression of a `$filter` text. Throws 400 if it cannot be parsed. */
export function parseFilter(text: string): Filter {
  if (text.length > maxLength) throw badRequest(`The $filter is longer than ${maxLength} characters.`);
  const parser = new Parser(text);
  const filter = parser.or(0);
  parser.expectEnd();
  return filter;
}

/** Recursive descent; `or` binds weakest, then `and`, then `not`. Depth is bounded, so no text exhausts the stack. */
class Parser {
  readonly #text: string;
  readonly #tokens: Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token;
  }
  #fail(): never {
    throw badRequest(`Invalid filter clause: syntax error at position ${this.#token.at} in '${clip(this.#text)}'.`);
  }
  #take(kind: Token['kind']): Token {
    const token = this.#token;
    if (token.kind !== kind) this.#fail();
    this.#next += 1;
    return token;
  }
  #isWord(...words: string[]): boolean {
    return this.#token.kind === 'word' && words.includes(this.#token.value.toLowerCase());
  }
  expectEnd(): void {
    if (this.#token.kind !== 'end') this.#fail();
  }

  or(depth: number): Filter {
    return this.#chain('or', depth, (d) => this.#chain('and', d, (inner) => this.#not(inner)));
  }
  #chain(word: 'and' | 'or', depth: number, operand: (depth: number) => Filter): Filter {
    const parts = [operand(depth)];
    while (this.#isWord(word)) {
      this.#next += 1;
      parts.push(operand(depth));
    }
    return parts.length === 1 ? (parts[0] as Filter) : { kind: word, parts };
  }
  #not(depth: number): Filter {
    if (depth > maxDepth) throw badRequest(`The $filter is nested more than ${maxDepth} deep.`);
    if (this.#isWord('not')) {
      this.#next += 1;
      return { kind: 'not', part: this.#not(depth + 1) };
    }
    if (this.#token.kind === '(') {
      this.#next += 1;
      const inner = this.or(depth + 1);
      this.#take(')');
      return inner;
    }
    return this.#term(depth);
  }

  #term(depth: number): Filter {
    const token = this.#token;
    const isCall = token.kind === 'word' && this.#tokens[this.#next + 1]?.kind === '(';
    if (isCall && functions.has(token.value.toLowerCase())) return this.#function(token.value.toLowerCase());
    const path = this.#path();
    const last = path.at(-1)?.toLowerCase();
    if (this.#token.kind === '(' && (last === 'any' || last === 'all'))
      return this.#lambda(path.slice(0, -1), last, depth);
    if (this.#isWord('in')) {
      this.#next += 1;
      return { kind: 'in', path, values: this.#list() };
    }
    const operator = this.#token;
    // A boolean alone stands for its being true.
    if (operator.kind !== 'word' || !operators.has(operator.value.toLowerCase())) {
      if (operator.kind === 'end' || operator.kind === ')' || this.#isWord('and', 'or')) {
        return { kind: 'compare', operator: 'eq', path, value: true };
      }
      this.#fail();
    }
    this.#next += 1;
    return { kind: 'compare', operator: operator.value.toLowerCase() as CompareOperator, path, value: this.#literal() };
  }

  #function(name: string): Filter {
    this.#next += 1;
    this.#take('(');
    const path = this.#path();
    this.#take(',');
    const value = this.#take('text');
    this.#take(')');
    // `startswith(a, 'b') eq true` is the long form.
    if (this.#isWord('eq')) {
      this.#next += 1;
      const literal = this.#literal();
      const call: Filter = {
        kind: 'text',
        name: name as TextFunction,
        path,
        value: (value as { value: string }).value,
      };
      if (literal === true) return call;
      if (literal === false) return { kind: 'not', part: call };
      this.#fail();
    }
    return { kind: 'text', name: name as TextFunction, path, value: (value as { value: string }).value };
  }

  #lambda(path: Path, name: 'any' | 'all', depth: number): Filter {
    this.#take('(');
    if (this.#token.kind === ')' && name === 'any') {
      this.#next += 1;
      return { kind: 'lambda', name, path };
    }
    const variable = this.#take('word') as { value: string };
    this.#take(':');
    const part = this.or(depth + 1);
    this.#take(')');
    return { kind: 'lambda', name, path, variable: variable.value, part };
  }

  #path(): Path {
    const path = [(this.#take('word') as { value: string }).value];
    while (this.#token.kind === '/') {
      this.#next += 1;
      path.push((this.#take('word') as { value: string }).value);
    }
    return path;
  }
  #list(): Literal[] {
    this.#take('(');
    const values = [this.#literal()];
    while (this.#token.kind === ',') {
      this.#next += 1;
      values.push(this.#literal());
    }
    this.#take(')');
    return values;
  }
  #literal(): Literal {
    const token = this.#token;
    if (token.kind !== 'text' && token.kind !== 'number' && token.kind !== 'word') this.#fail();
    this.#next += 1;
    if (token.kind !== 'word') return token.value;
    const word = token.value.toLowerCase();
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null') return null;
    if (!/^[\d]|^[0-9a-f]{8}-/i.test(token.value)) {
      this.#next -= 1;
      this.#fail();
    }
    return token.value;
  }
}
