import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunRow } from '../store/records.ts';
import { alertsOf, type HealthFacts, verdictOf } from './alerts.ts';
import { metricsText } from './metrics.ts';
import { didNothing } from './titles.ts';

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 10);
const healthy: HealthFacts = {
  now,
  intervalMs: 1_800_000,
  isEnabled: true,
  isSuspended: false,
  isStaging: false,
  heldMs: () => 0,
  latest: [],
  imports: [{ connector: 'corp', partition: 'DC=corp', lastImport: now - 600_000 }],
  errors: {},
  heldDeletes: [],
  down: [],
  lastGoodCycle: now - 600_000,
  isCycleRunning: false,
  passwords: [],
  refusals: [],
  durations: [],
  expiries: [],
  silent: [],
};
const pulse = (domain: { lastSuccess?: number; error?: string }, lastHeartbeat = now) => ({
  connector: 'corp',
  isOn: true,
  lastHeartbeat,
  domains: [{ namingContext: 'DC=corp', lastSuccess: domain.lastSuccess, error: domain.error }],
});
const day = 24 * hour;
const run = (status: string): RunRow => ({
  id: 7,
  cycle: 1,
  connector: 1,
  profile: 'export',
  started: now,
  ended: now,
  status,
  server: null,
  counters: '{}',
  error: JSON.stringify({ code: 'x', message: 'It failed.', remedy: 'Do this.' }),
});

test('each state of things gives its alert, and nothing else does', () => {
  const cases: readonly [Partial<HealthFacts>, string[]][] = [
    [{ hung: { kind: 'silent', forMs: 300_000, doing: 'a delta cycle' } }, ['error engine-hung']],
    [{ hung: { kind: 'still', forMs: 2_400_000, doing: 'a delta cycle' } }, ['error engine-hung']],
    [
      { down: [{ part: 'passwords', reason: 'of corp: it ended', since: now, attempt: 1 }] },
      ['warning passwords-down'],
    ],
    [{}, []],
    [{ down: [{ part: 'engine', reason: 'crash', since: now, attempt: 2 }] }, ['error engine-down']],
    [{ down: [{ part: 'tenant', reason: 'crash', since: now, attempt: 1 }] }, ['error tenant-down']],
    [{ down: [{ part: 'reader', reason: 'crash', since: now, attempt: 1 }] }, ['warning reader-down']],
    [{ lastGoodCycle: now - 1.6 * hour }, ['warning cycle-overdue']],
    [{ lastGoodCycle: now - 2.1 * hour }, ['error cycle-overdue']],
    [{ lastGoodCycle: now - 3 * hour, isCycleRunning: true }, []],
    [{ imports: [{ connector: 'corp', partition: 'p', lastImport: now - 9 * hour }], isCycleRunning: true }, []],
    [{ lastGoodCycle: now - 3 * hour, heldMs: () => 2.5 * hour }, []],
    [{ lastGoodCycle: now - 3 * hour, heldMs: () => hour }, ['warning cycle-overdue']],
    [{ imports: [{ connector: 'corp', partition: 'p', lastImport: now - 9 * hour }], heldMs: () => 8.5 * hour }, []],
    [
      { imports: [{ connector: 'corp', partition: 'p', lastImport: now - 7 * day }], heldMs: () => 7 * day },
      ['error import-overdue'],
    ],
    [{ window: { since: now - hour, until: now + hour, isEndless: false, places: [0] } }, ['info maintenance']],
    [
      { window: { since: now - hour, until: now + 9 * day, isEndless: true, places: [0] } },
      ['warning maintenance-endless'],
    ],
    [{ lastGoodCycle: now - 3 * hour, isEnabled: false }, ['warning scheduler-off']],
    [{ passwords: [pulse({ lastSuccess: now - 60_000, error: 'It hiccuped.' })] }, []],
    [{ passwords: [pulse({ lastSuccess: now - hour, error: 'No DC answers.' })] }, ['error passwords-stopped']],
    [{ passwords: [pulse({ error: 'No DC answers.' })] }, ['error passwords-stopped']],
    [{ passwords: [pulse({ lastSuccess: now }, now - 3 * hour)] }, ['warning passwords-heartbeat-missed']],
    [{ passwords: [{ ...pulse({ error: 'x' }), isOn: false }] }, []],
    [{ refusals: [{ connector: 'cloud', run: 9, now: 40, before: [5, 4, 6] }] }, ['warning export-errors-rising']],
    [{ refusals: [{ connector: 'cloud', run: 9, now: 40, before: [35, 4, 6] }] }, []],
    [{ refusals: [{ connector: 'cloud', run: 9, now: 9, before: [0, 0, 0] }] }, []],
    [
      {
        durations: [{ connector: 'corp', profile: 'delta-import', run: 9, now: 300_000, before: Array(20).fill(9000) }],
      },
      ['warning run-slow'],
    ],
    [{ durations: [{ connector: 'corp', profile: 'delta-import', run: 9, now: 300_000, before: [9000] }] }, []],
    [{ expiries: [{ what: 'A certificate', subject: 'x.pem', expires: now + 61 * day }] }, []],
    [{ expiries: [{ what: 'A certificate', subject: 'x.pem', expires: now + 45 * day }] }, ['info expires-soon']],
    [{ expiries: [{ what: 'A certificate', subject: 'x.pem', expires: now + 20 * day }] }, ['warning expires-soon']],
    [{ expiries: [{ what: 'A certificate', subject: 'x.pem', expires: now - day }] }, ['error expires-soon']],
    [{ memory: { used: 80, limit: 100 } }, ['warning memory-high']],
    [{ silent: [{ channel: 'hook', attempts: 3, reason: 'ECONNREFUSED.' }] }, ['warning notifications-failing']],
    [{ silent: [{ channel: 'hook', attempts: 2, reason: 'ECONNREFUSED.' }] }, []],
    [{ ruleProblem: 'There is no attribute x.' }, ['error rules-not-usable']],
    [{ heldDeletes: [{ connector: 'cloud', deletes: 9, threshold: 5 }] }, ['error deletes-held']],
    [{ latest: [{ connector: 'corp', run: run('no-start-connection') }] }, ['error run-failed']],
    [{ latest: [{ connector: 'corp', run: run('completed-export-errors') }] }, []],
    [{ latest: [{ connector: 'corp', run: run('stopped-user-termination-from-wmi-or-ui') }] }, []],
    [{ latest: [{ connector: 'corp', run: run('stopped-deletion-threshold-exceeded') }] }, []],
    [{ imports: [{ connector: 'corp', partition: 'p', lastImport: now - 1.5 * hour }] }, ['warning import-overdue']],
    [{ imports: [{ connector: 'corp', partition: 'p', lastImport: now - 3 * hour }] }, ['error import-overdue']],
    [{ errors: { export: 2, sync: 0 } }, ['warning objects-with-export-errors']],
    [{ errors: { confirm: 2 } }, ['info objects-with-confirm-errors']],
    [{ isEnabled: false }, ['warning scheduler-off']],
    [{ isSuspended: true }, ['warning scheduler-off']],
    [{ isStaging: true }, ['info staging']],
    [{ freeBytes: 500 * 1024 * 1024 }, ['warning disk-nearly-full']],
    [{ freeBytes: 50 * 1024 * 1024 }, ['error disk-nearly-full']],
  ];
  for (const [facts, wanted] of cases) {
    const alerts = alertsOf({ ...healthy, ...facts });
    assert.deepEqual(
      alerts.map((a) => `${a.severity} ${a.code}`),
      wanted,
      JSON.stringify(facts),
    );
  }
});

