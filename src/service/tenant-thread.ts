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
  const exited = new Promise<void>((resolve) =>
    worker.once('exit', () => {
      for (const w of waiting.values())
        w.reject(new Refusal('unavailable', 'The local tenant is not running.', { code: 'tenant-down' }));
      waiting.clear();
      resolve();
    }),
  );
  const ask = <T>(question: Ask): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = ++next;
      waiting.set(id, { resolve: resolve as (answer: never) => void, reject });
      worker.postMessage({ ...question, id });
    });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
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
          close: async () => {
            worker.postMessage({ kind: 'close', id: 0 } satisfies TenantQuestion);
            await exited;
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
