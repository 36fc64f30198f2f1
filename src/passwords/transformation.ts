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
export async function transformHash(ntHash: Uint8Array, salt: Uint8Array): Promise<string> {
  const password = hexUtf16(ntHash);
  try {
    const key = await derive(password, salt);
    return `v1;PPH1_MD4,${Buffer.from(salt).toString('hex')},${iterations},${key.toString('hex')};`;
  } finally {
    password.fill(0);
  }
}

/** The transformed hashes in the order given, each with a salt of its own, on the thread pool of Node. */
export async function transformHashes(
  hashes: readonly Uint8Array[],
  random: (size: number) => Uint8Array = randomBytes,
): Promise<string[]> {
  const results = new Array<string>(hashes.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < hashes.length) {
      const at = next++;
      results[at] = await transformHash(hashes[at]!, random(saltSize));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, hashes.length) }, worker));
  return results;
}

function derive(password: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, keySize, 'sha256', (error, key) => (error ? reject(error) : resolve(key)));
  });
}

const digits = Buffer.from('0123456789ABCDEF', 'latin1');

/** 64 bytes, never a string: strings cannot be wiped. */
function hexUtf16(hash: Uint8Array): Buffer {
  if (hash.length !== 16) throw new RangeError(`an NT hash has 16 bytes, not ${hash.length}`);
  const out = Buffer.alloc(64);
  for (let i = 0; i < 16; i++) {
    out[4 * i] = digits[hash[i]! >> 4]!;
    out[4 * i + 2] = digits[hash[i]! & 15]!;
  }
  return out;
}
