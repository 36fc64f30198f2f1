/** Writing BER with definite, minimal lengths (RFC 4511 s.5.1). */

/** A growing buffer. Constructed elements are opened with `begin` and closed with `end`, innermost first. */
export class BerWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(sizeBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes);
  }

  begin(tag: number): number {
    this.#reserve(2);
    this.#buffer[this.#length] = tag;
    this.#length += 2;
    return this.#length;
  }

  /** Closes the element that `begin` returned `start` for. */
  end(start: number): void {
    const length = this.#length - start;
    if (length < 0x80) {
      this.#buffer[start - 1] = length;
      return;
    }
    const size = bytesOfLength(length);
    this.#reserve(size);
    this.#buffer.copyWithin(start + size, start, this.#length);
    this.#buffer[start - 1] = 0x80 | size;
    this.#buffer.writeUIntBE(length, start, size);
    this.#length += size;
  }

  /** A signed integer of up to 48 bits, in as few bytes as hold it. */
  integer(value: number, tag = 0x02): void {
    let size = 1;
    while (size < 6 && (value < -(2 ** (8 * size - 1)) || value >= 2 ** (8 * size - 1))) size++;
    this.#header(tag, size);
    this.#buffer.writeIntBE(value, this.#length, size);
    this.#length += size;
  }

  enumerated(value: number): void {
    this.integer(value, 0x0a);
  }

  boolean(value: boolean, tag = 0x01): void {
    this.#header(tag, 1);
    this.#buffer[this.#length++] = value ? 0xff : 0x00;
  }

  octets(value: string | Uint8Array, tag = 0x04): void {
    if (typeof value === 'string') {
      const size = Buffer.byteLength(value);
      this.#header(tag, size);
      this.#length += this.#buffer.write(value, this.#length, size, 'utf8');
      return;
    }
    this.#header(tag, value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** Bytes that are BER already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written: a view that is valid until the writer is used again. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Tag and length, and room for the content. */
  #header(tag: number, length: number): void {
    const size = length < 0x80 ? 0 : bytesOfLength(length);
    this.#reserve(2 + size + length);
    this.#buffer[this.#length++] = tag;
    if (size === 0) {
      this.#buffer[this.#length++] = length;
      return;
    }
    this.#buffer[this.#length++] = 0x80 | size;
    this.#buffer.writeUIntBE(length, this.#length, size);
    this.#length += size;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

const bytesOfLength = (length: number): number =>
  length < 0x100 ? 1 : length < 0x1_0000 ? 2 : length < 0x100_0000 ? 3 : 4;
