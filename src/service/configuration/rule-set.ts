/** The rule set of a configuration: out-of-box rules under its options, with the administrator's files over them. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledRuleSet, compileRuleSet } from '../../rules/compile.ts';
import type { ConnectedAttribute } from '../../rules/compile-flow.ts';
import type { RuleProblem } from '../../rules/compiled.ts';
import { loadRules, type RuleFile } from '../../rules/load.ts';
import type { MetaverseSchema } from '../../rules/metaverse-schema.ts';
import type { SyncRule } from '../../rules/model.ts';
import { groupFilterRules } from '../../rules/out-of-box/group-filter.ts';
import { outOfBoxRules } from '../../rules/out-of-box/options.ts';
import type { Store } from '../../store/store.ts';
import { ConfigurationError, type LoadedConfiguration, pathOf } from './configuration.ts';

export type ConnectedSchemas = ReadonlyMap<string, ReadonlyMap<string, ConnectedAttribute>>;

export interface LoadedRuleSet {
  readonly ruleSet: CompiledRuleSet;
  /** All rules in their order, disabled and replaced ones included. */
  readonly rules: readonly SyncRule[];
  readonly schema: MetaverseSchema;
  readonly files: readonly RuleFile[];
}
export type RuleSetAttempt =
  | ({ readonly ok: true } & LoadedRuleSet)
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

export interface RuleSetOptions {
  /** Folder of the rule files; default the one of the configuration. */
  readonly directory?: string | undefined;
  /** The files themselves instead of a folder: drafts, or an older version. */
  readonly files?: readonly RuleFile[] | undefined;
  /** Schemas of the connected directories, known after their first import. */
  readonly schemas?: ConnectedSchemas | undefined;
}

/** Compiles the rules, or says what is wrong with them. Throws only for a folder that cannot be read. */
export function tryRuleSet(config: LoadedConfiguration, options: RuleSetOptions = {}): RuleSetAttempt {
  const { rules, sourceAnchor, connectors } = config.settings;
  const { outOfBox, directory: _, ...given } = rules;
  const chosen = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  const files = options.files ?? ruleFiles(config, options.directory);
  const filtered = connectors.flatMap((c) => (c.type !== 'entra' && c.groupFilter ? [c.name] : []));
  const loaded = loadRules({
    outOfBox: [...(outOfBox ? outOfBoxRules({ sourceAnchor, ...chosen }) : []), ...groupFilterRules(filtered)],
    files,
    // A directory file plays the part of a forest.
    connectors: connectors.map((c) => ({ name: c.name, type: c.type === 'ldif' ? 'active-directory' : c.type })),
  });
  if (!loaded.ok) return loaded;
  const compiled = compileRuleSet(
    loaded.rules,
    loaded.schema,
    options.schemas ? { connectedSchemas: options.schemas } : {},
  );
  if (!compiled.ok) return compiled;
  const ruleSet = options.schemas ? withShapes(compiled.ruleSet, options.schemas) : compiled.ruleSet;
  return { ok: true, ruleSet, rules: loaded.rules, schema: loaded.schema, files };
}

/** Compiles the rules. Throws a ConfigurationError with every problem: a wrong rule never runs. */
export function loadRuleSet(config: LoadedConfiguration, options: RuleSetOptions = {}): LoadedRuleSet {
  const attempt = tryRuleSet(config, options);
  if (!attempt.ok) throw new ConfigurationError(attempt.problems.map(problemText));
  return attempt;
}

/** The compiled rules of a folder, default that of the configuration. */
export const buildRuleSet = (config: LoadedConfiguration, directory?: string): CompiledRuleSet =>
  loadRuleSet(config, { directory }).ruleSet;

