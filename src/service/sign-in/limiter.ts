/** Counts attempts by address, so that nobody tries codes or tokens for long. */
import { Refusal } from '../refusal.ts';

/** Addresses remembered at most; the oldest is forgotten first. */
const remembered = 10_000;

export class AttemptLimiter {
  readonly #now: () => number;
  readonly #most: number;
  readonly #windowMs: number;
  readonly #attempts = new Map<string, number[]>();

  /** At most `most` failed attempts of one address in `windowMs`. */
  constructor(now: () => number, most = 10, windowMs = 300_000) {
    this.#now = now;
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Throws a Refusal if this address failed too often. */
  check(address: string): void {
    const recent = this.#recent(address);
    if (recent.length < this.#most) return;
    const seconds = Math.max(1, Math.ceil((recent[0]! + this.#windowMs - this.#now()) / 1000));
    throw new Refusal('too-many-requests', `Too many attempts to sign in. Try again in ${seconds} s.`, {
      facts: { retryAfterSeconds: seconds },
    });
  }

  failed(address: string): void {
    const recent = [...this.#recent(address), this.#now()];
    this.#attempts.delete(address);
    this.#attempts.set(address, recent);
    if (this.#attempts.size > remembered) this.#attempts.delete(this.#attempts.keys().next().value as string);
  }

  succeeded(address: string): void {
    this.#attempts.delete(address);
  }

  #recent(address: string): number[] {
    return (this.#attempts.get(address) ?? []).filter((t) => t > this.#now() - this.#windowMs);
  }
}
