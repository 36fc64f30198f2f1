/** Law of the plan: what it predicts is what the export then gets, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../bench/population.ts';
import { type Predicted, predictExports } from '../../src/diagnosis/plan/predict.ts';
import { runProfile } from '../../src/sync/cycle.ts';
import { CloudWorld, cloudName } from './explain-world.ts';
import {
  conflictingSeed,
  conflictingValues,
  emptiedTenant,
  imageOf,
  meddle,
  picker,
  populate,
  targetOf,
  tenantSettings,
} from './plan-world.ts';

const signal = new AbortController().signal;

/** Imports and synchronizes, but does not export. */
async function stage(world: CloudWorld, first: boolean): Promise<void> {
  for (const { connector } of world.env.connectors)
    await runProfile(
      world.env,
      first ? 'full-import' : 'delta-import',
      connector.name,
      { cycle: null, retryAll: true },
      signal,
    );
  await runProfile(world.env, first ? 'full-sync' : 'delta-sync', null, { cycle: null, retryAll: true }, signal);
}

const exportNow = (world: CloudWorld) =>
  runProfile(world.env, 'export', cloudName, { cycle: null, retryAll: true }, signal);

interface Refusal {
  readonly code: string;
  readonly attribute: string;
  readonly value: string;
}

/** Errors of the export by object; of several of one object the store keeps the last. */
function stored(world: CloudWorld, kind: 'refused' | 'withheld'): Record<string, Refusal> {
  const target = targetOf(world);
  const found: Record<string, Refusal> = {};
  for (const e of world.store.records.errors(1000)) {
    const row = world.store.cs.get(e.cs);
    const detail = JSON.parse(e.detail) as { severity?: string; attribute?: string; value?: string };
    if (e.phase !== 'export' || row?.connector !== target.row.id) continue;
    if ((detail.severity === 'warning') !== (kind === 'withheld')) continue;
    found[row.dn] = { code: e.code, attribute: detail.attribute ?? '', value: detail.value ?? '' };
  }
  return found;
}

const predictedByObject = (list: readonly Predicted[]): Record<string, Refusal> =>
  Object.fromEntries(list.map((p) => [p.dn, { code: p.code, attribute: p.attribute ?? '', value: p.value ?? '' }]));

/** Predicts, exports, compares. Returns what was predicted, as `operation code`. */
async function check(world: CloudWorld): Promise<string[]> {
  const image = await imageOf(world);
  const before = world.store.db.prepare('SELECT total_changes() AS n').get();
  const target = targetOf(world).row.id;
  const added = new Set(world.store.exports.page(target, 'add', 0, Number.MAX_SAFE_INTEGER, 1000).map((r) => r.cs));
  const predicted = await predictExports(world.engine, targetOf(world), image, { retryAll: true, signal });
  assert.deepEqual(world.store.db.prepare('SELECT total_changes() AS n').get(), before, 'predicting wrote something');
  world.store.db.exec("DELETE FROM object_error WHERE phase = 'export'");
  const result = await exportNow(world);
  assert.ok(!/^stopped/.test(result.status), JSON.stringify(result));
  assert.deepEqual(predictedByObject(predicted.refusals), stored(world, 'refused'));
  const refused = new Set(predicted.refusals.map((p) => p.dn));
  const withheld = predicted.withheld.filter((p) => !refused.has(p.dn));
  // Of several values of one object the store keeps the first as the error and the others beside it.
  assert.deepEqual(predictedByObject([...withheld].reverse()), stored(world, 'withheld'));
  // Who was said to be taken over is who was: the object has that id in the cloud now.
  for (const t of predicted.takeovers)
    if (!refused.has(t.dn)) assert.equal(world.store.cs.get(t.cs)?.anchor?.split('_')[1], t.id, t.dn);
  return [
    ...predicted.refusals.map((p) => `${p.operation} ${p.code}`),
    ...withheld.map((p) => `withheld ${p.code} ${p.attribute}`),
    ...predicted.takeovers.map((t) => `takeover ${t.by}`),
    ...[...predicted.refusals, ...withheld].flatMap((p) => (p.holder ? [`held by ${whoHolds(p, added)}`] : [])),
  ];
}

/** Where the one that has the value comes from. */
const whoHolds = ({ holder }: Predicted, added: ReadonlySet<number>): string =>
  holder?.cs === undefined
    ? 'somebody of the cloud'
    : added.has(holder.cs)
      ? 'another of the same export'
      : 'somebody synchronized';

/** What must occur in the populations, so that the comparison means something. */
const expected = [
  'add AttributeValueMustBeUnique',
  'add ExceededAllowedLength',
  'add IdentityDataValidationFailed',
  'add InvalidHardMatch',
  'add LargeObject',
  'add ObjectTypeMismatch',
  'delete DeletingCloudOnlyObjectNotAllowed',
  'held by another of the same export',
  'held by somebody of the cloud',
  'held by somebody synchronized',
  'reference DataValidationFailed',
  'reference ObjectNotFound',
  'takeover hard',
  'takeover soft',
  'update AttributeValueMustBeUnique',
  'update ExceededAllowedLength',
  'update FederatedDomainChangeError',
  'update IdentityDataValidationFailed',
  'update ObjectNotFound',
  'withheld ExistingAdminRoleConflict ProxyAddresses',
  'withheld ExistingAdminRoleConflict UserPrincipalName',
  'withheld QuarantinedAttributeValueMustBeUnique ProxyAddresses',
  'withheld QuarantinedAttributeValueMustBeUnique UserPrincipalName',
];

test('over 200 populations full of conflicts, twice each, the plan predicts exactly the refusals of the export', async () => {
  const seen = new Map<string, number>();
  let populations = 0;
  const count = (what: readonly string[]) => {
    for (const name of what) seen.set(name, (seen.get(name) ?? 0) + 1);
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
      const random = seeded(seed);
      const pick = picker(random);
      const tenant = emptiedTenant(tenantSettings(random), conflictingSeed(random));
      const world = new CloudWorld({ tenant });
      populate(world, random, 3 + Math.floor(random() * 5));
      await stage(world, true);
      count(await check(world));
      // A second round: changes and removals here, and what the administrators of the cloud did meanwhile.
      const people = [...world.forest().objects].filter(([, o]) => o.objectType === 'user').map(([anchor]) => anchor);
      for (const anchor of people) {
        if (random() < 0.2) world.forest().remove(anchor);
        else if (random() < 0.5) {
          const { mailNickname: _, ...values } = conflictingValues(random);
          world.forest().change(anchor, { attributes: values });
        }
      }
      if (random() < 0.5) world.user('late', { ...conflictingValues(random), displayName: pick(['Late', 'Later']) });
      await meddle(world, random);
      await stage(world, false);
      if (random() < 0.5) await meddle(world, random);
      count(await check(world));
      populations++;
    }),
    { numRuns: 200, seed: 20260101 },
  );
  assert.equal(populations, 200);
  const told = JSON.stringify([...seen].sort());
  for (const name of expected) assert.ok(seen.has(name), `no ${name} in the populations: ${told}`);
});
