/** What a target did not take as it was asked, and what was in the way (entra-directory s.2.3 and 2.4, on our side). */
import type { Database } from './sqlite.ts';

export interface ObstacleRow {
  readonly cs: number;
  /** Empty: the whole export was refused. */
  readonly attribute: string;
  readonly connector: number;
  /** JSON value. */
  readonly asked: string;
  /** JSON value that the target holds instead. */
  readonly became: string;
  readonly obstacle: string;
  /** JSON of what is reported of it. */
  readonly told: string;
}

export function obstacleTable(db: Database) {
  const of = db.prepare("SELECT * FROM cs_obstacle WHERE cs = ? AND attribute <> '' ORDER BY attribute");
  const set = db.prepare(
    'INSERT OR REPLACE INTO cs_obstacle(cs, attribute, connector, asked, became, obstacle, told) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const remove = db.prepare('DELETE FROM cs_obstacle WHERE cs = ? AND attribute = ?');
  const removeAll = db.prepare('DELETE FROM cs_obstacle WHERE cs = ?');
  const page = db.prepare(
    'SELECT * FROM cs_obstacle WHERE connector = ? AND (cs, attribute) > (?, ?) ORDER BY cs, attribute LIMIT ?',
  );
  return {
    /** Attributes of an object of which the target holds another value than was asked. */
    of: (cs: number) => of.all(cs) as unknown as ObstacleRow[],
    set: (r: ObstacleRow) => void set.run(r.cs, r.attribute, r.connector, r.asked, r.became, r.obstacle, r.told),
    remove: (cs: number, attribute: string) => void remove.run(cs, attribute),
    removeAll: (cs: number) => void removeAll.run(cs),
    page: (connector: number, after: { cs: number; attribute: string }, limit: number) =>
      page.all(connector, after.cs, after.attribute, limit) as unknown as ObstacleRow[],
  };
}
export type ObstacleTable = ReturnType<typeof obstacleTable>;
