/**
 * When cycles run: every interval, and soon after a directory says that something changed. The fields and their names
 * are those of Get-ADSyncScheduler (sync-engine s.5.1). What an administrator sets is kept in the store.
 */
import { durationMs, durationText } from '../model/duration.ts';
import type { Policy } from '../sync/cycle.ts';

/** Settings that can be changed while the service runs; kept as text under their own names. */
export interface SettingStore {
  setting(key: string): string | undefined;
  setSetting(key: string, value: string): void;
}
export interface SchedulerDefaults {
  readonly enabled: boolean;
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly staging: boolean;
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
}

/** The shortest interval; the classic product allows no less than 30 minutes. */
const allowedMs = 1000;
const defaultPurgeMs = 7 * 86_400_000;
const booleans = ['SyncCycleEnabled', 'MaintenanceEnabled', 'StagingModeEnabled', 'SchedulerSuspended'] as const;

/** The scheduler's fields as stored, with the configuration for what was never set. */
export function schedulerFields(
  store: SettingStore,
  defaults: SchedulerDefaults,
  now: { nextStart: number | undefined; inProgress: boolean },
): SchedulerFields {
  const flag = (name: string, otherwise: boolean) =>
    store.setting(name) === undefined ? otherwise : store.setting(name) === 'true';
  const customized = store.setting('CustomizedSyncCycleInterval');
  const effective = Math.max(allowedMs, customized === undefined ? defaults.intervalMs : durationMs(customized));
  const enabled = flag('SyncCycleEnabled', defaults.enabled);
  return {
    AllowedSyncCycleInterval: durationText(allowedMs),
    CurrentlyEffectiveSyncCycleInterval: durationText(effective),
    CustomizedSyncCycleInterval: customized === undefined ? null : durationText(durationMs(customized)),
    NextSyncCyclePolicyType: store.setting('NextSyncCyclePolicyType') === 'Initial' ? 'Initial' : 'Delta',
    NextSyncCycleStartTimeInUTC: enabled && now.nextStart !== undefined ? new Date(now.nextStart).toISOString() : null,
    PurgeRunHistoryInterval: durationText(
      durationMs(store.setting('PurgeRunHistoryInterval') ?? durationText(defaultPurgeMs)),
    ),
    SyncCycleEnabled: enabled,
    MaintenanceEnabled: flag('MaintenanceEnabled', true),
    StagingModeEnabled: flag('StagingModeEnabled', defaults.staging),
    SchedulerSuspended: flag('SchedulerSuspended', false),
    SyncCycleInProgress: now.inProgress,
  };
}

/** Stores one field. Throws a RangeError that names the field and what it takes. */
export function setSchedulerField(store: SettingStore, name: string, value: string): void {
  const known = ['CustomizedSyncCycleInterval', 'PurgeRunHistoryInterval', 'NextSyncCyclePolicyType', ...booleans];
  const field = known.find((k) => k.toLowerCase() === name.toLowerCase());
  if (!field)
    throw new RangeError(`"${name}" is no field of the scheduler that can be set. Fields: ${known.join(', ')}.`);
  if (field === 'NextSyncCyclePolicyType') {
    if (!/^(delta|initial)$/i.test(value)) throw new RangeError(`${field} is Delta or Initial, not "${value}".`);
    store.setSetting(field, /^initial$/i.test(value) ? 'Initial' : 'Delta');
  } else if ((booleans as readonly string[]).includes(field)) {
    if (!/^\$?(true|false)$/i.test(value)) throw new RangeError(`${field} is true or false, not "${value}".`);
    store.setSetting(field, String(/true$/i.test(value)));
  } else {
    const ms = durationMs(value);
    if (field === 'CustomizedSyncCycleInterval' && ms < allowedMs)
      throw new RangeError(`${field} is at least ${durationText(allowedMs)}.`);
    store.setSetting(field, durationText(ms));
  }
}

export interface SchedulerOptions {
  readonly fields: () => SchedulerFields;
  readonly cycle: (policy: Policy) => Promise<unknown>;
  readonly now: () => number;
  /** Calls back after so many milliseconds; returns how to call it off. */
  readonly later: (ms: number, work: () => void) => () => void;
}
/** Milliseconds that changes are collected before a cycle they asked for. */
const settleMs = 100;

/** Runs cycles until it is closed. A cycle never starts while another runs. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  #cancel: () => void = () => {};
  #next: number | undefined;
  #running = false;
  #again = false;
  #closed = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get nextStart(): number | undefined {
    return this.#next;
  }
  get inProgress(): boolean {
    return this.#running;
  }

  /** Plans the next cycle by the interval; call it again when a field changed. */
  plan(): void {
    const fields = this.#options.fields();
    this.#at(durationMs(fields.CurrentlyEffectiveSyncCycleInterval));
  }

  /** A directory said that something changed. */
  changeSeen(): void {
    if (this.#running) this.#again = true;
    else this.#at(settleMs);
  }

  /** One cycle now, whatever the schedule says; joins none that runs already but follows it. */
  async runNow(policy: Policy): Promise<unknown> {
    this.#cancel();
    this.#running = true;
    try {
      return await this.#options.cycle(policy);
    } finally {
      this.#running = false;
      if (this.#again) {
        this.#again = false;
        this.#at(settleMs);
      } else if (!this.#closed) this.plan();
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #at(ms: number): void {
    this.#cancel();
    if (this.#closed) return;
    this.#next = this.#options.now() + ms;
    this.#cancel = this.#options.later(ms, () => void this.#due());
  }

  async #due(): Promise<void> {
    const { SyncCycleEnabled, SchedulerSuspended, NextSyncCyclePolicyType } = this.#options.fields();
    if (!SyncCycleEnabled || SchedulerSuspended) {
      this.plan();
      return;
    }
    await this.runNow(NextSyncCyclePolicyType === 'Initial' ? 'initial' : 'delta').catch(() => undefined);
  }
}
