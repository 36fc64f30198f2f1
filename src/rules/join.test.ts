import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CompiledRule } from './compiled.ts';
import { joiningRule, joinKey, joinKeysOf, joinMatches, joinQueries, mayProvision } from './join.ts';
import type { JoinClause, SyncRule } from './model.ts';
import { compiledSet, ruleOf, viewOf } from './test-helpers.ts';

const sid = (last: number) => ({ base64: Buffer.from([1, 2, last]).toString('base64') });
function rule(parts: Partial<SyncRule>): CompiledRule {
  return compiledSet([ruleOf({ name: 'A', ...parts })]).rules[0] as CompiledRule;
}
const clause = (cs: string, mv: string, caseSensitive?: boolean): JoinClause => ({
  cs,
  mv,
  ...(caseSensitive === undefined ? {} : { caseSensitive }),
});

describe('join keys', () => {
  test('texts are equal without regard to case', () =>
    assert.equal(joinKey('Ana@Contoso.com'), joinKey('ana@contoso.COM')));
  test('bytes are compared exactly', () => assert.notEqual(joinKey({ base64: 'AbC=' }), joinKey({ base64: 'abc=' })));
  test('bytes and text never meet', () => assert.notEqual(joinKey({ base64: 'abc=' }), joinKey('abc=')));
  test('the empty string joins nothing', () => assert.deepEqual(joinKeysOf(viewOf({ a: ['', 'x', 'X'] }), 'a'), ['x']));
  test('the name of the object can be a join attribute', () =>
    assert.deepEqual(joinKeysOf(viewOf({}, { dn: 'CN=A' }), 'dn'), ['cn=a']));
});

describe('queries', () => {
  const groups = [[clause('objectSid', 'objectSid')], [clause('mail', 'mail'), clause('cn', 'cn')]];
  test('groups come in order, with the keys for the other side', () => {
    const queries = joinQueries(rule({ join: groups }), viewOf({ objectSid: sid(1), mail: 'A@x', cn: 'a' }));
    assert.deepEqual(
      queries.map((q) => q.all),
      [
        [{ attribute: 'objectSid', keys: [JSON.stringify(sid(1))] }],
        [
          { attribute: 'mail', keys: ['a@x'] },
          { attribute: 'cn', keys: ['a'] },
        ],
      ],
    );
  });
  test('a clause without a source value cannot match, so its group is not asked for', () => {
    const queries = joinQueries(rule({ join: groups }), viewOf({ mail: 'a@x' }));
    assert.deepEqual(queries, []);
  });
  test('outbound the values come from the metaverse and are looked up in the connector space', () => {
    const outbound = rule({
      direction: 'outbound',
      sourceObjectType: 'group',
      targetObjectType: 'group',
      join: [[clause('objectGUID', 'sourceAnchorBinary')]],
    });
    assert.deepEqual(joinQueries(outbound, viewOf({ sourceAnchorBinary: sid(7) }))[0]?.all, [
      { attribute: 'objectGUID', keys: [JSON.stringify(sid(7))] },
    ]);
  });
});

describe('matching', () => {
  test('every clause of the group must hold', () => {
    const group = [clause('mail', 'mail'), clause('cn', 'cn')];
    assert.equal(joinMatches(group, viewOf({ mail: 'A', cn: 'b' }), viewOf({ mail: 'a', cn: 'B' })), true);
    assert.equal(joinMatches(group, viewOf({ mail: 'A', cn: 'b' }), viewOf({ mail: 'a', cn: 'c' })), false);
  });
  test('a case-sensitive clause compares the actual values', () => {
    const group = [clause('sourceAnchor', 'sourceAnchor', true)];
    assert.equal(joinMatches(group, viewOf({ sourceAnchor: 'aB=' }), viewOf({ sourceAnchor: 'aB=' })), true);
    assert.equal(joinMatches(group, viewOf({ sourceAnchor: 'aB=' }), viewOf({ sourceAnchor: 'Ab=' })), false);
  });
  test('of multi-valued attributes one equal value is enough', () => {
    const group = [clause('proxyAddresses', 'proxyAddresses')];
    assert.equal(
      joinMatches(group, viewOf({ proxyAddresses: ['a', 'b'] }), viewOf({ proxyAddresses: ['C', 'B'] })),
      true,
    );
    assert.equal(joinMatches(group, viewOf({ proxyAddresses: ['a'] }), viewOf({ proxyAddresses: ['b'] })), false);
  });
  test('absent matches nothing, not even absent', () => {
    assert.equal(joinMatches([clause('mail', 'mail')], viewOf({}), viewOf({})), false);
    assert.equal(joinMatches([clause('mail', 'mail', true)], viewOf({ mail: '' }), viewOf({ mail: '' })), false);
  });
});

