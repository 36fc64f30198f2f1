/** The service's handle on a thread that answers long questions. */
import { Worker } from 'node:worker_threads';
import { errorOf } from './error-note.ts';
import type { ReaderMessage, ReaderQuestion } from './reader-worker.ts';
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
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}
const calledOff = () => new Refusal('unavailable', 'The question was called off.', { code: 'stopped' });

/** Starts with the first question, and again with one that comes after it died, not before a pause that grows. */
export function createReader(configFile: string, options: ReaderOptions = {}): ReaderThread {
  const now = options.now ?? Date.now;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
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
    if (options.longestMs === undefined || waiting.size === 0) return;
    clock = setTimeout(() => {
      isTooLong = true;
      void worker?.terminate();
    }, options.longestMs).unref();
  };
  const died = (made: Worker, cause: Error | undefined, code: number) => {
    if (worker === made) worker = undefined;
    clearTimeout(clock);
    const reason = isTooLong ? tooLong() : (cause ?? new Error(`The thread ended with code ${code}.`));
    // Who waited behind the long question may ask again.
    const [first] = waiting.keys();
    for (const [id, w] of waiting)
      w.reject(isClosed ? calledOff() : isTooLong && id === first ? tooLong() : readerDied());
    waiting.clear();
    isTooLong = false;
    if (isClosed) return;
    attempt++;
    set({ kind: 'down', since: now(), reason: reason.message, attempt, nextAttempt: now() + pauseBefore(attempt) });
  };
  const start = (): Worker => {
    const made = new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData: { configFile } });
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
      watch();
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
      waiting.set(id, { resolve: resolve as (answer: never) => void, reject });
      worker.postMessage({ id, name, args, asText } satisfies ReaderQuestion);
      if (waiting.size === 1) watch();
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
    async kill() {
      await worker?.terminate();
    },
    async close() {
      isClosed = true;
      clearTimeout(clock);
      await worker?.terminate();
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
