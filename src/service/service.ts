/** The long-running process: engine, tenant (if configured), scheduler, API and console. */
import { existsSync, statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { durationMs } from '../model/duration.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Policy } from '../sync/cycle.ts';
import { createApp } from './api/app.ts';
import { consoleFiles } from './api/console-files.ts';
import { type LoadedConfiguration, readSecret } from './configuration/configuration.ts';
import type { EngineMessage } from './engine/messages.ts';
import { stateDirectory, storeFile } from './engine/open-engine.ts';
import { EngineSupervisor } from './engine/supervisor.ts';
import { startEngineThread } from './engine/thread.ts';
import { EventBus } from './event-bus.ts';
import { fieldsOf, type ServiceState, type StatusFacts, statusFacts } from './facts/status.ts';
import { Jobs } from './jobs.ts';
import { openLog } from './log.ts';
import { programVersion } from './program-version.ts';
import { createReader } from './reader-thread.ts';
import { listen } from './server.ts';
import type { ServiceContext } from './service-context.ts';
import { makeServiceToken } from './service-token.ts';
import { SignInLinks } from './sign-in/links.ts';
import { OpenIdConnect } from './sign-in/openid-connect.ts';
import { Sealer, Sessions, sessionKey } from './sign-in/session.ts';
import { startTenantThread, type TenantThread } from './tenant-thread.ts';
import { type Work, type WorkProgress, WorkQueue } from './work-queue.ts';

export interface ServiceEvents {
  progress(progress: WorkProgress): void;
  log(level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>): void;
}
export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly tenant: TenantThread | undefined;
  /** Read only. */
  readonly store: Store;
  readonly hasConsole: boolean;
  status(): StatusFacts;
  /** One cycle; resolves when it ended. */
  cycle(policy: Policy): Promise<Work>;
  /** A one-time link with which the local administrator signs in. */
  signInLink(): string;
  /** Lets the schedule begin. */
  begin(): void;
}

const later = (ms: number, work: () => void): (() => void) => {
  const timer = setTimeout(work, Math.min(ms, 2 ** 31 - 1));
  return () => clearTimeout(timer);
};
/** Below this interval, in milliseconds, failed exports wait for their time instead of being tried in every cycle. */
const continuousMs = 60_000;

