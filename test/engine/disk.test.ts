/** Disks and clocks that misbehave: a full one, a log that lost its end in a power cut, a clock that jumps. */
import assert from 'node:assert/strict';
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seeded } from '../../bench/population.ts';
import { tempDirectory } from '../support/temp.ts';
import { killedCycle, reopened } from './crash.ts';
import { World } from './world.ts';

const populate = (world: World, count: number): void => {
  for (let i = 0; i < count; i++) world.user(`u${i}`, { mail: `u${i}@x` }, i > 0 ? { manager: 'u0' } : {});
  world.group('g', ['u0', 'u1', 'u2']);
};

async function endsAsItShould(world: World): Promise<void> {
  for (let i = 0; i < 3; i++) await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  assert.equal(world.cloud.objects.size, world.ad.objects.size, 'an object was made twice');
  const { seq } = world.cloud;
  assert.equal((await world.cycle()).outcome, 'clean');
  assert.equal(world.cloud.seq, seq);
}

test('a full disk ends the run with a way out, loses nothing, and is forgotten when there is space', async () => {
  await using temp = tempDirectory('disk');
  const world = new World({ file: join(temp.path, 'causeway.db') });
  populate(world, 5);
  await world.cycle('initial');
  await world.cycle();
  const before = world.cloudState();
  const { page_count: pages } = world.store.db.prepare('PRAGMA page_count').get() as { page_count: number };
  world.store.db.exec(`PRAGMA max_page_count = ${pages + 1}`);
  for (let i = 0; i < 300; i++) world.user(`more${i}`, { title: 'x'.repeat(400) });
  const full = await world.cycle();
  assert.equal(full.outcome, 'failed');
  assert.ok(
    full.runs.some((r) => r.error?.code === 'store-full'),
    JSON.stringify(full.runs.map((r) => [r.profile, r.status])),
  );
  assert.deepEqual(world.cloudState(), before);
  world.store.db.exec('PRAGMA max_page_count = 1073741823');
  await endsAsItShould(world);
  world.store[Symbol.dispose]();
});

test('a log that lost its end: the store opens at an earlier commit, and the cycle goes on from there', async () => {
  await using temp = tempDirectory('torn');
  const random = seeded(42);
  for (let n = 0; n < 12; n++) {
    const file = join(temp.path, `${n}.db`);
    let world = new World({ file });
    populate(world, 6);
    await world.cycle('initial');
    // From here on nothing is carried from the log to the database.
    world.store.db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0');
    world.user('new', {}, { manager: 'u1' });
    world.ad.change('u2', { attributes: { title: 'changed' } });
    world.ad.remove('u4');
    await world.cycle();
    const torn = join(temp.path, `${n}-torn.db`);
    copyFileSync(file, torn);
    copyFileSync(`${file}-wal`, `${torn}-wal`);
    truncateSync(`${torn}-wal`, Math.floor(statSync(`${torn}-wal`).size * random()));
    world = reopened(world, torn);
    const { integrity_check: state } = world.store.db.prepare('PRAGMA integrity_check').get() as Record<string, string>;
    assert.equal(state, 'ok');
    await endsAsItShould(world);
    world.store[Symbol.dispose]();
  }
});

test('a clock that jumps forth and back changes nothing but times', async () => {
  const world = new World();
  populate(world, 5);
  await world.cycle('initial');
  const day = 86_400_000;
  for (const jump of [400 * day, -800 * day, 8 * day, -day]) {
    world.clock += jump;
    world.ad.change('u1', { attributes: { title: `jump ${jump}` } });
    await world.cycle();
    await endsAsItShould(world);
  }
});

test('killed in the first synchronization of all: the next cycle begins it again', async () => {
  await using temp = tempDirectory('first');
  const file = join(temp.path, 'causeway.db');
  let world = new World({ file });
  populate(world, 30);
  assert.ok(await killedCycle(world, 'after-commit', 6));
  world = reopened(world, file);
  await endsAsItShould(world);
  world.store[Symbol.dispose]();
});

test('names that a transaction added are forgotten with it', async () => {
  const { store } = new World();
  assert.throws(() =>
    store.transaction(() => {
      store.attributes.id('madeUp');
      throw new Error('taken back');
    }),
  );
  assert.equal(store.attributes.find('madeUp'), undefined);
  const other = store.attributes.id('another');
  assert.notEqual(store.attributes.id('madeUp'), other);
  assert.equal(store.attributes.name(other), 'another');
});
