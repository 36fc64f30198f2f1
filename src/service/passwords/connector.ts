/** The channel of one connector with everything it needs: domains, settings, rights to leave, events in the log. */
import { setImmediate as breathe } from 'node:timers/promises';
import { domainOfDn } from '../../connectors/active-directory/partitions.ts';
import { ConnectorError } from '../../connectors/contract.ts';
import { type CycleOutcome, PasswordChannel } from '../../passwords/channel.ts';
import type { Eligibility, PasswordDomain, PasswordSettings } from '../../passwords/contract.ts';
import { engineEligibility } from '../../passwords/engine-eligibility.ts';
import { eventMaker, type PasswordEvent } from '../../passwords/events.ts';
import {
  createProcessSource,
  type ProcessState,
  type ReplicationProcessSource,
} from '../../passwords/process-source.ts';
import { createSqlStore } from '../../passwords/sql-store.ts';
import { createEngine, type Engine, type EngineEnvironment } from '../../sync/context.ts';
import { ConfigurationError, type LoadedConfiguration } from '../configuration/configuration.ts';
import type { PartState } from '../supervisor.ts';
import { PasswordCloud } from './cloud.ts';
import { domainNames, errorFacts, isPasswordReady, type PasswordAnswer } from './facts.ts';
import type { DirectoryUser } from './requests.ts';
import { type PasswordConfiguration, replicationCredential, serversOf } from './settings.ts';

/** Users whose eligibility is worked out before others get their turn in this thread. */
const lookupStep = 100;
/** Milliseconds between two cycles that a busy directory causes. */
const shortestPauseMs = 1000;
/** Milliseconds between two cycles of a quiet directory. */
const longestPauseMs = 120_000;
/** Milliseconds after which everybody who waits is looked at again whatever happened. */
const lookAgainMs = 30 * 60_000;

export interface EngineMove {
  readonly exported: readonly DirectoryUser[];
  readonly touched: readonly DirectoryUser[];
  /** Everybody who waits is to be looked at again. */
  readonly lookAtAll: boolean;
}

export class PasswordConnector {
  readonly name: string;
  readonly #c: PasswordConfiguration;
  readonly #env: EngineEnvironment;
  readonly #cloud: PasswordCloud;
  readonly #source: ReplicationProcessSource;
  readonly #channel: PasswordChannel;
  readonly #domains: PasswordDomain[] = [];
  readonly #stopping = new AbortController();
  #engine: Engine | undefined;
  #moves = 0;
  #lastHint = 0;
  /** Times in a row that its process ended by itself. */
  #deaths = 0;
  #hint: NodeJS.Timeout | undefined;

