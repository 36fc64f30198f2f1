import { randomBytes } from 'node:crypto';

/** Source of randomness; `bytes` may be replaced to make a tenant that always makes the same ids. */
export interface Random {
  bytes(count: number): Buffer;
  /** Version 4 GUID in lower case. */
  guid(): string;
  /** Decimal digits, for placeholder names. */
  digits(count: number): string;
}

export function createRandom(bytes: (count: number) => Uint8Array = randomBytes): Random {
  const take = (count: number) => Buffer.from(bytes(count));
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
