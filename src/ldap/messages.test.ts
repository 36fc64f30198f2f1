import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BerError, BerReader } from './ber-reader.ts';
import { BerWriter } from './ber-writer.ts';
import { dirSync, extendedDn, nextPageCookie, pagedResults, readDirSync, securityDescriptorFlags } from './controls.ts';
import { FrameReader } from './frames.ts';
import { encodeMessage, searchOperation, simpleBindOperation } from './requests.ts';
import { EntryReader, RESPONSE, readIntermediate, readReference, readResult } from './responses.ts';

/** A SearchResultEntry message with the attributes as given, names with their options. */
function entryMessage(
  id: number,
  dn: string,
  attributes: readonly (readonly [string, readonly Uint8Array[]])[],
): Buffer {
  const writer = new BerWriter();
  const start = writer.begin(0x64);
  writer.octets(dn);
  const list = writer.begin(0x30);
  for (const [name, values] of attributes) {
    const attribute = writer.begin(0x30);
    writer.octets(name);
    const set = writer.begin(0x31);
    for (const value of values) writer.octets(value);
    writer.end(set);
    writer.end(attribute);
  }
  writer.end(list);
  writer.end(start);
  return encodeMessage(id, writer.bytes());
}

const attributeName = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,20}(;range=[0-9]{1,4}-[0-9*]{1,4})?$/);
const anEntry = fc.tuple(fc.string(), fc.array(fc.tuple(attributeName, fc.array(fc.uint8Array({ maxLength: 40 })))));

test('entries come back, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(anEntry, { maxLength: 8 }), fc.array(fc.nat(2000), { maxLength: 20 }), (entries, cuts) => {
      const stream = Buffer.concat(entries.map(([dn, attributes], i) => entryMessage(i + 1, dn, attributes)));
      const frames = new FrameReader();
      const entryReader = new EntryReader();
      const seen: { id: number; dn: string; attributes: [string, Buffer[]][] }[] = [];
      const borders = [0, ...cuts.map((c) => c % (stream.length + 1)).sort((a, b) => a - b), stream.length];
      for (let i = 1; i < borders.length; i++) {
        frames.push(stream.subarray(borders[i - 1], borders[i]), (buffer, from, to) => {
          const reader = new BerReader(buffer, from, to);
          reader.enter(0x30);
          const id = reader.integer();
          const entry = entryReader.read(reader);
          const attributes = entry.attributes.map((a): [string, Buffer[]] => [
            a.options === '' ? a.name : `${a.name};${a.options}`,
            a.values.map((v) => Buffer.from(v)),
          ]);
          seen.push({ id, dn: entry.dn, attributes });
        });
      }
      assert.equal(frames.isPartial, false);
      const expected = entries.map(([dn, attributes], i) => ({
        id: i + 1,
        dn: Buffer.from(dn).toString('utf8'),
        attributes: attributes.map(([name, values]): [string, Buffer[]] => [name, values.map((v) => Buffer.from(v))]),
      }));
      assert.deepEqual(seen, expected);
    }),
  );
});

test('an attribute without values is there, and is not the same as none', () => {
  const message = entryMessage(1, 'cn=a', [['member', []]]);
  const reader = new BerReader(message);
  reader.enter(0x30);
  reader.integer();
  assert.deepEqual(new EntryReader().read(reader).attributes, [{ name: 'member', options: '', values: [] }]);
});

/** What a hostile or broken server may send: nothing but `BerError` may come of it. */
function decodeAnything(bytes: Buffer): void {
  const entries = new EntryReader();
  new FrameReader(1 << 16).push(bytes, (buffer, from, to) => {
    for (const decode of [
      (r: BerReader) => entries.read(r),
      (r: BerReader) => readResult(r, r.peek()),
      (r: BerReader) => readReference(r),
      (r: BerReader) => readIntermediate(r),
    ]) {
      const reader = new BerReader(buffer, from, to);
      try {
        reader.enter(0x30);
        reader.integer();
        decode(reader);
      } catch (error) {
        assert.ok(error instanceof BerError, String(error));
      }
      assert.ok(reader.at <= to);
    }
  });
}

