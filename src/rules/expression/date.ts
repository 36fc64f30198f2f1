/** Instants: reading them from text, FILETIME, calendar arithmetic. Everything is UTC. */
import { generalizedTimeToMs } from '../../model/filetime.ts';
import type { Instant } from '../../model/value.ts';
import { ExpressionError } from './expression-error.ts';
import type { Raw } from './machine.ts';
import { isDate, isInt64, wrongType } from './machine.ts';
import { bigOf, type Int64, int64 } from './number.ts';

const epochOffsetMs = 11_644_473_600_000;
/** 9999-12-31T23:59:59.999Z and 0001-01-01: what the original's date type can hold. */
const maxMs = 253_402_300_799_999;
const minMs = -62_135_596_800_000;

/** An instant as a value. `ticks` are the 100 ns units below the millisecond, written only where there are any. */
export function instant(ms: number, ticks = 0): Instant {
  if (!(ms >= minMs && ms <= maxMs)) throw new ExpressionError('The date lies outside of the years 1 to 9999.');
  const text = isoText(ms);
  return { date: ticks === 0 ? text : `${text.slice(0, 23)}${String(ticks).padStart(4, '0')}Z` };
}

const twoDigits = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
/** The last day that was written and its text: a run writes many instants of few days. */
let lastDay = Number.NaN;
let lastDayText = '';

/** What `Date.prototype.toISOString` gives for the years 0 to 9999, several times faster. */
function isoText(ms: number): string {
  const day = Math.floor(ms / 86_400_000);
  if (day !== lastDay) {
    lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10);
    lastDay = day;
  }
  const rest = ms - day * 86_400_000;
  const seconds = Math.floor(rest / 1000);
  const fraction = rest - seconds * 1000;
  const time = `${twoDigits[Math.floor(seconds / 3600)]}:${twoDigits[Math.floor(seconds / 60) % 60]}:${twoDigits[seconds % 60]}`;
  return `${lastDayText}T${time}.${fraction < 100 ? '0' : ''}${twoDigits[fraction] ?? fraction}Z`;
}

/** Milliseconds since 1970 of a date argument. */
export function msOf(v: Raw): number {
  const ms = isDate(v) ? Date.parse(v.date) : wrongType('a date', v);
  if (Number.isNaN(ms)) throw new ExpressionError('The value is not a date that can be read.');
  return ms;
}

/** The 100 ns units below the millisecond of a date written with seven digits. */
export function ticksOf(v: Instant): number {
  return v.date.length === 28 ? Number(v.date.slice(23, 27)) : 0;
}

/** The instant of an AD FILETIME. Values that mean "never" lie outside of the calendar and are an error. */
export function fromFiletime(v: Raw): Instant {
  const text = typeof v === 'number' ? String(v) : isInt64(v) ? v.int : wrongType('a number', v);
  // Digits are cut from the text because 18-digit numbers are not exact, and BigInt would cost more than all the rest.
  if (text.length > 4 && text.length < 19 && text[0] !== '-') {
    const ms = Number(text.slice(0, -4)) - epochOffsetMs;
    return instant(ms, Number(text.slice(-4)));
  }
  const ticks = bigOf(v);
  if (ticks < 0n) throw new ExpressionError('A FILETIME counts from the year 1601 and cannot be negative.');
  return instant(Number(ticks / 10_000n) - epochOffsetMs, Number(ticks % 10_000n));
}

/** FILETIME of a date. */
export function toFiletime(v: Raw): Int64 {
  const ms = msOf(v);
  return int64(BigInt(ms + epochOffsetMs) * 10_000n + BigInt(ticksOf(v as Instant)));
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const datePart =
  /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s+)?(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[/-](\d{1,2})[/-](\d{4})|(\d{1,2})[ -]([a-z]{3,9})[ -](\d{4})|([a-z]{3,9}) (\d{1,2}),? (\d{4}))(?=$|[t\s])/i;
const timePart =
  /^(?:t|\s+)(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.(\d{1,7})\d{0,2})?)?\s{0,2}(am|pm)?\s{0,2}(z|utc|gmt|[+-]\d{1,2}(?::?\d{2})?)?$/i;

