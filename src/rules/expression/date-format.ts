/** .NET date format strings, invariant culture, UTC. */
import type { Instant } from '../../model/value.ts';
import { fullDayNames, fullMonthNames, instant, msOf } from './date.ts';
import { ExpressionError } from './expression-error.ts';

/** Takes its part from the instant as ISO 8601 text with seven digits of a second. */
type Part = (iso: string) => string;
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
    const iso = fullIso(value);
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : part(iso);
    return text;
  };
}

/** The canonical text has every field at a fixed place; other spellings of an instant are brought into it. */
function fullIso(value: Instant): string {
  const { date } = value;
  const isCanonical = (date.length === 24 || date.length === 28) && date.endsWith('Z');
  const text = isCanonical ? date : instant(msOf(value)).date;
  if (Number.isNaN(Date.parse(text))) throw new ExpressionError('The value is not a date that can be read.');
  return text.length === 28 ? text : `${text.slice(0, 23)}0000Z`;
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

/** A two-digit field as it is, or without the leading zero. */
const field = (start: number, count: number): Part =>
  count === 1 ? (iso) => String(Number(iso.slice(start, start + 2))) : (iso) => iso.slice(start, start + 2);

function hour12(count: number): Part {
  return (iso) => String(Number(iso.slice(11, 13)) % 12 || 12).padStart(count, '0');
}

function year(count: number): Part {
  if (count > 2) return (iso) => iso.slice(0, 4).padStart(count, '0');
  return (iso) => String(Number(iso.slice(2, 4))).padStart(count, '0');
}

const dayOfWeek = (iso: string): number => new Date(`${iso.slice(0, 10)}T00:00:00Z`).getUTCDay();
/** Three letters of a name, or all of it. */
const named = (names: readonly string[], index: (iso: string) => number, count: number): Part =>
  count === 3 ? (iso) => names[index(iso)]!.slice(0, 3) : (iso) => names[index(iso)]!;

function partOf(letter: string, count: number): string | Part {
  const width = Math.min(count, 2);
  switch (letter) {
    case 'y':
      return year(count);
    case 'M':
      return count > 2 ? named(fullMonthNames, (iso) => Number(iso.slice(5, 7)) - 1, count) : field(5, count);
    case 'd':
      return count > 2 ? named(fullDayNames, dayOfWeek, count) : field(8, count);
    case 'H':
      return field(11, width);
    case 'h':
      return hour12(width);
    case 'm':
      return field(14, width);
    case 's':
      return field(17, width);
    case 't':
      return (iso) => (Number(iso.slice(11, 13)) < 12 ? 'AM' : 'PM').slice(0, width);
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
  return (iso) => (letter === 'f' ? iso.slice(20, 20 + count) : iso.slice(20, 20 + count).replace(/0+$/, ''));
}
