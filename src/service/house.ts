/** The parts of a running service, and what they tell each other. They last; the configuration that they follow may change. */
import { openStore, type Store } from '../store/store.ts';
import { type Alerting, startAlerting } from './alerts/alerting.ts';
import type { Change } from './changes.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { type EngineRoom, type EngineRoomHooks, makeEngineRoom } from './engine/engine-room.ts';
import { stateDirectory, storeFile } from './engine/open-engine.ts';
import { EventBus } from './event-bus.ts';
import { DeleteDesk } from './facts/delete-desk.ts';
import { expiries } from './facts/expiries.ts';
import { fieldsOf, type ServiceState, type StatusFacts, statusFacts } from './facts/status.ts';
import { Jobs } from './jobs.ts';
import { openLog, type ServiceLog } from './log.ts';
import { programVersion } from './program-version.ts';
import { createReader, type ReaderThread } from './reader-thread.ts';
import { Refusal } from './refusal.ts';
import type { ServiceEvents } from './service.ts';
import type { ServiceContext } from './service-context.ts';
import {
  endedText,
  freeBytes,
  hourly,
  laterIdly,
  memoryLimit,
  pause,
  silentChannels,
  statesOf,
  superviseTenant,
} from './service-parts.ts';
import { Sealer, Sessions, sessionKey } from './sign-in/session.ts';
import type { PartState, Supervisor } from './supervisor.ts';
import type { TenantThread } from './tenant-thread.ts';

/** Milliseconds that a status may wait for what is worked out in another thread. */
const longestRefreshMs = 500;
/** Milliseconds that a question may take; whatever takes longer by its nature is a job. */
const longestQuestionMs = 180_000;
const longestPageMs = 60_000;
/** Milliseconds that the engine may take for a change. */
const longestAnswerMs = 60_000;
/** Changes after which nobody has to be told of a new state. */
const quiet: ReadonlySet<Change['kind']> = new Set(['note', 'keep-alerts', 'record-findings', 'end-session']);

/** What can only be made once the engine has opened the state. */
interface OpenParts {
  readonly store: Store;
  readonly reader: ReaderThread;
  readonly pages: ReaderThread;
  readonly deletes: DeleteDesk;
  readonly jobs: Jobs;
  readonly alerting: Alerting;
  readonly sealer: Sealer;
  readonly sessions: Sessions;
}

export class House implements AsyncDisposable {
  readonly bus = new EventBus();
  readonly state: string;
  readonly logs: ServiceLog;
  readonly room: EngineRoom;
  readonly #events: ServiceEvents;
  readonly #all = new AsyncDisposableStack();
  #config: LoadedConfiguration;
  #tenant: Supervisor<TenantThread> | undefined;
  #parts: OpenParts | undefined;
  #url: string | undefined;
  /** Those that read passwords, by connector. */
  readonly #processes = new Map<string, PartState>();
  #ends: () => ServiceState['expiries'];
  /** Others wait for it before they have anything written. */
  #change: Promise<unknown> = Promise.resolve();

