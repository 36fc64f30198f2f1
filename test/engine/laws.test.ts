/** Laws as properties: whatever happens in the directory, in whatever order, deltas end where a fresh full cycle ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { World } from './world.ts';

const people = Array.from({ length: 8 }, (_, i) => `p${i}`);
const groups = ['g0', 'g1', 'g2'];
const everybody = [...people, ...groups];

type Step =
  | { kind: 'user'; who: string; title: string | undefined; manager: string | undefined }
  | { kind: 'group'; who: string; members: string[] }
  | { kind: 'attributes'; who: string; title: string | null; mail: string | null; proxies: string[] }
  | { kind: 'members'; who: string; members: string[] }
  | { kind: 'move'; who: string; ou: string }
  | { kind: 'remove'; who: string }
  | { kind: 'tamper'; who: number; title: string | null }
  | { kind: 'vanish'; who: number }
  | { kind: 'cycle'; fault: 'none' | 'lost' | 'done' | 'import' };

const title = fc.constantFrom('a', 'b', 'hidden');
const members = fc.uniqueArray(fc.constantFrom(...everybody), { maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('user' as const),
    who: fc.constantFrom(...people),
    title: fc.option(title, { nil: undefined }),
    manager: fc.option(fc.constantFrom(...people), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('group' as const), who: fc.constantFrom(...groups), members }),
  fc.record({
    kind: fc.constant('attributes' as const),
    who: fc.constantFrom(...everybody),
    title: fc.option(title),
    mail: fc.option(fc.constantFrom('x@y', 'z@y')),
    proxies: fc.uniqueArray(fc.constantFrom('smtp:a@x', 'SMTP:b@x', 'x500:c'), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('members' as const), who: fc.constantFrom(...groups), members }),
  fc.record({
    kind: fc.constant('move' as const),
    who: fc.constantFrom(...everybody),
    ou: fc.constantFrom('People', 'Secret', 'Other'),
  }),
  fc.record({ kind: fc.constant('remove' as const), who: fc.constantFrom(...everybody) }),
  fc.record({ kind: fc.constant('tamper' as const), who: fc.nat(10), title: fc.option(title) }),
  fc.record({ kind: fc.constant('vanish' as const), who: fc.nat(10) }),
  fc.record({
    kind: fc.constant('cycle' as const),
    fault: fc.constantFrom('none' as const, 'none' as const, 'lost' as const, 'done' as const, 'import' as const),
  }),
);

function apply(world: World, s: Exclude<Step, { kind: 'cycle' }>): void {
  const held = world.ad.objects.get('who' in s && typeof s.who === 'string' ? s.who : '');
  const cloud = [...world.cloud.objects.keys()];
  switch (s.kind) {
    case 'user':
      if (!held)
        world.user(s.who, s.title === undefined ? {} : { title: s.title }, s.manager ? { manager: s.manager } : {});
      return;
    case 'group':
      if (!held) world.group(s.who, s.members);
      return;
    case 'attributes':
      if (held)
        world.ad.change(s.who, {
          attributes: {
            title: s.title,
            mail: s.mail,
            proxyAddresses: s.proxies.length ? s.proxies : null,
          },
        });
      return;
    case 'members':
      if (held) world.ad.change(s.who, { references: { member: s.members } });
      return;
    case 'move':
      if (held) world.ad.change(s.who, { dn: `CN=${s.who},OU=${s.ou},DC=x` });
      return;
    case 'remove':
      if (held) world.ad.remove(s.who);
      return;
    case 'tamper':
      if (cloud.length > 0) world.cloud.change(cloud[s.who % cloud.length]!, { attributes: { displayName: s.title } });
      return;
    case 'vanish':
      if (cloud.length > 0) world.cloud.remove(cloud[s.who % cloud.length]!);
  }
}

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
      for (const [anchor, o] of [...world.ad.objects]) if (o.dn.includes('OU=Secret')) world.ad.objects.delete(anchor);
      for (const o of world.ad.objects.values())
        for (const n of Object.keys(o.references))
          o.references[n] = o.references[n]!.filter((a) => world.ad.objects.has(a));
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
