import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyFieldChanges, readFieldChange, type SchedulerFields, schedulerFields } from './fields.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import { Scheduler } from './scheduler.ts';

function memorySettings() {
  const map = new Map<string, string>();
  return {
    setting: (key: string) => map.get(key),
    setSetting: (key: string, value: string) => void map.set(key, value),
    removeSetting: (key: string) => void map.delete(key),
  };
}
const defaults = { enabled: true, intervalMs: 1_800_000, staging: false, maintenance: [] };

/** A scheduler over a clock that the test moves. */
function world(interval = '00:30:00', maintenance: readonly MaintenanceWindow[] = []) {
  const settings = memorySettings();
  settings.setSetting('CustomizedSyncCycleInterval', interval);
  let now = 0;
  let timer: { at: number; work: () => void } | undefined;
  let busy = false;
  const cycles: string[] = [];
  const fields = (): SchedulerFields =>
    schedulerFields(settings, { ...defaults, maintenance }, { now, nextStart: scheduler.nextStart, inProgress: busy });
  const scheduler: Scheduler = new Scheduler({
    fields,
    windows: () => maintenance,
    isBusy: () => busy,
    cycle(policy) {
      cycles.push(`${now} ${policy}`);
      busy = true;
      scheduler.started();
    },
    now: () => now,
    later(ms, work) {
      const mine = { at: now + ms, work };
      timer = mine;
      return () => {
        if (timer === mine) timer = undefined;
      };
    },
  });
  return {
    settings,
    scheduler,
    cycles,
    fields,
    begin: () => scheduler.begin(),
    end() {
      busy = false;
      scheduler.ended();
    },
    busy(value: boolean) {
      busy = value;
    },
    advance(ms: number) {
      const until = now + ms;
      while (timer && timer.at <= until) {
        const due = timer;
        timer = undefined;
        now = due.at;
        due.work();
      }
      now = until;
    },
  };
}

test('a cycle starts every interval, counted from the start of the one before', () => {
  const w = world('00:00:10');
  w.begin();
  w.advance(10_000);
  assert.deepEqual(w.cycles, ['10000 delta']);
  w.advance(4_000);
  w.end();
  assert.equal(w.fields().NextSyncCycleStartTimeInUTC, new Date(20_000).toISOString());
  w.advance(6_000);
  assert.deepEqual(w.cycles, ['10000 delta', '20000 delta']);
});

test('a cycle that takes longer than the interval is followed at once, never overtaken', () => {
  const w = world('00:00:01');
  w.begin();
  w.advance(1_000);
  w.advance(5_000);
  assert.equal(w.cycles.length, 1);
  w.end();
  w.advance(100);
  assert.deepEqual(w.cycles, ['1000 delta', '6100 delta']);
});

test('changes that come together, also during a cycle, make one cycle', () => {
  const w = world();
  w.begin();
  w.scheduler.changeSeen();
  w.scheduler.changeSeen();
  w.advance(100);
  assert.deepEqual(w.cycles, ['100 delta']);
  w.scheduler.changeSeen();
  w.scheduler.changeSeen();
  w.advance(1_000);
  assert.equal(w.cycles.length, 1);
  w.end();
  w.advance(100);
  assert.equal(w.cycles.length, 2);
  w.end();
  w.advance(10_000);
  assert.equal(w.cycles.length, 2);
});

test('a disabled or suspended scheduler starts nothing, and a changed field takes effect at once', () => {
  for (const field of ['SyncCycleEnabled=false', 'SchedulerSuspended=true']) {
    const w = world();
    const [name, value] = field.split('=') as [string, string];
    applyFieldChanges(w.settings, [readFieldChange(name, value)]);
    w.begin();
    w.scheduler.changeSeen();
    w.advance(4_000_000);
    assert.deepEqual(w.cycles, []);
    applyFieldChanges(w.settings, [
      readFieldChange(name, value === 'true' ? 'false' : 'true'),
      readFieldChange('CustomizedSyncCycleInterval', '2s'),
    ]);
    w.scheduler.plan();
    w.advance(2_000);
    assert.equal(w.cycles.length, 1);
  }
});

