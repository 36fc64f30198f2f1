/** Patterns to trees: the part of .NET's syntax that a finite automaton can do. */
import { ExpressionError } from './expression-error.ts';

/** Whether a UTF-16 unit belongs. */
export type Test = (unit: number) => boolean;
export type RegexNode =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'assert'; readonly test: (text: string, at: number) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly choices: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly inner: RegexNode; readonly min: number; readonly max: number };

const limits = { length: 2_048, depth: 100, count: 1_000 } as const;
/** Inline options that change what the pattern means to us. */
interface Options {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly singleline: boolean;
}

const digit: Test = (u) => (u < 128 ? u >= 48 && u <= 57 : /\p{Nd}/u.test(String.fromCharCode(u)));
const wordUnit: Test = (u) =>
  u < 128
    ? (u >= 48 && u <= 57) || (u >= 65 && u <= 90) || (u >= 97 && u <= 122) || u === 95
    : /[\p{L}\p{Mn}\p{Nd}\p{Pc}]/u.test(String.fromCharCode(u));
const space: Test = (u) => /\s/.test(String.fromCharCode(u));
const not =
  (test: Test): Test =>
  (u) =>
    !test(u);
const classes: Readonly<Record<string, Test>> = {
  d: digit,
  D: not(digit),
  w: wordUnit,
  W: not(wordUnit),
  s: space,
  S: not(space),
};
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27, 0: 0 };

const isWordAt = (text: string, at: number): boolean => at >= 0 && at < text.length && wordUnit(text.charCodeAt(at));
const atBoundary = (text: string, at: number): boolean => isWordAt(text, at - 1) !== isWordAt(text, at);
const atEnd = (text: string, at: number): boolean =>
  at === text.length || (at === text.length - 1 && text[at] === '\n');

/** The tree of a pattern. Throws an ExpressionError. */
export function parseRegex(pattern: string): RegexNode {
  if (pattern.length > limits.length) throw new ExpressionError(`A pattern may have ${limits.length} characters.`);
  return new RegexParser(pattern).parse();
}

class RegexParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #options: Options = { ignoreCase: false, multiline: false, singleline: false };

  constructor(text: string) {
    this.#text = text;
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw this.#error('there is a ) that closes nothing');
    return node;
  }

  #error(why: string): ExpressionError {
    return new ExpressionError(`The pattern is not usable: at character ${this.#at + 1} ${why}.`);
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(text: string): boolean {
    const found = this.#text.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #choice(): RegexNode {
    const choices = [this.#sequence()];
    while (this.#take('|')) choices.push(this.#sequence());
    return choices.length === 1 ? choices[0]! : { kind: 'choice', choices };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#text.length && this.#peek() !== '|' && this.#peek() !== ')') {
      parts.push(this.#repeats(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #repeats(inner: RegexNode): RegexNode {
    const bounds = this.#quantifier();
    if (!bounds) return inner;
    if (this.#take('+')) throw this.#error('stands a possessive quantifier, which is not supported');
    this.#take('?');
    if (this.#quantifier()) throw this.#error('stands a second quantifier');
    return { kind: 'repeat', inner, min: bounds[0], max: bounds[1] };
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const counted = /^\{(\d{1,5})(,(\d{1,5})?)?\}/.exec(this.#text.slice(this.#at, this.#at + 14));
    if (!counted) return undefined;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] ? Number(counted[3]) : Number.POSITIVE_INFINITY;
    const most = max === Number.POSITIVE_INFINITY ? min : max;
    if (most > limits.count || max < min) throw this.#error('stands a repetition count that is not usable');
    this.#at += counted[0].length;
    return [min, max];
  }

  #atom(): RegexNode {
    const c = this.#peek();
    const { multiline, singleline } = this.#options;
    if (c === '(') return this.#group();
    if (c === '[') return { kind: 'char', test: this.#folded(this.#set()) };
    if (c === '\\') return this.#escape();
    if (c === '*' || c === '+' || c === '?') throw this.#error('stands a quantifier with nothing to repeat');
    this.#at++;
    if (c === '.') return { kind: 'char', test: singleline ? () => true : (u) => u !== 10 };
    if (c === '^') return { kind: 'assert', test: (t, at) => at === 0 || (multiline && t[at - 1] === '\n') };
    if (c === '$') return { kind: 'assert', test: multiline ? (t, at) => t[at] === '\n' || at === t.length : atEnd };
    return this.#literal(c.charCodeAt(0));
  }

  #literal(unit: number): RegexNode {
    return { kind: 'char', test: this.#folded((u) => u === unit) };
  }

  #folded(test: Test): Test {
    if (!this.#options.ignoreCase) return test;
    return (u) => {
      const char = String.fromCharCode(u);
      return test(u) || test(char.toLowerCase().charCodeAt(0)) || test(char.toUpperCase().charCodeAt(0));
    };
  }

  #group(): RegexNode {
    if (++this.#depth > limits.depth) throw this.#error('the groups are nested too deeply');
    this.#at++;
    const before = this.#options;
    if (this.#take('?') && !this.#groupHead()) {
      this.#depth--;
      return { kind: 'sequence', parts: [] };
    }
    const inner = this.#choice();
    if (!this.#take(')')) throw this.#error('a closing parenthesis is missing');
    this.#options = before;
    this.#depth--;
    return inner;
  }

  /** What follows `(?`. False if the group was only there to set options for the rest, as in `(?i)`. */
  #groupHead(): boolean {
    const name = /^(?:<[A-Za-z_]\w{0,63}>|'[A-Za-z_]\w{0,63}')/.exec(this.#text.slice(this.#at, this.#at + 70));
    if (this.#take(':')) return true;
    if (name) {
      this.#at += name[0].length;
      return true;
    }
    const options = /^([imsn]*)(?:-([imsn]*))?([:)])/.exec(this.#text.slice(this.#at, this.#at + 12));
    if (!options) throw this.#error('stands a kind of group that is not supported (looking around, atomic, comment)');
    this.#at += options[0].length;
    const [, on = '', off = ''] = options;
    const set = (letter: string, now: boolean) => (on.includes(letter) || now) && !off.includes(letter);
    const { ignoreCase, multiline, singleline } = this.#options;
    this.#options = {
      ignoreCase: set('i', ignoreCase),
      multiline: set('m', multiline),
      singleline: set('s', singleline),
    };
    return options[3] === ':';
  }

  #escape(): RegexNode {
    const c = this.#text[this.#at + 1] ?? '';
    const asserts: Readonly<Record<string, (text: string, at: number) => boolean>> = {
      b: atBoundary,
      B: (t, at) => !atBoundary(t, at),
      A: (_t, at) => at === 0,
      Z: atEnd,
      z: (t, at) => at === t.length,
    };
    if (c !== '' && Object.hasOwn(asserts, c)) {
      this.#at += 2;
      return { kind: 'assert', test: asserts[c]! };
    }
    if (/[1-9k]/.test(c)) throw this.#error('stands a back reference, which is not supported');
    const escaped = this.#escapedUnit();
    return typeof escaped === 'number' ? this.#literal(escaped) : { kind: 'char', test: this.#folded(escaped) };
  }

  /** A character class or the unit that an escape stands for, outside and inside of brackets. */
  #escapedUnit(): Test | number {
    const c = this.#text[this.#at + 1] ?? '';
    if (c === '') throw this.#error('the pattern ends in a backslash');
    this.#at += 2;
    if (Object.hasOwn(classes, c)) return classes[c]!;
    if (c === 'p' || c === 'P') return this.#property(c === 'P');
    if (c === 'x') return this.#hex(2);
    if (c === 'u') return this.#hex(4);
    if (Object.hasOwn(controls, c)) return controls[c]!;
    if (/[A-Za-z0-9]/.test(c)) throw this.#error(`stands \\${c}, which is not supported`);
    return c.charCodeAt(0);
  }

  #hex(digits: number): number {
    const text = this.#text.slice(this.#at, this.#at + digits);
    if (text.length !== digits || !/^[0-9A-Fa-f]+$/.test(text)) throw this.#error('hexadecimal digits are missing');
    this.#at += digits;
    return Number.parseInt(text, 16);
  }

  /** `\p{L}`: general categories by their short names. */
  #property(negated: boolean): Test {
    const m = /^\{([LMNPSZC][a-z]?)\}/.exec(this.#text.slice(this.#at, this.#at + 4));
    if (!m) throw this.#error('stands a Unicode property that is not supported; use \\p{L} or \\p{Lu}');
    let category: RegExp;
    try {
      category = new RegExp(`\\p{${m[1]}}`, 'u');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw this.#error(`stands \\p{${m[1]}}, which is no Unicode category`);
    }
    this.#at += m[0].length;
    return (u) => category.test(String.fromCharCode(u)) !== negated;
  }

  #set(): Test {
    this.#at++;
    const negated = this.#take('^');
    const tests: Test[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#peek() === '') throw this.#error('the closing ] is missing');
      if (this.#text.startsWith('-[', this.#at)) throw this.#error('stands a subtraction of sets, not supported');
      tests.push(this.#setItem());
    }
    this.#at++;
    return (u) => tests.some((test) => test(u)) !== negated;
  }

  #setItem(): Test {
    const low = this.#setUnit();
    const isRange = this.#peek() === '-' && ![']', ''].includes(this.#text[this.#at + 1] ?? '');
    if (typeof low !== 'number') return low;
    if (!isRange || this.#text[this.#at + 1] === '[') return (u) => u === low;
    this.#at++;
    const high = this.#setUnit();
    if (typeof high !== 'number' || high < low) throw this.#error('stands a range that is not usable');
    return (u) => u >= low && u <= high;
  }

  #setUnit(): Test | number {
    if (this.#peek() !== '\\') return this.#text.charCodeAt(this.#at++);
    if (this.#text[this.#at + 1] === 'b') {
      this.#at += 2;
      return 8;
    }
    return this.#escapedUnit();
  }
}
