import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rulesFor, World } from './world.ts';

const counters = (result: Awaited<ReturnType<World['cycle']>>, profile: string, connector: string | null) =>
  result.runs.find((r) => r.profile === profile && r.connector === connector)?.counters ?? {};

/** Runs until nothing moves, then proves that the same cycle again does nothing (law 6). */
async function settle(world: World): Promise<void> {
  await world.cycle();
  await world.cycle();
  const before = world.cloud.seq;
  const result = await world.cycle();
  assert.equal(world.cloud.seq, before, 'a cycle without a change outside wrote to the cloud');
  assert.equal(result.outcome, 'clean');
}

test('users, groups and references arrive in the cloud, and a second cycle does nothing', async () => {
  const world = new World();
  world.user('ana', { mail: 'ana@x', proxyAddresses: ['SMTP:ana@x', 'smtp:a@x'] });
  world.user('ben', {}, { manager: 'ana' });
  world.group('g1', ['ana', 'ben', 'g2']);
  world.group('g2', ['ben']);
  const first = await world.cycle('initial');
  assert.equal(first.outcome, 'clean', JSON.stringify(first.runs));
  assert.deepEqual(world.cloudState(), world.expectedState());
  assert.equal(counters(first, 'export', 'cloud')['export-add'], 4);
  await settle(world);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('changes, clears, renames and deletes follow as deltas', async () => {
  const world = new World();
  world.user('ana', { title: 'Engineer', mail: 'ana@x' });
  world.user('ben', {}, { manager: 'ana' });
  world.group('g', ['ana', 'ben']);
  await world.cycle('initial');
  await settle(world);
  const sent = world.cloud.exports.length;
  world.ad.change('ana', { attributes: { title: null, mail: 'ana.new@x' }, dn: 'CN=ana,OU=Other,DC=x' });
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  assert.deepEqual(
    world.cloud.exports.slice(sent).map((e) => e.attributes),
    [{ mail: 'ana.new@x', title: null }],
  );
  world.ad.remove('ana');
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  await settle(world);
});

test('a member added to a big group costs one reference', async () => {
  const world = new World();
  const people = Array.from({ length: 300 }, (_, i) => `u${i}`);
  for (const p of people) world.user(p);
  world.user('late');
  world.group('big', people);
  await world.cycle('initial');
  await settle(world);
  const sent = world.cloud.exports.length;
  world.ad.change('big', { references: { member: [...people, 'late'] } });
  await world.cycle();
  const [request, ...others] = world.cloud.exports.slice(sent);
  assert.equal(others.length, 0);
  assert.equal(request?.references.member?.added.length, 1);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('a reference resolves whichever end arrives first', async () => {
  const world = new World();
  world.group('g', ['later']);
  await world.cycle('initial');
  assert.deepEqual(world.cloudState(), { g: { type: 'group', displayName: 'Group g', sourceAnchor: 'g' } });
  world.user('later');
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  await settle(world);
});

test('out of scope by a rule: the object the engine made is deleted, and comes back when the rule lets it', async () => {
  const world = new World();
  world.user('ana');
  world.group('g', ['ana']);
  await world.cycle('initial');
  await settle(world);
  world.ad.change('ana', { attributes: { title: 'hidden' } });
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  await settle(world);
  world.ad.change('ana', { attributes: { title: 'back' } });
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  await settle(world);
  world.ad.change('ana', { attributes: { adminDescription: 'User_x' } });
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  await settle(world);
});

test('out of scope by container, and back: membership is found again although the directory does not repeat it', async () => {
  const world = new World({
    scope: { include: ['OU=People,DC=x', 'OU=Groups,DC=x'], exclude: ['OU=Secret,OU=People,DC=x'] },
  });
  world.user('ana');
  world.user('ben');
  world.group('g', ['ana', 'ben']);
  await world.cycle('initial');
  await settle(world);
  world.ad.change('ana', { dn: 'CN=ana,OU=Secret,OU=People,DC=x' });
  await world.cycle();
  assert.deepEqual(Object.keys(world.cloudState()), ['ben', 'g']);
  await settle(world);
  world.ad.change('ana', { dn: 'CN=ana,OU=People,DC=x' });
  await world.cycle();
  assert.deepEqual(world.cloudState(), world.expectedState());
  await settle(world);
});

test('two forests share people: the better precedence gives the value, and the other takes over when it goes', async () => {
  const world = new World({ forests: ['ad', 'resource'] });
  world.user('a1', { employeeID: '7', title: 'Engineer' });
  world.user('r1', { employeeID: '7', title: 'Mailbox', mail: 'seven@x' }, { forest: 'resource' });
  world.group('g', ['r1'], { forest: 'resource' });
  await world.cycle('initial');
  await settle(world);
  const state = world.cloudState() as Record<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(state), ['a1', 'g']);
  assert.equal(state.a1!.title, 'Engineer');
  assert.equal(state.a1!.mail, 'seven@x');
  assert.deepEqual(state.g!.member, ['a1']);
  world.ad.change('a1', { attributes: { title: null } });
  await world.cycle();
  assert.equal((world.cloudState() as typeof state).a1!.title, 'Mailbox');
  await settle(world);
});

test('an object that the target lost is made again, one that it changed is put right', async () => {
  const world = new World();
  world.user('ana', { title: 'Engineer' });
  world.user('ben');
  world.group('g', ['ana', 'ben']);
  await world.cycle('initial');
  await settle(world);
  const [anchor] = [...world.cloud.objects].find(([, o]) => o.attributes.sourceAnchor === 'ana')!;
  world.cloud.change(anchor, { attributes: { title: 'Tampered' } });
  await settle(world);
  assert.deepEqual(world.cloudState(), world.expectedState());
  world.cloud.remove(anchor);
  await settle(world);
  assert.deepEqual(world.cloudState(), world.expectedState());
});

test('staging computes everything and sends nothing', async () => {
  const world = new World({ staging: true });
  world.user('ana');
  await world.cycle('initial');
  assert.equal(world.cloud.exports.length, 0);
  assert.equal(world.store.exports.counts(2).add, 1);
});

test('a merging flow leaves what others gave the target and takes back only what it gave', async () => {
  const rules = rulesFor(['ad']).map((r) =>
    r.name === 'Out cloud user'
      ? {
          ...r,
          flows: r.flows.map((f) =>
            f.target === 'proxyAddresses' ? { ...f, merge: 'MergeCaseInsensitive' as const } : f,
          ),
        }
      : r,
  );
  const world = new World({ rules });
  world.user('ana', { proxyAddresses: ['smtp:a@x', 'smtp:b@x'] });
  await world.cycle('initial');
  await settle(world);
  const [anchor] = [...world.cloud.objects.keys()];
  world.cloud.change(anchor!, { attributes: { proxyAddresses: ['smtp:a@x', 'smtp:b@x', 'x500:theirs'] } });
  await settle(world);
  assert.deepEqual(world.cloud.objects.get(anchor!)?.attributes.proxyAddresses, [
    'smtp:a@x',
    'smtp:b@x',
    'x500:theirs',
  ]);
  world.ad.change('ana', { attributes: { proxyAddresses: ['smtp:a@x'] } });
  await settle(world);
  assert.deepEqual(world.cloud.objects.get(anchor!)?.attributes.proxyAddresses, ['smtp:a@x', 'x500:theirs']);
});

test('group-based scope: only direct members of the group, and membership alone brings somebody in or out', async () => {
  const filter = {
    id: 'filter',
    name: 'filter',
    direction: 'inbound' as const,
    connector: 'ad',
    sourceObjectType: 'user',
    targetObjectType: 'person',
    linkType: 'Join' as const,
    precedence: 1,
    join: [],
    scope: [[{ attribute: 'dn', operator: 'ISNOTMEMBEROF' as const, value: '%Connector.GroupFilteringGroupDn%' }]],
    flows: [{ target: 'title', constant: 'hidden' }],
  };
  const world = new World({ rules: [filter, ...rulesFor(['ad'])], groupFilter: 'CN=pilots,OU=Groups,DC=x' });
  for (const who of ['ana', 'ben', 'cleo']) world.user(who);
  world.group('pilots', ['ana', 'ben']);
  const users = () =>
    [...world.cloud.objects.values()].filter((o) => o.objectType === 'user').map((o) => o.attributes.sourceAnchor);
  await world.cycle('initial');
  await settle(world);
  assert.deepEqual(users().sort(), ['ana', 'ben']);
  world.ad.change('pilots', { references: { member: ['ana', 'cleo'] } });
  await settle(world);
  assert.deepEqual(users().sort(), ['ana', 'cleo']);
});
