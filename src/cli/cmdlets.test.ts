import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandCmdlet } from './cmdlets.ts';

const expanded = (line: string): string => expandCmdlet(line.split(' ')).join(' ');

test('cmdlets become verbs, in any letter case, with options before and after', () => {
  const cases: readonly [string, string][] = [
    ['Get-ADSyncScheduler', 'scheduler show'],
    ['get-adsyncscheduler --json', 'scheduler show --json'],
    ['--config x.yaml Start-ADSyncSyncCycle -PolicyType Delta', '--config x.yaml sync --policy delta'],
    ['START-ADSYNCSYNCCYCLE -policytype:Initial', 'sync --policy initial'],
    ['Start-ADSyncSyncCycle', 'sync --policy delta'],
    [
      'Set-ADSyncScheduler -SyncCycleEnabled $false -CustomizedSyncCycleInterval 00:10:00',
      'scheduler set synccycleenabled=$false customizedsynccycleinterval=00:10:00',
    ],
    ['Stop-ADSyncSyncCycle', 'stop'],
    ['Get-ADSyncRule -Identifier abc', 'rules show abc'],
    ['Get-ADSyncRule', 'rules list'],
    ['Enable-ADSyncExportDeletionThreshold -DeletionThreshold 20', 'scheduler set ExportDeletionThreshold=20'],
    ['Disable-ADSyncExportDeletionThreshold', 'scheduler set ExportDeletionThreshold=0'],
    ['status --json', 'status --json'],
  ];
  for (const [given, wanted] of cases) assert.equal(expanded(given), wanted);
});

test('a run profile keeps its words together', () => {
  assert.deepEqual(
    expandCmdlet(['Invoke-ADSyncRunProfile', '-ConnectorName', 'corp', '-RunProfileName', 'Delta Synchronization']),
    ['run', 'corp', 'delta-sync'],
  );
});
