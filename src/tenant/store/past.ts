import type { Database } from './database.ts';

/** Columns of the tables that a reader of the past must not see the newest rows of; the first is the key. */
const tables = {
  object: [
    'seq',
    'id',
    'kind',
    'sync',
    'anchor',
    'deleted_at',
    'change',
    'created_change',
    'body',
    'shadow',
    'internal',
  ],
  lookup: ['property', 'value', 'object'],
  link: ['source', 'kind', 'target'],
  link_change: ['change', 'source', 'kind', 'target', 'added'],
  tombstone: ['change', 'id', 'kind', 'anchor', 'was_synced', 'at'],
} as const;
type Table = keyof typeof tables;
/** Tables without a number of their own are told apart by all columns. */
const keysOf = (table: Table): readonly string[] =>
  table === 'lookup' || table === 'link' ? tables[table] : tables[table].slice(0, 1);

interface Entry {
  readonly tbl: Table;
  /** What happened: i(nsert), u(pdate), d(elete). */
  readonly op: 'i' | 'u' | 'd';
  /** JSON list: the old columns, or the key of what was inserted. */
  readonly old: string;
}

/**
 * The tenant as it was a moment ago: how a service whose copies follow late answers (entra-directory s.5.1). While it is
 * on, every change leaves behind how to undo it; a read undoes what is too young, looks, and puts everything back.
 */
export class Past {
  readonly #db: Database;
  readonly #now: () => number;
  #delayMs = 0;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
    db.define('past_now', () => this.#now());
  }

  /** How far reads lag behind, in ms; 0 turns it off. */
  setDelay(milliseconds: number): void {
    if (milliseconds > 0 && this.#delayMs === 0) this.#db.exec(recording);
    if (milliseconds === 0 && this.#delayMs > 0) this.#db.exec(forgetting);
    this.#delayMs = milliseconds;
  }

  /** Forgets what is older than the delay. */
  prune(): void {
    if (this.#delayMs > 0) this.#db.sql('DELETE FROM temp.past WHERE at <= ?').run(this.#now() - this.#delayMs);
  }

  /** Runs the function, which must only read, on what the tables held before the delay. */
  read<T>(run: () => T): T {
    if (this.#delayMs === 0) return run();
    this.prune();
    const young = this.#db
      .sql('SELECT tbl, op, old FROM temp.past ORDER BY id DESC')
      .all() as unknown as readonly Entry[];
    if (young.length === 0) return run();
    this.#db.exec('SAVEPOINT past');
    try {
      for (const entry of young) this.#undo(entry);
      return run();
    } finally {
      this.#db.exec('ROLLBACK TO past; RELEASE past');
    }
  }

  #undo({ tbl, op, old }: Entry): void {
    if (op === 'i') {
      const where = keysOf(tbl).map((column, i) => `${column} = json_extract(?1, '$[${i}]')`);
      this.#db.sql(`DELETE FROM ${tbl} WHERE ${where.join(' AND ')}`).run(old);
      return;
    }
    const columns = tables[tbl];
    const values = columns.map((_, i) => `json_extract(?1, '$[${i}]')`);
    this.#db.sql(`REPLACE INTO ${tbl} (${columns.join(', ')}) VALUES (${values.join(', ')})`).run(old);
  }
}

const list = (row: 'OLD' | 'NEW', columns: readonly string[]): string =>
  `json_array(${columns.map((column) => `${row}.${column}`).join(', ')})`;
const trigger = (table: Table, event: 'INSERT' | 'UPDATE' | 'DELETE', op: Entry['op'], old: string): string =>
  `CREATE TEMP TRIGGER past_${table}_${op} AFTER ${event} ON main.${table} BEGIN
     INSERT INTO past (at, tbl, op, old) VALUES (past_now(), '${table}', '${op}', ${old}); END;`;
const names = Object.keys(tables) as Table[];

const recording = `CREATE TEMP TABLE past (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, tbl TEXT NOT NULL, op TEXT NOT NULL, old TEXT NOT NULL);
  CREATE INDEX temp.past_by_time ON past (at);
  ${names
    .flatMap((table) => [
      trigger(table, 'INSERT', 'i', list('NEW', keysOf(table))),
      trigger(table, 'UPDATE', 'u', list('OLD', tables[table])),
      trigger(table, 'DELETE', 'd', list('OLD', tables[table])),
    ])
    .join('\n')}`;
const forgetting = `${names
  .flatMap((table) => ['i', 'u', 'd'].map((op) => `DROP TRIGGER temp.past_${table}_${op};`))
  .join(' ')} DROP TABLE temp.past;`;
