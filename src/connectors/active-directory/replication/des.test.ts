import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { decryptDesBlock } from './des.ts';

function decrypt(key: Uint8Array, block: Uint8Array): string {
  const out = new Uint8Array(8);
  decryptDesBlock(key, block, out);
  return Buffer.from(out).toString('hex');
}
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test('published vectors (NIST SP 800-17, tables A.1 and A.3)', () => {
  for (const [key, plain, cipher] of [
    ['0101010101010101', '8000000000000000', '95f8a5e5dd31d900'],
    ['0101010101010101', '0000000000000001', '166b40b44aba4bd6'],
    ['8001010101010101', '0000000000000000', '95a8d72813daa94d'],
    ['0101010101010102', '0000000000000000', '869efd7f9f265a09'],
  ] as const)
    assert.equal(decrypt(hex(key), hex(cipher)), plain);
});

test('any key and block as OpenSSL has it', () => {
  const eight = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(eight, eight, (key, block) => {
      const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null);
      cipher.setAutoPadding(false);
      const encrypted = Buffer.concat([cipher.update(block), cipher.final()]);
      assert.equal(decrypt(key, encrypted), Buffer.from(block).toString('hex'));
    }),
    { numRuns: 500 },
  );
});

test('other lengths are refused', () => {
  assert.throws(() => decryptDesBlock(new Uint8Array(7), new Uint8Array(8), new Uint8Array(8)), RangeError);
  assert.throws(() => decryptDesBlock(new Uint8Array(8), new Uint8Array(9), new Uint8Array(8)), RangeError);
});
