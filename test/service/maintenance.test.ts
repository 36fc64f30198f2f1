/** A maintenance window in a running service: what it holds back, what goes on, and what everybody is told of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { causeway } from '../cli/command.ts';
import { waitFor } from '../support/wait.ts';
import { createWorld, ldifOf, type RunningService, startWorld, type World } from './world.ts';

interface Status {
  readonly verdict: { readonly state: string };
  readonly scheduler: Readonly<Record<string, unknown>>;
  readonly maintenance: { readonly since: string; readonly until: string | null; readonly reason?: string } | null;
  readonly lastCycle: unknown;
  readonly alerts: readonly { readonly code: string; readonly severity: string; readonly title: string }[];
}
const hour = 3_600_000;
/** Opened an hour ago or a little more, and stays open for most of a day. */
const window = {
  ...{ cron: `0 ${new Date(Date.now() - hour).getUTCHours()} * * *`, hours: 23, timeZone: 'UTC' },
  reason: 'domain controllers are patched',
};
let world: World;
let running: RunningService;
const status = () => running.get<Status>('/status');
const command = (...args: string[]) => causeway(['--config', world.configFile, ...args], { env: { NO_COLOR: '1' } });
const byScheduler = async () => (await running.get<{ by: string }[]>('/work')).filter((w) => w.by === 'scheduler');

before(async () => {
  world = await createWorld({ users: 3, scheduler: { enabled: true, interval: '1s', maintenance: [window] } });
  running = await startWorld(world);
  running.service.begin({ isDue: true });
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test('nothing starts by itself, everybody is told until when, and nothing is wrong', async () => {
  const { maintenance, scheduler, verdict, alerts, lastCycle } = await status();
  assert.equal(lastCycle, null);
  assert.equal(Date.parse(maintenance?.until ?? '') - Date.parse(maintenance?.since ?? ''), 23 * hour);
  assert.equal(maintenance?.reason, window.reason);
  assert.equal(scheduler.MaintenanceWindowUntilInUTC, maintenance?.until);
  assert.equal(scheduler.NextSyncCycleStartTimeInUTC, maintenance?.until);
  assert.deepEqual(await running.get('/scheduler'), scheduler);
  assert.equal(verdict.state, 'ok');
  assert.deepEqual(
    alerts.map((a) => `${a.severity} ${a.title}`),
    [`info Maintenance until ${maintenance?.until}`],
  );
  const shown = await command('status');
  assert.match(
    shown.out,
    new RegExp(`Maintenance until ${maintenance?.until}, since .*domain controllers are patched`),
  );
  assert.match((await command('scheduler')).out, /MaintenanceWindowOpen +: true\n[\s\S]*Maintenance until \d{4}-/);
});

test('a person may run a cycle, and hears that a window is open; a file that changes does not', async () => {
  const asked = await command('sync', '--policy', 'initial');
  assert.equal(asked.code, 0, asked.err);
  assert.match(asked.err, /A maintenance window is open until .*patched.*because you asked for it/);
  world.write('corp.ldif', ldifOf(4));
  const { scheduler, maintenance } = await status();
  assert.equal(scheduler.NextSyncCycleStartTimeInUTC, maintenance?.until);
  assert.deepEqual(await byScheduler(), []);
});

test('a window that cannot be meant is refused in words, and changes nothing', async () => {
  const tooLong = await command('config', 'set', 'scheduler.maintenance.0.hours', '25');
  assert.notEqual(tooLong.code, 0);
  assert.match(tooLong.err, /causeway\.yaml:\d+: scheduler\.maintenance\.0: .* 24 h later; make it 24 h at most/);
  assert.ok((await status()).maintenance);
});

test('when the window is gone, cycles start again by themselves', async () => {
  await running.send('PATCH', '/configuration', { path: ['scheduler', 'maintenance'], value: null, reason: 'done' });
  await waitFor('a cycle of the scheduler', async () => (await byScheduler()).length > 0, { timeoutMs: 60_000 });
  const now = await status();
  assert.equal(now.maintenance, null);
  assert.ok(!now.alerts.some((a) => a.code.startsWith('maintenance')));
});
