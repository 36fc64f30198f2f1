/** Every function and operator against a table of what it must give, each row with the source of the expectation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExpressionCaseResult, evaluateCase } from '../../../src/rules/expression/evaluate-case.ts';
import { functionTable } from '../../../src/rules/expression/functions/table.ts';
import { binaryOperators } from '../../../src/rules/expression/node.ts';
import { AUTHORITATIVE, type Expected, IGNORED, NULL, type Row, type Table } from './cases/case-table.ts';
import { certificateCases } from './cases/certificate.ts';
import { conversionCases } from './cases/conversion.ts';
import { dateCases } from './cases/date.ts';
import { evaluationCases } from './cases/evaluation.ts';
import { flowCases } from './cases/flow.ts';
import { listCases } from './cases/lists.ts';
import { operatorCases } from './cases/operators.ts';
import { textCases } from './cases/text.ts';

const tables: readonly Table[] = [
  ...textCases,
  ...conversionCases,
  ...dateCases,
  ...certificateCases,
  ...evaluationCases,
  ...listCases,
  ...flowCases,
  ...operatorCases,
];

const parameters = {
  'Domain.FQDN': 'contoso.com',
  'Forest.LDAP': 'DC=contoso,DC=com',
  ADS_UF_ACCOUNTDISABLE: 2,
  Pattern: "':,Å:A,Ä:A,Ö:O,å:a,ä:a,ö:o",
};
const context = {
  now: () => Date.parse('2024-06-01T12:00:00Z'),
  random: () => 0.5,
  guid: () => '11111111-2222-4333-8444-555555555555',
};

for (const { source, rows } of tables) {
  test(source, () => {
    for (const row of rows) checkRow(row);
  });
}

function checkRow([expression, expected, attributes = {}]: Row): void {
  const importedAttributes = { sourceAnchor: 'confirmed', list: ['x', ' x'] };
  const result = evaluateCase({ expression, attributes, parameters, importedAttributes }, context);
  const message = `${expression} on ${JSON.stringify(attributes)} gave ${JSON.stringify(result)}`;
  if (typeof expected === 'object' && 'fails' in expected) {
    assert.equal(result.kind, 'error', message);
    assert.match(result.error?.message ?? '', expected.fails, message);
    if (result.error?.code !== undefined && expected.code) assert.equal(result.error.code, expected.code, message);
    return;
  }
  assert.deepEqual(result, resultOf(expected), message);
}

function resultOf(expected: Exclude<Expected, { fails: RegExp }>): ExpressionCaseResult {
  if (expected === NULL) return { kind: 'null' };
  if (expected === AUTHORITATIVE) return { kind: 'authoritative-null' };
  if (expected === IGNORED) return { kind: 'ignore' };
  return { kind: 'value', value: expected as Exclude<typeof expected, symbol> };
}

test('the tables have at least 400 rows and no row twice', () => {
  const keys = tables.flatMap(({ rows }) => rows.map((row) => JSON.stringify([row[0], row[2]])));
  assert.ok(keys.length >= 400, `${keys.length} rows`);
  assert.deepEqual(
    keys.filter((key, i) => keys.indexOf(key) !== i),
    [],
  );
});

test('every function has a normal row, one with NULL or nothing, one with several values and one that fails', () => {
  const rows = tables.flatMap((t) => t.rows);
  for (const [name, spec] of functionTable) {
    const own = rows.filter(([expression]) => expression.includes(`${name}(`));
    assert.ok(own.length > 0, `${name} has no row`);
    if (spec.parameters.length === 0) continue;
    const hasNothing = own.some(([e, , a]) => /NULL|\[absent\]|"absent"|current/.test(e) || (a && '' in a));
    assert.ok(hasNothing, `${name} has no row with NULL`);
    assert.ok(own.some(([, expected]) => isFailure(expected)) || neverFails.has(name), `${name} has no row that fails`);
    const hasSeveral = own.some(
      ([, expected, a]) => Array.isArray(expected) || Object.values(a ?? {}).some(Array.isArray),
    );
    assert.ok(hasSeveral || singleOnly.has(name), `${name} has no row with several values`);
  }
});

const isFailure = (expected: Expected): boolean => typeof expected === 'object' && 'fails' in expected;
/** Tests answer for any value. */
const neverFails: ReadonlySet<string> = new Set(
  'IsNull IsEmpty IsNullOrEmpty IsPresent IsNumeric IsDate IsString IsGuid IsCert LCase PCase LTrim RTrim Join'.split(
    ' ',
  ),
);
/** Certificate functions share one reader, whose mapping is shown on some of them. */
const singleOnly: ReadonlySet<string> = new Set([...functionTable.keys()].filter((name) => name.startsWith('Cert')));

test('every operator has rows with single values, NULL, several values and a failure', () => {
  const rows = tables.flatMap((t) => t.rows);
  for (const operator of binaryOperators) {
    const own = rows.filter(([expression]) => expression.includes(` ${operator} `));
    assert.ok(
      own.some(([e]) => /NULL|\[absent\]/.test(e)),
      `${operator} has no row with NULL`,
    );
    assert.ok(
      own.some(([, expected]) => Array.isArray(expected)),
      `${operator} has no row with several values`,
    );
    const isOrder = ['<', '<=', '>', '>='].includes(operator);
    assert.ok(isOrder || operator === '<>' || own.some(([, e]) => isFailure(e)), `${operator} has no row that fails`);
  }
});
