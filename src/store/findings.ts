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
  /** As of the last time it was seen. */
  readonly severity: string;
  readonly title: string;
  readonly affected: number;
}
export interface SeenFinding {
  readonly id: string;
  readonly code: string;
  readonly severity: string;
  readonly title: string;
  readonly affected: number;
}
/** Continue after this finding; newest first. */
export interface FindingCursor {
  readonly first: number;
  readonly id: string;
}

export function findingTable(db: Database) {
  const get = db.prepare('SELECT * FROM finding WHERE id = ?');
  // What comes back after it was gone is a new occurrence.
  const seen = db.prepare(
    `INSERT INTO finding(id, code, first_seen, last_seen, severity, title, affected) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     ON CONFLICT(id) DO UPDATE SET first_seen = CASE WHEN gone IS NULL THEN min(first_seen, ?3) ELSE ?3 END,
       last_seen = ?4, gone = NULL, severity = ?5, title = ?6, affected = ?7`,
  );
  const gone = db.prepare('UPDATE finding SET gone = ?1 WHERE gone IS NULL AND last_seen < ?1');
  const open = db.prepare('SELECT * FROM finding WHERE gone IS NULL ORDER BY first_seen, id');
  const page = db.prepare(
    `SELECT * FROM finding WHERE (?1 = 'all' OR (?1 = 'open') = (gone IS NULL))
       AND (?2 IS NULL OR first_seen >= ?2 OR gone >= ?2) AND (first_seen, id) < (?3, ?4)
     ORDER BY first_seen DESC, id DESC LIMIT ?5`,
  );
  const purge = db.prepare('DELETE FROM finding WHERE gone < ?');
  return {
    get: (id: string) => get.get(id) as FindingTimes | undefined,
    seen: (f: SeenFinding, first: number, last: number) =>
      void seen.run(f.id, f.code, first, last, f.severity, f.title, f.affected),
    /** Closes everything that was not seen at this instant. */
    closeUnseen: (time: number) => Number(gone.run(time).changes),
    open: () => open.all() as unknown as FindingTimes[],
    /** Newest first. `since`: only what came or went from then on. */
    page: (state: 'open' | 'gone' | 'all', since: number | null, after: FindingCursor | undefined, limit: number) =>
      page.all(
        state,
        since,
        after?.first ?? Number.MAX_SAFE_INTEGER,
        after?.id ?? '',
        limit,
      ) as unknown as FindingTimes[],
    purge: (before: number) => void purge.run(before),
  };
}
export type FindingTable = ReturnType<typeof findingTable>;
