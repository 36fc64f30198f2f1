/** Signing and sealing after an NTLM authentication with extended session security (MS-NLMP s.3.4). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Rc4 } from './rc4.ts';

export type NtlmSide = 'client' | 'server';

/** A message whose signature is wrong: changed, replayed, out of order or of another session. */
export class NtlmSignatureError extends Error {
  override readonly name = 'NtlmSignatureError';
}

const magic = {
  client: 'session key to client-to-server',
  server: 'session key to server-to-client',
} as const;

/** MS-NLMP s.3.4.5.2 and s.3.4.5.3, for 128-bit keys: the only strength that is accepted here. */
export function directionKey(sessionKey: Uint8Array, from: NtlmSide, use: 'signing' | 'sealing'): Buffer {
  return createHash('md5').update(sessionKey).update(`${magic[from]} ${use} key magic constant\0`).digest();
}

class Direction {
  readonly #signKey: Buffer;
  readonly #cipher: Rc4;
  #sequence = 0;

  constructor(sessionKey: Uint8Array, from: NtlmSide) {
    this.#signKey = directionKey(sessionKey, from, 'signing');
    const sealKey = directionKey(sessionKey, from, 'sealing');
    this.#cipher = new Rc4(sealKey);
    sealKey.fill(0);
  }

  apply(data: Uint8Array): void {
    this.#cipher.apply(data);
  }

  checksum(message: Uint8Array): Buffer {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(this.#sequence);
    return createHmac('md5', this.#signKey).update(sequence).update(message).digest().subarray(0, 8);
  }

  /** MS-NLMP s.2.2.2.9.2: version 1, the encrypted checksum, the sequence number. */
  signature(checksum: Buffer): Buffer {
    const signature = Buffer.alloc(16);
    signature.writeUInt32LE(1, 0);
    signature.set(checksum, 4);
    this.#cipher.apply(signature.subarray(4, 12));
    signature.writeUInt32LE(this.#sequence, 12);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return signature;
  }

  wipe(): void {
    this.#signKey.fill(0);
    this.#cipher.wipe();
  }
}

/** One side of an authenticated session. Messages must be sealed and opened strictly in order. */
export class NtlmSession {
  /** The exported session key (16 bytes): MS-DRSR derives the keys of secret attributes from it. */
  readonly sessionKey: Buffer;
  readonly #sending: Direction;
  readonly #receiving: Direction;

  constructor(sessionKey: Buffer, side: NtlmSide = 'client') {
    this.sessionKey = sessionKey;
    this.#sending = new Direction(sessionKey, side);
    this.#receiving = new Direction(sessionKey, side === 'client' ? 'server' : 'client');
  }

  /** Encrypts `message[from, to)` in place and returns the 16-byte signature of the whole plain message. */
  seal(message: Buffer, from = 0, to = message.length): Buffer {
    const checksum = this.#sending.checksum(message);
    this.#sending.apply(message.subarray(from, to));
    return this.#sending.signature(checksum);
  }

  /** The 16-byte signature of a message that travels in the clear. */
  sign(message: Uint8Array): Buffer {
    return this.#sending.signature(this.#sending.checksum(message));
  }

  /** Decrypts `message[from, to)` in place and checks the signature; throws `NtlmSignatureError` if it is wrong. */
  unseal(message: Buffer, signature: Uint8Array, from = 0, to = message.length): void {
    this.#receiving.apply(message.subarray(from, to));
    this.verify(message, signature);
  }

  /** Checks the signature of a message that came in the clear. */
  verify(message: Uint8Array, signature: Uint8Array): void {
    const expected = this.#receiving.signature(this.#receiving.checksum(message));
    if (signature.length !== 16 || !timingSafeEqual(expected, signature)) {
      throw new NtlmSignatureError(
        'A message of the server has a wrong NTLM signature; the connection cannot be used.',
      );
    }
  }

  /** Overwrites all key material. */
  wipe(): void {
    this.sessionKey.fill(0);
    this.#sending.wipe();
    this.#receiving.wipe();
  }
}
