import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLdif } from '../../model/ldif.ts';
import { CsvError, csvCell, csvColumns, csvHeader, csvLine, csvOfRow, parseCsv } from './csv.ts';
import { ldifOfRow } from './ldif-report.ts';
import { check, user } from './test-world.ts';

const record = (values: Partial<Record<(typeof csvColumns)[number], string>>): string =>
  csvLine(csvColumns.map((name) => values[name] ?? ''));

test('no cell is a formula', () => {
  for (const text of ['=1+1', '+49 30', '-1', '@SUM(1)', '\t=1', '\r=1', '\n=1', ' =1', '＝1', "'=1", '\u00a0=1']) {
    assert.match(csvCell(text), /^"'/, JSON.stringify(text));
  }
  for (const text of ['ana', "o'brien", "'quoted'", '', '1-2']) assert.doesNotMatch(csvCell(text), /^"''|^"'1/);
});

test('every text comes back as it was', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('=', "'=", "''+", '@', 'a')), {
        minLength: 1,
        maxLength: 4,
      }),
      (rows) => {
        const lines = rows.map(([a, b, c]) =>
          record({ DISTINGUISHEDNAME: `CN=${a}`, VALUE: `${c}${b}`, UPDATE: b, ATTRIBUTE: 'x' }),
        );
        const back = parseCsv(csvHeader() + lines.join(''));
        assert.deepEqual(
          back.map(({ record: r }) => [r.DISTINGUISHEDNAME, r.VALUE, r.UPDATE]),
          rows.map(([a, b, c]) => [`CN=${a}`, `${c}${b}`, b]),
        );
      },
    ),
  );
});

test('files as spreadsheets write them: other order, semicolons, no quotation marks, no byte order mark', () => {
  const text = 'ACTION;VALUE;ATTRIBUTE;DISTINGUISHEDNAME\r\nEDIT;"a;b";mail;CN=x\r\n\r\n';
  const [row, ...rest] = parseCsv(text);
  assert.deepEqual(
    [row?.line, row?.record.ACTION, row?.record.VALUE, row?.record.DISTINGUISHEDNAME, rest.length],
    [2, 'EDIT', 'a;b', 'CN=x', 0],
  );
});

test('a damaged file is refused with its line', () => {
  const head = 'DISTINGUISHEDNAME,ATTRIBUTE,VALUE,ACTION\n';
  for (const [text, message] of [
    ['', /empty/],
    ['A,B\n1,2\n', /no column DISTINGUISHEDNAME/],
    [`${head}"CN=x,mail`, /Line 2.*not closed/],
    [`${head}"CN=x"y,mail,a,EDIT\n`, /Line 2.*follows/],
    [`${head}a,b,c,d,e\n`, /Line 2 has 5 cells/],
  ] as const) {
    assert.throws(
      () => parseCsv(text),
      (e) => e instanceof CsvError && message.test(e.message),
    );
  }
});

test('a row with a hostile value is harmless in both forms', () => {
  const evil = "=cmd|' /C calc'!A1\n\ndn: CN=Administrator\nchangetype: delete";
  const [row] = check([user({ title: evil }, { dn: `CN=a\nb,DC=x` })]);
  assert.ok(row);
  const [back] = parseCsv(csvHeader() + csvOfRow(row, 'low'));
  assert.equal(back?.record.VALUE, evil);
  const records = parseLdif(`version: 1\n\n${ldifOfRow(row, 'low')}`);
  assert.deepEqual(
    records.map((r) => [r.kind, r.dn]),
    [['modify', 'CN=a\nb,DC=x']],
  );
});

test('accepting copies the proposal where it is sure enough', () => {
  const [row] = check([user({ displayName: 'Ana\u200b' })]);
  assert.ok(row);
  const action = (accept?: 'high' | 'low') => parseCsv(csvHeader() + csvOfRow(row, accept))[0]?.record.ACTION;
  assert.deepEqual([action(), action('high'), action('low')], ['', 'EDIT', 'EDIT']);
  const guess = { ...row, confidence: 'low' as const };
  assert.equal(parseCsv(csvHeader() + csvOfRow(guess, 'high'))[0]?.record.ACTION, '');
  assert.equal(ldifOfRow(guess, 'medium'), '');
});
