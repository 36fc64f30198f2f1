/** What a real cloud does to its callers over hours: limits told as a time, breaks in the middle, tokens that end, pages that come twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError, type ImportBatch, type ImportRequest } from '../../src/connectors/contract.ts';
import { dnOfSourceAnchor } from '../../src/connectors/entra/sync-names.ts';
import { tenantId } from '../tenant/support.ts';
import {
  addGroup,
  addUser,
  anchorOf,
  change,
  codesOf,
  type GraphWorld,
  graphConnector,
  graphWorld,
  members,
  signal,
} from './support.ts';

interface Item {
  readonly id: string;
  readonly method: string;
  readonly url: string;
}
type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: object };

/** A session whose calls go through the function; `sent` are the writes that left, `calls` everything. */
async function through(
  world: GraphWorld,
  handle: (request: Request, items: readonly Item[], on: () => Promise<Response>) => Promise<Response>,
) {
  const calls: string[] = [];
  const sent: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const isBatch = request.url.endsWith('/$batch');
    const items = isBatch ? ((await request.clone().json()) as { requests: Item[] }).requests : [];
    calls.push(request.url);
    sent.push(...items.filter((i) => i.method !== 'GET').map((i) => `${i.method} ${i.url}`));
    return handle(request, items, () => world.tenant.fetch(request));
  };
  const session = (await graphConnector(world.tenant, { fetch }).open(signal)) as GraphWorld['session'];
  calls.length = 0;
  return { session, calls, sent };
}
const isWrites = (items: readonly Item[]) => items.some((i) => i.method !== 'GET');
const batchOf = (items: readonly Item[], reply: Reply) =>
  Response.json({ responses: items.map(({ id }) => ({ id, ...reply })) });
const broken = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ error: { code: 'UnknownError', message: 'It broke.' } }, { status, headers });

const wanted = new Set(['displayName', 'title', 'department', 'sourceAnchor']);
const request = (mode: 'full' | 'delta', watermark?: string): ImportRequest => ({
  partition: { name: tenantId },
  mode,
  attributes: wanted,
  objectTypes: new Set(['user']),
  signal,
  warn: () => {},
  ...(watermark === undefined ? {} : { watermark }),
});
async function collect(batches: AsyncIterable<ImportBatch>) {
  const items: ImportBatch['items'][number][] = [];
  let watermark = '';
  for await (const batch of batches) {
    items.push(...batch.items);
    watermark = batch.watermark ?? watermark;
  }
  return { items, watermark };
}

test('Retry-After as a time, of one item and of a whole batch: so long is waited, and nothing is sent twice', async () => {
  using world = await graphWorld();
  const at = (ms: number) => new Date(ms).toUTCString();
  let busy: 'item' | 'batch' | 'no' = 'item';
  const { session, sent } = await through(world, async (_, items, on) => {
    if (!isWrites(items) || busy === 'no') return on();
    const was = busy;
    busy = was === 'item' ? 'batch' : 'no';
    if (was === 'item')
      return batchOf(items, { status: 429, headers: { 'Retry-After': at(world.tenant.now() + 9000) } });
    // The clock of the service is an hour ahead, so its time means what its own Date says.
    const service = world.tenant.now() + 3_600_000;
    return broken(429, { 'retry-after': at(service + 20_000), date: at(service) });
  });
  const began = world.tenant.now();
  const results = await session.export!([addUser('a'), addUser('b')], signal);
  assert.deepEqual(results.map(codesOf), [[], []]);
  const waited = world.tenant.now() - began;
  assert.ok(waited >= 29_000 && waited <= 29_200, `${waited} ms: 9 s and 20 s, and what the planner takes`);
  assert.equal(sent.length, 6, 'both, three times, of which two were refused');
  assert.equal(world.tenant.objectCounts().user, 2);
});

test('503 without a word when to come back: what is made is unknown, what can be repeated is repeated', async () => {
  using world = await graphWorld();
  const [made] = await world.send(addUser('a'));
  let busy = 1;
  const { session, sent } = await through(world, async (_, items, on) => {
    if (!isWrites(items) || busy-- <= 0) return on();
    await on(); // Somebody between us and the service gave up, the service did not.
    return broken(503);
  });
  const results = await session.export!(
    [change(addUser('a'), anchorOf(made), { attributes: { title: 'Engineer' } }), addUser('b')],
    signal,
  );
  assert.deepEqual(
    results.map((r) => r.outcome),
    ['success', 'unknown'],
  );
  assert.equal(sent.filter((s) => s === 'POST /users').length, 1, 'a create is never repeated blindly');
  const [back] = await session.readBack!([addUser('b')], signal);
  assert.equal(back?.object?.dn, dnOfSourceAnchor('b'));
});

