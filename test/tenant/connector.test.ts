import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError, type ExportRequest, type ImportItem } from '../../src/connectors/contract.ts';
import { dnOfSourceAnchor, sourceAnchorOfDn } from '../../src/connectors/entra/sync-names.ts';
import { connectorTo, syncCaller, testTenant } from './support.ts';

const signal = new AbortController().signal;
const user = (id: number, more: Partial<ExportRequest> = {}): ExportRequest => ({
  id,
  operation: 'add',
  dn: dnOfSourceAnchor(`a${id}`),
  objectType: 'user',
  attributes: { displayName: `U${id}`, userPrincipalName: `u${id}@contoso.com`, accountEnabled: true },
  before: {},
  references: {},
  attempt: 0,
  ...more,
});
const group = (id: number, members: readonly string[]): ExportRequest =>
  user(id, {
    objectType: 'group',
    attributes: { displayName: `G${id}`, securityEnabled: true },
    references: { member: { added: members.map((m) => ({ dn: dnOfSourceAnchor(m) })), removed: [] } },
  });

test('the distinguished name is the source anchor in upper-case hexadecimal UTF-8', () => {
  assert.equal(dnOfSourceAnchor('aé='), 'CN={61C3A93D}');
  assert.equal(sourceAnchorOfDn('CN={61c3a93d}'), 'aé=');
  assert.equal(sourceAnchorOfDn('CN=Ana,OU=People'), undefined);
});

test('an answer that does not come makes the outcome unknown, and reading back resolves it', async () => {
  const tenant = testTenant();
  let lose = false;
  const session = await connectorTo(tenant, {
    fetch: async (request) => {
      const answer = await tenant.fetch(request);
      if (lose && request.url.endsWith('/provision'))
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
        });
      return answer;
    },
  }).open(signal);
  lose = true;
  const requests = [user(1), user(2)];
  const results = await session.export!(requests, signal);
  assert.deepEqual(
    results.map((r) => r.outcome),
    ['unknown', 'unknown'],
  );
  const [one, none] = await session.readBack!([requests[0]!, user(3)], signal);
  assert.equal(one!.object?.attributes.displayName, 'U1');
  assert.equal(none!.object, undefined);
});

test('nothing reached the tenant: a failure to be tried again soon', async () => {
  const tenant = testTenant();
  let down = false;
  const session = await connectorTo(tenant, {
    fetch: async (request) => {
      if (down)
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
        });
      return tenant.fetch(request);
    },
  }).open(signal);
  down = true;
  const [result] = await session.export!([user(1)], signal);
  assert.ok(result?.outcome === 'failure');
  assert.deepEqual([result.error.code, result.error.retry], ['cd-connection-error', 'backoff']);
  await assert.rejects(
    async () => {
      for await (const _ of session.import({
        partition: session.partitions[0]!,
        mode: 'full',
        attributes: new Set(),
        objectTypes: new Set(['user']),
        signal,
        warn: () => {},
      }));
    },
    (error: ConnectorError) => error.status === 'stopped-connectivity',
  );
  await assert.rejects(
    connectorTo(tenant, { fetch: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })) }).open(
      signal,
    ),
    (error: ConnectorError) => error.status === 'no-start-connection',
  );
});

test('a busy tenant is waited for as it asks; an expired token is renewed', async () => {
  const tenant = testTenant();
  const waits: number[] = [];
  tenant.setSwitches({ syncPlaneBusyUntil: '1970-01-01T00:00:00Z' });
  const session = await connectorTo(tenant, {
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      tenant.advance(20_000);
    },
  }).open(signal);
  tenant.setSwitches({ syncPlaneBusyUntil: '2026-01-01T12:00:30Z' });
  assert.equal((await session.export!([user(1)], signal))[0]!.outcome, 'success');
  assert.deepEqual(waits, [30_000, 10_000]);
  tenant.advance(2 * 3600 * 1000);
  assert.equal((await session.export!([user(2)], signal))[0]!.outcome, 'success');
  const busy = await connectorTo(tenant, { wait: async () => {} }).open(signal);
  tenant.setSwitches({ syncPlaneBusyUntil: '2027-01-01T00:00:00Z' });
  const [result] = await busy.export!([user(3)], signal);
  assert.ok(result?.outcome === 'failure');
  assert.deepEqual([result.error.code, result.error.retry], ['ServerBusy', 'backoff']);
});

