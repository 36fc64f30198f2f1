/** Sync rules as people look at them: lists, one rule, what a draft would be worth, one expression. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { AttributeValue, Value } from '../../model/value.ts';
import type { CompiledRule, RuleProblem } from '../../rules/compiled.ts';
import { evaluateCase } from '../../rules/expression/evaluate-case.ts';
import { type LintFinding, lintRules } from '../../rules/lint.ts';
import type { SyncRule } from '../../rules/model.ts';
import { suggestion } from '../../rules/nearest-name.ts';
import { isTag } from '../../rules/rule-entry.ts';
import type { Store } from '../../store/store.ts';
import { filesWith } from '../changes.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import {
  connectedFacts,
  connectedSchemas,
  type LoadedRuleSet,
  openNames,
  tryRuleSet,
} from '../configuration/rule-set.ts';
import { Refusal } from '../refusal.ts';
import { type RuleChange, ruleChangeSchema, ruleChanges } from './configuration-diff.ts';
import { requireObject } from './objects.ts';

export const ruleSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  tag: z.string().nullable(),
  description: z.string().nullable(),
  direction: z.enum(['inbound', 'outbound']),
  connector: z.string(),
  source: z.string(),
  target: z.string(),
  link: z.enum(['Join', 'StickyJoin', 'Provision']),
  precedence: z.number().int(),
  disabled: z.boolean(),
  passwordSync: z.boolean(),
  origin: z.enum(['out-of-box', 'custom']),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
  flows: z.number().int(),
});
export type RuleSummary = z.infer<typeof ruleSummarySchema>;
export const ruleQuery = z.object({
  direction: z.enum(['inbound', 'outbound']).optional(),
  connector: z.string().optional(),
  type: z.string().optional().describe('Object type on either side.'),
  attribute: z.string().optional().describe('Rules that read or write this attribute.'),
  disabled: z.stringbool().optional(),
});

/** In pipeline order. */
export function ruleList(loaded: LoadedRuleSet, query: z.infer<typeof ruleQuery> = {}): RuleSummary[] {
  const compiled = new Map(loaded.ruleSet.rules.map((r) => [r.id, r]));
  return loaded.rules
    .filter((r) => query.direction === undefined || r.direction === query.direction)
    .filter((r) => query.connector === undefined || r.connector === query.connector)
    .filter((r) => query.type === undefined || [r.sourceObjectType, r.targetObjectType].includes(query.type))
    .filter((r) => query.disabled === undefined || (r.disabled === true) === query.disabled)
    .filter((r) => query.attribute === undefined || touches(r, compiled.get(r.id), query.attribute))
    .map(summary);
}

function touches(rule: SyncRule, compiled: CompiledRule | undefined, attribute: string): boolean {
  const isIt = (name: string | undefined) => name?.toLowerCase() === attribute.toLowerCase();
  return (
    rule.flows.some((f) => isIt(f.target) || isIt(f.direct)) ||
    rule.scope.flat().some((c) => isIt(c.attribute)) ||
    rule.join.flat().some((c) => isIt(c.cs) || isIt(c.mv)) ||
    [...(compiled?.reads ?? [])].some(isIt)
  );
}

const summary = (r: SyncRule): RuleSummary => ({
  id: r.id,
  name: r.name,
  tag: r.tag ?? null,
  description: r.description ?? null,
  direction: r.direction,
  connector: r.connector,
  source: r.sourceObjectType,
  target: r.targetObjectType,
  link: r.linkType,
  precedence: r.precedence,
  disabled: r.disabled === true,
  passwordSync: r.passwordSync === true,
  origin: r.tag === undefined ? 'custom' : 'out-of-box',
  file: r.origin ? basename(r.origin.file) : null,
  line: r.origin?.line ?? null,
  flows: r.flows.length,
});

