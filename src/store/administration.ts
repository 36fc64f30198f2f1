/** The audit log, the versions of the configuration and the drafts of rule files. */
import type { Database } from './sqlite.ts';

export interface AuditRow {
  readonly id: number;
  readonly time: number;
  readonly who: string;
  readonly how: string;
  readonly action: string;
  readonly subject: string | null;
  /** JSON. */
  readonly before: string | null;
  /** JSON. */
  readonly after: string | null;
  readonly outcome: string;
  readonly previous: string;
  readonly hash: string;
}
export interface VersionRow {
  readonly id: number;
  readonly time: number;
  readonly who: string;
  readonly reason: string;
  readonly hash: string;
}
export interface DraftRow {
  readonly name: string;
  readonly time: number;
  readonly who: string;
  readonly text: string;
}
export interface AuditFilter {
  readonly before: number;
  readonly limit: number;
  readonly who?: string | undefined;
  readonly action?: string | undefined;
}

export function administrationTables(db: Database) {
  const lastAudit = db.prepare('SELECT * FROM audit ORDER BY id DESC LIMIT 1');
  const addAudit = db.prepare(
    'INSERT INTO audit(id, time, who, how, action, subject, before, after, outcome, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const auditPage = db.prepare(
    'SELECT * FROM audit WHERE id < ? AND (?2 IS NULL OR who = ?2) AND (?3 IS NULL OR action = ?3) ORDER BY id DESC LIMIT ?4',
  );
  const auditAfter = db.prepare('SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?');
  const addVersion = db.prepare(
    'INSERT INTO configuration_version(time, who, reason, hash, content) VALUES (?, ?, ?, ?, ?)',
  );
  const lastVersion = db.prepare(
    'SELECT id, time, who, reason, hash FROM configuration_version ORDER BY id DESC LIMIT 1',
  );
  const versionPage = db.prepare(
    'SELECT id, time, who, reason, hash FROM configuration_version WHERE id < ? ORDER BY id DESC LIMIT ?',
  );
  const version = db.prepare('SELECT * FROM configuration_version WHERE id = ?');
  const drafts = db.prepare('SELECT * FROM draft ORDER BY name');
  const draft = db.prepare('SELECT * FROM draft WHERE name = ?');
  const saveDraft = db.prepare(
    `INSERT INTO draft(name, time, who, text) VALUES (?, ?, ?, ?)
     ON CONFLICT(name) DO UPDATE SET time = excluded.time, who = excluded.who, text = excluded.text`,
  );
  const removeDraft = db.prepare('DELETE FROM draft WHERE name = ?');
  return {
    lastAudit: () => lastAudit.get() as AuditRow | undefined,
    addAudit: (r: AuditRow) =>
      void addAudit.run(
        r.id,
        r.time,
        r.who,
        r.how,
        r.action,
        r.subject,
        r.before,
        r.after,
        r.outcome,
        r.previous,
        r.hash,
      ),
    /** Newest first. */
    auditPage: ({ before, limit, who, action }: AuditFilter) =>
      auditPage.all(before, who ?? null, action ?? null, limit) as unknown as AuditRow[],
    /** Oldest first, for checking the chain. */
    auditAfter: (id: number, limit: number) => auditAfter.all(id, limit) as unknown as AuditRow[],
    addVersion: (time: number, who: string, reason: string, hash: string, content: string) =>
      Number(addVersion.run(time, who, reason, hash, content).lastInsertRowid),
    lastVersion: () => lastVersion.get() as VersionRow | undefined,
    /** Newest first. */
    versionPage: (before: number, limit: number) => versionPage.all(before, limit) as unknown as VersionRow[],
    version: (id: number) => version.get(id) as (VersionRow & { readonly content: string }) | undefined,
    drafts: () => drafts.all() as unknown as DraftRow[],
    draft: (name: string) => draft.get(name) as DraftRow | undefined,
    saveDraft: (name: string, time: number, who: string, text: string) => void saveDraft.run(name, time, who, text),
    removeDraft: (name: string) => void removeDraft.run(name),
  };
}
export type AdministrationTables = ReturnType<typeof administrationTables>;
