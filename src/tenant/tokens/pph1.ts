import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { md4 } from '../../model/crypto/md4.ts';

const pattern = /^v1;PPH1_MD4,([0-9a-f]{20}),(\d{1,6}),([0-9a-f]{64});$/i;
/** More may break sign-in with the real service [O] (entra-directory s.6.1); bounds the work a request can cause. */
const mostIterations = 100_000;

export const isPph1 = (text: string): boolean => {
  const match = pattern.exec(text);
  return match !== null && Number(match[2]) > 0 && Number(match[2]) <= mostIterations;
};

/** `v1;PPH1_MD4,<salt>,<iterations>,<hash>;` of a password (entra-directory s.6.1). The salt has 10 bytes. */
export function hashPassword(password: string, salt: Uint8Array, iterations = 1000): string {
  const digest = md4(Buffer.from(password, 'utf16le')).toString('hex').toUpperCase();
  const key = pbkdf2Sync(Buffer.from(digest, 'utf16le'), salt, iterations, 32, 'sha256');
  return `v1;PPH1_MD4,${Buffer.from(salt).toString('hex')},${iterations},${key.toString('hex')};`;
}

/** Whether the password is the one of which this text was made. */
export function verifyPassword(password: string, stored: string): boolean {
  const match = pattern.exec(stored);
  if (!match || !isPph1(stored)) return false;
  const again = hashPassword(password, Buffer.from(match[1]!, 'hex'), Number(match[2]));
  return timingSafeEqual(Buffer.from(again.toLowerCase()), Buffer.from(stored.toLowerCase()));
}
