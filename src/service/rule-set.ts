/** The rule set of a configuration: out-of-box rules under its options, with the administrator's files over them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledRuleSet, compileRuleSet } from '../rules/compile.ts';
import type { RuleProblem } from '../rules/compiled.ts';
import { loadRules, type RuleFile } from '../rules/load.ts';
import { outOfBoxRules } from '../rules/out-of-box/options.ts';
import { ConfigurationError, type LoadedConfiguration, pathOf } from './configuration.ts';

/** Compiles the rules. Throws a ConfigurationError with every problem: a wrong rule never runs. */
export function buildRuleSet(
  config: LoadedConfiguration,
  directory = config.settings.rules.directory,
): CompiledRuleSet {
  const { rules, sourceAnchor, connectors } = config.settings;
  const { outOfBox, directory: _, ...given } = rules;
  const options = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  const loaded = loadRules({
    ...(outOfBox ? { outOfBox: outOfBoxRules({ sourceAnchor, ...options }) } : {}),
    files: directory === undefined ? [] : ruleFiles(pathOf(config, directory)),
    // A directory file plays the part of a forest.
    connectors: connectors.map((c) => ({ name: c.name, type: c.type === 'ldif' ? 'active-directory' : c.type })),
  });
  if (!loaded.ok) throw new ConfigurationError(loaded.problems.map(problemText));
  const compiled = compileRuleSet(loaded.rules, loaded.schema);
  if (!compiled.ok) throw new ConfigurationError(compiled.problems.map(problemText));
  return compiled.ruleSet;
}

function ruleFiles(folder: string): RuleFile[] {
  if (!existsSync(folder))
    throw new ConfigurationError([
      `The rule directory ${folder} does not exist. Make it, or take "rules.directory" out of the configuration.`,
    ]);
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));
}

/** A problem as one line: file and line, rule, flow, message. */
export const problemText = (p: RuleProblem): string =>
  `${p.file ? `${p.file}${p.line ? `:${p.line}` : ''}: ` : ''}${p.rule ? `rule "${p.rule}"${p.flow ? `, flow to ${p.flow}` : ''}: ` : ''}${p.message}`;
