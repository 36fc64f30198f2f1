/** Windows in which no scheduled cycle starts: by the calendar, in cron notation. Pure; the instant is given. */
import { Cron } from 'croner';

export interface MaintenanceWindow {
  /** When it begins: minute, hour, day of the month, month, weekday. */
  readonly cron: string;
  /** How long it lasts, in one of the two; hours that really pass, also on a day whose clocks are changed. */
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  /** IANA name; absent: that of the machine. */
  readonly timeZone?: string | undefined;
  readonly reason?: string | undefined;
}
export interface OpenWindow {
  /** Milliseconds since 1970, of the one that began first. */
  readonly since: number;
  /** When a cycle may start again, also if other windows follow without a gap. */
  readonly until: number;
  /** No gap was found as far as was looked, which is up to `until`. */
  readonly isEndless: boolean;
  readonly reason?: string;
  /** Places in the list of those that are open. */
  readonly places: readonly number[];
}

/** How far windows that follow each other without a gap are followed: so many of them, and so many milliseconds. */
const mostFollowing = 1000;
const furthestMs = 31 * 86_400_000;
/** Beginnings that the shortest distance between two is read from. */
const mostBeginnings = 200;
/** Windows that are counted; beyond them nothing counts as held, so that an alert comes rather too early than never. */
const mostCounted = 1000;
const hourMs = 3_600_000;

/** Compiling a pattern costs more than asking it, and windows stay the same as long as a configuration is in force. */
const compiled = new WeakMap<MaintenanceWindow, Cron>();
function patternOf(window: MaintenanceWindow): Cron {
  const known = compiled.get(window);
  if (known) return known;
  const made = new Cron(window.cron, { mode: '5-part', ...(window.timeZone ? { timezone: window.timeZone } : {}) });
  compiled.set(window, made);
  return made;
}

const lengthMs = ({ hours, minutes }: MaintenanceWindow): number =>
  Math.round((hours ?? 0) * hourMs + (minutes ?? 0) * 60_000);

/** The first beginning after an instant. */
const beginningAfter = (window: MaintenanceWindow, instant: number): number | undefined =>
  patternOf(window).nextRun(new Date(instant))?.getTime();

/** When the window began that is open at an instant. A time that the clocks leave out is the one they are put to. */
function openSince(window: MaintenanceWindow, now: number): number | undefined {
  const since = beginningAfter(window, now - lengthMs(window));
  return since !== undefined && since <= now ? since : undefined;
}

/** The end of those that are open at an instant. */
function endAt(windows: readonly MaintenanceWindow[], instant: number): number | undefined {
  const ends = windows.flatMap((w) => {
    const since = openSince(w, instant);
    return since === undefined ? [] : [since + lengthMs(w)];
  });
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** What is open at an instant (milliseconds since 1970); undefined if a cycle may start. */
export function windowAt(windows: readonly MaintenanceWindow[], now: number): OpenWindow | undefined {
  const open = windows
    .flatMap((window, place) => {
      const since = openSince(window, now);
      return since === undefined ? [] : [{ since, place, reason: window.reason }];
    })
    .sort((a, b) => a.since - b.since);
  const [first] = open;
  if (!first) return undefined;
  const reason = open.find((o) => o.reason !== undefined)?.reason;
  const { until, isEndless } = chainAt(windows, now);
  const places = open.map((o) => o.place);
  return { since: first.since, until, isEndless, places, ...(reason === undefined ? {} : { reason }) };
}

interface Chain {
  readonly from: number;
  readonly until: number;
  readonly isEndless: boolean;
}
/** The last one of a list: its end is the same for every instant in it, and quarters of an hour make many windows. */
const chains = new WeakMap<readonly MaintenanceWindow[], Chain>();

/** The windows that follow each other without a gap from an instant at which one is open. */
function chainAt(windows: readonly MaintenanceWindow[], now: number): Chain {
  const known = chains.get(windows);
  // Of an endless one only what was looked at is known; it is looked at anew before that is used up.
  const isKnown = known && known.from <= now && now < (known.isEndless ? (known.from + known.until) / 2 : known.until);
  if (isKnown) return known;
  let until = endAt(windows, now) ?? now;
  let isEndless = true;
  for (let i = 1; i < mostFollowing && isEndless; i++) {
    const end = endAt(windows, until);
    if (end === undefined) isEndless = false;
    else until = end;
    if (until - now > furthestMs) break;
  }
  const chain = { from: now, until, isEndless };
  chains.set(windows, chain);
  return chain;
}

/** Milliseconds between two instants during which windows were open. */
export function heldMs(windows: readonly MaintenanceWindow[], from: number, to: number): number {
  let held = 0;
  let at = from;
  for (let i = 0; i < mostCounted && at < to; i++) {
    const end = endAt(windows, at);
    if (end !== undefined) {
      held += Math.min(end, to) - at;
      at = end;
      continue;
    }
    at = Math.min(...windows.map((w) => beginningAfter(w, at) ?? Number.POSITIVE_INFINITY));
  }
  return held;
}

/** What is wrong with a window, without a full stop; undefined if it can be used. */
export function windowProblem(window: MaintenanceWindow): string | undefined {
  const { cron, hours, minutes, timeZone } = window;
  if ((hours === undefined) === (minutes === undefined))
    return 'a window says how long it lasts either in "hours" or in "minutes"';
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return `"${timeZone}" is no time zone that this machine knows; it is a name such as Europe/Berlin`;
  // Croner knows more than cron: nicknames, dates, and "?" for the instant at which the pattern is read.
  if (!/^[\dA-Za-z*,/#L+-]+( +[\dA-Za-z*,/#L+-]+){4}$/.test(cron)) return unreadable(cron);
  try {
    patternOf(window);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return `${unreadable(cron)} (${error.message.replace(/^CronPattern: /, '')})`;
  }
  const shortest = shortestDistance(cron);
  if (shortest === undefined) return `"${cron}" names a day that never comes`;
  if (lengthMs(window) <= shortest) return undefined;
  return `a window of ${spanText(lengthMs(window))} that begins by "${cron}" is not over when the next one begins, ${spanText(shortest)} later; make it ${spanText(shortest)} at most, or let it begin less often`;
}

const unreadable = (cron: string): string =>
  `"${cron}" is no cron expression; it has five fields: minute, hour, day of the month, month, weekday, such as "0 2 * * SUN"`;

/** Whole hours where they are whole, else minutes. */
const spanText = (ms: number): string =>
  ms % hourMs === 0 ? `${ms / hourMs} h` : `${Math.round(ms / 60_000)} minutes`;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return false;
  }
}

/** The shortest time between two beginnings, by a clock that nobody changes; undefined if it never begins. */
function shortestDistance(cron: string): number | undefined {
  const pattern = new Cron(cron, { mode: '5-part', timezone: 'UTC' });
  let before = pattern.nextRun(new Date('2024-01-01T00:00:00Z'));
  if (!before) return undefined;
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < mostBeginnings; i++) {
    const next = pattern.nextRun(before);
    if (!next) break;
    shortest = Math.min(shortest, next.getTime() - before.getTime());
    before = next;
  }
  return shortest;
}
