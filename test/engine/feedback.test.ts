/**
 * Rules that write to a directory what other rules read there. Inbound flows see what a target is about to hold
 * (sync-engine s.0, 5), so an identity settles within the synchronization that stages the export; what can never settle is
 * an error of its object and is not written.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SyncRule } from '../../src/rules/model.ts';
import { tempDirectory } from '../support/temp.ts';
import { killedCycle, reopened } from './crash.ts';
import { apply, step } from './steps.ts';
import { outToDirectory, rulesFor, World } from './world.ts';

/** The mail address is made of the title and written to the directory, where another rule reads it. */
const mailOfTitle = outToDirectory(
  [{ target: 'mail', expression: '[title] & "@x"' }],
  [[{ attribute: 'title', operator: 'ISNOTNULL', value: '' }]],
);
const mailOf = (world: World, who: string) => (world.cloudState()[who] as { mail?: string } | undefined)?.mail;

/** The same cycle again writes nothing and says nothing. */
async function settle(world: World): Promise<void> {
  const before = [world.ad.seq, world.cloud.seq];
  const { outcome } = await world.cycle();
  assert.equal(outcome, 'clean');
  assert.deepEqual([world.ad.seq, world.cloud.seq], before);
}

test('what is about to be written to a directory is read there within the same synchronization', async () => {
  const world = new World({ rules: [...rulesFor(['ad']), mailOfTitle] });
  world.user('ana', { title: 'a' });
  world.user('ben');
  await world.cycle('initial');
  assert.equal(mailOf(world, 'ana'), 'a@x');
  assert.equal(world.ad.objects.get('ana')?.attributes.mail, 'a@x');
  await world.cycle();
  await settle(world);
  world.ad.change('ana', { attributes: { title: 'b' } });
  await world.cycle();
  assert.equal(mailOf(world, 'ana'), 'b@x');
  await world.cycle();
  await settle(world);
});

test('a staging server, and a directory that refuses, are settled, too', async () => {
  for (const staging of [true, false]) {
    const world = new World({ rules: [...rulesFor(['ad']), mailOfTitle], staging });
    if (!staging)
      world.ad.faults.onExport = ({ id }) => ({
        id,
        outcome: 'failure',
        error: { code: 'syntax-violation', detail: 'No.', retry: 'never' },
      });
    world.user('ana', { title: 'a' });
    await world.cycle('initial');
    await world.cycle();
    await world.cycle('initial');
    world.ad.change('ana', { attributes: { title: 'b' } });
    await world.cycle();
  }
});

test('rules that feed on themselves write nothing, say so, and stay quiet until something changes', async () => {
  const grows = outToDirectory([{ target: 'mail', expression: '[mail] & "x"' }]);
  const world = new World({ rules: [...rulesFor(['ad']), grows] });
  world.user('ana', { mail: 'a' });
  world.user('ben');
  assert.equal((await world.cycle('initial')).outcome, 'object-errors');
  assert.equal(world.ad.objects.get('ana')?.attributes.mail, 'a');
  assert.equal(mailOf(world, 'ana'), 'a');
  const errors = () => world.store.records.errors(10).map((e) => [e.phase, e.code, e.count]);
  const before = [world.ad.seq, world.cloud.seq];
  for (const policy of ['delta', 'delta', 'initial'] as const) {
    assert.equal((await world.cycle(policy)).outcome, 'object-errors');
    assert.deepEqual([world.ad.seq, world.cloud.seq], before);
    assert.equal(mailOf(world, 'ana'), 'a');
  }
  // Tried at first, when the confirming import touched the identity, and with the initial cycle.
  const never = ['sync', 'flow-does-not-settle', 3];
  assert.deepEqual(errors(), [never, never]);
});

