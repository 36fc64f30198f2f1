import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ConnectedAttribute } from './compile-flow.ts';
import { type LintOptions, lintRules } from './lint.ts';
import { type ScopeClause, type SyncRule, scopeOperators } from './model.ts';
import { compileScope } from './scope.ts';
import { areDisjoint, implies, isImpossible } from './scope-logic.ts';
import { clauseOf, compiledSet, ruleOf, testContext, viewOf } from './test-helpers.ts';

const joins: Partial<SyncRule> = { join: [[{ cs: 'objectSid', mv: 'objectSid' }]] };
function lint(rules: readonly Partial<SyncRule>[], options: LintOptions = {}): string[] {
  const named = rules.map((rule, i) =>
    ruleOf({ name: `R${i}`, precedence: 100 + i, ...(i === 0 ? joins : {}), ...rule }),
  );
  return lintRules(compiledSet(named), options).map((f) => [f.code, f.rule, f.flow].filter(Boolean).join(' '));
}
const when = (...clauses: string[]): Partial<SyncRule> => ({ scope: [clauses.map(clauseOf)] });
const title = (source: object): Partial<SyncRule> => ({ flows: [{ target: 'title', ...source }] });

describe('scope', () => {
  test('a filter that never holds', () => {
    assert.deepEqual(lint([when('a ISNULL', 'a EQUAL x')]), ['unreachable-rule R0']);
    assert.deepEqual(lint([when('a EQUAL x', 'a EQUAL y')]), ['unreachable-rule R0']);
    assert.deepEqual(lint([when('a STARTSWITH x', 'a NOTSTARTSWITH X')]), ['unreachable-rule R0']);
  });
  test('one group of several that never holds', () => {
    const scope = [[clauseOf('a ISNULL'), clauseOf('a ISNOTNULL')], [clauseOf('b ISNULL')]];
    assert.deepEqual(lint([{ scope }]), ['impossible-group R0']);
  });
  test('parameters may turn out equal, negative clauses may both hold', () => {
    assert.deepEqual(lint([when('a EQUAL %A%', 'a EQUAL x')]), []);
    assert.deepEqual(lint([when('a NOTEQUAL x', 'a NOTEQUAL y', 'a ISNULL')]), []);
  });
});

describe('rules of one type', () => {
  test('flows that nothing links', () => assert.deepEqual(lint([{ join: [] }]), ['never-linked R0']));
  test('two rules that join the same objects by different criteria', () => {
    const byMail: Partial<SyncRule> = { join: [[{ cs: 'mail', mv: 'mail' }]] };
    assert.deepEqual(lint([{}, byMail]), ['several-joining-rules R1']);
    assert.deepEqual(lint([{}, joins]), []);
    assert.deepEqual(lint([when('a EQUAL x'), { ...byMail, ...when('a EQUAL y') }]), []);
    assert.deepEqual(lint([{}, { ...byMail, sourceObjectType: 'contact' }]), []);
  });
  test('a flow that can never win', () => {
    const lower = title({ direct: 'cn' });
    assert.deepEqual(lint([title({ constant: 'x' }), lower]), ['flow-never-wins R1 title']);
    assert.deepEqual(lint([title({ expression: 'IIF([a] = 1, "x", "y")' }), lower]), ['flow-never-wins R1 title']);
    assert.deepEqual(lint([title({ expression: 'IIF([a] = 1, AuthoritativeNull, Error("no"))' }), lower]), [
      'flow-never-wins R1 title',
    ]);
    assert.deepEqual(
      lint([
        { ...title({ constant: 'x' }), ...when('a EQUAL 1') },
        { ...lower, ...when('b ISNULL', 'a EQUAL 1') },
      ]),
      ['flow-never-wins R1 title'],
    );
  });
  test('a flow that may win', () => {
    const lower = title({ direct: 'cn' });
    assert.deepEqual(lint([title({ expression: 'IIF([a] = 1, "x", NULL)' }), lower]), []);
    assert.deepEqual(lint([title({ direct: 'mail' }), lower]), []);
    assert.deepEqual(lint([title({ constant: 'x', executeOnce: true }), lower]), []);
    assert.deepEqual(lint([{ ...title({ constant: 'x' }), ...when('a EQUAL 1') }, lower]), []);
    assert.deepEqual(lint([title({ constant: 'x' }), { ...lower, sourceObjectType: 'contact', ...joins }]), []);
  });
  test('two rules with one precedence', () => {
    assert.deepEqual(lint([{}, { precedence: 100 }]), ['shared-precedence R1']);
    assert.deepEqual(lint([{}, { precedence: 100, name: 'R0', id: 'other', connector: 'lab', ...joins }]), []);
  });
});

