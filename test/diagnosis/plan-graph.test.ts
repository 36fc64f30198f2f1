/** Law of the plan, dialect `graph`: what it predicts is what the export then gets, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../bench/population.ts';
import { type Predicted, predictExports } from '../../src/diagnosis/plan/predict.ts';
import { runProfile } from '../../src/sync/cycle.ts';
import { createReplica } from '../../src/tenant/replica.ts';
import { type CloudWorld, cloudName } from './explain-world.ts';
import {
  changeGraph,
  emptiedGraphTenant,
  type GraphPlanWorld,
  graphImageOf,
  graphPlanWorld,
  graphSeed,
  graphSettings,
  meddleInGraph,
  populateGraph,
} from './plan-graph-world.ts';
import { whoHolds } from './plan-world.ts';

const signal = new AbortController().signal;
const options = { cycle: null, retryAll: true, retryRefused: true };

/** Imports and synchronizes, but does not export. */
async function stage(world: CloudWorld, first: boolean): Promise<void> {
  const profile = first ? 'full-import' : 'delta-import';
  for (const { connector } of world.env.connectors)
    await runProfile(world.env, profile, connector.name, options, signal);
  await runProfile(world.env, first ? 'full-sync' : 'delta-sync', null, options, signal);
}

const targetOf = (world: CloudWorld) => world.engine.all.find((c) => c.row.name === cloudName)!;

type Told = Record<string, { readonly code: string; readonly attribute: string; readonly value: string }>;

/** What the export left behind by object; of several of one object the store keeps one, and the others beside it. */
function stored(world: CloudWorld, severity: 'error' | 'warning'): Told {
  const target = targetOf(world).row.id;
  const found: Told = {};
  for (const e of world.store.records.errors(1000)) {
    const row = world.store.cs.get(e.cs);
    const { severity: is = 'error', ...detail } = JSON.parse(e.detail) as Record<string, string>;
    if (e.phase === 'export' && row?.connector === target && is === severity)
      found[row.dn] = { code: e.code, attribute: detail.attribute ?? '', value: detail.value ?? '' };
  }
  return found;
}

const byObject = (list: readonly Predicted[]): Told =>
  Object.fromEntries(list.map((p) => [p.dn, { code: p.code, attribute: p.attribute ?? '', value: p.value ?? '' }]));

/** Predicts, exports, compares. Returns what was predicted, as `operation code`. */
async function check(world: GraphPlanWorld): Promise<string[]> {
  const image = await graphImageOf(world);
  const changes = () => world.store.db.prepare('SELECT total_changes() AS n').get();
  const before = changes();
  const cloudBefore = world.tenant.objectCounts();
  const predicted = await predictExports(world.engine, targetOf(world), image, {
    retryAll: true,
    signal,
    makeReplica: createReplica,
  });
  assert.deepEqual(changes(), before, 'predicting wrote something');
  assert.deepEqual(world.tenant.objectCounts(), cloudBefore, 'predicting wrote to the tenant');
  world.store.db.exec("DELETE FROM object_error WHERE phase = 'export'");
  const added = new Set(
    world.store.exports.page(targetOf(world).row.id, 'add', 0, Number.MAX_SAFE_INTEGER, 1000).map((row) => row.cs),
  );
  world.writes.length = 0;
  world.members.length = 0;
  const result = await runProfile(world.env, 'export', cloudName, options, signal);
  assert.ok(!/^stopped|^no-start/.test(result.status), JSON.stringify(result));
  assert.deepEqual(byObject(predicted.refusals), stored(world, 'error'));
  const refused = new Set(predicted.refusals.map((p) => p.dn));
  const warned = [...predicted.withheld, ...predicted.leftOut].filter((p) => !refused.has(p.dn));
  assert.deepEqual(new Set(Object.keys(byObject(warned))), new Set(Object.keys(stored(world, 'warning'))));
  assert.deepEqual(byObject([...warned].reverse()), stored(world, 'warning'));
  if (world.members.length === 0) assert.equal(predicted.writes, world.writes.length);
  for (const t of predicted.takeovers)
    if (!refused.has(t.dn)) assert.equal(world.store.cs.get(t.cs)?.anchor?.split('_')[1], t.id, t.dn);
  return [
    ...predicted.refusals.map((p) => `${p.operation} ${p.code}`),
    ...warned.map((p) => `told ${p.operation} ${p.code} ${p.attribute ?? ''}`.trimEnd()),
    ...predicted.takeovers.map((t) => `takeover ${t.by}`),
    ...[...predicted.refusals, ...warned].flatMap((p) => (p.holder ? [`held by ${whoHolds(p, added)}`] : [])),
    ...world.writes.filter((write) => write.includes('"exchanging-')).map(() => 'exchange'),
  ];
}

/** What must occur in the populations, so that the comparison means something. */
const expected = [
  'add AttributeValueMustBeUnique',
  'add DataValidationFailed',
  'add ExceededAllowedLength',
  'add ExistingAdminRoleConflict',
  'add IdentityDataValidationFailed',
  'add InvalidHardMatch',
  'add LargeObject',
  'add ObjectTypeMismatch',
  'add duplicate-anchor',
  'add mastered-by-another-engine',
  'delete ExistingAdminRoleConflict',
  'exchange',
  'held by another of the same export',
  'held by somebody of the cloud',
  'held by somebody synchronized',
  'reference DataValidationFailed',
  'reference cd-missing-object',
  'takeover hard',
  'takeover soft',
  'told add QuarantinedAttributeValueMustBeUnique ProxyAddresses',
  'told add QuarantinedAttributeValueMustBeUnique UserPrincipalName',
  'told add DataValidationFailed thumbnailPhoto',
  'told add not-offered-by-target',
  'told add user-principal-name-not-verified userPrincipalName',
  'told update QuarantinedAttributeValueMustBeUnique ProxyAddresses',
  'told update QuarantinedAttributeValueMustBeUnique UserPrincipalName',
  'told update user-principal-name-not-verified userPrincipalName',
  'update AttributeUpdateNotAllowed',
  'update AttributeValueMustBeUnique',
  'update ExistingAdminRoleConflict',
  'update IdentityDataValidationFailed',
  'update cd-missing-object',
];

test('over 200 populations full of conflicts, twice each, the plan predicts exactly what Graph and its exporter answer', async () => {
  const seen = new Map<string, number>();
  let populations = 0;
  const count = (what: readonly string[]) => {
    for (const name of what) seen.set(name, (seen.get(name) ?? 0) + 1);
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
      const random = seeded(seed);
      const tenant = emptiedGraphTenant(graphSettings(random), graphSeed(random));
      const world = graphPlanWorld(tenant);
      populateGraph(world, random, 3 + Math.floor(random() * 4));
      await stage(world, true);
      count(await check(world));
      changeGraph(world, random);
      await meddleInGraph(world, random);
      await stage(world, false);
      if (random() < 0.5) await meddleInGraph(world, random);
      count(await check(world));
      world.store[Symbol.dispose]();
      populations++;
    }),
    { numRuns: 200, seed: 20260102, endOnFailure: true },
  );
  assert.equal(populations, 200);
  const told = JSON.stringify([...seen].sort());
  for (const name of expected) assert.ok(seen.has(name), `no ${name} in the populations: ${told}`);
});
