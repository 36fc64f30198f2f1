import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeKeyIndex } from './key-index.ts';

test('the table says what a plain map says', () => {
  const entry = fc.tuple(
    fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', 'c') }),
    fc.integer({ min: 1, max: 30 }),
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 200 }), fc.integer(), (entries, seed) => {
      const index = makeKeyIndex(seed);
      const model = new Map<string, number[]>();
      const sorted = [...entries].sort((a, b) => a[1] - b[1]);
      // Objects come one after the other; here every third is the same identity as the one before.
      const identity = (id: number) => Math.floor(id / 3);
      for (const [key, id] of sorted) {
        index.add(key, id, identity(id));
        model.set(key, [...new Set([...(model.get(key) ?? []), id])]);
      }
      for (const [key, ids] of model) {
        const identities = new Set(ids.map(identity));
        assert.equal(index.isContested(key), identities.size > 1);
        assert.equal(index.first(key), ids[0]);
        for (const id of ids) assert.equal(index.isTaken(key, identity(id)), identities.size > 1);
        assert.equal(index.isTaken(key, -1), true);
      }
      assert.equal(index.isTaken('zzz', 1), false);
      assert.equal(index.first('zzz'), undefined);
      assert.equal(index.size, model.size);
      const contested = [...model.values()].filter((ids) => new Set(ids.map(identity)).size > 1);
      assert.equal([...index.contested()].length, contested.length);
    }),
  );
});

test('it grows, and keeps what it had', () => {
  const index = makeKeyIndex();
  for (let i = 0; i < 50_000; i++) index.add(`smtp:user${i}@contoso.com`, i + 1, i + 1);
  assert.equal(index.size, 50_000);
  for (let i = 0; i < 50_000; i += 997) {
    assert.equal(index.first(`smtp:user${i}@contoso.com`), i + 1);
    assert.equal(index.isContested(`smtp:user${i}@contoso.com`), false);
  }
});
