/** Where the differing objects of a full import wait until it is known that the import is sound. */
import { DatabaseSync } from 'node:sqlite';
import type { ImportedObject, ImportItem, ReferenceTarget } from '../model/change.ts';

/** A temporary SQLite file that disappears with its connection, so that a million changed objects need no memory. */
export class Spool implements Disposable {
  readonly #db = new DatabaseSync('');
  readonly #insert;
  readonly #page;
  #open: ImportedObject | undefined;

  constructor() {
    this.#db.exec(
      'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE item(id INTEGER PRIMARY KEY, body TEXT NOT NULL)',
    );
    this.#insert = this.#db.prepare('INSERT INTO item(body) VALUES (?)');
    this.#page = this.#db.prepare('SELECT id, body FROM item WHERE id > ? ORDER BY id LIMIT 500');
  }

  add(item: ImportedObject): void {
    this.#insert.run(JSON.stringify(item));
  }

  *pages(): Iterable<ImportedObject[]> {
    for (let after = 0; ; ) {
      const rows = this.#page.all(after) as { id: number; body: string }[];
      if (rows.length === 0) return;
      yield rows.map((r) => JSON.parse(r.body) as ImportedObject);
      after = rows.at(-1)!.id;
    }
  }

  /** The items with the pieces of large groups put together, so that each object can be compared whole. */
  *merge(items: readonly ImportItem[], isLast = false): Iterable<ImportItem> {
    for (const item of items) {
      if (item.kind === 'more-references' && this.#open?.anchor === item.anchor) {
        this.#open = { ...this.#open, references: union(this.#open.references, item.references) };
        continue;
      }
      if (this.#open) yield this.#open;
      this.#open = item.kind === 'object' ? item : undefined;
      if (item.kind !== 'object') yield item;
    }
    if (isLast && this.#open) {
      yield this.#open;
      this.#open = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

type Targets = Readonly<Record<string, readonly ReferenceTarget[]>>;

function union(a: Targets, b: Targets): Targets {
  const result: Record<string, readonly ReferenceTarget[]> = { ...a };
  for (const [name, targets] of Object.entries(b)) result[name] = [...(result[name] ?? []), ...targets];
  return result;
}
