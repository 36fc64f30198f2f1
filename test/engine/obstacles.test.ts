/** Values that a target does not take now, and exports that it refuses for good: nothing is repeated in vain (law 6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportError, ExportRequest, ExportResult } from '../../src/connectors/contract.ts';
import { World } from './world.ts';

const taken: ExportError = { code: 'set-aside', detail: 'Somebody has it.', attribute: 'mail', retry: 'never' };
const exportStatus = (result: Awaited<ReturnType<World['cycle']>>) =>
  result.runs.find((r) => r.profile === 'export' && r.connector === 'cloud')?.status;
const codes = (world: World) => world.store.records.errors(10).map((e) => e.code);
const isAna = (r: ExportRequest) => r.dn === 'ana';

/** A target that leaves out the mail of everybody while the value is on this list. */
function settingAside(world: World, held: ReadonlySet<string>) {
  let sent = 0;
  world.cloud.faults.onExport = (request): ExportResult | undefined => {
    sent++;
    const { mail } = request.attributes;
    if (typeof mail !== 'string' || !held.has(mail)) return undefined;
    const { mail: _, ...others } = request.attributes;
    const result = world.cloud.apply({ ...request, attributes: others });
    const became = world.cloud.objects.get(request.anchor ?? '')?.attributes.mail ?? null;
    const instead = [{ attribute: 'mail', became, obstacle: `taken ${mail}`, told: taken }];
    return { ...(result as Extract<ExportResult, { outcome: 'success' }>), warnings: [taken], instead };
  };
  world.cloud.faults.isGone = (o) => !held.has(String(o.value));
  return () => {
    const before = sent;
    sent = 0;
    return before;
  };
}

