import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReadBackResponse } from '../../src/entra/sync-protocol.ts';
import { type Call, caller, syncCaller, testTenant } from './support.ts';

/** What a reader knows: properties and links by cloud anchor, built from read-back answers alone. */
class Replica {
  readonly objects = new Map<string, { properties: string; links: Map<string, Set<string>> }>();
  cookie: string | undefined;

  /** Takes one page; true if more follow. */
  async page(sync: Call, top: number): Promise<boolean> {
    const answer = await sync('POST', '/sync/v1/read-back', { top, ...(this.cookie ? { cookie: this.cookie } : {}) });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const body = answer.body as ReadBackResponse;
    for (const object of body.objects) {
      if (object.deleted) {
        this.objects.delete(object.cloudAnchor);
        continue;
      }
      const known = this.objects.get(object.cloudAnchor);
      const links = known?.links ?? new Map<string, Set<string>>();
      for (const [name, change] of Object.entries(object.links)) {
        const set = links.get(name) ?? new Set<string>();
        links.set(name, set);
        if ('all' in change) for (const target of change.all) set.add(target);
        else {
          for (const target of change.removed) set.delete(target);
          for (const target of change.added) set.add(target);
        }
      }
      this.objects.set(object.cloudAnchor, { properties: JSON.stringify(object.properties), links });
    }
    this.cookie = body.cookie;
    return body.more;
  }

  picture(): unknown {
    return [...this.objects]
      .map(([anchor, { properties, links }]) => [
        anchor,
        properties,
        [...links]
          .filter(([, set]) => set.size > 0)
          .map(([name, set]) => [name, [...set].sort()])
          .sort(),
      ])
      .sort();
  }
}

const users = 6;
const groups = 3;
type Step =
  | { readonly kind: 'set'; readonly user: number; readonly value: number }
  | { readonly kind: 'link'; readonly group: number; readonly user: number; readonly add: boolean }
  | { readonly kind: 'delete'; readonly type: 'User' | 'Group'; readonly index: number }
  | { readonly kind: 'add'; readonly type: 'User' | 'Group'; readonly index: number }
  | { readonly kind: 'restore' }
  | { readonly kind: 'read'; readonly top: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), user: fc.nat(users - 1), value: fc.nat(5) }),
  fc.record({
    kind: fc.constant('link' as const),
    group: fc.nat(groups - 1),
    user: fc.nat(users - 1),
    add: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('delete' as const),
    type: fc.constantFrom('User' as const, 'Group' as const),
    index: fc.nat(groups - 1),
  }),
  fc.record({
    kind: fc.constant('add' as const),
    type: fc.constantFrom('User' as const, 'Group' as const),
    index: fc.nat(groups - 1),
  }),
  fc.constant({ kind: 'restore' as const }),
  fc.record({ kind: fc.constant('read' as const), top: fc.integer({ min: 1, max: 3 }) }),
);

const add = (type: 'User' | 'Group', index: number) => ({
  operation: 'Add',
  objectType: type,
  sourceAnchor: `${type}${index}`,
  properties:
    type === 'User'
      ? { displayName: `U${index}`, userPrincipalName: `u${index}@contoso.com`, accountEnabled: true }
      : { displayName: `G${index}`, securityEnabled: true },
});

async function carryOut(change: Step, sync: Call, graph: Call): Promise<void> {
  const provision = (object: object) => sync('POST', '/sync/v1/provision', { objects: [object] });
  switch (change.kind) {
    case 'set':
      await provision({
        operation: 'Set',
        objectType: 'User',
        sourceAnchor: `User${change.user}`,
        properties: { title: `T${change.value}` },
      });
      return;
    case 'link':
      await provision({
        operation: 'Set',
        objectType: 'Group',
        sourceAnchor: `Group${change.group}`,
        properties: {},
        links: {
          member: [
            { anchor: `User${change.user}`, anchorType: 'sourceAnchor', operation: change.add ? 'add' : 'remove' },
          ],
        },
      });
      return;
    case 'delete':
      await provision({
        operation: 'Delete',
        objectType: change.type,
        sourceAnchor: `${change.type}${change.index}`,
        properties: {},
      });
      return;
    case 'add':
      await provision(add(change.type, change.index));
      return;
    case 'restore': {
      const bin = await graph('GET', '/directory/deletedItems/microsoft.graph.user');
      const first = bin.body.value[0];
      if (first) await graph('POST', `/directory/deletedItems/${first.id}/restore`);
      return;
    }
    case 'read':
      return;
  }
}

test('a reader that pages slowly while everything changes ends with what a fresh full read gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const tenant = testTenant();
      const sync = await syncCaller(tenant);
      const graph = await caller(tenant);
      const all = [...Array(users).keys()]
        .map((i) => add('User', i))
        .concat([...Array(groups).keys()].map((i) => add('Group', i)));
      await sync('POST', '/sync/v1/provision', { objects: all });
      const slow = new Replica();
      for (const change of steps) {
        if (change.kind === 'read') await slow.page(sync, change.top);
        else await carryOut(change, sync, graph);
      }
      while (await slow.page(sync, 2));
      // One more round: what changed after the last one began.
      while (await slow.page(sync, 2));
      const fresh = new Replica();
      while (await fresh.page(sync, 100));
      assert.deepEqual(slow.picture(), fresh.picture());
      tenant.close();
    }),
    { numRuns: 15, seed: 20260102 },
  );
});

test('a group with more links than an answer takes comes in pieces, in a full read and in a delta', async () => {
  const tenant = testTenant();
  const sync = await syncCaller(tenant);
  const count = 16_000;
  const empty = new Replica();
  while (await empty.page(sync, 100));
  for (let i = 0; i < count; i += 500) {
    const objects = Array.from({ length: 500 }, (_, j) => add('User', i + j));
    assert.equal((await sync('POST', '/sync/v1/provision', { objects })).status, 200);
  }
  const link = (i: number) => ({ anchor: `User${i}`, anchorType: 'sourceAnchor', operation: 'add' });
  const links = (from: number, to: number) => ({ member: Array.from({ length: to - from }, (_, i) => link(from + i)) });
  const group = { ...add('Group', 0), links: links(0, 15_000) };
  assert.equal((await sync('POST', '/sync/v1/provision', { objects: [group] })).body.results[0].resultCode, 'Success');
  const rest = {
    operation: 'Set',
    objectType: 'Group',
    sourceAnchor: 'Group0',
    properties: {},
    links: links(15_000, count),
  };
  assert.equal((await sync('POST', '/sync/v1/provision', { objects: [rest] })).body.results[0].resultCode, 'Success');
  const tooMany = { ...rest, links: links(0, 15_001) };
  assert.equal((await sync('POST', '/sync/v1/provision', { objects: [tooMany] })).status, 400);
  const full = new Replica();
  while (await full.page(sync, 1000));
  const delta = empty;
  while (await delta.page(sync, 1000));
  for (const replica of [full, delta]) {
    const [found] = [...replica.objects].filter(([anchor]) => anchor.startsWith('Group_'));
    assert.equal(found?.[1].links.get('member')?.size, count);
    assert.equal(replica.objects.size, count + 1);
  }
  assert.deepEqual(delta.picture(), full.picture());
});
