/** What a rule wanted and could not have is not wanted any more once the rule is gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportError, ExportRequest, ExportResult } from '../../src/connectors/contract.ts';
import { runCycle } from '../../src/sync/cycle.ts';
import { outToDirectory, rulesFor, World } from './world.ts';

const titleToDirectory = outToDirectory([
  { target: 'title', expression: '"much too long"' },
  { target: 'manager', direct: 'manager' },
]);

const refused = ({ id }: ExportRequest, code: string, retry: ExportError['retry']): ExportResult => ({
  id,
  outcome: 'failure',
  error: { code, detail: 'No.', retry },
});

const pendingIn = (world: World, connector: string): number => {
  const { id } = world.store.records.connector(connector, '');
  const { add, update, delete: gone } = world.store.exports.counts(id);
  return add + update + gone;
};

test('an update that a directory refused goes with its rule, and its value does not stay in the identity', async () => {
  const world = new World({ rules: [...rulesFor(['ad']), titleToDirectory] });
  world.user('ana', { title: 'Engineer' });
  world.ad.faults.onExport = (request) => refused(request, 'syntax-violation', 'never');
  await runCycle(world.env, { policy: 'initial', retryAll: true }, new AbortController().signal);
  assert.equal(pendingIn(world, 'ad'), 1);
  assert.equal(world.store.records.errors(10)[0]?.code, 'syntax-violation');
  await world.cycleUnder(rulesFor(['ad']));
  await world.cycleUnder(rulesFor(['ad']), 'delta');
  assert.equal(pendingIn(world, 'ad'), 0);
  assert.deepEqual(world.store.records.errors(10), []);
  assert.equal((world.cloudState().ana as { title?: string }).title, 'Engineer');
});

test('without any rule to the cloud what was never made there is given up, and what is there stays', async () => {
  const world = new World();
  world.user('ana');
  await world.cycle('initial');
  const before = world.cloudState();
  world.user('ben');
  world.ad.change('ana', { attributes: { title: 'Engineer' } });
  world.cloud.faults.onExport = (request) => refused(request, 'server-error', 'next-cycle');
  await world.cycle();
  assert.equal(pendingIn(world, 'cloud'), 2);
  await world.cycleUnder(rulesFor(['ad']).filter((r) => r.direction === 'inbound'));
  assert.equal(pendingIn(world, 'cloud'), 0);
  assert.deepEqual(world.cloudState(), before);
});
