/** One thread's share of a fork: both configurations over one connection that only reads. */
import type { AttributeSchema, Connector } from '../../connectors/contract.ts';
import { type CompiledRuleSet, compileRuleSet } from '../../rules/compile.ts';
import type { MetaverseSchema } from '../../rules/metaverse-schema.ts';
import type { SyncRule } from '../../rules/model.ts';
import type { Store } from '../../store/store.ts';
import { type ConnectorSettings, defaultLimits, type PartitionSettings } from '../../sync/context.ts';
import { readingEngine } from '../explain/engine.ts';
import { type CachedStore, cachedStore } from './cached-store.ts';
import { Comparison } from './compare.ts';
import { type Side, sideOf } from './evaluate.ts';
import type { ForkPart } from './groups.ts';
import { newcomersOf, settleNewcomers } from './newcomers.ts';

/** A configuration as plain data, so that it can be sent to another thread. */
export interface ForkSettings {
  readonly rules: readonly SyncRule[];
  readonly schema: MetaverseSchema;
  /** By connector: the attributes of its directory, where they are known. */
  readonly connectedSchemas?: ReadonlyMap<string, ReadonlyMap<string, Pick<AttributeSchema, 'type' | 'multiValued'>>>;
  readonly connectors: readonly ForkConnector[];
}
export interface ForkConnector {
  readonly name: string;
  readonly type: string;
  readonly objectTypes: readonly string[];
  readonly partitions: readonly PartitionSettings[];
  readonly groupFilter?: string;
}
export interface ForkJob {
  readonly before: ForkSettings;
  readonly after: ForkSettings;
  readonly roles: ReadonlyMap<string, readonly string[]>;
  /** The rules of `before` were in force at the last full synchronization, so that the store is what they give. */
  readonly isSynchronized: boolean;
  /** Milliseconds since 1970; one instant for everybody. */
  readonly now: number;
}

/** A rule set that cannot be used. */
export class ForkRulesError extends Error {
  readonly code = 'rules-wrong';
}

function compiled(settings: ForkSettings): CompiledRuleSet {
  const result = compileRuleSet(
    settings.rules,
    settings.schema,
    settings.connectedSchemas ? { connectedSchemas: settings.connectedSchemas } : {},
  );
  if (!result.ok) throw new ForkRulesError(result.problems.map((p) => p.message).join(' '));
  return result.ruleSet;
}

const closed = (c: ForkConnector): Connector => ({
  name: c.name,
  type: c.type,
  open: () => Promise.reject(new TypeError(`${c.name} was opened by a fork, which only reads the state`)),
});

function side(store: Store, settings: ForkSettings, now: number): Side {
  const connectors = settings.connectors.map(
    (c): ConnectorSettings => ({
      connector: closed(c),
      objectTypes: c.objectTypes,
      partitions: c.partitions,
      ...(c.groupFilter === undefined ? {} : { groupFilter: c.groupFilter }),
    }),
  );
  const engine = readingEngine(
    {
      store,
      connectors,
      ruleSet: compiled(settings),
      limits: defaultLimits,
      staging: true,
      now: () => now,
      // The same for both sides, so that chance is no difference.
      random: () => 0.5,
      guid: () => '00000000-0000-4000-8000-000000000000',
      sleep: async () => {},
      log: () => {},
      progress: () => {},
      assertLease: () => {
        throw new TypeError('a fork only reads');
      },
      isApproved: () => false,
    },
    { isFrozen: true },
  );
  return sideOf(engine);
}

export class ForkSession {
  readonly before: Side;
  readonly after: Side;
  readonly #cache: CachedStore;
  #comparison: Comparison;
  readonly #job: ForkJob;

  constructor(store: Store, job: ForkJob) {
    this.#cache = cachedStore(store);
    this.#job = job;
    this.before = side(this.#cache.store, job.before, job.now);
    this.after = side(this.#cache.store, job.after, job.now);
    this.#comparison = new Comparison(this.before, this.after, {
      roles: job.roles,
      isSynchronized: job.isSynchronized,
    });
  }

  /** Compares the identities with these numbers, `to` excluded. Returns how many there were. */
  range(from: number, to: number): number {
    const rows = this.#cache.store.mv.page(from - 1, to - from).filter((row) => row.id < to);
    for (const row of rows) {
      this.#comparison.identity(row);
      // Another identity has other objects.
      this.#cache.forget();
    }
    return rows.length;
  }

  newcomers(): number[] {
    this.#cache.forget();
    const found = newcomersOf(this.after);
    this.#cache.forget();
    return found;
  }

  settle(ids: readonly number[], joinValues: ForkPart['joinValues']): void {
    this.#cache.forget();
    settleNewcomers(this.before, this.after, ids, joinValues, this.#comparison);
  }

  /** What was found since the last time. */
  take(): ForkPart {
    const part = this.#comparison.part();
    this.#comparison = new Comparison(this.before, this.after, this.#job);
    return part;
  }
}
