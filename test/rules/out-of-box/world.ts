/** A synchronization of one identity without an engine: inbound from linked objects, then outbound to one connector. */
import type { Attributes } from '../../../src/model/value.ts';
import { type CompiledRuleSet, compileRuleSet } from '../../../src/rules/compile.ts';
import type { CompiledRule } from '../../../src/rules/compiled.ts';
import { type Contribution, contribute, type PreviousState } from '../../../src/rules/contribute.ts';
import type { EvaluationContext, ObjectView } from '../../../src/rules/evaluation.ts';
import { inScope } from '../../../src/rules/in-scope.ts';
import { joiningRule } from '../../../src/rules/join.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { builtInMetaverseSchema, type MetaverseSchema } from '../../../src/rules/metaverse-schema.ts';
import type { SyncRule } from '../../../src/rules/model.ts';
import { type OutOfBoxOptions, outOfBoxRules } from '../../../src/rules/out-of-box/options.ts';

export const cloud = 'contoso.onmicrosoft.com - AAD';
export const forest = 'contoso.com';
export const otherForest = 'fabrikam.com';
export const connectors = [
  { name: forest, type: 'active-directory' },
  { name: otherForest, type: 'active-directory' },
  { name: cloud, type: 'entra' },
];

export interface SourceObject {
  readonly connector: string;
  readonly objectType: string;
  readonly dn?: string;
  readonly values: Attributes;
  /** Number of references by attribute. */
  readonly references?: Readonly<Record<string, number>>;
}

/** The compiled out-of-box rules under these options, for two forests and the cloud. */
export function shippedRules(options: Partial<OutOfBoxOptions> = {}): CompiledRuleSet {
  const loaded = loadRules({ outOfBox: outOfBoxRules(options), connectors });
  if (!loaded.ok) throw new Error(loaded.problems.map((p) => p.message).join('\n'));
  return compiled(loaded.rules, loaded.schema);
}

export function compiled(
  rules: readonly SyncRule[],
  schema: MetaverseSchema = builtInMetaverseSchema,
): CompiledRuleSet {
  const result = compileRuleSet(rules, schema);
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.rule}: ${p.message}`).join('\n'));
  return result.ruleSet;
}

/** What a rule sees of the connector it runs for. */
export function contextOf(connector: string, now = Date.UTC(2026, 0, 1)): EvaluationContext {
  const netbios = connector.split('.')[0]?.toUpperCase() ?? '';
  return {
    parameters: {
      'Connector.ID': `{id of ${connector}}`,
      'Domain.FQDN': `corp.${connector}`,
      'Domain.Netbios': `${netbios}CORP`,
      'Forest.FQDN': connector,
      'Forest.Netbios': netbios,
    },
    now: () => now,
    random: () => 0.5,
    guid: () => '00000000-0000-4000-8000-000000000000',
  };
}

export function viewOf(object: Omit<SourceObject, 'connector'>): ObjectView {
  return {
    dn: object.dn ?? 'CN=Ana,OU=People,DC=contoso,DC=com',
    objectType: object.objectType,
    values: object.values,
    imported: object.values,
    referenceCount: (attribute) => object.references?.[attribute] ?? 0,
    references: (attribute) =>
      Array.from({ length: object.references?.[attribute] ?? 0 }, (_, i) => ({ dn: `CN=${i},DC=contoso,DC=com` })),
    isMemberOf: () => false,
  };
}

const nothing: PreviousState = { values: {}, references: new Map() };

export interface Inbound extends Contribution {
  readonly objectType: string;
  readonly rulesInScope: readonly (readonly CompiledRule[])[];
  readonly view: ObjectView;
}

/** The metaverse object that the linked objects make, with the rules in scope on each of them. */
export function inbound(ruleSet: CompiledRuleSet, objects: readonly SourceObject[], now?: number): Inbound {
  const sources = objects.map((object, sourceId) => {
    const view = viewOf(object);
    const ctx = contextOf(object.connector, now);
    return { sourceId, view, ctx, rules: inScope(ruleSet.inbound(object.connector, object.objectType), view, ctx) };
  });
  const types = sources.flatMap(({ rules }) => rules.map(({ rule }) => rule.targetObjectType));
  const objectType = types.find((type) => type !== '*') ?? '*';
  const result = contribute(sources, nothing, { isNew: true });
  const counts = Object.fromEntries(
    [...result.references].map(([name, { attribute, sourceId }]) => [
      name,
      sources[sourceId]?.view.referenceCount(attribute) ?? 0,
    ]),
  );
  const view = viewOf({ objectType, values: result.values, references: counts });
  return { ...copyOf(result), objectType, rulesInScope: sources.map(({ rules }) => rules), view };
}

/** `contribute` answers with an object of its own class, of which a spread would lose nothing but the type. */
const copyOf = ({
  values,
  provenance,
  contributors,
  references,
  managed,
  kept,
  errors,
}: Contribution): Contribution => ({
  values,
  provenance,
  contributors,
  references,
  managed,
  kept,
  errors,
});

export interface Outbound extends Contribution {
  readonly objectType: string;
  /** Some rule in scope creates the object. */
  readonly provisions: boolean;
  readonly joins: boolean;
  readonly rulesInScope: readonly CompiledRule[];
}

/** What the rules want of the object of this type in the connector. */
export function outbound(
  ruleSet: CompiledRuleSet,
  metaverse: Pick<Inbound, 'objectType' | 'view'>,
  connector: string,
  objectType: string,
): Outbound {
  const ctx = contextOf(connector);
  const rules = inScope(ruleSet.outbound(connector, metaverse.objectType, objectType), metaverse.view, ctx);
  const result = contribute([{ sourceId: 0, view: metaverse.view, rules, ctx }], nothing, { isNew: true });
  const joining = joiningRule(rules);
  if (joining.kind === 'several') throw new Error(`several joining rules: ${joining.rules.map((r) => r.rule.name)}`);
  return {
    ...copyOf(result),
    objectType,
    rulesInScope: rules,
    provisions: joining.kind === 'one' && joining.provisioner !== undefined,
    joins: joining.kind === 'one',
  };
}

/** Everything that goes to the cloud for the objects, or nothing if no rule creates an object there. */
export function exported(ruleSet: CompiledRuleSet, objects: readonly SourceObject[]): Outbound | undefined {
  const metaverse = inbound(ruleSet, objects);
  const all = ruleSet
    .outboundTypes(cloud, metaverse.objectType)
    .map((objectType) => outbound(ruleSet, metaverse, cloud, objectType));
  return all.find(({ provisions }) => provisions);
}

export const bytes = (text: string): { readonly base64: string } => ({ base64: Buffer.from(text).toString('base64') });

/** An enabled user with an account name, as every directory has them. */
export function user(values: Attributes = {}, connector: string = forest): SourceObject {
  return {
    connector,
    objectType: 'user',
    values: {
      cn: 'Ana Bell',
      sAMAccountName: 'ana',
      userPrincipalName: 'ana@contoso.com',
      userAccountControl: 512,
      objectGUID: bytes(`guid of user ${connector}`.slice(0, 16).padEnd(16, '.')),
      objectSid: { base64: 'AQUAAAAAAAUVAAAAwM8SUMELJU0m/cWzfAQAAA==' },
      ...values,
    },
  };
}
