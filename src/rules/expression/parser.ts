/** Tokens to a tree: a Pratt parser with two levels (architecture s.4). */
import { type Token, tokenize } from './lexer.ts';
import { type BinaryOperator, type LiteralWord, literalWords, type Node, type Span } from './node.ts';
import { type ExpressionProblem, ExpressionSyntaxError, limits, problemAt } from './problem.ts';

export type ParseResult =
  | { readonly ok: true; readonly node: Node }
  | { readonly ok: false; readonly errors: readonly ExpressionProblem[] };

export interface ParseOptions {
  /** `one`: every operator binds alike, strictly left to right, as the public documentation has it. Default `two`. */
  readonly levels?: 'one' | 'two';
}

/** The tree of an expression, or the first thing that is wrong with its text. */
export function parseExpression(text: string, options: ParseOptions = {}): ParseResult {
  try {
    if (text.length > limits.textLength) {
      const message = `An expression may have at most ${limits.textLength} characters; this one has ${text.length}.`;
      throw new ExpressionSyntaxError('too-long', message, limits.textLength, text.length);
    }
    return { ok: true, node: new Parser(tokenize(text), options.levels ?? 'two').parse() };
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    return {
      ok: false,
      errors: [problemAt(text, error.code, error.message, error.start, error.end, error.suggestion)],
    };
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #levels: 'one' | 'two';
  readonly #depths = new WeakMap<Node, number>();
  #at = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[], levels: 'one' | 'two') {
    this.#tokens = tokens;
    this.#levels = levels;
  }

  parse(): Node {
    const node = this.#expression(0);
    const next = this.#peek();
    if (next.kind !== 'end') {
      throw this.#unexpected(next, next.kind === ')' ? 'the end, because no parenthesis is open' : 'an operator');
    }
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  /** Comparison, `&` and arithmetic bind tighter than `&&` and `||`; within a level strictly left to right. */
  #strength(operator: BinaryOperator): number {
    return this.#levels === 'two' && (operator === '&&' || operator === '||') ? 1 : 2;
  }

  #expression(minimum: number): Node {
    let left = this.#operand();
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'operator') return left;
      const strength = this.#strength(token.operator);
      if (strength <= minimum) return left;
      this.#at++;
      const right = this.#expression(strength);
      const at = { start: left.at.start, end: right.at.end };
      left = this.#node({ kind: 'binary', operator: token.operator, left, right, at }, [left, right]);
    }
  }

  #operand(): Node {
    const token = this.#peek();
    const at: Span = Object.freeze({ start: token.start, end: token.end });
    if (token.kind === '(') return this.#group(token);
    this.#at++;
    switch (token.kind) {
      case 'text':
        return this.#node({ kind: 'text', value: token.value, at });
      case 'number':
        return this.#node({ kind: 'number', value: token.value, hex: token.hex, at });
      case 'attribute':
      case 'parameter':
      case 'variable':
        return this.#node({ kind: token.kind, name: token.name, at });
      case 'word':
        if (this.#peek().kind === '(') return this.#call(token.name, token);
        return isLiteral(token.name)
          ? this.#node({ kind: 'literal', word: token.name, at })
          : this.#node({ kind: 'word', name: token.name, at });
      default:
        throw this.#unexpected(token, 'a value, an [attribute], a %parameter% or a function');
    }
  }

  #group(open: Token): Node {
    this.#at++;
    const inner = this.#nested(open, () => this.#expression(0));
    const end = this.#close(open, 'an operator or a closing parenthesis');
    return this.#node({ kind: 'group', inner, at: { start: open.start, end } }, [inner]);
  }

  #call(name: string, word: Token): Node {
    const open = this.#peek();
    this.#at++;
    const list: Node[] = [];
    if (this.#peek().kind !== ')') {
      do list.push(this.#nested(word, () => this.#expression(0)));
      while (this.#skipComma());
    }
    const end = this.#close(open, `a comma, an operator or the closing parenthesis of ${name}`);
    const at = { start: word.start, end };
    return this.#node({ kind: 'call', name, arguments: Object.freeze(list), at }, list);
  }

  #skipComma(): boolean {
    const comma = this.#peek().kind === ',';
    if (comma) this.#at++;
    return comma;
  }

  #close(open: Token, expected: string): number {
    const token = this.#peek();
    if (token.kind === ')') {
      this.#at++;
      return token.end;
    }
    if (token.kind !== 'end') throw this.#unexpected(token, expected);
    const message = `This parenthesis is never closed. Expected ${expected}.`;
    throw new ExpressionSyntaxError('unclosed-parenthesis', message, open.start, open.end);
  }

  #nested<T>(token: Token, body: () => T): T {
    if (++this.#nesting > limits.depth) throw tooDeep(token);
    const result = body();
    this.#nesting--;
    return result;
  }

  #node(node: Node, children: readonly Node[] = []): Node {
    let depth = 1;
    for (const child of children) depth = Math.max(depth, 1 + (this.#depths.get(child) ?? 1));
    if (depth > limits.depth) throw tooDeep({ start: node.at.start, end: node.at.end });
    if (children.length > 0) this.#depths.set(node, depth);
    Object.freeze(node.at);
    return Object.freeze(node);
  }

  #unexpected(token: Token, expected: string): ExpressionSyntaxError {
    const found = token.kind === 'end' ? 'the expression ends here' : `found ${describe(token)}`;
    const code = token.kind === 'end' ? 'unexpected-end' : 'unexpected-token';
    return new ExpressionSyntaxError(code, `Expected ${expected}, but ${found}.`, token.start, token.end);
  }
}

const isLiteral = (name: string): name is LiteralWord => (literalWords as readonly string[]).includes(name);

function tooDeep(at: { readonly start: number; readonly end: number }): ExpressionSyntaxError {
  const message = `An expression may be nested at most ${limits.depth} levels deep. Split it into several flows.`;
  return new ExpressionSyntaxError('too-deep', message, at.start, at.end);
}

function describe(token: Token): string {
  switch (token.kind) {
    case 'text':
      return 'a text';
    case 'number':
      return 'a number';
    case 'word':
      return `"${token.name}"`;
    case 'attribute':
      return `[${token.name}]`;
    case 'parameter':
      return `%${token.name}%`;
    case 'variable':
      return `$${token.name}`;
    case 'operator':
      return `"${token.operator}"`;
    default:
      return `"${token.kind}"`;
  }
}
