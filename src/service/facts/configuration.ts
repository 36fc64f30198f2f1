/** The configuration and what it was before. */
import { z } from 'zod';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import type { LoadedRuleSet } from '../configuration/rule-set.ts';
import { type VersionContent, versionContent } from '../configuration/versions.ts';
import { Refusal } from '../refusal.ts';
import { type ConfigurationDiff, configurationDiff } from './configuration-diff.ts';
import { numberCursor, type Page, type PageQuery, pageOfRows } from './page.ts';
import { iso } from './runs.ts';

export const versionSchema = z.object({
  version: z.number().int(),
  time: z.string(),
  who: z.string(),
  reason: z.string(),
  hash: z.string(),
});
export type VersionFacts = z.infer<typeof versionSchema>;
export const contentSchema = z.object({
  settings: z.unknown().describe('As in causeway.yaml with its defaults. Secrets are only named, never there.'),
  ruleFiles: z.array(z.object({ name: z.string(), text: z.string() })),
  rules: z.array(z.unknown()).describe('All rules as they run.'),
  rulesVersion: z.string(),
});

/** Newest first. */
export function versionPage(store: Store, query: PageQuery): Page<VersionFacts> {
  const rows = store.administration.versionPage(numberCursor(query.cursor, Number.MAX_SAFE_INTEGER), query.limit + 1);
  const item = (row: (typeof rows)[number]): VersionFacts => ({
    version: row.id,
    time: iso(row.time),
    who: row.who,
    reason: row.reason,
    hash: row.hash,
  });
  return pageOfRows(rows, query.limit, item, (last) => String(last.id));
}

/** A version as a whole. `current`: the one in force. Throws a Refusal if there is none. */
export function versionOf(
  store: Store,
  config: LoadedConfiguration,
  version: number | 'current',
  rules: () => LoadedRuleSet,
): VersionContent {
  if (version === 'current') return versionContent(config, rules());
  const row = store.administration.version(version);
  if (!row) throw new Refusal('not-found', `There is no configuration version ${version}.`);
  return JSON.parse(row.content) as VersionContent;
}

export const versionReference = z
  .union([z.literal('current'), z.coerce.number().int().min(1)])
  .describe('Number of a version, or `current`.');
export const diffQuery = z.object({ from: versionReference, to: versionReference.default('current') });

export function diffFacts(
  store: Store,
  config: LoadedConfiguration,
  query: z.infer<typeof diffQuery>,
  rules: () => LoadedRuleSet,
): ConfigurationDiff {
  return configurationDiff(versionOf(store, config, query.from, rules), versionOf(store, config, query.to, rules));
}
