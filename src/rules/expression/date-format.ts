/** .NET date format strings, invariant culture, UTC. */
import type { Instant } from '../../model/value.ts';
import { fullDayNames, fullMonthNames, msOf, ticksOf } from './date.ts';
import { ExpressionError } from './expression-error.ts';

type Part = (date: Date, ticks: number) => string;
export type DateFormat = (value: Instant) => string;

/** What the one-letter standard formats stand for in the invariant culture. */
const standardFormats: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  M: 'MMMM dd',
  m: 'MMMM dd',
  O: "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
  o: "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
  R: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
  r: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
  s: "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
  U: 'dddd, dd MMMM yyyy HH:mm:ss',
  Y: 'yyyy MMMM',
  y: 'yyyy MMMM',
};

/** A function that writes dates in this format. Throws an ExpressionError for a format that means nothing. */
export function compileDateFormat(format: string): DateFormat {
  if (format.length > 256) throw new ExpressionError('A date format may have at most 256 characters.');
  const pattern = format === '' ? standardFormats.G! : format.length === 1 ? standard(format) : format;
  const parts = splitFormat(pattern);
  return (value) => {
    const date = new Date(msOf(value));
    const ticks = ticksOf(value);
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : part(date, ticks);
    return text;
  };
}

function standard(letter: string): string {
  if (!Object.hasOwn(standardFormats, letter)) {
    throw new ExpressionError(`"${letter}" is no standard date format. Write for example yyyy-MM-dd.`);
  }
  return standardFormats[letter]!;
}

function splitFormat(pattern: string): (string | Part)[] {
  const parts: (string | Part)[] = [];
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i]!;
    const quoted = c === "'" || c === '"';
    let end = i + 1;
    if (quoted) {
      end = pattern.indexOf(c, i + 1) + 1;
      if (end === 0) throw new ExpressionError(`The date format has a ${c} without its counterpart.`);
      parts.push(pattern.slice(i + 1, end - 1));
    } else if (c === '\\' || c === '%') {
      end = c === '\\' ? i + 2 : i + 1;
      if (i + 1 >= pattern.length) throw new ExpressionError(`The date format ends in ${c}.`);
      if (c === '\\') parts.push(pattern[i + 1]!);
    } else {
      while (pattern[end] === c && 'dfFghHKmMstyz'.includes(c)) end++;
      parts.push(partOf(c, end - i));
    }
    i = end;
  }
  return parts;
}

const padded = (value: number, width: number): string => String(value).padStart(width, '0');
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12;

function partOf(letter: string, count: number): string | Part {
  const width = Math.min(count, 2);
  switch (letter) {
    case 'y':
      return (d) =>
        count < 3 ? padded(d.getUTCFullYear() % 100, count) : padded(d.getUTCFullYear(), Math.min(count, 9));
    case 'M':
      if (count > 2) return (d) => fullMonthNames[d.getUTCMonth()]!.slice(0, count === 3 ? 3 : undefined);
      return (d) => padded(d.getUTCMonth() + 1, width);
    case 'd':
      if (count > 2) return (d) => fullDayNames[d.getUTCDay()]!.slice(0, count === 3 ? 3 : undefined);
      return (d) => padded(d.getUTCDate(), width);
    case 'H':
      return (d) => padded(d.getUTCHours(), width);
    case 'h':
      return (d) => padded(hour12(d), width);
    case 'm':
      return (d) => padded(d.getUTCMinutes(), width);
    case 's':
      return (d) => padded(d.getUTCSeconds(), width);
    case 't':
      return (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM').slice(0, width);
    case 'f':
    case 'F':
      return fraction(letter, count);
    case 'K':
      return 'Z'.repeat(count);
    case 'z':
      return ['+0', '+00', '+00:00'][Math.min(count, 3) - 1]!;
    case 'g':
      return 'A.D.';
    default:
      return letter;
  }
}

function fraction(letter: string, count: number): Part {
  if (count > 7) throw new ExpressionError('A date format knows at most seven digits of a second.');
  return (date, ticks) => {
    const digits = (padded(date.getUTCMilliseconds(), 3) + padded(ticks, 4)).slice(0, count);
    return letter === 'f' ? digits : digits.replace(/0+$/, '');
  };
}
