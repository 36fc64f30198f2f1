import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LoadOptions, loadRules } from './load.ts';
import type { SyncRule } from './model.ts';

const connectors = [
  { name: 'corp', type: 'active-directory' },
  { name: 'lab', type: 'active-directory' },
  { name: 'cloud', type: 'entra' },
];
const inbound = { direction: 'inbound', connectorType: 'active-directory', source: 'user', target: 'person' };
const outOfBox = [
  {
    file: 'out-of-box/people.yaml',
    rules: [
      { ...inbound, name: 'Second', tag: 'Causeway.Second.001', precedence: 110, copy: ['sn'] },
      { ...inbound, name: 'First', tag: 'Causeway.First.002', precedence: 100, link: 'Provision' },
      { ...inbound, name: 'Out', tag: 'Causeway.Out.001', precedence: 120, connectorType: 'entra' },
    ],
  },
];
const load = (text: string, options: Partial<LoadOptions> = {}) =>
  loadRules({ connectors, files: [{ path: 'rules/own.yaml', text }], ...options });

function rulesOf(text: string, options: Partial<LoadOptions> = {}): readonly SyncRule[] {
  const result = load(text, options);
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.file}:${p.line} ${p.message}`).join('\n'));
  return result.rules;
}
function problemsOf(text: string, options: Partial<LoadOptions> = {}): string[] {
  const result = load(text, options);
  assert.equal(result.ok, false);
  return result.ok ? [] : result.problems.map((p) => `${p.file}:${p.line} ${p.code}: ${p.message}`);
}

const whole = `rules:
  - name: In - Person
    description: All there is
    direction: inbound
    connector: corp
    source: user
    target: person
    link: Provision
    precedence: 10
    passwordSync: true
    scope:
      - - isCriticalSystemObject NOTEQUAL TRUE
        - adminDescription NOTSTARTWITH User_ and more
      - - { attribute: userAccountControl, operator: isnotbitset, value: 2 }
        - mail ISNOTNULL
    join:
      - - objectSid = objectSid
      - - { cs: mail, mv: mail, caseSensitive: true }
        - cn=cn
    copy: [sn, givenName]
    flows:
      - { target: displayName, direct: cn }
      - { target: accountEnabled, constant: True }
      - target: cloudFiltered
        expression: 'IIF(IsPresent([mail]), NULL, True)'
        executeOnce: true
      - { target: proxyAddresses, direct: proxyAddresses, merge: MergeCaseInsensitive }
