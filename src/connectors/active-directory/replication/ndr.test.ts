import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NdrError, NdrReader, NdrWriter } from './ndr.ts';

test('what is written is read again, whatever the alignment', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
    fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
    fc.record({ kind: fc.constant('u64' as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
    fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 40 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const writer = new NdrWriter();
      for (const s of steps) {
        if (s.kind === 'u64') writer.u64(s.value);
        else if (s.kind === 'bytes') writer.bytes(s.value);
        else writer[s.kind](s.value);
      }
      const reader = new NdrReader(writer.finish());
      for (const s of steps) {
        if (s.kind === 'bytes') assert.deepEqual(reader.bytes(s.value.length, 'x'), Buffer.from(s.value));
        else assert.equal(reader[s.kind]('x'), s.value);
      }
      assert.equal(reader.remaining, 0);
    }),
  );
});

test('a count that cannot be true is refused before anything is allocated', () => {
  const reader = new NdrReader(new NdrWriter().u32(0xffffffff).u32(1).finish());
  assert.throws(() => reader.count('the objects', 28), /the objects at byte 0 counts 4294967295/);
});

test('reading past the end is an error that names the place', () => {
  const reader = new NdrReader(Buffer.alloc(6));
  reader.u32('a');
  assert.throws(() => reader.u32('the rest'), new NdrError('it ends inside the rest at byte 4.'));
});
