import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importPolicy } from './import-policy.ts';

const custom = {
  name: 'In from AD - Payroll',
  description: 'Only who is paid.',
  direction: 'Inbound',
  linkType: 'Join',
  precedence: 50,
  uniqueIdentifier: 'A0000000-0000-4000-8000-000000000000',
  source: 'user',
  target: 'person',
  scopeFilters: [{ attribute: 'department', condition: 'EQUAL', value: 'Payroll' }],
  attributeMappings: [
    { destination: 'title', source: ['title'] },
    {
      destination: 'description',
      source: [],
      expression: 'Trim([description])',
      valueMergeType: 'Merge',
      executeOnce: true,
    },
    { destination: 'company', source: 'Contoso', flowType: 'Constant' },
  ],
  joinConditions: [[{ csAttribute: 'employeeID', mvAttribute: 'employeeID', caseSensitive: true }]],
};
const policy = (more: object = {}): string =>
  JSON.stringify({
    policyMetadata: { azureADConnectVersion: '2.1.1.0' },
    onpremisesDirectoryPolicy: [
      {
        friendlyName: 'contoso.com',
        fullyQualifiedDomainName: 'contoso.com',
        partitionFilters: [
          {
            distinguishedName: 'DC=contoso,DC=com',
            containerInclusions: ['OU=A,DC=contoso,DC=com'],
            containerExclusions: [],
          },
        ],
        standardSynchronizationRules: [
          {
            name: 'In from AD - User Join',
            immutableTag: 'Microsoft.InfromADUserJoin.005',
            precedence: 100,
            disabled: true,
          },
        ],
        customSynchronizationRules: [custom],
        ...more,
      },
    ],
    azureDirectoryPolicy: { standardSynchronizationRules: [], customSynchronizationRules: [] },
  });

test('a policy gives connectors, containers, the names of standard rules and whole custom rules', () => {
  const imported = importPolicy(policy(), 'policy.json');
  assert.deepEqual(imported.notTaken, []);
  assert.equal(imported.version, '2.1.1.0');
  assert.deepEqual(
    imported.connectors.map(({ name, type, partitions }) => [name, type, partitions.length]),
    [
      ['contoso.com', 'active-directory', 1],
      ['Microsoft Entra ID', 'entra', 0],
    ],
  );
  assert.deepEqual(imported.standardRules, [
    {
      connector: 'contoso.com',
      name: 'In from AD - User Join',
      tag: 'Microsoft.InfromADUserJoin.005',
      precedence: 100,
      disabled: true,
    },
  ]);
  assert.deepEqual(imported.customRules, [
    {
      id: 'a0000000-0000-4000-8000-000000000000',
      name: 'In from AD - Payroll',
      description: 'Only who is paid.',
      direction: 'inbound',
      connector: 'contoso.com',
      sourceObjectType: 'user',
      targetObjectType: 'person',
      linkType: 'Join',
      precedence: 50,
      scope: [[{ attribute: 'department', operator: 'EQUAL', value: 'Payroll' }]],
      join: [[{ cs: 'employeeID', mv: 'employeeID', caseSensitive: true }]],
      flows: [
        { target: 'title', direct: 'title' },
        { target: 'description', expression: 'Trim([description])', merge: 'Merge', executeOnce: true },
        { target: 'company', constant: 'Contoso' },
      ],
    },
  ]);
});

test('the letter case of the members does not matter', () => {
  const text = policy()
    .replaceAll('onpremisesDirectoryPolicy', 'OnPremisesDirectoryPolicy')
    .replaceAll('"linkType"', '"LinkType"');
  assert.deepEqual(importPolicy(text, 'p').customRules, importPolicy(policy(), 'p').customRules);
});

const wrong: readonly (readonly [string, object, string])[] = [
  ['direction', { ...custom, direction: 'Up' }, 'direction'],
  ['link type', { ...custom, linkType: 'Glue' }, 'linkType'],
  ['operator', { ...custom, scopeFilters: [{ attribute: 'a', condition: 'LIKES' }] }, 'scopeFilters'],
  ['join', { ...custom, joinConditions: [{ csAttribute: 'a' }] }, 'joinConditions'],
  ['shape', { ...custom, precedence: 'high' }, 'precedence'],
];
for (const [what, rule, part] of wrong) {
  test(`a custom rule with a wrong ${what} is reported`, () => {
    const imported = importPolicy(policy({ customSynchronizationRules: [rule] }), 'p');
    assert.deepEqual(imported.customRules, []);
    assert.deepEqual(
      imported.notTaken.map((n) => [n.name, n.part]),
      [['In from AD - Payroll', part]],
    );
  });
}

test('what is no policy is refused', () => {
  assert.throws(() => importPolicy('{', 'p.json'), SyntaxError);
  assert.throws(
    () => importPolicy('{"onpremisesDirectoryPolicy": 5}', 'p.json'),
    /p.json is not a synchronization policy/,
  );
  assert.throws(() => importPolicy(`${'['.repeat(100)}${']'.repeat(100)}`, 'p.json'), /nests/);
});
