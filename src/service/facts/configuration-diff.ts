/**
 * What differs between two configurations, in their meaning: rules are recognized by tag or name and connector, whatever
 * identities and numbers they have, and the order of flows means nothing (operations s.8.9). Pure.
 */
import { z } from 'zod';
import type { SyncRule } from '../../rules/model.ts';
import { tagBase } from '../../rules/rule-entry.ts';

export const settingChangeSchema = z.object({
  path: z.string().describe('Keys down to the value, with dots.'),
  before: z.unknown().optional().describe('Absent: it was not there.'),
  after: z.unknown().optional().describe('Absent: it is not there any more.'),
});
export const ruleChangeSchema = z.object({
  rule: z.string(),
  connector: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  parts: z.array(
    z.object({
      part: z.enum(['description', 'types', 'link', 'state', 'password-sync', 'scope', 'join', 'flow', 'order']),
      attribute: z.string().optional().describe('Target attribute of a flow.'),
      before: z.unknown().optional(),
      after: z.unknown().optional(),
    }),
  ),
});
export const configurationDiffSchema = z.object({
  settings: z.array(settingChangeSchema),
  rules: z.array(ruleChangeSchema),
});
export type SettingChange = z.infer<typeof settingChangeSchema>;
export type RuleChange = z.infer<typeof ruleChangeSchema>;
export type ConfigurationDiff = z.infer<typeof configurationDiffSchema>;
type Part = RuleChange['parts'][number];

export interface Comparable {
  readonly settings: unknown;
  readonly rules: readonly SyncRule[];
}

export const configurationDiff = (before: Comparable, after: Comparable): ConfigurationDiff => ({
  settings: settingChanges(before.settings, after.settings),
  rules: ruleChanges(before.rules, after.rules),
});

/** Setting by setting; items of lists that have a name are recognized by it. */
export function settingChanges(before: unknown, after: unknown, path: readonly string[] = []): SettingChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [a, b] = [keyed(before), keyed(after)];
  if (!a || !b) {
    return [
      {
        path: path.join('.'),
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ];
  }
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) =>
    settingChanges(a.get(key), b.get(key), [...path, key]),
  );
}

/** Members by key, or named items of a list by name; undefined for what is compared as a whole. */
function keyed(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const names = value.map((item) => (item as { name?: unknown } | null)?.name ?? (item as { base?: unknown })?.base);
  return names.every((n) => typeof n === 'string') ? new Map(value.map((v, i) => [names[i] as string, v])) : undefined;
}

export function ruleChanges(before: readonly SyncRule[], after: readonly SyncRule[]): RuleChange[] {
  const [a, b] = [byIdentity(before), byIdentity(after)];
  const moved = movedKeys(
    [...a.keys()].filter((k) => b.has(k)),
    [...b.keys()].filter((k) => a.has(k)),
  );
  const changes: RuleChange[] = [];
  for (const [key, rule] of a) {
    const now = b.get(key);
    if (!now) changes.push({ rule: rule.name, connector: rule.connector, kind: 'removed', parts: [] });
    else {
      const parts = partsThatDiffer(rule, now);
      if (moved.has(key)) parts.push({ part: 'order', before: rule.precedence, after: now.precedence });
      if (parts.length > 0) changes.push({ rule: now.name, connector: now.connector, kind: 'changed', parts });
    }
  }
  for (const [key, rule] of b)
    if (!a.has(key)) changes.push({ rule: rule.name, connector: rule.connector, kind: 'added', parts: [] });
  return changes;
}

function byIdentity(rules: readonly SyncRule[]): Map<string, SyncRule> {
  const map = new Map<string, SyncRule>();
  for (const rule of rules) {
    const base = `${rule.connector}\n${rule.tag === undefined ? rule.name : tagBase(rule.tag)}\n${rule.direction}`;
    let key = base;
    for (let n = 2; map.has(key); n++) key = `${base}\n${n}`;
    map.set(key, rule);
  }
  return map;
}

/** The rules that are not where they were relative to the others: all outside of the longest common order. */
function movedKeys(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  const place = new Map(before.map((key, i) => [key, i]));
  const sequence = after.map((key) => place.get(key)!);
  // Longest increasing subsequence by patience; `tails[n]` is the index that ends the best one of length n + 1.
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  sequence.forEach((value, i) => {
    let low = 0;
    for (let high = tails.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (sequence[tails[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    previous[i] = tails[low - 1];
    tails[low] = i;
  });
  const kept = new Set<number>();
  for (let i = tails.at(-1); i !== undefined; i = previous[i]) kept.add(i);
  return new Set(after.filter((_, i) => !kept.has(i)));
}

function partsThatDiffer(a: SyncRule, b: SyncRule): Part[] {
  const parts: Part[] = [];
  const compare = (part: Part['part'], before: unknown, after: unknown) => {
    if (JSON.stringify(before) !== JSON.stringify(after)) parts.push({ part, before, after });
  };
  compare('description', a.description ?? '', b.description ?? '');
  compare('types', [a.sourceObjectType, a.targetObjectType], [b.sourceObjectType, b.targetObjectType]);
  compare('link', a.linkType, b.linkType);
  compare('state', a.disabled === true ? 'disabled' : 'enabled', b.disabled === true ? 'disabled' : 'enabled');
  compare('password-sync', a.passwordSync === true, b.passwordSync === true);
  compare('scope', a.scope, b.scope);
  compare('join', a.join, b.join);
  const [flowsA, flowsB] = [flowsOf(a), flowsOf(b)];
  for (const attribute of [...new Set([...flowsA.keys(), ...flowsB.keys()])].sort()) {
    const [before, after] = [flowsA.get(attribute), flowsB.get(attribute)];
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    parts.push({
      part: 'flow',
      attribute,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }
  return parts;
}

const flowsOf = (rule: SyncRule): Map<string, unknown> =>
  new Map(
    rule.flows.map(({ target, direct, constant, expression, merge, executeOnce }) => [
      target,
      {
        ...(direct === undefined ? {} : { direct }),
        ...(constant === undefined ? {} : { constant }),
        ...(expression === undefined ? {} : { expression }),
        merge: merge ?? 'Update',
        ...(executeOnce ? { executeOnce } : {}),
      },
    ]),
  );
