/** One-time links for the local administrator: whoever can read the terminal or the state may sign in. */
import { createHash, randomBytes } from 'node:crypto';

/** Milliseconds a link is good for. */
export const linkMs = 3_600_000;
const hash = (code: string): string => createHash('sha256').update(code).digest('base64url');

export class SignInLinks {
  readonly #now: () => number;
  /** Only hashes are kept: who reads the memory of the log does not get in. */
  readonly #open = new Map<string, { readonly name: string; readonly expires: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The code of a new link for a person. */
  make(name: string): string {
    for (const [key, { expires }] of this.#open) if (expires <= this.#now()) this.#open.delete(key);
    const code = randomBytes(32).toString('base64url');
    this.#open.set(hash(code), { name, expires: this.#now() + linkMs });
    return code;
  }

  /** The person whom a code lets in; the code is used up. Undefined if it is none, used or too old. */
  use(code: string): string | undefined {
    const key = hash(code);
    const link = this.#open.get(key);
    this.#open.delete(key);
    return link && link.expires > this.#now() ? link.name : undefined;
  }
}
