import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineEligibility } from '../../src/passwords/engine-eligibility.ts';
import { createEngine } from '../../src/sync/context.ts';
import { rulesFor, World } from '../engine/world.ts';

/** The rules of the engine's worlds, those for users with the password flag in these directions. */
const rules = (...directions: string[]) =>
  rulesFor(['ad']).map((rule) =>
    rule.name.endsWith(' user') && directions.includes(rule.direction) ? { ...rule, passwordSync: true } : rule,
  );

async function lookup(world: World, guid: string, administrators: readonly string[] = []) {
  const eligible = engineEligibility(() => createEngine(world.env), {
    directory: 'ad',
    cloud: 'cloud',
    isCloudAdministrator: (anchor) => administrators.includes(anchor),
  });
  return (await eligible([guid])).get(guid)!;
}
const reasonOf = async (world: World, guid: string): Promise<string> => {
  const found = await lookup(world, guid);
  return found.eligible ? 'eligible' : `${found.status}/${found.reason}`;
};

test('a user of the directory is eligible once it is in the cloud', async () => {
  const world = new World({ rules: rules('inbound', 'outbound') });
  world.user('ana');
  assert.equal(await reasonOf(world, 'ana'), 'SourceConnectorNotPresent/not-imported');
  await world.cycle('initial');
  const found = await lookup(world, 'ana');
  assert.ok(found.eligible);
  assert.equal(found.sourceAnchor, 'ana');
  assert.ok(found.cloudAnchor && world.cloud.objects.has(found.cloudAnchor));
  assert.equal(found.cloudAdministrator, false);
  assert.equal((await lookup(world, 'ana', [found.cloudAnchor])).eligible, true);
  const admin = await lookup(world, 'ana', [found.cloudAnchor]);
  assert.equal(admin.eligible && admin.cloudAdministrator, true);
});

test('each step at which a password can stop has its reason', async () => {
  const world = new World({ rules: rules('inbound', 'outbound') });
  world.user('hidden', { title: 'hidden' });
  world.user('other', { adminDescription: 'User_x' });
  world.group('team', []);
  await world.cycle('initial');
  assert.equal(await reasonOf(world, 'nobody'), 'SourceConnectorNotPresent/not-imported');
  assert.equal(await reasonOf(world, 'team'), 'NoTargetConnection/not-a-user');
  assert.equal(await reasonOf(world, 'other'), 'NoTargetConnection/not-joined');
  assert.equal(await reasonOf(world, 'hidden'), 'NoTargetConnection/not-in-scope');
});

test('both directions need a rule with the password flag', async () => {
  for (const directions of [['inbound'], ['outbound'], []]) {
    const world = new World({ rules: rules(...directions) });
    world.user('ana');
    await world.cycle('initial');
    assert.equal(await reasonOf(world, 'ana'), 'NoTargetConnection/no-password-rule');
  }
});

test('in staging mode, or when the add fails, the user is not exported', async () => {
  const world = new World({ rules: rules('inbound', 'outbound'), staging: true });
  world.user('ana');
  await world.cycle('initial');
  assert.equal(await reasonOf(world, 'ana'), 'TargetNotExportedToDirectory/not-exported');
});

test('who leaves the scope is not eligible any more', async () => {
  const world = new World({ rules: rules('inbound', 'outbound') });
  world.user('ana');
  await world.cycle('initial');
  world.user('ana', { title: 'hidden' });
  await world.cycle();
  assert.equal(await reasonOf(world, 'ana'), 'NoTargetConnection/not-in-scope');
});
