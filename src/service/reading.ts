/** The state as it is, for whoever only looks: works beside a running service and writes nothing (law 8). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readingEngine } from '../diagnosis/explain/engine.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Engine } from '../sync/context.ts';
import { type LoadedConfiguration, pathOf } from './configuration/configuration.ts';
import { connectedSchemas, type LoadedRuleSet, loadRuleSet, type RuleSetOptions } from './configuration/rule-set.ts';
import { describeConnectors } from './engine/make-connectors.ts';
import { deletionThreshold, isApproved } from './engine/settings.ts';

export interface Reading extends Disposable {
  readonly config: LoadedConfiguration;
  /** Read only; empty if nothing was ever synchronized. */
  readonly store: Store;
  /** There is no store yet. */
  readonly isNew: boolean;
  /** The rules under the schemas that are known. Throws a ConfigurationError for wrong rules. */
  rules(options?: RuleSetOptions): LoadedRuleSet;
  /** An engine that can compute but neither connect nor write. */
  engine(rules?: LoadedRuleSet): Engine;
}

/** Opens the state of a configuration for reading. */
export function openReading(config: LoadedConfiguration): Reading {
  const file = join(pathOf(config, config.settings.stateDirectory), 'causeway.db');
  const isNew = !existsSync(file);
  const store = isNew ? openStore(':memory:') : openStore(file, { readOnly: true });
  return readingOf(config, store, isNew);
}

/** The same over a store that is open already. */
export function readingOf(config: LoadedConfiguration, store: Store, isNew = false): Reading {
  const rules = (options: RuleSetOptions = {}) =>
    loadRuleSet(config, { schemas: connectedSchemas(store, config), ...options });
  return {
    config,
    store,
    isNew,
    rules,
    engine: (given) => {
      const loaded = given ?? rules();
      return readingEngine({
        store,
        connectors: describeConnectors(config),
        ruleSet: loaded.ruleSet,
        limits: {
          ...config.settings.limits,
          deletionThreshold: deletionThreshold(store.records, config.settings.scheduler.deletionThreshold),
        },
        staging: true,
        now: Date.now,
        random: Math.random,
        guid: () => crypto.randomUUID(),
        sleep: async () => {},
        log: () => {},
        progress: () => {},
        assertLease: () => {
          throw new TypeError('an engine that only reads was asked to write');
        },
        isApproved: (hash) => isApproved(store, hash),
      });
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}
