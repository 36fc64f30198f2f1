/** Fixes of `causeway.yaml` and of rule files, shown as the YAML that stands there afterwards. */
import { parse, stringify } from 'yaml';
import { dnKey, isAtOrBelow } from '../../model/dn.ts';
import { writeRules } from '../../rules/entra-connect/write-yaml.ts';
import type { SyncRule } from '../../rules/model.ts';
import { tagBase } from '../../rules/rule-entry.ts';
import type { CsRow } from '../../store/connector-space.ts';
import { connectorOf, type DiagnosisContext } from '../diagnose-context.ts';
import type { Fix } from '../findings/finding.ts';
import type { ConfigurationChange, FixAction } from './action.ts';

export type ConfigurationPlace = Omit<ConfigurationChange, 'kind'>;

/** Changes one place of the configuration. */
export function configurationFix(context: DiagnosisContext, title: string, change: ConfigurationPlace): Fix {
  return {
    title,
    where: 'configuration',
    language: 'text',
    text: configurationText(context, change),
    applicable: true,
    action: { kind: 'configuration', ...change },
  };
}

/** Changes that belong together, with cycles between them. */
export function stepsFix(
  context: DiagnosisContext,
  title: string,
  steps: readonly (ConfigurationPlace | { readonly cycle: 'delta' | 'initial' })[],
): Fix {
  const actions = steps.map(
    (s): FixAction => ('cycle' in s ? { kind: 'cycle', policy: s.cycle } : { kind: 'configuration', ...s }),
  );
  const text = steps.map((s, i) => {
    const what = 'cycle' in s ? `causeway sync${s.cycle === 'initial' ? ' --policy initial' : ''}` : shown(context, s);
    return `# ${i + 1}.\n${what}`;
  });
  return {
    title,
    where: 'configuration',
    language: 'text',
    text: `# ${context.facts.configurationFile ?? 'causeway.yaml'}\n${text.join('\n')}`,
    applicable: true,
    action: { kind: 'sequence', actions },
  };
}

function configurationText(context: DiagnosisContext, change: ConfigurationPlace): string {
  const place = context.facts.locate?.(change.path) ?? context.facts.configurationFile ?? 'causeway.yaml';
  return `# ${place}\n${shown(context, change)}`;
}

/** The place as YAML, with the names of what stands on the way there instead of numbers. */
function shown(context: DiagnosisContext, { path, from, to, value }: ConfigurationPlace): string {
  if (value === null) return `# without "${path.at(-1)}":\n${yaml(context, path.slice(0, -1), {})}`;
  if (value !== undefined) return yaml(context, path, value);
  if (to === undefined) return `# without "${from ?? ''}":\n${yaml(context, path, [])}`;
  return `# ${from === undefined ? 'besides what is there' : `instead of "${from}"`}:\n${yaml(context, path, [to])}`;
}

function yaml(context: DiagnosisContext, path: readonly (string | number)[], leaf: unknown): string {
  const connector = path[0] === 'connectors' ? context.engine.all[Number(path[1])] : undefined;
  let nested = leaf;
  for (const [at, step] of [...path.entries()].reverse()) {
    if (typeof step === 'string') nested = { [step]: nested };
    else if (at === 1 && connector) nested = [Object.assign({ name: connector.row.name }, nested)];
    else if (at === 3 && connector)
      nested = [Object.assign({ base: connector.settings.partitions[step]?.name }, nested)];
    else nested = [nested];
  }
  return stringify(nested, { lineWidth: 0 }).trimEnd();
}

/** What takes one object out of the selection, and what brings it back; undefined if its partition is not known. */
export function exclusionOf(
  context: DiagnosisContext,
  row: CsRow,
): { readonly there: ConfigurationPlace; readonly back: ConfigurationPlace } | undefined {
  const connector = connectorOf(context, row);
  if (connector?.settings.connector.type !== 'active-directory') return undefined;
  const own = ['connectors', context.engine.all.indexOf(connector), 'partitions'] as const;
  const holds = (base: string) => isAtOrBelow(dnKey(row.dn), dnKey(base));
  const { partitions } = connector.settings;
  const at = partitions.findIndex((p) => holds(p.name));
  const path = [...own, at, 'exclude'];
  const { exclude } = partitions[at] ?? {};
  if (exclude)
    return { there: { path, to: row.dn }, back: exclude.length > 0 ? { path, from: row.dn } : { path, value: null } };
  const known = context.store.records.partitions(connector.row.id).map((p) => p.name);
  if (partitions.length > 0 || !known.some(holds)) return undefined;
  const value = known.map((base) => ({ base, ...(holds(base) ? { exclude: [row.dn] } : {}) }));
  return { there: { path: own, value }, back: { path: own, value: null } };
}

/**
 * A rule of one's own as its file should have it; an out-of-box rule as a rule of one's own that takes its place.
 * `changes` are keys of a rule file; undefined takes a key away.
 */
export function ruleFix(title: string, rule: SyncRule, changes: Readonly<Record<string, unknown>>): Fix {
  const [written] = (parse(writeRules([rule])) as { rules: Record<string, unknown>[] }).rules;
  const { id: _, tag, precedence, ...entry } = written ?? {};
  const order = typeof tag === 'string' ? { replaces: tagBase(tag) } : { precedence };
  const changed = Object.entries({ ...entry, ...order, ...changes }).filter(([, v]) => v !== undefined);
  const place = rule.tag === undefined ? (rule.origin?.file ?? 'your rule files') : 'a new file among your rule files';
  return {
    title,
    where: 'configuration',
    language: 'text',
    text: `# ${place}: ${JSON.stringify(rule.name)}\n${stringify({ rules: [Object.fromEntries(changed)] }, { lineWidth: 0 }).trimEnd()}`,
    applicable: false,
  };
}
