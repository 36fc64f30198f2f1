/** Long questions that people wait for with a bar: each in a thread of its own, so that it can be called off. */
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

/** Jobs kept after their end. */
const kept = 20;
/** Jobs at a time: each reads the whole store. */
const atOnce = 2;

export class Jobs {
  readonly #configFile: string;
  readonly #now: () => number;
  readonly #changed: (job: Job) => void;
  readonly #all = new Map<number, Job>();
  readonly #readers = new Map<number, ReaderThread>();
  #next = 1;

  constructor(configFile: string, now: () => number, changed: (job: Job) => void) {
    this.#configFile = configFile;
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

  /** Starts a question. Throws a Refusal while too many run. */
  start(name: ReadingName, args: readonly unknown[], by: string): Job {
    if (this.#readers.size >= atOnce) {
      throw new Refusal('conflict', `${atOnce} jobs run already. Wait for one to end, or call one off.`, {
        code: 'too-many-jobs',
      });
    }
    const job: Job = { id: this.#next++, name, by, state: 'running', startedAt: this.#now() };
    const reader = createReader(this.#configFile, {
      progress: (done, total) => this.#progress(job.id, done, total),
    });
    this.#readers.set(job.id, reader);
    this.#set(job);
    const ask = reader.ask as (name: ReadingName, ...args: readonly unknown[]) => Promise<unknown>;
    void ask(name, ...args)
      .then((answer) => this.#end(job.id, { state: 'done', answer }))
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
      if (j.endedAt !== undefined) this.#all.delete(old);
    }
  }

  #set(job: Job): void {
    this.#all.set(job.id, job);
    const { answer: _, ...told } = job;
    this.#changed(told);
  }
}
