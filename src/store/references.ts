/**
 * Edges between connector-space objects. For a source they are what was imported, for a target what it holds (imported,
 * corrected by exports that succeeded). The metaverse's references are derived: edge → link of its target.
 */
import { denseRange, ReadAhead } from './read-ahead.ts';
import type { Database } from './sqlite.ts';

export interface Edge {
  readonly cs: number;
  readonly attribute: number;
  readonly target: number;
}
interface CountRow {
  readonly cs: number;
  readonly attribute: number;
  readonly count: number;
}
const none: readonly never[] = [];
/** How one reference attribute of a target object comes about; `source` null: it must become empty. */
export interface ReferenceFlowRow {
  readonly cs: number;
  readonly attribute: number;
  readonly connector: number;
  readonly source: number | null;
  readonly source_attribute: number | null;
}

/** The edges that a target connector's objects should have, by the flows in `reference_flow` (alias f). */
const desired = `
  SELECT f.cs, f.attribute, l2.cs AS target FROM reference_flow f
  JOIN cs_reference r ON r.cs = f.source AND r.attribute = f.source_attribute
  JOIN link l1 ON l1.cs = r.target
  JOIN link l2 ON l2.mv = l1.mv AND l2.connector = f.connector`;

export function referenceTable(db: Database) {
  const add = db.prepare('INSERT OR IGNORE INTO cs_reference(cs, attribute, target) VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM cs_reference WHERE cs = ? AND attribute = ? AND target = ?');
  const has = db.prepare('SELECT 1 AS x FROM cs_reference WHERE cs = ? AND attribute = ? AND target = ?');
  const targets = db.prepare('SELECT target FROM cs_reference WHERE cs = ? AND attribute = ? ORDER BY target');
  const of = db.prepare('SELECT cs, attribute, target FROM cs_reference WHERE cs = ?');
  const to = db.prepare('SELECT cs, attribute, target FROM cs_reference WHERE target = ?');
  const manyTo = db.prepare(
    'SELECT target FROM cs_reference INDEXED BY cs_reference_target WHERE attribute = ? GROUP BY target HAVING count(*) > ?',
  );
  const anyTo = db.prepare('SELECT 1 AS x FROM cs_reference WHERE target = ? LIMIT 1');
  const dns = db.prepare(
    'SELECT o.dn FROM cs_reference r JOIN cs_object o ON o.id = r.target WHERE r.cs = ? AND r.attribute = ? ORDER BY r.target',
  );
  const sampleDns = db.prepare(
    'SELECT o.dn FROM cs_reference r JOIN cs_object o ON o.id = r.target WHERE r.cs = ? AND r.attribute = ? ORDER BY r.target LIMIT ?',
  );
  const bump = db.prepare(
    'INSERT INTO cs_reference_count(cs, attribute, count) VALUES (?, ?, ?) ON CONFLICT(cs, attribute) DO UPDATE SET count = count + excluded.count',
  );
  const dropZero = db.prepare('DELETE FROM cs_reference_count WHERE cs = ? AND attribute = ? AND count <= 0');
  const counts = db.prepare('SELECT attribute, count FROM cs_reference_count WHERE cs = ?');
  const countsAhead = new ReadAhead<{ attribute: number; count: number }[]>();
  const countRange = db.prepare(
    'SELECT cs, attribute, count FROM cs_reference_count WHERE cs BETWEEN ? AND ? ORDER BY cs, attribute',
  );
  const change = db.prepare('INSERT OR IGNORE INTO cs_reference_change(cs, attribute, target) VALUES (?, ?, ?)');
  const changesTo = db.prepare(
    `INSERT OR IGNORE INTO cs_reference_change(cs, attribute, target)
     SELECT r.cs, r.attribute, r.target FROM link l JOIN cs_reference r ON r.target = l.cs WHERE l.mv = ?`,
  );
  const changesToCs = db.prepare(
    `INSERT OR IGNORE INTO cs_reference_change(cs, attribute, target)
     SELECT cs, attribute, target FROM cs_reference WHERE target = ?1
     UNION SELECT cs, attribute, target FROM cs_export_reference WHERE target = ?1`,
  );
  const changedTargets = db.prepare('SELECT target FROM cs_reference_change WHERE cs = ? AND attribute = ?');
  const changeCount = db.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM cs_reference_change LIMIT ?)');
  const clearChanges = db.prepare('DELETE FROM cs_reference_change');
  const flow = db.prepare('SELECT * FROM reference_flow WHERE cs = ?');
  const setFlow = db.prepare(
    `INSERT INTO reference_flow(cs, attribute, connector, source, source_attribute) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT(cs, attribute) DO UPDATE SET source = excluded.source, source_attribute = excluded.source_attribute`,
  );
  const removeFlow = db.prepare('DELETE FROM reference_flow WHERE cs = ? AND attribute = ?');
  const removeFlows = db.prepare('DELETE FROM reference_flow WHERE cs = ?');
  const flowsFrom = db.prepare('SELECT * FROM reference_flow WHERE source = ?');

  const clearAll = db.prepare(
    'DELETE FROM cs_export_reference WHERE state <> 1 AND cs IN (SELECT cs FROM reference_flow WHERE connector = ?)',
  );
  const addAll = db.prepare(
    `INSERT OR IGNORE INTO cs_export_reference(cs, attribute, target, change)
     SELECT d.cs, d.attribute, d.target, 1 FROM (${desired} WHERE f.connector = ?) d
     WHERE NOT EXISTS (SELECT 1 FROM cs_reference h WHERE h.cs = d.cs AND h.attribute = d.attribute AND h.target = d.target)`,
  );
  const removeAll = db.prepare(
    `INSERT OR IGNORE INTO cs_export_reference(cs, attribute, target, change)
     SELECT h.cs, h.attribute, h.target, -1 FROM reference_flow f JOIN cs_reference h ON h.cs = f.cs AND h.attribute = f.attribute
     WHERE f.connector = ? AND NOT EXISTS (
       SELECT 1 FROM link l2 JOIN link l1 ON l1.mv = l2.mv JOIN cs_reference r ON r.target = l1.cs
       WHERE l2.cs = h.target AND r.cs = f.source AND r.attribute = f.source_attribute)`,
  );
  const clearOne = db.prepare('DELETE FROM cs_export_reference WHERE state <> 1 AND cs = ? AND attribute = ?');
  const addOne = db.prepare(
    `INSERT OR IGNORE INTO cs_export_reference(cs, attribute, target, change)
     SELECT d.cs, d.attribute, d.target, 1 FROM (${desired} WHERE f.cs = ? AND f.attribute = ?) d
     WHERE NOT EXISTS (SELECT 1 FROM cs_reference h WHERE h.cs = d.cs AND h.attribute = d.attribute AND h.target = d.target)`,
  );
  const removeOne = db.prepare(
    `INSERT OR IGNORE INTO cs_export_reference(cs, attribute, target, change)
     SELECT h.cs, h.attribute, h.target, -1 FROM reference_flow f JOIN cs_reference h ON h.cs = f.cs AND h.attribute = f.attribute
     WHERE f.cs = ? AND f.attribute = ? AND NOT EXISTS (
       SELECT 1 FROM link l2 JOIN link l1 ON l1.mv = l2.mv JOIN cs_reference r ON r.target = l1.cs
       WHERE l2.cs = h.target AND r.cs = f.source AND r.attribute = f.source_attribute)`,
  );
  // Incremental: every changed source edge, seen from every target object it flows to. CROSS JOIN keeps SQLite from walking
  // through all flows to find the few changes.
  const changedPairs = db.prepare(
    `SELECT f.cs, f.attribute, l2.cs AS target FROM cs_reference_change c
     CROSS JOIN reference_flow f ON f.source = c.cs AND f.source_attribute = c.attribute
     CROSS JOIN link l1 ON l1.cs = c.target CROSS JOIN link l2 ON l2.mv = l1.mv AND l2.connector = f.connector
     UNION SELECT c.cs, c.attribute, c.target FROM cs_reference_change c
     CROSS JOIN reference_flow f ON f.cs = c.cs AND f.attribute = c.attribute`,
  );
  const wanted = db.prepare(
    `SELECT 1 AS x FROM reference_flow f JOIN link l2 ON l2.cs = ? JOIN link l1 ON l1.mv = l2.mv
     JOIN cs_reference r ON r.cs = f.source AND r.attribute = f.source_attribute AND r.target = l1.cs
     WHERE f.cs = ? AND f.attribute = ? LIMIT 1`,
  );
  const setPending = db.prepare(
    `INSERT INTO cs_export_reference(cs, attribute, target, change) VALUES (?, ?, ?, ?)
     ON CONFLICT(cs, attribute, target) DO UPDATE SET change = excluded.change, state = 0 WHERE state <> 1`,
  );
  const clearPending = db.prepare(
    'DELETE FROM cs_export_reference WHERE state <> 1 AND cs = ? AND attribute = ? AND target = ?',
  );
  return {
    add: (e: Edge) => Number(add.run(e.cs, e.attribute, e.target).changes) > 0,
    remove: (e: Edge) => Number(remove.run(e.cs, e.attribute, e.target).changes) > 0,
    has: (e: Edge) => has.get(e.cs, e.attribute, e.target) !== undefined,
    targets: (cs: number, attribute: number) =>
      (targets.all(cs, attribute) as { target: number }[]).map((r) => r.target),
    of: (cs: number) => of.all(cs) as unknown as Edge[],
    to: (target: number) => to.all(target) as unknown as Edge[],
    /** Objects that more than so many edges of this attribute point at. One walk over the index. */
    manyTo: (attribute: number, least: number) =>
      (manyTo.all(attribute, least) as { target: number }[]).map((r) => r.target),
    isTarget: (target: number) => anyTo.get(target) !== undefined,
    dns: (cs: number, attribute: number) => (dns.all(cs, attribute) as { dn: string }[]).map((r) => r.dn),
    /** Some of them, for people. */
    sampleDns: (cs: number, attribute: number, limit: number) =>
      (sampleDns.all(cs, attribute, limit) as { dn: string }[]).map((r) => r.dn),
    bump: (cs: number, attribute: number, by: number) => {
      countsAhead.forget();
      bump.run(cs, attribute, by);
      if (by < 0) dropZero.run(cs, attribute);
    },
    counts: (cs: number): readonly { attribute: number; count: number }[] =>
      countsAhead.covers(cs)
        ? (countsAhead.get(cs) ?? none)
        : (counts.all(cs) as { attribute: number; count: number }[]),
    /** Reads the counts of many objects at once, for this transaction or until `end`; their numbers in order. */
    readCountsAhead(cs: readonly number[]): void {
      const dense = denseRange(cs);
      if (!dense) return;
      const found = countsAhead.fill(dense.from, dense.to);
      for (const row of countRange.iterate(dense.from, dense.to) as unknown as Iterable<CountRow>) {
        const list = found.get(row.cs);
        if (list) list.push(row);
        else found.set(row.cs, [row]);
      }
    },
    /** What was read ahead is not needed any more, or good no more. */
    end: () => countsAhead.forget(),
    change: (e: Edge) => void change.run(e.cs, e.attribute, e.target),
    /** All edges that point at any object of this identity must be looked at again. */
    changesToIdentity: (mv: number) => void changesTo.run(mv),
    /** All held and pending edges to this object must be looked at again. */
    changesToObject: (cs: number) => void changesToCs.run(cs),
    /** Targets that an object gained or lost and that were not synchronized yet. */
    changedTargets: (cs: number, attribute: number) =>
      (changedTargets.all(cs, attribute) as { target: number }[]).map((r) => r.target),
    /** Number of changed edges, counted up to a limit. */
    changeCount: (limit: number) => (changeCount.get(limit) as { n: number }).n,
    clearChanges: () => void clearChanges.run(),
    flows: (cs: number) => flow.all(cs) as unknown as ReferenceFlowRow[],
    setFlow: (r: ReferenceFlowRow) => void setFlow.run(r.cs, r.attribute, r.connector, r.source, r.source_attribute),
    removeFlow: (cs: number, attribute: number) => void removeFlow.run(cs, attribute),
    removeFlows: (cs: number) => void removeFlows.run(cs),
    flowsFrom: (source: number) => flowsFrom.all(source) as unknown as ReferenceFlowRow[],
    /** Computes the pending reference exports of a whole target connector again. */
    recomputeConnector: (connector: number) => {
      clearAll.run(connector);
      addAll.run(connector);
      removeAll.run(connector);
    },
    /** The same for one attribute of one target object. */
    recomputeAttribute: (cs: number, attribute: number) => {
      clearOne.run(cs, attribute);
      addOne.run(cs, attribute);
      removeOne.run(cs, attribute);
    },
    /** The same for the changed edges only: costs as many steps as there are changes. */
    recomputeChanged: () => {
      const pairs = changedPairs.all() as unknown as Edge[];
      for (const e of pairs) {
        const isWanted = wanted.get(e.target, e.cs, e.attribute) !== undefined;
        const isHeld = has.get(e.cs, e.attribute, e.target) !== undefined;
        if (isWanted === isHeld) clearPending.run(e.cs, e.attribute, e.target);
        else setPending.run(e.cs, e.attribute, e.target, isWanted ? 1 : -1);
      }
      return pairs.length;
    },
  };
}
export type ReferenceTable = ReturnType<typeof referenceTable>;
