/** A thread of a fork: takes ranges of identities until there are none left. */
import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../../store/store.ts';
import type { ForkPart } from './groups.ts';
import { type ForkJob, ForkSession } from './session.ts';

export interface ForkWorkerData {
  readonly file: string;
  readonly job: ForkJob;
}
export type ForkTask =
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'newcomers' }
  | { readonly kind: 'settle'; readonly ids: readonly number[]; readonly joinValues: ForkPart['joinValues'] }
  | { readonly kind: 'take' };
export type ForkAnswer =
  /** `state`: equal for two threads that see the same store. */
  | { readonly kind: 'ready'; readonly state: string }
  | { readonly kind: 'range'; readonly done: number }
  | { readonly kind: 'newcomers'; readonly ids: readonly number[] }
  | { readonly kind: 'settled' }
  | { readonly kind: 'part'; readonly part: ForkPart };

const port = parentPort;
if (!port) throw new TypeError('a fork worker runs in a thread');
const { file, job } = workerData as ForkWorkerData;
const store = openStore(file, { readOnly: true });
// One state for the whole fork, whatever the engine writes meanwhile.
store.db.exec('BEGIN');
const state = JSON.stringify([
  store.records.journalPage(Number.MAX_SAFE_INTEGER, 1)[0]?.id,
  store.records.runs(Number.MAX_SAFE_INTEGER, 1),
]);
const session = new ForkSession(store, job);

function answer(task: ForkTask): ForkAnswer {
  switch (task.kind) {
    case 'range':
      return { kind: 'range', done: session.range(task.from, task.to) };
    case 'newcomers':
      return { kind: 'newcomers', ids: session.newcomers() };
    case 'settle':
      session.settle(task.ids, task.joinValues);
      return { kind: 'settled' };
    case 'take':
      return { kind: 'part', part: session.take() };
  }
}

port.on('message', (task: ForkTask) => port.postMessage(answer(task) satisfies ForkAnswer));
port.postMessage({ kind: 'ready', state } satisfies ForkAnswer);
