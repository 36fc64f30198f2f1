/**
 * Rule tests as files: an object in, expected metaverse values or exports out.
 *
 * ```yaml
 * cases:
 *   - name: a disabled account keeps its mailbox attributes
 *     now: 2026-01-01T00:00:00Z                # default 2026-01-01T00:00:00Z
 *     parameters: { Domain.FQDN: corp.contoso.com }
 *     objects:                                 # all of one person; how they find each other is not part of the case
 *       - connector: corp
 *         type: user
 *         dn: CN=Ana,OU=People,DC=corp,DC=contoso,DC=com
 *         attributes: { sAMAccountName: ana, userAccountControl: 514, proxyAddresses: ["SMTP:ana@contoso.com"] }
 *         references: { manager: ["CN=Bo,OU=People,DC=corp,DC=contoso,DC=com"] }
 *         memberOf: ["CN=Pilots,OU=Groups,DC=corp,DC=contoso,DC=com"]
 *     metaverse: { type: person, attributes: { … } }   # instead of objects, to test outbound rules alone
 *     expect:
 *       metaverse:                             # or: none
 *         type: person
 *         attributes: { accountEnabled: false, department: null }   # null: absent; others are not looked at
 *         references: { manager: ["CN=Bo,OU=People,DC=corp,DC=contoso,DC=com"] }
 *       exports:                               # connectors that are not named are not looked at
 *         - connector: cloud
 *           type: user
 *           attributes: { accountEnabled: false }
 *         - { connector: other, none: true }
 *       errors: [sync-rule-error-function-triggered]   # codes, in any order; absent: there must be none
 *       rules: [In from AD - User Join]        # rules that must be in scope, in or out
 *       notRules: [Out to AAD - User Join]     # rules that must not
 * ```
 * Bytes are `{ base64: … }`, instants `{ date: … }`, references among ordinary values `{ dn: … }`, integers beyond 53 bits
 * `{ int: … }`. A list is a multi-valued attribute, in any order.
 */
import { z } from 'zod';

const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ base64: z.string() }),
  z.strictObject({ date: z.string() }),
  z.strictObject({ dn: z.string() }),
  z.strictObject({ int: z.string().regex(/^-?\d{1,20}$/) }),
]);
const attributes = z.record(z.string(), z.union([value, z.array(value)]));
const references = z.record(z.string(), z.array(z.string()));
const expectedAttributes = z.record(z.string(), z.union([value, z.array(value), z.null()]));
const expectedObject = {
  attributes: expectedAttributes.optional(),
  references: references.optional(),
};

const caseObject = z.strictObject({
  connector: z.string(),
  type: z.string(),
  dn: z.string().optional(),
  attributes: attributes.optional(),
  imported: attributes.optional().describe('What ImportedValue sees; default: the attributes.'),
  references: references.optional(),
  memberOf: z.array(z.string()).optional(),
});
const ruleCase = z.strictObject({
  name: z.string().min(1),
  now: z.iso.datetime({ offset: true }).optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  objects: z.array(caseObject).optional(),
  metaverse: z
    .strictObject({ type: z.string(), attributes: attributes.optional(), references: references.optional() })
    .optional(),
  isNew: z.boolean().optional().describe('The identity is being created: execute-once flows apply. Default true.'),
  expect: z.strictObject({
    metaverse: z
      .union([z.literal('none'), z.strictObject({ type: z.string().optional(), ...expectedObject })])
      .optional(),
    exports: z
      .array(
        z.strictObject({
          connector: z.string(),
          type: z.string().optional(),
          none: z.boolean().optional(),
          ...expectedObject,
        }),
      )
      .optional(),
    errors: z.array(z.string()).optional(),
    rules: z.array(z.string()).optional(),
    notRules: z.array(z.string()).optional(),
  }),
});
export const caseFileSchema = z.strictObject({ cases: z.array(ruleCase) });

export type CaseObject = z.infer<typeof caseObject>;
export type RuleCase = z.infer<typeof ruleCase>;

/** The JSON Schema of files with rule tests (draft 2020-12). */
export function caseFileJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(caseFileSchema), title: 'Causeway rule tests' };
}
