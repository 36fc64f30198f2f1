/** The long-running process: tenant (if configured), engine, scheduler, API. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { durationMs } from '../model/duration.ts';
import { Scheduler, type SchedulerFields, schedulerFields } from '../scheduler/scheduler.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Progress } from '../sync/context.ts';
import type { CycleResult, Policy } from '../sync/cycle.ts';
import { createApi } from './api.ts';
import type { LoadedConfiguration } from './configuration.ts';
import type { EngineMessage } from './engine-messages.ts';
import { type EngineThread, startEngineThread } from './engine-thread.ts';
import { storeFile } from './open-engine.ts';
import { startTenantThread, type TenantThread } from './tenant-thread.ts';

export interface ServiceEvents {
  progress(progress: Progress): void;
  log(level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>): void;
}
export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly tenant: TenantThread | undefined;
  readonly store: Store;
  readonly fields: () => SchedulerFields;
  cycle(policy: Policy): Promise<CycleResult>;
  /** Lets the schedule begin. */
  begin(): void;
}

/** Everything that the API and the verbs of a running service work with. */
export interface ServiceContext {
  readonly config: LoadedConfiguration;
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly fields: () => SchedulerFields;
  engine(): EngineThread;
  readonly tenantUrl: string | undefined;
  /** Called with every message of the engine, until the returned function is called. */
  listen(listener: (message: EngineMessage) => void): () => void;
}

/** Starts the service of a configuration. Rejects with what is wrong, and leaves nothing running. */
export async function startService(config: LoadedConfiguration, events: ServiceEvents): Promise<Service> {
  const { settings } = config;
  const tenant = settings.tenant ? await startTenantThread(config.file) : undefined;
  const listeners = new Set<(message: EngineMessage) => void>();
  let store: Store | undefined;
  let engine: EngineThread | undefined;
  try {
    const at = settings.service.listen.lastIndexOf(':');
    const url = `http://${settings.service.listen}`;
    const token = randomBytes(32).toString('base64url');
    const scheduler: Scheduler = new Scheduler({
      fields: () => fields(),
      cycle: (policy) =>
        engine!.cycle({ policy, retryAll: durationMs(fields().CurrentlyEffectiveSyncCycleInterval) >= 60_000 }),
      now: Date.now,
      later(ms, work) {
        const timer = setTimeout(work, Math.min(ms, 2 ** 31 - 1));
        return () => clearTimeout(timer);
      },
    });
    const fields = () =>
      schedulerFields(
        store!.records,
        {
          enabled: settings.scheduler.enabled,
          intervalMs: durationMs(settings.scheduler.interval),
          staging: settings.scheduler.staging,
        },
        { nextStart: scheduler.nextStart, inProgress: scheduler.inProgress },
      );
    engine = await startEngineThread(
      { configFile: config.file, purpose: 'service', url, watch: settings.scheduler.enabled },
      (message) => {
        if (message.kind === 'progress') events.progress(message.progress);
        if (message.kind === 'log') events.log(message.level, message.message, message.facts);
        if (message.kind === 'change-seen') scheduler.changeSeen();
        for (const l of listeners) l(message);
      },
    );
    store = openStore(storeFile(config));
    const context: ServiceContext = {
      config,
      store,
      scheduler,
      fields,
      engine: () => engine!,
      tenantUrl: tenant?.url,
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const server = await listenOn(
      createApi(context, token),
      settings.service.listen.slice(0, at),
      Number(settings.service.listen.slice(at + 1)),
    );
    const stop = async () => {
      scheduler.close();
      await server.close();
      await engine?.close();
      store?.[Symbol.dispose]();
      await tenant?.close();
    };
    return {
      url: server.url,
      tenant,
      store,
      fields,
      cycle: (policy) => scheduler.runNow(policy) as Promise<CycleResult>,
      begin: () => scheduler.plan(),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await engine?.close();
    store?.[Symbol.dispose]();
    await tenant?.close();
    throw error;
  }
}

function listenOn(app: Hono, hostname: string, port: number): Promise<{ url: string; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: app.fetch, hostname: hostname.replace(/^\[|\]$/g, ''), port },
      (info: AddressInfo) => {
        resolve({
          url: `http://${hostname}:${info.port}`,
          close: () => new Promise<void>((done) => server.close(() => done())),
        });
      },
    );
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `The address ${hostname}:${port} is taken: another program listens there. Stop it, or change "service.listen".`,
            )
          : error,
      );
    });
  });
}
