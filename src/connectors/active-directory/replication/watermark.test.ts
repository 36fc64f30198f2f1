import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeWatermark, encodeWatermark, type Watermark } from './watermark.ts';

const usn = fc.bigInt(0n, 2n ** 64n - 1n);
const watermark: fc.Arbitrary<Watermark> = fc.record(
  {
    invocationId: fc.uuid(),
    usn: fc.tuple(usn, usn, usn),
    cursors: fc.array(fc.tuple(fc.uuid(), usn).map(([invocationId, n]) => ({ invocationId, usn: n }))),
  },
  { noNullPrototype: true },
);

test('a watermark survives the store, with 64-bit numbers', () => {
  fc.assert(
    fc.property(watermark, (value) => {
      assert.deepEqual(decodeWatermark(encodeWatermark(value)), value);
    }),
  );
});

test('text that is no watermark asks for a full read', () => {
  for (const text of ['', 'null', '{}', '[]', '{"invocationId":"x","usn":["1","2","3"],"cursors":[]}']) {
    assert.equal(decodeWatermark(text), undefined, text);
  }
  const good = encodeWatermark({
    invocationId: '516c09df-270b-45c0-8b3f-c0db7cc249a6',
    usn: [1n, 2n, 3n],
    cursors: [],
  });
  assert.equal(decodeWatermark(good.replace('"3"', '"18446744073709551616"')), undefined);
  assert.equal(decodeWatermark(good.replace('"3"', '"-3"')), undefined);
});