/** Starts the service of a configuration. Rejects with what is wrong, and leaves nothing running. */
export async function startService(config: LoadedConfiguration, events: ServiceEvents): Promise<Service> {
  await using parts = new AsyncDisposableStack();
  const state = stateDirectory(config);
  const bus = new EventBus();
  const logs = parts.use(openLog(config, state));
  const tell: ServiceEvents['log'] = (level, message, facts) => {
    logs.log[level](facts, message);
    events.log(level, message, facts);
    bus.publish('log', { level, message });
  };
  const hear = (message: EngineMessage) => {
    if (message.kind === 'progress') queue.progress(message.progress);
    if (message.kind === 'log') tell(message.level, message.message, message.facts);
    if (message.kind === 'change-seen') scheduler.changeSeen();
  };
  const supervisor: EngineSupervisor = new EngineSupervisor({
    start: () =>
      startEngineThread(
        { configFile: config.file, purpose: 'service', watch: config.settings.scheduler.enabled },
        hear,
      ),
    now: Date.now,
    later,
    changed(engine) {
      if (engine.kind === 'down') {
        const seconds = Math.round((engine.nextAttempt - engine.since) / 1000);
        tell('error', `The engine ended unexpectedly; it is started again in ${seconds} s.`, { reason: engine.reason });
      }
      if (engine.kind === 'running' && url !== undefined) {
        supervisor.thread.announce(url);
        tell('info', 'The engine runs again.', {});
        scheduler.changeSeen();
      }
      publishState();
    },
  });
  const queue: WorkQueue = new WorkQueue({
    engine: () => supervisor.thread,
    now: Date.now,
    changed(work) {
      bus.publish('work', work);
      if (work.state === 'running' && work.progress) events.progress(work.progress);
      else if (work.state === 'running') {
        if (work.order.kind === 'cycle') scheduler.started();
        publishState();
      }
    },
    idle() {
      scheduler.ended();
      publishState();
    },
  });
  const fields = () => fieldsOf(store, config, { nextStart: scheduler.nextStart, inProgress: queue.isBusy });
  const scheduler: Scheduler = new Scheduler({
    fields,
    isBusy: () => queue.isBusy,
    cycle(policy) {
      const retryAll = durationMs(fields().CurrentlyEffectiveSyncCycleInterval) >= continuousMs;
      queue.add({ kind: 'cycle', policy, retryAll }, 'scheduler', 'schedule');
    },
    now: Date.now,
    later,
  });
  let url: string | undefined;

  await supervisor.open();
  let tenant: TenantThread | undefined;
  // The engine before the tenant: what is on its way there gets its answer.
  parts.defer(async () => {
    scheduler.close();
    await supervisor.close();
    await tenant?.close();
  });
  const store = parts.use(openStore(storeFile(config), { readOnly: true }));
  const reader = createReader(config.file);
  parts.defer(() => reader.close());
  const jobs = new Jobs(config.file, Date.now, (job) => bus.publish('job', job));
  parts.defer(() => jobs.close());
  tenant = config.settings.tenant ? await startTenantThread(config.file) : undefined;
  void tenant?.ended.then((error) => {
    if (error)
      tell('error', 'The local tenant ended unexpectedly. Start the service again.', { reason: error.message });
  });
  const now = (): ServiceState => ({
    nextStart: scheduler.nextStart,
    inProgress: queue.isBusy,
    engine: supervisor.state,
  });
  const status = () =>
    statusFacts(store, config, {
      now: Date.now(),
      version: programVersion(),
      service: now(),
      freeBytes: freeBytes(state),
    });
  const sealer = new Sealer(sessionKey(state), Date.now);
  const links = new SignInLinks(Date.now);
  const publicUrl = () => config.settings.service.publicUrl?.replace(/\/$/, '') ?? url ?? '';
  const context: ServiceContext = {
    config,
    store,
    reader,
    jobs,
    queue,
    scheduler,
    supervisor,
    tenant,
    bus,
    log: logs.log,
    sealer,
    sessions: new Sessions(sealer, Date.now),
    links,
    get openId() {
      openId ??= openIdOf(config, publicUrl());
      return openId;
    },
    token: makeServiceToken(state),
    now: Date.now,
    status,
    async change(actor, change) {
      const result = await supervisor.thread.change(actor, change);
      if (change.kind === 'set-scheduler') scheduler.plan();
      if (change.kind !== 'note') publishState();
      return result;
    },
  };
  let openId: OpenIdConnect | undefined;
  function publishState(): void {
    if (bus.listeners > 0 && url !== undefined) bus.publish('state', status());
  }
  const files = consoleFiles(fileURLToPath(new URL('../../console/dist', import.meta.url)));
  const app = createApp(context, { isSecure: config.settings.service.tls !== undefined, publicUrl, console: files });
  const server = await listen(config, (request, env) => app.fetch(request, env));
  parts.defer(() => server.close());
  url = server.url;
  supervisor.thread.announce(url);
  logs.log.info({ url, tenant: tenant?.url }, 'The service runs');
  const all = parts.move();
  return {
    url,
    tenant,
    store,
    hasConsole: files.isBuilt,
    status,
    cycle: (policy) => queue.ended(queue.add({ kind: 'cycle', policy, retryAll: true }, 'start', 'schedule').id),
    signInLink: () => `${publicUrl()}/sign-in/link?code=${links.make('administrator')}`,
    begin: () => scheduler.begin(),
    async [Symbol.asyncDispose]() {
      logs.log.info('The service stops');
      await all[Symbol.asyncDispose]();
    },
  };
}

function openIdOf(config: LoadedConfiguration, publicUrl: string): OpenIdConnect | undefined {
  const { signIn } = config.settings.service;
  if (!signIn) return undefined;
  return new OpenIdConnect({
    issuer: signIn.issuer,
    clientId: signIn.clientId,
    ...(signIn.clientSecret
      ? { clientSecret: readSecret(config, signIn.clientSecret, 'client secret of the sign-in') }
      : {}),
    roles: signIn.roles,
    redirectUri: `${publicUrl}/sign-in/callback`,
  });
}

function freeBytes(folder: string): number | undefined {
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
