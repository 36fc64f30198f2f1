/** Questions that people ask of the store: counts and pages for the command line, the API and the console. Reads only. */
import type { CsRow } from './connector-space.ts';
import type { MvRow } from './metaverse.ts';
import type { ErrorPhase, ObjectErrorRow, RunRow } from './records.ts';
import type { Database } from './sqlite.ts';

export interface RunFilter {
  readonly before: number;
  readonly limit: number;
  readonly connector?: number | undefined;
  readonly profile?: string | undefined;
  readonly cycle?: number | undefined;
  /** Runs that did not end with success only. */
  readonly troubled?: boolean | undefined;
}
export interface ErrorFilter {
  readonly phase?: ErrorPhase | undefined;
  readonly code?: string | undefined;
  /** Only one of these codes. */
  readonly codes?: readonly string[] | undefined;
  readonly connector?: number | undefined;
  /** Continue after this row: its `last_seen`, `cs` and `phase`. */
  readonly after?: { readonly seen: number; readonly cs: number; readonly phase: string } | undefined;
  readonly limit: number;
}
export type CsScope = 'all' | 'pending-import' | 'pending-export' | 'errors' | 'disconnected';
export interface PendingFilter {
  readonly connector: number;
  readonly operation?: string | undefined;
  readonly type?: string | undefined;
  readonly after: number;
  readonly limit: number;
}
export interface PendingRow {
  readonly cs: number;
  readonly operation: 'add' | 'update' | 'delete';
  readonly attributes: string;
  readonly state: number;
  readonly attempt: number;
  readonly next_attempt: number;
  readonly dn: string;
  readonly object_type: string | null;
}

