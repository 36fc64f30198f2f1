import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Work } from '../work-queue.ts';
import { EngineWatch } from './engine-watch.ts';

const minute = 60_000;
const work: Work = {
  id: 1,
  order: { kind: 'cycle', policy: 'delta', retryAll: true },
  by: 'scheduler',
  trigger: 'schedule',
  state: 'running',
  queuedAt: 0,
  progress: { connector: 'cloud', step: 'export', done: 300, total: 1200, rate: 10 },
};
const progress = { kind: 'progress', progress: { connector: 'cloud', step: 'export', done: 301 } } as const;

test('a thread that tells nothing for two minutes is silent; any sign of life ends it', () => {
  let now = 0;
  const watch = new EngineWatch(() => now);
  now = 2 * minute;
  assert.equal(watch.look(work), undefined);
  now += 1;
  assert.deepEqual(watch.look(work), {
    kind: 'silent',
    forMs: 2 * minute + 1,
    doing: 'a delta cycle for scheduler, export of cloud, 300 of 1200',
  });
  assert.equal(watch.look(undefined)?.doing, 'nothing that was asked for', 'also without work it should answer');
  watch.heard({ kind: 'alive' });
  assert.equal(watch.look(work), undefined);
  now += 3 * minute;
  watch.began();
  assert.equal(watch.look(work), undefined, 'a new thread is not blamed for the old one');
});

test('work that does not go on for half an hour is still, however alive the thread is; idleness is not', () => {
  let now = 0;
  const watch = new EngineWatch(() => now);
  for (; now <= 31 * minute; now += minute) watch.heard({ kind: 'alive' });
  assert.deepEqual([watch.look(work)?.kind, watch.look(undefined)], ['still', undefined]);
  watch.heard(progress);
  assert.equal(watch.look(work), undefined);
});
