/** Two forests whose people are one identity: whatever came when, deltas end where a fresh cycle over the same directories ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryDirectory } from '../../src/connectors/memory/memory.ts';
import { World } from './world.ts';

const forest = fc.constantFrom('a', 'b');
const number = fc.nat(5);
type Step =
  | { kind: 'person'; forest: string; i: number; title: string | undefined; manager: number | undefined }
  | { kind: 'attributes'; forest: string; i: number; title: string | null; mail: string | null; filtered: boolean }
  | { kind: 'manager'; forest: string; i: number; manager: number | undefined }
  | { kind: 'group'; forest: string; i: number; members: number[] }
  | { kind: 'move'; forest: string; i: number; ou: string }
  | { kind: 'remove'; forest: string; i: number }
  | { kind: 'cycle'; policy: 'delta' | 'initial'; fault: 'none' | 'lost' | 'done' };
const title = fc.constantFrom('x', 'y', 'hidden');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('person' as const),
    forest,
    i: number,
    title: fc.option(title, { nil: undefined }),
    manager: fc.option(number, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('attributes' as const),
    forest,
    i: number,
    title: fc.option(title),
    mail: fc.option(fc.constantFrom('m@x', 'n@x')),
    filtered: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('manager' as const),
    forest,
    i: number,
    manager: fc.option(number, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('group' as const),
    forest,
    i: fc.nat(1),
    members: fc.uniqueArray(number, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('move' as const), forest, i: number, ou: fc.constantFrom('People', 'Secret') }),
  fc.record({ kind: fc.constant('remove' as const), forest, i: number }),
  fc.record({
    kind: fc.constant('cycle' as const),
    policy: fc.constantFrom('delta' as const, 'delta' as const, 'initial' as const),
    fault: fc.constantFrom('none' as const, 'none' as const, 'lost' as const, 'done' as const),
  }),
);

const options = {
  forests: ['a', 'b'],
  limits: { collapseShare: 1 },
  scope: { include: ['DC=x'], exclude: ['OU=Secret,DC=x'] },
};

function apply(world: World, s: Exclude<Step, { kind: 'cycle' }>): void {
  const directory = world.forest(s.forest);
  const anchor = `${s.forest}${s.kind === 'group' ? 'g' : ''}${s.i}`;
  const held = directory.objects.get(anchor);
  const people = (list: readonly number[]) =>
    list.map((i) => `${s.forest}${i}`).filter((a) => directory.objects.has(a));
  switch (s.kind) {
    case 'person': {
      const manager = s.manager === undefined ? [] : people([s.manager]);
      if (held) return;
      const attributes = { employeeID: String(s.i), ...(s.title === undefined ? {} : { title: s.title }) };
      world.user(anchor, attributes, { forest: s.forest, ...(manager[0] ? { manager: manager[0] } : {}) });
      return;
    }
    case 'attributes': {
      const adminDescription = s.filtered ? 'User_filtered' : null;
      if (held) directory.change(anchor, { attributes: { title: s.title, mail: s.mail, adminDescription } });
      return;
    }
    case 'manager':
      if (held)
        directory.change(anchor, { references: { manager: s.manager === undefined ? [] : people([s.manager]) } });
      return;
    case 'group':
      if (held) directory.change(anchor, { references: { member: people(s.members) } });
      else world.group(anchor, people(s.members), { forest: s.forest });
      return;
    case 'move':
      if (held) directory.change(anchor, { dn: `CN=${anchor},OU=${s.ou},DC=x` });
      return;
    case 'remove':
      if (held) directory.remove(anchor);
  }
}

test('two forests: deltas end where a fresh cycle over the same directories ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = new World(options);
      for (const s of steps) {
        if (s.kind === 'cycle') {
          let count = 0;
          const { fault } = s;
          if (fault !== 'none') world.cloud.faults.onExport = () => (++count % 2 === 1 ? fault : undefined);
          await world.cycle(s.policy);
          world.cloud.faults = {};
        } else apply(world, s);
      }
      for (let i = 0; i < 4; i++) await world.cycle();
      const { seq } = world.cloud;
      await world.cycle();
      assert.equal(world.cloud.seq, seq, 'written although nothing changed');
      const fresh = new World({ ...options, from: world, cloud: new MemoryDirectory() });
      await fresh.cycle('initial');
      await fresh.cycle();
      assert.deepEqual(world.cloudState(), fresh.cloudState());
    }),
    { numRuns: 25, seed: 3 },
  );
});