describe('provisioning', () => {
  const join = [[clause('objectSid', 'objectSid')], [clause('mail', 'mail')]];
  test('needs one join attribute on the source', () => {
    assert.equal(mayProvision(rule({ linkType: 'Provision', join }), viewOf({ mail: 'x' })), true);
    assert.equal(mayProvision(rule({ linkType: 'Provision', join }), viewOf({ cn: 'x' })), false);
  });
  test('is only for link type Provision', () => {
    assert.equal(mayProvision(rule({ linkType: 'Join', join }), viewOf({ mail: 'x' })), false);
    assert.equal(mayProvision(rule({ linkType: 'StickyJoin', join }), viewOf({ mail: 'x' })), false);
  });
  test('needs nothing if the rule has no join clauses', () =>
    assert.equal(mayProvision(rule({ linkType: 'Provision' }), viewOf({})), true));
});

describe('the joining rule', () => {
  const bySid = { join: [[clause('objectSid', 'objectSid')]] };
  const byMail = { join: [[clause('mail', 'mail')]] };
  const of = (...parts: Partial<SyncRule>[]) =>
    joiningRule(compiledSet(parts.map((p, i) => ruleOf({ name: `R${i}`, precedence: i, ...p }))).rules);

  test('none joins', () => assert.deepEqual(of({}, {}), { kind: 'none' }));
  test('one joins', () => {
    const found = of({}, bySid);
    assert.equal(found.kind === 'one' && found.rule.id, 'R1');
    assert.equal(found.kind === 'one' && found.provisioner, undefined);
  });
  test('two with other criteria are an error, precedence does not arbitrate', () => {
    const found = of(bySid, byMail);
    assert.deepEqual(found.kind === 'several' && found.rules.map((r) => r.id), ['R0', 'R1']);
  });
  test('two with the same criteria agree, and the one that provisions speaks', () => {
    const found = of(bySid, { ...bySid, linkType: 'Provision' });
    assert.equal(found.kind === 'one' && found.rule.id, 'R1');
    assert.equal(found.kind === 'one' && found.provisioner?.id, 'R1');
  });
  test('outbound, rules to different types of object do not compete', () => {
    const out = (targetObjectType: string, parts: Partial<SyncRule>) =>
      ({ direction: 'outbound', sourceObjectType: 'person', targetObjectType, ...parts }) as const;
    const found = of(out('contact', byMail), out('user', { ...bySid, linkType: 'Provision' }));
    assert.equal(found.kind === 'one' && found.rule.id, 'R1');
    assert.equal(of(out('user', byMail), out('user', bySid)).kind, 'several');
  });
  test('letter case is part of the criteria', () => {
    assert.equal(of(bySid, { join: [[clause('objectSid', 'objectSid', true)]] }).kind, 'several');
  });
  test('a rule may provision for another that joins', () => {
    const found = of(bySid, { linkType: 'Provision' });
    assert.equal(found.kind === 'one' && found.rule.id, 'R0');
    assert.equal(found.kind === 'one' && found.provisioner?.id, 'R1');
  });
});
