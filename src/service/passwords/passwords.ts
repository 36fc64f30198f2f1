/**
 * Password hash synchronization in a running engine: one channel for each Active Directory connector that asks for it.
 * It lives in the engine's thread, so that the engine stays the only writer of the store and no batch leaves once the
 * lease is over (law 5). Hashes never come here: they stay in the replication process, which has a credential of its own.
 */
import { type Actor, recordAudit } from '../../health/audit.ts';
import { didNothing } from '../../health/titles.ts';
import type { EngineEnvironment } from '../../sync/context.ts';
import type { RunResult } from '../../sync/cycle.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { Refusal } from '../refusal.ts';
import type { PartState } from '../supervisor.ts';
import { PasswordConnector } from './connector.ts';
import type { PasswordAnswer } from './facts.ts';
import { type DirectoryUser, owedAfter } from './requests.ts';
import { passwordConfigurations } from './settings.ts';

/** What a person can ask for. Without a connector: of all. */
export type PasswordOrder =
  | { readonly kind: 'sync'; readonly connector?: string; readonly actor?: Actor }
  | { readonly kind: 'resync'; readonly connector?: string; readonly namingContext?: string; readonly actor: Actor }
  | { readonly kind: 'request'; readonly users: readonly DirectoryUser[]; readonly actor: Actor }
  | { readonly kind: 'check'; readonly connector?: string };

export class PasswordService {
  readonly #env: EngineEnvironment;
  readonly #connectors: ReadonlyMap<string, PasswordConnector>;

  /** Throws a ConfigurationError if it is unclear where passwords go. Nothing starts yet. `processChanged`: of the processes. */
  constructor(
    config: LoadedConfiguration,
    env: EngineEnvironment,
    processChanged: (connector: string, state: PartState) => void = () => {},
  ) {
    this.#env = env;
    this.#connectors = new Map(
      passwordConfigurations(config).map((c) => [
        c.connector.name,
        new PasswordConnector(config, c, env, processChanged),
      ]),
    );
  }

  /** Lets the channels run: a cycle at once, then every two minutes and whenever something changed. */
  start(): void {
    for (const c of this.#connectors.values()) c.start();
  }

  /** Ends every channel and its replication process. */
  async stop(): Promise<void> {
    await Promise.all([...this.#connectors.values()].map((c) => c.stop()));
  }

  /** A directory told that something changed there. */
  changeSeen(): void {
    for (const c of this.#connectors.values()) c.changeSeen();
  }

  /** After runs of the engine: whoever is new in the cloud gets the password, whoever waited is looked at again. */
  async afterRuns(runs: readonly RunResult[]): Promise<void> {
    if (this.#connectors.size === 0 || runs.every(didNothing)) return;
    const owed = owedAfter(this.#env.store, new Set(this.#connectors.keys()), runs);
    for (const [name, c] of this.#connectors) {
      const of = (users: readonly DirectoryUser[]) => users.filter((u) => u.connector === name);
      await c.engineMoved({
        exported: of(owed.exported),
        touched: of(owed.touched),
        lookAtAll: owed.isOverflow || runs.some((r) => r.profile === 'full-sync'),
      });
    }
  }

  /** Carries out what a person asked for; resolves when the cycle that follows from it is over. */
  async order(order: PasswordOrder): Promise<PasswordAnswer[]> {
    const chosen = this.#chosen('connector' in order ? order.connector : undefined);
    switch (order.kind) {
      case 'sync':
        if (order.actor) this.#audit(order.actor, 'sync-passwords', order.connector);
        return Promise.all(chosen.map((c) => c.cycle()));
      case 'check':
        return Promise.all(chosen.map((c) => c.check()));
      case 'resync':
        this.#audit(order.actor, 'resync-passwords', order.namingContext ?? order.connector);
        return Promise.all(chosen.map((c) => c.resync(order.namingContext)));
      case 'request':
        for (const { dn } of order.users) this.#audit(order.actor, 'resync-password', dn);
        return Promise.all(
          chosen
            .filter((c) => order.users.some((u) => u.connector === c.name))
            .map((c) => c.request(order.users.filter((u) => u.connector === c.name))),
        );
    }
  }

  #chosen(name: string | undefined): PasswordConnector[] {
    if (this.#connectors.size === 0)
      throw new Refusal('conflict', 'No connector of the configuration synchronizes passwords ("passwordHashSync").');
    if (name === undefined) return [...this.#connectors.values()];
    const found = this.#connectors.get(name);
    if (found) return [found];
    const names = [...this.#connectors.keys()].join(', ');
    throw new Refusal('not-found', `The connector "${name}" does not synchronize passwords. Those that do: ${names}.`);
  }

  #audit(actor: Actor, action: string, subject: string | undefined): void {
    const { store, now } = this.#env;
    const entry = { action, ...(subject === undefined ? {} : { subject }) };
    store.transaction(() => recordAudit(store, now(), actor, entry));
  }
}
