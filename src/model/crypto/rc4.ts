/** The RC4 stream cipher (RFC 6229 has its test vectors), which NTLM and MS-DRSR use and OpenSSL 3 no longer offers. */
export class Rc4 {
  readonly #state = new Uint8Array(256);
  #i = 0;
  #j = 0;

  /** The key has 1 to 256 bytes. */
  constructor(key: Uint8Array) {
    if (key.length === 0 || key.length > 256) throw new RangeError('an RC4 key has 1 to 256 bytes');
    const s = this.#state;
    for (let i = 0; i < 256; i++) s[i] = i;
    for (let i = 0, j = 0; i < 256; i++) {
      const t = s[i]!;
      j = (j + t + key[i % key.length]!) & 255;
      s[i] = s[j]!;
      s[j] = t;
    }
  }

  /** Encrypts or decrypts the bytes in place, going on with the key stream where the call before ended. */
  apply(data: Uint8Array): void {
    const s = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let n = 0; n < data.length; n++) {
      i = (i + 1) & 255;
      const t = s[i]!;
      j = (j + t) & 255;
      const u = s[j]!;
      s[i] = u;
      s[j] = t;
      data[n]! ^= s[(t + u) & 255]!;
    }
    this.#i = i;
    this.#j = j;
  }

  /** Forgets the key: whatever is encrypted afterwards is worthless. */
  wipe(): void {
    this.#state.fill(0);
    this.#i = 0;
    this.#j = 0;
  }
}

/** The bytes encrypted or decrypted with a fresh key stream, as a copy. */
export function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const out = Buffer.from(data);
  const cipher = new Rc4(key);
  cipher.apply(out);
  cipher.wipe();
  return out;
}
