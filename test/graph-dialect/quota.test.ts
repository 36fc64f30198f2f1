/** Writes under the throttling profile of the tenant, on a simulated clock (entra-directory s.5.12). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { writesOfWork } from '../../src/connectors/entra/graph-links.ts';
import { graphSchema } from '../../src/connectors/entra/graph-names.ts';
import { QuotaPlanner } from '../../src/connectors/entra/graph-quota.ts';
import { makePlan } from '../../src/diagnosis/plan/plan.ts';
import { createEngine } from '../../src/sync/context.ts';
import { runCycle } from '../../src/sync/cycle.ts';
import { workOf } from '../../src/sync/forecast.ts';
import { tempDirectory } from '../support/temp.ts';
import { DialectLab, Directory } from './lab.ts';
import { addGroup, codesOf, type GraphWorld, graphConnector, graphWorld, signal } from './support.ts';

const throttled = { settings: { switches: { throttling: 'M' as const } } };

/** Counts the answers 429 in batches and outside of them. */
function counting(world: GraphWorld) {
  const seen = { refusals: 0, batches: 0 };
  const fetch = async (request: Request): Promise<Response> => {
    const answer = await world.tenant.fetch(request);
    if (answer.status === 429) seen.refusals++;
    if (!request.url.endsWith('/$batch')) return answer;
    seen.batches++;
    const text = await answer.text();
    seen.refusals += text.split('"status":429').length - 1;
    return new Response(text, answer);
  };
  return { seen, fetch };
}

/** Makes so many groups, 500 at a time as the engine does; returns the seconds it took. */
async function makeGroups(
  world: GraphWorld,
  session: GraphWorld['session'],
  prefix: string,
  count: number,
): Promise<number> {
  const began = world.tenant.now();
  for (let done = 0; done < count; done += 500) {
    const requests = Array.from({ length: Math.min(500, count - done) }, (_, i) => addGroup(`${prefix}${done + i}`));
    for (const result of (await session.export?.(requests, signal)) ?? []) assert.deepEqual(codesOf(result), []);
  }
  return (world.tenant.now() - began) / 1000;
}

test('at least 98 % of the allowed writes are used, and nothing is ever refused', async () => {
  using world = await graphWorld(throttled);
  const { seen, fetch } = counting(world);
  const session = (await graphConnector(world.tenant, { fetch }).open(signal)) as GraphWorld['session'];
  const predicted = session.forecast(4500).durationMs / 1000;
  const seconds = await makeGroups(world, session, 'a', 4500);
  const share = 4500 / (3000 + 20 * seconds);
  assert.ok(share >= 0.98 && share <= 1.01, `${(share * 100).toFixed(1)} % in ${seconds} s`);
  assert.equal(seen.refusals, 0);
  assert.ok(Math.abs(predicted - seconds) < 0.05 * seconds, `predicted ${predicted} s, took ${seconds} s`);
});

test('the engine asks for the forecast of a whole export and tells it with every step; a plan tells the same', async () => {
  const folder = tempDirectory('graph-forecast');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  const people = Array.from({ length: 260 }, (_, i) => `p${i}`);
  for (const name of people) directory.user(name);
  directory.group('Staff', people.slice(0, 105));
  directory.save();
  const limits = { writes: { limit: 100, seconds: 10 } };
  using lab = await new DialectLab('graph', path, undefined, { limits }).open();
  await runCycle({ ...lab.env, staging: true }, { policy: 'initial', retryAll: true }, signal);
  const engine = createEngine(lab.env);
  const planned = await makePlan(engine, { signal });
  const began = lab.tenant.now();
  lab.progress.length = 0;
  assert.equal((await lab.cycle()).outcome, 'clean');
  const seconds = (lab.tenant.now() - began) / 1000;
  // 261 objects, and 105 members in six writes: 100 at once, the others ten a second.
  assert.ok(Math.abs(seconds - 16.7) < 1, `${seconds} s`);
  const told = lab.progress.filter((p) => p.finishesAt !== undefined);
  assert.deepEqual(
    [...new Set(told.map((p) => p.step))],
    ['export add', 'export references'],
    JSON.stringify(lab.progress),
  );
  for (const { finishesAt = 0, step } of told)
    assert.ok(Math.abs(finishesAt - lab.tenant.now()) <= 1000, `${step}: ${finishesAt} and ended ${lab.tenant.now()}`);
  const { estimate } = planned.connectors.find((c) => c.connector === 'cloud') ?? {};
  assert.deepEqual(estimate, { writes: 267, seconds: 17, quota: { writes: 100, windowSeconds: 10 } });
  assert.ok(
    lab.logged.every((line) => !line.includes('minutes')),
    'half a minute is not worth a line',
  );
  folder.remove();
});

