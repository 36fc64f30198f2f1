/** The long-running process: engine, tenant (if configured), scheduler, API and console. */
import { fileURLToPath } from 'node:url';
import type { Store } from '../store/store.ts';
import type { Policy } from '../sync/cycle.ts';
import { createApp } from './api/app.ts';
import { consoleFiles } from './api/console-files.ts';
import { Changeover } from './changeover.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import type { StatusFacts } from './facts/status.ts';
import { House } from './house.ts';
import { type ListeningServer, listen } from './server.ts';
import type { ServiceContext } from './service-context.ts';
import { openIdOf } from './service-parts.ts';
import { makeServiceToken } from './service-token.ts';
import { SignInLinks } from './sign-in/links.ts';
import type { OpenIdConnect } from './sign-in/openid-connect.ts';
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
  /** Lets the schedule begin. `isDue`: with a cycle as soon as one may start, and not only after an interval. */
  begin(options?: { readonly isDue: boolean }): void;
  /** Resolves when alerts were looked for once more, told and written down. */
  settled(): Promise<void>;
  /** What its endpoints work with. */
  readonly context: ServiceContext;
  /** Ends a thread as a crash would, for tests. */
  readonly parts: Readonly<Record<'engine' | 'reader', () => Promise<void>>> & {
    readonly tenant?: () => Promise<void>;
  };
}

/** Starts the service of a configuration. Rejects with what is wrong, and leaves nothing running. */
export async function startService(config: LoadedConfiguration, events: ServiceEvents): Promise<Service> {
  await using parts = new AsyncDisposableStack();
  const house = parts.use(await House.open(config, events));
  const context = contextOf(house);
  const server = await serve(house, context);
  parts.defer(() => server.close());
  house.announce(server.url);
  house.logs.log.info({ url: server.url, tenant: house.tenant?.thread.url }, 'The service runs');
  return serviceOf(house, context, server, parts.move());
}

/** Listens where the configuration says. */
async function serve(
  house: House,
  context: ServiceContext,
): Promise<ListeningServer & { readonly hasConsole: boolean }> {
  const { service } = house.config.settings;
  const hasTls = service.tls !== undefined;
  const isSecure = hasTls || service.publicUrl?.startsWith('https:') === true;
  const files = consoleFiles(fileURLToPath(new URL('../../console/dist', import.meta.url)));
  const app = createApp(context, { hasTls, isSecure, publicUrl: () => house.publicUrl(), console: files });
  const server = await listen(house.config, (request, env) => app.fetch(request, env));
  return { ...server, hasConsole: files.isBuilt };
}

function contextOf(house: House): ServiceContext {
  const { store, reader, pages, alerting, jobs, sealer, sessions } = house.parts;
  const changeover = new Changeover(house);
  let openId: { readonly of: LoadedConfiguration; readonly made: OpenIdConnect | undefined } | undefined;
  return {
    get config() {
      return house.config;
    },
    get tenant() {
      return house.tenant;
    },
    get channels() {
      return alerting.channels;
    },
    get openId() {
      if (openId?.of !== house.config) openId = { of: house.config, made: openIdOf(house.config, house.publicUrl()) };
      return openId.made;
    },
    store,
    reader,
    pages,
    desk: alerting.desk,
    alerts: alerting.keeper,
    jobs,
    ...house.room,
    bus: house.bus,
    log: house.logs.log,
    sealer,
    sessions,
    links: new SignInLinks(Date.now),
    token: makeServiceToken(house.state),
    now: Date.now,
    url: () => house.publicUrl(),
    status: () => house.status(),
    freshStatus: () => house.freshStatus(),
    change: house.change,
    configuration: changeover,
  };
}

function serviceOf(
  house: House,
  context: ServiceContext,
  { url, hasConsole }: { readonly url: string; readonly hasConsole: boolean },
  all: AsyncDisposableStack,
): Service {
  const { store, reader, pages, alerting } = house.parts;
  const { queue, scheduler, supervisor } = house.room;
  return {
    url,
    get tenant() {
      return house.tenant?.thread;
    },
    store,
    hasConsole,
    status: context.status,
    cycle: (policy) => queue.ended(queue.add({ kind: 'cycle', policy, retryAll: true }, 'start', 'schedule').id),
    signInLink: () => `${house.publicUrl()}/sign-in/link?code=${context.links.make('administrator')}`,
    begin(options) {
      if (options?.isDue) scheduler.changeSeen();
      scheduler.begin();
      pages.warm();
      reader.warm();
    },
    settled: () => alerting.keeper.look(),
    context,
    parts: {
      engine: () => supervisor.thread.kill(),
      reader: () => reader.kill(),
      ...(house.tenant ? { tenant: async () => house.tenant?.thread.kill() } : {}),
    },
    async [Symbol.asyncDispose]() {
      house.logs.log.info('The service stops');
      await all[Symbol.asyncDispose]();
    },
  };
}
