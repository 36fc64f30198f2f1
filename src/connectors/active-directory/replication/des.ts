/**
 * One block of DES (FIPS 46-3), as the protocol prescribes it for password hashes; it protects nothing of ours.
 * OpenSSL has it too, but to set up a cipher for two blocks a user took longer than everything else about a user: 30 of
 * 70 microseconds.
 */

/** Bits are numbered from 1 at the most significant one, as in the standard. */
const initialPermutation = [58, 60, 62, 64, 57, 59, 61, 63].flatMap((first) =>
  Array.from({ length: 8 }, (_, i) => first - 8 * i),
);
const finalPermutation = Array.from({ length: 64 }, (_, i) => initialPermutation.indexOf(i + 1) + 1);
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

/** What a group of six bits becomes after substitution and permutation, by group. */
const groups: readonly Int32Array[] = substitutions.map((rows, group) =>
  Int32Array.from({ length: 64 }, (_, six) => {
    const row = ((six >> 4) & 2) | (six & 1);
    const digit = Number.parseInt(rows[row]![(six >> 1) & 15]!, 16);
    const bits = digit << (28 - 4 * group);
    return roundPermutation.reduce((word, from, i) => word | (((bits >>> (32 - from)) & 1) << (31 - i)), 0);
  }),
);
/** Six-bit groups of the sixteen round keys of the block under way. */
const roundKeys = new Uint8Array(128);
const halves = new Uint8Array(56);
const words = new Int32Array(2);

/** The decrypted block of eight bytes. `key` has eight bytes, whose lowest bits count for nothing. */
export function decryptDesBlock(key: Uint8Array, block: Uint8Array, out: Uint8Array): void {
  if (key.length !== 8 || block.length !== 8 || out.length !== 8) throw new RangeError('DES takes eight bytes');
  scheduleKeys(key);
  permute(block, initialPermutation);
  let left = words[0]!;
  let right = words[1]!;
  for (let round = 15; round >= 0; round--) {
    let mixed = 0;
    for (let group = 0; group < 8; group++) {
      const turn = (4 * group + 31) & 31;
      const six = turn === 0 ? right >>> 26 : ((right << turn) | (right >>> (32 - turn))) >>> 26;
      mixed |= groups[group]![six ^ roundKeys[8 * round + group]!]!;
    }
    [left, right] = [right, left ^ mixed];
  }
  write(right, out, 0);
  write(left, out, 4);
  permute(out, finalPermutation);
  write(words[0]!, out, 0);
  write(words[1]!, out, 4);
  roundKeys.fill(0);
  halves.fill(0);
  words.fill(0);
}

const bitOf = (bytes: Uint8Array, number: number): number =>
  (bytes[(number - 1) >> 3]! >> (7 - ((number - 1) & 7))) & 1;

function scheduleKeys(key: Uint8Array): void {
  for (let i = 0; i < 56; i++) halves[i] = bitOf(key, keyPermutation[i]!);
  let turned = 0;
  for (let round = 0; round < 16; round++) {
    turned += shifts[round]!;
    for (let group = 0; group < 8; group++) {
      let six = 0;
      for (let i = 0; i < 6; i++) {
        const at = roundKeyPermutation[6 * group + i]! - 1;
        const half = at < 28 ? 0 : 28;
        six = (six << 1) | halves[half + ((at - half + turned) % 28)]!;
      }
      roundKeys[8 * round + group] = six;
    }
  }
}

/** Leaves the result in `words`. */
function permute(bytes: Uint8Array, order: readonly number[]): void {
  let high = 0;
  let low = 0;
  for (let i = 0; i < 32; i++) {
    high = (high << 1) | bitOf(bytes, order[i]!);
    low = (low << 1) | bitOf(bytes, order[i + 32]!);
  }
  words[0] = high;
  words[1] = low;
}

function write(word: number, out: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) out[at + i] = (word >>> (24 - 8 * i)) & 255;
}
