/**
 * One block of DES (FIPS 46-3), as the protocol prescribes it for password hashes; it protects nothing of ours.
 * OpenSSL has it too, but to set up a cipher for two blocks a user took longer than everything else about a user: 30 of
 * 70 microseconds.
 */

/** Bits are numbered from 1 at the most significant one, as in the standard. */
const roundPermutation = [
  ...[16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10],
  ...[2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25],
];
const keyPermutation = [
  ...[57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36],
  ...[63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4],
];
const roundKeyPermutation = [
  ...[14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2],
  ...[41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32],
];
const shifts = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** Each a row of hexadecimal digits for the outer bits 0, 1, 2 and 3. */
const substitutions = [
  ['e4d12fb83a6c5907', '0f74e2d1a6cb9538', '41e8d62bfc973a50', 'fc8249175b3ea06d'],
  ['f18e6b34972dc05a', '3d47f28ec01a69b5', '0e7ba4d158c6932f', 'd8a13f42b67c05e9'],
  ['a09e63f51dc7b428', 'd709346a285ecbf1', 'd6498f30b12c5ae7', '1ad069874fe3b52c'],
  ['7de3069a1285bc4f', 'd8b56f03472c1ae9', 'a690cb7df13e5284', '3f06a1d8945bc72e'],
  ['2c417ab6853fd0e9', 'eb2c47d150fa3986', '421bad78f9c5630e', 'b8c71e2d6f09a453'],
  ['c1af92680d34e75b', 'af427c9561de0b38', '9ef528c3704a1db6', '432c95fabe17608d'],
  ['4b2ef08d3c975a61', 'd0b7491ae35c2f86', '14bdc37eaf680592', '6bd814a7950fe23c'],
  ['d2846fb1a93e50c7', '1fd8a374c56b0e92', '7b419ce206adf358', '21e74a8dfc90356b'],
] as const;

/** What a group of six bits becomes after substitution and permutation: 64 entries a group. */
const groups = new Int32Array(512);
for (const [group, rows] of substitutions.entries()) {
  for (let six = 0; six < 64; six++) {
    const row = ((six >> 4) & 2) | (six & 1);
    const digit = Number.parseInt(rows[row]![(six >> 1) & 15]!, 16);
    const bits = digit << (28 - 4 * group);
    const word = roundPermutation.reduce((w, from, i) => w | (((bits >>> (32 - from)) & 1) << (31 - i)), 0);
    groups[64 * group + six] = word;
  }
}

/**
 * What each value of each key byte adds to the sixteen round keys, as two words of four six-bit groups a round: a round key
 * is a selection of the bits of the key, so that the parts only have to be put together.
 */
const keyParts = new Int32Array(8 * 128 * 32);
for (let bit = 0; bit < 56; bit++) {
  const byte = Math.floor(bit / 7);
  const weight = 1 << (6 - (bit % 7));
  const part = roundKeysOfBit(8 * byte + (bit % 7) + 1);
  for (let value = 0; value < 128; value++) {
    if ((value & weight) === 0) continue;
    for (let i = 0; i < 32; i++) keyParts[32 * (128 * byte + value) + i]! |= part[i]!;
  }
}

/** The round keys of a key of which one bit is set, by its number in the standard. */
function roundKeysOfBit(number: number): Int32Array {
  const part = new Int32Array(32);
  const place = keyPermutation.indexOf(number);
  let turned = 0;
  for (let round = 0; round < 16; round++) {
    turned += shifts[round]!;
    for (let i = 0; i < 48; i++) {
      const at = roundKeyPermutation[i]! - 1;
      const half = at < 28 ? 0 : 28;
      if (half + ((at - half + turned) % 28) !== place) continue;
      const group = Math.floor(i / 6);
      part[2 * round + (group >> 2)]! |= 1 << (8 * (3 - (group & 3)) + 5 - (i % 6));
    }
  }
  return part;
}

/** Of the block under way. */
const roundKeys = new Int32Array(32);

/** The decrypted block of eight bytes. `key` has eight bytes, whose lowest bits count for nothing. */
export function decryptDesBlock(key: Uint8Array, block: Uint8Array, out: Uint8Array): void {
  if (key.length !== 8 || block.length !== 8 || out.length !== 8) throw new RangeError('DES takes eight bytes');
  roundKeys.fill(0);
  for (let byte = 0; byte < 8; byte++) {
    const from = 32 * (128 * byte + (key[byte]! >> 1));
    for (let i = 0; i < 32; i++) roundKeys[i]! |= keyParts[from + i]!;
  }
  let left = word(block, 0);
  let right = word(block, 4);
  let t = 0;
  // The initial permutation as exchanges of bits between the halves; at the end the same backwards.
  t = ((left >>> 4) ^ right) & 0x0f0f0f0f;
  right ^= t;
  left ^= t << 4;
  t = ((left >>> 16) ^ right) & 0x0000ffff;
  right ^= t;
  left ^= t << 16;
  t = ((right >>> 2) ^ left) & 0x33333333;
  left ^= t;
  right ^= t << 2;
  t = ((right >>> 8) ^ left) & 0x00ff00ff;
  left ^= t;
  right ^= t << 8;
  t = ((left >>> 1) ^ right) & 0x55555555;
  right ^= t;
  left ^= t << 1;
  for (let round = 15; round >= 0; round--) {
    const mixed = mix(right, roundKeys[2 * round]!, roundKeys[2 * round + 1]!);
    t = left ^ mixed;
    left = right;
    right = t;
  }
  t = left;
  left = right;
  right = t;
  t = ((left >>> 1) ^ right) & 0x55555555;
  right ^= t;
  left ^= t << 1;
  t = ((right >>> 8) ^ left) & 0x00ff00ff;
  left ^= t;
  right ^= t << 8;
  t = ((right >>> 2) ^ left) & 0x33333333;
  left ^= t;
  right ^= t << 2;
  t = ((left >>> 16) ^ right) & 0x0000ffff;
  right ^= t;
  left ^= t << 16;
  t = ((left >>> 4) ^ right) & 0x0f0f0f0f;
  right ^= t;
  left ^= t << 4;
  write(left, out, 0);
  write(right, out, 4);
  roundKeys.fill(0);
}

/** The function of a round: expansion, round key, substitution, permutation. */
function mix(right: number, low: number, high: number): number {
  return (
    groups[(((right << 31) | (right >>> 1)) >>> 26) ^ (low >>> 24)]! |
    groups[64 + (((right << 3) >>> 26) ^ ((low >>> 16) & 63))]! |
    groups[128 + (((right << 7) >>> 26) ^ ((low >>> 8) & 63))]! |
    groups[192 + (((right << 11) >>> 26) ^ (low & 63))]! |
    groups[256 + (((right << 15) >>> 26) ^ (high >>> 24))]! |
    groups[320 + (((right << 19) >>> 26) ^ ((high >>> 16) & 63))]! |
    groups[384 + (((right << 23) >>> 26) ^ ((high >>> 8) & 63))]! |
    groups[448 + ((((right << 27) | (right >>> 5)) >>> 26) ^ (high & 63))]!
  );
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

function write(value: number, out: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) out[at + i] = (value >>> (24 - 8 * i)) & 255;
}
