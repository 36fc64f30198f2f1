/**
 * The security layer after a GSS-SPNEGO bind with NTLM (active-directory s.1.4): every buffer is a length of four bytes, a
 * signature of sixteen and the RC4 ciphertext of one or more LDAP messages.
 */
import type { NtlmSession } from '../model/crypto/ntlm-session.ts';
import { BerError } from './ber-reader.ts';

export interface SecurityLayer {
  /** What to send for one message. Must be called in the order of sending. */
  wrap(message: Buffer): Buffer;
  /** Plain bytes for what arrived. Throws if they were changed on the way. */
  unwrap(chunk: Buffer, onPlain: (plain: Buffer) => void): void;
  end(): void;
}

const SIGNATURE_BYTES = 16;

export function ntlmLayer(session: NtlmSession, maxBytes: number): SecurityLayer {
  let pieces: Buffer[] = [];
  let collected = 0;
  let needed = 4;
  return {
    wrap(message) {
      const wrapped = Buffer.allocUnsafe(4 + SIGNATURE_BYTES + message.length);
      wrapped.writeUInt32BE(SIGNATURE_BYTES + message.length, 0);
      message.copy(wrapped, 4 + SIGNATURE_BYTES);
      const signature = session.seal(wrapped.subarray(4 + SIGNATURE_BYTES));
      wrapped.set(signature, 4);
      return wrapped;
    },
    unwrap(chunk, onPlain) {
      pieces.push(chunk);
      collected += chunk.length;
      if (collected < needed) return;
      let data = pieces.length === 1 ? chunk : Buffer.concat(pieces, collected);
      while (data.length >= 4) {
        const length = data.readUInt32BE(0);
        if (length < SIGNATURE_BYTES || length > maxBytes) throw new BerError('A sealed buffer has no usable length.');
        if (data.length < 4 + length) break;
        const plain = Buffer.from(data.subarray(4 + SIGNATURE_BYTES, 4 + length));
        session.unseal(plain, data.subarray(4, 4 + SIGNATURE_BYTES));
        onPlain(plain);
        data = data.subarray(4 + length);
      }
      pieces = data.length === 0 ? [] : [data];
      collected = data.length;
      needed = data.length < 4 ? 4 : 4 + data.readUInt32BE(0);
    },
    end: () => session.wipe(),
  };
}
