/** What the engine is asked to do, one after the other: cycles and single runs, whoever asked for them. */

import type { PlanRun } from '../diagnosis/plan/run.ts';
import type { Progress } from '../sync/context.ts';
import type { CycleResult, Policy, Profile, RunResult } from '../sync/cycle.ts';
import type { EngineThread } from './engine/thread.ts';
import { Refusal } from './refusal.ts';

export type WorkOrder =
  | { readonly kind: 'cycle'; readonly policy: Policy; readonly retryAll: boolean }
  | { readonly kind: 'run'; readonly connector: string | null; readonly profile: Profile }
  /** Exactly a plan that was looked at; its text is handed over beside the order. */
  | {
      readonly kind: 'plan';
      /** ISO instant at which it was made. */
      readonly created: string;
      readonly seal: string;
      readonly approveDeletes: boolean;
    };

export interface WorkProgress extends Progress {
  /** Objects a second since the step began. */
  readonly rate: number;
  /** Milliseconds until the step is done, as far as can be told. */
  readonly remainingMs?: number;
}
export interface Work {
  readonly id: number;
  readonly order: WorkOrder;
  readonly by: string;
  readonly trigger: 'schedule' | 'person';
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly progress?: WorkProgress;
  readonly result?: CycleResult | RunResult | PlanRun;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface WorkQueueOptions {
  /** Throws a Refusal while there is no engine. */
  readonly engine: () => EngineThread;
  readonly now: () => number;
  /** Told of every change of a piece of work. */
  readonly changed: (work: Work) => void;
  /** Nothing runs or waits any more. */
  readonly idle: () => void;
}

/** Work that did not come to its end: connections that are called off in the middle fail in ways of their own. */
const wasStopped = ({ result, error }: Partial<Work>): boolean => {
  if (error) return error.code === 'engine-ended';
  const statuses = result && 'runs' in result ? result.runs.map((r) => r.status) : [(result as RunResult).status];
  return statuses.some((s) => /^(stopped|no-start)/.test(s));
};

/** Pieces of work that are kept after their end, for whoever asks late. */
const kept = 50;
/** More waiting pieces than this are refused: somebody asks in a loop. */
const longestQueue = 20;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #all = new Map<number, Work>();
  /** Texts of plans that wait. */
  readonly #plans = new Map<number, string>();
  readonly #waiting: number[] = [];
  readonly #ends = new Map<number, ((work: Work) => void)[]>();
  #running: number | undefined;
  #isHeld = false;
  /** Told when nothing runs any more while the queue is held. */
  #rest: (() => void) | undefined;
  #next = 1;
  #step: { key: string; since: number } | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#running !== undefined || this.#waiting.length > 0;
  }
  get running(): Work | undefined {
    return this.#running === undefined ? undefined : this.#all.get(this.#running);
  }
  get(id: number): Work | undefined {
    return this.#all.get(id);
  }
  /** Newest first. */
  list(): Work[] {
    return [...this.#all.values()].reverse();
  }

  /** Orders work; the same order that still waits is joined. Throws a Refusal if too much waits already. */
  add(order: WorkOrder, by: string, trigger: Work['trigger'], plan?: string): Work {
    const same = this.#waiting
      .map((id) => this.#all.get(id)!)
      .find((w) => JSON.stringify(w.order) === JSON.stringify(order));
    if (same) return same;
    if (this.#waiting.length >= longestQueue)
      throw new Refusal(
        'conflict',
        `${longestQueue} pieces of work already wait for the engine. Let them end, or stop them.`,
      );
    const work: Work = { id: this.#next++, order, by, trigger, state: 'queued', queuedAt: this.#options.now() };
    if (plan !== undefined) this.#plans.set(work.id, plan);
    this.#waiting.push(work.id);
    this.#set(work);
    this.#start();
    return this.#all.get(work.id)!;
  }

  /** Resolves with the work when it has ended. */
  ended(id: number): Promise<Work> {
    const work = this.#all.get(id);
    if (!work) return Promise.reject(new Refusal('not-found', `There is no work ${id}.`));
    if (work.state === 'done' || work.state === 'failed') return Promise.resolve(work);
    return new Promise((resolve) => {
      const waiting = this.#ends.get(id) ?? [];
      waiting.push(resolve);
      this.#ends.set(id, waiting);
    });
  }

  /** Stops what runs, in good order, and forgets what waits. Returns whether there was anything. */
  stop(): boolean {
    const wasBusy = this.isBusy;
    for (const id of this.#waiting.splice(0)) {
      this.#end(id, {
        state: 'failed',
        error: { code: 'stopped', message: 'The work was called off before it began.' },
      });
    }
    if (this.#running !== undefined) this.#options.engine().stop();
    return wasBusy;
  }

  /**
   * Lets nothing begin until `release`. What runs is stopped in good order and then waits again at the first place, so
   * that nobody who asked for it has to ask again. Resolves when nothing runs. Throws a Refusal while a plan is carried
   * out: exactly that plan cannot begin a second time.
   */
  async hold(): Promise<void> {
    const { running } = this;
    if (running?.order.kind === 'plan')
      throw new Refusal('conflict', 'A plan is being carried out. Let it end, or stop it, and try again.', {
        code: 'plan-runs',
      });
    // Asked for before anything is held: it is refused while there is none.
    const engine = running && this.#options.engine();
    this.#isHeld = true;
    if (!engine) return;
    const rest = new Promise<void>((resolve) => {
      this.#rest = resolve;
    });
    engine.stop();
    await rest;
  }

  /** Goes on after `hold`. */
  release(): void {
    this.#isHeld = false;
    this.#start();
  }

  /** What the engine tells of the work that runs. */
  progress(progress: Progress): void {
    const work = this.running;
    if (!work) return;
    const now = this.#options.now();
    const key = `${progress.connector}\n${progress.step}`;
    if (this.#step?.key !== key) this.#step = { key, since: now };
    const seconds = Math.max(0.001, (now - this.#step.since) / 1000);
    const rate = Math.round(progress.done / seconds);
    const left = progress.total === undefined ? undefined : progress.total - progress.done;
    const remainingMs = left === undefined || rate === 0 ? undefined : Math.round((left / rate) * 1000);
    this.#set({
      ...work,
      progress: { ...progress, rate, ...(remainingMs === undefined ? {} : { remainingMs }) },
    });
  }

  #start(): void {
    if (this.#running !== undefined || this.#isHeld) return;
    const id = this.#waiting.shift();
    if (id === undefined) return;
    this.#running = id;
    this.#step = undefined;
    this.#set({ ...this.#all.get(id)!, state: 'running', startedAt: this.#options.now() });
    void this.#carryOut(this.#all.get(id)!);
  }

  async #carryOut(work: Work): Promise<void> {
    const { order } = work;
    let end: Partial<Work>;
    try {
      const engine = this.#options.engine();
      end = { state: 'done', result: await this.#ask(engine, work.id, order) };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      end = {
        state: 'failed',
        error: { code: typeof code === 'string' ? code : 'unexpected-error', message: (error as Error).message },
      };
    }
    this.#running = undefined;
    if (this.#isHeld && wasStopped(end)) {
      const { startedAt: _, progress: __, ...again } = this.#all.get(work.id)!;
      this.#waiting.unshift(work.id);
      this.#set({ ...again, state: 'queued' });
    } else this.#end(work.id, end);
    this.#rest?.();
    this.#rest = undefined;
    this.#start();
    if (!this.isBusy) this.#options.idle();
  }

  #ask(engine: EngineThread, id: number, order: WorkOrder): Promise<NonNullable<Work['result']>> {
    switch (order.kind) {
      case 'cycle':
        return engine.cycle({ policy: order.policy, retryAll: order.retryAll });
      case 'run':
        return engine.run(order.connector, order.profile);
      case 'plan':
        return engine.plan(this.#plans.get(id) ?? '', order.approveDeletes);
    }
  }

  #end(id: number, change: Partial<Work>): void {
    const work: Work = { ...this.#all.get(id)!, ...change, endedAt: this.#options.now() };
    this.#plans.delete(id);
    this.#set(work);
    for (const resolve of this.#ends.get(id) ?? []) resolve(work);
    this.#ends.delete(id);
    for (const [old, w] of this.#all) {
      if (this.#all.size <= kept) break;
      if (w.endedAt !== undefined) this.#all.delete(old);
    }
  }

  #set(work: Work): void {
    this.#all.set(work.id, work);
    this.#options.changed(work);
  }
}
