/** When cycles run: every interval, and soon after a directory says that something changed. */
import { durationMs } from '../model/duration.ts';
import type { Policy } from '../sync/cycle.ts';
import type { SchedulerFields } from './fields.ts';
import { type MaintenanceWindow, windowAt } from './maintenance.ts';

export interface SchedulerOptions {
  readonly fields: () => SchedulerFields;
  /** In which no cycle starts; one that runs is finished. */
  readonly windows: () => readonly MaintenanceWindow[];
  /** Something runs or waits for the engine. */
  readonly isBusy: () => boolean;
  /** Starts a cycle; `ended` is to be called when the engine has nothing to do any more. */
  readonly cycle: (policy: Policy) => void;
  readonly now: () => number;
  /** Calls back after so many milliseconds; returns how to call it off. */
  readonly later: (ms: number, work: () => void) => () => void;
}
/** Milliseconds that changes are collected before a cycle they asked for. */
const settleMs = 100;

/** Starts cycles until it is closed. A scheduled cycle never starts while another runs, or while a maintenance window is open. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  #cancel: () => void = () => {};
  #next: number | undefined;
  #lastStart: number | undefined;
  #changed = false;
  #isOpen = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /**
   * When the next cycle starts, in milliseconds since 1970; undefined before `begin`, after `close`, and if maintenance
   * windows leave no room for one.
   */
  get nextStart(): number | undefined {
    return this.#next;
  }

  /** Lets the schedule begin. */
  begin(): void {
    this.#isOpen = true;
    this.plan();
  }

  /** Plans the next cycle by the interval since the last one. To be called when a field changed. */
  plan(): void {
    const interval = durationMs(this.#options.fields().CurrentlyEffectiveSyncCycleInterval);
    const now = this.#options.now();
    this.#at(this.#changed ? settleMs : Math.max(settleMs, (this.#lastStart ?? now) + interval - now));
  }

  /** A directory said that something changed. */
  changeSeen(): void {
    this.#changed = true;
    if (this.#isOpen && !this.#options.isBusy()) this.#at(settleMs);
  }

  /** A cycle starts, whoever asked for it. */
  started(): void {
    this.#lastStart = this.#options.now();
    this.#changed = false;
  }

  /** The engine has nothing to do any more. */
  ended(): void {
    if (this.#isOpen) this.plan();
  }

  close(): void {
    this.#isOpen = false;
    this.#cancel();
    this.#next = undefined;
  }

  #at(ms: number): void {
    this.#cancel();
    if (!this.#isOpen) return;
    const now = this.#options.now();
    const window = windowAt(this.#options.windows(), now + ms);
    const start = window?.until ?? now + ms;
    this.#next = window?.isEndless ? undefined : start;
    this.#cancel = this.#options.later(start - now, () => this.#due());
  }

  #due(): void {
    const { SyncCycleEnabled, SchedulerSuspended, NextSyncCyclePolicyType } = this.#options.fields();
    // `ended` plans again.
    if (this.#options.isBusy()) return;
    // A timer that was set for a time far away, or before the clock was changed.
    if (windowAt(this.#options.windows(), this.#options.now())) {
      this.plan();
      return;
    }
    if (SyncCycleEnabled && !SchedulerSuspended) {
      this.#options.cycle(NextSyncCyclePolicyType === 'Initial' ? 'initial' : 'delta');
      return;
    }
    this.#changed = false;
    this.#lastStart = this.#options.now();
    this.plan();
  }
}
