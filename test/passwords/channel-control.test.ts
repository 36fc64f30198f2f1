import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplicationError } from '../../src/connectors/active-directory/replication/errors.ts';
import { createWorld, dcLost, FakeDirectory, minute, namingContext } from './fake-world.ts';

test('in staging mode, when switched off and before the first full synchronization nothing is even read', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  for (const [change, paused] of [
    [{ staging: true }, 'staging'],
    [{ enabled: false }, 'disabled'],
    [{ ready: false }, 'not-ready'],
  ] as const) {
    const before = world.settings;
    world.settings = { ...before, ...change };
    assert.deepEqual(await world.channel.cycle(), { paused, errors: [] });
    assert.equal((await world.channel.status()).paused, paused);
    world.settings = before;
  }
  assert.deepEqual([world.directory.opened, world.cloud.heartbeats], [0, 0]);
  assert.deepEqual(world.ids(), [613, 613, 613]);
  await world.channel.cycle();
  assert.equal(world.cloud.passwords.size, 1);
});

test('the heartbeat comes every 30 minutes', async () => {
  const world = createWorld();
  for (let i = 0; i <= 31; i++) {
    await world.channel.cycle();
    world.now += 2 * minute;
  }
  assert.equal(world.cloud.heartbeats, 3);
});

test('a full synchronization on demand sends everybody again, and also when asked for in the middle of a cycle', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  await world.channel.cycle();
  await world.channel.resync();
  await world.channel.cycle();
  assert.deepEqual(world.cloud.batches, [1, 1]);
  assert.ok(world.ids().includes(617));
  world.directory.set('bo', 'two');
  world.cloud.before = ({ credentials }) => {
    if (credentials.length > 0) void world.channel.resync(namingContext);
  };
  await world.channel.cycle();
  world.cloud.before = () => undefined;
  await world.channel.cycle();
  assert.deepEqual(world.cloud.batches, [1, 1, 1, 2]);
});

test('requested users are sent in the next cycle', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  await world.channel.cycle();
  await world.channel.request([{ objectGuid: 'ana', dn: `CN=ana,${namingContext.toLowerCase()}` }]);
  await world.channel.request([{ objectGuid: 'stranger', dn: 'CN=x,DC=other' }]);
  await world.channel.cycle();
  assert.deepEqual(world.cloud.batches, [1, 1]);
  await world.channel.request([{ objectGuid: 'gone', dn: `CN=gone,${namingContext}` }]);
  await world.channel.cycle();
  assert.deepEqual((await world.channel.status()).domains[0]!.queue, { waiting: 0, retry: 0, requested: 0 });
});

test('the history forgets after seven days', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  await world.channel.cycle();
  world.now += 8 * 24 * 60 * minute;
  await world.channel.cycle();
  assert.deepEqual(await world.channel.history('ana'), []);
});

test('cycles never overlap: those who ask meanwhile share the next one', async () => {
  const world = createWorld();
  const [first, second, third] = [world.channel.cycle(), world.channel.cycle(), world.channel.cycle()];
  assert.equal(second, third);
  await Promise.all([first, second]);
  assert.equal(world.directory.opened, 2);
});

test('the loop waits two minutes, less after a failure, and wakes when told', async () => {
  const pauses: number[] = [];
  let release = (): void => undefined;
  let waiting = Promise.withResolvers<void>();
  const world = createWorld({
    wait: (milliseconds, signal) => {
      pauses.push(milliseconds);
      const done = Promise.withResolvers<void>();
      release = done.resolve;
      signal.addEventListener('abort', () => done.resolve());
      waiting.resolve();
      return done.promise;
    },
  });
  const nextPause = async (go: () => void): Promise<void> => {
    waiting = Promise.withResolvers();
    go();
    await waiting.promise;
  };
  await nextPause(() => world.channel.start());
  world.directory.set('ana', 'one');
  await nextPause(() => world.channel.trigger());
  assert.equal(world.cloud.hashOf('ana'), 'hash of one');
  world.directory.beforePage = () => {
    throw dcLost();
  };
  for (let i = 0; i < 4; i++) await nextPause(() => release());
  world.directory.beforePage = () => undefined;
  await nextPause(() => release());
  assert.deepEqual(pauses, [120_000, 120_000, 15_000, 30_000, 60_000, 120_000, 120_000]);
  await world.channel.stop();
  assert.deepEqual([world.ids()[0], world.ids().at(-1)], [601, 609]);
});

test('after a refused sign-in the account is not locked out by trying again and again', async () => {
  const pauses: number[] = [];
  const world = createWorld({
    domains: [
      {
        namingContext,
        servers: ['dc1'],
        open: () =>
          Promise.reject(
            new ReplicationError('ad-bind-failed', 'Refused.', {
              endpoint: 'dc1',
              retry: 'later',
              remedy: 'Check it.',
            }),
          ),
      },
    ],
    wait: async (milliseconds, signal) => {
      if (pauses.push(milliseconds) === 3) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  });
  world.channel.start();
  while (pauses.length < 3) await new Promise((resolve) => setImmediate(resolve));
  await world.channel.stop();
  assert.deepEqual(pauses, [600_000, 600_000, 600_000]);
});

test('the loop outlives settings that cannot be read', async () => {
  let broken = true;
  const paused = Promise.withResolvers<void>();
  const world = createWorld({
    settings: () => {
      if (broken) throw new Error('the configuration is gone');
      return { enabled: true, staging: false, ready: true };
    },
    wait: async (_, signal) => {
      if (!broken) {
        paused.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      broken = false;
    },
  });
  world.directory.set('ana', 'one');
  world.channel.start();
  await paused.promise;
  await world.channel.stop();
  assert.equal(world.cloud.hashOf('ana'), 'hash of one');
  assert.equal(world.events[1]!.id, 603);
});

test('a check names the domain controllers that fail, and why', async () => {
  const directory = new FakeDirectory();
  const open = (server: string) => (server === 'dc1' ? directory.open() : Promise.reject(dcLost()));
  const world = createWorld({ domains: [{ namingContext, servers: ['dc1', 'dc2'], open }] });
  const [one, two] = await world.channel.check();
  assert.deepEqual(one, { namingContext, server: 'dc1', clockSkewMs: 3 });
  assert.deepEqual([two!.server, two!.error!.code], ['dc2', 'password-sync-dc-failure']);
});

test('no event and no state holds any form of a password', async () => {
  const world = createWorld();
  world.cloud.refuse = (c) => (c.sourceAnchor === 'u1' ? 'InternalError' : undefined);
  for (let i = 0; i < 3; i++) world.directory.set(`u${i}`, `secret ${i}`);
  await world.channel.cycle();
  const told = JSON.stringify([world.events, await world.channel.status(), await world.channel.history('u1')]);
  assert.doesNotMatch(told, /hash of|secret/);
});
