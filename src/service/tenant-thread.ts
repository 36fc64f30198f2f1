/** The service's handle on the local tenant's thread. */
import { Worker } from 'node:worker_threads';
import type { TenantMessage } from './tenant-worker.ts';

export interface TenantThread {
  readonly url: string;
  readonly tenantId: string;
  close(): Promise<void>;
}

/** Starts the tenant of the configuration. Rejects with a sentence that says why it cannot start. */
export function startTenantThread(configFile: string): Promise<TenantThread> {
  const worker = new Worker(new URL('./tenant-worker.ts', import.meta.url), { workerData: { configFile } });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: TenantMessage) => {
      if (message.kind === 'failed') {
        void worker.terminate();
        reject(new Error(message.message));
        return;
      }
      resolve({
        url: message.url,
        tenantId: message.tenantId,
        close: async () => {
          worker.postMessage('close');
          await exited;
        },
      });
    });
  });
}
