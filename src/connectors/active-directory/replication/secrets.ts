/** Decryption of secret attributes (MS-DRSR s.4.1.10.2, ENCRYPTED_PAYLOAD; MS-SAMR s.2.2.11.1). */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Rc4 } from '../../../model/crypto/rc4.ts';
import { decryptDesBlock } from './des.ts';
import { NdrError } from './ndr.ts';

/** The checksum under the encryption is wrong: the session key is another one, or the value was changed. */
export class SessionKeyError extends Error {
  override readonly name = 'SessionKeyError';
}

/** ENCRYPTED_PAYLOAD: a salt of 16 bytes, then under RC4 a CRC32 and the value. The caller wipes the result. */
export function decryptPayload(sessionKey: Uint8Array, payload: Buffer): Buffer {
  if (payload.length < 20) throw new NdrError(`a secret of ${payload.length} bytes is truncated.`);
  // In one call: to set up a hash for 32 bytes takes longer than to compute it.
  const seed = Buffer.allocUnsafeSlow(sessionKey.length + 16);
  seed.set(sessionKey);
  seed.set(payload.subarray(0, 16), sessionKey.length);
  const key = hash('md5', seed, 'buffer');
  seed.fill(0);
  const cipher = new Rc4(key);
  key.fill(0);
  const plain = Buffer.from(payload.subarray(16));
  cipher.apply(plain);
  cipher.wipe();
  const value = plain.subarray(4);
  if (crc32(value) !== plain.readUInt32LE()) {
    plain.fill(0);
    throw new SessionKeyError('The checksum of a secret attribute is wrong.');
  }
  return value;
}

/** The NT hash under two blocks of DES keyed by the relative identifier of the account (MS-SAMR s.2.2.11.1.3). */
export function removeRidEncryption(value: Buffer, rid: number): Buffer {
  if (value.length !== 16) throw new NdrError(`a password hash of ${value.length} bytes is malformed.`);
  const plain = Buffer.allocUnsafeSlow(16);
  const key = Buffer.alloc(8);
  for (const [half, order] of keyOrders.entries()) {
    spreadKey(rid, order, key);
    decryptDesBlock(key, value.subarray(8 * half, 8 * half + 8), plain.subarray(8 * half, 8 * half + 8));
  }
  return plain;
}

/** Which bytes of the relative identifier, little-endian, make the seven bytes of each key. */
const keyOrders = [
  [0, 1, 2, 3, 0, 1, 2],
  [3, 0, 1, 2, 3, 0, 1],
] as const;

/** Seven bytes spread over eight, seven bits each, the lowest bit left for parity (MS-SAMR s.2.2.11.1.2). */
function spreadKey(rid: number, order: readonly number[], out: Uint8Array): void {
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const byte of order) {
    bits = ((bits << 8) | ((rid >>> (8 * byte)) & 255)) & 0x7fff;
    held += 8;
    for (; held >= 7; held -= 7) out[at++] = ((bits >> (held - 7)) & 127) << 1;
  }
}
