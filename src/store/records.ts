/** Run history, object errors, journal, settings, connectors and partitions. */
import type { Database } from './sqlite.ts';

export interface ConnectorRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}
export interface PartitionRow {
  readonly id: number;
  readonly connector: number;
  readonly name: string;
  readonly watermark: string | null;
  readonly watermark_time: number | null;
  readonly last_full_import: number | null;
  readonly last_delta_import: number | null;
  readonly settings: string | null;
}
export interface RunRow {
  readonly id: number;
  readonly cycle: number | null;
  readonly connector: number | null;
  readonly profile: string;
  readonly started: number;
  readonly ended: number | null;
  readonly status: string;
  readonly server: string | null;
  /** JSON: counter → number. */
  readonly counters: string;
  readonly error: string | null;
}
export type ErrorPhase = 'import' | 'sync' | 'export' | 'confirm';
export interface ObjectErrorRow {
  readonly cs: number;
  readonly phase: ErrorPhase;
  readonly code: string;
  /** JSON: message, attribute, rule, value, facts, nextAttempt. */
  readonly detail: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly count: number;
  readonly run: number;
}
export interface JournalRow {
  readonly id: number;
  readonly time: number;
  readonly run: number | null;
  readonly kind: string;
  readonly cs: number | null;
  readonly mv: number | null;
  readonly detail: string;
}

