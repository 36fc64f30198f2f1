/** Entries between the socket and whoever consumes them. */
import type { LdapEntry } from './types.ts';

/** Received but not consumed bytes above which the socket is not read any further. */
const HIGH_WATER_BYTES = 4 << 20;
/** Entries handed out at once at most, so that a consumer's batch stays small. */
const MAX_BATCH = 1000;

/** One producer, one consumer. */
export class EntryQueue {
  #entries: LdapEntry[] = [];
  #bytes = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  /** Called when a full queue has been emptied. */
  onDrain: (() => void) | undefined;

  get isFull(): boolean {
    return this.#bytes > HIGH_WATER_BYTES;
  }

  push(entry: LdapEntry, bytes: number): void {
    this.#entries.push(entry);
    this.#bytes += bytes;
  }

  /** Lets a waiting consumer go on; called once per piece of the stream and not for each entry. */
  flush(): void {
    if (this.#entries.length === 0 && !this.#ended) return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** No more entries; with an error, the consumer gets it after those that are there. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.flush();
  }

  /** Drops what is there. */
  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
  }

  /** The next batch, never empty; undefined at the end. Rejects with the error given to `end`. */
  async next(): Promise<LdapEntry[] | undefined> {
    while (this.#entries.length === 0) {
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#take();
  }

  #take(): LdapEntry[] {
    const wasFull = this.isFull;
    const all = this.#entries;
    if (all.length <= MAX_BATCH) {
      this.clear();
      if (wasFull) this.onDrain?.();
      return all;
    }
    const batch = all.splice(0, MAX_BATCH);
    // The sizes of single entries are not kept: what is left is taken to be of the average size.
    this.#bytes = Math.floor((this.#bytes * all.length) / (all.length + batch.length));
    if (wasFull && !this.isFull) this.onDrain?.();
    return batch;
  }
}
