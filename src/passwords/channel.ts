/** The channel of one connector: when cycles run, the heartbeat, requests from outside, and what is known about it. */
import { checkServer, type ServerCheck } from './check.ts';
import type {
  ChannelError,
  ChannelState,
  CredentialTarget,
  DomainState,
  EligibilityLookup,
  PasswordDomain,
  PasswordSettings,
  PasswordStateStore,
  QueuedUser,
  UserResult,
} from './contract.ts';
import { channelError, runDomainCycle } from './domain-cycle.ts';
import { type EmitEvent, eventMaker, type PasswordEventSink } from './events.ts';
import { CloudPasswordError, inWords } from './sender.ts';
import { sleep } from './sleep.ts';

export interface ChannelOptions {
  /** Name of the Active Directory connector. */
  readonly connector: string;
  readonly domains: readonly PasswordDomain[];
  readonly target: CredentialTarget;
  readonly eligible: EligibilityLookup;
  /** Asked at the start of every cycle. */
  readonly settings: () => PasswordSettings | Promise<PasswordSettings>;
  readonly store: PasswordStateStore;
  readonly onEvent: PasswordEventSink;
  /** Default two minutes. */
  readonly intervalMs?: number;
  /** Default 30 minutes. */
  readonly heartbeatMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Resolves after so many milliseconds, or early when the signal is raised. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}
export type Pause = 'disabled' | 'staging' | 'not-ready';

export interface DomainStatus extends DomainState {
  readonly namingContext: string;
  readonly servers: readonly string[];
  readonly queue: Readonly<Record<QueuedUser['kind'], number>>;
}
export interface ChannelStatus extends ChannelState {
  readonly connector: string;
  readonly endpoint: string;
  readonly running: boolean;
  readonly paused?: Pause;
  readonly domains: readonly DomainStatus[];
}
export interface CycleOutcome {
  readonly paused?: Pause;
  /** One for each domain that failed, and one if the heartbeat did. */
  readonly errors: readonly ChannelError[];
}

const historyDays = 7;
const day = 24 * 3600 * 1000;
const firstRetryMs = 15_000;
/** Every refused sign-in counts towards a lock-out of the account. */
const refusedSignInMs = 10 * 60_000;

