import type { Database } from './database.ts';
import type { LinkChangeRow } from './links.ts';
import { type ObjectStore, objectColumns, type StoredObject } from './objects.ts';
import type { Kind } from './properties.ts';

export interface Tombstone {
  readonly change: number;
  readonly id: string;
  readonly kind: Kind;
  readonly anchor: string | null;
}
/** One page of what changed in the tenant. */
export interface ChangePage {
  /** Objects of which a property changed or that came into or out of the recycle bin. */
  readonly objects: readonly StoredObject[];
  /** Changes of links by the sequence number of the object that has them, in order. */
  readonly links: ReadonlyMap<number, readonly LinkChangeRow[]>;
  /** Gone for good. */
  readonly gone: readonly Tombstone[];
  /** Everything up to this number is in this page or was in one before. */
  readonly done: number;
}

/**
 * What changed after one number of the sequence and up to another, at most about `top` objects and `linkRows` rows of
 * the link log. Each of the three sources is read in order, and the page ends where the first of them was cut, so
 * that nothing is missed whatever is written between two pages: an object that changes again moves behind the end and
 * comes in the next round, and rows of the log never move.
 */
export function readChanges(
  db: Database,
  objects: ObjectStore,
  range: { readonly after: number; readonly until: number },
  limits: { readonly top: number; readonly linkRows: number },
): ChangePage {
  const { after, until } = range;
  const { top, linkRows } = limits;
  const changed = objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.change > ? AND o.change <= ? ORDER BY o.change LIMIT ?`,
    after,
    until,
    top,
  );
  const gone = db
    .sql('SELECT change, id, kind, anchor FROM tombstone WHERE change > ? AND change <= ? ORDER BY change LIMIT ?')
    .all(after, until, top) as unknown as Tombstone[];
  const log = db
    .sql(
      'SELECT change, source, kind, target, added FROM link_change WHERE change > ? AND change <= ? ORDER BY change LIMIT ?',
    )
    .all(after, until, linkRows) as unknown as LinkChangeRow[];
  const cut = sourcesUpTo(log, top);
  const done = Math.min(
    changed.length === top ? (changed.at(-1)?.change ?? until) : until,
    gone.length === top ? (gone.at(-1)?.change ?? until) : until,
    cut < log.length || log.length === linkRows ? (log[cut - 1]?.change ?? until) : until,
  );
  const links = new Map<number, LinkChangeRow[]>();
  for (const row of log) {
    if (row.change > done) break;
    const rows = links.get(row.source);
    if (rows) rows.push(row);
    else links.set(row.source, [row]);
  }
  return {
    objects: changed.filter((o) => o.change <= done),
    links,
    gone: gone.filter((t) => t.change <= done),
    done,
  };
}

/** How many rows from the beginning concern at most so many objects. */
function sourcesUpTo(rows: readonly LinkChangeRow[], top: number): number {
  const sources = new Set<number>();
  for (const [index, row] of rows.entries()) {
    sources.add(row.source);
    if (sources.size > top) return index;
  }
  return rows.length;
}