test('random bytes never do more than fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (random, framed) => {
      const content = Buffer.from(random);
      const bytes = framed ? encodeMessage(1, content) : content;
      try {
        decodeAnything(bytes);
      } catch (error) {
        assert.ok(error instanceof BerError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('truncated and damaged messages never do more than fail', () => {
  fc.assert(
    fc.property(anEntry, fc.nat(), fc.nat(), fc.nat(255), ([dn, attributes], cut, at, value) => {
      const message = entryMessage(7, dn, [...attributes, ['cn', [Buffer.from('x')]]]);
      const damaged = Buffer.from(message.subarray(0, 1 + (cut % message.length)));
      damaged[at % damaged.length] = value;
      try {
        decodeAnything(damaged);
      } catch (error) {
        assert.ok(error instanceof BerError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a message that claims to be too large ends the stream at once', () => {
  const frames = new FrameReader(1000);
  assert.throws(() => frames.push(Buffer.from('3084ffffffff', 'hex'), () => undefined), BerError);
  assert.throws(() => new FrameReader().push(Buffer.from('HTTP/1.1 400'), () => undefined), /no LDAP/);
});

test('a large message in small pieces takes linear time', () => {
  const message = entryMessage(1, 'cn=big', [['jpegPhoto', [Buffer.alloc(8 << 20, 1)]]]);
  const frames = new FrameReader();
  let size = 0;
  const start = performance.now();
  for (let at = 0; at < message.length; at += 1024) {
    frames.push(message.subarray(at, at + 1024), (_, from, to) => {
      size = to - from;
    });
  }
  assert.equal(size, message.length);
  // Quadratic copying would be 8192 pieces * 4 MiB = 32 GiB.
  assert.ok(performance.now() - start < 2000);
});

test('requests are the bytes that RFC 4511 asks for', () => {
  assert.equal(encodeMessage(1, simpleBindOperation('u', 'p')).toString('hex'), '300e0201016009020103040175800170');
  assert.equal(
    encodeMessage(2, searchOperation({ base: '', scope: 'base', filter: '(a=*)', attributes: ['b'] })).toString('hex'),
    '301e020102631904000a01000a01000201000201000101008701613003040162',
  );
});

test('results carry referrals, extended values and controls', () => {
  const writer = new BerWriter();
  const start = writer.begin(RESPONSE.extended);
  writer.enumerated(10);
  writer.octets('dc=a');
  writer.octets('go there');
  const referral = writer.begin(0xa3);
  writer.octets('ldap://b/dc=a');
  writer.end(referral);
  writer.octets('1.2.3', 0x8a);
  writer.octets('value', 0x8b);
  writer.end(start);
  const message = encodeMessage(5, writer.bytes(), [
    { oid: '9.9', critical: true, value: Buffer.from('c') },
    { oid: '8' },
  ]);
  const reader = new BerReader(message);
  reader.enter(0x30);
  assert.equal(reader.integer(), 5);
  assert.deepEqual(readResult(reader, RESPONSE.extended), {
    code: 10,
    matchedDn: 'dc=a',
    message: 'go there',
    referrals: ['ldap://b/dc=a'],
    controls: [
      { oid: '9.9', critical: true, value: Buffer.from('c') },
      { oid: '8', critical: false },
    ],
    oid: '1.2.3',
    value: Buffer.from('value'),
  });
});

test('control values are the bytes of the documentation', () => {
  const hex = (control: { value?: Buffer }): string => (control.value ?? Buffer.alloc(0)).toString('hex');
  // active-directory s.3.1: flags 0x80000000, 1 MiB, no cookie.
  assert.equal(hex(dirSync({ flags: 0x8000_0000, maxBytes: 1_048_576 })), '300d02048000000002031000000400');
  assert.equal(hex(pagedResults(1000)), '3006020203e80400');
  assert.equal(hex(extendedDn('text')), '3003020101');
  assert.equal(hex(securityDescriptorFlags(7)), '3003020107');
});

test('cookies come back; no cookie is the end', () => {
  const cookie = Buffer.from('abc');
  assert.deepEqual(nextPageCookie([pagedResults(0, cookie)]), cookie);
  assert.equal(nextPageCookie([pagedResults(0)]), undefined);
  assert.equal(nextPageCookie([]), undefined);
  assert.deepEqual(readDirSync([dirSync({ flags: 1, maxBytes: 0, cookie })]), { more: true, cookie });
  assert.deepEqual(readDirSync([dirSync({ flags: 0, maxBytes: 0 })]), { more: false, cookie: Buffer.alloc(0) });
  assert.equal(readDirSync([]), undefined);
  assert.throws(() => nextPageCookie([{ ...pagedResults(1), value: Buffer.from('30') }]), BerError);
});
