/** A lock that the operating system gives back the moment its process ends, however it ends: an SQLite write lock. */
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface FileLock extends Disposable {
  /** Grows with every time the lock is taken. */
  readonly epoch: number;
}

/** Takes the lock of a file (made if it is not there); undefined if another process has it. Never waits. */
export function takeLock(file: string): FileLock | undefined {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    db.exec('PRAGMA journal_mode = DELETE; CREATE TABLE IF NOT EXISTS lease(epoch INTEGER NOT NULL)');
    const epoch = nextEpoch(db);
    db.exec('BEGIN EXCLUSIVE');
    return {
      epoch,
      [Symbol.dispose]() {
        db.exec('ROLLBACK');
        db.close();
      },
    };
  } catch (error) {
    db.close();
    // SQLITE_BUSY, and its extended forms.
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== 5) throw error;
    return undefined;
  }
}

function nextEpoch(db: DatabaseSync): number {
  db.exec('BEGIN IMMEDIATE');
  const row = db.prepare('SELECT max(epoch) AS epoch FROM lease').get() as { epoch: number | null };
  const epoch = (row.epoch ?? 0) + 1;
  db.exec(`DELETE FROM lease; INSERT INTO lease VALUES (${epoch}); COMMIT`);
  return epoch;
}
