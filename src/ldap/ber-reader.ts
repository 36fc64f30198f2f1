/** Reading the subset of BER that LDAP uses (RFC 4511 s.5.1): definite lengths, one-byte tags. */

/** Bytes that are no LDAP. The connection they came from cannot be used any more. */
export class BerError extends Error {
  override readonly name = 'BerError';
}

/** A position in a buffer. Every method checks the limits of the element it is in and throws `BerError`. */
export class BerReader {
  readonly buffer: Buffer;
  at: number;
  /** End of the element that was entered last. */
  end: number;

  constructor(buffer: Buffer, at = 0, end = buffer.length) {
    this.buffer = buffer;
    this.at = at;
    this.end = end;
  }

  /** The next tag, or -1 at the end of the current element. */
  peek(): number {
    return this.at < this.end ? this.buffer[this.at]! : -1;
  }

  /** Reads tag and length; returns where the content ends. The position is then at the start of the content. */
  header(tag: number): number {
    const { buffer } = this;
    let at = this.at;
    if (at + 2 > this.end) throw new BerError(`The message ends where an element ${hex(tag)} should be.`);
    const found = buffer[at]!;
    if (found !== tag) throw new BerError(`Expected an element ${hex(tag)} and found ${hex(found)}.`);
    let length = buffer[at + 1]!;
    at += 2;
    if (length > 0x7f) {
      const size = length & 0x7f;
      if (size === 0 || size > 4 || at + size > this.end) throw new BerError('An element has no usable length.');
      length = buffer.readUIntBE(at, size);
      at += size;
    }
    const end = at + length;
    if (end > this.end) throw new BerError('An element is longer than the one around it.');
    this.at = at;
    return end;
  }

  /** Goes into a constructed element; give the result to `leave`. */
  enter(tag: number): number {
    const outer = this.end;
    this.end = this.header(tag);
    return outer;
  }

  /** Goes behind the current element; what was not read of it is an extension we do not know. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** A signed integer of up to 6 bytes. */
  integer(tag = 0x02): number {
    const end = this.header(tag);
    const size = end - this.at;
    if (size < 1 || size > 6) throw new BerError(`An integer of ${size} bytes is out of range.`);
    const value = this.buffer.readIntBE(this.at, size);
    this.at = end;
    return value;
  }

  boolean(tag = 0x01): boolean {
    const end = this.header(tag);
    if (end - this.at !== 1) throw new BerError('A boolean must have one byte.');
    this.at = end;
    return this.buffer[end - 1] !== 0;
  }

  /** A view of the bytes, not a copy. */
  octets(tag = 0x04): Buffer {
    const end = this.header(tag);
    const value = this.buffer.subarray(this.at, end);
    this.at = end;
    return value;
  }

  text(tag = 0x04): string {
    const end = this.header(tag);
    const value = this.buffer.toString('utf8', this.at, end);
    this.at = end;
    return value;
  }

  /** Goes behind the next element, whatever it is. */
  skip(): void {
    this.at = this.header(this.peek());
  }
}

const hex = (tag: number): string => (tag < 0 ? 'nothing' : `0x${tag.toString(16).padStart(2, '0')}`);
