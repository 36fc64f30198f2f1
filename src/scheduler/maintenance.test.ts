import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { heldMs, type MaintenanceWindow, windowAt, windowProblem } from './maintenance.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string => (ms === undefined ? 'none' : new Date(ms).toISOString());
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

test('a window is open from its beginning, and not any more at its end', () => {
  const windows = [{ cron: '0 2 * * SUN', hours: 3, timeZone: 'UTC', reason: 'domain controllers are patched' }];
  const open = windowAt(windows, at('2026-03-01T02:00:00Z'));
  assert.deepEqual(open, {
    since: at('2026-03-01T02:00:00Z'),
    until: at('2026-03-01T05:00:00Z'),
    isEndless: false,
    reason: 'domain controllers are patched',
    places: [0],
  });
  assert.ok(windowAt(windows, at('2026-03-01T04:59:59.999Z')));
  for (const outside of ['2026-03-01T01:59:59.999Z', '2026-03-01T05:00:00Z', '2026-03-02T03:00:00Z'])
    assert.equal(windowAt(windows, at(outside)), undefined, outside);
  assert.equal(windowAt([], at('2026-03-01T02:00:00Z')), undefined);
});

test('windows that overlap or follow at once are one: since the first, until the last, with the reason of one that has one', () => {
  const windows = [
    { cron: '0 4 * * *', hours: 1, timeZone: 'UTC', reason: 'backup' },
    { cron: '0 2 * * *', minutes: 130, timeZone: 'UTC' },
    { cron: '0 5 * * *', minutes: 30, timeZone: 'UTC' },
  ];
  const open = windowAt(windows, at('2026-03-03T04:05:00Z'));
  assert.deepEqual(
    [iso(open?.since), iso(open?.until), open?.reason, open?.places],
    ['2026-03-03T02:00:00.000Z', '2026-03-03T05:30:00.000Z', 'backup', [1, 0]],
  );
});

test('windows that leave no room are told from long ones', () => {
  const now = at('2026-03-03T04:05:00Z');
  const cases: readonly [MaintenanceWindow, boolean, string | undefined][] = [
    [{ cron: '0 0 * * *', hours: 24, timeZone: 'UTC' }, true, undefined],
    // There is a gap of an hour in October.
    [{ cron: '0 0 * * *', hours: 24, timeZone: 'Europe/Berlin' }, true, undefined],
    [{ cron: '*/15 * * * *', minutes: 15, timeZone: 'UTC' }, true, undefined],
    [{ cron: '*/15 * * * MON-FRI', minutes: 15, timeZone: 'UTC' }, false, '2026-03-07T00:00:00.000Z'],
    [{ cron: '0 0 2 3 *', hours: 60 * 24, timeZone: 'UTC' }, false, '2026-05-01T00:00:00.000Z'],
  ];
  for (const [window, isEndless, until] of cases) {
    const windows = [window];
    for (const later of [0, 20 * hour, -4 * hour]) {
      const open = windowAt(windows, now + later);
      assert.equal(open?.isEndless, isEndless, window.cron);
      if (until) assert.equal(iso(open?.until), until, window.cron);
    }
  }
});

/** The beginnings within reach of an instant, by asking the calendar of a time zone minute by minute. */
function isInside(w: { minute: number; hour: number; day: number; length: number; timeZone: string }, now: number) {
  const clock = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: w.timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  for (let s = Math.floor(now / minute) * minute; now < s + w.length * minute; s -= minute) {
    const parts = Object.fromEntries(clock.formatToParts(s).map((p) => [p.type, p.value]));
    const isDay = parts.weekday?.toUpperCase() === days[w.day];
    if (isDay && Number(parts.hour) === w.hour && Number(parts.minute) === w.minute) return true;
  }
  return false;
}

test('inside if and only if some beginning s has s <= now < s + length, in any time zone', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Pacific/Auckland', 'America/Los_Angeles'];
  fc.assert(
    fc.property(
      fc.record({
        minute: fc.integer({ min: 0, max: 59 }),
        // Times that the clocks never leave out and never show twice; those have a test of their own.
        hour: fc.integer({ min: 4, max: 23 }),
        day: fc.integer({ min: 0, max: 6 }),
        length: fc.integer({ min: 1, max: 600 }),
        timeZone: fc.constantFrom(...zones),
      }),
      fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
      fc.integer({ min: -620, max: 620 }),
      (w, somewhere, off) => {
        const windows = [
          { cron: `${w.minute} ${w.hour} * * ${days[w.day]}`, minutes: w.length, timeZone: w.timeZone },
        ] satisfies MaintenanceWindow[];
        // Near the end of the window that is open next, as otherwise hardly anything is inside.
        const until = somewhere + 8 * 24 * hour;
        let now = somewhere;
        while (now < until && !windowAt(windows, now)) now += w.length * minute;
        now += off * minute;
        assert.equal(windowAt(windows, now) !== undefined, isInside(w, now));
      },
    ),
    { numRuns: 60 },
  );
});

