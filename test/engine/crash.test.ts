/** A kill at each commit and at each export of a cycle: nothing is lost, nothing is made twice, the laws hold. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../support/temp.ts';
import { killedCycle, moments, reopened } from './crash.ts';
import { World } from './world.ts';

/** A cycle with something of everything: new, changed, moved, removed people, members and managers. */
function turmoil(world: World): void {
  world.user('new', { mail: 'new@x' }, { manager: 'u1' });
  world.ad.change('u2', { attributes: { title: 'changed' }, references: { manager: ['new'] } });
  world.ad.change('u3', { dn: 'CN=u3,OU=Other,DC=x' });
  world.ad.change('g', { references: { member: ['u2', 'new', 'u5'] } });
  world.ad.remove('u4');
}

for (const moment of moments) {
  test(`killed at each ${moment.replace('-', ' ')}: the next process ends where an undisturbed one ends`, async () => {
    await using temp = tempDirectory('crash');
    let isThere = true;
    let n = 0;
    while (isThere) {
      n++;
      const file = join(temp.path, `${n}.db`);
      let world = new World({ file });
      for (let i = 0; i < 6; i++) world.user(`u${i}`, {}, i > 0 ? { manager: 'u0' } : {});
      world.group('g', ['u1', 'u2', 'u4']);
      await world.cycle('initial');
      await world.cycle();
      turmoil(world);
      isThere = await killedCycle(world, moment, n);
      world = reopened(world, file);
      for (let i = 0; i < 3; i++) await world.cycle();
      assert.deepEqual(world.cloudState(), world.expectedState(), `${moment} ${n}`);
      assert.equal(world.cloud.objects.size, world.ad.objects.size, `made twice: ${moment} ${n}`);
      const { seq } = world.cloud;
      assert.equal((await world.cycle()).outcome, 'clean');
      assert.equal(world.cloud.seq, seq, 'the same cycle again wrote something');
      world.store[Symbol.dispose]();
    }
    assert.ok(n > 3, `only ${n} such moments in a cycle`);
  });
}

test('what changes while its creation is on the way is sent when it is known what became of that', async () => {
  await using temp = tempDirectory('way');
  const file = join(temp.path, 'causeway.db');
  let world = new World({ file });
  world.user('ana');
  await world.cycle('initial');
  world.user('ben');
  assert.ok(await killedCycle(world, 'after-export', 1));
  world = reopened(world, file);
  world.ad.change('ben', { attributes: { title: 'changed', mail: 'ben@x' } });
  for (let i = 0; i < 3; i++) await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  assert.equal(world.cloud.exports.filter((e) => e.operation === 'add').length, 2);
  world.store[Symbol.dispose]();
});