export function recordTables(db: Database) {
  const connector = db.prepare(
    'INSERT INTO connector(name, type) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET type = excluded.type RETURNING id, name, type',
  );
  const connectors = db.prepare('SELECT id, name, type FROM connector ORDER BY id');
  const partition = db.prepare(
    'INSERT INTO partition(connector, name) VALUES (?, ?) ON CONFLICT(connector, name) DO UPDATE SET name = name RETURNING *',
  );
  const partitions = db.prepare('SELECT * FROM partition WHERE connector = ? ORDER BY id');
  const setWatermark = db.prepare('UPDATE partition SET watermark = ?, watermark_time = ?, settings = ? WHERE id = ?');
  const imported = {
    full: db.prepare('UPDATE partition SET last_full_import = ? WHERE id = ?'),
    delta: db.prepare('UPDATE partition SET last_delta_import = ? WHERE id = ?'),
  };
  const startRun = db.prepare(
    "INSERT INTO run(cycle, connector, profile, started, status, counters) VALUES (?, ?, ?, ?, 'in-progress', '{}')",
  );
  const endRun = db.prepare(
    'UPDATE run SET ended = ?, status = ?, counters = ?, error = ?, server = coalesce(?, server) WHERE id = ?',
  );
  const run = db.prepare('SELECT * FROM run WHERE id = ?');
  const runs = db.prepare('SELECT * FROM run WHERE id < ? ORDER BY id DESC LIMIT ?');
  const interrupted = db.prepare(
    "UPDATE run SET status = 'stopped-server-shutdown', ended = ? WHERE status = 'in-progress'",
  );
  const purge = db.prepare(
    'DELETE FROM run WHERE started < ? AND id NOT IN (SELECT max(id) FROM run GROUP BY connector, profile)',
  );
  const purgeObjects = db.prepare('DELETE FROM run_object WHERE run NOT IN (SELECT id FROM run)');
  const runObject = db.prepare('INSERT OR REPLACE INTO run_object(run, counter, cs, detail) VALUES (?, ?, ?, ?)');
  const runObjects = db.prepare(
    'SELECT run, counter, cs, detail FROM run_object WHERE run = ? AND counter = ? AND cs > ? ORDER BY cs LIMIT ?',
  );
  const setError = db.prepare(
    `INSERT INTO object_error(cs, phase, code, detail, first_seen, last_seen, count, run) VALUES (?, ?, ?, ?, ?, ?, 1, ?)
     ON CONFLICT(cs, phase) DO UPDATE SET detail = excluded.detail, last_seen = excluded.last_seen, run = excluded.run,
       first_seen = CASE WHEN code = excluded.code THEN first_seen ELSE excluded.first_seen END,
       count = CASE WHEN code = excluded.code THEN count + 1 ELSE 1 END, code = excluded.code`,
  );
  const clearError = db.prepare('DELETE FROM object_error WHERE cs = ? AND phase = ?');
  const clearErrors = db.prepare('DELETE FROM object_error WHERE cs = ?');
  const errors = db.prepare('SELECT * FROM object_error ORDER BY last_seen DESC, cs LIMIT ?');
  const anyError = db.prepare('SELECT 1 AS x FROM object_error LIMIT 1');
  const standing = db.prepare(
    `SELECT 1 AS x FROM object_error e CROSS JOIN cs_object o ON o.id = e.cs
     WHERE e.phase = ? AND o.connector = ? AND json_extract(e.detail, '$.severity') IS NOT 'warning' LIMIT 1`,
  );
  const errorsOf = db.prepare('SELECT * FROM object_error WHERE cs = ?');
  const errorsOfPhase = db.prepare('SELECT * FROM object_error WHERE phase = ? ORDER BY cs');
  const errorPage = db.prepare('SELECT cs FROM object_error WHERE phase = ? AND cs > ? ORDER BY cs LIMIT ?');
  const journal = db.prepare('INSERT INTO journal(time, run, kind, cs, mv, detail) VALUES (?, ?, ?, ?, ?, ?)');
  const journalOf = db.prepare('SELECT * FROM journal WHERE mv = ? OR cs = ? ORDER BY id');
  const journalPage = db.prepare('SELECT * FROM journal WHERE id < ? ORDER BY id DESC LIMIT ?');
  const removedIdentities = db.prepare(
    "SELECT * FROM journal WHERE kind = 'identity-removed' AND instr(lower(detail), ?) > 0 ORDER BY id DESC LIMIT 100",
  );
  const getSetting = db.prepare('SELECT value FROM setting WHERE key = ?');
  const setSetting = db.prepare(
    'INSERT INTO setting(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value',
  );
  const removeSetting = db.prepare('DELETE FROM setting WHERE key = ?');
  return {
    connector: (name: string, type: string) => connector.get(name, type) as unknown as ConnectorRow,
    connectors: () => connectors.all() as unknown as ConnectorRow[],
    partition: (connectorId: number, name: string) => partition.get(connectorId, name) as unknown as PartitionRow,
    partitions: (connectorId: number) => partitions.all(connectorId) as unknown as PartitionRow[],
    setWatermark: (id: number, watermark: string | null, time: number, settings: string | null) =>
      void setWatermark.run(watermark, time, settings, id),
    imported: (id: number, mode: 'full' | 'delta', time: number) => void imported[mode].run(time, id),
    startRun: (cycle: number | null, connectorId: number | null, profile: string, time: number) =>
      Number(startRun.run(cycle, connectorId, profile, time).lastInsertRowid),
    endRun: (id: number, time: number, status: string, counters: string, error: string | null, server: string | null) =>
      void endRun.run(time, status, counters, error, server, id),
    run: (id: number) => run.get(id) as RunRow | undefined,
    /** Newest first, before a run number. */
    runs: (before: number, limit: number) => runs.all(before, limit) as unknown as RunRow[],
    /** Runs that a kill left behind, closed with a status that says so. */
    closeInterrupted: (time: number) => Number(interrupted.run(time).changes),
    purgeRuns: (before: number) => {
      purge.run(before);
      purgeObjects.run();
    },
    runObject: (runId: number, counter: string, cs: number, detail: string | null) =>
      void runObject.run(runId, counter, cs, detail),
    runObjects: (runId: number, counter: string, after: number, limit: number) =>
      runObjects.all(runId, counter, after, limit) as {
        run: number;
        counter: string;
        cs: number;
        detail: string | null;
      }[],
    setError: (cs: number, phase: ErrorPhase, code: string, detail: string, time: number, runId: number) =>
      void setError.run(cs, phase, code, detail, time, time, runId),
    clearError: (cs: number, phase: ErrorPhase) => void clearError.run(cs, phase),
    clearErrors: (cs: number) => void clearErrors.run(cs),
    errors: (limit: number) => errors.all(limit) as unknown as ObjectErrorRow[],
    anyError: () => anyError.get() !== undefined,
    /** Whether objects of a connector have an error of this phase, warnings not counted. */
    anyStanding: (phase: ErrorPhase, connectorId: number) => standing.get(phase, connectorId) !== undefined,
    errorsOf: (cs: number) => errorsOf.all(cs) as unknown as ObjectErrorRow[],
    errorsOfPhase: (phase: ErrorPhase) => errorsOfPhase.all(phase) as unknown as ObjectErrorRow[],
    errorPage: (phase: ErrorPhase, after: number, limit: number) =>
      (errorPage.all(phase, after, limit) as { cs: number }[]).map((r) => r.cs),
    journal: (time: number, runId: number | null, kind: string, cs: number | null, mv: number | null, detail: string) =>
      void journal.run(time, runId, kind, cs, mv, detail),
    journalOf: (mv: number | null, cs: number | null) => journalOf.all(mv, cs) as unknown as JournalRow[],
    /** Removed identities that had this text (in lower case) somewhere in their values, newest first. Walks through the journal. */
    removedIdentities: (text: string) => removedIdentities.all(text) as unknown as JournalRow[],
    journalPage: (before: number, limit: number) => journalPage.all(before, limit) as unknown as JournalRow[],
    setting: (key: string) => (getSetting.get(key) as { value: string } | undefined)?.value,
    setSetting: (key: string, value: string) => void setSetting.run(key, value),
    removeSetting: (key: string) => void removeSetting.run(key),
  };
}
export type RecordTables = ReturnType<typeof recordTables>;
