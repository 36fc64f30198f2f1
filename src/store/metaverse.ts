/** Identities, their search keys and the links to the connector space. */
import { KeyBuffer } from './key-buffer.ts';
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
  const removeKey = db.prepare('DELETE FROM mv_key WHERE attribute = ? AND value = ? AND mv = ?');
  const findKey = db.prepare('SELECT mv FROM mv_key WHERE attribute = ? AND value = ? LIMIT 10');
  const dirty = db.prepare('INSERT OR IGNORE INTO mv_dirty(mv) VALUES (?)');
  const clean = db.prepare('DELETE FROM mv_dirty WHERE mv = ?');
  const cleanRange = db.prepare('DELETE FROM mv_dirty WHERE mv BETWEEN ? AND ?');
  const dirtyPage = db.prepare('SELECT mv FROM mv_dirty WHERE mv > ? ORDER BY mv LIMIT ?');
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
  return {
    get: (id: number) => get.get(id) as MvRow | undefined,
    /** A number for a new identity; never one that an identity had before. For the one writer of the store. */
    reserve: () => {
      if (next === 0) next = (highest.get() as { id: number | null }).id ?? 0;
      return ++next;
    },
    insert: (row: MvRow) => void insert.run(row.id, row.type, row.attributes, row.provenance),
    update: (id: number, attributes: string, provenance: string) => void update.run(attributes, provenance, id),
    remove: (id: number) => void remove.run(id),
    page: (after: number, limit: number) => page.all(after, limit) as unknown as MvRow[],
    count: () => (count.get() as { n: number }).n,
    /** The number of the newest identity; 0 if there is none. */
    last: () => (last.get() as { id: number | null }).id ?? 0,
    addKey: (attribute: number, value: string, mv: number) => {
      if (isKeeping) waiting.add(attribute, value, mv);
      else addKey.run(attribute, value, mv);
    },
    removeKey: (attribute: number, value: string, mv: number) => {
      if (!waiting.remove(attribute, value, mv)) removeKey.run(attribute, value, mv);
    },
    findKey(attribute: number, value: string): number[] {
      const written = (findKey.all(attribute, value) as { mv: number }[]).map((r) => r.mv);
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
    },
    /** Marks an identity whose outbound side must be computed again. Survives a kill. */
    markDirty: (mv: number) => void dirty.run(mv),
    markAllDirty: () => void dirtyAll.run(),
    clean: (mv: number) => void clean.run(mv),
    cleanRange: (from: number, to: number) => void cleanRange.run(from, to),
    dirtyPage: (after: number, limit: number) => (dirtyPage.all(after, limit) as { mv: number }[]).map((r) => r.mv),
    dirtyCount: () => (dirtyCount.get() as { n: number }).n,
    link: (cs: number) => link.get(cs) as LinkRow | undefined,
    links: (mv: number) => links.all(mv) as unknown as LinkRow[],
    linkIn: (mv: number, connector: number) => linkIn.get(mv, connector) as LinkRow | undefined,
    addLink: (row: LinkRow) =>
      void addLink.run(row.cs, row.mv, row.connector, row.origin, row.rule, row.time, row.owned),
    own: (cs: number) => void own.run(cs),
    removeLink: (cs: number) => void removeLink.run(cs),
  };
}
export type MetaverseTable = ReturnType<typeof metaverseTable>;
