/** Small dictionaries that are read once and kept: names to the integers that stand for them in big tables. */
import type { Database } from './sqlite.ts';

export interface NameTable {
  id(name: string): number;
  name(id: number): string;
  /** The id of a name that is known already. */
  find(name: string): number | undefined;
  /** Forgets what was read and added: a transaction that added names was taken back. */
  forget(): void;
}

/** `isWriter`: nobody else writes, so that a name that is not there can be remembered as such until it is added. */
export function nameTable(db: Database, table: 'attribute' | 'rule', isWriter: boolean): NameTable {
  const absent = new Set<string>();
  const byName = new Map<string, number>();
  const byId = new Map<number, string>();
  const insert = db.prepare(
    `INSERT INTO ${table}(name) VALUES (?) ON CONFLICT(name) DO UPDATE SET name = name RETURNING id`,
  );
  const one = db.prepare(`SELECT name FROM ${table} WHERE id = ?`);
  const byText = db.prepare(`SELECT id FROM ${table} WHERE name = ?`);
  const remember = (id: number, name: string) => {
    byName.set(name, id);
    byId.set(id, name);
    absent.delete(name);
    return id;
  };
  return {
    id: (name) => byName.get(name) ?? remember((insert.get(name) as { id: number }).id, name),
    name(id) {
      const known = byId.get(id);
      if (known !== undefined) return known;
      const row = one.get(id) as { name: string } | undefined;
      if (!row) throw new RangeError(`no ${table} has the number ${id}`);
      remember(id, row.name);
      return row.name;
    },
    find(name) {
      const known = byName.get(name);
      if (known !== undefined) return known;
      if (absent.has(name)) return undefined;
      const row = byText.get(name) as { id: number } | undefined;
      if (row) return remember(row.id, name);
      if (isWriter) absent.add(name);
      return undefined;
    },
    forget() {
      absent.clear();
      byName.clear();
      byId.clear();
    },
  };
}
