/** The service's handle on a thread that answers long questions. */
import { Worker } from 'node:worker_threads';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { errorOf } from './error-note.ts';
import type { ReaderMessage, ReaderQuestion, ReaderWorkerData } from './reader-worker.ts';
import type { ReadingAnswer, ReadingArguments, ReadingName } from './readings.ts';
import { Refusal } from './refusal.ts';
import { type PartState, pauseBefore } from './supervisor.ts';

export interface ReaderThread {
  /** Questions are answered one after the other. Rejects with a Refusal, or with a ThreadError for a defect. */
  ask<K extends ReadingName>(name: K, ...args: ReadingArguments<K>): Promise<ReadingAnswer<K>>;
  /** The same as JSON text, for an answer that is only passed on: nobody else's thread has to take it apart. */
  askText<K extends ReadingName>(name: K, ...args: ReadingArguments<K>): Promise<JsonText>;
  /** `down` after it died, until the next question was answered. */
  readonly state: PartState;
  /** Starts now, so that the first question does not wait for it. */
  warm(): void;
  /** The next question goes to a new thread, which knows the configuration in force; the old one answers what it was asked. */
  renew(): void;
  /** Ends the thread as a crash would, for tests. */
  kill(): Promise<void>;
  /** Ends the thread; open questions are refused. */
  close(): Promise<void>;
}
/** An answer that is JSON already. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export interface ReaderOptions {
  readonly progress?: (done: number, total?: number) => void;
  /** Told when it died, and when it answers again. */
  readonly changed?: (state: PartState) => void;
  readonly now?: () => number;
  /** Milliseconds that one question may take; the thread is ended and started again then. Default: as long as it takes. */
  readonly longestMs?: number;
}

interface Waiting {
  readonly worker: Worker;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}
/** Milliseconds that a thread of before may take for its last answers. */
const longestRetiredMs = 600_000;
const calledOff = () => new Refusal('unavailable', 'The question was called off.', { code: 'stopped' });

/**
 * Starts with the first question, and again with one that comes after it died, not before a pause that grows. `config`: the
 * one in force.
 */
export function createReader(config: () => LoadedConfiguration, options: ReaderOptions = {}): ReaderThread {
  const now = options.now ?? Date.now;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  /** Threads of before: they end with their last answer. */
  const retired = new Set<Worker>();
  let next = 0;
  let attempt = 0;
  let isClosed = false;
  let state: PartState = { kind: 'running', since: now() };
  const set = (to: PartState) => {
    state = to;
    options.changed?.(to);
  };
  let clock: NodeJS.Timeout | undefined;
  let isTooLong = false;
  /** Begins anew with every answer: questions are answered one after the other. */
  const watch = () => {
    clearTimeout(clock);
    if (options.longestMs === undefined || !worker || openOf(worker).length === 0) return;
    clock = setTimeout(() => {
      isTooLong = true;
      void worker?.terminate();
    }, options.longestMs).unref();
  };
  const openOf = (of: Worker) => [...waiting].filter(([, w]) => w.worker === of);
  const died = (made: Worker, cause: Error | undefined, code: number) => {
    const open = openOf(made);
    for (const [id] of open) waiting.delete(id);
    if (retired.delete(made)) {
      for (const [, w] of open) w.reject(isClosed ? calledOff() : readerDied());
      return;
    }
    if (worker === made) worker = undefined;
    clearTimeout(clock);
    const reason = isTooLong ? tooLong() : (cause ?? new Error(`The thread ended with code ${code}.`));
    // Who waited behind the long question may ask again.
    for (const [i, [, w]] of open.entries())
      w.reject(isClosed ? calledOff() : isTooLong && i === 0 ? tooLong() : readerDied());
    isTooLong = false;
    if (isClosed) return;
    attempt++;
    set({ kind: 'down', since: now(), reason: reason.message, attempt, nextAttempt: now() + pauseBefore(attempt) });
  };
  const start = (): Worker => {
    const workerData: ReaderWorkerData = { config: config() };
    const made = new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData });
    let cause: Error | undefined;
    made.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    made.once('exit', (code) => died(made, cause, code));
    made.on('message', (message: ReaderMessage) => {
      if (message.kind === 'progress') {
        options.progress?.(message.done, message.total);
        return;
      }
      const w = waiting.get(message.id);
      waiting.delete(message.id);
      if (retired.has(made)) {
        if (openOf(made).length === 0) void made.terminate();
      } else watch();
      if (state.kind === 'down') set({ kind: 'running', since: now() });
      attempt = 0;
      if (message.kind === 'answer') w?.resolve(message.answer as never);
      else w?.reject(errorOf(message.error));
    });
    made.unref();
    return made;
  };
  const ask = <T>(name: ReadingName, args: readonly unknown[], asText: boolean): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isClosed) {
        reject(calledOff());
        return;
      }
      if (!worker && state.kind === 'down' && now() < state.nextAttempt) {
        reject(readerDown(Math.ceil((state.nextAttempt - now()) / 1000)));
        return;
      }
      worker ??= start();
      const id = ++next;
      waiting.set(id, { worker, resolve: resolve as (answer: never) => void, reject });
      worker.postMessage({ id, name, args, asText } satisfies ReaderQuestion);
      if (openOf(worker).length === 1) watch();
    });
  return {
    get state() {
      return state;
    },
    ask: (name, ...args) => ask(name, args, false),
    askText: async (name, ...args) => new JsonText(await ask<string>(name, args, true)),
    warm() {
      if (!isClosed && state.kind === 'running') worker ??= start();
    },
    renew() {
      const old = worker;
      worker = undefined;
      clearTimeout(clock);
      if (!old) return;
      retired.add(old);
      if (openOf(old).length === 0) void old.terminate();
      else setTimeout(() => void old.terminate(), options.longestMs ?? longestRetiredMs).unref();
    },
    async kill() {
      await worker?.terminate();
    },
    async close() {
      isClosed = true;
      clearTimeout(clock);
      await Promise.all([worker, ...retired].map((w) => w?.terminate()));
    },
  };
}

const tooLong = () =>
  new Refusal('unavailable', 'The question took too long and was called off. Ask for less, or as a job.', {
    code: 'too-long',
  });
const readerDied = () =>
  new Refusal('unavailable', 'The thread that worked on this ended unexpectedly. Ask again in a moment.', {
    code: 'reader-ended',
  });
const readerDown = (seconds: number) =>
  new Refusal(
    'unavailable',
    `The thread that answers long questions ended unexpectedly; it is started again in ${seconds} s.`,
    { code: 'reader-down', facts: { retryAfterSeconds: seconds } },
  );
