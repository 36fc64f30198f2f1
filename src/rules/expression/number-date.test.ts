import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { integer } from '../../model/value.ts';
import { parseCertificate } from './certificate.ts';
import { fromFiletime, instant, msOf, parseDate, toFiletime } from './date.ts';
import { compileDateFormat } from './date-format.ts';
import { derChildren, derOid, readDer } from './der.ts';
import { add, bigOf, bitAnd, bitOr, multiply, parseNumber, subtract } from './number.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyInt = fc.oneof(int64, fc.maxSafeInteger().map(BigInt), fc.integer().map(BigInt));

test('arithmetic is that of 64-bit integers, and refuses what does not fit', () => {
  const operations = [
    [add, (a: bigint, b: bigint) => a + b],
    [subtract, (a: bigint, b: bigint) => a - b],
    [multiply, (a: bigint, b: bigint) => a * b],
    [bitAnd, (a: bigint, b: bigint) => a & b],
    [bitOr, (a: bigint, b: bigint) => a | b],
  ] as const;
  fc.assert(
    fc.property(anyInt, anyInt, fc.constantFrom(...operations), (a, b, [ours, exact]) => {
      const expected = exact(a, b);
      if (BigInt.asIntN(64, expected) !== expected) assert.throws(() => ours(integer(a), integer(b)), /64 bits/);
      else assert.deepEqual(ours(integer(a), integer(b)), integer(expected));
    }),
    { numRuns: 2000, seed: 11 },
  );
});

test('a number as text is read back', () => {
  fc.assert(
    fc.property(int64, (value) => {
      assert.equal(bigOf(parseNumber(value.toString())), value);
    }),
    { seed: 12 },
  );
  for (const text of ['', '-', '1e5', '0x10', '&H', '1 2', '９', '&H11111111111111111', '1'.repeat(40)]) {
    assert.equal(parseNumber(text), undefined, text);
  }
});

const instantMs = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });

test('instants are written as Date writes them', () => {
  fc.assert(
    fc.property(instantMs, (ms) => {
      assert.equal(instant(ms).date, new Date(ms).toISOString());
    }),
    { numRuns: 2000, seed: 13 },
  );
});

test('a FILETIME becomes a date and comes back, to the last tick', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2_650_467_743_999_999_999n }), (ticks) => {
      assert.equal(bigOf(toFiletime(fromFiletime(integer(ticks)))), ticks);
    }),
    { numRuns: 1000, seed: 14 },
  );
});

test('a date in every sortable format is read back', () => {
  const formats = ['o', 'u', "yyyy-MM-dd'T'HH:mm:ss.fffK", 'MM/dd/yyyy HH:mm:ss.fff', 'dd MMM yyyy hh:mm:ss.fff tt'];
  const writers = formats.map(compileDateFormat);
  fc.assert(
    fc.property(instantMs, fc.nat(formats.length - 1), (ms, i) => {
      const text = writers[i]!(instant(ms));
      const read = parseDate(text);
      assert.ok(read, `${text} in ${formats[i]}`);
      assert.equal(msOf(read), formats[i] === 'u' ? Math.floor(ms / 1000) * 1000 : ms, text);
    }),
    { numRuns: 1000, seed: 15 },
  );
});

test('no text makes the date reader fail otherwise than by saying no', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[-0-9/:. TZapmJanuary,+]{0,40}$/), (text) => {
      const date = parseDate(text);
      assert.ok(date === undefined || !Number.isNaN(msOf(date)), text);
    }),
    { numRuns: 2000, seed: 16 },
  );
});

test('any bytes are read as DER and as a certificate or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, asSequence) => {
      const buffer = Buffer.from(asSequence ? [0x30, bytes.length, ...bytes] : bytes);
      assert.equal(parseCertificate(buffer), undefined);
      try {
        for (const child of derChildren(readDer(buffer))) if (child.tag === 6) derOid(child);
      } catch (error) {
        assert.equal((error as Error).constructor.name, 'DerError');
      }
    }),
    { numRuns: 2000, seed: 17 },
  );
  assert.equal(derOid(readDer(Buffer.from('06082a8648ce3d030107', 'hex'))), '1.2.840.10045.3.1.7');
  assert.equal(derOid(readDer(Buffer.from('0603883703', 'hex'))), '2.999.3');
});
