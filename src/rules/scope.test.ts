import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AttributeValue } from '../model/value.ts';
import { scopeOperators } from './model.ts';
import { compileScope } from './scope.ts';
import { clauseProblem, needsValue, parseOperator, positiveOperators } from './scope-operators.ts';
import { clauseOf, testContext, viewOf } from './test-helpers.ts';

const holds = (clause: string, value: AttributeValue | undefined): boolean =>
  compileScope([[clauseOf(clause)]]).holds(viewOf(value === undefined ? {} : { a: value }), testContext);

/** sync-engine s.2.3, column "Absent attribute". */
const onAbsent = {
  EQUAL: false,
  NOTEQUAL: true,
  LESSTHAN: false,
  LESSTHAN_OR_EQUAL: false,
  GREATERTHAN: false,
  GREATERTHAN_OR_EQUAL: false,
  CONTAINS: false,
  NOTCONTAINS: true,
  STARTSWITH: false,
  NOTSTARTSWITH: true,
  ENDSWITH: false,
  NOTENDSWITH: true,
  ISNULL: true,
  ISNOTNULL: false,
  ISIN: false,
  ISNOTIN: true,
  ISBITSET: false,
  ISBITNOTSET: true,
  ISMEMBEROF: false,
  ISNOTMEMBEROF: true,
} as const satisfies Record<(typeof scopeOperators)[number], boolean>;

describe('an absent attribute', () => {
  for (const operator of scopeOperators) {
    test(`${operator} is ${onAbsent[operator]}`, () => {
      assert.equal(holds(needsValue(operator) ? `a ${operator} 2` : `a ${operator}`, undefined), onAbsent[operator]);
    });
  }
});

