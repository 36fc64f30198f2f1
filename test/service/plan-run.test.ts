/** A plan is carried out by the running service: exactly what it says, or nothing. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { causeway } from '../cli/command.ts';
import { waitFor } from '../support/wait.ts';
import { createWorld, ldifOf, type RunningService, startWorld, type World } from './world.ts';

let world: World;
let running: RunningService;
const file = () => world.path('the.plan');
const plan = () => causeway(['--config', world.configFile, '--json', 'plan', '--out', file()]);
const syncPlan = (...options: string[]) =>
  causeway(['--config', world.configFile, '--json', 'sync', '--plan', file(), ...options]);
const staging = (on: boolean) => running.send('PATCH', '/scheduler', { StagingModeEnabled: on });
type Work = {
  id: number;
  state: string;
  order: { kind: string };
  result?: { outcome: string };
  error?: { code: string };
};
const ended = async (id: number) =>
  waitFor('the end of the work', async () => {
    const work = await running.get<Work>(`/work/${id}`);
    return /done|failed/.test(work.state) && work;
  });
const audited = async (action: string) =>
  (await running.get<{ items: { who: string; outcome: string; after: never }[] }>(`/audit?action=${action}`)).items;

before(async () => {
  world = await createWorld({ users: 5 });
  running = await startWorld(world);
  await staging(true);
  await running.service.cycle('initial');
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test('a plan of a system in staging mode is refused, and nothing is exported', async () => {
  assert.equal((await plan()).code, 0);
  const refused = await syncPlan();
  assert.equal(refused.code, 1);
  assert.equal(refused.json<{ error: { code: string } }>().error.code, 'plan-staging');
});

test('"sync --plan" goes through the service, as a run like any other, and is audited', async () => {
  await staging(false);
  const made = (await plan()).json<{ connectors: { connector: string; counts: { add: number } }[] }>();
  assert.equal(made.connectors.find((c) => c.connector === 'cloud')?.counts.add, 6);
  const done = await syncPlan();
  assert.equal(done.code, 0, done.out + done.err);
  const { runs, outcome } = done.json<{ outcome: string; runs: { run: number; counters: Record<string, number> }[] }>();
  assert.equal(outcome, 'clean');
  const counted = await running.get<{ counters: Record<string, number>; profile: string }>(`/runs/${runs[0]?.run}`);
  assert.deepEqual([counted.profile, counted.counters['export-add']], ['export', 6]);
  const [entry] = await audited('run-plan');
  assert.equal(entry?.outcome, 'done');
  const after = entry?.after as { created: string; connectors: { connector: string; writes: number }[] };
  assert.equal(after.connectors.find((c) => c.connector === 'cloud')?.writes !== 0, true);
  const [work] = await running.get<Work[]>('/work');
  assert.equal(work?.order.kind, 'plan');
  assert.ok(!JSON.stringify(work).includes('causewayPlan'), 'the file itself is not repeated');
});

test('a plan whose inputs moved is refused with what moved', async () => {
  const late = await syncPlan();
  assert.equal(late.code, 1);
  const { error } = late.json<{ error: { code: string; message: string } }>();
  assert.equal(error.code, 'plan-moved');
  assert.match(error.message, /exports are not pending any more/);
});

test('a damaged file is refused with the place, before anything waits', async () => {
  const post = (text: string) =>
    running.fetch('/api/v1/plan-runs', { method: 'POST', body: text, headers: { 'content-type': 'application/json' } });
  const good = world.read('the.plan');
  for (const [text, word] of [
    [good.replace('"add"', '"delete"'), /changed after it was made|is not a plan/],
    [good.slice(0, 200), /it is cut off, after line \d+/],
    [good.replace(':', '='), /line \d+, column \d+ is not JSON/],
    ['', /is empty; send the file/],
    ['{}', /is not a plan/],
  ] as const) {
    const answer = await post(text);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), word);
  }
  const list = await running.get<Work[]>('/work');
  assert.equal(list.filter((w) => w.order.kind === 'plan').length, 3);
});

test('a forecast can be carried out as it is; deletes over the limit take an approver', async () => {
  await running.service.cycle('delta');
  await running.send('PATCH', '/scheduler', { ExportDeletionThreshold: 1, StagingModeEnabled: true });
  world.write('corp.ldif', ldifOf(2));
  await running.service.cycle('delta');
  await staging(false);
  const { id } = await running.send<{ id: number }>('POST', '/forecast');
  await waitFor('the forecast', async () => (await running.get<{ state: string }>(`/jobs/${id}`)).state === 'done');
  assert.ok(!(await (await running.fetch(`/api/v1/jobs/${id}`)).text()).includes('"inputs"'));
  const held = await ended((await running.send<Work>('POST', `/forecast/${id}/run`)).id);
  assert.equal(held.error?.code, 'plan-deletes-not-approved');
  const operator = await asOperator();
  const refused = await operator('POST', `/forecast/${id}/run`, { approveDeletes: true });
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /it takes an approver/);
  assert.equal((await audited('run-plan'))[0]?.outcome, 'forbidden');
  assert.equal((await operator('POST', `/forecast/${id}/run`, {})).status, 202);
  const saved = await (await running.fetch(`/api/v1/forecast/${id}/plan`)).text();
  world.write('the.plan', saved);
  const done = await syncPlan('--approve-deletes');
  assert.equal(done.code, 0, done.out + done.err);
});

/** Sends as somebody who is an operator and nothing else. */
async function asOperator() {
  const { session, cookie } = await running.service.context.sessions.begin('olga', ['operator'], 'link');
  return (method: string, path: string, body: unknown) =>
    fetch(`${running.service.url}/api/v1${path}`, {
      method,
      body: JSON.stringify(body),
      headers: {
        cookie: `causeway-session=${cookie}`,
        'content-type': 'application/json',
        'x-csrf-token': session.csrf,
      },
    });
}
