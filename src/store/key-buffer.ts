/**
 * Search keys of identities that a transaction adds, kept back until it commits and then written in the order of the
 * index. Keys are names and addresses: one by one they would touch the pages of the index in random order.
 */
import type { Database } from './sqlite.ts';

interface Waiting {
  readonly value: string;
  readonly mv: number;
}
/** The keys of one attribute; the index is made when the first of them is looked for. */
interface Waitings {
  list: Waiting[];
  index?: Map<string, number[]>;
}

/** Rows of one statement: most of what a statement costs is paid once for all of them. */
const batch = 50;
/** Keys that wait at most; more are written before the commit, so that memory stays bounded. */
const limit = 200_000;

export class KeyBuffer {
  readonly #byAttribute = new Map<number, Waitings>();
  readonly #one;
  readonly #many;
  #size = 0;

  constructor(db: Database) {
    const insert = 'INSERT OR IGNORE INTO mv_key(attribute, value, mv) VALUES ';
    this.#one = db.prepare(`${insert}(?, ?, ?)`);
    this.#many = db.prepare(`${insert}${Array(batch).fill('(?, ?, ?)').join(', ')}`);
  }

  add(attribute: number, value: string, mv: number): void {
    let waiting = this.#byAttribute.get(attribute);
    if (waiting === undefined) {
      waiting = { list: [] };
      this.#byAttribute.set(attribute, waiting);
    }
    waiting.list.push({ value, mv });
    if (waiting.index !== undefined) note(waiting.index, value, mv);
    if (++this.#size >= limit) this.flush();
  }

  /** Identities whose key waits here. */
  find(attribute: number, value: string): readonly number[] {
    const waiting = this.#byAttribute.get(attribute);
    if (waiting === undefined) return nobody;
    if (waiting.index === undefined) {
      waiting.index = new Map();
      for (const key of waiting.list) note(waiting.index, key.value, key.mv);
    }
    return waiting.index.get(value) ?? nobody;
  }

  /** Writes what waits; the caller holds the transaction. */
  flush(): void {
    if (this.#size === 0) return;
    let row: (number | string)[] = [];
    for (const attribute of [...this.#byAttribute.keys()].sort((a, b) => a - b)) {
      for (const { value, mv } of this.#byAttribute.get(attribute)!.list.sort(inOrder)) {
        row.push(attribute, value, mv);
        if (row.length < batch * 3) continue;
        this.#many.run(...row);
        row = [];
      }
    }
    for (let i = 0; i < row.length; i += 3) this.#one.run(row[i]!, row[i + 1]!, row[i + 2]!);
    this.clear();
  }

  clear(): void {
    this.#byAttribute.clear();
    this.#size = 0;
  }
}

const nobody: readonly number[] = [];
const inOrder = (a: Waiting, b: Waiting): number => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.mv - b.mv);

function note(index: Map<string, number[]>, value: string, mv: number): void {
  const holders = index.get(value);
  if (holders === undefined) index.set(value, [mv]);
  else holders.push(mv);
}
