/**
 * Questions that take longer than the thread of the API may be held up. They are answered in a thread of their own, by
 * name. To add one: a function here, and an endpoint that asks for it.
 */
import { rmSync } from 'node:fs';
import type { Actor } from '../health/audit.ts';
import type { Store } from '../store/store.ts';
import { openStore } from '../store/store.ts';
import { checkLaws } from '../sync/check.ts';
import { createEngine } from '../sync/context.ts';
import type { ConfigurationEdit } from './configuration/change.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { connectedFacts, type LoadedRuleSet, ruleFilesStamp } from './configuration/rule-set.ts';
import { consoleReadings } from './console-readings.ts';
import { describeConnectors } from './engine/make-connectors.ts';
import { planSummary } from './execute-plan.ts';
import { auditChain } from './facts/audit.ts';
import { diffFacts, versionOf } from './facts/configuration.ts';
import { configurationPlan } from './facts/configuration-plan.ts';
import { configurationReport } from './facts/configuration-report.ts';
import { deletePlan } from './facts/delete-plan.ts';
import { pendingSummary } from './facts/pending.ts';
import { checkDraft, evaluate, lintFindings, ruleFacts, ruleList } from './facts/rules.ts';
import { pageReadings } from './page-readings.ts';
import { passwordUserFacts } from './passwords/facts.ts';
import { type Reading, readingOf } from './reading.ts';

/** What a question works with. */
export interface ReadingState {
  readonly config: LoadedConfiguration;
  readonly store: Store;
  readonly reading: Reading;
  /** The rules in force, compiled again only when files or schemas changed. */
  rules(): LoadedRuleSet;
  /** Tells how far a long question is. */
  progress(done: number, total?: number): void;
  /** A folder for scratch files. */
  readonly scratch: string;
}

export function readingState(
  config: LoadedConfiguration,
  store: Store,
  hooks: { progress: (done: number, total?: number) => void; scratch: string },
): ReadingState {
  const reading = readingOf(config, store);
  let known: { stamp: string; loaded: LoadedRuleSet } | undefined;
  return {
    config,
    store,
    reading,
    scratch: hooks.scratch,
    progress: hooks.progress,
    rules() {
      const facts = config.settings.connectors.map((c) => connectedFacts(store, c.name));
      const stamp = JSON.stringify([ruleFilesStamp(config), facts]);
      if (known?.stamp !== stamp) known = { stamp, loaded: reading.rules() };
      return known.loaded;
    },
  };
}

type Of<F> = F extends (first: never, ...rest: infer R) => unknown ? R : never;
const rest = <F extends (...args: never[]) => unknown>(f: F) => f;

export const readings = {
  ruleList: rest((s: ReadingState, query: Parameters<typeof ruleList>[1]) => ruleList(s.rules(), query)),
  rule: rest((s: ReadingState, reference: string) =>
    ruleFacts(s.rules(), reference, lintFindings(s.rules(), s.store, s.config)),
  ),
  lint: rest((s: ReadingState) => lintFindings(s.rules(), s.store, s.config)),
  checkDraft: rest((s: ReadingState, draft: { name: string; text: string }) =>
    checkDraft(s.store, s.config, s.rules(), draft),
  ),
  evaluate: rest((s: ReadingState, body: Parameters<typeof evaluate>[1]) => evaluate(s.store, body)),
  pendingSummary: rest((s: ReadingState, connector: string) => pendingSummary(s.store, s.config, connector)),
  planSummary: rest((_: ReadingState, text: string) => planSummary(text)),
  deletePlan: rest((s: ReadingState, connector: string) => deletePlan(s.store, s.config, connector)),
  configuration: rest((s: ReadingState, version: number | 'current') =>
    versionOf(s.store, s.config, version, () => s.rules()),
  ),
  configurationDiff: rest((s: ReadingState, query: Parameters<typeof diffFacts>[2]) =>
    diffFacts(s.store, s.config, query, () => s.rules()),
  ),
  configurationPlan: rest((s: ReadingState, actor: Actor, edit: ConfigurationEdit) =>
    configurationPlan(s, actor, edit),
  ),
  configurationReport: rest((s: ReadingState) => configurationReport(s.config, s.rules())),
  passwordUsers: rest((s: ReadingState, reference: string) =>
    passwordUserFacts(s.reading.engine(s.rules()), s.config, reference),
  ),
  auditChain: rest((s: ReadingState) => auditChain(s.store)),
  laws: rest((s: ReadingState) => checkStoredLaws(s)),
  ...pageReadings,
  ...consoleReadings,
} as const;
export type ReadingName = keyof typeof readings;
export type ReadingArguments<K extends ReadingName> = Of<(typeof readings)[K]>;
export type ReadingAnswer<K extends ReadingName> = Awaited<ReturnType<(typeof readings)[K]>>;

/**
 * Checks the laws on a copy of the store: the check computes with what it writes and takes back, and the store itself
 * belongs to the engine.
 */
export function checkStoredLaws(s: Pick<ReadingState, 'config' | 'store' | 'rules' | 'scratch'>) {
  const copy = `${s.scratch}/causeway-check-${process.pid}-${Date.now()}.db`;
  s.store.copyTo(copy);
  try {
    using store = openStore(copy);
    const engine = createEngine({
      ...readingOf(s.config, store).engine(s.rules()),
      store,
      connectors: describeConnectors(s.config),
    });
    const violations = checkLaws(engine);
    return { identities: store.mv.count(), violations };
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
  }
}