test('what a cloud object gives goes when it is joined to its identity and when it is taken away, in the same cycle', async () => {
  const back: SyncRule = {
    ...rulesFor(['ad']).find((r) => r.name === 'In cloud user')!,
    flows: [{ target: 'department', direct: 'department' }],
  };
  const toDirectory = outToDirectory([{ target: 'department', direct: 'department' }]);
  const world = new World({ rules: [...rulesFor(['ad']).filter((r) => r.name !== back.name), back, toDirectory] });
  await world.cycle('initial');
  world.cloud.put('c1', { dn: 'c1', objectType: 'user', attributes: { department: 'Sales' } });
  await world.cycle();
  world.user('ana', { title: 'a' });
  await world.cycle();
  world.cloud.change('c1', { attributes: { sourceAnchor: 'ana' } });
  await world.cycle();
  await world.cycle();
  world.ad.change('ana', { attributes: { title: 'hidden' } });
  await world.cycle();
  await world.cycle();
  world.ad.change('ana', { attributes: { title: 'b' } });
  await world.cycle();
  await world.cycle();
});

/** Rules that write to the directory what is read there, in chains and circles, some of which never end. */
const flow = fc.constantFrom(
  { target: 'mail', expression: '[title] & "@x"' },
  { target: 'mail', expression: 'IIF(IsPresent([mail]), [mail], "new@x")' },
  { target: 'mail', expression: 'IIF([mail] = "x@y", "z@y", "x@y")' },
  { target: 'mail', expression: '[mail] & "+"' },
  { target: 'title', expression: 'IIF(IsPresent([mail]), "hidden", "shown")' },
  { target: 'title', direct: 'department' },
  { target: 'department', direct: 'title' },
  { target: 'department', expression: '[mail]' },
  { target: 'adminDescription', expression: 'IIF([title] = "a", "User_a", "b")' },
  { target: 'proxyAddresses', direct: 'proxyAddresses' },
  { target: 'manager', direct: 'manager' },
);

test('whatever is written back: the laws hold after every cycle, and nothing swings for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(flow, { minLength: 1, maxLength: 3, selector: (f) => f.target }),
      fc.array(step, { minLength: 3, maxLength: 20 }),
      async (flows, steps) => {
        const [user, ...others] = rulesFor(['ad']);
        const reader = { ...user!, flows: [...user!.flows, { target: 'department', direct: 'department' }] };
        const world = new World({ rules: [reader, ...others, outToDirectory(flows)], limits: { collapseShare: 1 } });
        await world.cycle('initial');
        for (const s of steps) {
          if (s.kind === 'cycle') await world.cycle();
          else apply(world, s);
        }
        for (let i = 0; i < 5; i++) await world.cycle();
        const before = [world.ad.seq, world.cloud.seq];
        await world.cycle();
        assert.deepEqual([world.ad.seq, world.cloud.seq], before, 'written although nothing changed');
        const held = world.cloudState();
        await world.cycle('initial');
        assert.deepEqual(world.cloudState(), held, 'a full cycle ends elsewhere');
      },
    ),
    { numRuns: 60, seed: 5 },
  );
});

test('killed while an identity settles: the next process ends where an undisturbed one ends', async () => {
  await using temp = tempDirectory('feedback');
  const rules = [...rulesFor(['ad']), mailOfTitle];
  for (let n = 1, isThere = true; isThere; n++) {
    const file = join(temp.path, `${n}.db`);
    let world = new World({ file, rules });
    for (let i = 0; i < 3; i++) world.user(`u${i}`, { title: 'a' });
    await world.cycle('initial');
    await world.cycle();
    for (let i = 0; i < 3; i++) world.ad.change(`u${i}`, { attributes: { title: 'b' } });
    isThere = await killedCycle(world, 'after-commit', n);
    world = reopened(world, file, { rules });
    await world.cycle();
    await world.cycle();
    for (let i = 0; i < 3; i++) assert.equal(mailOf(world, `u${i}`), 'b@x', String(n));
    await settle(world);
    world.store[Symbol.dispose]();
  }
});
