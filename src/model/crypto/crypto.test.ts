import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { md4, ntHash } from './md4.ts';
import { Rc4, rc4 } from './rc4.ts';

test('MD4 gives the digests of RFC 1320, appendix A.5', () => {
  const suite: Record<string, string> = {
    '': '31d6cfe0d16ae931b73c59d7e0c089c0',
    a: 'bde52cb31de33e46245e05fbdbd6fb24',
    abc: 'a448017aaf21d8525fc10ae87aa6729d',
    'message digest': 'd9130a8164549fe818874806e1c7014b',
    abcdefghijklmnopqrstuvwxyz: 'd79e1c308aa5bbcdeea8ed63df412da9',
    ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: '043f8582f241db351ce627e153e7f0e4',
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890':
      'e33b4ddc9c38f2199c3e7b164fcc0536',
  };
  for (const [text, digest] of Object.entries(suite))
    assert.equal(md4(Buffer.from(text)).toString('hex'), digest, text);
});

test('MD4 pads at every length around a block border', () => {
  // Computed once with a second implementation (OpenSSL's legacy provider): MD4 over the digests of 0..130 letters.
  const digests = Array.from({ length: 131 }, (_, n) => md4(Buffer.alloc(n, 'x')));
  assert.equal(new Set(digests.map((d) => d.toString('hex'))).size, 131);
  assert.equal(
    createHash('sha256').update(Buffer.concat(digests)).digest('hex'),
    '73dccf0c96189726e21725b1b0ec4be5320106be39867c94f9178373a09ba2d4',
  );
});

test('the NT hash of a password', () => {
  assert.equal(ntHash('Passw0rd!23').toString('hex'), '308ed5a14508a1b4f34487a88dafeac6');
  assert.equal(ntHash('password').toString('hex'), '8846f7eaee8fb117ad06bdd830b7586c');
});

test('RC4 gives the key streams of RFC 6229', () => {
  const zeros = (key: string, at: number): string =>
    rc4(Buffer.from(key, 'hex'), Buffer.alloc(at + 16))
      .subarray(at)
      .toString('hex');
  assert.equal(zeros('0102030405', 0), 'b2396305f03dc027ccc3524a0a1118a8');
  assert.equal(zeros('0102030405', 16), '6982944f18fc82d589c403a47a0d0919');
  assert.equal(zeros('0102030405060708090a0b0c0d0e0f10', 0), '9ac7cc9a609d1ef7b2932899cde41b97');
  assert.equal(zeros('0102030405060708090a0b0c0d0e0f10', 16), '5248c4959014126a6e8a84f11d1a9e1c');
  assert.equal(
    zeros('1ada31d5cf688221c109163908ebe51debb46227c6cc8b37641910833222772a', 0),
    'dd5bcb0018e922d494759d7c395d02d3',
  );
});

test('RC4 goes on with the key stream, however the data is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.uint8Array(), fc.nat(200), (key, data, cut) => {
      const whole = rc4(key, data);
      const cipher = new Rc4(key);
      const pieces = Buffer.from(data);
      cipher.apply(pieces.subarray(0, cut));
      cipher.apply(pieces.subarray(cut));
      assert.deepEqual(pieces, whole);
      assert.deepEqual(rc4(key, whole), Buffer.from(data));
    }),
  );
});

test('RC4 refuses an empty key', () => {
  assert.throws(() => new Rc4(Buffer.alloc(0)), RangeError);
});
