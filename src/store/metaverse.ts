/** Identities, their search keys and the links to the connector space. */
import type { StatementSync } from 'node:sqlite';
import { KeyBuffer } from './key-buffer.ts';
import { denseRange, ReadAhead } from './read-ahead.ts';
import type { Database } from './sqlite.ts';

export interface MvRow {
  readonly id: number;
  readonly type: string;
  /** Canonical JSON. */
  readonly attributes: string;
  /** JSON: attribute → [rule, cs] or, for a reference attribute, [rule, cs, attribute of the cs]. */
  readonly provenance: string;
}
export type LinkOrigin = 'join' | 'projection' | 'outbound-join' | 'provision';
export interface LinkRow {
  readonly cs: number;
  readonly mv: number;
  readonly connector: number;
  readonly origin: LinkOrigin;
  readonly rule: number;
  readonly time: number;
  /** 1 once the object was in scope of an outbound Provision rule: then leaving scope deletes it. */
  readonly owned: number;
}

type MvArray = readonly [id: number, type: string, attributes: string, provenance: string];
const linkColumns = 'cs, mv, connector, origin, rule, time, owned';
type LinkArray = readonly [
  cs: number,
  mv: number,
  connector: number,
  origin: LinkOrigin,
  rule: number,
  time: number,
  owned: number,
];
const linkOf = ([cs, mv, connector, origin, rule, time, owned]: LinkArray): LinkRow => ({
  cs,
  mv,
  connector,
  origin,
  rule,
  time,
  owned,
});

/** The same statement with its rows as lists, which cost a third of what objects cost. */
function arrays(statement: StatementSync): StatementSync {
  statement.setReturnArrays(true);
  return statement;
}

