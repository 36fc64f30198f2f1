/** Alerts that were raised, what people said of them, and sessions that ended before their time. */
import type { Database } from './sqlite.ts';

export interface AlertRow {
  readonly id: number;
  /** Of the cause: the same whenever it comes back. */
  readonly key: string;
  readonly kind: 'health' | 'finding';
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly summary: string;
  readonly subject: string | null;
  /** Epoch milliseconds, as the other instants here. */
  readonly raised: number;
  readonly seen: number;
  /** Null while it is open. */
  readonly resolved: number | null;
  /** JSON: what each channel was told last. */
  readonly told: string;
  /** JSON; null: nobody did. */
  readonly acknowledged: string | null;
}
export interface MuteRow {
  readonly key: string;
  readonly until: number;
  readonly time: number;
  readonly who: string;
  readonly reason: string;
}

export function alertTables(db: Database) {
  // What people said is written by themselves alone.
  const keep = db.prepare(
    `INSERT INTO alert(id, key, kind, code, severity, title, summary, subject, raised, seen, resolved, told)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT(id) DO UPDATE SET severity = excluded.severity, title = excluded.title, summary = excluded.summary,
       seen = excluded.seen, resolved = excluded.resolved, told = excluded.told`,
  );
  const recent = db.prepare('SELECT * FROM alert WHERE resolved IS NULL OR resolved >= ? ORDER BY id');
  const open = db.prepare('SELECT * FROM alert WHERE resolved IS NULL ORDER BY id');
  const get = db.prepare('SELECT * FROM alert WHERE id = ?');
  const last = db.prepare('SELECT max(id) AS id FROM alert');
  const page = db.prepare(
    `SELECT * FROM alert WHERE (?1 = 'all' OR (?1 = 'open') = (resolved IS NULL)) AND (?2 IS NULL OR severity = ?2)
       AND id < ?3 ORDER BY id DESC LIMIT ?4`,
  );
  const acknowledge = db.prepare('UPDATE alert SET acknowledged = ? WHERE id = ?');
  const purge = db.prepare('DELETE FROM alert WHERE resolved < ?');
  const mute = db.prepare('INSERT OR REPLACE INTO alert_mute(key, until, time, who, reason) VALUES (?, ?, ?, ?, ?)');
  const unmute = db.prepare('DELETE FROM alert_mute WHERE key = ?');
  const mutes = db.prepare('SELECT * FROM alert_mute WHERE until > ?');
  const purgeMutes = db.prepare('DELETE FROM alert_mute WHERE until <= ?');
  const endSession = db.prepare('INSERT OR REPLACE INTO ended_session(id, expires) VALUES (?, ?)');
  const endedSessions = db.prepare('SELECT id, expires FROM ended_session WHERE expires > ?');
  const purgeSessions = db.prepare('DELETE FROM ended_session WHERE expires <= ?');
  return {
    keep: (a: Omit<AlertRow, 'acknowledged'>) =>
      void keep.run(
        a.id,
        a.key,
        a.kind,
        a.code,
        a.severity,
        a.title,
        a.summary,
        a.subject,
        a.raised,
        a.seen,
        a.resolved,
        a.told,
      ),
    /** Open ones, and those that were resolved from an instant on. */
    recent: (since: number) => recent.all(since) as unknown as AlertRow[],
    open: () => open.all() as unknown as AlertRow[],
    get: (id: number) => get.get(id) as AlertRow | undefined,
    lastId: () => (last.get() as { id: number | null }).id ?? 0,
    /** Newest first. */
    page: (state: 'open' | 'resolved' | 'all', severity: string | null, before: number, limit: number) =>
      page.all(state, severity, before, limit) as unknown as AlertRow[],
    /** JSON, or null to take it back. */
    acknowledge: (id: number, text: string | null) => void acknowledge.run(text, id),
    purge: (before: number) => void purge.run(before),
    mute: (m: MuteRow) => void mute.run(m.key, m.until, m.time, m.who, m.reason),
    unmute: (key: string) => void unmute.run(key),
    /** Those that still hold. */
    mutes: (now: number) => mutes.all(now) as unknown as MuteRow[],
    purgeMutes: (now: number) => void purgeMutes.run(now),
    endSession: (id: string, expires: number) => void endSession.run(id, expires),
    endedSessions: (now: number) => endedSessions.all(now) as unknown as { id: string; expires: number }[],
    purgeSessions: (now: number) => void purgeSessions.run(now),
  };
}
export type AlertTables = ReturnType<typeof alertTables>;