test('504 after the write was done: unknown, found by reading back', async () => {
  using world = await graphWorld();
  let once = true;
  const { session, sent } = await through(world, async (_, items, on) => {
    if (!isWrites(items) || !once) return on();
    once = false;
    await on();
    return broken(504);
  });
  const [result] = await session.export!([addUser('a')], signal);
  assert.equal(result?.outcome, 'unknown');
  const [back] = await session.readBack!([addUser('a')], signal);
  assert.equal(back?.object?.dn, dnOfSourceAnchor('a'));
  assert.equal(sent.length, 1);
});

test('a request that the service cannot read spoils its batch, not the other nineteen', async () => {
  using world = await graphWorld();
  const [made] = await world.send(addUser('spoiler'));
  const spoiler = change(addUser('spoiler'), anchorOf(made), { attributes: { title: 'x' } });
  const { session } = await through(world, async (_, items, on) =>
    items.some((i) => i.method === 'PATCH') ? broken(400) : on(),
  );
  const results = await session.export!([...['a', 'b', 'c', 'd', 'e'].map((name) => addUser(name)), spoiler], signal);
  assert.deepEqual(results.map(codesOf), [[], [], [], [], [], ['failure: DataValidationFailed']]);
});

test('what was made a moment ago is not known everywhere: its photo, its manager and its groups wait a little', async () => {
  using world = await graphWorld();
  const [staff] = await world.send(addGroup('staff'));
  const made = new Set<string>();
  let unknown = 0;
  const { session } = await through(world, async (_, items, on) => {
    const late =
      unknown > 0 && isWrites(items) && items.some((i) => [...made].some((id) => JSON.stringify(i).includes(id)));
    if (late && unknown-- > 0)
      return batchOf(items, {
        status: 404,
        body: { error: { code: 'Request_ResourceNotFound', message: 'Not yet.' } },
      });
    // The copy that is asked for them has not heard of them either.
    if (unknown > 0 && items.some((i) => /^\/users\?.*filter=id/.test(i.url)))
      return batchOf(items, { status: 200, body: { value: [] } });
    const answer = await on();
    const text = isWrites(items) ? await answer.clone().text() : '';
    for (const [, id = ''] of text.matchAll(/"id":"([0-9a-f-]{36})"/g)) made.add(id);
    return answer;
  });
  unknown = 2;
  const people = [addUser('a', { thumbnailPhoto: { base64: '/9j/4A==' } }), addUser('b')];
  const began = world.tenant.now();
  const results = await session.export!(people, signal);
  assert.deepEqual(results.map(codesOf), [[], []]);
  assert.ok(world.tenant.now() - began >= 6000, 'two pauses');
  assert.equal((await world.graph('GET', '/users/a@contoso.com/photo')).status, 200);
  unknown = 2;
  const [a, b] = results.map(anchorOf) as [string, string];
  const joined = change(addGroup('staff'), anchorOf(staff), { references: members([a, b]) });
  const led = change(addUser('a'), a, { references: { manager: { added: [{ anchor: b }], removed: [] } } });
  assert.deepEqual((await session.export!([joined, led], signal)).map(codesOf), [[], []]);
  assert.equal((await world.graph('GET', `/groups/${anchorOf(staff).split('_')[1]}/members`)).body.value.length, 2);
  // Who is gone for good is no matter of patience.
  assert.equal((await world.graph('DELETE', `/users/${b.split('_')[1]}`)).status, 204);
  world.tenant.advance(600_000);
  const later = world.tenant.now();
  const lost = await session.export!([led], signal);
  assert.deepEqual(lost.map(codesOf), [['failure: cd-missing-object']]);
  assert.ok(world.tenant.now() - later < 1000);
});

test('a long import outlives breaks, a limit, and its token', async () => {
  using world = await graphWorld();
  await world.send(...Array.from({ length: 450 }, (_, i) => addUser(`u${i}`)));
  const trouble: (() => Response | never)[] = [
    () => broken(504),
    () => broken(500),
    () => {
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
    },
    () => broken(429, { 'Retry-After': '3' }),
    () => broken(503, { 'Retry-After': '2' }),
    () => Response.json({ error: { code: 'InvalidAuthenticationToken', message: 'expired' } }, { status: 401 }),
  ];
  let pages = 0;
  const { session, calls } = await through(world, async (r, _, on) => {
    if (!r.url.includes('/users/delta')) return on();
    const happens = pages++ > 0 ? trouble.shift() : undefined;
    return happens ? happens() : on();
  });
  const { items } = await collect(session.import(request('full')));
  assert.equal(new Set(items.map((i) => (i.kind === 'object' ? i.dn : ''))).size, 450);
  assert.equal(trouble.length, 0);
  assert.equal(calls.filter((url) => url.includes('/token')).length, 1, 'a new token, once');
});

