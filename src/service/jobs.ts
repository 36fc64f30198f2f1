/**
 * Long questions that people wait for with a bar: each in a thread of its own, so that it can be called off. Long work
 * that mostly waits for others, such as directories, is done here; called off, it ends at a safe point.
 */
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { createReader, type ReaderThread } from './reader-thread.ts';
import type { ReadingName } from './readings.ts';
import { Refusal } from './refusal.ts';

/** Work that is no question. */
export type JobName = ReadingName | 'precheckApply';
export interface Job {
  readonly id: number;
  readonly name: JobName;
  readonly by: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly progress?: { readonly done: number; readonly total?: number; readonly rate: number };
  readonly answer?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** An answer of which a part is kept for later and not told, e.g. because it is long. */
export interface WithAside<T> {
  readonly told: T;
  readonly aside: string;
}

const failure = (error: Error & { readonly code?: string }): Partial<Job> => ({
  state: 'failed',
  error: { code: error.code ?? 'unexpected-error', message: error.message },
});

/** Jobs kept after their end. */
const kept = 20;
/** Jobs at a time: each reads the whole store. */
const atOnce = 2;

export class Jobs {
  readonly #config: () => LoadedConfiguration;
  readonly #now: () => number;
  readonly #changed: (job: Job) => void;
  readonly #all = new Map<number, Job>();
  readonly #asides = new Map<number, string>();
  readonly #readers = new Map<number, ReaderThread>();
  /** How work is called off; it is over when its end is known. */
  readonly #works = new Map<number, { readonly stop: AbortController; readonly over: Promise<void> }>();
  #next = 1;

  constructor(config: () => LoadedConfiguration, now: () => number, changed: (job: Job) => void) {
    this.#config = config;
    this.#now = now;
    this.#changed = changed;
  }

  /** Newest first, without their answers. */
  list(): Omit<Job, 'answer'>[] {
    return [...this.#all.values()].reverse().map(({ answer: _, ...job }) => job);
  }

  /** Throws a Refusal if there is none. */
  get(id: number): Job {
    const job = this.#all.get(id);
    if (!job) throw new Refusal('not-found', `There is no job ${id}. The last ${kept} are kept.`);
    return job;
  }

  /** What a job kept aside. Throws a Refusal if there is no such job, or it is not done. */
  aside(id: number): string {
    const job = this.get(id);
    const text = this.#asides.get(id);
    if (text === undefined) throw new Refusal('conflict', `Job ${id} made no plan: it is a ${job.name}, ${job.state}.`);
    return text;
  }

  /** Starts a question. Throws a Refusal while too many run. `hasAside`: its answer is a WithAside. */
  start(name: ReadingName, args: readonly unknown[], by: string, hasAside = false): Job {
    this.#requireRoom();
    const job: Job = { id: this.#next++, name, by, state: 'running', startedAt: this.#now() };
    const reader = createReader(this.#config, {
      progress: (done, total) => this.#progress(job.id, done, total),
    });
    this.#readers.set(job.id, reader);
    this.#set(job);
    const ask = reader.ask as (name: ReadingName, ...args: readonly unknown[]) => Promise<unknown>;
    void ask(name, ...args)
      .then((answer) => {
        if (!hasAside) return this.#end(job.id, { state: 'done', answer });
        const { told, aside } = answer as WithAside<unknown>;
        this.#asides.set(job.id, aside);
        return this.#end(job.id, { state: 'done', answer: told });
      })
      .catch((error: Error) => this.#end(job.id, failure(error)));
    return job;
  }

  /** Starts work. Called off, it resolves with what was done until then. Throws a Refusal while too much runs. */
  work(
    name: JobName,
    by: string,
    work: (progress: (done: number, total?: number) => void, signal: AbortSignal) => Promise<unknown>,
  ): Job {
    this.#requireRoom();
    const job: Job = { id: this.#next++, name, by, state: 'running', startedAt: this.#now() };
    const stop = new AbortController();
    this.#set(job);
    const over = work((done, total) => this.#progress(job.id, done, total), stop.signal)
      .then(
        (answer) => this.#end(job.id, { state: stop.signal.aborted ? 'cancelled' : 'done', answer }),
        (error: Error) => this.#end(job.id, failure(error)),
      )
      .finally(() => this.#works.delete(job.id));
    this.#works.set(job.id, { stop, over });
    return job;
  }

  /** Calls a job off. Work goes on until a safe point. */
  cancel(id: number): Job {
    const job = this.get(id);
    const work = this.#works.get(id);
    work?.stop.abort();
    if (job.state === 'running' && !work) this.#end(id, { state: 'cancelled' });
    return this.get(id);
  }

  #requireRoom(): void {
    if (this.#readers.size + this.#works.size < atOnce) return;
    throw new Refusal('conflict', `${atOnce} jobs run already. Wait for one to end, or call one off.`, {
      code: 'too-many-jobs',
    });
  }

  async close(): Promise<void> {
    for (const { stop } of this.#works.values()) stop.abort();
    await Promise.all([...this.#works.values()].map((w) => w.over));
    await Promise.all([...this.#readers.values()].map((r) => r.close()));
  }

  #progress(id: number, done: number, total: number | undefined): void {
    const job = this.#all.get(id);
    if (job?.state !== 'running') return;
    const seconds = Math.max(0.001, (this.#now() - job.startedAt) / 1000);
    const progress = { done, rate: Math.round(done / seconds), ...(total === undefined ? {} : { total }) };
    this.#set({ ...job, progress });
  }

  #end(id: number, change: Partial<Job>): void {
    const job = this.#all.get(id);
    if (job?.state !== 'running') return;
    const reader = this.#readers.get(id);
    this.#readers.delete(id);
    void reader?.close();
    this.#set({ ...job, ...change, endedAt: this.#now() });
    for (const [old, j] of this.#all) {
      if (this.#all.size <= kept) break;
      if (j.endedAt === undefined) continue;
      this.#all.delete(old);
      this.#asides.delete(old);
    }
  }

  #set(job: Job): void {
    this.#all.set(job.id, job);
    const { answer: _, ...told } = job;
    this.#changed(told);
  }
}