const lintSchema = z.object({
  code: z.string(),
  severity: z.enum(['warning', 'info']),
  message: z.string(),
  rule: z.string(),
  flow: z.string().optional(),
  file: z.string().optional(),
  line: z.number().int().optional(),
});
export const ruleSchema = ruleSummarySchema.extend({
  scope: z
    .array(z.array(z.object({ attribute: z.string(), operator: z.string(), value: z.string().optional() })))
    .describe('Groups are OR, the clauses of a group AND.'),
  join: z.array(z.array(z.object({ cs: z.string(), mv: z.string(), caseSensitive: z.boolean().optional() }))),
  mappings: z.array(
    z.object({
      target: z.string(),
      kind: z.enum(['direct', 'constant', 'expression']),
      source: z.string(),
      merge: z.enum(['Update', 'Replace', 'Merge', 'MergeCaseInsensitive']),
      executeOnce: z.boolean(),
      line: z.number().int().nullable(),
    }),
  ),
  findings: z.array(lintSchema),
});
export type RuleFacts = z.infer<typeof ruleSchema>;

/** A rule by identity, tag (with or without version) or name. Throws a Refusal if there is none or there are several. */
export function ruleFacts(loaded: LoadedRuleSet, reference: string, findings: readonly LintFinding[]): RuleFacts {
  const rule = requireRule(loaded, reference);
  return {
    ...summary(rule),
    scope: rule.scope.map((g) => g.map((c) => ({ ...c }))),
    join: rule.join.map((g) => g.map((c) => ({ ...c }))),
    mappings: rule.flows.map((f) => ({
      target: f.target,
      kind: f.direct !== undefined ? 'direct' : f.constant !== undefined ? 'constant' : 'expression',
      source: f.direct ?? f.constant ?? f.expression ?? '',
      merge: f.merge ?? 'Update',
      executeOnce: f.executeOnce === true,
      line: f.line ?? null,
    })),
    findings: findings.filter((f) => f.rule === rule.name).map((f) => ({ ...f })),
  };
}

function requireRule({ rules }: LoadedRuleSet, reference: string): SyncRule {
  const byId = rules.find((r) => r.id === reference);
  if (byId) return byId;
  const lower = reference.toLowerCase();
  const found = rules.filter((r) => r.name.toLowerCase() === lower || isTag(r.tag, reference));
  const [first, second] = found;
  if (!first) {
    const names = rules.flatMap((r) => [r.name, ...(r.tag ? [r.tag] : [])]);
    throw new Refusal('not-found', `There is no rule "${reference}".${suggestion(reference, names)}`, {
      code: 'unknown-rule',
    });
  }
  if (second) {
    const which = found.map((r) => `${r.id} (${r.connector})`).join(', ');
    throw new Refusal('conflict', `Several rules are called "${reference}": ${which}. Give the identity of one.`, {
      code: 'ambiguous-rule',
    });
  }
  return first;
}

export const lintFindings = (
  loaded: LoadedRuleSet,
  store: Store,
  config: LoadedConfiguration,
): readonly LintFinding[] =>
  lintRules(loaded.ruleSet, {
    connectedSchemas: connectedSchemas(store, config),
    openNames: openNames(store, config),
  });

const problemSchema = z.looseObject({
  code: z.string(),
  message: z.string(),
  rule: z.string().optional(),
  flow: z.string().optional(),
  line: z.number().int().optional(),
  column: z.number().int().optional(),
  position: z.object({ start: z.number(), length: z.number() }).optional(),
});
export const draftCheckSchema = z.object({
  ok: z.boolean(),
  problems: z.array(problemSchema).describe('What keeps the rules from being used.'),
  findings: z.array(lintSchema).describe('What is allowed but hardly meant.'),
  changes: z.array(ruleChangeSchema).describe('Compared with the rules in force.'),
});
export interface DraftCheck {
  readonly ok: boolean;
  readonly problems: readonly RuleProblem[];
  readonly findings: readonly LintFinding[];
  readonly changes: readonly RuleChange[];
}

