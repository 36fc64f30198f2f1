/** Objects and rules for the unit tests of this room, with everything defaulted that a test does not speak about. */
import type { Attributes, Reference } from '../model/value.ts';
import { type CompiledRuleSet, type CompileOptions, compileRuleSet } from './compile.ts';
import { type Contribution, contribute, type PreviousState, type Source } from './contribute.ts';
import type { EvaluationContext, ObjectView } from './evaluation.ts';
import { builtInMetaverseSchema, type MetaverseSchema } from './metaverse-schema.ts';
import type { Flow, ScopeClause, SyncRule } from './model.ts';
import { parseOperator } from './scope-operators.ts';

export interface ViewParts {
  readonly dn?: string;
  readonly objectType?: string;
  readonly imported?: Attributes;
  readonly references?: Readonly<Record<string, readonly string[]>>;
  readonly groups?: readonly string[];
}

/** A view of an object with these values; `groups` are the DNs it is a member of. */
export function viewOf(values: Attributes, parts: ViewParts = {}): ObjectView {
  const { references = {}, groups = [] } = parts;
  return {
    ...(parts.dn === undefined ? {} : { dn: parts.dn }),
    objectType: parts.objectType ?? 'user',
    values,
    imported: parts.imported ?? values,
    referenceNames: () => Object.keys(references),
    referenceCount: (attribute) => references[attribute]?.length ?? 0,
    references: (attribute) => (references[attribute] ?? []).map((dn): Reference => ({ dn })),
    isMemberOf: (groupDn) => groups.includes(groupDn),
  };
}

export const testContext: EvaluationContext = {
  parameters: { 'Connector.ID': '{11111111-2222-3333-4444-555555555555}', 'Domain.FQDN': 'corp.contoso.com' },
  now: () => Date.UTC(2026, 0, 1),
  random: () => 0.5,
  guid: () => '00000000-0000-4000-8000-000000000001',
};

/** An inbound rule user to person of the connector `ad`; the name is its identity. */
export function ruleOf(parts: Partial<SyncRule> & { readonly name: string }): SyncRule {
  return {
    id: parts.name,
    direction: 'inbound',
    connector: 'ad',
    sourceObjectType: 'user',
    targetObjectType: 'person',
    linkType: 'Join',
    precedence: 100,
    scope: [],
    join: [],
    flows: [],
    ...parts,
  };
}

/** The compiled set; throws the problems as text. */
export function compiledSet(
  rules: readonly SyncRule[],
  schema: MetaverseSchema = builtInMetaverseSchema,
  options: CompileOptions = {},
): CompiledRuleSet {
  const result = compileRuleSet(rules, schema, options);
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code}: ${p.message}`).join('\n'));
  return result.ruleSet;
}

/** A clause from `attribute OPERATOR value`. */
export function clauseOf(text: string): ScopeClause {
  const [attribute = '', name = '', ...rest] = text.split(' ');
  const operator = parseOperator(name);
  if (operator === undefined) throw new TypeError(`${name} is not an operator`);
  return rest.length === 0 ? { attribute, operator } : { attribute, operator, value: rest.join(' ') };
}

/** Nothing flowed before. */
export const nothingBefore: PreviousState = { values: {}, references: new Map() };

/** Rules in precedence order, each with its flows, on one object of the connector `ad` and one of `lab`. */
export function mergeOf(
  rules: readonly (Partial<SyncRule> & { readonly flows: readonly Flow[] })[],
  views: { readonly ad?: Attributes | ObjectView; readonly lab?: Attributes | ObjectView },
  options: { readonly previous?: Attributes; readonly isNew?: boolean } = {},
): Contribution {
  const set = compiledSet(rules.map((rule, i) => ruleOf({ name: `R${i}`, precedence: 100 + i, ...rule })));
  const sources: Source[] = [];
  for (const [sourceId, connector] of (['ad', 'lab'] as const).entries()) {
    const given = views[connector];
    if (given === undefined) continue;
    const view = 'referenceCount' in given ? (given as ObjectView) : viewOf(given as Attributes);
    sources.push({ sourceId, view, rules: set.inbound(connector, 'user'), ctx: testContext });
  }
  const previous = { ...nothingBefore, values: options.previous ?? {} };
  return contribute(sources, previous, { isNew: options.isNew ?? false });
}
