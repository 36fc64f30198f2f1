/** The shape of rule files as a schema, for checking and, as `docs/schema/rules.schema.json`, for editors. */
import { z } from 'zod';
import { linkTypes, mergeTypes, scopeOperators } from './model.ts';
import { operatorAliases } from './scope-operators.ts';

const attribute = z.string().min(1);
const operatorNames = [...scopeOperators, ...Object.keys(operatorAliases)];

const scopeClause = z.union([
  z
    .string()
    .regex(/^\S+\s+\S+(\s[\s\S]*)?$/, 'A clause is written "attribute OPERATOR value".')
    .describe(`attribute OPERATOR value; operators: ${operatorNames.join(', ')}`),
  z.strictObject({
    attribute: attribute.describe('Attribute of the source side.'),
    // Letter case is free, so that the list is only for editors; the loader names the nearest operator.
    operator: z.string().min(1).meta({ examples: operatorNames }),
    value: z.union([z.string(), z.number(), z.boolean()]).optional().describe('May contain %parameters%.'),
  }),
]);

const joinClause = z.union([
  z
    .string()
    .regex(/^\S+\s*=\s*\S+$/, 'A clause is written "connector space attribute = metaverse attribute".')
    .describe('connector space attribute = metaverse attribute, in both directions'),
  z.strictObject({
    cs: attribute.describe('Attribute of the connector space.'),
    mv: attribute.describe('Attribute of the metaverse.'),
    caseSensitive: z.boolean().optional().describe('Default false.'),
  }),
]);

const flow = z.strictObject({
  target: attribute.describe('Attribute that the flow writes.'),
  direct: attribute.optional().describe('Attribute that is copied as it is, all its values included.'),
  constant: z.union([z.string(), z.number(), z.boolean()]).optional().describe('Literal text, never an expression.'),
  expression: z.string().min(1).optional().describe('See docs/expressions.md.'),
  merge: z.enum(mergeTypes).optional().describe('Default Update: the best precedence wins the whole attribute.'),
  executeOnce: z.boolean().optional().describe('Only when the target object is first created.'),
});

export const ruleEntrySchema = z.strictObject({
  name: z.string().min(1),
  id: z.string().min(1).optional().describe('Identity of an imported rule; otherwise made from file and name.'),
  tag: z.string().min(1).optional().describe('Only of out-of-box rules.'),
  description: z.string().optional(),
  direction: z.enum(['inbound', 'outbound']),
  connectorType: z.string().min(1).optional().describe('One instance for each connector of this type.'),
  connector: z.string().min(1).optional().describe('Name of the one connector that the rule is for.'),
  source: z.string().min(1).describe('Inbound: connector space object type. Outbound: metaverse object type.'),
  target: z.string().min(1).describe('Inbound: metaverse object type, * for any. Outbound: connector space type.'),
  link: z.enum(linkTypes).optional().describe('Default Join.'),
  precedence: z.number().int().optional().describe('Lower wins. 1 to 99 for custom rules.'),
  precedenceBefore: z.string().optional().describe('Tag or name of the rule that this one comes right before.'),
  precedenceAfter: z.string().optional().describe('Tag or name of the rule that this one comes right after.'),
  replaces: z.string().optional().describe('Tag of the out-of-box rule whose place this one takes.'),
  passwordSync: z.boolean().optional(),
  disabled: z.boolean().optional(),
  scope: z.array(z.array(scopeClause)).optional().describe('Groups are OR, the clauses of a group AND.'),
  join: z.array(z.array(joinClause).min(1)).optional().describe('Groups in order, the clauses of a group AND.'),
  copy: z.array(attribute).optional().describe('Direct flows between attributes of the same name.'),
  flows: z.array(flow).optional(),
});

const syntax = z.enum(['string', 'number', 'boolean', 'binary', 'reference']);
const metaverseAttribute = z.union([
  syntax,
  z.strictObject({
    syntax,
    multiValued: z.boolean().optional(),
    indexed: z.boolean().optional().describe('Values of at most 448 characters, quick to join on.'),
  }),
]);

export const ruleFileSchema = z.strictObject({
  rules: z.array(ruleEntrySchema).optional(),
  disable: z.array(z.string().min(1)).optional().describe('Tags of out-of-box rules that must not run.'),
  metaverse: z
    .record(z.string(), z.record(z.string(), metaverseAttribute))
    .optional()
    .describe('Attributes to add to the metaverse, by object type and name.'),
});

export type RuleEntry = z.infer<typeof ruleEntrySchema>;
export type RuleFileContent = z.infer<typeof ruleFileSchema>;
export type ScopeClauseEntry = z.infer<typeof scopeClause>;
export type JoinClauseEntry = z.infer<typeof joinClause>;

/** Keys of each kind of object in a rule file, for suggestions. */
export const knownKeys: readonly (readonly string[])[] = [
  Object.keys(ruleFileSchema.shape),
  Object.keys(ruleEntrySchema.shape),
  Object.keys(flow.shape),
  ['attribute', 'operator', 'value'],
  ['cs', 'mv', 'caseSensitive'],
  ['syntax', 'multiValued', 'indexed'],
];

/** The JSON Schema of rule files (draft 2020-12). */
export function ruleFileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(ruleFileSchema);
  return { ...schema, title: 'Causeway synchronization rules' };
}
