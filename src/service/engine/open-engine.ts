/** Everything an engine needs, made from configuration: store, connectors, rules, limits, lease. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease } from '../../scheduler/lease.ts';
import { openStore } from '../../store/store.ts';
import type { EngineEnvironment, Progress } from '../../sync/context.ts';
import { type LoadedConfiguration, pathOf } from '../configuration/configuration.ts';
import { LiveRules } from '../configuration/live-rules.ts';
import { makeConnectors } from './make-connectors.ts';
import { deletionThreshold, flagSetting, isApproved } from './settings.ts';

export interface EngineHooks {
  readonly log: EngineEnvironment['log'];
  readonly progress: (progress: Progress) => void;
  /** In-process tenant. */
  readonly fetch?: (request: Request) => Promise<Response>;
}
export interface OpenEngine extends EngineEnvironment {
  /** Rules as files and schemas have them now. */
  readonly rules: LiveRules;
}

/** The folder of the state, made if it is not there; only its owner may look into it. */
export function stateDirectory(config: LoadedConfiguration): string {
  const path = pathOf(config, config.settings.stateDirectory);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

export const storeFile = (config: LoadedConfiguration): string => join(stateDirectory(config), 'causeway.db');

/**
 * Opens the engine of a configuration for the process that holds the lease. Close the store afterwards. Settings and
 * rules are read whenever they are asked for, so that a change takes effect with the next step.
 */
export function openEngine(config: LoadedConfiguration, lease: Lease, hooks: EngineHooks): OpenEngine {
  const connectors = makeConnectors(config, hooks.fetch ? { fetch: hooks.fetch } : {});
  const store = openStore(storeFile(config));
  try {
    const rules = new LiveRules(config, store, (level, message) => hooks.log(level, message));
    const { scheduler, limits } = config.settings;
    store.records.closeInterrupted(Date.now());
    return {
      store,
      connectors,
      rules,
      get ruleSet() {
        return rules.ruleSet;
      },
      get limits() {
        return { ...limits, deletionThreshold: deletionThreshold(store.records, scheduler.deletionThreshold) };
      },
      get staging() {
        return flagSetting(store.records, 'StagingModeEnabled', scheduler.staging);
      },
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
      isApproved: (hash) => isApproved(store, hash),
    };
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}
