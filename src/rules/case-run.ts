/** Runs one rule test: the objects of a person through the inbound rules, the identity through the outbound rules. */
import { type Attributes, type AttributeValue, canonicalValues, type Value } from '../model/value.ts';
import type { CaseObject, RuleCase } from './case-schema.ts';
import type { CompiledRuleSet } from './compile.ts';
import type { CompiledRule, RuleError } from './compiled.ts';
import { type Contribution, contribute, type Source } from './contribute.ts';
import type { EvaluationContext, ObjectView } from './evaluation.ts';
import { inScope } from './in-scope.ts';
import { joiningRule, mayProvision } from './join.ts';

export interface CaseResult {
  /** Absent if nothing provisions an identity. */
  readonly metaverse?: ResultObject;
  readonly exports: readonly (ResultObject & { readonly connector: string })[];
  readonly errors: readonly RuleError[];
  /** Names of the rules in scope. */
  readonly rules: ReadonlySet<string>;
}
export interface ResultObject {
  readonly type: string;
  readonly attributes: Attributes;
  readonly references: Readonly<Record<string, readonly string[]>>;
}

/** What the rules make of the case. */
export function runCase(ruleSet: CompiledRuleSet, ruleCase: RuleCase): CaseResult {
  const ctx = contextOf(ruleCase);
  const isNew = ruleCase.isNew ?? true;
  const rules = new Set<string>();
  const errors: RuleError[] = [];
  const objects = (ruleCase.objects ?? []).map((object, sourceId) => ({ object, sourceId, view: viewOf(object) }));
  const sources = objects.map(({ object, sourceId, view }): Source => {
    const scoped = inScope(ruleSet.inbound(object.connector, object.type), view, ctx);
    return { sourceId, view, rules: scoped, ctx };
  });
  const all = sources.flatMap((source) => source.rules);
  for (const rule of all) rules.add(rule.rule.name);
  let metaverse = givenMetaverse(ruleCase);
  const type = typeOfIdentity(sources, metaverse !== undefined);
  if (type !== undefined) {
    const result = contribute(sources, { values: metaverse?.attributes ?? {}, references: new Map() }, { isNew });
    errors.push(...result.errors);
    metaverse = resultObject(metaverse?.type ?? type, result, (sourceId) => objects[sourceId]?.view, metaverse);
  }
  if (metaverse === undefined) return { exports: [], errors, rules };
  const exports = outboundOf(ruleSet, metaverse, objects, ctx, { isNew, rules, errors });
  return { metaverse, exports, errors, rules };
}

function contextOf({ now = '2026-01-01T00:00:00Z', parameters = {} }: RuleCase): EvaluationContext {
  const instant = Date.parse(now);
  return {
    parameters,
    now: () => instant,
    random: () => 0.5,
    guid: () => '00000000-0000-4000-8000-000000000001',
  };
}

/** Lists sorted, as everywhere else. */
function canonical(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes).map(([name, value]): [string, AttributeValue] => [
    name,
    Array.isArray(value) ? canonicalValues(value as readonly Value[]) : value,
  ]);
  return Object.fromEntries(entries);
}

interface ViewParts {
  readonly type: string;
  readonly dn?: string | undefined;
  readonly attributes?: Attributes | undefined;
  readonly imported?: Attributes | undefined;
  readonly references?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly memberOf?: readonly string[] | undefined;
}

function viewOf(object: ViewParts): ObjectView {
  const values = canonical(object.attributes ?? {});
  const { references = {}, memberOf = [] } = object;
  const groups = new Set(memberOf.map((dn) => dn.toLowerCase()));
  const listed = (attribute: string): readonly string[] =>
    Object.hasOwn(references, attribute) ? (references[attribute] as readonly string[]) : [];
  return {
    ...(object.dn === undefined ? {} : { dn: object.dn }),
    objectType: object.type,
    values,
    imported: object.imported === undefined ? values : canonical(object.imported),
    referenceCount: (attribute) => listed(attribute).length,
    references: (attribute) => listed(attribute).map((dn) => ({ dn })),
    isMemberOf: (groupDn) => groups.has(groupDn.toLowerCase()),
  };
}

function givenMetaverse({ metaverse }: RuleCase): ResultObject | undefined {
  if (metaverse === undefined) return undefined;
  const { type, attributes = {}, references = {} } = metaverse;
  return { type, attributes: canonical(attributes), references };
}

/** Metaverse type of the identity that the rules provision; undefined if none does, or no object contributes. */
function typeOfIdentity(sources: readonly Source[], exists: boolean): string | undefined {
  for (const { rules, view } of sources) {
    const joining = joiningRule(rules);
    const provisioner = joining.kind === 'one' ? joining.provisioner : undefined;
    if (provisioner !== undefined && mayProvision(provisioner, view)) return provisioner.rule.targetObjectType;
  }
  const [first] = sources.flatMap((source) => source.rules);
  return exists ? first?.rule.targetObjectType : undefined;
}

function resultObject(
  type: string,
  result: Contribution,
  viewOfSource: (sourceId: number) => Pick<ObjectView, 'references'> | undefined,
  before?: ResultObject,
): ResultObject {
  const bound = [...result.references].map(([name, binding]) => {
    const targets = viewOfSource(binding.sourceId)?.references(binding.attribute) ?? [];
    return [name, targets.map(({ dn }) => dn)] as const;
  });
  const references = { ...before?.references, ...Object.fromEntries(bound) };
  return { type, attributes: result.values, references };
}

interface Gathered {
  readonly isNew: boolean;
  readonly rules: Set<string>;
  readonly errors: RuleError[];
}

function outboundOf(
  ruleSet: CompiledRuleSet,
  metaverse: ResultObject,
  objects: readonly { readonly object: CaseObject; readonly view: ObjectView }[],
  ctx: EvaluationContext,
  gathered: Gathered,
): (ResultObject & { connector: string })[] {
  const view = viewOf({ type: metaverse.type, attributes: metaverse.attributes, references: metaverse.references });
  const connectors = new Set(ruleSet.rules.map(({ rule }) => rule.connector));
  return [...connectors].flatMap((connector) =>
    ruleSet.outboundTypes(connector, metaverse.type).flatMap((type) => {
      const rules = inScope(ruleSet.outbound(connector, metaverse.type, type), view, ctx);
      const linked = objects.find(({ object }) => object.connector === connector && object.type === type);
      if (linked === undefined && !provisions(rules, view)) return [];
      for (const rule of rules) gathered.rules.add(rule.rule.name);
      const previous = { values: linked?.view.values ?? {}, references: new Map() };
      const isNew = gathered.isNew && linked === undefined;
      const result = contribute([{ sourceId: 0, view, rules, ctx }], previous, { isNew });
      gathered.errors.push(...result.errors);
      return [{ connector, ...resultObject(type, result, () => view) }];
    }),
  );
}

function provisions(rules: readonly CompiledRule[], view: ObjectView): boolean {
  const joining = joiningRule(rules);
  return joining.kind === 'one' && joining.provisioner !== undefined && mayProvision(joining.provisioner, view);
}