export class PasswordChannel {
  readonly #options: ChannelOptions;
  readonly #now: () => number;
  readonly #emit: EmitEvent;
  #stop: AbortController | undefined;
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  #running: Promise<CycleOutcome> | undefined;
  #following: Promise<CycleOutcome> | undefined;
  #paused: Pause | undefined;
  #lastBatchAt: number | undefined;
  readonly #resyncs = new Set<string>();

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#emit = eventMaker(options.connector, this.#now, (event) => {
      if (event.name === 'batchEnded') this.#lastBatchAt = event.at;
      options.onEvent(event);
    });
  }

  /** Starts the loop: a cycle at once, then every two minutes, sooner after `trigger` or a failure. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    this.#emit('started');
    this.#loop = this.#run(this.#stop.signal);
  }

  /** Ends the loop and the cycle under way; resolves when both are over. */
  async stop(): Promise<void> {
    this.#stop?.abort(new Error('Password synchronization is being stopped.'));
    this.trigger();
    await this.#loop;
    await this.#running?.catch(() => undefined);
    if (this.#stop) this.#emit('stopped');
    this.#stop = undefined;
  }

  /** Something may have changed: the next cycle starts at once instead of when it is due. */
  trigger(): void {
    this.#wake.abort();
  }

  /** One cycle now; if one is under way, the one after it. Never throws for what belongs to a domain or the cloud. */
  cycle(): Promise<CycleOutcome> {
    if (this.#following) return this.#following;
    if (!this.#running) return this.#begin();
    const following = this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    this.#following = following;
    return following;
  }

  /** Asks for the passwords of these users, e.g. because they were just exported; they are due in the next cycle. */
  async request(users: readonly { readonly objectGuid: string; readonly dn: string }[]): Promise<void> {
    const { connector, domains, store } = this.#options;
    for (const { namingContext } of domains) {
      const enqueue = users
        .filter((user) => this.#domainOf(user.dn) === namingContext)
        .map(({ objectGuid, dn }) => requested(objectGuid, dn));
      if (enqueue.length > 0) await store.writeDomain(connector, namingContext, { enqueue });
    }
    this.trigger();
  }

  /** Asks for a full synchronization of one domain or of all. */
  async resync(namingContext?: string): Promise<void> {
    const { domains } = this.#options;
    this.#emit('fullStartedForest', { requested: true, ...(namingContext ? { namingContext } : {}) });
    for (const domain of domains) {
      if (namingContext !== undefined && domain.namingContext !== namingContext) continue;
      this.#resyncs.add(domain.namingContext);
      // A cycle under way would write its own watermark over it: it applies the request when it is done.
      if (!this.#running) await this.#applyResync(domain.namingContext);
    }
    this.trigger();
  }

  async #applyResync(namingContext: string): Promise<void> {
    if (!this.#resyncs.delete(namingContext)) return;
    const { connector, store } = this.#options;
    const { watermark: _, ...state } = await store.readDomain(connector, namingContext);
    await store.writeDomain(connector, namingContext, { state: { ...state, fullInProgress: true } });
  }

  /** Tries every domain controller: whether it is there, signs the account in, and grants both rights. Sends nothing. */
  async check(signal: AbortSignal = new AbortController().signal): Promise<readonly ServerCheck[]> {
    const checks = this.#options.domains.flatMap((domain) =>
      domain.servers.map((server) => checkServer(domain, server, this.#now, signal)),
    );
    return Promise.all(checks);
  }

  /** Results of one user in the last seven days, newest first. */
  history(objectGuid: string): Promise<readonly UserResult[]> {
    return this.#options.store.readHistory(objectGuid);
  }

  async status(): Promise<ChannelStatus> {
    const { connector, domains, store, target } = this.#options;
    const list: DomainStatus[] = [];
    for (const { namingContext, servers } of domains) {
      const state = await store.readDomain(connector, namingContext);
      const queue = await store.countQueue(connector, namingContext);
      list.push({ ...state, namingContext, servers, queue });
    }
    return {
      ...(await store.readChannel(connector)),
      connector,
      endpoint: target.endpoint,
      running: this.#running !== undefined,
      domains: list,
      ...(this.#paused ? { paused: this.#paused } : {}),
    };
  }

  /** The domain whose name the DN ends with; the longest one where domains are nested. */
  #domainOf(dn: string): string | undefined {
    const lower = dn.toLowerCase();
    return this.#options.domains
      .map((d) => d.namingContext)
      .filter((nc) => lower === nc.toLowerCase() || lower.endsWith(`,${nc.toLowerCase()}`))
      .sort((a, b) => b.length - a.length)[0];
  }

  async #run(signal: AbortSignal): Promise<void> {
    const interval = this.#options.intervalMs ?? 120_000;
    let failures = 0;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const errors = await this.#errorsOfCycle();
      failures = errors.length === 0 ? 0 : failures + 1;
      if (signal.aborted) return;
      const retry = Math.min(interval, firstRetryMs * 2 ** Math.min(failures - 1, 10));
      const isRefused = errors.some((e) => e.reason === 'ad-bind-failed');
      const pause = isRefused ? Math.max(interval, refusedSignInMs) : failures > 0 ? retry : interval;
      await (this.#options.wait ?? sleep)(pause, this.#wake.signal);
    }
  }

  /** The loop must outlive what it cannot understand: the settings or the store may fail. */
  async #errorsOfCycle(): Promise<readonly ChannelError[]> {
    try {
      return (await this.cycle()).errors;
    } catch (error) {
      const told = channelError(error, this.#now());
      this.#emit('unexpected', { ...told });
      return [told];
    }
  }

  #begin(): Promise<CycleOutcome> {
    this.#following = undefined;
    const running = this.#cycle().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #cycle(): Promise<CycleOutcome> {
    const settings = await this.#options.settings();
    const paused = pauseOf(settings);
    if (paused && paused !== this.#paused) this.#emit('paused', { reason: paused });
    this.#paused = paused;
    if (paused) return { paused, errors: [] };
    const signal = this.#stop?.signal ?? new AbortController().signal;
    const domains = this.#options.domains.map((d) => this.#domainCycle(d, settings, signal));
    const outcomes = await Promise.all([...domains, this.#heartbeat(signal)]);
    const errors = outcomes.filter((error) => error !== undefined);
    await this.#writeChannel(errors);
    await this.#options.store.pruneHistory(this.#now() - historyDays * day);
    return { errors };
  }

  /** The last failure on the way to the cloud stays until a batch or a heartbeat has got through without another. */
  async #writeChannel(errors: readonly ChannelError[]): Promise<void> {
    const { connector, store } = this.#options;
    const { lastError, ...state } = await store.readChannel(connector);
    const failed = errors.find((e) => e.code === 'password-sync-cloud-failure' || e.code === 'password-sync-disabled');
    const through =
      (this.#lastBatchAt ?? 0) > (lastError?.at ?? 0) || (state.lastHeartbeatAt ?? 0) > (lastError?.at ?? 0);
    const kept = failed ?? (through ? undefined : lastError);
    await store.writeChannel(connector, {
      ...state,
      ...(this.#lastBatchAt === undefined ? {} : { lastBatchAt: this.#lastBatchAt }),
      ...(kept ? { lastError: kept } : {}),
    });
  }

  async #domainCycle(
    domain: PasswordDomain,
    settings: PasswordSettings,
    signal: AbortSignal,
  ): Promise<ChannelError | undefined> {
    const { connector, store, target, eligible } = this.#options;
    const { namingContext } = domain;
    await this.#applyResync(namingContext);
    const context = {
      connector,
      namingContext,
      target,
      eligible,
      settings,
      store,
      emit: this.#emit,
      now: this.#now,
      signal,
    };
    const before = await store.readDomain(connector, namingContext);
    const full = before.fullInProgress === true || before.watermark === undefined;
    let failure: ChannelError | undefined;
    try {
      await runDomainCycle(context, domain);
    } catch (error) {
      if (signal.aborted) return undefined;
      failure = channelError(error, this.#now());
      if (!(error instanceof CloudPasswordError)) this.#emit('domainFailed', { ...failure }, namingContext);
      if (full) this.#emit('fullFailed', { code: failure.code, message: failure.message }, namingContext);
    }
    const { lastError: _, ...state } = await store.readDomain(connector, namingContext);
    const now = this.#now();
    const outcome = failure ? { lastError: failure } : { lastSuccessAt: now };
    await store.writeDomain(connector, namingContext, { state: { ...state, lastCycleAt: now, ...outcome } });
    await this.#applyResync(namingContext);
    return failure;
  }

  /** At most every 30 minutes: tells the cloud that the channel is alive, whether or not passwords changed. */
  async #heartbeat(signal: AbortSignal): Promise<ChannelError | undefined> {
    const { connector, store, target } = this.#options;
    const state = await store.readChannel(connector);
    const due = (state.lastHeartbeatAt ?? 0) + (this.#options.heartbeatMs ?? 30 * 60_000);
    if (this.#now() < due || signal.aborted) return undefined;
    this.#emit('heartbeatStarted', { endpoint: target.endpoint });
    try {
      await target.send({ credentials: [] }, signal);
      await store.writeChannel(connector, { ...state, lastHeartbeatAt: this.#now() });
      this.#emit('heartbeatEnded', { endpoint: target.endpoint });
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      const failure = channelError(inWords(error, target.endpoint), this.#now());
      this.#emit('heartbeatFailed', { ...failure });
      return failure;
    }
  }
}

function pauseOf(settings: PasswordSettings): Pause | undefined {
  if (!settings.enabled) return 'disabled';
  if (settings.staging) return 'staging';
  return settings.ready ? undefined : 'not-ready';
}

const requested = (objectGuid: string, dn: string): QueuedUser => ({
  objectGuid,
  dn,
  kind: 'requested',
  status: 'Unknown',
  reason: 'requested',
  attempt: 0,
  nextAttemptAt: 0,
});
