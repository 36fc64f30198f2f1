import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileRuleSet } from './compile.ts';
import { builtInMetaverseSchema } from './metaverse-schema.ts';
import type { SyncRule } from './model.ts';
import { clauseOf, compiledSet, ruleOf, testContext, viewOf } from './test-helpers.ts';

const outbound = {
  direction: 'outbound',
  sourceObjectType: 'person',
  targetObjectType: 'user',
  connector: 'cloud',
} as const;
function problemsOf(...rules: (Partial<SyncRule> & { name: string })[]): string[] {
  const result = compileRuleSet(rules.map(ruleOf), builtInMetaverseSchema);
  assert.equal(result.ok, false);
  return result.ok ? [] : result.problems.map((p) => `${p.code}: ${p.message}`);
}

describe('the rule set', () => {
  const set = compiledSet([
    ruleOf({
      name: 'In',
      precedence: 110,
      scope: [[clauseOf('adminDescription NOTSTARTSWITH User_')]],
      join: [[{ cs: 'objectSid', mv: 'objectSid' }]],
      flows: [
        { target: 'title', direct: 'cn' },
        { target: 'sn', expression: 'IIF(IsPresent([info]), ImportedValue("mail"), [dn])' },
        { target: 'manager', direct: 'boss' },
      ],
    }),
    ruleOf({ name: 'First', precedence: 100 }),
    ruleOf({ name: 'Off', precedence: 1, disabled: true }),
    ruleOf({ name: 'Contact', precedence: 120, sourceObjectType: 'contact' }),
    ruleOf({
      ...outbound,
      name: 'Out',
      precedence: 130,
      scope: [[clauseOf('cloudFiltered NOTEQUAL True')]],
      join: [[{ cs: 'sourceAnchor', mv: 'sourceAnchor' }]],
      flows: [
        { target: 'dn', expression: '"CN={" & [sourceAnchor] & "}"' },
        { target: 'jobTitle', direct: 'title' },
        { target: 'lead', direct: 'manager' },
      ],
    }),
    ruleOf({ ...outbound, name: 'Out contact', precedence: 131, targetObjectType: 'contact' }),
  ]);
  const ids = (rules: readonly { id: string }[]) => rules.map((rule) => rule.id);

  test('gives the rules for a type, best precedence first, always the same array', () => {
    assert.deepEqual(ids(set.inbound('ad', 'user')), ['First', 'In']);
    assert.deepEqual(ids(set.inbound('ad', 'contact')), ['Contact']);
    assert.deepEqual(ids(set.inbound('lab', 'user')), []);
    assert.equal(set.inbound('ad', 'user'), set.inbound('ad', 'user'));
    assert.equal(set.inbound('lab', 'user'), set.inbound('lab', 'user'));
  });
  test('outbound rules also by target type', () => {
    assert.deepEqual(ids(set.outbound('cloud', 'person')), ['Out', 'Out contact']);
    assert.deepEqual(ids(set.outbound('cloud', 'person', 'contact')), ['Out contact']);
    assert.deepEqual(set.outboundTypes('cloud', 'person'), ['user', 'contact']);
  });
  test('tells which attributes of a connector are read or written', () => {
    assert.deepEqual([...set.readAttributes('ad')].sort(), [
      'adminDescription',
      'boss',
      'cn',
      'info',
      'mail',
      'objectSid',
    ]);
    assert.deepEqual([...set.readAttributes('cloud')].sort(), ['jobTitle', 'lead', 'sourceAnchor']);
  });
  test('tells what to index', () => {
    assert.deepEqual([...set.joinAttributes('ad')], ['objectSid']);
    assert.deepEqual([...set.metaverseJoinAttributes()].sort(), ['objectSid', 'sourceAnchor']);
  });
  test('tells what changes exports', () => {
    assert.deepEqual([...set.metaverseReadAttributes('person')].sort(), [
      'cloudFiltered',
      'manager',
      'sourceAnchor',
      'title',
    ]);
    assert.deepEqual([...set.metaverseReadAttributes('group')], []);
  });
  test('knows reference attributes from the flows that carry references', () => {
    assert.deepEqual([...set.referenceAttributes('ad')], ['boss']);
    assert.deepEqual([...set.referenceAttributes('cloud')], ['lead']);
    assert.deepEqual([...set.referenceAttributes('lab')], []);
  });
  test('knows reference attributes from the schema of the directory', () => {
    const schema = new Map([
      ['boss', { type: 'string', multiValued: false }],
      ['owner', { type: 'reference', multiValued: true }],
    ] as const);
    const rules = [
      ruleOf({ name: 'A', scope: [[clauseOf('owner ISNOTNULL')]], flows: [{ target: 'manager', direct: 'boss' }] }),
    ];
    const known = compiledSet(rules, builtInMetaverseSchema, { connectedSchemas: new Map([['ad', schema]]) });
    assert.deepEqual([...known.referenceAttributes('ad')], ['owner']);
    const scope = known.rules[0]!.scope;
    assert.equal(scope.holds(viewOf({}, { references: { owner: ['CN=x'] } }), testContext), true);
  });
});

