/** What is to be tidied up after a piece of work. */
import { didNothing } from '../health/titles.ts';
import { durationMs } from '../model/duration.ts';
import { purgeIntervalMs, schedulerFields } from '../scheduler/fields.ts';
import type { RunRow } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { CycleResult } from '../sync/cycle.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';

/** Below this interval, in milliseconds, cycles that do nothing would fill the history. */
const continuousMs = 60_000;
const purgeEveryMs = 3_600_000;

export class Upkeep {
  readonly #config: LoadedConfiguration;
  readonly #store: Store;
  #purged = 0;

  constructor(config: LoadedConfiguration, store: Store) {
    this.#config = config;
    this.#store = store;
  }

  /** After a cycle. `now` in milliseconds since 1970. */
  afterCycle(result: CycleResult, policy: 'delta' | 'initial', now: number): void {
    const { scheduler } = this.#config.settings;
    const fields = schedulerFields(
      this.#store.records,
      {
        enabled: scheduler.enabled,
        intervalMs: durationMs(scheduler.interval),
        staging: scheduler.staging,
        maintenance: [],
      },
      { now, nextStart: undefined, inProgress: false },
    );
    this.#store.transaction(() => {
      // The field asks for one initial cycle, not for initial cycles from now on.
      if (policy === 'initial' && result.outcome !== 'failed')
        this.#store.records.removeSetting('NextSyncCyclePolicyType');
      if (durationMs(fields.CurrentlyEffectiveSyncCycleInterval) < continuousMs) this.#dropIdle(result);
      if (fields.MaintenanceEnabled && now - this.#purged >= purgeEveryMs) {
        this.#purged = now;
        this.#store.records.purgeRuns(now - purgeIntervalMs(this.#store.records));
      }
    });
  }

  /** Keeps of the runs that did nothing only the newest of their kind. */
  #dropIdle(result: CycleResult): void {
    for (const run of result.runs.filter(didNothing)) {
      const row = this.#store.records.run(run.run);
      if (!row) continue;
      const before = this.#store.reports.runBefore(row.connector, row.profile, row.id);
      if (before && isIdle(before)) this.#store.reports.removeRun(before.id);
    }
  }
}

const isIdle = (row: RunRow): boolean =>
  row.ended !== null &&
  didNothing({ status: row.status, counters: JSON.parse(row.counters) as Record<string, number> });
