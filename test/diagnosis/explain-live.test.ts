/** What the tenant is asked about an object, and what holds an export back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveConnections } from '../../src/diagnosis/connectivity/live.ts';
import { type ExplainOptions, explain } from '../../src/diagnosis/explain/explain.ts';
import { explainText } from '../../src/diagnosis/explain/text.ts';
import { findObjects } from '../../src/diagnosis/find.ts';
import { readObjectImage } from '../../src/diagnosis/plan/image-object.ts';
import { caller } from '../tenant/support.ts';
import { gateOf, why } from './explain-support.ts';
import { CloudWorld, cloudName } from './explain-world.ts';
import { letRead } from './plan-world.ts';

/** The tenant of a world as the command line asks it: only for the objects concerned. */
async function liveOf(world: CloudWorld) {
  letRead(world.tenant);
  const live = new LiveConnections(world.env.connectors, new AbortController().signal);
  const calls: string[] = [];
  const readTenant: NonNullable<ExplainOptions['readTenant']> = async (connector, asked) => {
    const tenant = await live.tenant(connector);
    const counted = tenant && {
      ...tenant,
      graph: (call: Parameters<typeof tenant.graph>[0]) => {
        calls.push(call.path);
        return tenant.graph(call);
      },
    };
    return counted && readObjectImage(counted, asked, world.env.now());
  };
  return { readTenant, calls, [Symbol.asyncDispose]: () => live[Symbol.asyncDispose]() };
}

test('the tenant is asked about the object and those who have its names, and about nobody else', async () => {
  const world = new CloudWorld({ seed: { users: [{ displayName: 'Boss', userPrincipalName: 'boss@contoso.com' }] } });
  world.user('ana', { proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:shared@contoso.com'], title: 'Engineer' });
  world.user('ben', { proxyAddresses: ['SMTP:ben@contoso.com', 'smtp:shared@contoso.com'] });
  for (let i = 0; i < 30; i++) world.user(`extra${i}`);
  await world.cycle('initial');
  await world.cycle();
  await using live = await liveOf(world);
  const told = await explain(world.engine, 'ben', { attribute: 'proxyAddresses', readTenant: live.readTenant });
  assert.ok(told.kind === 'attribute');
  assert.deepEqual(told.cloud?.calculated, ['SMTP:ben@contoso.com']);
  assert.deepEqual(told.cloud?.returned, ['SMTP:ben@contoso.com']);
  assert.match(told.cloud?.notes.join(' ') ?? '', /shared@contoso\.com/);
  assert.ok(live.calls.length <= 6, live.calls.join('\n'));
  // A property that nobody selects by default is asked for by name, so that an empty one is not taken for unknown.
  const title = await explain(world.engine, 'ana', { attribute: 'title', readTenant: live.readTenant });
  assert.ok(title.kind === 'attribute');
  assert.equal(title.cloud?.returned, 'Engineer');
  const whole = await why(world, 'ben', { readTenant: live.readTenant });
  assert.ok(JSON.stringify(whole.tree).includes('Withheld since'), JSON.stringify(whole.tree));
});

test('what the administrators of the cloud did to the object is told', async () => {
  const world = new CloudWorld();
  world.user('ana');
  world.user('ben');
  await world.cycle('initial');
  await world.cycle();
  await using live = await liveOf(world);
  const id = (name: string) => {
    const link = world.store.mv.linkIn(
      findObjects(world.store, name)[0]!.mv!,
      world.engine.all.find((c) => c.row.name === cloudName)!.row.id,
    );
    return world.store.cs.get(link!.cs)!.anchor!.slice('User_'.length);
  };
  const call = await caller(world.tenant);
  await call('DELETE', `/users/${id('ana')}`);
  await call('PATCH', `/users/${id('ben')}/onPremisesSyncBehavior`, { isCloudManaged: true });
  const gone = await why(world, 'ana', { readTenant: live.readTenant });
  assert.deepEqual(gateOf(gone), ['no', 'cloud', 'deleted-in-cloud', 'closed']);
  assert.match(gone.gate!.reason, /in the recycle bin/);
  assert.equal((await why(world, 'ana')).inCloud, 'yes');
  await call('DELETE', `/directory/deletedItems/${id('ana')}`);
  const purged = await why(world, 'ana', { readTenant: live.readTenant });
  assert.match(purged.gate!.reason, /has no object User_.* any more/);
  const mastered = await why(world, 'ben', { readTenant: live.readTenant });
  assert.equal(JSON.stringify(mastered.tree).includes('The tenant has no object'), false);
});

test('an export that is held back by the limit of deletes: whoever waits behind it is told, with the setting', async () => {
  const world = new CloudWorld({ limits: { deletionThreshold: 2 } });
  for (const name of ['ana', 'ben', 'cleo', 'dan']) world.user(name);
  await world.cycle('initial');
  await world.cycle();
  for (const name of ['ana', 'ben', 'cleo']) world.forest().remove(world.anchorNamed(name));
  world.user('late');
  await world.cycle();
  const locate = (path: readonly (string | number)[]) => `causeway.yaml#${path.join('.')}`;
  const late = await why(world, 'late', { locate });
  assert.deepEqual(gateOf(late), ['no', 'export', 'accidental-delete-threshold', 'closed']);
  assert.match(late.gate!.reason, /3 objects would be deleted, and the limit is 2/);
  assert.deepEqual(late.gate?.configuration, {
    path: ['scheduler', 'deletionThreshold'],
    value: '2',
    at: 'causeway.yaml#scheduler.deletionThreshold',
  });
  const ana = await why(world, 'ana@contoso.com', { locate });
  assert.deepEqual(gateOf(ana), ['yes', 'export', 'accidental-delete-threshold', 'closed']);
  assert.match(explainText(late), /Decided by: scheduler\.deletionThreshold = 2/);
});

test('a group filter of the configuration, and the file and line of a rule', async () => {
  const file =
    'rules:\n  - { name: No guests, direction: inbound, connector: corp, source: user, target: person, precedence: 1, scope: [["department EQUAL Guests"]], flows: [{ target: cloudFiltered, expression: \'True\' }] }\n';
  const world = new CloudWorld({ rules: [file] });
  world.user('guest', { department: 'Guests' });
  await world.cycle('initial');
  const guest = await why(world, 'guest');
  assert.deepEqual(gateOf(guest), ['no', 'metaverse', 'filtered-by-rule', 'closed']);
  assert.deepEqual(guest.gate?.configuration?.path, ['rules', 'No guests']);
  assert.equal(guest.gate?.configuration?.at, 'rules/custom-0.yaml:2');
  assert.match(explainText(guest), /Decided by: rule "No guests".*\(rules\/custom-0\.yaml:2\)/);
});
