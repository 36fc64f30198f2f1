/** The long-running process: engine, tenant (if configured), scheduler, API and console. */
import { fileURLToPath } from 'node:url';
import { openStore, type Store } from '../store/store.ts';
import type { Policy } from '../sync/cycle.ts';
import { type Alerting, startAlerting } from './alerts/alerting.ts';
import { createApp } from './api/app.ts';
import { consoleFiles } from './api/console-files.ts';
import type { Change } from './changes.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { makeEngineRoom } from './engine/engine-room.ts';
import { stateDirectory, storeFile } from './engine/open-engine.ts';
import { EventBus } from './event-bus.ts';
import { DeleteDesk } from './facts/delete-desk.ts';
import { expiries } from './facts/expiries.ts';
import { fieldsOf, type ServiceState, type StatusFacts, statusFacts } from './facts/status.ts';
import { Jobs } from './jobs.ts';
import { openLog } from './log.ts';
import { programVersion } from './program-version.ts';
import { createReader } from './reader-thread.ts';
import { listen } from './server.ts';
import type { ServiceContext } from './service-context.ts';
import {
  endedText,
  freeBytes,
  hourly,
  laterIdly,
  memoryLimit,
  openIdOf,
  pause,
  silentChannels,
  statesOf,
  superviseTenant,
} from './service-parts.ts';
import { makeServiceToken } from './service-token.ts';
import { SignInLinks } from './sign-in/links.ts';
import type { OpenIdConnect } from './sign-in/openid-connect.ts';
import { Sealer, Sessions, sessionKey } from './sign-in/session.ts';
import type { PartState } from './supervisor.ts';
import type { TenantThread } from './tenant-thread.ts';
import type { Work, WorkProgress } from './work-queue.ts';

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
  /** Resolves when alerts were looked for once more, told and written down. */
  settled(): Promise<void>;
  /** What its endpoints work with. */
  readonly context: ServiceContext;
  /** Ends a thread as a crash would, for tests. */
  readonly parts: Readonly<Record<'engine' | 'reader', () => Promise<void>>> & {
    readonly tenant?: () => Promise<void>;
  };
}

