/**
 * Group-based scope as rules (sync-engine s.5.2): whatever is not a direct member of the chosen group stays out of the
 * cloud. The group itself may go; what was exported before is taken back like anything that a filter excludes.
 */
import type { OutOfBoxFile, RuleEntry } from './options.ts';

const types: readonly (readonly [source: string, target: string])[] = [
  ['user', 'person'],
  ['inetOrgPerson', 'person'],
  ['contact', 'person'],
  ['group', 'group'],
  ['computer', 'device'],
];

/** The rules of these connectors, which have a group filter. The group's DN is the parameter of its connector. */
export function groupFilterRules(connectors: readonly string[]): OutOfBoxFile[] {
  if (connectors.length === 0) return [];
  const rules = connectors.flatMap((connector, c) =>
    types.map(
      ([source, target], t): RuleEntry => ({
        name: `In from AD - ${source} Group Filter`,
        tag: `Causeway.InFromADGroupFilter${c}${source}.001`,
        description: 'Objects that are no direct members of the configured group are filtered.',
        direction: 'inbound',
        connector,
        source,
        target,
        precedence: 1 + c * types.length + t,
        scope: [[{ attribute: 'dn', operator: 'ISNOTMEMBEROF', value: '%Connector.GroupFilteringGroupDn%' }]],
        flows: [{ target: 'cloudFiltered', expression: 'True' }],
      }),
    ),
  );
  return [{ file: 'group-filter', rules }];
}
