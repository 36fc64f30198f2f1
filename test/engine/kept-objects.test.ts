/** What a full import did not find is deleted only where the connector confirms it (law 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Absence } from '../../src/connectors/contract.ts';
import { World } from './world.ts';

/** A world whose directory is asked about everything that did not come; `asked` is what about. */
async function askedWorld(
  states: Readonly<Record<string, Absence['state']>>,
  options?: ConstructorParameters<typeof World>[0],
) {
  const world = new World(options);
  const asked: string[] = [];
  const connector = world.env.connectors[0]!.connector;
  const open = connector.open.bind(connector);
  connector.open = async (signal) =>
    Object.assign(await open(signal), {
      confirmAbsent: async (anchors: readonly string[]): Promise<Absence[]> => {
        asked.push(...anchors);
        return anchors.map((anchor) => ({
          anchor,
          state: states[anchor] ?? 'gone',
          detail: 'Looked.',
          remedy: 'Grant.',
        }));
      },
    });
  for (let i = 0; i < 30; i++) world.user(`u${i}`, { mail: `u${i}@x` });
  await world.cycle('initial');
  await world.cycle();
  return { world, asked };
}
const lose = (world: World, ...anchors: string[]): void => {
  for (const anchor of anchors) world.ad.objects.delete(anchor);
};
const keptIn = (world: World): string[] =>
  world.store.records
    .errorsOfPhase('import')
    .filter((e) => e.code === 'not-confirmed-absent')
    .map((e) => world.store.cs.get(e.cs)?.anchor ?? '')
    .sort();

test('gone is deleted, present and unconfirmed are kept and told, and what is seen again is forgotten', async () => {
  const states: Record<string, Absence['state']> = { u1: 'present', u2: 'unconfirmed' };
  const { world, asked } = await askedWorld(states);
  const [u1, u2] = ['u1', 'u2'].map((anchor) => world.ad.objects.get(anchor)!) as [object, object];
  lose(world, 'u0', 'u1', 'u2');
  const result = await world.cycle('initial');
  assert.deepEqual(asked.sort(), ['u0', 'u1', 'u2']);
  assert.equal(world.cloud.objects.size, 29);
  assert.deepEqual(keptIn(world), ['u1', 'u2']);
  assert.equal(result.runs.find((r) => r.profile === 'full-import' && r.connector === 'ad')?.counters['stage-kept'], 2);
  assert.equal(world.logged.filter((line) => /2 objects did not come .* are kept/.test(line)).length, 1);
  // Once more: the same, and nothing else happens.
  const sent = world.cloud.exports.length;
  await world.cycle('initial');
  assert.deepEqual([keptIn(world), world.cloud.exports.length], [['u1', 'u2'], sent]);
  // One is seen again, of the other the deletion is proved.
  world.ad.objects.set('u1', u1 as never);
  states.u2 = 'gone';
  await world.cycle('initial');
  assert.deepEqual(keptIn(world), []);
  assert.equal(world.cloud.objects.size, 28);
  assert.ok(u2);
});

test('hidden objects do not count as a collapse, deleted ones do', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `u${i}`);
  const hidden = await askedWorld(Object.fromEntries(names.map((n) => [n, 'present'])));
  lose(hidden.world, ...names);
  const kept = await hidden.world.cycle('initial');
  assert.equal(kept.runs.find((r) => r.profile === 'full-import' && r.connector === 'ad')?.status, 'success');
  assert.equal(hidden.world.cloud.objects.size, 30);
  const deleted = await askedWorld({});
  lose(deleted.world, ...names);
  const stopped = await deleted.world.cycle('initial');
  const run = stopped.runs.find((r) => r.profile === 'full-import' && r.connector === 'ad');
  assert.equal(run?.status, 'stopped-source-collapse');
});

test('what left the scope needs no proof', async () => {
  const { world, asked } = await askedWorld({ u3: 'present' }, { scope: { include: ['OU=People,DC=x'], exclude: [] } });
  const moved = world.ad.objects.get('u3')!;
  world.ad.objects.set('u3', { ...moved, dn: 'CN=u3,OU=Elsewhere,DC=x' });
  await world.cycle('initial');
  assert.deepEqual(asked, []);
  assert.equal(world.cloud.objects.size, 29);
});
