/** Everything an engine needs, made from configuration: store, connectors, rules, limits, lease. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease } from '../scheduler/lease.ts';
import { openStore, type Store } from '../store/store.ts';
import type { EngineEnvironment, Progress } from '../sync/context.ts';
import { type LoadedConfiguration, pathOf } from './configuration.ts';
import { makeConnectors } from './make-connectors.ts';
import { buildRuleSet } from './rule-set.ts';

export interface EngineHooks {
  readonly log: EngineEnvironment['log'];
  readonly progress: (progress: Progress) => void;
  /** In-process tenant. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The folder of the state, made if it is not there; only its owner may look into it. */
export function stateDirectory(config: LoadedConfiguration): string {
  const path = pathOf(config, config.settings.stateDirectory);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

export const storeFile = (config: LoadedConfiguration): string => join(stateDirectory(config), 'causeway.db');

/** Name of the setting that holds approved plans of deletes, by hash. */
const approvalKey = (hash: string): string => `approved:${hash}`;
export function approve(store: Store, hash: string, who: string, now: number): void {
  store.records.setSetting(approvalKey(hash), JSON.stringify({ who, time: now }));
  store.records.journal(now, null, 'deletes-approved', null, null, JSON.stringify({ hash, who }));
}

/** Opens the engine of a configuration for the process that holds the lease. Close the store afterwards. */
export function openEngine(config: LoadedConfiguration, lease: Lease, hooks: EngineHooks): EngineEnvironment {
  const ruleSet = buildRuleSet(config);
  const connectors = makeConnectors(config, hooks.fetch ? { fetch: hooks.fetch } : {});
  const store = openStore(storeFile(config));
  const { scheduler, limits } = config.settings;
  store.records.closeInterrupted(Date.now());
  return {
    store,
    connectors,
    ruleSet,
    limits: { ...limits, deletionThreshold: scheduler.deletionThreshold },
    staging:
      store.records.setting('StagingModeEnabled') === undefined
        ? scheduler.staging
        : store.records.setting('StagingModeEnabled') === 'true',
    now: Date.now,
    random: Math.random,
    guid: () => crypto.randomUUID(),
    sleep: async (ms, signal) => {
      lease.renew();
      await delay(ms, undefined, { signal });
    },
    log: hooks.log,
    progress(progress) {
      lease.renew();
      hooks.progress(progress);
    },
    assertLease: () => {
      lease.renew();
      lease.assert();
    },
    isApproved: (hash) => store.records.setting(approvalKey(hash)) !== undefined,
  };
}
