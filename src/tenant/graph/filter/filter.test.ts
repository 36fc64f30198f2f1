import assert from 'node:assert/strict';
import type { SQLInputValue } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDatabase } from '../../store/database.ts';
import { ObjectStore } from '../../store/objects.ts';
import type { Filter } from './ast.ts';
import { driverQuery, findDriver } from './driver.ts';
import { parseFilter } from './parser.ts';
import { compileFilter, type Sql } from './sql.ts';

test('and binds tighter than or, not tightest; brackets and quotes are kept', () => {
  assert.deepEqual(parseFilter("a eq 1 or b eq 'x''y' and not (c eq true)"), {
    kind: 'or',
    parts: [
      { kind: 'compare', operator: 'eq', path: ['a'], value: 1 },
      {
        kind: 'and',
        parts: [
          { kind: 'compare', operator: 'eq', path: ['b'], value: "x'y" },
          { kind: 'not', part: { kind: 'compare', operator: 'eq', path: ['c'], value: true } },
        ],
      },
    ],
  });
  assert.deepEqual(parseFilter("p/any(x:startsWith(x/y,'a'))"), {
    kind: 'lambda',
    name: 'any',
    path: ['p'],
    variable: 'x',
    part: { kind: 'text', name: 'startswith', path: ['x', 'y'], value: 'a' },
  });
  assert.deepEqual(parseFilter('id eq 19ec0d23-8335-4cbd-94ac-6050e30712fa'), {
    kind: 'compare',
    operator: 'eq',
    path: ['id'],
    value: '19ec0d23-8335-4cbd-94ac-6050e30712fa',
  });
});

const text = fc.constantFrom('', 'a', 'A', 'ab', 'B', 'ß', 'É', "o'x", 'a%', 'a_');
const person = fc.record({
  displayName: text.filter((t) => t !== ''),
  department: fc.option(text, { nil: null }),
  accountEnabled: fc.boolean(),
  proxyAddresses: fc.uniqueArray(fc.constantFrom('SMTP:a@x', 'smtp:b@x', 'SIP:a@x'), { maxLength: 3 }),
  createdDateTime: fc.constantFrom('2025-12-31T00:00:00Z', '2026-01-01T00:00:00Z'),
});
const literal = text.map((t) => `'${t.replaceAll("'", "''")}'`);
const leaf = fc.oneof(
  fc.tuple(fc.constantFrom('displayName', 'department'), fc.constantFrom('eq', 'ne'), literal).map((p) => p.join(' ')),
  fc.tuple(fc.constantFrom('displayName', 'department'), literal, literal).map(([p, a, b]) => `${p} in (${a},${b})`),
  fc
    .tuple(fc.constantFrom('startswith', 'endswith'), fc.constantFrom('displayName', 'department'), literal)
    .map(([f, p, l]) => `${f}(${p},${l})`),
  fc.constantFrom('accountEnabled eq true', 'accountEnabled ne true', 'department eq null', 'department ne null'),
  fc.constantFrom(
    "proxyAddresses/any(p:p eq 'smtp:A@x')",
    "proxyAddresses/any(p:startswith(p,'s'))",
    "proxyAddresses/all(p:p ne 'sip:a@x')",
    'proxyAddresses/$count eq 0',
  ),
  fc.constantFrom('createdDateTime ge 2026-01-01T00:00:00Z', 'createdDateTime le 2025-12-31T12:00:00Z'),
);
const filters = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')).map(([a, o, b]) => `(${a}) ${o} (${b})`),
    tie('filter').map((f) => `not (${f})`),
  ),
})).filter;

test('through the index or without it, with a driver or without: the same objects', () => {
  const db = openDatabase(':memory:');
  const objects = new ObjectStore(db);
  const where = (condition: Sql, driver?: Sql): number[] => {
    const driven = driver ? ` AND o.seq IN (${driver.text})` : '';
    return db
      .sql(`SELECT o.seq FROM object o WHERE ${condition.text}${driven} ORDER BY o.seq`)
      .all(...(condition.values as SQLInputValue[]), ...((driver?.values ?? []) as SQLInputValue[]))
      .map((row) => Number((row as { seq: number }).seq));
  };
  fc.assert(
    fc.property(fc.array(person, { maxLength: 8 }), filters, (people, text) => {
      db.transaction(() => {
        db.exec('DELETE FROM object; DELETE FROM lookup');
        people.forEach((body, i) => {
          objects.insert({ id: String(i), kind: 'user', body });
        });
      });
      const filter: Filter = parseFilter(text);
      const scanned = where(compileFilter(filter, { kind: 'user', indexed: false }));
      assert.deepEqual(where(compileFilter(filter, { kind: 'user', indexed: true })), scanned, text);
      const driver = findDriver(filter, 'user');
      if (driver) {
        assert.deepEqual(
          where(compileFilter(filter, { kind: 'user', indexed: true }), driverQuery(driver)),
          scanned,
          text,
        );
      }
    }),
    { numRuns: 500, seed: 20260103 },
  );
  db.close();
});
