/**
 * Random histories with kills, for as long as one likes: `npm run soak -- [minutes] [seed]`. Each history is a world on
 * disk; cycles die at a random commit or export, and the next process goes on. Afterwards the cloud must hold what an
 * undisturbed run would have written, and one more cycle must do nothing. Ends at the first history that does not, with
 * the seed that repeats it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { seeded } from '../../bench/population.ts';
import { tempDirectory } from '../support/temp.ts';
import { killedCycle, moments, removeStore, reopened } from './crash.ts';
import { apply, step, visible } from './steps.ts';
import { World } from './world.ts';

const minutes = Number(process.argv[2] ?? 10);
const firstSeed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const oneOnly = process.argv[3] !== undefined && minutes === 0;
const settings = {
  limits: { collapseShare: 1 },
  scope: { include: ['DC=x'], exclude: ['OU=Secret,DC=x'] },
};

/** One history; the number of processes that were killed in it. */
async function history(seed: number, file: string): Promise<number> {
  const random = seeded(seed);
  const [steps] = fc.sample(fc.array(step, { minLength: 10, maxLength: 80 }), { seed, numRuns: 1 });
  const options = { ...settings, pageSize: 1 + Math.floor(random() * 12) };
  let world = new World({ ...options, file });
  let kills = 0;
  await world.cycle('initial');
  for (const s of steps!) {
    if (s.kind !== 'cycle') apply(world, s);
    else if (await killedCycle(world, moments[Math.floor(random() * moments.length)]!, 1 + Math.floor(random() * 25))) {
      kills++;
      world = reopened(world, file, options);
    }
  }
  for (let i = 0; i < 4; i++) await world.cycle();
  const { seq } = world.cloud;
  await world.cycle();
  assert.equal(world.cloud.seq, seq, 'the cloud was written although nothing changed');
  visible(world);
  assert.deepEqual(world.cloudState(), world.expectedState());
  assert.equal(world.cloud.objects.size, Object.keys(world.expectedState()).length, 'an object was made twice');
  world.store[Symbol.dispose]();
  return kills;
}

await using temp = tempDirectory('soak');
const end = Date.now() + minutes * 60_000;
let histories = 0;
let kills = 0;
for (let seed = firstSeed; oneOnly ? histories === 0 : Date.now() < end; seed++) {
  const file = join(temp.path, `${seed}.db`);
  try {
    kills += await history(seed, file);
  } catch (error) {
    console.error(`The history of seed ${seed} failed. Repeat it with: npm run soak -- 0 ${seed}`);
    throw error;
  }
  histories++;
  removeStore(file);
  if (histories % 100 === 0) console.log(`${histories} histories, ${kills} kills`);
}
console.log(`${histories} histories from seed ${firstSeed} on, ${kills} kills: every one ended as it should.`);
