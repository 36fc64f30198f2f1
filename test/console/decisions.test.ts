import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PrecheckRow } from '../../console/src/api/types.ts';
import {
  type Decisions,
  decisionOf,
  decisionsOf,
  tableOf,
  toggled,
} from '../../console/src/pages/quality/decisions.ts';

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
  ...change,
});
const none: Decisions = new Map();

test('a decision goes through a table and comes back, whatever the texts are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.string(), (value, update, dn) => {
      const one = row({ value, update, dn });
      const back = decisionsOf(tableOf([one, row({ attribute: 'cn' })], toggled(none, one)));
      assert.deepEqual(decisionOf(back, one), { action: 'EDIT', update });
      assert.equal(back.size, 1);
    }),
  );
});

test('deciding twice is not deciding; what has no proposal cannot be accepted', () => {
  assert.equal(toggled(toggled(none, row()), row()).size, 0);
  assert.equal(toggled(none, row({ action: null })).size, 0);
});

test('a cell that a spreadsheet would run is written as text', () => {
  assert.match(tableOf([row({ value: '=HYPERLINK("x")' })], none), /"'=HYPERLINK\(""x""\)"/);
});

test('a table that is none, and an action that is none, are refused with what is wrong', () => {
  assert.throws(() => decisionsOf('a,b\r\n1,2\r\n'), /no column DISTINGUISHEDNAME/);
  assert.throws(() => decisionsOf(tableOf([row()], none).replace('"EDIT",""', '"EDIT","ZAP"')), /Line 2: "ZAP"/);
});
