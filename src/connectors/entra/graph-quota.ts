/**
 * The quota planner: keeps writes and resource units under the limits of Microsoft Graph (entra-directory s.5.12), and
 * says when so many writes will be done. A mirror of the service's token buckets; a refusal corrects it.
 */
import type { ExportForecast } from '../contract.ts';

/** A token bucket: `limit` tokens that fill up evenly in `seconds`. */
export interface Limit {
  readonly limit: number;
  readonly seconds: number;
}
export interface QuotaLimits {
  readonly writes: Limit;
  readonly units: Limit;
}

/** One app in one tenant: 3,000 writes in 150 s; resource units of the smallest tenant, because its size is not known. */
export const publishedLimits: QuotaLimits = {
  writes: { limit: 3000, seconds: 150 },
  units: { limit: 3500, seconds: 10 },
};

export interface Cost {
  readonly writes: number;
  readonly units: number;
}

export interface Forecast extends ExportForecast {
  /** Sustained writes a second at the moment. */
  readonly writesPerSecond: number;
}

export interface QuotaOptions {
  readonly limits: QuotaLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** After a refusal the rate is cut by this factor, and grows back by the other one with every minute without one. */
const cut = 0.9;
const growth = 1.05;
const slowest = 0.1;

class Bucket {
  readonly #limit: Limit;
  #tokens: number;
  #at: number;
  /** Share of the published rate in use. */
  share = 1;

  constructor(limit: Limit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.limit;
    this.#at = now;
  }

  /** Tokens a millisecond. */
  get rate(): number {
    return (this.#limit.limit / this.#limit.seconds / 1000) * this.share;
  }
  level(now: number): number {
    this.#tokens = Math.min(this.#limit.limit, this.#tokens + Math.max(0, now - this.#at) * this.rate);
    this.#at = now;
    return this.#tokens;
  }
  take(count: number, now: number): void {
    this.#tokens = this.level(now) - count;
  }
  empty(now: number): void {
    this.#tokens = Math.min(0, this.level(now));
  }
  /** Milliseconds until so many tokens are there. More than fit into the bucket count as a full bucket. */
  waitFor(count: number, now: number): number {
    const missing = Math.min(count, this.#limit.limit) - this.level(now);
    return missing <= 0 ? 0 : Math.ceil(missing / this.rate);
  }
}

export class QuotaPlanner {
  readonly #options: QuotaOptions;
  readonly #writes: Bucket;
  readonly #units: Bucket;
  #pausedUntil = 0;
  #lastCut = 0;
  /** One waits at a time, in the order of asking: otherwise nobody could say when a batch leaves. */
  #queue: Promise<void> = Promise.resolve();
  /** How often the service refused because of its limits. */
  refusals = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
    this.#writes = new Bucket(options.limits.writes, options.now());
    this.#units = new Bucket(options.limits.units, options.now());
  }

  /** Waits until so much may be sent, and counts it as sent. Rejects when the signal is raised. */
  acquire(cost: Cost, signal: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#take(cost, signal));
    this.#queue = turn.catch(() => undefined); // the caller sees the reason; the next in line goes on
    return turn;
  }

  async #take(cost: Cost, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.#options.now();
      this.#recover(now);
      const wait = this.#waitFor(cost, now);
      if (wait <= 0) {
        this.#writes.take(cost.writes, now);
        this.#units.take(cost.units, now);
        return;
      }
      await this.#options.wait(wait, signal);
    }
  }

  #waitFor(cost: Cost, now: number): number {
    return Math.max(
      this.#pausedUntil - now,
      this.#writes.waitFor(cost.writes, now),
      this.#units.waitFor(cost.units, now),
    );
  }

  /** The service refused: nothing leaves before `waitMs` are over, then at a lower rate. */
  refused(kind: 'writes' | 'units' | 'unknown', waitMs: number): void {
    const now = this.#options.now();
    this.refusals++;
    this.#pausedUntil = Math.max(this.#pausedUntil, now + waitMs);
    const buckets = kind === 'writes' ? [this.#writes] : kind === 'units' ? [this.#units] : [this.#writes, this.#units];
    for (const bucket of buckets) {
      bucket.empty(now);
      // The first refusal says only that others used the quota before us; a second one that the rate is too high.
      if (this.refusals > 1 && now - this.#lastCut > 1000) bucket.share = Math.max(slowest, bucket.share * cut);
    }
    this.#lastCut = now;
  }

  /** Something else than a limit: the service is busy. */
  busy(waitMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.now() + waitMs);
  }

  #recover(now: number): void {
    if (now - this.#lastCut < 60_000) return;
    for (const bucket of [this.#writes, this.#units]) bucket.share = Math.min(1, bucket.share * growth);
    this.#lastCut = now;
  }

  /** When so many writes will have been sent, if nobody else writes. */
  forecast(writes: number): Forecast {
    const now = this.#options.now();
    const missing = Math.max(0, writes - this.#writes.level(now));
    const durationMs = Math.max(0, this.#pausedUntil - now) + Math.ceil(missing / this.#writes.rate);
    const { limit, seconds } = this.#options.limits.writes;
    const quota = { writes: limit, windowSeconds: seconds };
    return { writes, durationMs, finishesAt: now + durationMs, writesPerSecond: this.#writes.rate * 1000, quota };
  }
}
