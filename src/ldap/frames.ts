/** Cutting a byte stream into LDAP messages, which may arrive in any pieces. */
import { BerError } from './ber-reader.ts';

export const DEFAULT_MAX_MESSAGE_BYTES = 128 << 20;

/** Collects what arrives until a whole message is there. A message inside of one piece is not copied. */
export class FrameReader {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #collected = 0;
  /** Bytes that must be there before another look is worth it. */
  #needed = 0;

  constructor(maxBytes = DEFAULT_MAX_MESSAGE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the stream stands in the middle of a message. */
  get isPartial(): boolean {
    return this.#collected > 0;
  }

  /** Hands each message that is complete now to `onMessage`, envelope included. Throws `BerError`. */
  push(chunk: Buffer, onMessage: (buffer: Buffer, from: number, to: number) => void): void {
    let data = chunk;
    if (this.#collected > 0) {
      this.#pieces.push(chunk);
      this.#collected += chunk.length;
      if (this.#collected < this.#needed) return;
      data = Buffer.concat(this.#pieces, this.#collected);
      this.#pieces = [];
      this.#collected = 0;
    }
    let at = 0;
    while (at < data.length) {
      const size = messageSize(data, at);
      if (size > this.#maxBytes) {
        throw new BerError(`A message of ${size} bytes is more than the ${this.#maxBytes} that are accepted.`);
      }
      if (size === 0 || at + size > data.length) {
        const rest = data.subarray(at);
        this.#pieces = [rest];
        this.#collected = rest.length;
        this.#needed = size === 0 ? rest.length + 1 : size;
        return;
      }
      onMessage(data, at, at + size);
      at += size;
    }
  }
}

/** Bytes of the message that begins at `at`, 0 if that cannot be said yet. */
function messageSize(data: Buffer, at: number): number {
  if (data[at] !== 0x30) throw new BerError('What the server sends is no LDAP.');
  if (at + 1 >= data.length) return 0;
  const first = data[at + 1]!;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new BerError('A message has no usable length.');
  if (at + 2 + size > data.length) return 0;
  return 2 + size + data.readUIntBE(at + 2, size);
}
