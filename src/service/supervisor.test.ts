import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineState, EngineSupervisor } from './engine/supervisor.ts';
import type { EngineThread } from './engine/thread.ts';

/** Engines that die when the test says so, and a clock that it moves. */
function world() {
  let now = 0;
  let timer: { ms: number; work: () => void } | undefined;
  let die: (error: Error) => void = () => {};
  let refuse: Error | undefined;
  let closed = 0;
  const states: EngineState[] = [];
  const supervisor = new EngineSupervisor({
    async start() {
      if (refuse) throw refuse;
      const ended = new Promise<Error | undefined>((resolve) => {
        die = resolve;
      });
      return { ended, close: async () => void closed++ } as unknown as EngineThread;
    },
    now: () => now,
    later(ms, work) {
      timer = { ms, work };
      return () => {
        timer = undefined;
      };
    },
    changed: (state) => void states.push(state),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    supervisor,
    states,
    pause: () => timer?.ms,
    closed: () => closed,
    refuseWith(error: Error | undefined) {
      refuse = error;
    },
    async die() {
      die(new Error('out of memory'));
      await settle();
    },
    async wait(ms: number) {
      now += ms;
      const due = timer;
      if (due && due.ms <= ms) {
        timer = undefined;
        due.work();
        await settle();
      }
    },
  };
}

test('pauses double up to a minute, and start again after a healthy while', async () => {
  const w = world();
  await w.supervisor.open();
  const pauses: (number | undefined)[] = [];
  for (let i = 0; i < 8; i++) {
    await w.die();
    pauses.push(w.pause());
    await w.wait(60_000);
    assert.equal(w.supervisor.state.kind, 'running');
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  await w.wait(300_000);
  await w.die();
  assert.equal(w.pause(), 1000);
});

test('a start that fails is tried again; meanwhile everybody is told', async () => {
  const w = world();
  await w.supervisor.open();
  w.refuseWith(new Error('the disk is full'));
  await w.die();
  assert.throws(() => w.supervisor.thread, /started again in 1 s/);
  await w.wait(1000);
  const state = w.supervisor.state;
  assert.deepEqual(state.kind === 'down' && [state.reason, state.attempt], ['the disk is full', 2]);
  w.refuseWith(undefined);
  await w.wait(2000);
  assert.equal(w.supervisor.state.kind, 'running');
});

test('the first start fails at once: a person has to act', async () => {
  const w = world();
  w.refuseWith(new Error('The secret is missing.'));
  await assert.rejects(w.supervisor.open(), /secret is missing/);
  assert.equal(w.pause(), undefined);
});

test('after closing nothing is started any more', async () => {
  const w = world();
  await w.supervisor.open();
  await w.die();
  await w.supervisor.close();
  assert.equal(w.pause(), undefined);
  assert.equal(w.states.at(-1)?.kind, 'closed');
});
