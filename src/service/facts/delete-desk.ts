/** Which exports are held back: worked out in the reader's thread, because a plan costs as much as it has deletes. */
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { deletionThreshold } from '../engine/settings.ts';
import type { ReaderThread } from '../reader-thread.ts';
import type { DeletePlan } from './delete-plan.ts';

/** Clouds with more deletes than the limit: only those can be held. */
export function suspectedConnectors(store: Store, config: LoadedConfiguration): string[] {
  const threshold = deletionThreshold(store.records, config.settings.scheduler.deletionThreshold);
  const rows = new Map(store.records.connectors().map((c) => [c.name, c.id]));
  return config.settings.connectors.flatMap(({ name, type }) => {
    const id = rows.get(name);
    return type === 'entra' && id !== undefined && threshold > 0 && store.exports.counts(id).delete > threshold
      ? [name]
      : [];
  });
}

export class DeleteDesk {
  readonly #store: Store;
  readonly #config: () => LoadedConfiguration;
  readonly #reader: Pick<ReaderThread, 'ask'>;
  #stamp = '';
  #held: readonly DeletePlan[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(store: Store, config: () => LoadedConfiguration, reader: Pick<ReaderThread, 'ask'>) {
    this.#store = store;
    this.#config = config;
    this.#reader = reader;
  }

  /** As far as it is known; `refresh` makes it current. */
  get held(): readonly DeletePlan[] {
    return this.#held;
  }

  /** Resolves with whether anything changed, when what is held is known for the state as it is now. */
  async refresh(): Promise<boolean> {
    const before = JSON.stringify(this.#held);
    this.#work = this.#work.then(() => this.#look());
    await this.#work;
    return JSON.stringify(this.#held) !== before;
  }

  async #look(): Promise<void> {
    const names = suspectedConnectors(this.#store, this.#config());
    const { records, administration } = this.#store;
    const [run] = names.length === 0 ? [] : records.runs(Number.MAX_SAFE_INTEGER, 1);
    const stamp = JSON.stringify([names, run?.id, run?.ended, administration.lastAudit()?.id]);
    if (stamp === this.#stamp && run?.ended !== null) return;
    const plans: DeletePlan[] = [];
    for (const name of names) plans.push(await this.#reader.ask('deletePlan', name));
    this.#held = plans.filter((p) => p.isHeld);
    this.#stamp = stamp;
  }
}
