import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatOutcomes, readCases, testCases } from './cases.ts';
import { clauseOf, compiledSet, ruleOf } from './test-helpers.ts';

const sid = [[{ cs: 'objectSid', mv: 'objectSid' }]];
const anchor = [[{ cs: 'sourceAnchor', mv: 'sourceAnchor' }]];
const out = { direction: 'outbound', connector: 'cloud', sourceObjectType: 'person' } as const;
const set = compiledSet([
  ruleOf({
    name: 'In',
    linkType: 'Provision',
    scope: [[clauseOf('isCriticalSystemObject NOTEQUAL TRUE')]],
    join: sid,
    flows: [
      { target: 'sourceAnchor', expression: 'ConvertToBase64([objectSid])' },
      { target: 'displayName', expression: 'IIF(IsPresent([displayName]), [displayName], Error("no name"))' },
      { target: 'proxyAddresses', direct: 'proxyAddresses' },
      { target: 'manager', direct: 'manager' },
      { target: 'domainFQDN', expression: '%Domain.FQDN%' },
    ],
  }),
  ruleOf({
    name: 'Pilot',
    precedence: 101,
    scope: [[clauseOf('dn ISMEMBEROF CN=Pilots')]],
    flows: [{ target: 'title', constant: 'Pilot' }],
  }),
  ruleOf({
    ...out,
    name: 'Out',
    precedence: 110,
    targetObjectType: 'user',
    linkType: 'Provision',
    scope: [[clauseOf('cloudFiltered NOTEQUAL True'), clauseOf('sourceAnchor ISNOTNULL')]],
    join: anchor,
    flows: [
      { target: 'displayName', direct: 'displayName' },
      { target: 'boss', direct: 'manager' },
      { target: 'usageLocation', expression: 'IIF(IsPresent([usageLocation]), [usageLocation], IgnoreThisFlow)' },
    ],
  }),
]);
const ana = `
      - connector: ad
        type: user
        dn: CN=Ana
        attributes: { objectSid: { base64: AQ== }, displayName: Ana, proxyAddresses: [b, a] }
        references: { manager: [CN=Bo] }
        memberOf: [cn=pilots]`;
const parameters = 'parameters: { Domain.FQDN: corp.contoso.com }';

function run(text: string): string {
  const read = readCases('cases.yaml', text);
  assert.ok(read.ok, read.ok ? '' : read.problems.join('\n'));
  return formatOutcomes(testCases(set, 'cases.yaml', read.cases));
}

describe('a case', () => {
  test('passes if everything named is as expected', () => {
    const text = `cases:
  - name: a user goes to the cloud
    ${parameters}
    objects:${ana}
    expect:
      metaverse:
        type: person
        attributes: { displayName: Ana, proxyAddresses: [a, b], title: Pilot, department: null, domainFQDN: corp.contoso.com }
        references: { manager: [CN=Bo] }
      exports:
        - { connector: cloud, type: user, attributes: { displayName: Ana, usageLocation: null }, references: { boss: [CN=Bo] } }
      rules: [In, Pilot, Out]
`;
    assert.equal(run(text), 'ok   cases.yaml: a user goes to the cloud\n1 cases, 0 failed');
  });
  test('fails with a difference for everything else', () => {
    const text = `cases:
  - name: wrong
    ${parameters}
    objects:${ana}
    expect:
      metaverse: { type: group, attributes: { displayName: Bo, title: null, department: x }, references: { manager: [] } }
      exports: [{ connector: cloud, none: true }, { connector: lab, attributes: {} }]
      rules: [Off]
      notRules: [Pilot]
      errors: [some-error]
`;
    assert.equal(
      run(text),
      `FAIL cases.yaml: wrong
     metaverse.type
       - group
       + person
     metaverse.displayName
       - "Bo"
       + "Ana"
     metaverse.title
       - absent
       + "Pilot"
     metaverse.department
       - "x"
       + absent
     metaverse.manager
       - []
       + ["CN=Bo"]
     exports[cloud]
       - none
       + user
     exports[lab]
       - an object
       + none
     errors
       - some-error
       + none
     rule "Off"
       - in scope
       + not in scope
     rule "Pilot"
       - not in scope
       + in scope
1 cases, 1 failed`,
    );
  });
  test('out of scope there is no identity', () => {
    const text = `cases:
  - name: critical
    objects:
      - { connector: ad, type: user, attributes: { objectSid: { base64: AQ== }, isCriticalSystemObject: true } }
    expect: { metaverse: none, notRules: [In] }
`;
    assert.match(run(text), /1 cases, 0 failed/);
  });
  test('an error is a difference unless it is expected', () => {
    const text = (expect: string) => `cases:
  - name: no name
    ${parameters}
    objects: [{ connector: ad, type: user, attributes: { objectSid: { base64: AQ== } } }]
    expect: ${expect}
`;
    assert.match(run(text('{ errors: [sync-rule-error-function-triggered] }')), /1 cases, 0 failed/);
    assert.match(run(text('{}')), /- none\n {7}\+ sync-rule-error-function-triggered \(In, displayName: .*no name/);
  });
  test('outbound rules can be tested from the metaverse', () => {
    const text = (filtered: string, export_: string) => `cases:
  - name: from the metaverse
    metaverse: { type: person, attributes: { sourceAnchor: x, displayName: Ana${filtered} } }
    expect: { exports: [{ connector: cloud, ${export_} }] }
`;
    assert.match(run(text('', 'attributes: { displayName: Ana }')), /1 cases, 0 failed/);
    assert.match(run(text(', cloudFiltered: true', 'none: true')), /1 cases, 0 failed/);
  });
  test('what the target holds stays where a flow ignores', () => {
    const text = `cases:
  - name: ignored
    metaverse: { type: person, attributes: { sourceAnchor: x } }
    objects: [{ connector: cloud, type: user, attributes: { usageLocation: DE, displayName: Old } }]
    expect: { exports: [{ connector: cloud, attributes: { usageLocation: DE, displayName: null } }] }
`;
    assert.match(run(text), /1 cases, 0 failed/);
  });
});

test('a file that is none is refused with the place', () => {
  const problems = (text: string) => {
    const read = readCases('cases.yaml', text);
    return read.ok ? [] : read.problems;
  };
  assert.match(problems('cases: [')[0] as string, /^cases\.yaml: /);
  assert.match(problems('cases: [{ name: a, expct: {} }]').join('\n'), /cases\.yaml, cases\.0.*expct/);
});