/** What a rule file of this name and text would be worth beside the others. */
export function checkDraft(
  store: Store,
  config: LoadedConfiguration,
  current: LoadedRuleSet,
  draft: { readonly name: string; readonly text: string },
): DraftCheck {
  const schemas = connectedSchemas(store, config);
  const attempt = tryRuleSet(config, { files: filesWith(config, draft.name, draft.text), schemas });
  if (!attempt.ok) return { ok: false, problems: attempt.problems, findings: [], changes: [] };
  return {
    ok: true,
    problems: [],
    // What is said about the other files is not for whoever writes this one.
    findings: lintRules(attempt.ruleSet, { connectedSchemas: schemas, openNames: openNames(store, config) }).filter(
      (f) => f.file !== undefined && basename(f.file).replace(/\.ya?ml$/, '') === draft.name,
    ),
    changes: ruleChanges(current.rules, attempt.rules),
  };
}

const attributeMap = z.record(z.string(), z.unknown());
export const evaluateBody = z.strictObject({
  expression: z.string().max(20_000),
  attributes: attributeMap.optional(),
  importedAttributes: attributeMap.optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  object: z.string().max(2048).optional().describe('Reference of an object whose values are taken; `attributes` win.'),
});
export const evaluationSchema = z.object({
  kind: z.enum(['value', 'null', 'authoritative-null', 'ignore', 'error']),
  value: z.unknown().optional(),
  error: z
    .looseObject({
      code: z.string(),
      message: z.string(),
      line: z.number().optional(),
      column: z.number().optional(),
      suggestion: z.string().optional(),
    })
    .optional(),
  attributes: attributeMap.describe('What the expression was evaluated on.'),
});

type ValueMap = Record<string, AttributeValue | null>;

/** Evaluates an expression on given values, or on those of an object. */
export function evaluate(store: Store, body: z.infer<typeof evaluateBody>): z.infer<typeof evaluationSchema> {
  const object = body.object === undefined ? undefined : valuesOfObject(store, body.object);
  const attributes = { ...object?.attributes, ...(body.attributes as ValueMap | undefined) };
  const { id: _, ...result } = evaluateCase(
    {
      expression: body.expression,
      attributes,
      importedAttributes: {
        ...(object?.attributes ?? attributes),
        ...(body.importedAttributes as ValueMap | undefined),
      },
      parameters: { ...object?.parameters, ...body.parameters } as Record<string, Value>,
    },
    { now: Date.now, random: Math.random, guid: () => crypto.randomUUID() },
  );
  return { ...(result as z.infer<typeof evaluationSchema>), attributes };
}

/** References of an object that an expression sees here; a group may have hundreds of thousands. */
const shownReferences = 1000;

function valuesOfObject(store: Store, reference: string): { attributes: ValueMap; parameters: Record<string, string> } {
  const found = requireObject(store, reference);
  if (/^cs:/.test(reference) || found.mv === null) {
    const number = /^cs:(\d+)$/.exec(reference)?.[1];
    const cs = number === undefined ? found.cs[0]! : Number(number);
    const row = store.cs.get(cs);
    const attributes: ValueMap = { ...(JSON.parse(row?.attributes ?? '{}') as ValueMap), dn: row?.dn ?? '' };
    for (const { attribute } of store.references.counts(cs))
      attributes[store.attributes.name(attribute)] = store.references
        .sampleDns(cs, attribute, shownReferences)
        .map((dn) => ({ dn }));
    const connector = store.records.connectors().find((c) => c.id === row?.connector)?.name ?? '';
    const facts = JSON.parse(connectedFacts(store, connector) ?? '{"parameters":{}}') as {
      parameters: Record<string, Record<string, string>>;
    };
    return { attributes, parameters: { 'Connector.ID': connector, ...Object.values(facts.parameters)[0] } };
  }
  const row = store.mv.get(found.mv);
  return { attributes: JSON.parse(row?.attributes ?? '{}') as ValueMap, parameters: {} };
}
