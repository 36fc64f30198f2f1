import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { deletePlanHash } from '../../src/sync/export.ts';
import { toldAtMost } from '../../src/sync/export-result.ts';
import { World } from './world.ts';

const run = (result: Awaited<ReturnType<World['cycle']>>, profile: string, connector: string | null) =>
  result.runs.find((r) => r.profile === profile && r.connector === connector);
const adds = (world: World) => world.cloud.exports.filter((e) => e.operation === 'add').length;

async function populated(count: number, options: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  const world = new World(options);
  for (let i = 0; i < count; i++) world.user(`u${i}`);
  world.group('g', ['u0', 'u1']);
  await world.cycle('initial');
  await world.cycle();
  return world;
}

for (const fault of ['lost', 'done'] as const) {
  test(`an add whose answer is missing (${fault}) is resolved by reading back, never repeated blindly`, async () => {
    const world = new World();
    world.user('ana');
    let once = true;
    world.cloud.faults.onExport = () => {
      const now = once;
      once = false;
      return now ? fault : undefined;
    };
    await world.cycle('initial');
    await world.cycle();
    assert.equal(adds(world), 1);
    assert.deepEqual(world.cloudState(), world.expectedState());
  });
}

test('an update whose answer is missing is repeated only if the target does not have it', async () => {
  const world = await populated(3);
  world.ad.change('u0', { attributes: { title: 'new' } });
  const before = world.cloud.exports.length;
  let once = true;
  world.cloud.faults.onExport = () => {
    const now = once;
    once = false;
    return now ? 'done' : undefined;
  };
  await world.cycle();
  await world.cycle();
  assert.equal(world.cloud.exports.length, before + 1);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('a refused object keeps its error with attempts, and is exported when the refusal ends', async () => {
  const world = new World();
  world.user('ana');
  world.user('ben');
  world.cloud.faults.onExport = (r) =>
    r.attributes.sourceAnchor === 'ana'
      ? {
          id: r.id,
          outcome: 'failure',
          error: {
            code: 'AttributeValueMustBeUnique',
            detail: 'taken',
            attribute: 'mail',
            value: 'x',
            retry: 'next-cycle',
          },
        }
      : undefined;
  const first = await world.cycle('initial');
  assert.equal(first.outcome, 'object-errors');
  const told = () => world.logged.filter((line) => line.includes('ECMA2 export error'));
  assert.equal(told().length, 1, 'one event an object (entra-directory s.3.2, event 6941)');
  assert.match(told()[0] ?? '', /Error Name: AttributeValueMustBeUnique\. Error Detail: taken/);
  assert.equal(run(first, 'export', 'cloud')?.status, 'completed-export-errors');
  await world.cycle();
  const [error] = world.store.records.errors(10);
  assert.equal(error?.code, 'AttributeValueMustBeUnique');
  assert.equal(error?.count, 2);
  assert.equal((JSON.parse(error!.detail) as { attempt: number }).attempt, 2);
  world.cloud.faults = {};
  await world.cycle();
  await world.cycle();
  assert.equal(world.store.records.errors(10).length, 0);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('thousands of refusals do not flood the log: the first are named, the others counted, all are in the list', async () => {
  const world = new World();
  const refused = toldAtMost + 23;
  for (let i = 0; i < refused; i++) world.user(`u${i}`);
  world.cloud.faults.onExport = (r) => ({
    id: r.id,
    outcome: 'failure',
    error: { code: 'AttributeValueMustBeUnique', detail: 'taken', retry: 'next-cycle' },
  });
  for (const policy of ['initial', 'delta'] as const) {
    world.logged.length = 0;
    await world.cycle(policy);
    assert.equal(world.logged.filter((line) => line.includes('ECMA2 export error')).length, toldAtMost);
    const rest = world.logged.filter((line) => line.includes('more objects could not be exported'));
    assert.equal(rest.length, 1);
    assert.match(
      rest[0] ?? '',
      /\b23 more objects could not be exported to cloud\. .*causeway search cs --scope errors/,
    );
  }
  assert.equal(world.store.records.errors(refused + 1).length, refused);
});

test('one bad member does not keep the others out', async () => {
  const world = new World();
  for (let i = 0; i < 9; i++) world.user(`u${i}`);
  world.group(
    'g',
    Array.from({ length: 9 }, (_, i) => `u${i}`),
  );
  const bad = () => [...world.cloud.objects].find(([, o]) => o.attributes.sourceAnchor === 'u4')?.[0];
  world.cloud.faults.onExport = (r) =>
    r.references.member?.added.some((t) => t.anchor === bad())
      ? { id: r.id, outcome: 'failure', error: { code: 'reference-refused', detail: 'no', retry: 'next-cycle' } }
      : undefined;
  const result = await world.cycle('initial');
  assert.equal(run(result, 'export', 'cloud')?.counters['export-references'], 8);
  assert.equal(run(result, 'export', 'cloud')?.counters['export-failure'], 1);
});

test('more deletes than the threshold: nothing at all is exported until exactly these are approved', async () => {
  const world = await populated(30, { limits: { deletionThreshold: 5, collapseShare: 1 } });
  for (let i = 0; i < 8; i++) world.ad.remove(`u${i}`);
  world.ad.change('u20', { attributes: { title: 'new' } });
  const sent = world.cloud.exports.length;
  const stopped = await world.cycle();
  assert.equal(run(stopped, 'export', 'cloud')?.status, 'stopped-deletion-threshold-exceeded');
  assert.equal(stopped.outcome, 'failed');
  assert.equal(world.cloud.exports.length, sent);
  const dns = world.store.exports.deletes(2).map((id) => world.store.cs.get(id)!.dn);
  world.approved.add(deletePlanHash('cloud', dns.slice(1)));
  await world.cycle();
  assert.equal(world.cloud.exports.length, sent, 'an approval of another plan let the deletes through');
  world.approved.add(deletePlanHash('cloud', dns));
  await world.cycle();
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('a source that collapsed stages nothing, neither deletes nor changes', async () => {
  const world = await populated(40);
  for (let i = 0; i < 20; i++) world.ad.objects.delete(`u${i}`);
  world.ad.change('u30', { attributes: { title: 'changed' } });
  const result = await world.cycle('initial');
  assert.equal(run(result, 'full-import', 'ad')?.status, 'stopped-source-collapse');
  assert.match(run(result, 'full-import', 'ad')?.error?.message ?? '', /found 21 of 41 known objects; 20 are missing/);
  assert.deepEqual(world.store.cs.pendingCounts(1), []);
  assert.equal(world.cloud.objects.size, 41);
});

test('a full import with few losses obsoletes them', async () => {
  const world = await populated(40);
  for (let i = 0; i < 5; i++) world.ad.objects.delete(`u${i}`);
  for (const o of world.ad.objects.values()) if (o.references.member) o.references.member = [];
  await world.cycle('initial');
  assert.equal(world.cloud.objects.size, 36);
});

for (const [when, batch] of [
  ['in the middle', 1],
  ['before the end', -1],
] as const) {
  test(`an import that breaks ${when} deletes nothing and keeps the watermark`, async () => {
    const world = await populated(250);
    const watermark = () => world.store.records.partitions(1)[0]?.watermark;
    const before = watermark();
    world.ad.faults.onImport = (n) => {
      if (n === batch)
        throw new ConnectorError('connection-lost', 'The server closed the connection.', {
          status: 'stopped-connectivity',
          remedy: 'Try again.',
        });
    };
    const result = await world.cycle('initial');
    assert.equal(run(result, 'full-import', 'ad')?.status, 'stopped-connectivity');
    assert.equal(watermark(), before);
    assert.equal(world.cloud.objects.size, 251);
    world.ad.faults = {};
    await world.cycle();
    assert.deepEqual(world.cloudState(), world.expectedState());
  });
}

test('a watermark of another directory leads to a full import, not to an error', async () => {
  const world = await populated(3);
  const [row] = world.store.records.partitions(1);
  world.store.records.setWatermark(row!.id, '{"seq":99999}', 0, row!.settings);
  world.ad.change('u0', { attributes: { title: 'new' } });
  assert.equal((await world.cycle()).outcome, 'clean');
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('a changed scope leads to a full import', async () => {
  const first = await populated(12);
  const [row] = first.store.records.partitions(1);
  assert.match(row!.settings ?? '', /"types":\["group","user"\]/);
});

test('a value that the target does not keep is a warning and is sent again', async () => {
  const world = await populated(2);
  world.ad.change('u0', { attributes: { title: 'new' } });
  const apply = world.cloud.apply.bind(world.cloud);
  world.cloud.apply = (r) =>
    apply({ ...r, attributes: { ...r.attributes, ...(r.attributes.title ? { title: 'TRIMMED' } : {}) } });
  await world.cycle();
  const result = await world.cycle();
  assert.equal(run(result, 'delta-import', 'cloud')?.status, 'completed-warnings');
  assert.equal(world.store.records.errors(5)[0]?.code, 'exported-change-not-reimported');
  world.cloud.apply = apply;
  await world.cycle();
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  assert.equal(world.store.records.errors(5).length, 0);
});

test('without the lease nothing leaves', async () => {
  const world = new World();
  world.user('ana');
  world.lease = false;
  await assert.rejects(world.cycle('initial').then((r) => assert.notEqual(r.outcome, 'failed')));
  assert.equal(world.cloud.exports.length, 0);
});

test('two objects of one connector that claim one identity are both named', async () => {
  const world = new World();
  world.user('ana', { employeeID: '7' });
  await world.cycle('initial');
  world.user('twin', { employeeID: '7' });
  const result = await world.cycle();
  assert.equal(run(result, 'delta-sync', null)?.status, 'completed-sync-errors');
  const [error] = world.store.records.errors(5);
  assert.match(error!.detail, /CN=ana,OU=People,DC=x/);
  world.ad.change('twin', { attributes: { employeeID: '8' } });
  await world.cycle();
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('what the target has no place for is told once, waits, and is sent again when it changes', async () => {
  const world = new World();
  world.user('ana');
  world.user('ben');
  let asked = 0;
  world.cloud.faults.onExport = (r) => {
    if (r.dn !== 'ana') return undefined;
    asked++;
    return { id: r.id, outcome: 'success', leftOut: true, note: 'No place for her.' };
  };
  assert.equal((await world.cycle('initial')).outcome, 'clean');
  await world.cycle();
  await world.cycle();
  assert.equal(asked, 1);
  assert.equal(world.store.records.errors(5)[0]?.code, 'not-offered-by-target');
  world.ad.change('ana', { attributes: { title: 'new' } });
  await world.cycle();
  assert.equal(asked, 2);
  assert.deepEqual(Object.keys(world.cloudState()), ['ben']);
});