test('a value that was set aside is not sent again before it or the obstacle changes', async () => {
  const world = new World();
  const held = new Set(['ana@x', 'late@x']);
  const sent = settingAside(world, held);
  world.user('ana', { mail: 'ana@x' });
  await world.cycle('initial');
  assert.equal(sent(), 1);
  for (const policy of ['delta', 'delta', 'initial', 'delta'] as const) {
    assert.equal(exportStatus(await world.cycle(policy)), 'completed-no-objects', policy);
    assert.deepEqual([sent(), codes(world)], [0, ['set-aside']]);
  }
  // Another attribute changes: only that is sent, and the warning stays.
  world.ad.change('ana', { attributes: { title: 'Lead' } });
  await world.cycle();
  assert.deepEqual(world.cloud.exports.at(-1)?.attributes, { title: 'Lead' });
  assert.deepEqual([sent(), codes(world)], [1, ['set-aside']]);
  // Another value that somebody has, too.
  world.ad.change('ana', { attributes: { mail: 'late@x' } });
  await world.cycle();
  await world.cycle();
  assert.deepEqual([sent(), codes(world)], [1, ['set-aside']]);
  // The obstacle goes: one cycle heals it.
  held.clear();
  await world.cycle();
  assert.deepEqual([sent(), codes(world)], [1, []]);
  assert.equal(exportStatus(await world.cycle()), 'completed-no-objects');
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('what somebody changes in the target meanwhile brings the value up again', async () => {
  const world = new World();
  const held = new Set(['ana@x']);
  const sent = settingAside(world, held);
  world.user('ana', { mail: 'ana@x' });
  await world.cycle('initial');
  await world.cycle();
  sent();
  const [anchor] = [...world.cloud.objects.keys()];
  world.cloud.change(anchor!, { attributes: { mail: 'typed@x' } });
  await world.cycle();
  assert.equal(sent(), 1);
  assert.equal(exportStatus(await world.cycle()), 'completed-no-objects');
  held.clear();
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('the value goes back to what the target holds: nothing is set aside any more', async () => {
  const world = new World();
  const held = new Set<string>();
  const sent = settingAside(world, held);
  world.user('ana', { mail: 'old@x' });
  await world.cycle('initial');
  await world.cycle();
  held.add('new@x');
  world.ad.change('ana', { attributes: { mail: 'new@x' } });
  await world.cycle();
  await world.cycle();
  assert.deepEqual(codes(world), ['set-aside']);
  world.ad.change('ana', { attributes: { mail: 'old@x' } });
  await world.cycle();
  assert.deepEqual(codes(world), []);
  sent();
  assert.equal(exportStatus(await world.cycle()), 'completed-no-objects');
  assert.deepEqual(world.cloudState(), world.expectedState());
});

/** A target that refuses one object for good. */
function refusing(world: World, obstacle?: string) {
  const state = { tries: 0, refuses: true };
  world.cloud.faults.onExport = (request): ExportResult | undefined => {
    if (!isAna(request)) return undefined;
    state.tries++;
    const error = { code: 'no', detail: 'Never.', retry: 'never', ...(obstacle ? { obstacle } : {}) } as const;
    return state.refuses ? { id: request.id, outcome: 'failure', error } : undefined;
  };
  world.cloud.faults.isGone = () => !state.refuses;
  return state;
}

test('what is refused for good is tried again when its values change and with an initial cycle, not each cycle', async () => {
  const world = new World();
  const state = refusing(world);
  world.user('ana');
  world.user('ben');
  await world.cycle('initial');
  await world.cycle();
  const idle = await world.cycle();
  assert.deepEqual([state.tries, codes(world)], [1, ['no']]);
  assert.deepEqual([exportStatus(idle), idle.outcome], ['completed-export-errors', 'object-errors']);
  const [error] = world.store.records.errors(1);
  assert.equal('nextAttempt' in (JSON.parse(error!.detail) as object), false);
  world.ad.change('ana', { attributes: { title: 'other' } });
  await world.cycle();
  assert.equal(state.tries, 2);
  await world.cycle('initial');
  assert.equal(state.tries, 3);
  state.refuses = false;
  await world.cycle();
  assert.deepEqual([state.tries, codes(world)], [3, ['no']], 'it told of no obstacle, so nobody knows that it is gone');
  assert.equal((await world.cycle('initial')).outcome, 'clean');
  assert.deepEqual(codes(world), []);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('what is refused for good is tried again when the object was changed in the target', async () => {
  const world = new World();
  world.user('ana');
  await world.cycle('initial');
  await world.cycle();
  const state = refusing(world);
  world.ad.change('ana', { attributes: { title: 'new' } });
  await world.cycle();
  await world.cycle();
  assert.equal(state.tries, 1);
  const [anchor] = [...world.cloud.objects.keys()];
  world.cloud.change(anchor!, { attributes: { department: 'another' } });
  state.refuses = false;
  await world.cycle();
  assert.deepEqual([state.tries, codes(world)], [2, []]);
  assert.equal(world.cloud.objects.get(anchor!)?.attributes.title, 'new');
});

test('a refusal that told of an obstacle ends by itself with it', async () => {
  const world = new World();
  const state = refusing(world, 'a role');
  world.user('ana');
  world.group('g', ['ana']);
  await world.cycle('initial');
  await world.cycle();
  assert.equal(state.tries, 1);
  state.refuses = false;
  await world.cycle();
  await world.cycle();
  assert.deepEqual(codes(world), []);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('a reference that is refused for good, or has no place, is not tried each cycle', async () => {
  for (const kind of ['refused', 'left out'] as const) {
    const world = new World();
    let tries = 0;
    let isOver = false;
    world.user('ana');
    world.user('ben');
    world.group('g', ['ana', 'ben']);
    const ana = () => [...world.cloud.objects].find(([, o]) => o.attributes.sourceAnchor === 'ana')?.[0];
    world.cloud.faults.onExport = (r): ExportResult | undefined => {
      if (isOver || !r.references.member?.added.some((t) => t.anchor === ana())) return undefined;
      tries++;
      return kind === 'refused'
        ? { id: r.id, outcome: 'failure', error: { code: 'no', detail: 'Never.', retry: 'never' } }
        : { id: r.id, outcome: 'success', leftOut: true, note: 'No place.' };
    };
    const first = await world.cycle('initial');
    assert.equal(first.outcome, kind === 'refused' ? 'object-errors' : 'clean');
    await world.cycle();
    const later = await world.cycle();
    assert.equal(exportStatus(later), kind === 'refused' ? 'completed-export-errors' : 'completed-no-objects');
    assert.equal(later.outcome, first.outcome, 'nothing was sent again, and nothing became well by that');
    assert.equal(tries, 2, 'both members, then the one that is refused');
    isOver = true;
    await world.cycle('initial');
    assert.deepEqual(world.cloudState(), world.expectedState(), kind);
  }
});

test('members that the target has no place for wait without being asked about', async () => {
  const world = new World();
  let isOver = false;
  world.user('ana');
  world.user('ben');
  world.group('g', ['ana', 'ben']);
  world.cloud.faults.onExport = (r): ExportResult | undefined =>
    isAna(r) && !isOver ? { id: r.id, outcome: 'success', leftOut: true, note: 'No place.' } : undefined;
  await world.cycle('initial');
  await world.cycle();
  const waiting = world.store.exports.references(world.store.cs.byDn(2, 'g')[0]!.id);
  assert.deepEqual(
    waiting.map((r) => r.state),
    [2],
  );
  isOver = true;
  world.ad.change('ana', { attributes: { title: 'now it fits' } });
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('a change that the target had no place for is no warning any more once it is taken', async () => {
  const world = new World();
  world.user('ana');
  await world.cycle('initial');
  await world.cycle();
  world.cloud.faults.onExport = (r): ExportResult => ({
    id: r.id,
    outcome: 'success',
    leftOut: true,
    note: 'No place.',
  });
  world.ad.change('ana', { attributes: { title: 'Lead' } });
  await world.cycle();
  assert.deepEqual(codes(world), ['not-offered-by-target']);
  world.cloud.faults = {};
  await world.cycle('initial');
  assert.deepEqual(codes(world), []);
  assert.deepEqual(world.cloudState(), world.expectedState());
});
