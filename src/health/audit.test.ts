import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../store/store.ts';
import { checkAuditChain, recordAudit } from './audit.ts';

const ana = { who: 'ana', how: 'console' } as const;

function filled(rows: number) {
  const store = openStore(':memory:');
  for (let i = 1; i <= rows; i++)
    recordAudit(store, i, ana, { action: 'set-scheduler', before: { n: i - 1 }, after: { n: i } });
  return store;
}

test('an untouched log is whole, over several pages', () => {
  using store = filled(1203);
  assert.deepEqual(checkAuditChain(store), { rows: 1203 });
});

test('a row that was changed, and a row that was taken out, are found', () => {
  for (const [sql, row] of [
    [`UPDATE audit SET after = '{"n":9}' WHERE id = 3`, 3],
    ['DELETE FROM audit WHERE id = 4', 5],
    [`UPDATE audit SET outcome = 'forbidden' WHERE id = 1`, 1],
  ] as const) {
    using store = filled(6);
    store.db.exec(sql);
    assert.equal(checkAuditChain(store).brokenAt, row, sql);
  }
});

test('pages are newest first and can be narrowed', () => {
  using store = filled(5);
  recordAudit(store, 9, { who: 'bo', how: 'command-line' }, { action: 'cycle', subject: 'delta' });
  const page = (filter: object) =>
    store.administration.auditPage({ before: Number.MAX_SAFE_INTEGER, limit: 10, ...filter }).map((r) => r.id);
  assert.deepEqual(page({ limit: 2 }), [6, 5]);
  assert.deepEqual(page({ who: 'bo' }), [6]);
  assert.deepEqual(page({ action: 'set-scheduler', before: 3 }), [2, 1]);
});
