/** Laws as properties: whatever happens in the directory, in whatever order, deltas end where a fresh full cycle ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apply, everybody, people, step, visible } from './steps.ts';
import { World } from './world.ts';

async function cycleWith(world: World, fault: 'none' | 'lost' | 'done' | 'import'): Promise<void> {
  let count = 0;
  if (fault === 'import') world.ad.faults.onImport = () => assert.ok(++count > 1, 'injected');
  else if (fault !== 'none') world.cloud.faults.onExport = () => (++count % 2 === 1 ? fault : undefined);
  await world.cycle();
  world.ad.faults = {};
  world.cloud.faults = {};
}

test('delta equals full, twice changes nothing, and the laws hold after every cycle', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = new World({
        limits: { collapseShare: 1 },
        scope: { include: ['DC=x'], exclude: ['OU=Secret,DC=x'] },
      });
      await world.cycle('initial');
      for (const s of steps) {
        if (s.kind === 'cycle') await cycleWith(world, s.fault);
        else apply(world, s);
      }
      for (let i = 0; i < 4; i++) await world.cycle();
      const before = world.cloud.seq;
      await world.cycle();
      assert.equal(world.cloud.seq, before, 'the cloud was written although nothing changed');
      visible(world);
      assert.deepEqual(world.cloudState(), world.expectedState());
    }),
    { numRuns: 120, seed: 7 },
  );
});

test('the order in which objects arrive does not change the result', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(everybody, { minLength: everybody.length }),
      fc.integer({ min: 1, max: 5 }),
      async (order, pieces) => {
        const world = new World();
        const size = Math.ceil(order.length / pieces);
        for (let i = 0; i < order.length; i += size) {
          for (const who of order.slice(i, i + size)) {
            if (who.startsWith('p'))
              world.user(who, { title: who }, { manager: people[(people.indexOf(who) + 1) % people.length]! });
            else
              world.group(
                who,
                everybody.filter((m) => m !== who),
              );
          }
          await world.cycle(i === 0 ? 'initial' : 'delta');
        }
        await world.cycle();
        assert.deepEqual(world.cloudState(), world.expectedState());
      },
    ),
    { numRuns: 40, seed: 11 },
  );
});
