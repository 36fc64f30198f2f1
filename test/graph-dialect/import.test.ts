/** Delta queries as a real tenant answers them: repeated objects, pieces of large groups, tokens that end (entra-directory s.5.11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError, type ImportBatch, type ImportRequest } from '../../src/connectors/contract.ts';
import { dnOfSourceAnchor } from '../../src/connectors/entra/sync-names.ts';
import { base, tenantId } from '../tenant/support.ts';
import { addGroup, addUser, anchorOf, change, graphConnector, graphWorld, members, signal } from './support.ts';

const wanted = new Set([
  'displayName',
  'title',
  'sourceAnchor',
  'cloudAnchor',
  'member',
  'manager',
  'managedBy',
  'deviceId',
]);
const request = (mode: 'full' | 'delta', watermark?: string, warnings: string[] = []): ImportRequest => ({
  partition: { name: tenantId },
  mode,
  attributes: wanted,
  objectTypes: new Set(['user', 'group', 'device']),
  signal,
  warn: (code) => void warnings.push(code),
  ...(watermark === undefined ? {} : { watermark }),
});
async function collect(batches: AsyncIterable<ImportBatch>) {
  const items: ImportBatch['items'][number][] = [];
  let watermark: string | undefined;
  for await (const batch of batches) {
    items.push(...batch.items);
    watermark = batch.watermark ?? watermark;
  }
  return { items, watermark: watermark as string };
}

test('only what has a source anchor is delivered, with references and devices', async () => {
  using world = await graphWorld({
    seed: {
      users: [{ displayName: 'Cloud only', userPrincipalName: 'cloud@contoso.com' }],
      groups: [{ displayName: 'Cloud group' }],
      devices: [{ displayName: 'PC', deviceId: '00112233-4455-6677-8899-aabbccddeeff' }],
    },
  });
  const boss = addUser('boss');
  const [b, a] = await world.send(boss, addUser('ada', { title: 'Engineer' }));
  const staff = addGroup('staff');
  const [g] = await world.send(staff);
  await world.send(
    change(staff, anchorOf(g), {
      references: { ...members([anchorOf(a)]), managedBy: { added: [{ anchor: anchorOf(b) }], removed: [] } },
    }),
    change(addUser('ada'), anchorOf(a), { references: { manager: { added: [{ anchor: anchorOf(b) }], removed: [] } } }),
  );
  const { items } = await collect(world.session.import(request('full')));
  const device = Buffer.from('33221100554477668899aabbccddeeff', 'hex').toString('base64');
  const byDn = new Map(items.map((item) => [item.kind === 'object' ? item.dn : '', item]));
  assert.deepEqual([...byDn.keys()].sort(), ['ada', 'boss', 'staff', device].map(dnOfSourceAnchor).sort());
  assert.deepEqual(byDn.get(dnOfSourceAnchor('ada')), {
    kind: 'object',
    anchor: anchorOf(a),
    dn: dnOfSourceAnchor('ada'),
    objectType: 'user',
    attributes: { displayName: 'ada', title: 'Engineer', sourceAnchor: 'ada', cloudAnchor: anchorOf(a) },
    references: { manager: [{ anchor: anchorOf(b) }] },
  });
  const group = byDn.get(dnOfSourceAnchor('staff'));
  assert.ok(group?.kind === 'object');
  assert.deepEqual(group.references, { member: [{ anchor: anchorOf(a) }], managedBy: [{ anchor: anchorOf(b) }] });
  const read = await world.session.read?.([anchorOf(g), anchorOf(a)], request('delta'));
  assert.deepEqual(read, [group, byDn.get(dnOfSourceAnchor('ada'))]);
});

test('owners come with the groups that changed; members, attributes and owners alike', async () => {
  using world = await graphWorld();
  const [b, a] = (await world.send(addUser('boss'), addUser('ada'))).map(anchorOf) as [string, string];
  const staff = addGroup('staff');
  const [made] = await world.send(staff, addGroup('other'));
  const group = anchorOf(made);
  const own = (added: string[], removed: string[]) =>
    change(staff, group, {
      references: {
        managedBy: { added: added.map((anchor) => ({ anchor })), removed: removed.map((anchor) => ({ anchor })) },
      },
    });
  await world.send(own([b], []));
  let { watermark } = await collect(world.session.import(request('full')));
  const changed = async (): Promise<unknown[]> => {
    const delta = await collect(world.session.import(request('delta', watermark)));
    ({ watermark } = delta);
    return delta.items.map((item) =>
      item.kind === 'change' ? [item.anchor, item.references.managedBy, item.references.member] : item,
    );
  };
  assert.deepEqual(await changed(), []);
  const nobody = { added: [], removed: [] };
  // Delta queries do not follow owners (s.5.11): a change of owners alone waits for the next change of the group,
  await world.send(own([a], [b]));
  assert.deepEqual(await changed(), []);
  await world.send(change(staff, group, { references: members([b]) }));
  assert.deepEqual(await changed(), [[group, { all: [{ anchor: a }] }, { ...nobody, added: [{ anchor: b }] }]]);
  await world.send(own([], [a]), change(staff, group, { attributes: { displayName: 'renamed' } }));
  assert.deepEqual(await changed(), [[group, { all: [] }, undefined]]);
  // or for a full import.
  await world.send(own([b], []));
  assert.deepEqual(await changed(), []);
  const { items } = await collect(world.session.import(request('full')));
  const whole = items.find((item) => item.kind === 'object' && item.anchor === group);
  assert.deepEqual(whole?.kind === 'object' && whole.references.managedBy, [{ anchor: b }]);
});

test('who loses the anchor in the cloud is gone for the engine', async () => {
  using world = await graphWorld();
  const [made] = await world.send(addUser('ada'));
  const { watermark } = await collect(world.session.import(request('full')));
  await world.graph('PATCH', `/users/${anchorOf(made).slice(5)}`, { onPremisesImmutableId: null });
  const { items } = await collect(world.session.import(request('delta', watermark)));
  assert.deepEqual(items, [{ kind: 'delete', anchor: anchorOf(made) }]);
});

test('a token that is too old, or of another service, asks for a full import', async () => {
  using world = await graphWorld();
  const { watermark } = await collect(world.session.import(request('full')));
  const isRequired = (error: unknown) => error instanceof ConnectorError && error.code === 'full-import-required';
  for (const other of [
    watermark.replaceAll(base, 'https://elsewhere.test'),
    watermark.replace(/deltatoken=[^"]*/, 'deltatoken=x'),
  ]) {
    await assert.rejects(collect(world.session.import(request('delta', other))), isRequired);
  }
  world.tenant.advance(8 * 24 * 3600 * 1000);
  await assert.rejects(collect(world.session.import(request('delta', watermark))), isRequired);
});