test('who gives tokens is away for a minute when one is to be renewed: the one there is serves until it ends', async () => {
  using world = await graphWorld();
  let away = false;
  const { session } = await through(world, async (r, _, on) => (away && r.url.endsWith('/token') ? broken(503) : on()));
  away = true;
  world.tenant.advance(3540 * 1000);
  assert.deepEqual((await session.export!([addUser('a')], signal)).map(codesOf), [[]]);
  world.tenant.advance(120 * 1000);
  const isAway = (e: unknown) => e instanceof ConnectorError && e.status === 'no-start-connection';
  await assert.rejects(async () => session.export!([addUser('b')], signal), isAway);
  away = false;
  assert.deepEqual((await session.export!([addUser('b')], signal)).map(codesOf), [[]]);
});

test('a service that stays broken ends the import after a few tries, as a matter of the connection', async () => {
  using world = await graphWorld();
  for (const [status, code] of [
    [500, 'dropped-connection'],
    [503, 'UnknownError'],
  ] as const) {
    let tries = 0;
    const { session } = await through(world, async (r, _, on) => {
      if (!r.url.includes('/users/delta')) return on();
      tries++;
      return broken(status);
    });
    const ended = (e: unknown) => e instanceof ConnectorError && e.code === code && e.status === 'stopped-connectivity';
    await assert.rejects(collect(session.import(request('full'))), ended);
    assert.ok(tries > 1 && tries <= 8, `${tries} tries`);
  }
});

test('a token of pages that ends in the middle of an import asks for a full one; a page that leads to itself ends it', async () => {
  using world = await graphWorld();
  await world.send(...Array.from({ length: 250 }, (_, i) => addUser(`u${i}`)));
  const { watermark } = await collect(world.session.import(request('full')));
  let pages = 0;
  let how: 'gone' | 'circle' = 'gone';
  const { session } = await through(world, async (r, _, on) => {
    if (!r.url.includes('/users/delta')) return on();
    if (how === 'circle') return Response.json({ value: [], '@odata.nextLink': r.url });
    return ++pages < 2 ? on() : broken(410);
  });
  const isRequired = (e: unknown) => e instanceof ConnectorError && e.code === 'full-import-required';
  await assert.rejects(collect(session.import(request('full'))), isRequired);
  await assert.rejects(collect(session.import(request('delta', watermark))), isRequired);
  how = 'circle';
  const isBroken = (e: unknown) => e instanceof ConnectorError && e.code === 'dropped-connection';
  await assert.rejects(collect(session.import(request('delta', watermark))), isBroken);
});

test('changes: both kinds of removal, an object on two pages, what is not mentioned stays, null clears', async () => {
  using world = await graphWorld();
  const { watermark } = await collect(world.session.import(request('full')));
  const id = (n: number) => `${n}0000000-0000-4000-8000-000000000000`;
  const link = (/"user":"([^"]*)"/.exec(watermark) ?? [])[1] ?? '';
  const first = [
    { id: id(1), '@removed': { reason: 'changed' } },
    { id: id(2), '@removed': { reason: 'deleted' } },
    { id: id(3), onPremisesImmutableId: 'c', jobTitle: 'before' },
  ];
  const second = [
    { id: id(3), onPremisesImmutableId: 'c', jobTitle: 'after', department: null },
    { id: id(4), displayName: 'of the cloud' },
    { id: id(5), onPremisesImmutableId: null },
  ];
  let pages = 0;
  const { session } = await through(world, async (r, _, on) => {
    if (!r.url.includes('/users/delta')) return on();
    return ++pages === 1
      ? Response.json({ value: first, '@odata.nextLink': `${link}x` })
      : Response.json({ value: second, '@odata.deltaLink': link });
  });
  const { items } = await collect(session.import(request('delta', watermark)));
  const anchor = (n: number) => `User_${id(n)}`;
  const of = { objectType: 'user', references: {}, kind: 'change' };
  assert.deepEqual(items, [
    { kind: 'delete', anchor: anchor(1) },
    { kind: 'delete', anchor: anchor(2) },
    { ...of, anchor: anchor(3), dn: dnOfSourceAnchor('c'), attributes: { title: 'before', sourceAnchor: 'c' } },
    {
      ...of,
      anchor: anchor(3),
      dn: dnOfSourceAnchor('c'),
      attributes: { title: 'after', department: null, sourceAnchor: 'c' },
    },
    // Whether this one is ours is not said: the engine reads it, and then it is none.
    { ...of, anchor: anchor(4), attributes: { displayName: 'of the cloud' } },
    { kind: 'delete', anchor: anchor(5) },
  ]);
  assert.deepEqual(await session.read?.([anchor(4)], request('delta')), [{ kind: 'delete', anchor: anchor(4) }]);
});
