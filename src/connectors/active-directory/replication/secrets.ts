/** Decryption of secret attributes (MS-DRSR s.4.1.10.2, ENCRYPTED_PAYLOAD; MS-SAMR s.2.2.11.1). */
import { createDecipheriv, createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Rc4 } from '../../../model/crypto/rc4.ts';
import { NdrError } from './ndr.ts';

/** The checksum under the encryption is wrong: the session key is another one, or the value was changed. */
export class SessionKeyError extends Error {
  override readonly name = 'SessionKeyError';
}

/** ENCRYPTED_PAYLOAD: a salt of 16 bytes, then under RC4 a CRC32 and the value. The caller wipes the result. */
export function decryptPayload(sessionKey: Uint8Array, payload: Buffer): Buffer {
  if (payload.length < 20) throw new NdrError(`a secret of ${payload.length} bytes is truncated.`);
  const key = createHash('md5').update(sessionKey).update(payload.subarray(0, 16)).digest();
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
  const r = Buffer.alloc(4);
  r.writeUInt32LE(rid);
  const first = Buffer.from([r[0]!, r[1]!, r[2]!, r[3]!, r[0]!, r[1]!, r[2]!]);
  const second = Buffer.from([r[3]!, r[0]!, r[1]!, r[2]!, r[3]!, r[0]!, r[1]!]);
  return Buffer.concat([des(first, value.subarray(0, 8)), des(second, value.subarray(8))]);
}

/** One block of single DES. OpenSSL 3 offers only the triple kind, which is the single one if all keys are equal. */
function des(key: Buffer, block: Buffer): Buffer {
  const expanded = expandKey(key);
  const decipher = createDecipheriv('des-ede3', Buffer.concat([expanded, expanded, expanded]), null);
  decipher.setAutoPadding(false);
  return Buffer.concat([decipher.update(block), decipher.final()]);
}

/** Seven bytes spread over eight, seven bits each, the lowest bit left for parity (MS-SAMR s.2.2.11.1.2). */
function expandKey(key: Buffer): Buffer {
  const bits = BigInt(`0x${key.toString('hex')}`);
  return Buffer.from(Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(49 - 7 * i)) & 0x7fn) << 1));
}
