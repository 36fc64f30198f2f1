/** Text functions (sync-engine s.3.5). A NULL first argument gives "" where the reference says so, otherwise NULL. */
import { binary, bytesOf } from '../../../model/value.ts';
import { ExpressionError } from '../expression-error.ts';
import { bounded, isBytes, type Machine, type Raw, textLimit, textOf } from '../machine.ts';
import { smallOf } from '../number.ts';
import { BINARY, NUMBER, single, TEXT } from '../types.ts';
import { constantText, type FunctionSpec, type Implementation, signature } from './function-spec.ts';

const compareWords = 'vbTextCompare vbBinaryCompare';

function text(name: string, sign: string, run: Implementation, extra: Partial<FunctionSpec> = {}): FunctionSpec {
  return { name, category: 'text', ...signature(sign), mapping: 'perValue', result: single(TEXT), run, ...extra };
}

/** A function of one text that gives NULL for NULL. */
const mapText =
  (f: (value: string) => string): Implementation =>
  (m, a) =>
    a === undefined ? undefined : f(textOf(m, a));

/** The first character of every word upper, the rest lower; words are separated by spaces. */
function properCase(value: string): string {
  const upper = (word: string) => {
    const first = String.fromCodePoint(word.codePointAt(0) ?? 0x20);
    return word === '' ? '' : first.toUpperCase() + word.slice(first.length).toLowerCase();
  };
  return value.split(' ').map(upper).join(' ');
}

const left: Implementation = (m, a, b) => {
  if (a === undefined) return '';
  if (b === undefined) return undefined;
  const count = smallOf(b);
  if (isBytes(a)) return count < 0 ? a : sliceBytes(m, a, 0, count);
  const value = textOf(m, a);
  return count < 0 || count >= value.length ? value : value.slice(0, count);
};

const right: Implementation = (m, a, b) => {
  if (a === undefined) return '';
  if (b === undefined) return undefined;
  const count = smallOf(b);
  if (isBytes(a)) return count < 0 ? a : sliceBytes(m, a, Math.max(0, byteLength(a) - count), count);
  const value = textOf(m, a);
  return count < 0 || count >= value.length ? value : value.slice(value.length - count);
};

/** NumChars may be left out (`Mid(x, 6)` in the reference's patterns): then everything from `start` on. */
const mid: Implementation = (m, a, b, c) => {
  if (a === undefined) return '';
  if (b === undefined) return undefined;
  const start = smallOf(b);
  const count = c === undefined ? Number.MAX_SAFE_INTEGER : smallOf(c);
  const length = isBytes(a) ? byteLength(a) : textOf(m, a).length;
  if (count === 0) return isBytes(a) ? undefined : '';
  if (count < 0 || start > length || start <= 0) return a;
  return isBytes(a) ? sliceBytes(m, a, start - 1, count) : (a as string).slice(start - 1, start - 1 + count);
};

const byteLength = (v: { base64: string }): number => Buffer.byteLength(v.base64, 'base64');

/** Part of a binary value; no bytes are NULL. */
function sliceBytes(m: Machine, v: { base64: string }, start: number, count: number): Raw {
  m.charge(v.base64.length >> 7);
  const part = bytesOf(v).subarray(start, Math.min(start + count, Number.MAX_SAFE_INTEGER));
  return part.length === 0 ? undefined : binary(part);
}

const length: Implementation = (m, a) => {
  if (a === undefined) return 0;
  return isBytes(a) ? byteLength(a) : textOf(m, a).length;
};

function foldCase(m: Machine, option: Raw): boolean {
  return option !== undefined && textOf(m, option) === 'vbTextCompare';
}

/** Searching may take the product of both lengths at worst. */
function chargeSearch(m: Machine, text: string, sought: string): void {
  if (sought.length > 16) m.chargeProduct(text.length, sought.length);
}

/** NULL contains nothing and is contained nowhere: 0 [I]. */
const inStr: Implementation = (m, a, b, c, d) => {
  if (a === undefined || b === undefined) return 0;
  let value = textOf(m, a);
  let sought = textOf(m, b);
  const start = c === undefined ? 1 : smallOf(c);
  if (start < 1) throw new ExpressionError('InStr starts at position 1 at the earliest.');
  if (foldCase(m, d)) [value, sought] = [value.toLowerCase(), sought.toLowerCase()];
  chargeSearch(m, value, sought);
  return start > value.length ? 0 : value.indexOf(sought, start - 1) + 1;
};

/** `start` is where the last match may end, as in VBA. */
const inStrRev: Implementation = (m, a, b, c, d) => {
  if (a === undefined || b === undefined) return 0;
  let value = textOf(m, a);
  let sought = textOf(m, b);
  const start = c === undefined ? value.length : smallOf(c);
  if (start < 1 && start !== -1 && c !== undefined) {
    throw new ExpressionError('InStrRev starts at position 1 at the earliest, or at -1 for the end.');
  }
  if (foldCase(m, d)) [value, sought] = [value.toLowerCase(), sought.toLowerCase()];
  chargeSearch(m, value, sought);
  const end = start === -1 ? value.length : start;
  if (end > value.length || sought.length > end) return 0;
  return value.lastIndexOf(sought, end - sought.length) + 1;
};

