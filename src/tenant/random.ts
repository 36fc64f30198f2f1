import { randomBytes } from 'node:crypto';

const poolSize = 4096;

/** Source of randomness; `bytes` may be replaced to make a tenant that always makes the same ids. */
export interface Random {
  bytes(count: number): Buffer;
  /** Version 4 GUID in lower case. */
  guid(): string;
  /** Decimal digits, for placeholder names. */
  digits(count: number): string;
}

export function createRandom(bytes: (count: number) => Uint8Array = randomBytes): Random {
  // Asking the machine for a few bytes costs as much as for a few thousand.
  let pool = Buffer.alloc(0);
  let used = 0;
  const take = (count: number): Buffer => {
    if (count > poolSize) return Buffer.from(bytes(count));
    if (used + count > pool.length) {
      pool = Buffer.from(bytes(poolSize));
      used = 0;
    }
    used += count;
    return Buffer.from(pool.subarray(used - count, used));
  };
  return {
    bytes: take,
    guid() {
      const b = take(16);
      b[6] = (b[6]! & 0x0f) | 0x40;
      b[8] = (b[8]! & 0x3f) | 0x80;
      const hex = b.toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
    digits: (count) => Array.from(take(count), (b) => String(b % 10)).join(''),
  };
}
