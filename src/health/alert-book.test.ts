import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRow, MuteRow } from '../store/alerts.ts';
import { type Audience, afterTelling, dueNotices, observe, type SeenAlert } from './alert-book.ts';

const minute = 60_000;
const seen = (key: string, severity: AlertRow['severity'] = 'warning'): SeenAlert => ({
  key,
  kind: key.startsWith('finding') ? 'finding' : 'health',
  code: key,
  severity,
  title: key,
  summary: `${key} is wrong`,
});
const audience: Audience = { channel: 'hook', minimum: 'warning' };

/** A book with a clock, and an audience that takes everything it is told. */
function book() {
  const rows = new Map<number, AlertRow>();
  let now = 0;
  const mutes: MuteRow[] = [];
  return {
    rows: () => [...rows.values()],
    mute: (key: string, until: number) => void mutes.push({ key, until, time: now, who: 'x', reason: 'y' }),
    acknowledge(id: number) {
      rows.set(id, { ...rows.get(id)!, acknowledged: '{"who":"vera"}' });
    },
    /** Looks at an instant; returns what the audience was told. */
    at(time: number, current: readonly SeenAlert[], who = audience, unseen: readonly AlertRow['kind'][] = []) {
      now = time;
      const known = [...rows.values()];
      for (const r of observe(known, current, { now, nextId: rows.size + 1, unseen: new Set(unseen) }))
        rows.set(r.id, r);
      const notices = dueNotices([...rows.values()], mutes, who, now);
      for (const n of notices) rows.set(n.alert.id, afterTelling(n, who.channel, now));
      return notices.map((n) => `${n.kind} ${n.alert.key}`);
    },
  };
}

test('an alert is told once, again when it gets worse, and when it has been over for a while', () => {
  const b = book();
  assert.deepEqual(b.at(0, [seen('a')]), ['raised a']);
  assert.deepEqual(b.at(minute, [seen('a')]), []);
  assert.deepEqual(b.at(2 * minute, [seen('a', 'error')]), ['worse a']);
  assert.deepEqual(b.at(3 * minute, [seen('a', 'warning')]), []);
  assert.deepEqual(b.at(4 * minute, []), [], 'it may come back');
  assert.deepEqual(b.at(9 * minute, []), ['resolved a']);
  assert.deepEqual(b.at(10 * minute, []), []);
  assert.equal(b.rows().length, 1);
});

test('what flickers is one occurrence and no noise; what comes back later is another one', () => {
  const b = book();
  b.at(0, [seen('a')]);
  for (let i = 1; i < 10; i++) assert.deepEqual(b.at(i * minute, i % 2 ? [] : [seen('a')]), []);
  assert.equal(b.rows().length, 1);
  b.at(11 * minute, []);
  assert.deepEqual(b.at(17 * minute, []), ['resolved a']);
  assert.deepEqual(b.at(60 * minute, [seen('a')]), ['raised a']);
  assert.deepEqual(
    b.rows().map((r) => [r.id, r.raised, r.resolved !== null]),
    [
      [1, 0, true],
      [2, 60 * minute, false],
    ],
  );
});

test('a mute keeps quiet until its end, also for what comes back meanwhile', () => {
  const b = book();
  b.mute('a', 60 * minute);
  assert.deepEqual(b.at(0, [seen('a'), seen('b')]), ['raised b']);
  b.at(minute, [seen('b')]);
  assert.deepEqual(b.at(30 * minute, [seen('a', 'error'), seen('b')]), []);
  assert.deepEqual(b.at(61 * minute, [seen('a', 'error'), seen('b')]), ['raised a']);
});

test('every audience has its own measure, and reminders end when somebody cares', () => {
  const b = book();
  const errors: Audience = { channel: 'pager', minimum: 'error', remindMs: 60 * minute };
  assert.deepEqual(b.at(0, [seen('a'), seen('i', 'info')], errors), []);
  assert.deepEqual(b.at(0, [seen('a'), seen('i', 'info')]), ['raised a']);
  assert.deepEqual(b.at(minute, [seen('a', 'error')], errors), ['raised a']);
  assert.deepEqual(b.at(62 * minute, [seen('a', 'error')], errors), ['still a']);
  b.acknowledge(1);
  assert.deepEqual(b.at(200 * minute, [seen('a', 'error')], errors), []);
});

test('what could not be looked for is not over', () => {
  const b = book();
  b.at(0, [seen('finding x'), seen('a')]);
  b.at(minute, [], audience, ['finding']);
  assert.deepEqual(
    b.rows().map((r) => [r.key, r.resolved]),
    [
      ['finding x', null],
      ['a', minute],
    ],
  );
});