`;

describe('one rule', () => {
  test('everything a rule can say', () => {
    const [rule] = rulesOf(whole);
    assert.deepEqual(rule, {
      id: 'own.yaml#In - Person@corp',
      name: 'In - Person',
      description: 'All there is',
      direction: 'inbound',
      connector: 'corp',
      sourceObjectType: 'user',
      targetObjectType: 'person',
      linkType: 'Provision',
      precedence: 10,
      passwordSync: true,
      scope: [
        [
          { attribute: 'isCriticalSystemObject', operator: 'NOTEQUAL', value: 'TRUE' },
          { attribute: 'adminDescription', operator: 'NOTSTARTSWITH', value: 'User_ and more' },
        ],
        [
          { attribute: 'userAccountControl', operator: 'ISBITNOTSET', value: '2' },
          { attribute: 'mail', operator: 'ISNOTNULL' },
        ],
      ],
      join: [
        [{ cs: 'objectSid', mv: 'objectSid' }],
        [
          { cs: 'mail', mv: 'mail', caseSensitive: true },
          { cs: 'cn', mv: 'cn' },
        ],
      ],
      flows: [
        { target: 'sn', direct: 'sn', line: 2 },
        { target: 'givenName', direct: 'givenName', line: 2 },
        { target: 'displayName', direct: 'cn', line: 22 },
        { target: 'accountEnabled', constant: 'True', line: 23 },
        { target: 'cloudFiltered', expression: 'IIF(IsPresent([mail]), NULL, True)', executeOnce: true, line: 24 },
        { target: 'proxyAddresses', direct: 'proxyAddresses', merge: 'MergeCaseInsensitive', line: 27 },
      ],
      origin: { file: 'rules/own.yaml', line: 2 },
    });
  });
  test('a rule for a type of connector becomes one for each, in configured order', () => {
    const rules = rulesOf(
      'rules: [{ name: A, precedence: 5, direction: inbound, connectorType: active-directory, source: user, target: person }]',
    );
    assert.deepEqual(
      rules.map((r) => [r.connector, r.precedence, r.id]),
      [
        ['corp', 5, 'own.yaml#A@corp'],
        ['lab', 5, 'own.yaml#A@lab'],
      ],
    );
  });
  test('an imported rule keeps its identity', () => {
    const text =
      'rules: [{ name: A, id: "{1}", precedence: 139, direction: inbound, connector: corp, source: user, target: person }]';
    assert.deepEqual(
      rulesOf(text).map((r) => [r.id, r.precedence]),
      [['{1}', 139]],
    );
  });
});

describe('order', () => {
  const order = (text: string) =>
    rulesOf(text, { outOfBox }).map((r) => `${r.precedence} ${r.name}@${r.connector}${r.disabled ? ' off' : ''}`);
  const own = 'direction: inbound, connector: corp, source: user, target: person';

  test('out-of-box rules are numbered from 100: by rule, then by connector', () => {
    assert.deepEqual(order(''), [
      '100 First@corp',
      '101 First@lab',
      '102 Second@corp',
      '103 Second@lab',
      '104 Out@cloud',
    ]);
  });
  test('identity is the tag without version and the connector', () => {
    assert.equal(rulesOf('', { outOfBox })[1]?.id, 'Causeway.First@lab');
  });
  test('custom rules come before them, by precedence', () => {
    const rules = order(`rules: [{ name: B, precedence: 7, ${own} }, { name: A, precedence: 3, ${own} }]`);
    assert.deepEqual(rules.slice(0, 3), ['3 A@corp', '7 B@corp', '100 First@corp']);
  });
  test('a rule can stand right before another, which moves on', () => {
    const rules = order(`rules: [{ name: A, precedenceBefore: Causeway.Second, ${own} }]`);
    assert.deepEqual(rules.slice(1, 5), ['101 First@lab', '102 A@corp', '103 Second@corp', '104 Second@lab']);
  });
  test('rules right after another keep the order in which they are written', () => {
    const rules = order(
      `rules: [{ name: A, precedenceAfter: First, ${own} }, { name: B, precedenceAfter: First, ${own} }]`,
    );
    assert.deepEqual(rules.slice(1, 5), ['101 First@lab', '102 A@corp', '103 B@corp', '104 Second@corp']);
  });
  test('a neighbour may be placed by a neighbour itself', () => {
    const rules = order(
      `rules: [{ name: A, precedenceBefore: B, ${own} }, { name: B, precedenceBefore: Causeway.First.002, ${own} }]`,
    );
    assert.deepEqual(rules.slice(0, 3), ['100 A@corp', '101 B@corp', '102 First@corp']);
  });
  test('a rule is disabled by tag', () => {
    assert.deepEqual(order('disable: [Causeway.First]').slice(0, 2), ['100 First@corp off', '101 First@lab off']);
  });
  test('a rule is replaced by tag, and the new one takes its place', () => {
    const rules = order(`rules: [{ name: Mine, replaces: Causeway.Second.001, ${own} }]`);
    assert.deepEqual(rules.slice(2, 5), ['102 Mine@corp', '103 Second@corp off', '104 Second@lab off']);
  });
});

describe('mistakes', () => {
  test('an unknown key names the nearest, with file and line', () => {
    const text =
      'rules:\n  - name: A\n    directon: inbound\n    precedence: 1\n    connector: corp\n    source: user\n    target: person\n';
    const [first, second] = problemsOf(text);
    assert.match(
      [first, second].join('\n'),
      /rules\/own\.yaml:3 unknown-key: There is no key "directon" here\. Did you mean "direction"\?/,
    );
  });
  test('an unknown key of a flow, a clause or a join clause', () => {
    const text = whole
      .replace('executeOnce: true', 'executeonce: true')
      .replace('operator: isnotbitset', 'op: EQUAL')
      .replace('caseSensitive', 'caseSensitiv');
    const found = problemsOf(text).join('\n');
    assert.match(found, /:26 unknown-key: There is no key "executeonce" here\. Did you mean "executeOnce"\?/);
    assert.match(found, /:14 unknown-key: There is no key "op" here\./);
    assert.match(found, /:18 unknown-key: There is no key "caseSensitiv" here\. Did you mean "caseSensitive"\?/);
  });
  test('YAML that does not parse names line and column', () => {
    const result = load('rules:\n  - name: [A\n');
    assert.equal(!result.ok && result.problems[0]?.code, 'invalid-yaml');
    assert.equal(!result.ok && result.problems[0]?.line, 3);
  });
  test('a file that expands without end is refused', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf'].map((pair) => [...pair])) {
      lines.push(`${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]`);
    }
    assert.match(problemsOf(lines.join('\n'))[0] as string, /invalid-yaml/);
  });
  test('wrong values', () => {
    assert.match(
      problemsOf(whole.replace('inbound', 'in'))[0] as string,
      /:4 invalid-rule-file: "rules\.0\.direction"/,
    );
    assert.match(
      problemsOf(whole.replace('NOTSTARTWITH', 'NOTSTARSWITH'))[0] as string,
      /invalid-scope-clause: "NOTSTARSWITH" .* Did you mean "NOTSTARTSWITH"/,
    );
    assert.match(
      problemsOf(whole.replace('connector: corp', 'connector: crop'))[0] as string,
      /unknown-connector: .*Did you mean "corp"/,
    );
    assert.match(problemsOf(whole.replace('    connector: corp\n', ''))[0] as string, /either for one connector/);
    assert.match(problemsOf('rules: 5')[0] as string, /:1 invalid-rule-file/);
    assert.match(problemsOf('- 5')[0] as string, /invalid-rule-file/);
  });
  test('precedence of custom rules', () => {
    const text = (precedence: string) => whole.replace('precedence: 10', precedence);
    assert.match(problemsOf(text('precedence: 100'), { outOfBox })[0] as string, /invalid-precedence: .* from 1 to 99/);
    assert.match(problemsOf(text('precedence: 0'))[0] as string, /invalid-precedence/);
    assert.match(problemsOf(text('disabled: true'))[0] as string, /needs a precedence/);
    assert.match(
      problemsOf(text('precedenceBefore: Frist'), { outOfBox })[0] as string,
      /unknown-rule: .* Did you mean "First"/,
    );
  });
  test('a tag, or a tag that does not exist', () => {
    assert.match(
      problemsOf(whole.replace('passwordSync: true', 'tag: Mine.001'), { outOfBox })[0] as string,
      /has no tag/,
    );
    assert.match(
      problemsOf('\ndisable: [Causeway.Frist]', { outOfBox })[0] as string,
      /:2 unknown-rule: .*Did you mean "Causeway\.First/,
    );
  });
  test('nothing is loaded if anything is wrong', () => {
    const result = load('rules: 5', { outOfBox });
    assert.equal('rules' in result, false);
  });
});

describe('the metaverse schema', () => {
  test('files add attributes', () => {
    const result = load(
      'metaverse: { person: { costBand: string, tags: { syntax: string, multiValued: true, indexed: true } }, site: { displayName: string } }',
    );
    assert.ok(result.ok);
    assert.deepEqual(result.schema.types.get('person')?.get('costBand'), {
      name: 'costBand',
      syntax: 'string',
      multiValued: false,
      indexed: false,
    });
    assert.equal(result.schema.types.get('person')?.get('tags')?.multiValued, true);
    assert.equal(result.schema.types.get('site')?.has('displayName'), true);
    assert.equal(result.schema.types.get('site')?.has('mail'), false);
  });
  test('an attribute cannot change its shape or carry a name that means something else', () => {
    assert.match(
      problemsOf('metaverse:\n  group:\n    mail: number')[0] as string,
      /:3 attribute-conflict: .*single-valued string/,
    );
    assert.match(problemsOf('metaverse: { person: { constructor: string } }')[0] as string, /attribute-conflict/);
  });
});
