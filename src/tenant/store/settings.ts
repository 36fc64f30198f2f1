import type { Database } from './database.ts';

/** Named JSON values of the tenant: switches, keys, company facts. */
export class SettingStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  get(name: string): unknown {
    const row = this.#db.sql('SELECT value FROM setting WHERE name = ?').get(name) as { value: string } | undefined;
    return row && JSON.parse(row.value);
  }
  set(name: string, value: unknown): void {
    this.#db
      .sql('INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
      .run(name, JSON.stringify(value));
  }
  remove(name: string): void {
    this.#db.sql('DELETE FROM setting WHERE name = ?').run(name);
  }
}
