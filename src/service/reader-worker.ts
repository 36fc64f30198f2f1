/** The thread that answers long questions. It reads; it never writes to the store (law 8). */
import { tmpdir } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../store/store.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import type { ErrorNote } from './engine/messages.ts';
import { storeFile } from './engine/open-engine.ts';
import { noteOf } from './error-note.ts';
import { type ReadingName, type ReadingState, readingState, readings } from './readings.ts';

export interface ReaderWorkerData {
  /** The one in force, whatever the file says by now. */
  readonly config: LoadedConfiguration;
}
export interface ReaderQuestion {
  readonly id: number;
  readonly name: ReadingName;
  readonly args: readonly unknown[];
  /** The answer is wanted as JSON text. */
  readonly asText?: boolean;
}
export type ReaderMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorNote }
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly total?: number };

const port = parentPort;
if (!port) throw new TypeError('the reader runs in a thread of the service');
const post = (message: ReaderMessage): void => port.postMessage(message);
const { config } = workerData as ReaderWorkerData;
let asked = 0;
let told = 0;
const state: ReadingState = readingState(config, openStore(storeFile(config), { readOnly: true }), {
  scratch: tmpdir(),
  progress(done, total) {
    const now = performance.now();
    if (now - told < 100 && done !== total) return;
    told = now;
    post({ kind: 'progress', id: asked, done, ...(total === undefined ? {} : { total }) });
  },
});

let work: Promise<void> = Promise.resolve();
port.on('message', (question: ReaderQuestion) => {
  work = work.then(async () => {
    asked = question.id;
    try {
      const ask = readings[question.name] as (state: ReadingState, ...args: readonly unknown[]) => unknown;
      const answer = await ask(state, ...question.args);
      post({ kind: 'answer', id: question.id, answer: question.asText ? JSON.stringify(answer) : answer });
    } catch (error) {
      post({ kind: 'error', id: question.id, error: noteOf(error) });
    }
  });
});
