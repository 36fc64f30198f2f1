import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { md4 } from '../model/crypto/md4.ts';
import { transformHash, transformHashes } from './transformation.ts';

const hash = (password: string): Buffer => md4(Buffer.from(password, 'utf16le'));
const salt = Buffer.from('00010203040506070809', 'hex');

test('the vectors of the transformation', async () => {
  const vectors = {
    password: '52baa8631e9b338e4800896113f174acbbfe422b2b8dd47e01a455a7fb8fb83c',
    Password1: '4c56ba69061e56881a10372f6dc5d382ff937ccb36b6b94bd6159d1fc17dc223',
    'P@ssw0rd!': '1a90087e47f6b993cfb36ac5cce70b0a8fca8c50bf0f2b2910bf04832ec9340c',
  };
  for (const [password, key] of Object.entries(vectors)) {
    assert.equal(await transformHash(hash(password), salt), `v1;PPH1_MD4,00010203040506070809,1000,${key};`);
  }
});

test('PBKDF2-HMAC-SHA256 of this platform gives the published vectors', () => {
  // RFC 7914 s.11, and the widely used SHA-256 counterpart of RFC 6070.
  const derive = (password: string, s: string, count: number, size: number): string =>
    pbkdf2Sync(password, s, count, size, 'sha256').toString('hex');
  assert.equal(
    derive('passwd', 'salt', 1, 64),
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  );
  assert.equal(
    derive('Password', 'NaCl', 80_000, 64),
    '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
  );
  assert.equal(
    derive('password', 'salt', 4096, 32),
    'c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a',
  );
});

test('many hashes keep their order and get salts of their own', async () => {
  let next = 0;
  const random = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => (next++ >> 1) & 0xff));
  const hashes = Array.from({ length: 150 }, (_, i) => hash(`password ${i}`));
  const results = await transformHashes(hashes, random);
  const salts = results.map((r) => Buffer.from(r.split(',')[1]!, 'hex'));
  assert.equal(new Set(salts.map((s) => s.toString('hex'))).size, 150);
  for (const i of [0, 63, 64, 149]) assert.equal(results[i], await transformHash(hashes[i]!, salts[i]!));
});

test('salts come from the generator of the system if none is given', async () => {
  const [one, two] = await transformHashes([hash('same'), hash('same')]);
  assert.notEqual(one, two);
  assert.match(one!, /^v1;PPH1_MD4,[0-9a-f]{20},1000,[0-9a-f]{64};$/);
});

test('the transformation is the published chain, for every hash', async () => {
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  await fc.assert(
    fc.asyncProperty(bytes(16), bytes(10), async (ntHash, s) => {
      const text = Buffer.from(Buffer.from(ntHash).toString('hex').toUpperCase(), 'utf16le');
      const key = pbkdf2Sync(text, s, 1000, 32, 'sha256').toString('hex');
      assert.equal(await transformHash(ntHash, s), `v1;PPH1_MD4,${Buffer.from(s).toString('hex')},1000,${key};`);
    }),
    { numRuns: 30 },
  );
});

test('something that is no NT hash is refused', async () => {
  await assert.rejects(transformHash(Buffer.alloc(15), salt), RangeError);
});
