import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportRequest, ImportItem } from '../../src/connectors/contract.ts';
import { dnOfSourceAnchor } from '../../src/connectors/entra/sync-names.ts';
import { caller, connectorTo, graphApp, syncApp, syncCaller, testTenant, tokenFor } from './support.ts';

const signal = new AbortController().signal;
const wanted = [
  'displayName',
  'userPrincipalName',
  'member',
  'manager',
  'sourceAnchor',
  'cloudAnchor',
  'cloudMastered',
  'proxyAddresses',
];

function add(
  id: number,
  anchor: string,
  objectType: string,
  attributes: ExportRequest['attributes'],
  references: ExportRequest['references'] = {},
): ExportRequest {
  return {
    id,
    operation: 'add',
    dn: dnOfSourceAnchor(anchor),
    objectType,
    attributes: { sourceAnchor: anchor, ...attributes },
    before: {},
    references,
    attempt: 0,
  };
}

test('what is exported comes back in a full import, changes in a delta', async () => {
  const tenant = testTenant();
  const session = await connectorTo(tenant, { pageSize: 2 }).open(signal);
  const importAll = async (mode: 'full' | 'delta', watermark?: string) => {
    const items: ImportItem[] = [];
    let last: string | undefined;
    for await (const batch of session.import({
      partition: session.partitions[0]!,
      mode,
      attributes: new Set(wanted),
      objectTypes: new Set(['user', 'group', 'contact', 'device']),
      signal,
      warn: () => {},
      ...(watermark === undefined ? {} : { watermark }),
    })) {
      items.push(...batch.items);
      last = batch.watermark ?? last;
    }
    return { items, watermark: last! };
  };
  const first = await importAll('full');
  assert.deepEqual(first.items, []);
  const results = await session.export!(
    [
      add(1, 'anchor-ana', 'user', {
        displayName: 'Ana',
        userPrincipalName: 'ana@contoso.com',
        accountEnabled: true,
        alias: 'ana',
      }),
      add(
        2,
        'anchor-bob',
        'user',
        { displayName: 'Bob', userPrincipalName: 'bob@contoso.com', accountEnabled: true, alias: 'bob' },
        {
          manager: { added: [{ dn: dnOfSourceAnchor('anchor-ana') }], removed: [] },
        },
      ),
      add(
        3,
        'anchor-team',
        'group',
        { displayName: 'Team', securityEnabled: true },
        {
          member: {
            added: [{ dn: dnOfSourceAnchor('anchor-ana') }, { dn: dnOfSourceAnchor('anchor-bob') }],
            removed: [],
          },
        },
      ),
    ],
    signal,
  );
  assert.deepEqual(
    results.map((r) => r.outcome),
    ['success', 'success', 'success'],
  );
  const anchors = results.map((r) => (r.outcome === 'success' ? r.anchor! : ''));
  assert.match(anchors[0]!, /^User_[0-9a-f-]{36}$/);

  const full = await importAll('full');
  assert.equal(full.items.length, 3);
  const group = full.items.find((i) => i.kind === 'object' && i.objectType === 'group');
  assert.ok(group?.kind === 'object');
  assert.deepEqual(new Set(group.references.member!.map((t) => t.anchor)), new Set(anchors.slice(0, 2)));
  const bob = full.items.find((i) => i.kind === 'object' && i.anchor === anchors[1]);
  assert.deepEqual(bob, {
    kind: 'object',
    anchor: anchors[1],
    dn: dnOfSourceAnchor('anchor-bob'),
    objectType: 'user',
    attributes: {
      displayName: 'Bob',
      userPrincipalName: 'bob@contoso.com',
      sourceAnchor: 'anchor-bob',
      cloudAnchor: anchors[1],
      cloudMastered: false,
    },
    references: { manager: [{ anchor: anchors[0] }] },
  });

  const quiet = await importAll('delta', full.watermark);
  assert.deepEqual(quiet.items, []);
  const update: ExportRequest = {
    id: 4,
    operation: 'update',
    anchor: anchors[2]!,
    dn: dnOfSourceAnchor('anchor-team'),
    objectType: 'group',
    attributes: {},
    before: {},
    references: { member: { added: [], removed: [{ anchor: anchors[0]! }] } },
    attempt: 0,
  };
  const remove: ExportRequest = {
    id: 5,
    operation: 'delete',
    anchor: anchors[1]!,
    dn: dnOfSourceAnchor('anchor-bob'),
    objectType: 'user',
    attributes: {},
    before: {},
    references: {},
    attempt: 0,
  };
  assert.deepEqual(
    (await session.export!([update, remove], signal)).map((r) => r.outcome),
    ['success', 'success'],
  );
  const delta = await importAll('delta', quiet.watermark);
  assert.deepEqual(
    delta.items.find((i) => i.kind === 'delete'),
    { kind: 'delete', anchor: anchors[1] },
  );
  // The two removals may come in two pages.
  const removed = delta.items.flatMap((i) =>
    i.kind === 'change' && i.anchor === anchors[2] && i.references.member && 'removed' in i.references.member
      ? i.references.member.removed.map((t) => t.anchor)
      : [],
  );
  assert.deepEqual(new Set(removed), new Set(anchors.slice(0, 2)));
  // From the beginning the delta shows everything that happened since.
  const all = await importAll('delta', first.watermark);
  assert.equal(all.items.filter((i) => i.kind === 'object').length, 2);

  await session.finalizeExport!({ attempted: 2, succeeded: 2 }, signal);
  const back = await session.readBack!([update, remove], signal);
  assert.equal(back[0]!.object?.attributes.displayName, 'Team');
  assert.equal(back[1]!.object, undefined);
});

