/**
 * Sessions: an encrypted cookie that only this service can read (JWE, RFC 7516). Kept are only those that ended before
 * their time: a restart must not revive them.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { JOSEError } from 'jose/errors';
import { isRole, type Role } from './roles.ts';

export interface Session {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly method: 'link' | 'openid-connect' | 'token';
  /** Has to come back in the header `x-csrf-token` with everything that changes something. */
  readonly csrf: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Milliseconds a session lasts, however busy it is. */
export const sessionMs = 12 * 3_600_000;

/** The key of this state directory: made once, so that sessions survive a restart. */
export function sessionKey(stateDirectory: string): Uint8Array {
  const file = join(stateDirectory, 'session-key');
  try {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
    if (key.length === 32) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32);
  writeFileSync(file, `${key.toString('base64url')}\n`, { mode: 0o600 });
  return key;
}

/** Packs and opens what is sent to browsers. Purposes keep one kind of cookie from being taken for another. */
export class Sealer {
  readonly #key: Uint8Array;
  readonly #now: () => number;

  constructor(key: Uint8Array, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  /** `expires` in milliseconds since 1970. */
  seal(purpose: string, content: Readonly<Record<string, unknown>>, expires: number): Promise<string> {
    return new EncryptJWT({ content })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(purpose)
      .setExpirationTime(Math.floor(expires / 1000))
      .encrypt(this.#key);
  }

  /** The content; undefined if it was tampered with, is for something else or is too old. */
  async open(purpose: string, text: string): Promise<Record<string, unknown> | undefined> {
    try {
      const { payload } = await jwtDecrypt(text, this.#key, {
        audience: purpose,
        currentDate: new Date(this.#now()),
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return payload.content as Record<string, unknown>;
    } catch (error) {
      if (error instanceof JOSEError) return undefined;
      throw error;
    }
  }
}

/** Sessions that were made and not ended. */
export class Sessions {
  readonly #sealer: Sealer;
  readonly #now: () => number;
  readonly #over = new Map<string, number>();
  readonly #unsaved = new Map<string, Session>();

  /** `over`: sessions that ended before, each with the time until which its cookie would be good. */
  constructor(
    sealer: Sealer,
    now: () => number,
    over: readonly { readonly id: string; readonly expires: number }[] = [],
  ) {
    this.#sealer = sealer;
    this.#now = now;
    for (const { id, expires } of over) this.#over.set(id, expires);
  }

  /** A new session and the text of its cookie. */
  async begin(
    name: string,
    roles: readonly Role[],
    method: Session['method'],
  ): Promise<{ session: Session; cookie: string }> {
    const session: Session = {
      id: randomBytes(16).toString('base64url'),
      name,
      roles,
      method,
      csrf: randomBytes(24).toString('base64url'),
      expires: this.#now() + sessionMs,
    };
    return { session, cookie: await this.#sealer.seal('session', { ...session }, session.expires) };
  }

  /** The session of a cookie; undefined if it is none, or over. */
  async find(cookie: string | undefined): Promise<Session | undefined> {
    if (cookie === undefined || cookie.length > 4096) return undefined;
    const content = (await this.#sealer.open('session', cookie)) as Session | undefined;
    if (!content || this.#over.has(content.id) || content.expires <= this.#now()) return undefined;
    return { ...content, roles: content.roles.filter(isRole) };
  }

  /** Whether a session that was good once still is. */
  isGood(session: Session): boolean {
    return !this.#over.has(session.id) && session.expires > this.#now();
  }

  /** Ends a session before its time, at once; it is to be written down, too, see `unsaved`. */
  end(session: Session): void {
    for (const [id, expires] of this.#over) if (expires <= this.#now()) this.#over.delete(id);
    this.#over.set(session.id, session.expires);
    this.#unsaved.set(session.id, session);
  }

  /** Sessions whose end is known only here. */
  unsaved(): Session[] {
    return [...this.#unsaved.values()];
  }
  saved(id: string): void {
    this.#unsaved.delete(id);
  }
}
