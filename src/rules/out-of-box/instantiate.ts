/** The out-of-box rules for given connectors, without the loader: what an imported rule set is compared with. */
import type { SyncRule } from '../model.ts';
import { type OutOfBoxOptions, outOfBoxRules, type RuleEntry } from './options.ts';

/** One rule as the connector's own. The identity is the tag and the connector. */
export function instantiate(entry: RuleEntry, connector: string): SyncRule {
  const { source, target, link, connectorType: _, scope, join, ...rest } = entry;
  return {
    ...rest,
    id: `${entry.tag}@${connector}`,
    connector,
    sourceObjectType: source,
    targetObjectType: target,
    linkType: link ?? 'Join',
    scope: scope ?? [],
    join: join ?? [],
  };
}

/** All rules for these connectors, best precedence first; of one rule the connector named first comes first. */
export function instantiateAll(
  options: Partial<OutOfBoxOptions>,
  connectors: readonly { readonly name: string; readonly family: string }[],
): SyncRule[] {
  const entries = outOfBoxRules(options)
    .flatMap((file) => file.rules)
    .sort((a, b) => a.precedence - b.precedence);
  const rules = entries.flatMap((entry) =>
    connectors.filter(({ family }) => family === entry.connectorType).map(({ name }) => instantiate(entry, name)),
  );
  return rules.map((rule, i) => ({ ...rule, precedence: 100 + i }));
}
