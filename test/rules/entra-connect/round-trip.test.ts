/** Any rule survives the way through XML and through a rule file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exportConfiguration } from '../../../src/rules/entra-connect/export.ts';
import { importConfiguration } from '../../../src/rules/entra-connect/import.ts';
import type { ImportedConnector } from '../../../src/rules/entra-connect/read-connector.ts';
import { writeRules } from '../../../src/rules/entra-connect/write-yaml.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { builtInMetaverseSchema } from '../../../src/rules/metaverse-schema.ts';
import { type Flow, type SyncRule, scopeOperators } from '../../../src/rules/model.ts';

const connector: ImportedConnector = {
  id: '{ae4db4cc-b16b-4eb2-acf5-837ca84e4d7d}',
  name: 'contoso.com',
  type: 'active-directory',
  category: 'AD',
  passwordHashSync: true,
  partitions: [],
  attributes: [],
  runProfiles: [],
  parameters: {},
};

/** Words with what gets lost most easily: quotes, markup, YAML's own words, white space and line breaks inside. */
const words = fc.oneof(
  fc.constantFrom(
    'True',
    'no',
    '~',
    '5',
    '0x10',
    '&amp;',
    '<a>',
    'a: b',
    '- x',
    '#c',
    '"q"',
    "it's",
    '%Connector.ID%',
    '[dn]',
    'a\\b',
    'é',
    '*',
    '!x',
    '@',
    'a, b',
    '{x}',
  ),
  fc.string({ minLength: 1, maxLength: 12 }).map((s) => s.trim() || 'x'),
);
/** A text, not empty and without white space at its ends. */
const text = fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
const anyText = fc.oneof(text, fc.constantFrom('', ' ', ' x ', 'a\nb', 'a\tb\r\nc'));
const attribute = fc.constantFrom('mail', 'cn', 'title', 'msRTCSIP-Line', 'sourceAnchor', 'proxyAddresses', 'dn');

const clause = fc.record({ attribute, operator: fc.constantFrom(...scopeOperators), value: anyText }).map((c) => {
  const { value, ...rest } = c;
  return c.operator === 'ISNULL' || c.operator === 'ISNOTNULL' ? rest : { ...rest, value };
});
const joinClause = fc
  .record({ cs: attribute, mv: attribute, caseSensitive: fc.boolean() })
  .map(({ caseSensitive, ...rest }) => (caseSensitive ? { ...rest, caseSensitive } : rest));
const source = fc.oneof(
  attribute.map((direct) => ({ direct })),
  anyText.map((constant) => ({ constant })),
  text.map((expression) => ({ expression })),
);
const flow = fc
  .record({
    target: attribute,
    source,
    merge: fc.constantFrom(undefined, 'Merge', 'Replace', 'MergeCaseInsensitive'),
    once: fc.boolean(),
  })
  .map(
    ({ target, source: from, merge, once }): Flow => ({
      target,
      ...from,
      ...(merge ? { merge: merge as 'Merge' } : {}),
      ...(once ? { executeOnce: true } : {}),
    }),
  );
const groups = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[][]> =>
  fc.array(fc.array(item, { minLength: 1, maxLength: 3 }), { maxLength: 3 });

const rule = fc
  .record({
    name: text,
    description: fc.option(text, { nil: undefined }),
    tag: fc.option(fc.constant('Microsoft.Thing.001'), { nil: undefined }),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    linkType: fc.constantFrom('Join' as const, 'StickyJoin' as const, 'Provision' as const),
    disabled: fc.boolean(),
    passwordSync: fc.boolean(),
    scope: groups(clause),
    join: groups(joinClause),
    flows: fc.uniqueArray(flow, { selector: (f) => f.target, maxLength: 5 }),
  })
  .map(
    ({ description, tag, disabled, passwordSync, ...rest }): SyncRule => ({
      ...rest,
      id: '',
      connector: connector.name,
      sourceObjectType: 'user',
      targetObjectType: '*',
      precedence: 0,
      ...(description === undefined ? {} : { description }),
      ...(tag === undefined ? {} : { tag }),
      ...(disabled ? { disabled } : {}),
      ...(passwordSync ? { passwordSync } : {}),
    }),
  );
const ruleSet = fc
  .array(rule, { minLength: 1, maxLength: 4 })
  .map((rules) =>
    rules.map((one, i): SyncRule => ({ ...one, precedence: 100 + i, id: `{0000000${i}-0000-4000-8000-000000000000}` })),
  );

test('any rules survive export and import', () => {
  fc.assert(
    fc.property(ruleSet, (rules) => {
      const files = exportConfiguration({
        rules,
        connectors: [connector],
        metaverseSchema: builtInMetaverseSchema,
        globalParameters: {},
      });
      const again = importConfiguration(files);
      assert.deepEqual(again.report.notTaken, []);
      assert.deepEqual(again.rules, rules);
    }),
    { numRuns: 60 },
  );
});

function essence({ origin: _, flows, ...rest }: SyncRule): unknown {
  const sorted = flows.map(({ line: __, ...one }) => one).sort((a, b) => (a.target < b.target ? -1 : 1));
  return { ...rest, flows: sorted };
}

test('any rules survive a rule file', () => {
  fc.assert(
    fc.property(ruleSet, (rules) => {
      const loaded = loadRules({ files: [{ path: 'x.yaml', text: writeRules(rules) }], connectors: [connector] });
      assert.ok(loaded.ok, JSON.stringify(loaded));
      assert.deepEqual(loaded.rules.map(essence), rules.map(essence));
    }),
    { numRuns: 100 },
  );
});
