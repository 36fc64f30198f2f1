/** How an imported rule differs from the out-of-box rule of the same name. */
import { loadRules } from '../load.ts';
import type { Flow, JoinClause, ScopeClause, SyncRule } from '../model.ts';
import { type OutOfBoxOptions, outOfBoxRules } from '../out-of-box/options.ts';
import { sameResults } from './equivalence.ts';
import { knownDifference } from './known-differences.ts';

export type DifferencePart = 'types' | 'link' | 'password-sync' | 'disabled' | 'scope' | 'join' | 'flow';
export interface RuleDifference {
  readonly part: DifferencePart;
  /** Target attribute of a flow. */
  readonly attribute?: string;
  /** In words; absent if that side has nothing of the kind. */
  readonly imported?: string;
  readonly outOfBox?: string;
  /** Identity in `knownDifferences`: the out-of-box rules follow newer builds there, nobody customised anything. */
  readonly known?: string;
}
export interface RuleComparison {
  readonly rule: string;
  readonly id: string;
  readonly connector: string;
  /**
   * `equal`: does the same as the out-of-box rule. `older`: differs only where newer builds differ. `customised`: somebody
   * changed it. `own`: no out-of-box rule has its name.
   */
  readonly status: 'equal' | 'older' | 'customised' | 'own';
  /** Tag of the out-of-box rule it was compared with. */
  readonly outOfBox?: string;
  readonly differences: readonly RuleDifference[];
}

/** One comparison for every imported rule, in the order of the rules. `options` are those of the imported configuration. */
export function compareRules(
  rules: readonly SyncRule[],
  connectors: readonly { readonly name: string; readonly type: string }[],
  options: OutOfBoxOptions,
): RuleComparison[] {
  const loaded = loadRules({ outOfBox: outOfBoxRules(options), connectors });
  if (!loaded.ok) throw new TypeError(loaded.problems.map(({ message }) => message).join(' '));
  const byName = new Map(loaded.rules.map((rule) => [`${rule.connector}\n${productName(rule.name)}`, rule]));
  return rules.map((rule) => {
    const outOfBox = byName.get(`${rule.connector}\n${productName(rule.name)}`);
    const about = { rule: rule.name, id: rule.id, connector: rule.connector };
    if (outOfBox === undefined) return { ...about, status: 'own', differences: [] };
    const differences = compareRule(rule, outOfBox);
    const status = differences.length === 0 ? 'equal' : differences.every((d) => d.known) ? 'older' : 'customised';
    return { ...about, status, ...(outOfBox.tag === undefined ? {} : { outOfBox: outOfBox.tag }), differences };
  });
}

/** Newer texts write the new product name where the rules still have the old one (sync-engine s.4.1). */
const productName = (name: string): string => name.replace('Microsoft Entra ID', 'AAD').toLowerCase();

/** Everything in which the two rules do not do the same. */
export function compareRule(imported: SyncRule, outOfBox: SyncRule): RuleDifference[] {
  const differences: RuleDifference[] = [];
  const compare = (part: DifferencePart, left: string, right: string): void => {
    if (left !== right) differences.push(withKnown(imported.name, { part, imported: left, outOfBox: right }));
  };
  const types = (rule: SyncRule): string => `${rule.direction} ${rule.sourceObjectType} to ${rule.targetObjectType}`;
  compare('types', types(imported), types(outOfBox));
  compare('link', imported.linkType, outOfBox.linkType);
  compare('password-sync', String(imported.passwordSync ?? false), String(outOfBox.passwordSync ?? false));
  compare('disabled', String(imported.disabled ?? false), String(outOfBox.disabled ?? false));
  compare('scope', scopeText(imported.scope), scopeText(outOfBox.scope));
  compare('join', joinText(imported.join), joinText(outOfBox.join));
  differences.push(...compareFlows(imported, outOfBox));
  return differences;
}

function compareFlows(imported: SyncRule, outOfBox: SyncRule): RuleDifference[] {
  const left = new Map(imported.flows.map((flow) => [flow.target, flow]));
  const right = new Map(outOfBox.flows.map((flow) => [flow.target, flow]));
  const targets = [...new Set([...left.keys(), ...right.keys()])].sort();
  return targets.flatMap((target) => {
    const a = left.get(target);
    const b = right.get(target);
    if (a !== undefined && b !== undefined && sameFlow(a, b)) return [];
    return [
      withKnown(imported.name, {
        part: 'flow',
        attribute: target,
        ...(a === undefined ? {} : { imported: flowText(a) }),
        ...(b === undefined ? {} : { outOfBox: flowText(b) }),
      }),
    ];
  });
}

function sameFlow(a: Flow, b: Flow): boolean {
  if ((a.merge ?? 'Update') !== (b.merge ?? 'Update') || a.executeOnce !== b.executeOnce) return false;
  if (a.constant !== undefined || b.constant !== undefined) return a.constant === b.constant;
  if (a.direct !== undefined && a.direct === b.direct) return true;
  const text = (flow: Flow): string => flow.expression ?? `[${flow.direct}]`;
  return sameResults(text(a), text(b));
}

function withKnown(rule: string, difference: RuleDifference): RuleDifference {
  const known = knownDifference(productName(rule), difference);
  return known === undefined ? difference : { ...difference, known };
}

/** A scope filter in words. Letter case of the value does not matter (architecture s.4). */
export const scopeText = (scope: readonly (readonly ScopeClause[])[]): string =>
  scope
    .map((group) =>
      group.map((c) => `${c.attribute} ${c.operator} ${(c.value ?? '').toLowerCase()}`.trim()).join(' AND '),
    )
    .join(' OR ');

/** Join criteria in words, in their order. */
export const joinText = (join: readonly (readonly JoinClause[])[]): string =>
  join
    .map((group) => group.map((c) => `${c.cs} = ${c.mv}${c.caseSensitive ? ' (case-sensitive)' : ''}`).join(' AND '))
    .join(', then ');

function flowText(flow: Flow): string {
  const source = flow.direct ?? flow.expression ?? `"${flow.constant}"`;
  const merge = flow.merge === undefined || flow.merge === 'Update' ? '' : ` (${flow.merge})`;
  return `${source}${merge}${flow.executeOnce ? ' (once)' : ''}`;
}