test('only an app that is a synchronization client may use the sync plane', async () => {
  const tenant = testTenant();
  const call = await caller(tenant, graphApp, 'http://tenant.test');
  const denied = await call('GET', '/sync/v1/capabilities');
  assert.equal(denied.status, 403);
  assert.equal(denied.body.error.code, 'AccessDenied');
  const sync = await syncCaller(tenant);
  assert.equal((await sync('GET', '/sync/v1/capabilities')).body.maxObjects, 500);
  assert.equal((await sync('GET', '/sync/v1/company')).body.initialDomain, 'contoso.onmicrosoft.com');
  assert.equal((await sync('POST', '/sync/v1/read-back', { cookie: 'nonsense' })).status, 410);
  await assert.rejects(connectorTo(tenant, { secret: 'wrong' }).open(signal), /AADSTS7000215/);
  assert.ok(await tokenFor(tenant, syncApp));
});

test('Graph reads what was provisioned', async () => {
  const tenant = testTenant();
  const session = await connectorTo(tenant).open(signal);
  await session.export!(
    Array.from({ length: 7 }, (_, i) =>
      add(i, `a${i}`, 'user', {
        displayName: `User ${i}`,
        userPrincipalName: `u${i}@contoso.com`,
        accountEnabled: true,
        alias: `u${i}`,
      }),
    ),
    signal,
  );
  const graph = await caller(tenant);
  const page = await graph('GET', '/users?$top=3&$select=displayName,onPremisesSyncEnabled,onPremisesImmutableId');
  assert.equal(page.status, 200);
  assert.deepEqual(page.body.value[0], {
    displayName: 'User 0',
    onPremisesSyncEnabled: true,
    onPremisesImmutableId: 'a0',
    id: page.body.value[0].id,
  });
  let next = page.body['@odata.nextLink'] as string | undefined;
  let seen = page.body.value.length;
  while (next) {
    const more: { body: { value: unknown[]; '@odata.nextLink'?: string } } = await graph('GET', next);
    seen += more.body.value.length;
    next = more.body['@odata.nextLink'];
  }
  assert.equal(seen, 7);
  const one = await graph('GET', '/users/u3@contoso.com');
  assert.equal(one.body.displayName, 'User 3');
  assert.equal((await graph('GET', '/users/nobody@contoso.com')).status, 404);
  assert.equal((await graph('GET', '/users/$count', undefined, { consistencylevel: 'eventual' })).body, '7');
});
