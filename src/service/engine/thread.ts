/** The service's handle on the engine's thread. */
import { Worker } from 'node:worker_threads';
import type { PlanRun } from '../../diagnosis/plan/run.ts';
import type { Actor } from '../../health/audit.ts';
import type { LeaseHolder } from '../../scheduler/lease.ts';
import type { CycleOptions, CycleResult, Profile, RunResult } from '../../sync/cycle.ts';
import type { Change } from '../changes.ts';
import { errorOf } from '../error-note.ts';
import type { PasswordAnswer } from '../passwords/facts.ts';
import type { PasswordOrder } from '../passwords/passwords.ts';
import { Refusal } from '../refusal.ts';
import type { EngineCommand, EngineMessage, EngineWorkerData } from './messages.ts';

export interface EngineThread {
  readonly holder: LeaseHolder;
  /** Rejects with a ThreadError for a defect; failures of the cycle are in its result. */
  cycle(options: CycleOptions): Promise<CycleResult>;
  run(connector: string | null, profile: Profile): Promise<RunResult>;
  /** Exactly what a plan file says. Rejects with a Refusal, and nothing was exported, if it does not hold any more. */
  plan(text: string, approveDeletes: boolean): Promise<PlanRun>;
  change(actor: Actor, change: Change): Promise<unknown>;
  /** Resolves when the cycle of password hash synchronization that follows from it is over. */
  passwords(order: PasswordOrder): Promise<PasswordAnswer[]>;
  announce(url: string): void;
  /** Stops the run under way, in good order. */
  stop(): void;
  /** Ends the thread after what runs has stopped; by force after `graceMs` (default 30 s). */
  close(graceMs?: number): Promise<void>;
  /** Ends the thread by force. Whatever it was doing is taken up again at the next start. */
  kill(): Promise<void>;
  /** Resolves when the thread is gone, with what it died of, if it was not told to end. */
  readonly ended: Promise<Error | undefined>;
}
export type EngineListener = (message: EngineMessage) => void;

type Waiting = { resolve: (result: never) => void; reject: (error: Error) => void };

const gone = () =>
  new Refusal('unavailable', 'The engine ended while it worked on this. It is started again; try in a moment.', {
    code: 'engine-ended',
  });

/** Starts the engine in a thread of its own. Rejects with what is wrong with configuration, state or lease. */
export function startEngineThread(data: EngineWorkerData, listener: EngineListener): Promise<EngineThread> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let isClosing = false;
  let cause: Error | undefined;
  const send = (command: EngineCommand) => worker.postMessage(command);
  const ask = <T>(make: (id: number) => EngineCommand): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (isGone) {
        reject(gone());
        return;
      }
      const id = ++next;
      waiting.set(id, { resolve: resolve as (result: never) => void, reject });
      send(make(id));
    });
  let isGone = false;
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    worker.once('exit', (code) => {
      isGone = true;
      for (const w of waiting.values()) w.reject(gone());
      waiting.clear();
      resolve(isClosing ? undefined : (cause ?? new Error(`The engine's thread ended with code ${code}.`)));
    });
  });
  const kill = async () => {
    await worker.terminate();
  };
  const thread = (holder: LeaseHolder): EngineThread => ({
    holder,
    cycle: (options) => ask((id) => ({ kind: 'cycle', id, options })),
    run: (connector, profile) => ask((id) => ({ kind: 'run', id, connector, profile })),
    plan: (plan, approveDeletes) => ask((id) => ({ kind: 'plan', id, plan, approveDeletes })),
    change: (actor, change) => ask((id) => ({ kind: 'change', id, actor, change })),
    passwords: (order) => ask((id) => ({ kind: 'passwords', id, order })),
    announce: (url) => send({ kind: 'announce', url }),
    stop: () => send({ kind: 'stop' }),
    async close(graceMs = 30_000) {
      isClosing = true;
      send({ kind: 'close' });
      const force = setTimeout(() => void kill(), graceMs);
      await ended;
      clearTimeout(force);
    },
    kill,
    ended,
  });
  return new Promise<EngineThread>((resolve, reject) => {
    void ended.then((error) => reject(error ?? gone()));
    worker.on('message', (message: EngineMessage) => {
      listener(message);
      if (message.kind === 'failed') {
        isClosing = true;
        reject(errorOf(message.error));
      }
      if (message.kind === 'ready') resolve(thread(message.holder));
      if (message.kind !== 'done' && message.kind !== 'error') return;
      const w = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.kind === 'done') w?.resolve(message.result as never);
      else w?.reject(errorOf(message.error));
    });
  });
}
