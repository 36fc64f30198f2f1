/** An engine for measurements: the complete out-of-box rules, nothing exported, nothing logged but trouble. */
import { compileRuleSet } from '../src/rules/compile.ts';
import { loadRules } from '../src/rules/load.ts';
import { outOfBoxRules } from '../src/rules/out-of-box/options.ts';
import type { Store } from '../src/store/store.ts';
import { type ConnectorSettings, defaultLimits, type EngineEnvironment } from '../src/sync/context.ts';
import { type Profile, type RunResult, runProfile } from '../src/sync/cycle.ts';

export interface BenchEngine {
  readonly env: EngineEnvironment;
  /** Runs one profile; throws unless it succeeds. Milliseconds. */
  run(
    profile: Profile,
    connector: string | null,
  ): Promise<{ readonly ms: number; readonly counters: RunResult['counters'] }>;
}

export function benchEngine(store: Store, connectors: readonly ConnectorSettings[]): BenchEngine {
  const loaded = loadRules({
    outOfBox: outOfBoxRules(),
    connectors: [
      { name: 'ad', type: 'active-directory' },
      { name: 'cloud', type: 'entra' },
    ],
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const compiled = compileRuleSet(loaded.rules, loaded.schema);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const env: EngineEnvironment = {
    store,
    connectors,
    ruleSet: compiled.ruleSet,
    limits: defaultLimits,
    staging: true,
    now: Date.now,
    random: Math.random,
    guid: () => crypto.randomUUID(),
    sleep: async () => {},
    log: (level, message) => console.error(`${level}: ${message}`),
    progress: () => {},
    assertLease: () => {},
    isApproved: () => false,
  };
  const signal = new AbortController().signal;
  return {
    env,
    async run(profile, connector) {
      const start = performance.now();
      const result = await runProfile(env, profile, connector, { cycle: null, retryAll: false }, signal);
      if (result.status !== 'success')
        throw new Error(
          `${profile}: ${result.status} ${JSON.stringify(result.error)} ${JSON.stringify(store.records.errors(2))}`,
        );
      return { ms: performance.now() - start, counters: result.counters };
    },
  };
}
