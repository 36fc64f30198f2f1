import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PrecheckRow } from '../../console/src/api/generated.ts';
import {
  changesOf,
  type Decisions,
  decisionOf,
  decisionsOf,
  toggled,
} from '../../console/src/pages/quality/decisions.ts';
import { csvColumns } from '../../src/diagnosis/precheck/csv.ts';
import type { PrecheckAnswer } from '../../src/service/facts/precheck.ts';
import { precheckTable, tableDecisions } from '../../src/service/facts/precheck-table.ts';
import type { ReadingState } from '../../src/service/readings.ts';

const row = (change: Partial<PrecheckRow> = {}): PrecheckRow => ({
  number: 0,
  code: 'character',
  title: 'A character is not allowed',
  checks: ['Character'],
  severity: 'error',
  connector: 'corp.contoso.com',
  dn: 'CN=Ana,DC=contoso,DC=com',
  name: 'Ana',
  type: 'user',
  attribute: 'mail',
  value: 'ana @contoso.com',
  update: 'ana@contoso.com',
  action: 'EDIT',
  confidence: 'high',
  reason: 'The space is not allowed.',
  objectGuid: '0f0e0d0c-0b0a-0908-0706-050403020100',
  ...change,
});
const none: Decisions = new Map();
/** What the service does with the decisions of a page. */
const tableOf = (rows: readonly PrecheckRow[], decisions: Decisions, bytes: PrecheckAnswer['bytes'] = {}): string =>
  precheckTable(
    { rows: rows.map((r, number) => ({ ...r, checks: [...r.checks], number })), bytes } as unknown as PrecheckAnswer,
    [...decisions.values()],
  );
const read = (text: string) => tableDecisions({} as ReadingState, text);

/** A table with a NUL in it is taken for no text at all; no directory has one in a text. */
const text = fc.string({ unit: 'binary' }).filter((t) => !/[\0\ufffd]/.test(t));

test('a decision goes through the table of the service and comes back, whatever the texts are', () => {
  fc.assert(
    fc.property(text, text, fc.string(), (value, update, dn) => {
      const one = row({ value, update, dn });
      const back = decisionsOf(read(tableOf([one, row({ attribute: 'cn' })], toggled(none, one))));
      assert.deepEqual(decisionOf(back, one), { dn, attribute: 'mail', value, action: 'EDIT', update });
      assert.equal(back.size, 1);
    }),
  );
});

test('deciding twice is not deciding; what has no proposal cannot be accepted; keeping a value writes nothing', () => {
  assert.equal(toggled(toggled(none, row()), row()).size, 0);
  assert.equal(toggled(none, row({ action: null })).size, 0);
  const kept = toggled(toggled(none, row({ action: 'COMPLETE', value: 'x' })), row());
  assert.deepEqual(
    changesOf(kept).map((d) => d.value),
    ['ana @contoso.com'],
  );
});

test('the table of the service is the table of the command line: columns, formulas, bytes, identity of the object', () => {
  const text = tableOf([row({ value: '=HYPERLINK("x")' })], none);
  assert.match(text, /"'=HYPERLINK\(""x""\)"/);
  assert.equal(text.split('\r\n')[0], `\ufeff${csvColumns.join(',')}`);
  assert.match(text, /0f0e0d0c-0b0a-0908-0706-050403020100/);
  const certificate = row({ attribute: 'userCertificate', value: '2 certificates', action: 'REMOVE', update: null });
  const lines = tableOf([certificate], toggled(none, certificate), { 0: ['MIIB', 'MIIC'] })
    .trim()
    .split('\r\n');
  assert.deepEqual(
    lines.slice(1).map((l) => /"(MII.)","","REMOVE","REMOVE"/.exec(l)?.[1]),
    ['MIIB', 'MIIC'],
  );
});

test('a table that is none, and an action that is none, are refused with what is wrong', () => {
  assert.throws(() => read('a,b\r\n1,2\r\n'), /no column DISTINGUISHEDNAME/);
  assert.throws(() => read(tableOf([row()], none).replace('"EDIT",""', '"EDIT","ZAP"')), /Line 2: "ZAP"/);
});
