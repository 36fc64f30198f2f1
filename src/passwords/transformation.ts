/**
 * What leaves for the cloud instead of a password hash (entra-directory s.6.1): the upper-case hexadecimal NT hash as
 * UTF-16LE, through PBKDF2-HMAC-SHA256 (RFC 8018 s.5.2) with a fresh salt.
 */
import { pbkdf2, randomBytes } from 'node:crypto';

export const saltSize = 10;
/** More may break sign-in in the cloud (entra-directory s.6.1), so this is no setting. */
export const iterations = 1000;
const keySize = 32;
/** Derivations under way at a time: enough to keep every thread of the pool of Node busy. */
const concurrency = 64;

/** `v1;PPH1_MD4,<salt>,<iterations>,<hash>;` of an NT hash (16 bytes). The hash itself stays as it is. */
export function transformHash(ntHash: Uint8Array, salt: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    transform(ntHash, salt, (error, text) => (error ? reject(error) : resolve(text)));
  });
}

/** The transformed hashes in the order given, each with a salt of its own, on the thread pool of Node. */
export function transformHashes(
  hashes: readonly Uint8Array[],
  random: (size: number) => Uint8Array = randomBytes,
): Promise<string[]> {
  if (hashes.length === 0) return Promise.resolve([]);
  for (const hash of hashes) checkHash(hash);
  const salts = random(saltSize * hashes.length);
  const results = new Array<string>(hashes.length);
  return new Promise((resolve, reject) => {
    let next = 0;
    let left = hashes.length;
    // Callbacks instead of a promise each: at 15,000 a second what surrounds the derivation counts.
    const start = (): void => {
      const at = next++;
      if (at >= hashes.length) return;
      transform(hashes[at]!, salts.subarray(saltSize * at, saltSize * (at + 1)), (error, text) => {
        if (error) return reject(error);
        results[at] = text;
        if (--left === 0) resolve(results);
        else start();
      });
    };
    for (let i = 0; i < concurrency; i++) start();
  });
}

function transform(ntHash: Uint8Array, salt: Uint8Array, done: (error: Error | null, text: string) => void): void {
  const password = hexUtf16(ntHash);
  pbkdf2(password, salt, iterations, keySize, 'sha256', (error, key) => {
    if (error) return done(error, '');
    const saltText = Buffer.from(salt.buffer, salt.byteOffset, salt.byteLength).toString('hex');
    done(null, `v1;PPH1_MD4,${saltText},${iterations},${key.toString('hex')};`);
  });
  // The derivation works on a copy of its own, which OpenSSL clears.
  password.fill(0);
}

const digits = Buffer.from('0123456789ABCDEF', 'latin1');

/** 64 bytes, never a string: strings cannot be wiped. */
function hexUtf16(hash: Uint8Array): Buffer {
  checkHash(hash);
  const out = Buffer.alloc(64);
  for (let i = 0; i < 16; i++) {
    out[4 * i] = digits[hash[i]! >> 4]!;
    out[4 * i + 2] = digits[hash[i]! & 15]!;
  }
  return out;
}

function checkHash(hash: Uint8Array): void {
  if (hash.length !== 16) throw new RangeError(`an NT hash has 16 bytes, not ${hash.length}`);
}
