/** The rule set of a running engine: follows the rule files and what the directories say of their schemas. */
import type { CompiledRuleSet } from '../../rules/compile.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from './configuration.ts';
import {
  connectedFacts,
  connectedSchemas,
  type LoadedRuleSet,
  loadRuleSet,
  ruleFilesStamp,
  tryRuleSet,
} from './rule-set.ts';

/** Holds what is wrong with the rule files while older rules are in force. */
export const ruleProblemSetting = 'rule-problem';

type Tell = (level: 'info' | 'warn', message: string) => void;

export class LiveRules {
  readonly #config: LoadedConfiguration;
  readonly #store: Store;
  readonly #tell: Tell;
  #loaded: LoadedRuleSet;
  #stamp: string;
  #facts: readonly (string | undefined)[];
  #complaint = '';

  /** Throws a ConfigurationError if the rules are wrong: an engine never starts with wrong rules. */
  constructor(config: LoadedConfiguration, store: Store, tell: Tell) {
    this.#config = config;
    this.#store = store;
    this.#tell = tell;
    this.#stamp = ruleFilesStamp(config);
    this.#facts = [];
    this.#loaded = loadRuleSet(config);
    store.records.removeSetting(ruleProblemSetting);
    this.#follow();
  }

  get loaded(): LoadedRuleSet {
    this.#follow();
    return this.#loaded;
  }
  get ruleSet(): CompiledRuleSet {
    return this.loaded.ruleSet;
  }

  /** Reads the files again if they changed. A wrong file changes nothing and is told once: what ran before goes on. */
  refresh(): void {
    const stamp = ruleFilesStamp(this.#config);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#compile('The rule files changed');
  }

  /** Compiles again when a directory told something new of its schema. */
  #follow(): void {
    const facts = this.#config.settings.connectors.map((c) => connectedFacts(this.#store, c.name));
    if (facts.every((text, i) => text === this.#facts[i]) && facts.length === this.#facts.length) return;
    this.#facts = facts;
    if (facts.some((text) => text !== undefined)) this.#compile('The schema of a directory changed');
  }

  #compile(occasion: string): void {
    const attempt = tryRuleSet(this.#config, { schemas: connectedSchemas(this.#store, this.#config) });
    if (attempt.ok) {
      if (attempt.ruleSet.version !== this.#loaded.ruleSet.version && this.#complaint !== '')
        this.#tell('info', 'The rules are in order again.');
      this.#loaded = attempt;
      this.#complaint = '';
      this.#store.records.removeSetting(ruleProblemSetting);
      return;
    }
    const complaint = attempt.problems.map((p) => p.message).join(' ');
    if (complaint !== this.#complaint)
      this.#tell('warn', `${occasion}, but the rules cannot be used, so the ones before stay in force: ${complaint}`);
    this.#complaint = complaint;
    this.#store.records.setSetting(ruleProblemSetting, complaint);
  }
}