describe('version', () => {
  const rule = ruleOf({
    name: 'A',
    flows: [{ target: 'title', direct: 'cn', line: 5 }],
    origin: { file: 'a', line: 1 },
  });
  const version = (...rules: SyncRule[]) => compiledSet(rules).version;
  test('is the same for the same rules, wherever they are written', () => {
    const { flows, name, id, ...rest } = rule;
    const moved = {
      ...rest,
      origin: { file: 'b', line: 9 },
      description: 'more',
      name,
      id,
      flows: flows.map((f) => ({ ...f, line: 7 })),
    };
    assert.equal(version(moved), version(rule));
  });
  test('changes with what a rule does', () => {
    assert.notEqual(version({ ...rule, flows: [{ target: 'title', direct: 'mail' }] }), version(rule));
    assert.notEqual(version({ ...rule, disabled: true }), version(rule));
    assert.notEqual(version({ ...rule, precedence: 101 }), version(rule));
    assert.notEqual(version(rule, ruleOf({ name: 'B' })), version(rule));
  });
});

describe('a wrong rule never runs', () => {
  const flows = (target: string, direct = 'cn') => ({ flows: [{ target, direct }] });
  const cases: readonly (readonly [string, string[], RegExp])[] = [
    [
      'unknown metaverse attribute',
      problemsOf({ name: 'A', ...flows('dispalyName') }),
      /unknown-attribute: .*person has no attribute "dispalyName".*Did you mean "displayName"\?/,
    ],
    ['attribute of another type', problemsOf({ name: 'A', ...flows('securityEnabled') }), /unknown-attribute/],
    [
      'unknown attribute in an outbound scope',
      problemsOf({ ...outbound, name: 'A', scope: [[clauseOf('cloudFilterd ISNULL')]] }),
      /unknown-attribute: .*"cloudFiltered"/,
    ],
    [
      'unknown attribute in an outbound flow',
      problemsOf({ ...outbound, name: 'A', ...flows('x', 'titel') }),
      /unknown-attribute: .*"title"/,
    ],
    [
      'unknown attribute in an outbound expression',
      problemsOf({ ...outbound, name: 'A', flows: [{ target: 'x', expression: '[titel]' }] }),
      /titel/,
    ],
    [
      'unknown metaverse attribute in a join clause',
      problemsOf({ name: 'A', join: [[{ cs: 'mail', mv: 'mial' }]] }),
      /unknown-attribute: .*"mail"/,
    ],
    [
      'unknown metaverse type',
      problemsOf({ name: 'A', targetObjectType: 'persn' }),
      /unknown-object-type: .*Did you mean "person"/,
    ],
    [
      'provisioning of any type',
      problemsOf({ name: 'A', targetObjectType: '*', linkType: 'Provision' }),
      /unknown-object-type: .*choose link Join/,
    ],
    [
      'a name that JavaScript knows',
      problemsOf({ name: 'A', ...flows('title', 'constructor') }),
      /invalid-attribute-name/,
    ],
    [
      'a name that is none',
      problemsOf({ ...outbound, name: 'A', ...flows('__proto__', 'title') }),
      /invalid-attribute-name/,
    ],
    [
      'two flows to one attribute',
      problemsOf({
        name: 'A',
        flows: [
          { target: 'title', direct: 'a' },
          { target: 'title', direct: 'b' },
        ],
      }),
      /duplicate-flow/,
    ],
    [
      'a flow without source',
      problemsOf({ name: 'A', flows: [{ target: 'title' }] }),
      /invalid-flow: .*one of direct, constant and expression/,
    ],
    [
      'a flow with two sources',
      problemsOf({ name: 'A', flows: [{ target: 'title', direct: 'a', constant: 'b' }] }),
      /invalid-flow/,
    ],
    [
      'a constant of the wrong type',
      problemsOf({ name: 'A', flows: [{ target: 'accountEnabled', constant: 'Yes' }] }),
      /invalid-constant: .*"Yes" is not a boolean/,
    ],
    [
      'an expression that does not parse',
      problemsOf({ name: 'A', flows: [{ target: 'title', expression: 'IIF([a]' }] }),
      /invalid-expression: In the expression for title, line 1/,
    ],
    [
      'a misspelt function',
      problemsOf({ name: 'A', flows: [{ target: 'title', expression: 'Trm([a])' }] }),
      /invalid-expression: .*Trim/,
    ],
    [
      'a clause without value',
      problemsOf({ name: 'A', scope: [[{ attribute: 'a', operator: 'EQUAL' }]] }),
      /invalid-scope-clause/,
    ],
    ['two rules with one identity', problemsOf({ name: 'A' }, { name: 'A' }), /duplicate-rule/],
    ['a precedence that is no whole number', problemsOf({ name: 'A', precedence: 1.5 }), /invalid-precedence/],
    [
      'mixed merge types',
      problemsOf(
        { name: 'A', ...flows('proxyAddresses') },
        { name: 'B', flows: [{ target: 'proxyAddresses', direct: 'b', merge: 'Merge' }] },
      ),
      /mixed-merge-types: .*"A"/,
    ],
    [
      'mixed merge types on two connectors',
      problemsOf(
        { name: 'A', ...flows('proxyAddresses') },
        { name: 'B', connector: 'lab', flows: [{ target: 'proxyAddresses', direct: 'b', merge: 'Merge' }] },
      ),
      /mixed-merge-types/,
    ],
  ];
  for (const [name, problems, expected] of cases) {
    test(name, () => assert.match(problems.join('\n'), expected));
  }
  test('Update and Replace are one merge type; disabled rules do not count', () => {
    compiledSet([
      ruleOf({ name: 'A', ...flows('proxyAddresses') }),
      ruleOf({ name: 'B', flows: [{ target: 'proxyAddresses', direct: 'b', merge: 'Replace' }] }),
      ruleOf({ name: 'C', disabled: true, flows: [{ target: 'proxyAddresses', direct: 'b', merge: 'Merge' }] }),
    ]);
  });
  test('disabling a broken rule is enough to go on', () => {
    assert.deepEqual(compiledSet([ruleOf({ name: 'A', disabled: true, ...flows('dispalyName') })]).rules, []);
  });
  test('a problem names rule, flow, file and line', () => {
    const rule = ruleOf({
      name: 'A',
      flows: [{ target: 'titel', direct: 'a', line: 12 }],
      origin: { file: 'own.yaml', line: 9 },
    });
    const result = compileRuleSet([rule], builtInMetaverseSchema);
    const problem = !result.ok ? result.problems[0] : undefined;
    assert.deepEqual([problem?.rule, problem?.flow, problem?.file, problem?.line], ['A', 'titel', 'own.yaml', 12]);
  });
});
