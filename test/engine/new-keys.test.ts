/** A rule that joins on an attribute that no rule joined on before finds what was there before the rule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rulesFor, World } from './world.ts';

test('an inbound join on an attribute of the metaverse that was no key', async () => {
  const joined = rulesFor(['a', 'b']);
  const before = joined.map((r) => (r.direction === 'inbound' ? { ...r, join: r.join.slice(-1) } : r));
  for (const policy of ['delta', 'initial'] as const) {
    const world = new World({ forests: ['a', 'b'], rules: before });
    world.user('ana', { employeeID: '7' }, { forest: 'a' });
    await world.cycleUnder(before, 'initial');
    world.user('ana2', { employeeID: '7', title: 'b' }, { forest: 'b' });
    await world.cycleUnder(joined, policy);
    assert.equal(world.store.db.prepare('SELECT count(*) AS n FROM mv_object').get()?.n, 1, policy);
  }
});

test('an outbound join on an attribute of the target that was no key', async () => {
  const joined = rulesFor(['a']).map((r) =>
    r.name === 'Out cloud user'
      ? {
          ...r,
          join: [
            ...r.join,
            [
              { cs: 'mail', mv: 'mail' },
              { cs: 'department', mv: 'title' },
            ],
          ],
        }
      : r,
  );
  for (const policy of ['delta', 'initial'] as const) {
    const world = new World({ forests: ['a'] });
    world.cloud.put('c', { dn: 'c', objectType: 'user', attributes: { mail: 'ana@x', department: 't' } });
    await world.cycleUnder(rulesFor(['a']), 'initial');
    world.user('ana', { mail: 'ana@x', title: 't' });
    await world.cycleUnder(joined, policy);
    assert.equal(world.cloud.objects.size, 1, policy);
  }
});

test('a value that many share does not hide the one whom the other clause of a join means', async () => {
  const rules = rulesFor(['ad']).map((r) =>
    r.name === 'Out cloud user'
      ? {
          ...r,
          join: [
            [
              { cs: 'department', mv: 'title' },
              { cs: 'mail', mv: 'mail' },
            ],
          ],
        }
      : r,
  );
  const count = 300;
  const world = new World({ rules, pageSize: 0 });
  for (let i = 0; i < count; i++)
    world.cloud.put(`c${i}`, { dn: `c${i}`, objectType: 'user', attributes: { mail: `m${i}@x`, department: 'Sales' } });
  world.user('ana', { title: 'Sales', mail: `m${count - 1}@x` });
  await world.cycle('initial');
  assert.equal(world.cloud.objects.size, count);
  assert.equal(world.cloud.objects.get(`c${count - 1}`)?.attributes.displayName, 'User ana');
});
