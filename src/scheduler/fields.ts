/**
 * The fields of the scheduler under the names of Get-ADSyncScheduler (sync-engine s.5.1). What an administrator sets is
 * kept in the store and wins over the configuration.
 */
import { durationMs, durationText } from '../model/duration.ts';
import { type MaintenanceWindow, windowAt } from './maintenance.ts';

/** Settings as text under their own names. */
export interface SettingStore {
  setting(key: string): string | undefined;
  setSetting(key: string, value: string): void;
  removeSetting(key: string): void;
}
export interface SchedulerDefaults {
  readonly enabled: boolean;
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly staging: boolean;
  readonly maintenance: readonly MaintenanceWindow[];
}
/** What is true of the schedule at an instant. */
export interface SchedulerMoment {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly nextStart: number | undefined;
  readonly inProgress: boolean;
}
export interface SchedulerFields {
  readonly AllowedSyncCycleInterval: string;
  readonly CurrentlyEffectiveSyncCycleInterval: string;
  readonly CustomizedSyncCycleInterval: string | null;
  readonly NextSyncCyclePolicyType: 'Delta' | 'Initial';
  readonly NextSyncCycleStartTimeInUTC: string | null;
  readonly PurgeRunHistoryInterval: string;
  readonly SyncCycleEnabled: boolean;
  readonly MaintenanceEnabled: boolean;
  readonly StagingModeEnabled: boolean;
  readonly SchedulerSuspended: boolean;
  readonly SyncCycleInProgress: boolean;
  /** This one and the next are no fields of the classic cmdlet, which knows no windows. */
  readonly MaintenanceWindowOpen: boolean;
  /** Null also if no end of the windows is in sight. */
  readonly MaintenanceWindowUntilInUTC: string | null;
}

/** The shortest interval; the classic product allows no less than 30 minutes. */
const allowedMs = 1000;
const defaultPurgeMs = 7 * 86_400_000;
const booleans = ['SyncCycleEnabled', 'MaintenanceEnabled', 'StagingModeEnabled', 'SchedulerSuspended'] as const;

/** What can be set. The last one is no field of the classic cmdlet but has a pair of its own there. */
export const settableFields = [
  'CustomizedSyncCycleInterval',
  'PurgeRunHistoryInterval',
  'NextSyncCyclePolicyType',
  ...booleans,
  'ExportDeletionThreshold',
] as const;
export type SettableField = (typeof settableFields)[number];

/** The scheduler's fields as stored, with the configuration for what was never set. */
export function schedulerFields(
  store: Pick<SettingStore, 'setting'>,
  defaults: SchedulerDefaults,
  moment: SchedulerMoment,
): SchedulerFields {
  const flag = (name: string, otherwise: boolean) =>
    store.setting(name) === undefined ? otherwise : store.setting(name) === 'true';
  const customized = store.setting('CustomizedSyncCycleInterval');
  const effective = Math.max(allowedMs, customized === undefined ? defaults.intervalMs : durationMs(customized));
  const enabled = flag('SyncCycleEnabled', defaults.enabled);
  const window = windowAt(defaults.maintenance, moment.now);
  return {
    AllowedSyncCycleInterval: durationText(allowedMs),
    CurrentlyEffectiveSyncCycleInterval: durationText(effective),
    CustomizedSyncCycleInterval: customized === undefined ? null : durationText(durationMs(customized)),
    NextSyncCyclePolicyType: store.setting('NextSyncCyclePolicyType') === 'Initial' ? 'Initial' : 'Delta',
    NextSyncCycleStartTimeInUTC:
      enabled && moment.nextStart !== undefined ? new Date(moment.nextStart).toISOString() : null,
    PurgeRunHistoryInterval: durationText(purgeIntervalMs(store)),
    SyncCycleEnabled: enabled,
    MaintenanceEnabled: flag('MaintenanceEnabled', true),
    StagingModeEnabled: flag('StagingModeEnabled', defaults.staging),
    SchedulerSuspended: flag('SchedulerSuspended', false),
    SyncCycleInProgress: moment.inProgress,
    MaintenanceWindowOpen: window !== undefined,
    MaintenanceWindowUntilInUTC: window && !window.isEndless ? new Date(window.until).toISOString() : null,
  };
}

/** Milliseconds that the run history is kept. */
export const purgeIntervalMs = (store: Pick<SettingStore, 'setting'>): number =>
  durationMs(store.setting('PurgeRunHistoryInterval') ?? durationText(defaultPurgeMs));

export interface FieldChange {
  readonly field: SettableField;
  /** Null: as the configuration says again. */
  readonly value: string | null;
}

/** A change in the form in which it is stored. Throws a RangeError that names the field and what it takes. */
export function readFieldChange(name: string, value: string): FieldChange {
  const field = settableFields.find((k) => k.toLowerCase() === name.toLowerCase());
  if (!field) {
    throw new RangeError(
      `"${name}" is no field of the scheduler that can be set. Fields: ${settableFields.join(', ')}.`,
    );
  }
  if (/^(null|\$null|default|)$/i.test(value) && field !== 'NextSyncCyclePolicyType') return { field, value: null };
  switch (field) {
    case 'NextSyncCyclePolicyType':
      if (!/^(delta|initial)$/i.test(value)) throw new RangeError(`${field} is Delta or Initial, not "${value}".`);
      return { field, value: /^initial$/i.test(value) ? 'Initial' : 'Delta' };
    case 'ExportDeletionThreshold':
      if (!/^\d{1,9}$/.test(value))
        throw new RangeError(`${field} is a whole number from 0 (no limit), not "${value}".`);
      return { field, value: String(Number(value)) };
    case 'CustomizedSyncCycleInterval':
    case 'PurgeRunHistoryInterval':
      return { field, value: intervalText(field, value) };
    default:
      if (!/^\$?(true|false)$/i.test(value)) throw new RangeError(`${field} is true or false, not "${value}".`);
      return { field, value: String(/true$/i.test(value)) };
  }
}

function intervalText(field: SettableField, value: string): string {
  let ms: number;
  try {
    ms = durationMs(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${field} is a duration such as 00:30:00, 30m or 7d, not "${value}".`);
  }
  if (ms < allowedMs) throw new RangeError(`${field} is at least ${durationText(allowedMs)}.`);
  return durationText(ms);
}

/** Stores changes; returns what each field was before, as stored. */
export function applyFieldChanges(
  store: SettingStore,
  changes: readonly FieldChange[],
): Readonly<Record<string, string | null>> {
  const before: Record<string, string | null> = {};
  for (const { field, value } of changes) {
    before[field] = store.setting(field) ?? null;
    if (value === null) store.removeSetting(field);
    else store.setSetting(field, value);
  }
  return before;
}
