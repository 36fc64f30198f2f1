/** The token with which commands of this machine prove themselves to the service: whoever can read the state may use it. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileOf = (stateDirectory: string): string => join(stateDirectory, 'service-token');

/** Makes a new token; the one before is no longer good. */
export function makeServiceToken(stateDirectory: string): string {
  const token = randomBytes(32).toString('base64url');
  writeFileSync(fileOf(stateDirectory), `${token}\n`, { mode: 0o600 });
  return token;
}

/** The token of the running service; undefined if there is none or it may not be read. */
export function readServiceToken(stateDirectory: string): string | undefined {
  try {
    return readFileSync(fileOf(stateDirectory), 'utf8').trim();
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
