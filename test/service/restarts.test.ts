/** Every part of the service that dies is started again and shown meanwhile; and what ended stays ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReader } from '../../src/service/reader-thread.ts';
import { waitFor as wait } from '../support/wait.ts';
import { createWorld, type RunningService, startWorld } from './world.ts';

/** Threads start late on a busy machine. */
const waitFor: typeof wait = (what, probe) => wait(what, probe, { timeoutMs: 60_000 });
type Status = {
  verdict: { state: string; sentence: string };
  parts: { name: string; state: string; reason?: string; nextAttempt?: string }[];
  alerts: { code: string }[];
};
const part = async (running: RunningService, name: string) =>
  (await running.get<Status>('/status')).parts.find((p) => p.name === name);

test('the local tenant, the reader and the engine come back by themselves, each shown as long as it is away', async () => {
  await using world = await createWorld({ users: 2 });
  world.configure((settings) => {
    Object.assign(settings, { notifications: { channels: [{ name: 'file', type: 'file', path: './alerts.jsonl' }] } });
  });
  await using running = await startWorld(world);
  await running.service.cycle('initial');
  await running.service.parts.tenant?.();
  const down = await waitFor('the tenant to be down', async () => {
    const status = await running.get<Status>('/status');
    return status.parts.find((p) => p.name === 'tenant')?.state === 'down' && status;
  });
  assert.equal(down.verdict.state, 'error');
  assert.match(down.verdict.sentence, /The local tenant is not running/);
  assert.ok(down.parts.find((p) => p.name === 'tenant')?.nextAttempt);
  const refused = await running.fetch('/api/v1/tenant');
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.match(await refused.text(), /The local tenant is not running; it is started again in \d+ s/);
  await waitFor('the tenant', async () => (await part(running, 'tenant'))?.state === 'running');
  const facts = await running.get<{ tenantId: string }>('/tenant');
  assert.equal(facts.tenantId, '11111111-2222-4333-8444-555555555555');
  const work = await running.service.cycle('delta');
  assert.equal(work.state, 'done');

  await running.get('/lint');
  await running.service.parts.reader();
  assert.equal((await part(running, 'reader'))?.state, 'down');
  assert.equal((await running.fetch('/api/v1/lint')).status, 503);
  await waitFor('the reader', async () => (await running.fetch('/api/v1/lint')).status === 200);
  assert.equal((await part(running, 'reader'))?.state, 'running');

  await running.service.parts.engine();
  await waitFor('the engine to be down', async () => (await part(running, 'engine'))?.state === 'down');
  assert.equal((await running.fetch('/api/v1/status')).status, 200, 'what can be read is shown');
  await waitFor('the engine', async () => (await part(running, 'engine'))?.state === 'running');
  // Also what nobody can write down while there is no engine is told to the channels, and written down afterwards.
  const events = () =>
    world
      .read('alerts.jsonl')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as { alert: { code: string } });
  await waitFor('what was told', () => events().some((e) => e.alert.code === 'engine-down'));
  await waitFor('the alert', async () => {
    const { items } = await running.get<{ items: { code: string; resolved: string | null }[] }>(
      '/alerts?state=resolved',
    );
    return items.some((a) => a.code === 'engine-down') && items.some((a) => a.code === 'tenant-down');
  });
  const told = running.told.filter((t) => t.level === 'error').map((t) => t.message);
  for (const name of ['The local tenant', 'The thread that answers long questions', 'The engine'])
    assert.ok(
      told.some((t) => t.startsWith(`${name} ended unexpectedly; it is started again in 1 s`)),
      name,
    );
});

test('a question that takes too long is called off with its thread; the next one is answered by a new one', async () => {
  await using world = await createWorld({ users: 2 });
  {
    await using running = await startWorld(world);
    await running.service.cycle('initial');
  }
  let now = 0;
  const states: string[] = [];
  const reader = createReader(() => world.config(), {
    longestMs: 1,
    now: () => now,
    changed: (state) => void states.push(state.kind),
  });
  try {
    // Starting alone takes longer.
    const [first, second] = await Promise.allSettled([reader.ask('counts'), reader.ask('counts')]);
    assert.equal(first.status === 'rejected' && first.reason.code, 'too-long');
    assert.equal(second.status === 'rejected' && second.reason.code, 'reader-ended');
    await assert.rejects(reader.ask('counts'), { code: 'reader-down' });
    now += 1000;
    await assert.rejects(reader.ask('counts'), { code: 'too-long' });
    assert.deepEqual(states, ['down', 'down']);
  } finally {
    await reader.close();
  }
});

/** The cookie of somebody who signed in with a one-time link. */
async function signIn(running: RunningService): Promise<{ cookie: string; csrf: string }> {
  const arrived = await fetch(running.service.signInLink(), { redirect: 'manual' });
  const cookie = arrived.headers.getSetCookie()[0]!.split(';')[0]!;
  const session = await fetch(`${running.service.url}/api/v1/session`, { headers: { cookie } });
  return { cookie, csrf: ((await session.json()) as { csrf: string }).csrf };
}
const statusOf = async (running: RunningService, cookie: string) =>
  (await fetch(`${running.service.url}/api/v1/status`, { headers: { cookie } })).status;
const signOut = (running: RunningService, { cookie, csrf }: { cookie: string; csrf: string }) =>
  fetch(`${running.service.url}/api/v1/session`, { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrf } });

test('a session that ended stays so after a restart, also if the engine was down when it ended', async () => {
  await using world = await createWorld({ users: 2 });
  let ended: { cookie: string; csrf: string };
  let kept: { cookie: string; csrf: string };
  let endedWithoutEngine: { cookie: string; csrf: string };
  {
    await using running = await startWorld(world);
    [ended, kept, endedWithoutEngine] = [await signIn(running), await signIn(running), await signIn(running)];
    assert.equal((await signOut(running, ended)).status, 200);
    await running.service.parts.engine();
    await waitFor('the engine to be down', async () => (await part(running, 'engine'))?.state === 'down');
    assert.equal((await signOut(running, endedWithoutEngine)).status, 200);
    assert.equal(await statusOf(running, endedWithoutEngine.cookie), 401);
    await waitFor('the end to be written down', async () => {
      const audit = await running.get<{ items: { action: string }[] }>('/audit?action=sign-out');
      return audit.items.length === 2;
    });
  }
  await using again = await startWorld(world);
  assert.equal(await statusOf(again, kept.cookie), 200);
  assert.equal(await statusOf(again, ended.cookie), 401);
  assert.equal(await statusOf(again, endedWithoutEngine.cookie), 401);
});
