/** A service that stumbles: busy, broken, cut off (entra-directory s.5.7, 5.10, 5.12). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUser, codesOf, graphConnector, graphWorld, signal } from './support.ts';

interface BatchItem {
  readonly id: string;
  readonly method: string;
  readonly url: string;
}

/** Answers the writes of a batch instead of the tenant, as long as the function has an answer. */
function stumbling(world: Awaited<ReturnType<typeof graphWorld>>, answer: (item: BatchItem) => object | undefined) {
  return async (request: Request): Promise<Response> => {
    if (!request.url.endsWith('/$batch')) return world.tenant.fetch(request);
    const { requests } = (await request.clone().json()) as { requests: BatchItem[] };
    const own = requests.flatMap((item) => {
      const instead = item.method === 'GET' ? undefined : answer(item);
      return instead ? [{ id: item.id, ...instead }] : [];
    });
    if (own.length === 0) return world.tenant.fetch(request);
    const rest = requests.filter((item) => own.every((o) => o.id !== item.id));
    const real = rest.length === 0 ? [] : await forward(world, request, rest);
    return Response.json({ responses: [...real, ...own] });
  };
}
async function forward(
  world: Awaited<ReturnType<typeof graphWorld>>,
  request: Request,
  requests: readonly BatchItem[],
) {
  const body = JSON.stringify({ requests });
  const answer = await world.tenant.fetch(new Request(request.url, { method: 'POST', headers: request.headers, body }));
  return ((await answer.json()) as { responses: object[] }).responses;
}

test('a busy item is sent again when it may be, the others are not sent twice', async () => {
  using world = await graphWorld();
  let busy = 2;
  const fetch = stumbling(world, () => (busy-- > 0 ? { status: 503, headers: { 'Retry-After': '7' } } : undefined));
  const session = await graphConnector(world.tenant, { fetch }).open(signal);
  const began = world.tenant.now();
  const results = await session.export?.([addUser('a'), addUser('b'), addUser('c')], signal);
  assert.deepEqual(
    results?.map((r) => codesOf(r)),
    [[], [], []],
  );
  assert.equal(world.tenant.now() - began, 7000);
  assert.equal((await world.graph('GET', '/users')).body.value.length, 3);
});

test('a server error says nothing about what was done: unknown; a missing answer too', async () => {
  using world = await graphWorld();
  const fetch = stumbling(world, (item) => (item.id === '0' ? { status: 500 } : undefined));
  const session = await graphConnector(world.tenant, { fetch }).open(signal);
  const results = await session.export?.([addUser('a'), addUser('b')], signal);
  assert.deepEqual(
    results?.map((r) => r.outcome),
    ['unknown', 'success'],
  );
  const silent = await graphConnector(world.tenant, {
    fetch: async (request) => {
      const answer = await world.tenant.fetch(request);
      if (!request.url.endsWith('/$batch')) return answer;
      const { responses } = (await answer.json()) as { responses: { status: number }[] };
      return Response.json({ responses: responses.filter((r) => r.status !== 201) });
    },
  }).open(signal);
  assert.equal((await silent.export?.([addUser('c')], signal))?.[0]?.outcome, 'unknown');
});

test('a service that cannot be reached fails the run before anything is written, with a way out', async () => {
  using world = await graphWorld();
  let down = false;
  const session = await graphConnector(world.tenant, {
    fetch: async (request) => {
      if (down) throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
      return world.tenant.fetch(request);
    },
  }).open(signal);
  down = true;
  await assert.rejects(async () => session.export?.([addUser('a')], signal), { code: 'dropped-connection' });
});

test('a stopped run sends nothing more', async () => {
  using world = await graphWorld();
  const stop = new AbortController();
  const fetch = async (request: Request): Promise<Response> => {
    if (request.url.includes('transitiveMembers') || request.url.includes('roleEligibility'))
      stop.abort(new Error('stopped'));
    return world.tenant.fetch(request);
  };
  const session = await graphConnector(world.tenant, { fetch }).open(signal);
  await assert.rejects(async () => session.export?.([addUser('a')], stop.signal));
  assert.equal((await world.graph('GET', '/users')).body.value.length, 0);
});
