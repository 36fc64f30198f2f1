import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BerError, BerReader } from './ber-reader.ts';
import { BerWriter } from './ber-writer.ts';

test('integers come back in the fewest bytes that hold them', () => {
  const encode = (value: number): string => {
    const writer = new BerWriter(4);
    writer.integer(value);
    return writer.bytes().toString('hex');
  };
  assert.equal(encode(0), '020100');
  assert.equal(encode(127), '02017f');
  assert.equal(encode(128), '02020080');
  assert.equal(encode(-1), '0201ff');
  assert.equal(encode(-129), '0202ff7f');
  assert.equal(encode(0x8000_0000 | 0), '020480000000');
  assert.equal(encode(0x8000_0000), '02050080000000');
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }), (value) => {
      assert.equal(new BerReader(Buffer.from(encode(value), 'hex')).integer(), value);
    }),
  );
});

test('octet strings and nested sequences of every length come back', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 }), fc.string(), (values, text) => {
      const writer = new BerWriter(1);
      const outer = writer.begin(0x30);
      const inner = writer.begin(0x31);
      for (const value of values) writer.octets(value);
      writer.end(inner);
      writer.octets(text, 0x80);
      writer.boolean(true);
      writer.end(outer);
      const reader = new BerReader(writer.bytes());
      reader.enter(0x30);
      const afterInner = reader.enter(0x31);
      for (const value of values) assert.deepEqual(reader.octets(), Buffer.from(value));
      assert.equal(reader.peek(), -1);
      reader.leave(afterInner);
      // A lone surrogate has no UTF-8 form and becomes the replacement character, as everywhere in Node.
      assert.equal(reader.text(0x80), Buffer.from(text).toString('utf8'));
      assert.equal(reader.boolean(), true);
      assert.equal(reader.peek(), -1);
    }),
  );
});

test('lengths change their form at 128, 256 and 65,536 bytes', () => {
  for (const [size, header] of [
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ] as const) {
    const writer = new BerWriter();
    writer.octets(Buffer.alloc(size));
    assert.equal(
      writer
        .bytes()
        .subarray(0, header.length / 2)
        .toString('hex'),
      header,
    );
  }
});

test('elements that lie about their length are refused', () => {
  for (const bytes of [
    '30',
    '3005',
    '30800000',
    '3085ffffffffff',
    '3003020401',
    '04ffffffff',
    '0207000000000000ff',
    '0200',
  ]) {
    const reader = new BerReader(Buffer.from(bytes, 'hex'));
    assert.throws(() => {
      if (reader.peek() === 0x30) reader.enter(0x30);
      reader.integer();
    }, BerError);
  }
});

test('an inner element cannot reach beyond the one around it', () => {
  // SEQUENCE of 3 bytes whose octet string claims 10, with more bytes behind the sequence.
  const reader = new BerReader(Buffer.from('3003040a41424344454647484950', 'hex'));
  reader.enter(0x30);
  assert.throws(() => reader.octets(), BerError);
});