/** The rule files of a folder; rule tests are in a folder below it and no rules. */
export function ruleFiles(config: LoadedConfiguration, directory = config.settings.rules.directory): RuleFile[] {
  if (directory === undefined) return [];
  const folder = pathOf(config, directory);
  if (!existsSync(folder))
    throw new ConfigurationError([
      `The rule directory ${folder} does not exist. Make it, or take "rules.directory" out of the configuration.`,
    ]);
  return readable(folder, () => yamlFiles(folder)).map((path) => ({ path, text: ruleText(path) }));
}

/** The text of a rule file. Throws a ConfigurationError that names it if it cannot be read, or is no text. */
function ruleText(path: string): string {
  const text = readable(path, () => readFileSync(path, 'utf8'));
  if (text.includes('\u0000'))
    throw new ConfigurationError([`${path} is no rule file: it holds bytes that are no text. Save it as UTF-8.`]);
  return text;
}

/** What reading gives; a folder, a loop of links or a missing right is a mistake in the configuration and no defect. */
function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = code === 'EISDIR' ? 'it is a folder' : code === 'ENOTDIR' ? 'it is no folder' : code;
    throw new ConfigurationError([
      `${path} cannot be read as rules (${why}). Take it out of the rule directory, or give the right to read it.`,
    ]);
  }
}

/** Paths of the YAML files right in a folder, in order of their names. */
export const yamlFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));

/** Text that changes when a rule file does. */
export function ruleFilesStamp(config: LoadedConfiguration): string {
  const { directory } = config.settings.rules;
  if (directory === undefined || !existsSync(pathOf(config, directory))) return '';
  return yamlFiles(pathOf(config, directory))
    .map((path) => {
      const s = statSync(path, { bigint: true });
      return `${path} ${s.size} ${s.mtimeNs} ${s.ino}`;
    })
    .join('\n');
}

/** What the connected directories said of their attributes at their last import (see sync/context.ts, `storeFacts`). */
export function connectedSchemas(store: Store, config: LoadedConfiguration): ConnectedSchemas {
  const schemas = new Map<string, ReadonlyMap<string, ConnectedAttribute>>();
  for (const { name } of config.settings.connectors) {
    const text = connectedFacts(store, name);
    if (text === undefined) continue;
    const { attributes } = JSON.parse(text) as { attributes: readonly (ConnectedAttribute & { name: string })[] };
    if (attributes.length > 0) schemas.set(name, new Map(attributes.map((a) => [a.name, a])));
  }
  return schemas;
}
/** Names that a directory takes beyond those of its schema, by connector (`ConnectorSchema.openNames`). */
export function openNames(store: Store, config: LoadedConfiguration): ReadonlyMap<string, RegExp> {
  const names = new Map<string, RegExp>();
  for (const { name } of config.settings.connectors) {
    const text = connectedFacts(store, name);
    const pattern = text === undefined ? undefined : (JSON.parse(text) as { openNames?: string }).openNames;
    if (pattern !== undefined) names.set(name, new RegExp(pattern, 'i'));
  }
  return names;
}
export const connectedFacts = (store: Store, connector: string): string | undefined =>
  store.records.setting(`connector-facts:${connector}`);

/** The version also covers the shapes of the attributes that the rules touch: they decide what a flow gives. */
function withShapes(ruleSet: CompiledRuleSet, schemas: ConnectedSchemas): CompiledRuleSet {
  const shapes = [...schemas].map(([name, attributes]) => {
    const touched = [...ruleSet.readAttributes(name)].sort();
    return [name, touched.map((a) => [a, attributes.get(a)?.type ?? null, attributes.get(a)?.multiValued ?? null])];
  });
  const version = createHash('sha256')
    .update(JSON.stringify([ruleSet.version, shapes.sort()]))
    .digest('hex');
  return { ...ruleSet, version };
}

/** A problem as one line: file and line, rule, flow, message. */
export const problemText = (p: RuleProblem): string =>
  `${p.file ? `${p.file}${p.line ? `:${p.line}` : ''}: ` : ''}${p.rule ? `rule "${p.rule}"${p.flow ? `, flow to ${p.flow}` : ''}: ` : ''}${p.message}`;
