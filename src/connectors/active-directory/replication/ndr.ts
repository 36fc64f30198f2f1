/**
 * NDR 2.0, little-endian (C706 chapter 14, MS-RPCE s.2.2.4): the encoding of call parameters. The reader believes no
 * count before it has compared it with the bytes that are left, so that no input can make it allocate or loop.
 */

/** Data that is not what the protocol says. The message names the place, never the bytes. */
export class NdrError extends Error {
  override readonly name = 'NdrError';
}

export class NdrReader {
  readonly #data: Buffer;
  #at: number;

  constructor(data: Buffer, at = 0) {
    this.#data = data;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }
  get remaining(): number {
    return this.#data.length - this.#at;
  }

  /** Alignment counts from the start of the parameters (C706 s.14.2.2). */
  align(size: 2 | 4 | 8): void {
    this.#at += -this.#at & (size - 1);
  }

  #take(size: number, what: string): number {
    const at = this.#at;
    if (size > this.#data.length - at) throw new NdrError(`it ends inside ${what} at byte ${at}.`);
    this.#at = at + size;
    return at;
  }

  u16(what: string): number {
    this.align(2);
    return this.#data.readUInt16LE(this.#take(2, what));
  }
  u32(what: string): number {
    this.align(4);
    return this.#data.readUInt32LE(this.#take(4, what));
  }
  u64(what: string): bigint {
    this.align(8);
    return this.#data.readBigUInt64LE(this.#take(8, what));
  }
  /** A view into the data, valid as long as the data is not wiped. */
  bytes(size: number, what: string): Buffer {
    const at = this.#take(size, what);
    return this.#data.subarray(at, at + size);
  }

  skip(size: number, what: string): void {
    this.#take(size, what);
  }

  /** Whether a pointer is set; its referent comes later (C706 s.14.3). */
  pointer(what: string): boolean {
    return this.u32(what) !== 0;
  }

  /** A count of elements that take at least `elementSize` bytes each: refused if they cannot follow any more. */
  count(what: string, elementSize: number): number {
    const count = this.u32(what);
    if (count * elementSize > this.remaining) {
      throw new NdrError(`${what} at byte ${this.#at - 4} counts ${count}, more than can follow.`);
    }
    return count;
  }

  /** The maximum count of a conformant array (C706 s.14.3.3.2), which must agree with the count given before it. */
  conformance(expected: number, what: string): void {
    const count = this.u32(what);
    if (count !== expected)
      throw new NdrError(`${what} at byte ${this.#at - 4} counts ${count} instead of ${expected}.`);
  }
}

/** Writes parameters; grows as needed. */
export class NdrWriter {
  #data = Buffer.alloc(256);
  #at = 0;
  #referent = 0;

  #room(size: number): number {
    const at = this.#at;
    this.#at = at + size;
    if (this.#at > this.#data.length) {
      const larger = Buffer.alloc(Math.max(this.#at, this.#data.length * 2));
      larger.set(this.#data);
      this.#data = larger;
    }
    return at;
  }

  align(size: 2 | 4 | 8): this {
    this.#room(-this.#at & (size - 1));
    return this;
  }
  u16(value: number): this {
    this.align(2);
    const at = this.#room(2);
    this.#data.writeUInt16LE(value, at);
    return this;
  }
  u32(value: number): this {
    this.align(4);
    const at = this.#room(4);
    this.#data.writeUInt32LE(value >>> 0, at);
    return this;
  }
  u64(value: bigint): this {
    this.align(8);
    const at = this.#room(8);
    this.#data.writeBigUInt64LE(value, at);
    return this;
  }
  bytes(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#data.set(value, at);
    return this;
  }
  /** A pointer that is set, with an identifier of its own, or null. The caller writes the referent where it belongs. */
  pointer(set: boolean): this {
    return this.u32(set ? 0x20000 + 4 * this.#referent++ : 0);
  }

  finish(): Buffer {
    return Buffer.from(this.#data.subarray(0, this.#at));
  }
}