function pad(side: 'start' | 'end'): Implementation {
  return (m, a, b, c) => {
    if (a === undefined) return '';
    const value = textOf(m, a);
    const filler = c === undefined ? '' : textOf(m, c);
    if (filler.length !== 1) throw new ExpressionError('The pad character must be exactly one character.');
    if (b === undefined) return undefined;
    const wanted = smallOf(b);
    if (wanted > textLimit) throw new ExpressionError(`A text may have at most ${textLimit} characters.`);
    if (wanted > value.length) m.charge(wanted >> 7);
    return side === 'start' ? value.padStart(wanted, filler) : value.padEnd(wanted, filler);
  };
}

const monikers: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\t': '\t' };
const withMonikers = (value: string): string =>
  value.includes('\\') ? value.replace(/\\[nrt]/g, (moniker) => monikers[moniker]!) : value;

/** Nothing to look for leaves the text as it is [I]; NULL as the new text removes. */
function replaceAll(m: Machine, a: Raw, old: string, replacement: string): Raw {
  if (a === undefined) return undefined;
  const value = textOf(m, a);
  if (old === '') return value;
  chargeSearch(m, value, old);
  if (!value.includes(old)) return value;
  const pieces = value.split(old);
  const length = value.length + (pieces.length - 1) * (replacement.length - old.length);
  if (length > textLimit) throw new ExpressionError(`The text becomes longer than ${textLimit} characters.`);
  m.charge(pieces.length + (length >> 7));
  return pieces.join(replacement);
}
const replace: Implementation = (m, a, b, c) =>
  replaceAll(
    m,
    a,
    b === undefined ? '' : withMonikers(textOf(m, b)),
    c === undefined ? '' : withMonikers(textOf(m, c)),
  );

/** `source:target` pairs, separated by commas; white space does not count (sync-engine s.3.5). */
function parseReplacePattern(pattern: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of pattern.replace(/\s/g, '').split(',')) {
    const [source = '', target, ...rest] = pair.split(':');
    if (pair === '') continue;
    if (target === undefined || rest.length > 0 || [...source].length !== 1) {
      throw new ExpressionError(`"${pair}" is no replacement. Write source:target with exactly one source character.`);
    }
    pairs.set(source, target);
  }
  return pairs;
}

function replaceChars(m: Machine, a: Raw, pairs: ReadonlyMap<string, string>): Raw {
  if (a === undefined) return undefined;
  let result = '';
  for (const char of textOf(m, a)) result += pairs.get(char) ?? char;
  m.charge(result.length >> 6);
  return bounded(result);
}

/** Every delimiter ends a word, so that two in a row enclose an empty one [I]. */
const word: Implementation = (m, a, b, c) => {
  if (a === undefined) return '';
  const value = textOf(m, a);
  if (b === undefined) return undefined;
  let wanted = smallOf(b);
  const delimiters = c === undefined ? '' : textOf(m, c);
  if (wanted < 1) return '';
  if (delimiters.length > 16) m.chargeProduct(value.length, delimiters.length);
  let start = 0;
  for (let i = 0; i <= value.length; i++) {
    if (i < value.length && !delimiters.includes(value[i]!)) continue;
    if (--wanted === 0) return value.slice(start, i);
    start = i + 1;
  }
  return '';
};

export const textFunctions: readonly FunctionSpec[] = [
  text('Guid', '', (m) => m.context.guid()),
  text('GUID', '', (m) => m.context.guid()),
  text('InStr', `str text, str sought, [num start], [enum compare: ${compareWords}]`, inStr, {
    result: single(NUMBER),
  }),
  text('InStrRev', `str text, str sought, [num start], [enum compare: ${compareWords}]`, inStrRev, {
    result: single(NUMBER),
  }),
  text(
    'LCase',
    'str value',
    mapText((v) => v.toLowerCase()),
  ),
  text(
    'UCase',
    'str value',
    mapText((v) => v.toUpperCase()),
  ),
  text('PCase', 'str value', mapText(properCase)),
  text('Left', 'str|bin value, num count', left, { result: single(TEXT | BINARY) }),
  text('Right', 'str|bin value, num count', right, { result: single(TEXT | BINARY) }),
  text('Mid', 'str|bin value, num start, [num count]', mid, { result: single(TEXT | BINARY) }),
  text('Len', 'str|bin value', length, { result: single(NUMBER) }),
  text(
    'LTrim',
    'str value',
    mapText((v) => v.trimStart()),
  ),
  text(
    'RTrim',
    'str value',
    mapText((v) => v.trimEnd()),
  ),
  text(
    'Trim',
    'str value',
    mapText((v) => v.trim()),
  ),
  text('PadLeft', 'str value, num length, str padCharacter', pad('start')),
  text('PadRight', 'str value, num length, str padCharacter', pad('end')),
  text('Replace', 'str value, str oldValue, str newValue', replace, {
    prepare: ([, b, c]) => {
      const [old, replacement] = [constantText(b), constantText(c)];
      if (old === undefined || replacement === undefined) return undefined;
      const [from, to] = [withMonikers(old), withMonikers(replacement)];
      return (m, a) => replaceAll(m, a, from, to);
    },
  }),
  text(
    'ReplaceChars',
    'str value, str pattern',
    (m, a, b) => {
      if (b === undefined) return a;
      const pattern = textOf(m, b);
      m.charge(pattern.length);
      return replaceChars(m, a, parseReplacePattern(pattern));
    },
    {
      prepare: ([, b]) => {
        const pattern = constantText(b);
        if (pattern === undefined) return undefined;
        const pairs = parseReplacePattern(pattern);
        return (m, a) => replaceChars(m, a, pairs);
      },
    },
  ),
  text('Word', 'str value, num number, str delimiters', word),
];