/**
 * The instant a text names, or undefined. Forms: ISO 8601; `2013-01-10 4:00 PM -8` (sync-engine s.3.5); the invariant
 * culture's month/day/year; `10 Jan 2013` and `January 10, 2013`; RFC 1123; LDAP generalized time. No offset means UTC.
 */
export function parseDate(text: string): Instant | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 64) return undefined;
  const generalized = generalizedTimeToMs(trimmed);
  if (generalized !== undefined) return within(generalized);
  const date = datePart.exec(trimmed);
  if (!date) return undefined;
  const day = dayMs(date);
  const rest = trimmed.slice(date[0].length);
  if (day === undefined || rest === '') return day === undefined ? undefined : within(day);
  const time = timePart.exec(rest);
  if (!time || (time[2] === undefined && time[5] === undefined)) return undefined;
  return timeOf(day, time);
}

const within = (ms: number, ticks = 0): Instant | undefined =>
  ms >= minMs && ms <= maxMs ? instant(ms, ticks) : undefined;

function dayMs(m: RegExpExecArray): number | undefined {
  const named = (name: string) => {
    const at = monthNames.indexOf(name.slice(0, 3).toLowerCase());
    return at >= 0 && fullMonthNames[at]!.toLowerCase().startsWith(name.toLowerCase()) ? at + 1 : 0;
  };
  const [year, month, day] = m[1]
    ? [+m[1], +m[2]!, +m[3]!]
    : m[4]
      ? [+m[6]!, +m[4], +m[5]!]
      : m[7]
        ? [+m[9]!, named(m[8]!), +m[7]]
        : [+m[12]!, named(m[10]!), +m[11]!];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
    ? utc(year, month - 1, day)
    : undefined;
}

function timeOf(day: number, m: RegExpExecArray): Instant | undefined {
  let hour = +m[1]!;
  const [minute, second] = [+(m[2] ?? 0), +(m[3] ?? 0)];
  const half = m[5]?.toLowerCase();
  if (half !== undefined && (hour < 1 || hour > 12)) return undefined;
  if (half !== undefined) hour = (hour % 12) + (half === 'pm' ? 12 : 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = offsetMs(m[6]);
  if (offset === undefined) return undefined;
  const fraction = (m[4] ?? '').padEnd(7, '0');
  const ms = day + ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction.slice(0, 3)) - offset;
  return within(ms, Number(fraction.slice(3)));
}

function offsetMs(text: string | undefined): number | undefined {
  const m = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(text ?? '');
  if (!m) return 0;
  const minutes = Number(m[2]) * 60 + Number(m[3] ?? 0);
  return minutes > 14 * 60 ? undefined : minutes * 60_000 * (m[1] === '-' ? -1 : 1);
}

export const fullMonthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export const fullDayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** Days of a month, which counts from 1. */
export const daysIn = (year: number, month: number): number => new Date(utc(year, month, 0)).getUTCDate();

/** `Date.UTC` that does not take the years 0 to 99 for 1900 to 1999. */
function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  return date.setUTCFullYear(year, month, day);
}

const unitMs: Readonly<Record<string, number>> = {
  y: 86_400_000,
  d: 86_400_000,
  w: 86_400_000,
  ww: 7 * 86_400_000,
  h: 3_600_000,
  n: 60_000,
  s: 1000,
};
const unitMonths: Readonly<Record<string, number>> = { yyyy: 12, q: 3, m: 1 };

/** The date moved by so many intervals. A month that is too short ends on its last day, as in VBA. */
export function addInterval(interval: string, count: number, v: Raw): Instant {
  const ms = msOf(v);
  const ticks = ticksOf(v as Instant);
  if (Object.hasOwn(unitMs, interval)) return instant(ms + count * unitMs[interval]!, ticks);
  if (!Object.hasOwn(unitMonths, interval)) {
    throw new ExpressionError(`"${interval}" is no interval. Use yyyy, q, m, y, d, w, ww, h, n or s.`);
  }
  const date = new Date(ms);
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + count * unitMonths[interval]!;
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  if (year < 1 || year > 9999) return instant(Number.NaN);
  const day = utc(year, month, Math.min(date.getUTCDate(), daysIn(year, month + 1)));
  return instant(day + (((ms % 86_400_000) + 86_400_000) % 86_400_000), ticks);
}