/** Milliseconds that a status may wait for what is worked out in another thread. */
const longestRefreshMs = 500;
/** Milliseconds that a question may take; whatever takes longer by its nature is a job. */
const longestQuestionMs = 180_000;
const longestPageMs = 60_000;
/** Changes after which nobody has to be told of a new state. */
const quiet: ReadonlySet<Change['kind']> = new Set(['note', 'keep-alerts', 'record-findings', 'end-session']);

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
  const { supervisor, queue, scheduler } = makeEngineRoom(config, {
    fields: () => fieldsOf(store, config, { nextStart: scheduler.nextStart, inProgress: queue.isBusy }),
    log: tell,
    engineChanged(engine) {
      if (engine.kind === 'running' && url !== undefined) engineIsBack(url);
      partChanged('The engine', engine);
    },
    workChanged(work) {
      bus.publish('work', work);
      if (work.state !== 'running') return;
      if (work.progress) events.progress(work.progress);
      else publishState();
    },
    idle() {
      alerting?.watch.soon();
      void held();
      publishState();
    },
  });
  let url: string | undefined;
  let alerting: Alerting | undefined;

  await supervisor.open();
  // The engine before the tenant: what is on its way there gets its answer.
  const tenant = config.settings.tenant ? superviseTenant(config, partChanged) : undefined;
  parts.defer(async () => {
    scheduler.close();
    await supervisor.close();
    await tenant?.close();
  });
  const store = parts.use(openStore(storeFile(config), { readOnly: true }));
  const reader = createReader(config.file, {
    changed: (is) => partChanged('The thread that answers long questions', is),
    longestMs: longestQuestionMs,
  });
  parts.defer(() => reader.close());
  const pages = createReader(config.file, {
    changed: (is) => partChanged('The thread that reads lists', is),
    longestMs: longestPageMs,
  });
  parts.defer(() => pages.close());
  const deletes = new DeleteDesk(store, config, reader);
  const jobs = new Jobs(config.file, Date.now, (job) => bus.publish('job', job));
  parts.defer(() => jobs.close());
  await tenant?.open();
  const publicUrl = () => config.settings.service.publicUrl?.replace(/\/$/, '') ?? url ?? '';
  const ends = hourly(() => expiries(config));
  const now = (): ServiceState => ({
    nextStart: scheduler.nextStart,
    inProgress: queue.isBusy,
    engine: supervisor.state,
    parts: statesOf({ tenant, reader, pages, diagnosis: alerting?.desk }),
    heldDeletes: deletes.held,
    silent: alerting ? silentChannels(alerting.channels) : [],
    expiries: ends(),
    memory: { used: process.memoryUsage.rss(), limit: memoryLimit() },
  });
  const status = () =>
    statusFacts(store, config, {
      now: Date.now(),
      version: programVersion(),
      service: now(),
      freeBytes: freeBytes(state),
    });
  const change: ServiceContext['change'] = async (actor, what) => {
    const result = await supervisor.thread.change(actor, what);
    if (what.kind === 'set-scheduler') scheduler.plan();
    if (!quiet.has(what.kind)) publishState();
    return result;
  };
  const watching = parts.use(
    startAlerting({
      config,
      store,
      status,
      change,
      changed: () => publishState('alerts'),
      failed: (message, error) => logs.log.error({ reason: error.message }, message),
      address: publicUrl,
      now: Date.now,
      later: laterIdly,
    }),
  );
  alerting = watching;
  const sealer = new Sealer(sessionKey(state), Date.now);
  const sessions = new Sessions(sealer, Date.now, store.alerts.endedSessions(Date.now()));
  const links = new SignInLinks(Date.now);
  const context: ServiceContext = {
    config,
    store,
    reader,
    pages,
    desk: watching.desk,
    alerts: watching.keeper,
    channels: watching.channels,
    jobs,
    queue,
    scheduler,
    supervisor,
    tenant,
    bus,
    log: logs.log,
    sealer,
    sessions,
    links,
    get openId() {
      openId ??= openIdOf(config, publicUrl());
      return openId;
    },
    token: makeServiceToken(state),
    now: Date.now,
    url: publicUrl,
    status,
    async freshStatus() {
      await Promise.race([held(), pause(longestRefreshMs)]);
      return status();
    },
    change,
  };
  let openId: OpenIdConnect | undefined;
  /** `alerts`: they are known already, and nobody has to look again. */
  function publishState(because?: 'alerts'): void {
    if (bus.listeners > 0 && url !== undefined) bus.publish('state', status());
    if (because === undefined) alerting?.keeper.soon();
  }
  function partChanged(name: string, is: PartState): void {
    if (is.kind === 'down') tell('error', endedText(name, is), { reason: is.reason });
    publishState();
  }
  async function held(): Promise<void> {
    try {
      if (await deletes.refresh()) publishState();
    } catch (error) {
      logs.log.warn({ reason: (error as Error).message }, 'What is held back could not be worked out');
    }
  }
  function engineIsBack(at: string): void {
    supervisor.thread.announce(at);
    tell('info', 'The engine runs again.', {});
    scheduler.changeSeen();
    // Sessions that ended while there was nobody to write it down.
    for (const { name, id, expires } of sessions.unsaved())
      change({ who: name, how: 'console' }, { kind: 'end-session', session: id, expires }).then(
        () => sessions.saved(id),
        (error: Error) => logs.log.error({ reason: error.message }, 'The end of a session could not be written down'),
      );
  }
  const files = consoleFiles(fileURLToPath(new URL('../../console/dist', import.meta.url)));
  const hasTls = config.settings.service.tls !== undefined;
  const isSecure = hasTls || config.settings.service.publicUrl?.startsWith('https:') === true;
  const app = createApp(context, { hasTls, isSecure, publicUrl, console: files });
  const server = await listen(config, (request, env) => app.fetch(request, env));
  parts.defer(() => server.close());
  url = server.url;
  supervisor.thread.announce(url);
  watching.keeper.begin();
  logs.log.info({ url, tenant: tenant?.thread.url }, 'The service runs');
  const all = parts.move();
  return {
    url,
    get tenant() {
      return tenant?.thread;
    },
    store,
    hasConsole: files.isBuilt,
    status,
    cycle: (policy) => queue.ended(queue.add({ kind: 'cycle', policy, retryAll: true }, 'start', 'schedule').id),
    signInLink: () => `${publicUrl()}/sign-in/link?code=${links.make('administrator')}`,
    begin() {
      scheduler.begin();
      pages.warm();
      reader.warm();
    },
    settled: () => watching.keeper.look(),
    context,
    parts: {
      engine: () => supervisor.thread.kill(),
      reader: () => reader.kill(),
      ...(tenant ? { tenant: () => tenant.thread.kill() } : {}),
    },
    async [Symbol.asyncDispose]() {
      logs.log.info('The service stops');
      await all[Symbol.asyncDispose]();
    },
  };
}
