/** The service's handle on the engine's thread. */
import { Worker } from 'node:worker_threads';
import type { LeaseHolder } from '../scheduler/lease.ts';
import type { CycleOptions, CycleResult, Profile, RunResult } from '../sync/cycle.ts';
import type { EngineCommand, EngineMessage, EngineWorkerData } from './engine-messages.ts';

export interface EngineThread {
  readonly holder: LeaseHolder;
  cycle(options: CycleOptions): Promise<CycleResult>;
  run(connector: string | null, profile: Profile): Promise<RunResult>;
  /** Stops the run under way, in good order. */
  stop(): void;
  /** Ends the thread after what runs has stopped. */
  close(): Promise<void>;
}
export type EngineListener = (message: EngineMessage) => void;

export class EngineThreadError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'EngineThreadError';
    this.code = code;
  }
}

type Waiting = { resolve: (result: never) => void; reject: (error: Error) => void };

/** Starts the engine in a thread of its own. Rejects with what is wrong with configuration, state or lease. */
export function startEngineThread(data: EngineWorkerData, listener: EngineListener): Promise<EngineThread> {
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { workerData: data });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  const send = (command: EngineCommand) => worker.postMessage(command);
  const ask = <T>(make: (id: number) => EngineCommand): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = ++next;
      waiting.set(id, { resolve: resolve as (result: never) => void, reject });
      send(make(id));
    });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return new Promise<EngineThread>((resolve, reject) => {
    const fail = (error: Error) => {
      reject(error);
      for (const w of waiting.values()) w.reject(error);
      waiting.clear();
    };
    worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', () => fail(new EngineThreadError('service-down', 'The engine ended.')));
    worker.on('message', (message: EngineMessage) => {
      listener(message);
      if (message.kind === 'failed') fail(new EngineThreadError(message.code, message.message));
      if (message.kind === 'ready') {
        resolve({
          holder: message.holder,
          cycle: (options) => ask((id) => ({ kind: 'cycle', id, options })),
          run: (connector, profile) => ask((id) => ({ kind: 'run', id, connector, profile })),
          stop: () => send({ kind: 'stop' }),
          close: async () => {
            send({ kind: 'close' });
            await exited;
          },
        });
      }
      if (message.kind === 'done' || message.kind === 'error') {
        const w = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.kind === 'done') w?.resolve(message.result as never);
        else w?.reject(new EngineThreadError('unexpected-error', message.message));
      }
    });
  });
}