test('errors of objects come with code, facts and what to do about them; the others are written all the same', async () => {
  const tenant = testTenant();
  const session = await connectorTo(tenant).open(signal);
  const sip = { proxyAddresses: ['SIP:x@contoso.com'] };
  const results = await session.export!(
    [
      user(1, { attributes: { ...user(1).attributes, ...sip } }),
      user(2, { attributes: { ...user(2).attributes, ...sip } }),
      user(3, { operation: 'update', attributes: { displayName: 'x' } }),
      user(4, { objectType: 'printer' }),
      user(5, { dn: 'CN=not,OU=ours', attributes: {} }),
      user(6),
      user(7, { operation: 'delete' }),
    ],
    signal,
  );
  const summary = results.map((r) => (r.outcome === 'failure' ? `${r.error.code} ${r.error.retry}` : r.outcome));
  assert.deepEqual(summary, [
    'success',
    'AttributeValueMustBeUnique next-cycle',
    'ObjectNotFound next-cycle',
    'schema-violation never',
    'invalid-dn never',
    'success',
    'success',
  ]);
  const conflict = results[1]!;
  assert.ok(conflict.outcome === 'failure');
  assert.deepEqual([conflict.error.attribute, conflict.error.value], ['SipProxyAddress', 'SIP:x@contoso.com']);
  assert.match(conflict.error.facts?.ObjectIdInConflict ?? '', /^[0-9a-f-]{36}$/);
  const held = await session.export!(
    [user(8, { attributes: { ...user(8).attributes, userPrincipalName: 'u1@contoso.com' } })],
    signal,
  );
  assert.ok(held[0]!.outcome === 'success');
  assert.match(held[0]?.note ?? '', /UserPrincipalName u1@contoso\.com was set aside/);
});

test('more links than a call takes are sent in several, in order; a failed part stops the rest', async () => {
  const tenant = testTenant();
  const bodies: { objects: { operation: string; links?: { member: unknown[] } }[] }[] = [];
  const session = await connectorTo(tenant, {
    fetch: async (request) => {
      if (request.url.endsWith('/provision')) bodies.push(JSON.parse(await request.clone().text()));
      return tenant.fetch(request);
    },
  }).open(signal);
  const people = Array.from({ length: 1000 }, (_, i) => user(i));
  assert.ok((await session.export!(people, signal)).every((r) => r.outcome === 'success'));
  assert.deepEqual(
    bodies.map((b) => b.objects.length),
    [500, 500],
  );
  bodies.length = 0;
  // The same thousand over and over: adding twice is no error.
  const members = Array.from({ length: 31_000 }, (_, i) => `a${i % 1000}`);
  const [result] = await session.export!([group(2000, members)], signal);
  assert.equal(result!.outcome, 'success');
  assert.deepEqual(
    bodies.map((b) => [b.objects[0]?.operation, b.objects[0]?.links?.member.length]),
    [
      ['Add', 15_000],
      ['Set', 15_000],
      ['Set', 1000],
    ],
  );
  bodies.length = 0;
  const [broken] = await session.export!([group(2001, ['nobody', ...members])], signal);
  assert.equal(broken!.outcome, 'failure');
  assert.equal(bodies.length, 1);
});

test('a refused cookie asks for a full import; objects are read whole on request', async () => {
  const tenant = testTenant();
  const session = await connectorTo(tenant).open(signal);
  await session.export!([user(1), group(2, ['a1'])], signal);
  const request = {
    partition: session.partitions[0]!,
    attributes: new Set(['displayName', 'member', 'sourceAnchor']),
    objectTypes: new Set(['user', 'group']),
    signal,
    warn: () => {},
  };
  const read = async (mode: 'full' | 'delta', watermark?: string) => {
    const items: ImportItem[] = [];
    let last: string | undefined;
    for await (const batch of session.import({ ...request, mode, ...(watermark ? { watermark } : {}) })) {
      items.push(...batch.items);
      last = batch.watermark ?? last;
    }
    return { items, watermark: last };
  };
  const full = await read('full');
  const isRefused = (error: ConnectorError) => error instanceof ConnectorError && error.code === 'full-import-required';
  await assert.rejects(read('delta'), isRefused);
  await assert.rejects(read('delta', '{"cookie":"xyz"}'), isRefused);
  tenant.reset();
  await assert.rejects(read('delta', full.watermark), isRefused);
  await session.export!([user(1), group(2, ['a1'])], signal);
  const again = await read('full');
  const anchors = again.items.flatMap((i) => (i.kind === 'object' ? [i.anchor] : []));
  const whole = await session.read!([...anchors, 'User_11111111-1111-1111-1111-111111111111'], {
    ...request,
    mode: 'delta',
  });
  assert.deepEqual(
    whole.map((o) => o.kind),
    ['object', 'object', 'delete'],
  );
  const team = whole.find((o) => o.kind === 'object' && o.objectType === 'group');
  assert.ok(team?.kind === 'object');
  assert.deepEqual(team.references.member, [{ anchor: anchors.find((a) => a.startsWith('User_')) }]);
});

test('updates of the source anchor, cleared values, and what changes nothing', async () => {
  const tenant = testTenant();
  const session = await connectorTo(tenant).open(signal);
  const [made] = await session.export!([user(1, { attributes: { ...user(1).attributes, title: 'Boss' } })], signal);
  assert.ok(made?.outcome === 'success');
  const update = (attributes: ExportRequest['attributes']) =>
    session.export!([user(1, { operation: 'update', anchor: made.anchor!, attributes })], signal);
  assert.equal((await update({ title: null }))[0]!.outcome, 'success');
  const sync = await syncCaller(tenant);
  const cookie = async () => (await sync('POST', '/sync/v1/read-back', {})).body;
  const before = await cookie();
  assert.equal(before.objects[0].properties.title, undefined);
  assert.equal((await update({ displayName: 'U1' }))[0]!.outcome, 'success');
  const quiet = await sync('POST', '/sync/v1/read-back', { cookie: before.cookie });
  assert.deepEqual(quiet.body.objects, [], 'writing what is there already is no change');
});