describe('flows', () => {
  test('operators that mean something else strictly from left to right', () => {
    assert.deepEqual(lint([title({ expression: 'IIF([a] = 1 || [b] = 2, "x", NULL)' })]), ['operator-trap R0 title']);
    assert.deepEqual(lint([title({ expression: 'IIF(([a] = 1) || ([b] = 2), "x", NULL)' })]), []);
  });
  test('constants that look like literals', () => {
    for (const constant of ['NULL', 'AuthoritativeNull', ' IgnoreThisFlow', '[mail]', '%Domain.FQDN%', 'Trim([a])']) {
      assert.deepEqual(lint([title({ constant })]), ['constant-looks-like-literal R0 title'], constant);
    }
    for (const constant of ['Null and void', 'Manager (acting)', '5 % of it %', 'User']) {
      assert.deepEqual(lint([title({ constant })]), [], constant);
    }
  });
  test('expensive expressions', () => {
    const once = title({ expression: 'CertThumbprint(Item([userCertificate], 1))' });
    const each = title({ expression: 'Item(Where($c, [userCertificate], CertNotAfter($c) > Now()), 1)' });
    assert.deepEqual(lint([each], { expensiveSteps: 1_000_000 }), []);
    assert.equal(lint([once, each], { expensiveSteps: 1 }).length, 2);
  });
  test('references are not merged', () => {
    assert.deepEqual(lint([{ flows: [{ target: 'publicDelegates', direct: 'd', merge: 'Merge' }] }]), [
      'merge-of-references R0 publicDelegates',
    ]);
  });
});

describe('with the schema of the directory', () => {
  const string = { type: 'string', multiValued: false } as const;
  const attributes = new Map<string, ConnectedAttribute>([
    ['cn', string],
    ['objectSid', string],
    ['titles', { type: 'string', multiValued: true }],
  ]);
  const connectedSchemas = new Map([['ad', attributes]]);
  test('attributes that the directory does not have', () => {
    const rules = [
      {
        flows: [
          { target: 'title', direct: 'cnn' },
          { target: 'sn', expression: '[dn]' },
        ],
      },
    ];
    assert.deepEqual(lint(rules, { connectedSchemas }), ['unknown-attribute R0']);
    assert.deepEqual(lint(rules), []);
  });
  test('a reference attribute that the directory delivers as something else', () => {
    assert.deepEqual(lint([{ flows: [{ target: 'manager', direct: 'cn' }] }], { connectedSchemas }), [
      'not-a-reference R0 manager',
    ]);
  });
  test('several values for one', () => {
    const rules = [
      {
        flows: [
          { target: 'title', direct: 'titles' },
          { target: 'otherMobile', direct: 'titles' },
        ],
      },
    ];
    assert.deepEqual(lint(rules, { connectedSchemas }), ['many-values-to-one R0 title']);
  });
});

test('findings come in the order of the rules, with file and line of the flow', () => {
  const rules = [
    ruleOf({
      name: 'B',
      precedence: 2,
      ...joins,
      flows: [{ target: 'title', constant: 'NULL', line: 7 }],
      origin: { file: 'b.yaml', line: 5 },
    }),
    ruleOf({
      name: 'A',
      precedence: 1,
      scope: [[clauseOf('a ISNULL'), clauseOf('a EQUAL 1')]],
      origin: { file: 'a.yaml', line: 3 },
    }),
  ];
  assert.deepEqual(
    lintRules(compiledSet(rules)).map((f) => [f.rule, f.file, f.line]),
    [
      ['A', 'a.yaml', 3],
      ['B', 'b.yaml', 7],
    ],
  );
});

describe('what is said about filters is true', () => {
  const clause = fc
    .tuple(fc.constantFrom('a', 'b'), fc.constantFrom(...scopeOperators), fc.constantFrom('1', '2', ''))
    .map(
      ([attribute, operator, value]): ScopeClause => ({
        attribute,
        operator,
        value: operator.includes('BIT') ? value || '4' : value,
      }),
    );
  const scopes = fc.array(fc.array(clause, { minLength: 1, maxLength: 3 }), { maxLength: 2 });
  const value = fc.constantFrom('1', '2', '12', '', 3, true, ['1', '3'], undefined);
  const views = fc
    .tuple(value, value, fc.boolean())
    .map(([a, b, member]) =>
      viewOf({ ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }, { groups: member ? ['1'] : [] }),
    );
  const singles = views.filter((v) => !Object.values(v.values).some(Array.isArray));
  const holds = (scope: SyncRule['scope'], view: Parameters<ReturnType<typeof compileScope>['holds']>[0]) =>
    compileScope(scope).holds(view, testContext);

  test('an impossible filter holds on nothing, disjoint ones never both', () => {
    fc.assert(
      fc.property(scopes, scopes, singles, (first, second, view) => {
        if (isImpossible(first)) assert.equal(holds(first, view), false);
        if (areDisjoint(first, second)) assert.equal(holds(first, view) && holds(second, view), false);
      }),
      { numRuns: 5000 },
    );
  });
  test('an implied filter holds where the first holds', () => {
    fc.assert(
      fc.property(scopes, scopes, views, (first, second, view) => {
        if (implies(first, second) && holds(first, view)) assert.equal(holds(second, view), true);
      }),
      { numRuns: 5000 },
    );
  });
});