test('an initial cycle can be asked for, and nothing starts after closing', () => {
  const w = world();
  applyFieldChanges(w.settings, [readFieldChange('nextsynccyclepolicytype', 'initial')]);
  w.begin();
  w.advance(1_800_000);
  assert.deepEqual(w.cycles, ['1800000 initial']);
  w.scheduler.close();
  w.end();
  w.advance(9_000_000);
  assert.equal(w.cycles.length, 1);
  assert.equal(w.scheduler.nextStart, undefined);
});

test('no cycle starts in a maintenance window; the one that runs is finished, and what came up starts when it is over', () => {
  const minute = 60_000;
  const w = world('00:30:00', [{ cron: '40 0 * * *', minutes: 50, timeZone: 'UTC' }]);
  w.begin();
  w.advance(30 * minute);
  w.advance(15 * minute);
  // The one of 00:30 still runs at 00:45, in the window.
  assert.deepEqual(w.cycles, [`${30 * minute} delta`]);
  assert.deepEqual(
    [w.fields().MaintenanceWindowOpen, w.fields().MaintenanceWindowUntilInUTC],
    [true, '1970-01-01T01:30:00.000Z'],
  );
  w.end();
  assert.equal(w.fields().NextSyncCycleStartTimeInUTC, '1970-01-01T01:30:00.000Z');
  w.scheduler.changeSeen();
  w.scheduler.plan();
  assert.equal(w.scheduler.nextStart, 90 * minute);
  w.advance(45 * minute);
  assert.deepEqual(w.cycles.slice(1), [`${90 * minute} delta`]);
  w.end();
  assert.deepEqual([w.fields().MaintenanceWindowOpen, w.fields().MaintenanceWindowUntilInUTC], [false, null]);
  assert.equal(w.scheduler.nextStart, 120 * minute);
});

test('windows without a gap leave no room: nothing is planned and nothing starts, until they are gone', () => {
  const windows: MaintenanceWindow[] = [{ cron: '0 * * * *', hours: 1, timeZone: 'UTC' }];
  const w = world('00:30:00', windows);
  w.begin();
  assert.equal(w.scheduler.nextStart, undefined);
  assert.deepEqual([w.fields().MaintenanceWindowOpen, w.fields().MaintenanceWindowUntilInUTC], [true, null]);
  w.advance(14 * 86_400_000);
  assert.deepEqual(w.cycles, []);
  windows.pop();
  w.scheduler.plan();
  w.advance(1_800_000);
  assert.equal(w.cycles.length, 1);
});

test('fields say what they take', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['SyncCycleEnable', 'true', /no field of the scheduler.*SyncCycleEnabled/],
    ['SyncCycleEnabled', 'perhaps', /true or false, not "perhaps"/],
    ['CustomizedSyncCycleInterval', 'often', /a duration such as/],
    ['CustomizedSyncCycleInterval', '1ms', /at least 00:00:01/],
    ['NextSyncCyclePolicyType', 'Full', /Delta or Initial/],
    ['ExportDeletionThreshold', '-1', /whole number/],
  ];
  for (const [name, value, message] of cases) assert.throws(() => readFieldChange(name, value), message);
  assert.deepEqual(readFieldChange('CustomizedSyncCycleInterval', '30m'), {
    field: 'CustomizedSyncCycleInterval',
    value: '00:30:00',
  });
  assert.deepEqual(readFieldChange('synccycleenabled', '$False').value, 'false');
  assert.equal(readFieldChange('PurgeRunHistoryInterval', 'null').value, null);
});

test('fields are as configured until they are set, and again after they are taken back', () => {
  const settings = memorySettings();
  const read = () => schedulerFields(settings, defaults, { now: 0, nextStart: undefined, inProgress: false });
  assert.equal(read().CurrentlyEffectiveSyncCycleInterval, '00:30:00');
  assert.equal(read().CustomizedSyncCycleInterval, null);
  assert.deepEqual(
    applyFieldChanges(settings, [
      readFieldChange('CustomizedSyncCycleInterval', '1.00:00:00'),
      readFieldChange('StagingModeEnabled', 'true'),
    ]),
    { CustomizedSyncCycleInterval: null, StagingModeEnabled: null },
  );
  assert.equal(read().CurrentlyEffectiveSyncCycleInterval, '1.00:00:00');
  assert.equal(read().StagingModeEnabled, true);
  applyFieldChanges(settings, [readFieldChange('CustomizedSyncCycleInterval', '$null')]);
  assert.equal(read().CurrentlyEffectiveSyncCycleInterval, '00:30:00');
});
