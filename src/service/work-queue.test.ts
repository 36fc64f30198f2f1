import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineThread } from './engine/thread.ts';
import { type Work, WorkQueue } from './work-queue.ts';

/** An engine whose cycles end when the test says so. */
function world() {
  const open: { policy: string; end: (error?: Error) => void; stop: () => void }[] = [];
  let stops = 0;
  let idle = 0;
  const engine = {
    cycle: ({ policy }: { policy: string }) =>
      new Promise((resolve, reject) => {
        open.push({
          policy,
          end: (error) => (error ? reject(error) : resolve({ cycle: 1, outcome: 'clean', runs: [] })),
          stop: () =>
            resolve({ cycle: 1, outcome: 'failed', runs: [{ status: 'stopped-user-termination-from-wmi-or-ui' }] }),
        });
      }),
    stop: () => void stops++,
  } as unknown as EngineThread;
  const queue = new WorkQueue({ engine: () => engine, now: () => 1000, changed: () => {}, idle: () => void idle++ });
  const add = (policy: 'delta' | 'initial') => queue.add({ kind: 'cycle', policy, retryAll: true }, 'ana', 'person');
  return { queue, add, open, stops: () => stops, idle: () => idle };
}

test('work is done one after the other, and the same order that waits is joined', async () => {
  const w = world();
  const first = w.add('delta');
  const second = w.add('delta');
  const third = w.add('initial');
  assert.equal(w.add('delta').id, second.id);
  assert.deepEqual([first.state, second.state, third.state], ['running', 'queued', 'queued']);
  assert.equal(w.open.length, 1);
  w.open[0]!.end();
  await w.queue.ended(first.id);
  assert.equal(w.open.length, 2);
  w.open[1]!.end();
  await w.queue.ended(second.id);
  assert.equal(w.idle(), 0);
  w.open[2]!.end();
  assert.equal((await w.queue.ended(third.id)).state, 'done');
  assert.equal(w.idle(), 1);
  assert.equal(w.queue.isBusy, false);
});

test('what fails is told with its code, and the next goes on', async () => {
  const w = world();
  const first = w.add('delta');
  const second = w.add('initial');
  w.open[0]!.end(Object.assign(new Error('The engine ended.'), { code: 'engine-ended' }));
  const failed: Work = await w.queue.ended(first.id);
  assert.deepEqual([failed.state, failed.error], ['failed', { code: 'engine-ended', message: 'The engine ended.' }]);
  assert.equal(w.queue.get(second.id)?.state, 'running');
});

test('stopping ends what runs and forgets what waits', async () => {
  const w = world();
  w.add('delta');
  const waiting = w.add('initial');
  assert.equal(w.queue.stop(), true);
  assert.equal(w.stops(), 1);
  assert.equal((await w.queue.ended(waiting.id)).error?.code, 'stopped');
  w.open[0]!.end();
  await w.queue.ended(1);
  assert.equal(w.queue.stop(), false);
});

test('a queue that grows without end is refused', () => {
  const w = world();
  w.add('delta');
  for (let i = 0; i < 20; i++) w.queue.add({ kind: 'run', connector: `c${i}`, profile: 'export' }, 'ana', 'person');
  assert.throws(() => w.add('initial'), /already wait for the engine/);
});

test('a queue that is held stops what runs; it begins again, first, when the queue is released', async () => {
  const w = world();
  const first = w.add('delta');
  const second = w.add('initial');
  const held = w.queue.hold();
  assert.equal(w.stops(), 1);
  w.open[0]!.stop();
  await held;
  assert.deepEqual(
    [first, second].map(({ id }) => w.queue.get(id)?.state),
    ['queued', 'queued'],
  );
  assert.equal(w.add('delta').id, first.id, 'who asks meanwhile joins');
  assert.equal(w.open.length, 1, 'nothing begins');
  w.queue.release();
  assert.deepEqual([w.open.length, w.open[1]?.policy], [2, 'delta']);
  w.open[1]!.end();
  assert.equal((await w.queue.ended(first.id)).state, 'done');
});

test('what ends by itself while the queue is held is done; a queue without work is held at once', async () => {
  const w = world();
  await w.queue.hold();
  const work = w.add('delta');
  assert.equal(work.state, 'queued');
  w.queue.release();
  const held = w.queue.hold();
  w.open[0]!.end();
  await held;
  assert.equal(w.queue.get(work.id)?.state, 'done');
});