export function metaverseTable(db: Database) {
  const get = db.prepare('SELECT id, type, attributes, provenance FROM mv_object WHERE id = ?');
  const update = db.prepare('UPDATE mv_object SET attributes = ?, provenance = ? WHERE id = ?');
  const insert = db.prepare('INSERT INTO mv_object(id, type, attributes, provenance) VALUES (?, ?, ?, ?)');
  const highest = db.prepare(
    'SELECT max(id) AS id FROM (SELECT max(id) AS id FROM mv_object UNION ALL SELECT max(mv) FROM journal)',
  );
  let next = 0;
  const remove = db.prepare('DELETE FROM mv_object WHERE id = ?');
  const page = db.prepare('SELECT id, type, attributes, provenance FROM mv_object WHERE id > ? ORDER BY id LIMIT ?');
  const addKey = db.prepare('INSERT OR IGNORE INTO mv_key(attribute, value, mv) VALUES (?, ?, ?)');
  const waiting = new KeyBuffer(db);
  let isKeeping = false;
  const ahead = new ReadAhead<MvRow>();
  const linkAhead = new ReadAhead<LinkRow>();
  const linksAhead = new ReadAhead<readonly LinkRow[]>();
  const range = arrays(db.prepare('SELECT id, type, attributes, provenance FROM mv_object WHERE id BETWEEN ? AND ?'));
  const linkRange = arrays(db.prepare(`SELECT ${linkColumns} FROM link WHERE cs BETWEEN ? AND ?`));
  const linksRange = arrays(db.prepare(`SELECT ${linkColumns} FROM link WHERE mv BETWEEN ? AND ? ORDER BY mv, cs`));
  const linksAround = arrays(
    db.prepare(
      `SELECT own.cs, ${linkColumns.replace(/\w+/g, 'l.$&')} FROM link own JOIN link l ON l.mv = own.mv
       WHERE own.cs BETWEEN ? AND ? ORDER BY own.cs, l.cs`,
    ),
  );
  const removeKey = db.prepare('DELETE FROM mv_key WHERE attribute = ? AND value = ? AND mv = ?');
  const removeKeysOf = db.prepare('DELETE FROM mv_key WHERE attribute = ?');
  const findKey = db.prepare('SELECT mv FROM mv_key WHERE attribute = ? AND value = ? LIMIT ?');
  const countKeys = db.prepare('SELECT count(*) AS n FROM mv_key WHERE attribute = ?');
  const dirty = db.prepare('INSERT OR IGNORE INTO mv_dirty(mv) VALUES (?)');
  const clean = db.prepare('DELETE FROM mv_dirty WHERE mv = ?');
  const cleanRange = db.prepare('DELETE FROM mv_dirty WHERE mv BETWEEN ? AND ?');
  const dirtyPage = db.prepare('SELECT mv FROM mv_dirty WHERE mv > ? ORDER BY mv LIMIT ?');
  const isDirty = db.prepare('SELECT 1 AS x FROM mv_dirty WHERE mv = ?');
  const dirtyCount = db.prepare('SELECT count(*) AS n FROM mv_dirty');
  const dirtyAll = db.prepare('INSERT OR IGNORE INTO mv_dirty(mv) SELECT id FROM mv_object');
  const count = db.prepare('SELECT count(*) AS n FROM mv_object');
  const last = db.prepare('SELECT max(id) AS id FROM mv_object');
  const link = db.prepare('SELECT * FROM link WHERE cs = ?');
  const links = db.prepare('SELECT * FROM link WHERE mv = ? ORDER BY cs');
  const linkIn = db.prepare('SELECT * FROM link WHERE mv = ? AND connector = ?');
  const addLink = db.prepare(
    'INSERT INTO link(cs, mv, connector, origin, rule, time, owned) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const own = db.prepare('UPDATE link SET owned = 1 WHERE cs = ?');
  const removeLink = db.prepare('DELETE FROM link WHERE cs = ?');
  const linkOfObject = (cs: number) =>
    linkAhead.covers(cs) ? linkAhead.get(cs) : (link.get(cs) as LinkRow | undefined);
  const linksOf = (mv: number): readonly LinkRow[] =>
    linksAhead.covers(mv) ? (linksAhead.get(mv) ?? []) : (links.all(mv) as unknown as LinkRow[]);
  /** Rare: nothing of what was read ahead is trusted any more. */
  const forgetLinks = () => {
    linkAhead.forget();
    linksAhead.forget();
  };
  return {
    get: (id: number) => (ahead.covers(id) ? ahead.get(id) : (get.get(id) as MvRow | undefined)),
    /** Reads the links of many objects at once, and the identities they lead to. */
    readLinksAhead(cs: readonly number[]): void {
      const dense = isKeeping ? denseRange(cs) : undefined;
      linkAhead.forget();
      if (!dense) return;
      const found = linkAhead.fill(dense.from, dense.to);
      for (const row of linkRange.all(dense.from, dense.to) as unknown as LinkArray[]) found.set(row[0], linkOf(row));
      const ids = [...found.values()].map((l) => l.mv).sort((a, b) => a - b);
      this.readAhead(ids);
    },
    /** Reads many identities with their links at once; their numbers in order. */
    readAhead(ids: readonly number[]): void {
      const dense = isKeeping ? denseRange(ids) : undefined;
      ahead.forget();
      linksAhead.forget();
      if (!dense) return;
      const { from, to } = dense;
      const found = ahead.fill(from, to);
      for (const [id, type, attributes, provenance] of range.all(from, to) as unknown as MvArray[])
        found.set(id, { id, type, attributes, provenance });
      const links = linksAhead.fill(from, to) as Map<number, LinkRow[]>;
      for (const row of linksRange.all(from, to) as unknown as LinkArray[]) {
        const list = links.get(row[1]);
        if (list) list.push(linkOf(row));
        else links.set(row[1], [linkOf(row)]);
      }
    },
    /** A number for a new identity; never one that an identity had before. For the one writer of the store. */
    reserve: () => {
      if (next === 0) next = (highest.get() as { id: number | null }).id ?? 0;
      return ++next;
    },
    insert: (row: MvRow) => {
      insert.run(row.id, row.type, row.attributes, row.provenance);
      ahead.set(row.id, row);
    },
    update: (id: number, attributes: string, provenance: string) => {
      update.run(attributes, provenance, id);
      const known = ahead.get(id);
      if (known) ahead.set(id, { ...known, attributes, provenance });
    },
    remove: (id: number) => {
      remove.run(id);
      ahead.delete(id);
    },
    page: (after: number, limit: number) => page.all(after, limit) as unknown as MvRow[],
    count: () => (count.get() as { n: number }).n,
    /** The number of the newest identity; 0 if there is none. */
    last: () => (last.get() as { id: number | null }).id ?? 0,
    addKey: (attribute: number, value: string, mv: number) => {
      if (isKeeping) waiting.add(attribute, value, mv);
      else addKey.run(attribute, value, mv);
    },
    removeKey: (attribute: number, value: string, mv: number) => {
      waiting.flush();
      removeKey.run(attribute, value, mv);
    },
    /** Forgets an attribute as a key. */
    removeKeysOf(attribute: number): void {
      waiting.flush();
      removeKeysOf.run(attribute);
    },
    countKeys: (attribute: number) => (countKeys.get(attribute) as { n: number }).n,
    /** At most `limit` identities, those that wait to be written not counted. */
    findKey(attribute: number, value: string, limit = 10): number[] {
      const written = (findKey.all(attribute, value, limit) as { mv: number }[]).map((r) => r.mv);
      const added = waiting.find(attribute, value);
      return added.length === 0 ? written : [...new Set([...written, ...added])];
    },
    /** For `transaction` alone: search keys are kept back from here on … */
    begin: () => {
      isKeeping = true;
    },
    /** … until they are written, last before the commit … */
    flush: () => waiting.flush(),
    /** … or forgotten with all else. */
    end: () => {
      isKeeping = false;
      waiting.clear();
      ahead.forget();
      linksAhead.forget();
      linkAhead.forget();
    },
    /** Marks an identity whose outbound side must be computed again. Survives a kill. */
    markDirty: (mv: number) => void dirty.run(mv),
    markAllDirty: () => void dirtyAll.run(),
    clean: (mv: number) => void clean.run(mv),
    cleanRange: (from: number, to: number) => void cleanRange.run(from, to),
    dirtyPage: (after: number, limit: number) => (dirtyPage.all(after, limit) as { mv: number }[]).map((r) => r.mv),
    /** Whether the outbound side of the identity waits to be computed. */
    isDirty: (mv: number) => isDirty.get(mv) !== undefined,
    dirtyCount: () => (dirtyCount.get() as { n: number }).n,
    /** By object of these, whose numbers are in order: all links of the identity that it is linked to. */
    linksAround(cs: readonly number[]): ReadonlyMap<number, readonly LinkRow[]> {
      const found = new Map<number, LinkRow[]>();
      const dense = denseRange(cs);
      const rows = dense ? linksAround.all(dense.from, dense.to) : cs.flatMap((id) => linksAround.all(id, id));
      for (const [own, ...link] of rows as unknown as (readonly [number, ...LinkArray])[]) {
        const list = found.get(own);
        if (list) list.push(linkOf(link));
        else found.set(own, [linkOf(link)]);
      }
      return found;
    },
    link: linkOfObject,
    /** Links of an identity in the order of the objects. */
    links: linksOf,
    linkIn: (mv: number, connector: number) =>
      linksAhead.covers(mv)
        ? linksAhead.get(mv)?.find((l) => l.connector === connector)
        : (linkIn.get(mv, connector) as LinkRow | undefined),
    addLink: (row: LinkRow) => {
      addLink.run(row.cs, row.mv, row.connector, row.origin, row.rule, row.time, row.owned);
      linkAhead.set(row.cs, row);
      linksAhead.set(
        row.mv,
        [...(linksAhead.get(row.mv) ?? []), row].sort((a, b) => a.cs - b.cs),
      );
    },
    own: (cs: number) => {
      own.run(cs);
      forgetLinks();
    },
    removeLink: (cs: number) => {
      removeLink.run(cs);
      forgetLinks();
    },
  };
}
export type MetaverseTable = ReturnType<typeof metaverseTable>;
