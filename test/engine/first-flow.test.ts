import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rulesFor, World } from './world.ts';

/** Rules under which a person without a department cannot become an identity. */
const strict = rulesFor(['ad']).map((rule) =>
  rule.name === 'In ad user'
    ? {
        ...rule,
        flows: [
          ...rule.flows,
          { target: 'department', expression: 'IIF(IsPresent([department]), [department], Error("no department"))' },
        ],
      }
    : rule,
);

const journalOf = (world: World, anchor: string): string[] => {
  const { store } = world;
  const connector = store.records.connector('ad', 'active-directory').id;
  return store.records.journalOf(null, store.cs.idByAnchor(connector, anchor) ?? 0).map((row) => row.kind);
};

test('an object whose first flow fails is an error each cycle, and leaves nothing in the journal', async () => {
  const world = new World({ rules: strict });
  world.user('ana');
  world.user('ben', { department: 'Sales' });
  for (const policy of ['initial', 'delta', 'delta', 'initial'] as const) {
    const result = await world.cycle(policy);
    assert.equal(result.outcome, 'object-errors');
  }
  const [error] = world.store.records.errors(10);
  assert.deepEqual([error?.code, error?.count], ['sync-rule-error-function-triggered', 4]);
  assert.deepEqual(journalOf(world, 'ana'), []);
  assert.deepEqual(journalOf(world, 'ben'), ['linked']);
  assert.equal(world.store.mv.count(), 1);
});

test('when its first flow succeeds it is linked once, and goes to the cloud', async () => {
  const world = new World({ rules: strict });
  world.user('ana');
  await world.cycle('initial');
  world.ad.change('ana', { attributes: { department: 'Sales' } });
  await world.cycle();
  assert.deepEqual(journalOf(world, 'ana'), ['linked']);
  assert.deepEqual(world.store.records.errors(10), []);
  assert.deepEqual(Object.keys(world.cloudState()), ['ana']);
});