const cases: readonly (readonly [clause: string, value: AttributeValue, expected: boolean])[] = [
  ['a EQUAL User', 'User', true],
  ['a EQUAL user', 'USER', true],
  ['a EQUAL user', 'users', false],
  ['a NOTEQUAL user', 'USER', false],
  ['a NOTEQUAL user', 'contact', true],
  ['a EQUAL TRUE', true, true],
  ['a EQUAL true', true, true],
  ['a EQUAL False', false, true],
  ['a NOTEQUAL True', false, true],
  ['a NOTEQUAL TRUE', true, false],
  ['a EQUAL True', 'TRUE', true],
  ['a EQUAL 5', 5, true],
  ['a EQUAL 05', 5, true],
  ['a EQUAL 05', '5', false],
  ['a EQUAL 5.5', 5, false],
  ['a EQUAL 9223372036854775807', { int: '9223372036854775807' }, true],
  ['a EQUAL 9223372036854775806', { int: '9223372036854775807' }, false],
  ['a EQUAL b64=', { base64: 'b64=' }, true],
  ['a EQUAL B64=', { base64: 'b64=' }, false],
  ['a EQUAL cn=Ana, dc=x', { dn: 'CN=ana,DC=x' }, true],
  ['a EQUAL two', ['one', 'TWO'], true],
  ['a NOTEQUAL two', ['one', 'two'], false],
  ['a NOTEQUAL three', ['one', 'two'], true],
  ['a LESSTHAN 50000', 49999, true],
  ['a LESSTHAN 50000', 50000, false],
  ['a LESSTHAN 50000', 6, true],
  ['a LESSTHAN 50000', '6', false],
  ['a LESSTHAN -1', { int: '-9223372036854775808' }, true],
  ['a LESSTHAN_OR_EQUAL 5', 5, true],
  ['a LESSTHAN_OR_EQUAL 5', 6, false],
  ['a GREATERTHAN 5', 10, true],
  ['a GREATERTHAN 5', 5, false],
  ['a GREATERTHAN 5', '10', false],
  ['a GREATERTHAN b', 'C', true],
  ['a GREATERTHAN_OR_EQUAL 5', 5, true],
  ['a GREATERTHAN_OR_EQUAL 5', 4, false],
  ['a CONTAINS SVC', 'my-svc-account', true],
  ['a CONTAINS svc', 'person', false],
  ['a NOTCONTAINS svc', 'SVC', false],
  ['a NOTCONTAINS svc', 'person', true],
  ['a STARTSWITH user_', 'User_1', true],
  ['a STARTSWITH user_', 'aUser_1', false],
  ['a NOTSTARTSWITH User_', 'user_1', false],
  ['a NOTSTARTSWITH User_', 'x', true],
  ['a ENDSWITH .COM', 'a@b.com', true],
  ['a ENDSWITH .com', 'a.com.de', false],
  ['a NOTENDSWITH .com', 'a@b.COM', false],
  ['a NOTENDSWITH .com', 'a@b.de', true],
  ['a ISNULL', 'x', false],
  ['a ISNULL', '', true],
  ['a ISNULL', 0, false],
  ['a ISNULL', false, false],
  ['a ISNOTNULL', '', false],
  ['a ISNOTNULL', 0, true],
  ['a ISNOTNULL', ['', ''], false],
  ['a ISNOTNULL', ['', 'x'], true],
  ['a ISIN two', ['one', 'Two'], true],
  ['a ISIN three', ['one', 'two'], false],
  ['a ISNOTIN two', ['one', 'two'], false],
  ['a ISNOTIN three', ['one', 'two'], true],
  ['a ISBITSET 2', 514, true],
  ['a ISBITSET 2', 512, false],
  ['a ISBITSET 2', '514', true],
  ['a ISBITSET 514', 512, false],
  ['a ISBITSET 0x2', 514, true],
  ['a ISBITSET &H2', 514, true],
  ['a ISBITSET 2', 'no number', false],
  ['a ISBITNOTSET 2', 514, false],
  ['a ISBITNOTSET 2', 512, true],
  ['a ISBITSET 2147483648', -2147483646, true],
  ['a ISBITSET 0x80000000', -2147483646, true],
  ['a ISBITSET -2147483648', -2147483646, true],
  ['a ISBITSET 2147483648', 2, false],
  ['a ISBITSET 0x80000000', 2147483650, true],
  ['a ISBITSET 4294967296', 4294967296, true],
  ['a ISBITSET 0x4000000000000000', { int: '4611686018427387904' }, true],
  ['a ISBITSET 0x8000000000000000', -1, true],
  ['a EQUAL %Connector.ID%', '{11111111-2222-3333-4444-555555555555}', true],
  ['a EQUAL %Connector.ID%', '{22222222-2222-3333-4444-555555555555}', false],
  ['a ENDSWITH @%Domain.FQDN%', 'ana@corp.contoso.com', true],
  ['a EQUAL %Unknown%', '', false],
  ['a EQUAL %constructor%', 'x', false],
  ['a NOTEQUAL %Unknown%', 'x', true],
];

describe('operators', () => {
  for (const [clause, value, expected] of cases) {
    test(`${clause} on ${JSON.stringify(value)} is ${expected}`, () => assert.equal(holds(clause, value), expected));
  }
  test('ISMEMBEROF asks for direct membership in the group with this DN', () => {
    const view = viewOf({}, { groups: ['CN=Sync,DC=x'] });
    const at = (clause: string) => compileScope([[clauseOf(clause)]]).holds(view, testContext);
    assert.equal(at('dn ISMEMBEROF CN=Sync,DC=x'), true);
    assert.equal(at('dn ISMEMBEROF CN=Other,DC=x'), false);
    assert.equal(at('dn ISNOTMEMBEROF CN=Sync,DC=x'), false);
    assert.equal(at('dn ISNOTMEMBEROF CN=Other,DC=x'), true);
    assert.equal(at('dn ISMEMBEROF %Connector.GroupFilteringGroupDn%'), false);
  });
  test('a negative operator is the opposite of its positive twin on any value', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { minLength: 1 }));
    const pairs = scopeOperators.filter((o) => positiveOperators[o] !== o && o !== 'ISNULL' && o !== 'ISNOTMEMBEROF');
    fc.assert(
      fc.property(fc.constantFrom(...pairs), fc.option(value, { nil: undefined }), fc.string(), (negative, v, text) => {
        const clause = (operator: typeof negative) => ({
          attribute: 'a',
          operator,
          value: operator.includes('BIT') ? '2' : text,
        });
        const view = viewOf(v === undefined ? {} : { a: v });
        const at = (operator: (typeof scopeOperators)[number]) =>
          compileScope([[clause(operator)]]).holds(view, testContext);
        assert.notEqual(at(negative), at(positiveOperators[negative]));
      }),
    );
  });
});

