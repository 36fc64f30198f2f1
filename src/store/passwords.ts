/** State of password hash synchronization: channels, domains, the queue of users, results of the last days. */
import type { Database } from './sqlite.ts';

export interface PasswordQueueRow {
  readonly object_guid: string;
  readonly dn: string;
  readonly kind: string;
  readonly status: string;
  readonly reason: string;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly next_attempt: number;
}
export interface PasswordResultRow {
  readonly object_guid: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly dn: string;
  readonly status: string;
  readonly reason: string;
  readonly source_anchor: string | null;
  readonly detail: string | null;
  readonly error_code: string | null;
  readonly changed: number | null;
}
export interface PasswordQueuePage {
  readonly kinds: readonly string[];
  readonly dueAt: number;
  /** objectGUID after which the page begins. */
  readonly after: string;
  readonly limit: number;
}

const queueColumns = 'object_guid, dn, kind, status, reason, attempt, next_attempt';
const resultColumns = 'object_guid, time, dn, status, reason, source_anchor, detail, error_code, changed';

export function passwordTables(db: Database) {
  const channel = db.prepare('SELECT state FROM password_channel WHERE connector = ?');
  const setChannel = db.prepare(
    'INSERT INTO password_channel(connector, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
  );
  const domain = db.prepare('SELECT state FROM password_domain WHERE connector = ? AND naming_context = ?');
  const domains = db.prepare('SELECT naming_context, state FROM password_domain WHERE connector = ? ORDER BY 1');
  const setDomain = db.prepare(
    `INSERT INTO password_domain(connector, naming_context, state) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state`,
  );
  const enqueue = db.prepare(
    `INSERT OR REPLACE INTO password_queue(connector, naming_context, ${queueColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const dequeue = db.prepare(
    'DELETE FROM password_queue WHERE connector = ? AND naming_context = ? AND object_guid = ?',
  );
  const page = (condition: string) =>
    db.prepare(
      `SELECT ${queueColumns} FROM password_queue WHERE connector = ?1 AND naming_context = ?2 AND object_guid > ?3
         AND ${condition} kind IN (SELECT value FROM json_each(?4)) AND next_attempt <= ?5 ORDER BY object_guid LIMIT ?6`,
    );
  // Who waits may be everybody outside of the scope: what is due must be found without walking past them.
  const duePage = page("kind <> 'waiting' AND");
  const anyPage = page('');
  const queued = db.prepare(
    `SELECT ${queueColumns} FROM password_queue WHERE connector = ? AND naming_context = ? AND object_guid = ?`,
  );
  const counts = db.prepare(
    'SELECT kind, count(*) AS n FROM password_queue WHERE connector = ? AND naming_context = ? GROUP BY kind',
  );
  const reasons = db.prepare(
    `SELECT status, reason, count(*) AS n FROM password_queue WHERE connector = ? AND naming_context = ?
     GROUP BY status, reason ORDER BY n DESC, reason`,
  );
  const heldUp = db.prepare(
    `SELECT ${queueColumns} FROM password_queue WHERE connector = ? AND naming_context = ? AND reason = ?
     ORDER BY object_guid LIMIT ?`,
  );
  const addResult = db.prepare(
    `INSERT INTO password_result(connector, ${resultColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const history = db.prepare(
    `SELECT ${resultColumns} FROM password_result WHERE object_guid = ? ORDER BY id DESC LIMIT ?`,
  );
  const prune = db.prepare('DELETE FROM password_result WHERE time < ?');
  return {
    /** JSON. */
    channel: (connector: string) => (channel.get(connector) as { state: string } | undefined)?.state,
    setChannel: (connector: string, state: string) => void setChannel.run(connector, state),
    /** JSON. */
    domain: (connector: string, namingContext: string) =>
      (domain.get(connector, namingContext) as { state: string } | undefined)?.state,
    domains: (connector: string) => domains.all(connector) as { naming_context: string; state: string }[],
    setDomain: (connector: string, namingContext: string, state: string) =>
      void setDomain.run(connector, namingContext, state),
    enqueue: (connector: string, namingContext: string, row: PasswordQueueRow) =>
      void enqueue.run(
        connector,
        namingContext,
        row.object_guid,
        row.dn,
        row.kind,
        row.status,
        row.reason,
        row.attempt,
        row.next_attempt,
      ),
    dequeue: (connector: string, namingContext: string, objectGuid: string) =>
      void dequeue.run(connector, namingContext, objectGuid),
    queuePage: (connector: string, namingContext: string, { kinds, dueAt, after, limit }: PasswordQueuePage) =>
      (kinds.includes('waiting') ? anyPage : duePage).all(
        connector,
        namingContext,
        after,
        JSON.stringify(kinds),
        dueAt,
        limit,
      ) as unknown as PasswordQueueRow[],
    queued: (connector: string, namingContext: string, objectGuid: string) =>
      queued.get(connector, namingContext, objectGuid) as PasswordQueueRow | undefined,
    queueCounts: (connector: string, namingContext: string) =>
      counts.all(connector, namingContext) as { kind: string; n: number }[],
    /** How many users are held up for which reason, most first. */
    queueReasons: (connector: string, namingContext: string) =>
      reasons.all(connector, namingContext) as { status: string; reason: string; n: number }[],
    heldUp: (connector: string, namingContext: string, reason: string, limit: number) =>
      heldUp.all(connector, namingContext, reason, limit) as unknown as PasswordQueueRow[],
    addResult: (connector: string, row: PasswordResultRow) =>
      void addResult.run(
        connector,
        row.object_guid,
        row.time,
        row.dn,
        row.status,
        row.reason,
        row.source_anchor,
        row.detail,
        row.error_code,
        row.changed,
      ),
    /** Newest first. */
    history: (objectGuid: string, limit: number) => history.all(objectGuid, limit) as unknown as PasswordResultRow[],
    prune: (before: number) => void prune.run(before),
  };
}
export type PasswordTables = ReturnType<typeof passwordTables>;