test('when the clocks change: left out, shown twice, and a length in hours that really pass', () => {
  const night = [{ cron: '30 2 * * *', hours: 3, timeZone: 'Europe/Berlin' }];
  const open = (instant: string) => {
    const window = windowAt(night, at(instant));
    return [iso(window?.since), iso(window?.until)];
  };
  // 02:30 does not exist on 29 March: it begins when the clocks are put to 03:00.
  assert.equal(windowAt(night, at('2026-03-29T00:59:59Z')), undefined);
  assert.deepEqual(open('2026-03-29T01:00:00Z'), ['2026-03-29T01:00:00.000Z', '2026-03-29T04:00:00.000Z']);
  // 02:30 comes twice on 25 October: the first one counts, and it does not begin anew with the second.
  assert.deepEqual(open('2026-10-25T00:30:00Z'), ['2026-10-25T00:30:00.000Z', '2026-10-25T03:30:00.000Z']);
  assert.deepEqual(open('2026-10-25T01:45:00Z'), ['2026-10-25T00:30:00.000Z', '2026-10-25T03:30:00.000Z']);
  assert.equal(windowAt(night, at('2026-10-25T03:30:00Z')), undefined);
  // The same wall clock is another instant in summer.
  assert.deepEqual(open('2026-07-01T01:00:00Z'), ['2026-07-01T00:30:00.000Z', '2026-07-01T03:30:00.000Z']);
  // A day of 25 hours is more than 24 of maintenance.
  const daily = [{ cron: '0 0 * * *', hours: 24, timeZone: 'Europe/Berlin' }];
  assert.equal(iso(windowAt(daily, at('2026-10-24T12:00:00Z'))?.until), '2026-10-25T22:00:00.000Z');
});

test('the time held between two instants is the time during which a window is open', () => {
  const windows = [
    { cron: '0 1 * * *', hours: 3, timeZone: 'UTC' },
    { cron: '30 3 * * *', hours: 1, timeZone: 'UTC' },
  ];
  const day = at('2026-03-03T00:00:00Z');
  assert.equal(heldMs(windows, day, day + 24 * hour), 3.5 * hour);
  assert.equal(heldMs(windows, day + 2 * hour, day + 3 * hour), hour);
  assert.equal(heldMs(windows, day, day + 10 * 24 * hour), 35 * hour);
  assert.equal(heldMs([], day, day + hour), 0);
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(3000), (a, b) => {
      const [from, to] = [day + Math.min(a, b) * minute, day + Math.max(a, b) * minute];
      let expected = 0;
      for (let t = from; t < to; t += 30 * minute) {
        const slice = Math.min(t + 30 * minute, to);
        for (let m = t; m < slice; m += minute) if (windowAt(windows, m)) expected += minute;
      }
      assert.equal(heldMs(windows, from, to), expected);
    }),
    { numRuns: 4 },
  );
});

test('a window that cannot be meant is refused in words', () => {
  const cases: readonly [MaintenanceWindow, RegExp | undefined][] = [
    [{ cron: '0 2 * * SUN', hours: 3 }, undefined],
    [{ cron: '0 2 * * 7', hours: 168, timeZone: 'Europe/Berlin' }, undefined],
    [{ cron: '0 22 * * FRI#2', hours: 12.5 }, undefined],
    [{ cron: '*/15 * * * *', minutes: 15 }, undefined],
    [{ cron: '0 2 * * SUN' }, /either in "hours" or in "minutes"/],
    [{ cron: '0 2 * * SUN', hours: 1, minutes: 30 }, /either in "hours" or in "minutes"/],
    [{ cron: 'at night', hours: 1 }, /"at night" is no cron expression; it has five fields/],
    [{ cron: '0 0 2 * * *', hours: 1 }, /five fields/],
    [{ cron: '? * * * *', minutes: 1 }, /five fields/],
    [{ cron: '@daily', hours: 1 }, /five fields/],
    [{ cron: '2026-12-24T18:00:00', hours: 1 }, /five fields/],
    [{ cron: '99 2 * * *', hours: 1 }, /Invalid value for minute: 99/],
    [{ cron: '0 2 * * SUNDAY', hours: 1 }, /is no cron expression/],
    [{ cron: '0 0 30 2 *', hours: 1 }, /a day that never comes/],
    [{ cron: '0 2 * * *', hours: 1, timeZone: 'Berlin' }, /"Berlin" is no time zone/],
    [{ cron: '0 2 * * *', hours: 25 }, /25 h .* 24 h later; make it 24 h at most/],
    [{ cron: '*/15 * * * *', minutes: 16 }, /16 minutes .* 15 minutes later/],
    [{ cron: '0 0 1 * *', hours: 24 * 30 }, /672 h at most/],
  ];
  for (const [window, wanted] of cases) {
    const said = windowProblem(window);
    if (wanted) assert.match(said ?? 'nothing', wanted, JSON.stringify(window));
    else assert.equal(said, undefined, JSON.stringify(window));
  }
});