describe('groups', () => {
  const scope = compileScope([
    [clauseOf('a EQUAL 1'), clauseOf('b EQUAL 1')],
    [clauseOf('c EQUAL 1'), clauseOf('d ISNULL')],
  ]);
  test('no groups: always in scope', () => assert.equal(compileScope([]).holds(viewOf({}), testContext), true));
  test('clauses of a group are AND', () => assert.equal(scope.holds(viewOf({ a: '1' }), testContext), false));
  test('groups are OR', () => {
    assert.equal(scope.holds(viewOf({ a: '1', b: '1' }), testContext), true);
    assert.equal(scope.holds(viewOf({ c: '1' }), testContext), true);
  });
  test('names what it reads', () => assert.deepEqual(scope.attributes, ['a', 'b', 'c', 'd']));
  test('the trace tells every clause with the value it saw', () => {
    const trace = scope.explain(viewOf({ a: '1', c: '1' }), testContext);
    assert.equal(trace.inScope, true);
    assert.deepEqual(
      trace.groups.map((g) => [g.holds, g.clauses.map((c) => [c.clause.attribute, c.seen, c.operand, c.holds])]),
      [
        [
          false,
          [
            ['a', '1', '1', true],
            ['b', undefined, '1', false],
          ],
        ],
        [
          true,
          [
            ['c', '1', '1', true],
            ['d', undefined, undefined, true],
          ],
        ],
      ],
    );
  });
  test('the name of the object and its references can be asked for', () => {
    const view = viewOf({}, { dn: 'CN=a,DC=x', references: { member: ['CN=b,DC=x'] } });
    const isReference = (name: string) => name === 'member';
    const at = (clause: string) => compileScope([[clauseOf(clause)]], isReference).holds(view, testContext);
    assert.equal(at('dn ENDSWITH ,dc=x'), true);
    assert.equal(at('member ISNOTNULL'), true);
    assert.equal(at('manager ISNOTNULL'), false);
    assert.equal(at('member EQUAL cn=B,dc=X'), true);
  });
});

describe('writing clauses', () => {
  test('aliases are read', () => {
    assert.equal(parseOperator('NOTSTARTWITH'), 'NOTSTARTSWITH');
    assert.equal(parseOperator('ISNOTBITSET'), 'ISBITNOTSET');
    assert.equal(parseOperator('equal'), 'EQUAL');
    assert.equal(parseOperator('constructor'), undefined);
  });
  test('a clause without the value it needs is a problem', () => {
    assert.match(clauseProblem({ attribute: 'a', operator: 'EQUAL' }) ?? '', /needs a value/);
    assert.match(clauseProblem({ attribute: 'a', operator: 'ISBITSET', value: 'two' }) ?? '', /whole number/);
    assert.match(
      clauseProblem({ attribute: 'dn', operator: 'ISMEMBEROF', value: 'Pilots' }) ?? '',
      /distinguished name/,
    );
    assert.equal(clauseProblem({ attribute: 'dn', operator: 'ISMEMBEROF', value: '%Group%' }), undefined);
    assert.equal(clauseProblem({ attribute: 'a', operator: 'ISNULL' }), undefined);
  });
});
