/** Staged objects: rows of `cs_object` and what hangs on them, except references and exports. */
import { denseRange } from './read-ahead.ts';
import type { Database } from './sqlite.ts';

export interface CsRow {
  readonly id: number;
  readonly connector: number;
  readonly partition: number | null;
  readonly anchor: string | null;
  readonly dn: string;
  /** Null: a placeholder for something that was referred to but not imported. */
  readonly object_type: string | null;
  /** Canonical JSON as last imported; null: never imported. */
  readonly attributes: string | null;
}
export type PendingImportKind = 'add' | 'update' | 'delete' | 'delete-add';
export interface PendingImportRow {
  readonly cs: number;
  readonly kind: PendingImportKind;
  /** JSON `{dn, objectType, attributes}` as it was when last synchronized; null for an add. */
  readonly previous: string | null;
  readonly run: number;
}

const columns = 'id, connector, partition, anchor, dn, object_type, attributes';

export function connectorSpaceTable(db: Database) {
  const byId = db.prepare(`SELECT ${columns} FROM cs_object WHERE id = ?`);
  const byRange = db.prepare(`SELECT ${columns} FROM cs_object WHERE id BETWEEN ? AND ?`);
  const byAnchor = db.prepare(`SELECT ${columns} FROM cs_object WHERE connector = ? AND anchor = ?`);
  const idByAnchor = db.prepare('SELECT id FROM cs_object WHERE connector = ? AND anchor = ?');
  const byDn = db.prepare(
    `SELECT ${columns} FROM cs_object WHERE connector = ? AND dn_key = ? ORDER BY anchor IS NULL, id`,
  );
  const insert = db.prepare(
    'INSERT INTO cs_object(connector, partition, anchor, dn, dn_key, object_type, attributes) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const update = db.prepare(
    'UPDATE cs_object SET partition = ?, anchor = ?, dn = ?, dn_key = ?, object_type = ?, attributes = ? WHERE id = ?',
  );
  const setAnchor = db.prepare('UPDATE cs_object SET anchor = ? WHERE id = ?');
  const rename = db.prepare('UPDATE cs_object SET dn = ?, dn_key = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM cs_object WHERE id = ?');
  const below = db.prepare(
    `SELECT ${columns} FROM cs_object WHERE connector = ? AND dn_key > ? AND dn_key < ? ORDER BY dn_key`,
  );
  const page = db.prepare(
    `SELECT ${columns} FROM cs_object WHERE connector = ? AND object_type = ? AND id > ? ORDER BY id LIMIT ?`,
  );
  const idsOfPartition = db.prepare(
    'SELECT id FROM cs_object WHERE partition = ? AND object_type IS NOT NULL AND anchor IS NOT NULL',
  );
  const countOfPartition = db.prepare(
    'SELECT count(*) AS n FROM cs_object WHERE partition = ? AND object_type IS NOT NULL AND anchor IS NOT NULL',
  );
  // One look-up a type instead of a walk through all objects.
  const types = db.prepare(
    `WITH RECURSIVE t(type) AS (
       SELECT min(object_type) FROM cs_object WHERE connector = ?1
       UNION ALL SELECT (SELECT min(object_type) FROM cs_object WHERE connector = ?1 AND object_type > t.type) FROM t WHERE t.type IS NOT NULL)
     SELECT type FROM t WHERE type IS NOT NULL`,
  );
  const pending = db.prepare('SELECT cs, kind, previous, run FROM cs_pending_import WHERE cs = ?');
  const pendingRange = db.prepare('SELECT cs, kind, previous, run FROM cs_pending_import WHERE cs BETWEEN ? AND ?');
  const anyImported = db.prepare('SELECT 1 AS x FROM cs_object WHERE connector = ? AND anchor IS NOT NULL LIMIT 1');
  const setPending = db.prepare(
    'INSERT INTO cs_pending_import(cs, kind, previous, run) VALUES (?, ?, ?, ?) ON CONFLICT(cs) DO UPDATE SET kind = excluded.kind, run = excluded.run',
  );
  const clearPending = db.prepare('DELETE FROM cs_pending_import WHERE cs = ?');
  const clearPendingOfType = db.prepare(
    `DELETE FROM cs_pending_import WHERE kind <> 'delete' AND cs IN (
       SELECT p.cs FROM cs_pending_import p CROSS JOIN cs_object o ON o.id = p.cs WHERE o.connector = ? AND o.object_type = ?)`,
  );
  const pendingPage = db.prepare(
    `SELECT o.id, o.connector, o.partition, o.anchor, o.dn, o.object_type, o.attributes FROM cs_pending_import p CROSS JOIN cs_object o ON o.id = p.cs
     WHERE o.connector = ? AND o.object_type IS ? AND p.kind <> 'delete' AND p.cs > ? ORDER BY p.cs LIMIT ?`,
  );
  const pendingDeletes = db.prepare(
    `SELECT o.id, o.connector, o.partition, o.anchor, o.dn, o.object_type, o.attributes FROM cs_pending_import p CROSS JOIN cs_object o ON o.id = p.cs
     WHERE o.connector = ? AND p.kind = 'delete' AND p.cs > ? ORDER BY p.cs LIMIT ?`,
  );
  const pendingCounts = db.prepare(
    'SELECT p.kind, count(*) AS n FROM cs_pending_import p CROSS JOIN cs_object o ON o.id = p.cs WHERE o.connector = ? GROUP BY p.kind',
  );
  const anyPending = db.prepare('SELECT 1 AS x FROM cs_pending_import LIMIT 1');
  const addKey = db.prepare('INSERT OR IGNORE INTO cs_key(connector, attribute, value, cs) VALUES (?, ?, ?, ?)');
  const removeKey = db.prepare('DELETE FROM cs_key WHERE connector = ? AND attribute = ? AND value = ? AND cs = ?');
  const removeKeysOf = db.prepare('DELETE FROM cs_key WHERE connector = ? AND attribute = ?');
  const findKey = db.prepare('SELECT cs FROM cs_key WHERE connector = ? AND attribute = ? AND value = ? LIMIT ?');
  const countKeys = db.prepare('SELECT count(*) AS n FROM cs_key WHERE connector = ? AND attribute = ?');
  return {
    get: (id: number) => byId.get(id) as CsRow | undefined,
    /** The objects with these numbers, which are in order: with one statement where they lie close together. */
    many(ids: readonly number[]): ReadonlyMap<number, CsRow> {
      const dense = denseRange(ids);
      const rows = dense
        ? (byRange.all(dense.from, dense.to) as unknown as CsRow[])
        : ids.flatMap((id) => (byId.get(id) as CsRow | undefined) ?? []);
      return new Map(rows.map((row) => [row.id, row]));
    },
    byAnchor: (connector: number, anchor: string) => byAnchor.get(connector, anchor) as CsRow | undefined,
    idByAnchor: (connector: number, anchor: string) =>
      (idByAnchor.get(connector, anchor) as { id: number } | undefined)?.id,
    /** All objects with this DN, those with an anchor first. Normally none or one. */
    byDn: (connector: number, dnKey: string) => byDn.all(connector, dnKey) as unknown as CsRow[],
    insert: (row: Omit<CsRow, 'id'>, dnKey: string) =>
      Number(
        insert.run(row.connector, row.partition, row.anchor, row.dn, dnKey, row.object_type, row.attributes)
          .lastInsertRowid,
      ),
    update: (row: CsRow, dnKey: string) => {
      update.run(row.partition, row.anchor, row.dn, dnKey, row.object_type, row.attributes, row.id);
    },
    setAnchor: (id: number, anchor: string) => void setAnchor.run(anchor, id),
    rename: (id: number, dn: string, dnKey: string) => void rename.run(dn, dnKey, id),
    remove: (id: number) => void remove.run(id),
    /** Objects below a DN (not itself), parents first. */
    below: (connector: number, dnKey: string) =>
      below.iterate(connector, dnKey, `${dnKey}\uffff`) as unknown as Iterable<CsRow>,
    page: (connector: number, type: string, after: number, limit: number) =>
      page.all(connector, type, after, limit) as unknown as CsRow[],
    idsOfPartition: (partition: number) => idsOfPartition.iterate(partition) as unknown as Iterable<{ id: number }>,
    countOfPartition: (partition: number) => (countOfPartition.get(partition) as { n: number }).n,
    types: (connector: number) => (types.all(connector) as { type: string }[]).map((r) => r.type),
    pending: (cs: number) => pending.get(cs) as PendingImportRow | undefined,
    pendingRange: (from: number, to: number) => pendingRange.all(from, to) as unknown as PendingImportRow[],
    /** Whether the connector holds anything that was imported or created. */
    anyImported: (connector: number) => anyImported.get(connector) !== undefined,
    /** Keeps the `previous` of a pending import that exists already. */
    setPending: (row: PendingImportRow) => void setPending.run(row.cs, row.kind, row.previous, row.run),
    clearPending: (cs: number) => void clearPending.run(cs),
    /** Consumes the pending imports of objects that no rule is for. */
    clearPendingOfType: (connector: number, type: string) => void clearPendingOfType.run(connector, type),
    pendingPage: (connector: number, type: string, after: number, limit: number) =>
      pendingPage.all(connector, type, after, limit) as unknown as CsRow[],
    pendingDeletes: (connector: number, after: number, limit: number) =>
      pendingDeletes.all(connector, after, limit) as unknown as CsRow[],
    pendingCounts: (connector: number) => pendingCounts.all(connector) as { kind: PendingImportKind; n: number }[],
    anyPending: () => anyPending.get() !== undefined,
    addKey: (connector: number, attribute: number, value: string, cs: number) =>
      void addKey.run(connector, attribute, value, cs),
    removeKey: (connector: number, attribute: number, value: string, cs: number) =>
      void removeKey.run(connector, attribute, value, cs),
    /** Forgets an attribute as a key. */
    removeKeysOf: (connector: number, attribute: number) => void removeKeysOf.run(connector, attribute),
    countKeys: (connector: number, attribute: number) => (countKeys.get(connector, attribute) as { n: number }).n,
    findKey: (connector: number, attribute: number, value: string, limit = 10) =>
      (findKey.all(connector, attribute, value, limit) as { cs: number }[]).map((r) => r.cs),
  };
}
export type ConnectorSpaceTable = ReturnType<typeof connectorSpaceTable>;
