/** The MD4 digest (RFC 1320), which OpenSSL 3 no longer offers and NT hashes still need. Not for anything new. */
const shifts = [
  [3, 7, 11, 19],
  [3, 5, 9, 13],
  [3, 9, 11, 15],
] as const;
const orders = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
] as const;
const constants = [0, 0x5a827999, 0x6ed9eba1] as const;

/** The 16-byte MD4 digest of the bytes. The padded copy of the input is wiped before it returns. */
export function md4(input: Uint8Array): Buffer {
  const padded = pad(input);
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let at = 0; at < padded.length; at += 64) digestBlock(state, padded, at);
  padded.fill(0);
  const digest = Buffer.alloc(16);
  state.forEach((word, i) => {
    digest.writeUInt32LE(word, 4 * i);
  });
  return digest;
}

/** RFC 1320 s.3.1 and s.3.2: a one bit, zeros, and the length in bits as a 64-bit little-endian number. */
function pad(input: Uint8Array): Buffer {
  const padded = Buffer.alloc(((input.length + 8) >> 6) * 64 + 64);
  padded.set(input);
  padded[input.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(input.length) * 8n, padded.length - 8);
  return padded;
}

function digestBlock(state: Uint32Array, data: Buffer, at: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let round = 0; round < 3; round++) {
    const order = orders[round]!;
    const shift = shifts[round]!;
    for (let step = 0; step < 16; step++) {
      const mixed = round === 0 ? (b & c) | (~b & d) : round === 1 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      const sum = (a + mixed + data.readUInt32LE(at + 4 * order[step]!) + constants[round]!) >>> 0;
      const bits = shift[step & 3]!;
      [a, d, c, b] = [d, c, b, ((sum << bits) | (sum >>> (32 - bits))) >>> 0];
    }
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}

/** The NT hash of a password: MD4 of its UTF-16LE form (MS-NLMP s.3.3.1, NTOWFv1). Wipe it after use. */
export function ntHash(password: string): Buffer {
  const bytes = Buffer.from(password, 'utf16le');
  const hash = md4(bytes);
  bytes.fill(0);
  return hash;
}
