/** The service's handle on the local tenant's thread. */
import { Worker } from 'node:worker_threads';
import { errorOf } from './error-note.ts';
import { Refusal } from './refusal.ts';
import type { TenantFacts, TenantMessage, TenantQuestion } from './tenant-worker.ts';

export interface TenantThread {
  readonly url: string;
  readonly tenantId: string;
  facts(): Promise<TenantFacts>;
  setSwitches(switches: Readonly<Record<string, unknown>>): Promise<TenantFacts>;
  /** Moves the tenant's clock forward. */
  advance(milliseconds: number): Promise<TenantFacts>;
  /** Reads through the tenant's Graph plane: status and JSON. `path` begins with the version. */
  graph(path: string): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
  /** Ends the thread by force, as a crash would. */
  kill(): Promise<void>;
  /** Resolves when the thread is gone, with what it died of, if it was not told to end. */
  readonly ended: Promise<Error | undefined>;
}

type Ask = TenantQuestion extends infer Q ? (Q extends { id: number } ? Omit<Q, 'id'> : never) : never;
interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the tenant of the configuration. Rejects with a sentence that says why it cannot start. */
export function startTenantThread(configFile: string): Promise<TenantThread> {
  const worker = new Worker(new URL('./tenant-worker.ts', import.meta.url), { workerData: { configFile } });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  const down = () => new Refusal('unavailable', 'The local tenant is not running.', { code: 'tenant-down' });
  let isClosing = false;
  let isGone = false;
  let cause: Error | undefined;
  const ended = new Promise<Error | undefined>((resolve) =>
    worker.once('exit', (code) => {
      isGone = true;
      for (const w of waiting.values()) w.reject(down());
      waiting.clear();
      resolve(isClosing ? undefined : (cause ?? new Error(`The tenant's thread ended with code ${code}.`)));
    }),
  );
  const ask = <T>(question: Ask): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (isGone) {
        reject(down());
        return;
      }
      const id = ++next;
      waiting.set(id, { resolve: resolve as (answer: never) => void, reject });
      worker.postMessage({ ...question, id });
    });
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
      reject(cause);
    });
    worker.on('message', (message: TenantMessage) => {
      if (message.kind === 'failed') {
        void worker.terminate();
        reject(new Refusal('unavailable', message.message, { code: 'tenant-not-started' }));
      } else if (message.kind === 'ready') {
        resolve({
          url: message.url,
          tenantId: message.tenantId,
          facts: () => ask({ kind: 'facts' }),
          setSwitches: (switches) => ask({ kind: 'set-switches', switches }),
          advance: (milliseconds) => ask({ kind: 'advance', milliseconds }),
          graph: (path) => ask({ kind: 'graph', path }),
          ended,
          kill: async () => void (await worker.terminate()),
          close: async () => {
            isClosing = true;
            if (!isGone) worker.postMessage({ kind: 'close', id: 0 } satisfies TenantQuestion);
            await ended;
          },
        });
      } else {
        const w = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.kind === 'answer') w?.resolve(message.answer as never);
        else w?.reject(errorOf(message.error));
      }
    });
  });
}