test('a forecast counts what exchanges take besides: letting go of a value, and other values apart from it', async () => {
  const folder = tempDirectory('graph-forecast-exchanges');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  const people = ['ada', 'bob', 'cyd', 'dan', 'eva', 'flo'];
  for (const name of people) directory.user(name, { mail: `${name}.mail@contoso.com` });
  directory.save();
  using lab = await new DialectLab('graph', path).open();
  assert.equal((await lab.cycle('initial')).outcome, 'clean');
  await lab.settle();
  // Two who swap their names, one of them with a new department; one takes the address that another one changes; one change
  // of a name that nobody has; one without a name, with a photo.
  directory.change('ada', { userPrincipalName: 'bob@contoso.com', department: 'Sales' });
  directory.change('bob', { userPrincipalName: 'ada@contoso.com' });
  directory.change('cyd', { mail: 'dan.mail@contoso.com' });
  directory.change('dan', { mail: 'new.mail@contoso.com' });
  directory.change('eva', { userPrincipalName: 'eva.new@contoso.com' });
  directory.change('flo', { department: 'Sales', 'thumbnailPhoto:': '/9j/4A==' });
  directory.save();
  await runCycle({ ...lab.env, staging: true }, { policy: 'delta', retryAll: true }, signal);
  const engine = createEngine(lab.env);
  const { row } = engine.all.find((c) => c.row.name === 'cloud')!;
  const work = workOf(engine, row.id, graphSchema(), Number.MAX_SAFE_INTEGER);
  assert.deepEqual([work.update, work.more], [6, 5], 'ada, bob and dan let go; ada is written once more; a photo');
  lab.writes.length = 0;
  assert.equal((await lab.cycle()).outcome, 'clean');
  assert.equal(lab.writes.length, 11, lab.writes.join('\n'));
  assert.equal(writesOfWork(work), lab.writes.length);
  folder.remove();
});

test('when others have used up the quota one refusal is enough to know', async () => {
  using world = await graphWorld(throttled);
  await makeGroups(world, world.session, 'before', 3000);
  const { seen, fetch } = counting(world);
  // A new process: it believes that the quota is untouched.
  const session = (await graphConnector(world.tenant, { fetch }).open(signal)) as GraphWorld['session'];
  const seconds = await makeGroups(world, session, 'b', 1500);
  const share = 1500 / (20 * seconds);
  assert.ok(share >= 0.98, `${(share * 100).toFixed(1)} % in ${seconds} s`);
  assert.equal(session.quota.refusals, 1);
  assert.ok(seen.refusals <= 20, 'the items of one batch');
});

test('the planner waits no longer than it must, slows down when refused again, and recovers', async () => {
  let now = 0;
  const planner = new QuotaPlanner({
    limits: { writes: { limit: 100, seconds: 10 }, units: { limit: 1000, seconds: 10 } },
    now: () => now,
    wait: async (milliseconds) => {
      now += milliseconds;
    },
  });
  const at = (): number => now;
  await planner.acquire({ writes: 100, units: 100 }, signal);
  assert.equal(at(), 0);
  await planner.acquire({ writes: 20, units: 20 }, signal);
  assert.equal(at(), 2000);
  assert.equal(planner.forecast(50).durationMs, 5000);
  planner.refused('writes', 3000);
  await planner.acquire({ writes: 1, units: 1 }, signal);
  assert.equal(at(), 5000);
  assert.equal(planner.forecast(0).writesPerSecond, 10);
  now += 2000;
  planner.refused('writes', 0);
  assert.equal(planner.forecast(0).writesPerSecond.toFixed(3), '9.000');
  for (let minute = 0; minute < 5; minute++) {
    now += 61_000;
    await planner.acquire({ writes: 1, units: 1 }, signal);
  }
  assert.equal(planner.forecast(0).writesPerSecond, 10);
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await assert.rejects(planner.acquire({ writes: 1, units: 1 }, stop.signal), /stopped/);
  await planner.acquire({ writes: 1, units: 1 }, signal);
});
