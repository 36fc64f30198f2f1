import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contribute } from './contribute.ts';
import { explainScopes, inScope } from './in-scope.ts';
import { clauseOf, compiledSet, ruleOf, testContext, viewOf } from './test-helpers.ts';
import { collectTrace } from './trace.ts';

const flow = (expression: string) => [{ target: 'title', expression }];

test('a trace tells every candidate in order, what it gave and why it won or lost', () => {
  const set = compiledSet(
    [
      flow('NULL'),
      flow('IgnoreThisFlow'),
      [{ target: 'title', constant: 'T', executeOnce: true }],
      [{ target: 'title', direct: 'cn' }],
      [{ target: 'title', direct: 'cn' }],
      flow('Error("a loser may fail")'),
    ].map((flows, i) => ruleOf({ name: `R${i}`, precedence: i, flows })),
  );
  const trace = collectTrace();
  const source = { sourceId: 4, view: viewOf({ cn: 'Ana' }), rules: set.inbound('ad', 'user'), ctx: testContext };
  const result = contribute([source], { values: {}, references: new Map() }, { isNew: false, trace });
  assert.deepEqual([result.values, result.errors], [{ title: 'Ana' }, []]);
  assert.deepEqual(
    trace.flows.map((f) => [f.rule.id, f.sourceId, f.result.kind, f.outcome, f.winner?.rule.id]),
    [
      ['R0', 4, 'null', 'null', undefined],
      ['R1', 4, 'ignore', 'ignored', undefined],
      ['R2', 4, 'ignore', 'ignored', undefined],
      ['R3', 4, 'value', 'won', undefined],
      ['R4', 4, 'value', 'lost', 'R3'],
      ['R5', 4, 'error', 'lost', 'R3'],
    ],
  );
});

test('a trace of a union tells who gave what, and who was cut off', () => {
  const merge = 'Merge' as const;
  const set = compiledSet(
    [
      { target: 'proxyAddresses', constant: 'a', merge },
      { target: 'proxyAddresses', expression: 'AuthoritativeNull', merge },
      { target: 'proxyAddresses', constant: 'b', merge },
    ].map((one, i) => ruleOf({ name: `R${i}`, precedence: i, flows: [one] })),
  );
  const trace = collectTrace();
  const source = { sourceId: 1, view: viewOf({}), rules: set.inbound('ad', 'user'), ctx: testContext };
  const result = contribute([source], { values: {}, references: new Map() }, { isNew: false, trace });
  assert.deepEqual(result.values, { proxyAddresses: ['a'] });
  assert.deepEqual(
    trace.flows.map((f) => [f.outcome, f.winner?.rule.id]),
    [
      ['merged', undefined],
      ['removed', undefined],
      ['lost', 'R1'],
    ],
  );
});

test('rules in scope are found by their filters, the same combination is the same array', () => {
  const scope = [[clauseOf('cn EQUAL a')]];
  const set = compiledSet([ruleOf({ name: 'A', scope }), ruleOf({ name: 'B' }), ruleOf({ name: 'C', scope })]);
  const rules = set.inbound('ad', 'user');
  const named = (cn: string) => inScope(rules, viewOf({ cn }), testContext);
  assert.deepEqual(
    named('a').map((r) => r.id),
    ['A', 'B', 'C'],
  );
  assert.deepEqual(
    named('b').map((r) => r.id),
    ['B'],
  );
  assert.equal(named('a'), named('A'));
});

test('more than thirty different filters are told apart', () => {
  const set = compiledSet(
    Array.from({ length: 40 }, (_, i) => ruleOf({ name: `R${i}`, scope: [[clauseOf(`cn EQUAL ${i}`)]] })),
  );
  const rules = set.inbound('ad', 'user');
  for (const i of [0, 29, 30, 31, 32, 39]) {
    assert.deepEqual(
      inScope(rules, viewOf({ cn: String(i) }), testContext).map((r) => r.id),
      [`R${i}`],
    );
  }
});

test('the scopes of all rules are explained', () => {
  const set = compiledSet([ruleOf({ name: 'A', scope: [[clauseOf('cn EQUAL a')]] }), ruleOf({ name: 'B' })]);
  const traces = explainScopes(set.rules, viewOf({ cn: 'x' }), testContext);
  assert.deepEqual(
    traces.map((t) => [t.rule.id, t.inScope, t.groups[0]?.clauses[0]?.seen]),
    [
      ['A', false, 'x'],
      ['B', true, undefined],
    ],
  );
});
