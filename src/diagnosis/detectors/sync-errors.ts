/** Section C: what synchronization itself could not decide: rules that fail or contradict, joins that are ambiguous. */

import { dnKey } from '../../model/dn.ts';
import { sidText } from '../../model/sid.ts';
import { type AttributeValue, bytesOf, isBinary } from '../../model/value.ts';
import { attributesOf as readBy } from '../../rules/compile-flow.ts';
import type { ScopeClause, SyncRule } from '../../rules/model.ts';
import type { CsRow } from '../../store/connector-space.ts';
import {
  connectorOf,
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { Evidence, FindingFacts, FindingObject, Fix } from '../findings/finding.ts';
import { attributesOf, namesOf, objectOf, text } from '../findings/object.ts';
import type { DirectoryChange } from '../fix/action.ts';
import { configurationFix, exclusionOf, ruleFix } from '../fix/configuration-text.ts';
import { bulkFix, type DirectoryTarget, directoryFix, swap, textFix } from '../fix/text.ts';
import { isAnchorError } from './anchors.ts';

export const syncErrors: Detector = {
  name: 'sync-errors',
  detect(context) {
    const errors = storedErrors(context, 'sync').filter(
      (e) => !isAnchorError(e) && e.code !== 'duplicate-source-anchor',
    );
    return [...groupBy(errors, rootOf).values()].map((group) => findingOf(context, group));
  },
};

/** One rule that fails at one flow for one reason is one cause; a join that is ambiguous is one for each identity. */
function rootOf(e: StoredError): string {
  switch (e.code) {
    case 'ambiguous-import-flow-from-multiple-connectors':
      return [e.code, e.facts.otherDn ?? ''].join('|');
    case 'rule-conflict':
      return [e.code, e.message].join('|');
    default:
      return [e.code, e.rule ?? '', e.attribute ?? '', e.message.replace(/\d+/g, 'n')].join('|');
  }
}

function findingOf(context: DiagnosisContext, group: readonly StoredError[]): FindingFacts {
  const first = group[0] as StoredError;
  const rows = group.flatMap((e) => context.store.cs.get(e.cs) ?? []);
  const common = {
    root: rootOf(first),
    errorCode: first.code,
    affected: group.length,
    firstSeen: firstSeen(group),
    lastSeen: lastSeen(group),
  };
  switch (first.code) {
    case 'ambiguous-import-flow-from-multiple-connectors':
      return { ...common, ...ambiguous(context, first, rows) };
    case 'rule-conflict':
      return { ...common, ...conflict(context, first, rows) };
    case 'mv-constraint-violation':
      return { ...common, ...tooLong(context, first, rows) };
    default:
      return { ...common, ...failing(context, group, rows) };
  }
}

/** A value for people: text as it is, a security identifier in its usual form. */
function plainValue(value: AttributeValue | undefined): string {
  if (typeof value === 'string') return value;
  const bytes = value !== undefined && isBinary(value) ? bytesOf(value) : undefined;
  return bytes && bytes[0] === 1 && bytes.length >= 8 && bytes.length === 8 + 4 * (bytes[1] ?? 0)
    ? sidText(bytes)
    : JSON.stringify(value);
}

const ruleObject = (name: string | undefined): FindingObject[] => (name ? [{ role: 'rule', name }] : []);

function ambiguous(context: DiagnosisContext, error: StoredError, rows: readonly CsRow[]) {
  const other = rows[0] ? context.store.cs.byDn(rows[0].connector, dnKey(error.facts.otherDn ?? '')) : [];
  const holder = other.slice(0, 1).map((row) => objectOf(context, row, 'holder'));
  const incoming = rows.map((row) => objectOf(context, row, 'incoming'));
  const rule = context.engine.ruleSet.rules.find((r) => r.rule.name === error.rule);
  const clauses = (rule?.rule.join ?? []).flat();
  const common = [...new Set(clauses.map((clause) => clause.cs))].filter((name) => {
    const values = [...rows, ...other].map((r) => JSON.stringify(attributesOf(r)[name]));
    return values.length > 1 && values[0] !== undefined && values.every((v) => v === values[0]);
  });
  const shared = common.map((name) => `${name} = ${plainValue(attributesOf(rows[0] as CsRow)[name])}`);
  const each = namesOf([...incoming, ...holder]);
  const names = each.join(' and ');
  return {
    code: 'ambiguous-join' as const,
    attribute: clauses[0]?.cs,
    summary: `${names} join one identity by the rule "${error.rule ?? ''}", and an identity can have only one object of a connector. ${incoming[0] ? each[0] : 'The newcomer'} stays out until the value they share is corrected.`,
    objects: [...incoming, ...holder, ...ruleObject(error.rule)],
    evidence: [
      { source: 'synchronization', fact: error.message },
      ...shared.map((fact): Evidence => ({ source: 'connector space', fact: `both have ${fact}` })),
    ],
    fix: [...rows, ...other.slice(0, 1)].flatMap((row, i) => apart(context, row, each[i] ?? row.dn, common)),
  };
}

/** What lets one of the two be somebody else: without the value they share, or without itself. */
function apart(context: DiagnosisContext, row: CsRow, who: string, shared: readonly string[]): Fix[] {
  const connector = connectorOf(context, row)?.row.name ?? '';
  const values = attributesOf(row);
  const changes = shared.flatMap((name): DirectoryChange[] => {
    const value = values[name];
    const isGiven = typeof value === 'string' || (value !== undefined && isBinary(value));
    // The system gives these, once.
    return isGiven && !/^(?:objectSid|objectGUID)$/i.test(name)
      ? [{ operation: 'delete', attribute: name, values: [value] }]
      : [];
  });
  const removal = directoryFix(
    `If ${who} should not have it: take ${changes.map((c) => c.attribute).join(' and ')} away there`,
    connector,
    row.dn,
    changes,
  );
  const exclusion = exclusionOf(context, row);
  return [
    ...(changes.length > 0 ? [removal] : []),
    ...(exclusion ? [configurationFix(context, `Or leave ${who} out`, exclusion.there)] : []),
  ];
}

function conflict(context: DiagnosisContext, error: StoredError, rows: readonly CsRow[]) {
  const names = /: ([^:]+?)\. Narrow/.exec(error.message)?.[1]?.split(', ') ?? [];
  return {
    code: 'rule-conflict' as const,
    summary: `${counted(rows.length, 'object')} ${rows.length === 1 ? 'is' : 'are'} in the scope of several joining rules at once (${names.join(', ')}), so that nobody can say which one decides.`,
    objects: [...rows.map((row) => objectOf(context, row, 'source')), ...names.flatMap((n) => ruleObject(n))],
    evidence: [{ source: 'synchronization', fact: error.message }],
    fix: context.engine.ruleSet.rules.filter((r) => names.includes(r.rule.name)).flatMap(({ rule }) => yielding(rule)),
  };
}

/** How one of several joining rules leaves the decision to the others. */
function yielding(rule: SyncRule): Fix[] {
  if (rule.tag !== undefined)
    return [
      ruleFix(`"${rule.name}" does not run any more, and the other rule decides alone`, rule, { disabled: true }),
    ];
  const gives = rule.flows.length > 0;
  const change = gives ? { join: undefined, link: 'Join' } : { disabled: true };
  return [
    ruleFix(
      gives
        ? `"${rule.name}" only contributes values, and the other rule decides`
        : `"${rule.name}" does not run any more`,
      rule,
      change,
    ),
  ];
}

/** Characters that an indexed attribute of the metaverse holds (sync-engine s.1.2). */
const indexedLimit = 448;

/** Too long for the metaverse already: the object stops here and never reaches the cloud. */
function tooLong(context: DiagnosisContext, error: StoredError, rows: readonly CsRow[]) {
  const rule = context.engine.ruleSet.rules.find((r) => r.rule.name === error.rule);
  const read = rule?.flows.filter((f) => f.target === error.attribute).flatMap((f) => [...readBy(f)]) ?? [];
  const targets = rows.flatMap((row) => {
    const values = attributesOf(row);
    const name = read.find((n) => (text(values, n)?.length ?? 0) > indexedLimit);
    const value = name === undefined ? undefined : text(values, name);
    const connector = connectorOf(context, row)?.row.name;
    if (name === undefined || value === undefined || connector === undefined) return [];
    return [{ connector, dn: row.dn, changes: swap(name, value, value.slice(0, indexedLimit).trimEnd()) }];
  });
  return {
    code: 'value-too-long' as const,
    attribute: targets[0]?.changes[0]?.attribute ?? error.attribute,
    summary: `${error.attribute ?? 'A value'} of ${counted(rows.length, 'object')} is longer than the ${indexedLimit} characters that the metaverse holds of it. ${error.message}`,
    objects: [...rows.map((row) => objectOf(context, row, 'incoming')), ...ruleObject(error.rule)],
    evidence: [
      { source: `rule "${error.rule ?? ''}"`, fact: error.message },
      ...targets.slice(0, 5).map(({ connector, dn, changes }) => ({
        source: `connector space of ${connector}`,
        fact: `${changes[0]?.attribute} of ${dn} has ${String(changes[0]?.values[0]).length} characters`,
      })),
    ],
    fix: targets.length === 0 ? [] : [bulkFix(`Shorten it to ${indexedLimit} characters`, targets)],
  };
}

function failing(context: DiagnosisContext, group: readonly StoredError[], rows: readonly CsRow[]) {
  const error = group[0] as StoredError;
  const rule = context.engine.ruleSet.rules.find((r) => r.rule.name === error.rule);
  const flow = rule?.rule.flows.find((f) => f.target === error.attribute);
  const inputs = Object.entries(error.inputs ?? {}).map(([k, v]) => `${k} = ${JSON.stringify(v)}`);
  const evidence: Evidence[] = [{ source: 'synchronization', fact: error.message }];
  if (flow?.expression) evidence.push({ source: `rule "${error.rule}"`, fact: marked(flow.expression, error) });
  if (inputs.length > 0) evidence.push({ source: 'input values', fact: inputs.join('; ') });
  return {
    code: 'rule-error' as const,
    attribute: error.attribute,
    summary: `The rule "${error.rule ?? 'unknown'}" fails at the flow to ${error.attribute ?? 'an attribute'} for ${counted(rows.length, 'object')}: ${error.message} These objects are not synchronized until it is repaired.`,
    objects: [...rows.map((row) => objectOf(context, row, 'source')), ...ruleObject(error.rule)],
    evidence,
    fix: [
      ...(rule ? repairs(context, rule.rule, group, rows) : []),
      textFix(
        'Or let the expression allow for it (IsPresent, IsNumeric, IIF), and try it first',
        'configuration',
        `causeway rules eval '${(flow?.expression ?? '').replaceAll("'", "'\\''")}'`,
      ),
    ],
  };
}

/** Objects of which a fix names the values. */
const mostValues = 20;

/** The values go from the directory, or the rule leaves the objects alone that have them. */
function repairs(
  context: DiagnosisContext,
  rule: SyncRule,
  group: readonly StoredError[],
  rows: readonly CsRow[],
): Fix[] {
  const read = [...new Set(group.flatMap((e) => Object.keys(e.inputs ?? {})))];
  const [attribute] = read;
  const values = attribute === undefined ? [] : rows.map((row) => text(attributesOf(row), attribute));
  // With several inputs nobody knows which of them is the wrong one.
  if (attribute === undefined || read.length > 1 || rows.length > mostValues || values.some((v) => v === undefined))
    return [];
  const wrong = [...new Set(values as string[])];
  const targets = rows.flatMap((row, i): DirectoryTarget[] => {
    const connector = connectorOf(context, row)?.row.name;
    const changes: DirectoryChange[] = [{ operation: 'delete', attribute, values: [values[i] as string] }];
    return connector === undefined ? [] : [{ connector, dn: row.dn, changes }];
  });
  const clauses = wrong.map((value): ScopeClause => ({ attribute, operator: 'NOTEQUAL', value }));
  const scope =
    rule.scope.length === 0 ? [clauses] : rule.scope.map((clausesOfGroup) => [...clausesOfGroup, ...clauses]);
  return [
    bulkFix(`Take ${attribute} away where the rule cannot read it, or write a value there that it can`, targets),
    ruleFix(`Or let "${rule.name}" leave alone whoever has such a value`, rule, { scope }),
  ];
}

/** The expression with the failing part between » and «. */
function marked(expression: string, { position }: StoredError): string {
  if (!position) return expression;
  const end = position.start + position.length;
  return `${expression.slice(0, position.start)}»${expression.slice(position.start, end)}«${expression.slice(end)}`;
}
