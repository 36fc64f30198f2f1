/** Opening and migrating the embedded store. Reasons for the settings: style, C.2 (measured). */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { initial } from './migrations/001-initial.ts';
import { administration } from './migrations/002-administration.ts';
import { passwords } from './migrations/003-passwords.ts';
import { findings } from './migrations/004-findings.ts';
import { alerts } from './migrations/005-alerts.ts';
import { obstacles } from './migrations/006-obstacles.ts';

const migrations: readonly string[] = [initial, administration, passwords, findings, alerts, obstacles];

export type Database = DatabaseSync;

export class StoreError extends Error {
  readonly code: 'store-full' | 'store-corrupt' | 'store-newer' | 'store-older' | 'store-locked' | 'store-error';
  constructor(code: StoreError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/** Opens (and creates or upgrades) a store file. `durable` makes every commit survive a power cut (fsync). */
export function openDatabase(file: string, options: { durable?: boolean; readOnly?: boolean } = {}): Database {
  if (file !== ':memory:' && !options.readOnly) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const db = new DatabaseSync(file, { readOnly: options.readOnly ?? false });
    // Its log and its index take their mode from the file itself.
    if (file !== ':memory:' && !options.readOnly) chmodSync(file, 0o600);
    if (!options.readOnly) db.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;');
    db.exec(
      `PRAGMA synchronous = ${options.durable ? 'FULL' : 'NORMAL'}; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -65536;
       PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16384;`,
    );
    if (options.readOnly) checkVersion(db, file);
    else migrate(db, file);
    return db;
  } catch (error) {
    throw storeErrorOf(error, file);
  }
}

function migrate(db: Database, file: string): void {
  const version = versionOf(db, file);
  migrations.slice(version).forEach((sql, i) => {
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${version + i + 1}; COMMIT;`);
  });
}

/** Whoever only reads cannot upgrade the store. */
function checkVersion(db: Database, file: string): void {
  const version = versionOf(db, file);
  if (version === migrations.length) return;
  throw new StoreError(
    'store-older',
    `The store ${file} was written by an older Causeway (schema ${version}, this one has ${migrations.length}). Start the service or run "causeway sync" once, which upgrades it.`,
  );
}

function versionOf(db: Database, file: string): number {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version <= migrations.length) return version;
  throw new StoreError(
    'store-newer',
    `The store ${file} was written by a newer Causeway (schema ${version}, this one knows ${migrations.length}). Start the newer version, or restore a copy made before the upgrade.`,
  );
}

/** Runs work in one transaction: all of it happens or nothing. Not to be nested. */
export function inTransaction<T>(db: Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw storeErrorOf(error, 'the store');
  }
}

/** SQLite's own errors in words; other errors as they are. */
export function storeErrorOf(error: unknown, file: string): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (error instanceof StoreError || code === undefined) return error;
  const primary = code & 0xff;
  if (primary === 13 || (primary === 10 && /full/i.test(String(error)))) {
    return new StoreError(
      'store-full',
      `The disk under ${file} is full. Nothing was lost; free some space and run again.`,
      error,
    );
  }
  if (primary === 11 || primary === 26) {
    return new StoreError(
      'store-corrupt',
      `${file} is damaged or not a Causeway store. Keep it aside and restore a copy, or rebuild the state with a full import: links are found again through the source anchor.`,
      error,
    );
  }
  if (primary === 5 || primary === 6) {
    return new StoreError('store-locked', `Another process holds ${file}. Stop it or use its service.`, error);
  }
  return new StoreError('store-error', `SQLite reports for ${file}: ${String((error as Error).message)}`, error);
}
