/** The past of an identity: changes with run and rule, its state at any time, also after it was removed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../bench/population.ts';
import { findPast, historyOf } from '../../src/diagnosis/history/history.ts';
import { identityAt } from '../../src/diagnosis/history/state.ts';
import type { Attributes } from '../../src/model/value.ts';
import { CloudWorld, cloudName } from './explain-world.ts';

const only = (world: CloudWorld, reference: string) => {
  const found = findPast(world.store, reference);
  assert.equal(found.length, 1, reference);
  return found[0]!;
};

test('every change is told with run, profile and the rule that gave the value', async () => {
  const world = new CloudWorld();
  world.user('ana', { title: 'Engineer' });
  await world.cycle('initial');
  world.change('ana', { title: 'Chief' });
  await world.cycle();
  const entries = historyOf(world.store, only(world, 'ana'));
  assert.deepEqual([...new Set(entries.map((e) => e.kind))], ['linked', 'exported', 'identity-changed']);
  const changed = entries.find((e) => e.kind === 'identity-changed')!;
  assert.deepEqual(
    changed.changes.filter((c) => c.attribute === 'title'),
    [{ attribute: 'title', before: 'Engineer', after: 'Chief', rule: 'In from AD - User Common' }],
  );
  assert.equal(changed.profile, 'delta-sync');
  assert.deepEqual(entries.at(-1)?.changes, [{ attribute: 'title', before: 'Engineer', after: 'Chief' }]);
});

test('the state at every time of a random past is what it was then', async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = seeded(seed * 7919);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const world = new CloudWorld();
    world.user('ana', { title: 'Start' });
    const moments: { time: number; values: Attributes; sent: Attributes | undefined }[] = [];
    await world.cycle('initial');
    for (let step = 0; step < 8; step++) {
      const found = only(world, 'ana');
      const target = identityAt(world.store, found, world.clock).objects.find((o) => o.connector === cloudName);
      moments.push({
        time: world.clock++,
        values: JSON.parse(world.store.mv.get(found.mv!)!.attributes) as Attributes,
        sent: target?.values,
      });
      world.change('ana', {
        title: pick([null, 'Engineer', 'Chief']),
        department: pick([null, 'Sales', 'Staff']),
        ...(random() < 0.3 ? { proxyAddresses: ['SMTP:ana@contoso.com', `smtp:ana${step}@contoso.com`] } : {}),
      });
      await world.cycle();
    }
    const found = only(world, 'ana');
    for (const { time, values, sent } of moments) {
      const state = identityAt(world.store, found, time);
      assert.equal(state.exists, true);
      assert.deepEqual(state.values, values);
      assert.deepEqual(state.objects.find((o) => o.connector === cloudName)?.values, sent);
    }
    assert.equal(identityAt(world.store, found, Date.UTC(2025, 0, 1)).exists, false);
  }
});

test('an identity that was removed is found by what it was called, with its last values', async () => {
  const world = new CloudWorld();
  world.user('ana', { title: 'Engineer' });
  await world.cycle('initial');
  await world.cycle();
  const before = world.clock++;
  const values = JSON.parse(world.store.mv.get(only(world, 'ana').mv!)!.attributes) as Attributes;
  world.forest().remove(world.anchorNamed('ana'));
  await world.cycle();
  await world.cycle();
  assert.deepEqual(findPast(world.store, 'nobody'), []);
  const found = only(world, 'ANA@contoso.com');
  const state = identityAt(world.store, found, before);
  assert.deepEqual([state.exists, state.type, state.values], [true, 'person', values]);
  assert.deepEqual(state.objects.map((o) => o.connector).sort().length, 2);
  const after = identityAt(world.store, found, world.clock);
  assert.deepEqual([after.exists, after.values, after.objects], [false, {}, []]);
  assert.ok(historyOf(world.store, found).some((e) => e.kind === 'identity-removed'));
  assert.equal(findPast(world.store, `mv:${found.mv}`)[0]?.mv, found.mv);
});

test('members that came and went are told by run, the first of them by name, and their number at any time', async () => {
  const world = new CloudWorld();
  const people = Array.from({ length: 30 }, (_, i) => `person${String(i).padStart(2, '0')}`);
  for (const name of people) world.user(name);
  world.group('staff', people.slice(0, 2));
  await world.cycle('initial');
  const first = world.clock++;
  const members = (names: readonly string[]) =>
    world
      .forest()
      .change(world.anchorNamed('staff'), { references: { member: names.map((n) => world.anchorNamed(n)) } });
  members([...people.slice(1)]);
  await world.cycle();
  const second = world.clock++;
  world.forest().remove(world.anchorNamed('person05'));
  members([]);
  await world.cycle();
  const group = only(world, 'staff');
  const entries = historyOf(world.store, group).filter((e) => e.kind === 'references-exported');
  const told = entries.flatMap((e) => e.changes.map(({ attribute, added, removed }) => [attribute, added, removed]));
  assert.deepEqual(told[0], [
    'member',
    { count: 2, names: ['person00@contoso.com', 'person01@contoso.com'] },
    undefined,
  ]);
  const [, added, removed] = told[1] as [
    string,
    { count: number; names: string[] },
    { count: number; names: string[] },
  ];
  assert.deepEqual([added.count, added.names.length, added.names[0]], [28, 20, 'person02@contoso.com']);
  assert.ok(added.names.includes('person05@contoso.com'), 'also who was removed since has a name');
  assert.deepEqual(removed, { count: 1, names: ['person00@contoso.com'] });
  const at = (time: number) =>
    identityAt(world.store, group, time).objects.find((o) => o.connector === cloudName)?.references;
  assert.deepEqual([at(first), at(second)], [{ member: 2 }, { member: 29 }]);
  assert.deepEqual(at(world.clock), {});
});
