/** Long questions that people wait for with a bar: each in a thread of its own, so that it can be called off. */
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { createReader, type ReaderThread } from './reader-thread.ts';
import type { ReadingName } from './readings.ts';
import { Refusal } from './refusal.ts';

export interface Job {
  readonly id: number;
  readonly name: ReadingName;
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
    if (this.#readers.size >= atOnce) {
      throw new Refusal('conflict', `${atOnce} jobs run already. Wait for one to end, or call one off.`, {
        code: 'too-many-jobs',
      });
    }
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
      .catch((error: Error & { code?: string }) =>
        this.#end(job.id, {
          state: 'failed',
          error: { code: error.code ?? 'unexpected-error', message: error.message },
        }),
      );
    return job;
  }

  /** Calls a job off. */
  cancel(id: number): Job {
    const job = this.get(id);
    if (job.state === 'running') this.#end(id, { state: 'cancelled' });
    return this.get(id);
  }

  async close(): Promise<void> {
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
