/** The service's handle on a thread that answers long questions. */
import { Worker } from 'node:worker_threads';
import { errorOf } from './error-note.ts';
import type { ReaderMessage, ReaderQuestion } from './reader-worker.ts';
import type { ReadingAnswer, ReadingArguments, ReadingName } from './readings.ts';
import { Refusal } from './refusal.ts';

export interface ReaderThread {
  /** Questions are answered one after the other. Rejects with a Refusal, or with a ThreadError for a defect. */
  ask<K extends ReadingName>(name: K, ...args: ReadingArguments<K>): Promise<ReadingAnswer<K>>;
  /** Ends the thread; open questions are refused. */
  close(): Promise<void>;
}
export type ProgressListener = (done: number, total?: number) => void;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts with the first question, and again after it died. */
export function createReader(configFile: string, progress: ProgressListener = () => {}): ReaderThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let next = 0;
  const start = (): Worker => {
    const made = new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData: { configFile } });
    let cause: Error | undefined;
    made.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    made.once('exit', () => {
      if (worker === made) worker = undefined;
      const told = cause ?? new Refusal('unavailable', 'The question was called off.', { code: 'stopped' });
      for (const w of waiting.values()) w.reject(told);
      waiting.clear();
    });
    made.on('message', (message: ReaderMessage) => {
      if (message.kind === 'progress') {
        progress(message.done, message.total);
        return;
      }
      const w = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.kind === 'answer') w?.resolve(message.answer as never);
      else w?.reject(errorOf(message.error));
    });
    made.unref();
    return made;
  };
  return {
    ask: (name, ...args) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        const id = ++next;
        waiting.set(id, { resolve: resolve as (answer: never) => void, reject });
        worker.postMessage({ id, name, args } satisfies ReaderQuestion);
      }),
    async close() {
      await worker?.terminate();
    },
  };
}
