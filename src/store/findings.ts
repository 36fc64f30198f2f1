/** Findings that were seen: since when, until when. */
import type { Database } from './sqlite.ts';

export interface FindingTimes {
  readonly id: string;
  readonly code: string;
  /** Epoch milliseconds. */
  readonly first_seen: number;
  readonly last_seen: number;
  /** Null while it is open. */
  readonly gone: number | null;
}

export function findingTable(db: Database) {
  const get = db.prepare('SELECT * FROM finding WHERE id = ?');
  // What comes back after it was gone is a new occurrence.
  const seen = db.prepare(
    `INSERT INTO finding(id, code, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT(id) DO UPDATE SET first_seen = CASE WHEN gone IS NULL THEN min(first_seen, ?3) ELSE ?3 END,
       last_seen = ?4, gone = NULL`,
  );
  const gone = db.prepare('UPDATE finding SET gone = ?1 WHERE gone IS NULL AND last_seen < ?1');
  const open = db.prepare('SELECT * FROM finding WHERE gone IS NULL ORDER BY first_seen, id');
  const purge = db.prepare('DELETE FROM finding WHERE gone < ?');
  return {
    get: (id: string) => get.get(id) as FindingTimes | undefined,
    seen: (id: string, code: string, first: number, last: number) => void seen.run(id, code, first, last),
    /** Closes everything that was not seen at this instant. */
    closeUnseen: (time: number) => Number(gone.run(time).changes),
    open: () => open.all() as unknown as FindingTimes[],
    purge: (before: number) => void purge.run(before),
  };
}
export type FindingTable = ReturnType<typeof findingTable>;