  /** Starts engine, tenant and readers. Rejects with what is wrong, and leaves nothing running. */
  static async open(config: LoadedConfiguration, events: ServiceEvents): Promise<House> {
    const house = new House(config, events);
    try {
      await house.#open();
      return house;
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(config: LoadedConfiguration, events: ServiceEvents) {
    this.#config = config;
    this.#events = events;
    this.state = stateDirectory(config);
    this.logs = this.#all.use(openLog(config, this.state));
    this.#ends = hourly(() => expiries(this.#config));
    this.room = makeEngineRoom(() => this.#config, this.#hooks());
  }

  /** The configuration in force. */
  get config(): LoadedConfiguration {
    return this.#config;
  }
  get tenant(): Supervisor<TenantThread> | undefined {
    return this.#tenant;
  }
  get parts(): OpenParts {
    if (this.#parts) return this.#parts;
    throw new TypeError('the parts of the service were asked for before they were open');
  }

  tell(level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>): void {
    this.logs.log[level](facts, message);
    this.#events.log(level, message, facts);
    this.bus.publish('log', { level, message });
  }

  /** Where the service listens, as soon as it does. */
  announce(url: string): void {
    this.#url = url;
    this.room.supervisor.thread.announce(url);
    this.parts.alerting.keeper.begin();
  }
  /** For browsers, without a slash at the end. A proxy in front of the service does not change while it runs. */
  publicUrl(): string {
    return this.#publicUrl?.replace(/\/$/, '') ?? this.#url ?? '';
  }
  #publicUrl: string | undefined;

  status(): StatusFacts {
    return statusFacts(this.parts.store, this.#config, {
      now: Date.now(),
      version: programVersion(),
      service: this.#now(),
      freeBytes: freeBytes(this.state),
    });
  }
  async freshStatus(): Promise<StatusFacts> {
    await Promise.race([this.#refreshHeld(), pause(longestRefreshMs)]);
    return this.status();
  }

  /** Has the engine carry a change out, and tells everybody; waits while another configuration is put into force. */
  readonly change: ServiceContext['change'] = async (actor, what) => {
    await this.#change;
    return this.changeNow(actor, what);
  };
  readonly changeNow: ServiceContext['change'] = async (actor, what) => {
    const result = await answered(this.room.supervisor.thread.change(actor, what));
    if (what.kind === 'set-scheduler') this.room.scheduler.plan();
    if (!quiet.has(what.kind)) this.publishState();
    return result;
  };
  /** Holds up the changes of everybody else while `work` goes on. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    this.#change = done.catch(() => undefined);
    return done;
  }

  /** Ends what was made of the configuration in force, at a safe point; whoever only reads goes on. */
  async down(next: LoadedConfiguration): Promise<void> {
    await this.room.supervisor.close();
    if (sectionOf(next) === sectionOf(this.#config) && this.#tenant?.state.kind !== 'closed') return;
    await this.#tenant?.close();
    this.#tenant = undefined;
  }

  /** Puts a configuration into force. Rejects with what is wrong; `down` tidies up then. */
  async up(config: LoadedConfiguration): Promise<void> {
    this.#config = config;
    this.#ends = hourly(() => expiries(this.#config));
    this.logs.use(config);
    if (config.settings.tenant && !this.#tenant) {
      const tenant = superviseTenant(config, (name, is) => this.#partChanged(name, is));
      await tenant.open();
      this.#tenant = tenant;
    }
    await this.room.supervisor.open();
    const { alerting, reader, pages } = this.parts;
    alerting.use(config);
    reader.renew();
    pages.renew();
    this.room.scheduler.plan();
    this.publishState();
  }

  /** `alerts`: they are known already, and nobody has to look again. */
  publishState(because?: 'alerts'): void {
    if (this.#url === undefined) return;
    if (this.bus.listeners > 0) this.bus.publish('state', this.status());
    if (because === undefined) this.parts.alerting.keeper.soon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#all[Symbol.asyncDispose]();
  }

  async #open(): Promise<void> {
    const { config, room } = { config: this.#config, room: this.room };
    this.#publicUrl = config.settings.service.publicUrl;
    // The engine before the tenant: what is on its way there gets its answer.
    this.#all.defer(async () => {
      room.scheduler.close();
      await room.supervisor.close();
      await this.#tenant?.close();
    });
    await room.supervisor.open();
    if (config.settings.tenant) this.#tenant = superviseTenant(config, (name, is) => this.#partChanged(name, is));
    this.#parts = this.#makeParts();
    await this.#tenant?.open();
  }

  #makeParts(): OpenParts {
    const config = () => this.#config;
    const store = this.#all.use(openStore(storeFile(this.#config), { readOnly: true }));
    const readerOf = (name: string, longestMs: number) => {
      const reader = createReader(config, { changed: (is) => this.#partChanged(name, is), longestMs });
      this.#all.defer(() => reader.close());
      return reader;
    };
    const reader = readerOf('The thread that answers long questions', longestQuestionMs);
    const pages = readerOf('The thread that reads lists', longestPageMs);
    const jobs = new Jobs(config, Date.now, (job) => this.bus.publish('job', job));
    this.#all.defer(() => jobs.close());
    const alerting = this.#all.use(this.#startAlerting(store));
    const sealer = new Sealer(sessionKey(this.state), Date.now);
    const sessions = new Sessions(sealer, Date.now, store.alerts.endedSessions(Date.now()));
    const deletes = new DeleteDesk(store, config, reader);
    return { store, reader, pages, deletes, jobs, alerting, sealer, sessions };
  }

  #startAlerting(store: Store): Alerting {
    return startAlerting({
      config: this.#config,
      store,
      status: () => this.status(),
      change: this.change,
      changed: () => this.publishState('alerts'),
      failed: (message, error) => this.logs.log.error({ reason: error.message }, message),
      address: () => this.publicUrl(),
      now: Date.now,
      later: laterIdly,
    });
  }

  #hooks(): EngineRoomHooks {
    return {
      fields: () => {
        const { scheduler, queue } = this.room;
        const moment = { now: Date.now(), nextStart: scheduler.nextStart, inProgress: queue.isBusy };
        return fieldsOf(this.parts.store, this.#config, moment);
      },
      log: (level, message, facts) => this.tell(level, message, facts),
      engineChanged: (engine) => {
        // Its processes end with it.
        if (engine.kind !== 'running') this.#processes.clear();
        if (engine.kind === 'running' && this.#url !== undefined) this.#engineIsBack(this.#url);
        this.#partChanged('The engine', engine);
      },
      workChanged: (work) => {
        this.bus.publish('work', work);
        if (work.state !== 'running') return;
        if (work.progress) this.#events.progress(work.progress);
        else this.publishState();
      },
      passwordProcess: (connector, state) => {
        this.#processes.set(connector, state);
        this.#partChanged('The process that reads passwords', state);
      },
      idle: () => {
        this.parts.alerting.watch.soon();
        void this.#refreshHeld();
        this.publishState();
      },
    };
  }

  #now(): ServiceState {
    const { alerting, reader, pages, deletes } = this.parts;
    const { scheduler, queue, supervisor, watch } = this.room;
    return {
      nextStart: scheduler.nextStart,
      inProgress: queue.isBusy,
      engine: supervisor.state,
      hung: supervisor.state.kind === 'running' ? watch.look(queue.running) : undefined,
      parts: {
        ...statesOf({ tenant: this.#tenant, reader, pages, diagnosis: alerting.desk }),
        ...passwordPart([...this.#processes.values()]),
      },
      heldDeletes: deletes.held,
      silent: silentChannels(alerting.channels),
      expiries: this.#ends(),
      memory: { used: process.memoryUsage.rss(), limit: memoryLimit() },
    };
  }

  #partChanged(name: string, is: PartState): void {
    if (is.kind === 'down') this.tell('error', endedText(name, is), { reason: is.reason });
    this.publishState();
  }

  async #refreshHeld(): Promise<void> {
    try {
      if (await this.parts.deletes.refresh()) this.publishState();
    } catch (error) {
      this.logs.log.warn({ reason: (error as Error).message }, 'What is held back could not be worked out');
    }
  }

  #engineIsBack(at: string): void {
    const { supervisor, scheduler } = this.room;
    supervisor.thread.announce(at);
    this.tell('info', 'The engine runs again.', {});
    scheduler.changeSeen();
    // Sessions that ended while there was nobody to write it down.
    const { sessions } = this.parts;
    for (const { name, id, expires } of sessions.unsaved())
      this.change({ who: name, how: 'console' }, { kind: 'end-session', session: id, expires }).then(
        () => sessions.saved(id),
        (error: Error) =>
          this.tell('error', 'The end of a session could not be written down', { reason: error.message }),
      );
  }
}

/** One line for all of them: the one that is down, or any that runs. */
function passwordPart(states: readonly PartState[]): Readonly<Record<string, PartState>> {
  const told = states.find((s) => s.kind === 'down') ?? states.find((s) => s.kind === 'running');
  return told ? { passwords: told } : {};
}

/** What the engine does at once between two pages; one that hangs keeps nobody waiting for ever. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const refusal = new Refusal(
      'unavailable',
      'The engine does not answer. Look at its alert, and restart the service if it stays so; what was asked may still be done.',
      { code: 'engine-hung' },
    );
    timer = setTimeout(() => reject(refusal), longestAnswerMs).unref();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

const sectionOf = (config: LoadedConfiguration): string => JSON.stringify(config.settings.tenant ?? null);