test('a tenant with another engine is warned of', async () => {
  using world = await graphWorld({ settings: { dirSyncEnabled: true } });
  const warnings: string[] = [];
  await collect(world.session.import(request('full', undefined, warnings)));
  assert.deepEqual(warnings, ['another-engine-synchronizes']);
});

test('objects that change while they are enumerated are read by the next import', async () => {
  using world = await graphWorld();
  const [a, b] = (await world.send(addUser('ada'), addUser('ben', { title: 'now' }))).map(anchorOf) as [string, string];
  const id = (anchor: string) => anchor.split('_')[1];
  const g = '99999999-8888-7777-6666-555555555555';
  const member = (anchor: string, more = {}) => ({ '@odata.type': '#microsoft.graph.user', id: id(anchor), ...more });
  const pages: Record<string, unknown> = {
    users: {
      value: [
        { id: id(a), displayName: 'ada', onPremisesImmutableId: 'ada' },
        { id: id(b), displayName: 'ben', onPremisesImmutableId: 'ben' },
        { id: '11111111-8888-7777-6666-555555555555', onPremisesImmutableId: 'gone', displayName: 'gone' },
        { id: '11111111-8888-7777-6666-555555555555', '@removed': { reason: 'changed' } },
        { id: '22222222-8888-7777-6666-555555555555', '@removed': { reason: 'changed' } },
        { id: id(b), onPremisesImmutableId: 'ben', jobTitle: 'now' },
      ],
    },
    groups: {
      value: [
        { id: g, uniqueName: 'staff', displayName: 'staff', 'members@delta': [member(a)] },
        { id: g, 'members@delta': [member(b)] },
      ],
    },
    devices: { value: [] },
  };
  const session = await graphConnector(world.tenant, {
    fetch: async (r) => {
      const name = /\/v1\.0\/(\w+)\/delta\?%24select|\/v1\.0\/(\w+)\/delta\?\$select/.exec(r.url);
      const collection = name?.[1] ?? name?.[2];
      if (collection === undefined) return world.tenant.fetch(r);
      const real = (await (await world.tenant.fetch(r)).json()) as Record<string, unknown>;
      return Response.json({ ...(pages[collection] as object), '@odata.deltaLink': real['@odata.deltaLink'] });
    },
  }).open(signal);
  const full = await collect(
    session.import({ ...request('full'), attributes: new Set([...wanted].filter((n) => n !== 'managedBy')) }),
  );
  assert.deepEqual(
    full.items.map((i) => (i.kind === 'object' ? `${i.kind} ${i.dn}` : `${i.kind} ${JSON.stringify(i)}`)),
    [
      ...['ada', 'ben', 'gone', 'staff'].map((n) => `object ${dnOfSourceAnchor(n)}`),
      `more-references ${JSON.stringify({ kind: 'more-references', anchor: `Group_${g}`, references: { member: [{ anchor: b }] } })}`,
    ],
  );
  const delta = await collect(session.import(request('delta', full.watermark)));
  const [gone, ben] = delta.items;
  assert.deepEqual(gone, { kind: 'delete', anchor: 'User_11111111-8888-7777-6666-555555555555' });
  assert.equal(ben?.kind === 'object' && ben.attributes.title, 'now');
});