  constructor(
    config: LoadedConfiguration,
    c: PasswordConfiguration,
    env: EngineEnvironment,
    processChanged: (connector: string, state: PartState) => void,
  ) {
    this.name = c.connector.name;
    this.#c = c;
    this.#env = env;
    this.#source = createProcessSource({
      credential: () => replicationCredential(config, c),
      changed: (state) => processChanged(this.name, this.#processState(state)),
      ...(c.port === undefined ? {} : { settings: { port: c.port } }),
      ...(c.runAs === undefined ? {} : { runAs: c.runAs }),
    });
    this.#cloud = makeCloud(c, env);
    this.#channel = new PasswordChannel({
      connector: this.name,
      domains: this.#domains,
      target: this.#cloud.target,
      eligible: (guids) => this.#eligible(guids),
      settings: () => this.#settings(),
      store: createSqlStore(env.store),
      onEvent: (event) => this.#log(event),
      now: env.now,
    });
  }

  start(): void {
    this.#channel.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#hint);
    this.#stopping.abort(new Error('Password synchronization is being stopped.'));
    await this.#channel.stop();
    await this.#source.close();
  }

  /** At once, but in a busy directory not more than once a second; after a failure the channel knows when to try again. */
  changeSeen(): void {
    if (this.#hint || this.#hasFailed()) return;
    const wait = Math.max(0, this.#lastHint + shortestPauseMs - this.#env.now());
    this.#hint = setTimeout(() => {
      this.#hint = undefined;
      this.#lastHint = this.#env.now();
      this.#channel.trigger();
    }, wait);
  }

  /** The engine moved on: see `EngineMove`. */
  async engineMoved({ exported, touched, lookAtAll }: EngineMove): Promise<void> {
    this.#engine = undefined;
    if (lookAtAll) this.#moves++;
    const waiting = await this.#freed(touched);
    if (exported.length + waiting.length > 0) await this.#channel.request([...exported, ...waiting]);
    else this.#channel.trigger();
  }

  async cycle(): Promise<PasswordAnswer> {
    return this.#answer(await this.#channel.cycle());
  }

  async resync(namingContext?: string): Promise<PasswordAnswer> {
    await this.#refreshDomains();
    await this.#channel.resync(namingContext);
    return this.cycle();
  }

  async request(users: readonly DirectoryUser[]): Promise<PasswordAnswer> {
    await this.#refreshDomains();
    await this.#channel.request(users);
    return this.cycle();
  }

  async check(): Promise<PasswordAnswer> {
    await this.#refreshDomains();
    const servers = await this.#channel.check(this.#stopping.signal);
    const told = servers.map(({ error, ...s }) => ({ ...s, ...(error ? { error: errorFacts(error) } : {}) }));
    return { connector: this.name, errors: told.flatMap((s) => s.error ?? []), servers: told };
  }

  #answer({ paused, errors }: CycleOutcome): PasswordAnswer {
    return { connector: this.name, errors: errors.map(errorFacts), ...(paused ? { paused } : {}) };
  }

  /** The next cycle starts it again; it comes at least every two minutes. */
  #processState(state: ProcessState): PartState {
    const since = this.#env.now();
    if (state.kind === 'running') {
      this.#deaths = 0;
      return { kind: 'running', since };
    }
    if (state.kind === 'closed') return { kind: 'closed' };
    this.#deaths++;
    const reason = `of ${this.name}: ${state.detail}`;
    return { kind: 'down', since, reason, attempt: this.#deaths, nextAttempt: since + longestPauseMs };
  }

  /** Of these users, those who wait for the engine and need not do so any longer. */
  async #freed(users: readonly DirectoryUser[]): Promise<DirectoryUser[]> {
    const { passwords } = this.#env.store;
    const held = users.filter((u) =>
      this.#domains.some((d) => passwords.queued(this.name, d.namingContext, u.objectGuid)?.kind === 'waiting'),
    );
    if (held.length === 0) return [];
    const now = await this.#eligible(
      held.map((u) => u.objectGuid),
      () => false,
    );
    return held.filter((u) => now.get(u.objectGuid)?.eligible === true);
  }

  async #eligible(
    objectGuids: readonly string[],
    isCloudAdministrator: (cloudAnchor: string) => boolean = this.#c.excludeCloudAdministrators
      ? (anchor) => this.#cloud.isAdministrator(anchor)
      : () => false,
  ): Promise<ReadonlyMap<string, Eligibility>> {
    const names = { directory: this.name, cloud: this.#c.cloud.name };
    const lookup = engineEligibility(() => this.#currentEngine(), { ...names, isCloudAdministrator });
    const all = new Map<string, Eligibility>();
    for (let i = 0; i < objectGuids.length; i += lookupStep) {
      for (const [guid, eligibility] of await lookup(objectGuids.slice(i, i + lookupStep))) all.set(guid, eligibility);
      await breathe();
    }
    return all;
  }

  /** Made again when the rules changed or the engine has run. */
  #currentEngine(): Engine {
    if (this.#engine?.ruleSet !== this.#env.ruleSet) this.#engine = createEngine(this.#env);
    return this.#engine;
  }

  /** Asked at the start of every cycle. */
  async #settings(): Promise<PasswordSettings> {
    const { store, staging, ruleSet, now } = this.#env;
    await this.#refreshDomains();
    const ready = isPasswordReady(store, this.#c);
    if (ready && !staging) {
      if (this.#domains.every((d) => !this.#hasBegun(d))) await this.#activate();
      if (this.#c.excludeCloudAdministrators) await this.#cloud.refreshAdministrators(this.#stopping.signal);
    }
    return {
      enabled: true,
      staging,
      ready,
      excludeAdminCount: this.#c.excludeAdminCount,
      excludeCloudAdministrators: this.#c.excludeCloudAdministrators,
      generation: `${ruleSet.version}/${this.#moves}/${Math.floor(now() / lookAgainMs)}`,
    };
  }

  /** Whoever configured it wants it on in the tenant, too; what an administrator of the tenant says later stays. */
  async #activate(): Promise<void> {
    const emit = eventMaker(this.name, this.#env.now, (event) => this.#log(event));
    try {
      if (!(await this.#cloud.needsActivation(this.#stopping.signal))) return;
      emit('activationStarted', { endpoint: this.#cloud.target.endpoint });
      await this.#cloud.activate(this.#stopping.signal);
      emit('activationEnded', { endpoint: this.#cloud.target.endpoint });
    } catch (error) {
      // The first batch meets the same obstacle and tells it as the failure of the channel.
      if (!(error instanceof ConnectorError)) throw error;
      emit('activationFailed', { code: error.code, message: error.message });
    }
  }

  /** The list is the channel's own: it is changed in place. */
  async #refreshDomains(): Promise<void> {
    const names = domainNames(this.#env.store, this.#c);
    const domains = await Promise.all(names.map((namingContext) => this.#domain(namingContext)));
    this.#domains.splice(0, this.#domains.length, ...domains);
  }

  async #domain(namingContext: string): Promise<PasswordDomain> {
    return {
      namingContext,
      servers: await this.#servers(namingContext),
      open: (server, signal) => this.#source.open(server, namingContext, signal),
    };
  }

  /** Where DNS has no answer the name of the domain is tried itself, so that the failure is told as that of a server. */
  async #servers(namingContext: string): Promise<readonly string[]> {
    const before = this.#domains.find((d) => d.namingContext === namingContext)?.servers;
    try {
      return await serversOf(this.#c, namingContext);
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).syscall) throw error;
      return before ?? [domainOfDn(namingContext) ?? namingContext];
    }
  }

  #state(domain: PasswordDomain): { watermark?: string; lastError?: unknown } {
    return JSON.parse(this.#env.store.passwords.domain(this.name, domain.namingContext) ?? '{}') as object;
  }
  #hasBegun(domain: PasswordDomain): boolean {
    return this.#state(domain).watermark !== undefined;
  }
  #hasFailed(): boolean {
    return this.#domains.some((d) => this.#state(d).lastError !== undefined);
  }

  #log({ name, id, level, title, at: _, connector, namingContext, facts }: PasswordEvent): void {
    const where = namingContext === undefined ? connector : `${connector}, ${namingContext}`;
    const told = typeof facts.message === 'string' ? `: ${facts.message}` : '.';
    this.#env.log(level === 'warning' ? 'warn' : level, `${title} (${where})${told}`, {
      event: id,
      name,
      connector,
      ...(namingContext === undefined ? {} : { namingContext }),
      ...facts,
    });
  }
}

function makeCloud(c: PasswordConfiguration, env: EngineEnvironment): PasswordCloud {
  const settings = env.connectors.find((s) => s.connector.name === c.cloud.name);
  if (!settings) throw new ConfigurationError([`There is no connector "${c.cloud.name}".`]);
  const key = `cloud-administrators:${c.cloud.name}`;
  const { records } = env.store;
  return new PasswordCloud({
    connector: settings.connector,
    endpoint: c.cloud.url ?? c.cloud.name,
    assertLease: env.assertLease,
    now: env.now,
    remembered: { read: () => records.setting(key), write: (text) => records.setSetting(key, text) },
  });
}
