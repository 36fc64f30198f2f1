/**
 * Search keys of identities that a transaction adds, kept back until it commits and then written in the order of the
 * index. Keys are names and addresses: one by one they would touch the pages of the index in random order.
 */
import type { Database } from './sqlite.ts';

type Holders = number | number[];

/** Rows of one statement: most of what a statement costs is paid once for all of them. */
const batch = 50;
/** Keys that wait at most; more are written before the commit, so that memory stays bounded. */
const limit = 200_000;

export class KeyBuffer {
  readonly #byAttribute = new Map<number, Map<string, Holders>>();
  readonly #one;
  readonly #many;
  #size = 0;

  constructor(db: Database) {
    const insert = 'INSERT OR IGNORE INTO mv_key(attribute, value, mv) VALUES ';
    this.#one = db.prepare(`${insert}(?, ?, ?)`);
    this.#many = db.prepare(`${insert}${Array(batch).fill('(?, ?, ?)').join(', ')}`);
  }

  add(attribute: number, value: string, mv: number): void {
    let keys = this.#byAttribute.get(attribute);
    if (keys === undefined) {
      keys = new Map();
      this.#byAttribute.set(attribute, keys);
    }
    const held = keys.get(value);
    if (held === undefined) keys.set(value, mv);
    else if (typeof held === 'number') {
      if (held === mv) return;
      keys.set(value, [held, mv]);
    } else if (held.includes(mv)) return;
    else held.push(mv);
    if (++this.#size >= limit) this.flush();
  }

  /** Whether the key waited here; it is gone then. */
  remove(attribute: number, value: string, mv: number): boolean {
    const keys = this.#byAttribute.get(attribute);
    const held = keys?.get(value);
    if (keys === undefined || held === undefined) return false;
    if (typeof held === 'number') return held === mv && this.#forget(keys, value);
    const place = held.indexOf(mv);
    if (place < 0) return false;
    if (held.length === 1) return this.#forget(keys, value);
    held.splice(place, 1);
    this.#size--;
    return true;
  }

  find(attribute: number, value: string): readonly number[] {
    const held = this.#byAttribute.get(attribute)?.get(value);
    return held === undefined ? nobody : typeof held === 'number' ? [held] : held;
  }

  /** Writes what waits; the caller holds the transaction. */
  flush(): void {
    if (this.#size === 0) return;
    let row: (number | string)[] = [];
    const push = (attribute: number, value: string, mv: number) => {
      row.push(attribute, value, mv);
      if (row.length < batch * 3) return;
      this.#many.run(...row);
      row = [];
    };
    for (const attribute of [...this.#byAttribute.keys()].sort((a, b) => a - b)) {
      const keys = this.#byAttribute.get(attribute)!;
      for (const value of [...keys.keys()].sort()) {
        const held = keys.get(value)!;
        if (typeof held === 'number') push(attribute, value, held);
        else for (const mv of held) push(attribute, value, mv);
      }
    }
    for (let i = 0; i < row.length; i += 3) this.#one.run(row[i]!, row[i + 1]!, row[i + 2]!);
    this.clear();
  }

  clear(): void {
    this.#byAttribute.clear();
    this.#size = 0;
  }

  #forget(keys: Map<string, Holders>, value: string): true {
    keys.delete(value);
    this.#size--;
    return true;
  }
}

const nobody: readonly number[] = [];
