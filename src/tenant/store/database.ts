import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { migrations } from './migrations.ts';
import { fold } from './properties.ts';

/** An open database with its statements prepared once each, and a transaction that nests by joining the outer one. */
export interface Database {
  /** The prepared statement of this SQL text. The text must be a constant or built from constants only. */
  sql(text: string): StatementSync;
  exec(text: string): void;
  /** Runs the function in a transaction; an exception undoes everything in it. */
  transaction<T>(run: () => T): T;
  /** Makes the function callable from SQL; its result may differ from call to call. */
  define(name: string, run: () => number): void;
  /** Called when a transaction was undone, to forget what was remembered of it. */
  onRollback(forget: () => void): void;
  close(): void;
}

const preparedLimit = 500;

/**
 * Opens the file (`:memory:` for none), brings it to the newest migration and returns it.
 * Throws if the file was written by a newer version.
 */
export function openDatabase(file: string): Database {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000; PRAGMA busy_timeout = 5000;`);
  migrate(db, file);
  // SQLite's own lower() knows ASCII only.
  db.function('fold', { deterministic: true }, (value) => (typeof value === 'string' ? fold(value) : value));
  db.function('wordsof', { deterministic: true }, (value) =>
    typeof value === 'string' ? fold(value).replace(/[^\p{L}\p{N}]+/gu, ' ') : null,
  );
  const prepared = new Map<string, StatementSync>();
  const rollbackListeners: (() => void)[] = [];
  let depth = 0;
  return {
    sql(text) {
      let statement = prepared.get(text);
      if (!statement) {
        // Filters make many texts. One that goes is prepared again when it is needed.
        if (prepared.size >= preparedLimit) prepared.delete(prepared.keys().next().value as string);
        statement = db.prepare(text);
        prepared.set(text, statement);
      }
      return statement;
    },
    exec: (text) => db.exec(text),
    transaction(run) {
      if (depth > 0) return run();
      db.exec('BEGIN IMMEDIATE');
      depth = 1;
      try {
        const result = run();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        for (const forget of rollbackListeners) forget();
        throw error;
      } finally {
        depth = 0;
      }
    },
    define: (name, run) => db.function(name, run),
    onRollback: (forget) => {
      rollbackListeners.push(forget);
    },
    close: () => db.close(),
  };
}

function migrate(db: DatabaseSync, file: string): void {
  const version = Number((db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version);
  if (version > migrations.length) {
    throw new Error(`${file} was written by a newer version of Causeway; update Causeway or choose another directory.`);
  }
  for (let step = version; step < migrations.length; step++) {
    db.exec(`BEGIN; ${migrations[step]}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
}