test('the verdict is one sentence about the worst, and information is no trouble', () => {
  const verdict = (facts: Partial<HealthFacts>) => verdictOf(alertsOf({ ...healthy, ...facts }), now - 120_000, now);
  assert.deepEqual(verdict({ isStaging: true }), {
    state: 'ok',
    sentence: 'The last cycle ended well 2 min ago, and nothing needs attention.',
  });
  assert.deepEqual(verdict({ isEnabled: false, heldDeletes: [{ connector: 'c', deletes: 9, threshold: 5 }] }), {
    state: 'error',
    sentence: 'An export is held back: too many deletes (and 1 more).',
  });
});

test('a run did nothing only if it ended and counted nothing that changes or fails', () => {
  const cases: readonly [string, Record<string, number>, boolean][] = [
    ['success', {}, true],
    ['completed-no-objects', {}, true],
    ['success', { 'stage-no-change': 5, 'filtered-objects': 2 }, true],
    ['success', { 'stage-update': 1 }, false],
    ['completed-warnings', {}, false],
    ['completed-export-errors', {}, true],
    ['completed-export-errors', { 'export-failure': 1 }, false],
    ['stopped-connectivity', {}, false],
  ];
  for (const [status, counters, wanted] of cases) assert.equal(didNothing({ status, counters }), wanted, status);
});

test('labels of metrics cannot break out of their line', () => {
  const text = metricsText(
    {
      lastCycle: null,
      connectors: [{ name: 'a"b\n\\c', pendingExports: { add: 1, update: 0, delete: 0 } }],
      errors: {},
      alerts: [],
      scheduler: { StagingModeEnabled: false, MaintenanceWindowOpen: false, SyncCycleInProgress: false },
      engine: { state: 'running' },
    },
    1,
  );
  assert.ok(text.includes('causeway_pending_exports{connector="a\\"b\\n\\\\c",operation="add"} 1\n'));
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) causeway_|causeway_\w+(\{.*\})? \S+$)/);
});