export function reportTables(db: Database) {
  const runs = db.prepare(
    `SELECT * FROM run WHERE id < ?1 AND (?2 IS NULL OR connector = ?2) AND (?3 IS NULL OR profile = ?3)
       AND (?4 IS NULL OR cycle = ?4) AND (?5 = 0 OR status NOT IN ('success', 'completed-no-objects', 'in-progress'))
     ORDER BY id DESC LIMIT ?6`,
  );
  const cycleRuns = db.prepare('SELECT * FROM run WHERE cycle = ? ORDER BY id');
  const lastCycle = db.prepare('SELECT max(cycle) AS cycle FROM run');
  const cycleBefore = db.prepare('SELECT max(cycle) AS cycle FROM run WHERE cycle < ?');
  const lastOfKind = db.prepare(
    'SELECT * FROM run WHERE connector IS ? AND profile = ? AND ended IS NOT NULL ORDER BY id DESC LIMIT 1',
  );
  const endedRuns = db.prepare(
    'SELECT * FROM run WHERE connector IS ? AND profile = ? AND ended IS NOT NULL ORDER BY id DESC LIMIT ?',
  );
  const before = db.prepare(
    'SELECT * FROM run WHERE connector IS ? AND profile = ? AND id < ? ORDER BY id DESC LIMIT 1',
  );
  const removeRun = db.prepare('DELETE FROM run WHERE id = ?');
  const runObjects = db.prepare('SELECT counter, count(*) AS n FROM run_object WHERE run = ? GROUP BY counter');
  const journalOfRun = db.prepare('SELECT * FROM journal WHERE run = ?1 AND (cs = ?2 OR mv = ?3) ORDER BY id LIMIT 50');
  const errors = db.prepare(
    `SELECT e.* FROM object_error e LEFT JOIN cs_object o ON o.id = e.cs
     WHERE (?1 IS NULL OR e.phase = ?1) AND (?2 IS NULL OR e.code = ?2) AND (?3 IS NULL OR o.connector = ?3)
       AND (?4 IS NULL OR e.code IN (SELECT value FROM json_each(?4)))
       AND (e.last_seen, e.cs, e.phase) < (?5, ?6, ?7)
     ORDER BY e.last_seen DESC, e.cs DESC, e.phase DESC LIMIT ?8`,
  );
  const errorCounts = db.prepare(
    'SELECT phase, code, count(*) AS n, min(first_seen) AS first, max(last_seen) AS last FROM object_error GROUP BY phase, code ORDER BY n DESC',
  );
  const pending = db.prepare(
    `SELECT e.cs, e.operation, e.attributes, e.state, e.attempt, e.next_attempt, o.dn, o.object_type
     FROM cs_export e JOIN cs_object o ON o.id = e.cs
     WHERE e.connector = ?1 AND e.cs > ?2 AND (?3 IS NULL OR e.operation = ?3) AND (?4 IS NULL OR o.object_type = ?4)
     ORDER BY e.cs LIMIT ?5`,
  );
  const pendingGroups = db.prepare(
    `SELECT e.operation, o.object_type AS type, count(*) AS n FROM cs_export e JOIN cs_object o ON o.id = e.cs
     WHERE e.connector = ? GROUP BY e.operation, o.object_type ORDER BY e.operation, o.object_type`,
  );
  const pendingReferences = db.prepare(
    `SELECT a.name AS attribute, r.change, count(*) AS n FROM cs_export_reference r JOIN cs_object o ON o.id = r.cs
     JOIN attribute a ON a.id = r.attribute WHERE o.connector = ? GROUP BY r.attribute, r.change ORDER BY a.name`,
  );
  const objectCounts = db.prepare(
    `SELECT connector, object_type AS type, count(*) AS n FROM cs_object
     WHERE object_type IS NOT NULL GROUP BY connector, object_type ORDER BY connector, object_type`,
  );
  const identityCounts = db.prepare('SELECT type, count(*) AS n FROM mv_object GROUP BY type ORDER BY type');
  const pendingImports = db.prepare(
    `SELECT o.connector, p.kind, count(*) AS n FROM cs_pending_import p JOIN cs_object o ON o.id = p.cs
     GROUP BY o.connector, p.kind`,
  );
  const csPage = (join: string, condition: string) =>
    db.prepare(
      `SELECT o.id, o.connector, o.partition, o.anchor, o.dn, o.object_type, o.attributes FROM cs_object o ${join}
       WHERE o.id > ?1 AND o.object_type IS NOT NULL AND (?2 IS NULL OR o.connector = ?2)
         AND (?3 IS NULL OR o.object_type = ?3) AND ${condition} ORDER BY o.id LIMIT ?4`,
    );
  const csPages = {
    all: csPage('', '1'),
    'pending-import': csPage('JOIN cs_pending_import p ON p.cs = o.id', '1'),
    'pending-export': csPage('JOIN cs_export p ON p.cs = o.id', '1'),
    errors: csPage('', 'EXISTS (SELECT 1 FROM object_error e WHERE e.cs = o.id)'),
    disconnected: csPage('', 'NOT EXISTS (SELECT 1 FROM link l WHERE l.cs = o.id)'),
  };
  const mvPage = db.prepare(
    `SELECT id, type, attributes, provenance FROM mv_object WHERE id > ?1 AND (?2 IS NULL OR type = ?2) ORDER BY id LIMIT ?3`,
  );
  const changes = db.prepare(
    `SELECT * FROM run WHERE started >= ? AND ended IS NOT NULL
     ORDER BY id DESC LIMIT ?`,
  );
  return {
    /** Newest first. */
    runs: (f: RunFilter) =>
      runs.all(
        f.before,
        f.connector ?? null,
        f.profile ?? null,
        f.cycle ?? null,
        f.troubled ? 1 : 0,
        f.limit,
      ) as unknown as RunRow[],
    cycleRuns: (cycle: number) => cycleRuns.all(cycle) as unknown as RunRow[],
    lastCycle: () => (lastCycle.get() as { cycle: number | null }).cycle ?? undefined,
    cycleBefore: (cycle: number) => (cycleBefore.get(cycle) as { cycle: number | null }).cycle ?? undefined,
    lastOfKind: (connector: number | null, profile: string) => lastOfKind.get(connector, profile) as RunRow | undefined,
    /** Newest first. */
    endedRuns: (connector: number | null, profile: string, limit: number) =>
      endedRuns.all(connector, profile, limit) as unknown as RunRow[],
    runBefore: (connector: number | null, profile: string, id: number) =>
      before.get(connector, profile, id) as RunRow | undefined,
    removeRun: (id: number) => void removeRun.run(id),
    /** How many objects are listed behind each counter. */
    runObjectCounts: (run: number) => runObjects.all(run) as { counter: string; n: number }[],
    journalOfRun: (run: number, cs: number, mv: number | null) =>
      journalOfRun.all(run, cs, mv) as unknown as { time: number; kind: string; detail: string }[],
    /** Latest first. */
    errors: (f: ErrorFilter) =>
      errors.all(
        f.phase ?? null,
        f.code ?? null,
        f.connector ?? null,
        f.codes === undefined ? null : JSON.stringify(f.codes),
        f.after?.seen ?? Number.MAX_SAFE_INTEGER,
        f.after?.cs ?? 0,
        f.after?.phase ?? '',
        f.limit,
      ) as unknown as ObjectErrorRow[],
    errorCounts: () =>
      errorCounts.all() as { phase: ErrorPhase; code: string; n: number; first: number; last: number }[],
    pending: (f: PendingFilter) =>
      pending.all(f.connector, f.after, f.operation ?? null, f.type ?? null, f.limit) as unknown as PendingRow[],
    pendingGroups: (connector: number) =>
      pendingGroups.all(connector) as { operation: string; type: string | null; n: number }[],
    pendingReferences: (connector: number) =>
      pendingReferences.all(connector) as { attribute: string; change: 1 | -1; n: number }[],
    objectCounts: () => objectCounts.all() as { connector: number; type: string; n: number }[],
    identityCounts: () => identityCounts.all() as { type: string; n: number }[],
    pendingImports: () => pendingImports.all() as { connector: number; kind: string; n: number }[],
    /** Objects of the connector space in some state, by number. */
    csPage: (scope: CsScope, f: { after: number; connector?: number; type?: string; limit: number }) =>
      csPages[scope].all(f.after, f.connector ?? null, f.type ?? null, f.limit) as unknown as CsRow[],
    mvPage: (f: { after: number; type?: string; limit: number }) =>
      mvPage.all(f.after, f.type ?? null, f.limit) as unknown as MvRow[],
    /** Runs since an instant, newest first, for charts. */
    changes: (since: number, limit: number) => changes.all(since, limit) as unknown as RunRow[],
  };
}
export type ReportTables = ReturnType<typeof reportTables>;
