/** Pending, escrowed and unconfirmed exports (holograms: sync-engine s.1.3). */

import type { StatementSync } from 'node:sqlite';
import { denseRange, ReadAhead } from './read-ahead.ts';
import type { Edge } from './references.ts';
import type { Database } from './sqlite.ts';

export type ExportOperation = 'add' | 'update' | 'delete';
export interface ExportRow {
  readonly cs: number;
  readonly connector: number;
  readonly operation: ExportOperation;
  /** JSON: name → value, or null to clear. */
  readonly attributes: string;
  /** 0 unapplied, 1 escrowed. */
  readonly state: number;
  readonly attempt: number;
  readonly next_attempt: number;
  readonly run: number;
}
export interface ReferenceExportRow extends Edge {
  readonly change: 1 | -1;
  /** 0 unapplied, 1 escrowed, 2 put off: refused for good, or the other end has no place in the target. */
  readonly state: number;
}

export function exportTable(db: Database) {
  const get = db.prepare('SELECT * FROM cs_export WHERE cs = ?');
  const ahead = new ReadAhead<ExportRow>();
  const range = db.prepare('SELECT * FROM cs_export WHERE cs BETWEEN ? AND ?');
  const set = db.prepare(
    `INSERT INTO cs_export(cs, connector, operation, attributes, run) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT(cs) DO UPDATE SET operation = excluded.operation, attributes = excluded.attributes, run = excluded.run, attempt = 0, next_attempt = 0`,
  );
  const remove = db.prepare('DELETE FROM cs_export WHERE cs = ?');
  const escrow = db.prepare('UPDATE cs_export SET state = 1 WHERE cs = ?');
  const release = db.prepare('UPDATE cs_export SET state = 0 WHERE cs = ?');
  const failed = db.prepare('UPDATE cs_export SET state = 0, attempt = attempt + 1, next_attempt = ? WHERE cs = ?');
  const defer = db.prepare('UPDATE cs_export SET state = 0, next_attempt = ? WHERE cs = ?');
  const page = db.prepare(
    'SELECT * FROM cs_export WHERE connector = ? AND operation = ? AND cs > ? AND state = 0 AND next_attempt <= ? ORDER BY cs LIMIT ?',
  );
  const escrowed = db.prepare(
    'SELECT * FROM cs_export WHERE connector = ? AND state = 1 AND cs > ? ORDER BY cs LIMIT ?',
  );
  const counts = db.prepare('SELECT operation, count(*) AS n FROM cs_export WHERE connector = ? GROUP BY operation');
  const deletes = db.prepare("SELECT cs FROM cs_export WHERE connector = ? AND operation = 'delete' ORDER BY cs");
  const deletedDns = db.prepare(
    `SELECT coalesce(o.dn, e.cs) AS dn FROM cs_export e LEFT JOIN cs_object o ON o.id = e.cs
     WHERE e.connector = ? AND e.operation = 'delete' ORDER BY e.cs`,
  );
  const unconfirmed = db.prepare('SELECT * FROM cs_unconfirmed WHERE cs = ?');
  const setUnconfirmed = db.prepare(
    `INSERT INTO cs_unconfirmed(cs, connector, attributes, run) VALUES (?, ?, ?, ?)
     ON CONFLICT(cs) DO UPDATE SET attributes = excluded.attributes, run = excluded.run`,
  );
  const removeUnconfirmed = db.prepare('DELETE FROM cs_unconfirmed WHERE cs = ?');
  const staleUnconfirmed = db.prepare(
    'SELECT * FROM cs_unconfirmed WHERE connector = ? AND run < ? AND cs > ? ORDER BY cs LIMIT ?',
  );
  const anything = db.prepare(
    `SELECT EXISTS(SELECT 1 FROM cs_export WHERE connector = ?1) OR EXISTS(SELECT 1 FROM cs_unconfirmed WHERE connector = ?1)
     OR EXISTS(SELECT 1 FROM cs_obstacle WHERE connector = ?1) AS x`,
  );
  const unconfirmedCount = db.prepare('SELECT count(*) AS n FROM cs_unconfirmed WHERE connector = ?');
  const given = db.prepare('SELECT attributes FROM cs_given WHERE cs = ?');
  const setGiven = db.prepare(
    'INSERT INTO cs_given(cs, attributes) VALUES (?, ?) ON CONFLICT(cs) DO UPDATE SET attributes = excluded.attributes',
  );
  const removeGiven = db.prepare('DELETE FROM cs_given WHERE cs = ?');
  const references = db.prepare('SELECT * FROM cs_export_reference WHERE cs = ? ORDER BY attribute, target');
  const referencePage = db.prepare(
    `SELECT r.* FROM cs_export_reference r CROSS JOIN cs_object o ON o.id = r.cs
     WHERE o.connector = ? AND (r.cs, r.attribute, r.target) > (?, ?, ?) AND r.state IN (0, ?) ORDER BY r.cs, r.attribute, r.target LIMIT ?`,
  );
  const escrowedReferences = db.prepare(
    'SELECT r.* FROM cs_export_reference r CROSS JOIN cs_object o ON o.id = r.cs WHERE o.connector = ? AND r.state = 1 ORDER BY r.cs, r.attribute, r.target',
  );
  const referenceCount = db.prepare(
    'SELECT count(*) AS n FROM cs_export_reference r CROSS JOIN cs_object o ON o.id = r.cs WHERE o.connector = ?',
  );
  const dueCounts = db.prepare(
    'SELECT operation, count(*) AS n FROM cs_export WHERE connector = ? AND next_attempt <= ? GROUP BY operation',
  );
  const dueWith = db.prepare(
    `SELECT count(*) AS n FROM cs_export
     WHERE connector = ? AND next_attempt <= ? AND operation <> 'delete' AND instr(attributes, ?) > 0`,
  );
  const referenceSizes = db.prepare(
    `SELECT change, size, count(*) AS objects FROM (
       SELECT r.change, count(*) AS size FROM cs_export_reference r CROSS JOIN cs_object o ON o.id = r.cs
       WHERE o.connector = ? AND r.state <> 2 GROUP BY r.cs, r.attribute, r.change)
     GROUP BY change, size ORDER BY change, size`,
  );
  const escrowReference = db.prepare(
    'UPDATE cs_export_reference SET state = ? WHERE cs = ? AND attribute = ? AND target = ?',
  );
  const resumeReferences = db.prepare(
    'UPDATE cs_export_reference SET state = 0 WHERE state = 2 AND cs IN (SELECT id FROM cs_object WHERE connector = ?)',
  );
  const resumeReferencesOf = db.prepare(
    'UPDATE cs_export_reference SET state = 0 WHERE state = 2 AND (cs = ? OR target = ?)',
  );
  const removeReference = db.prepare('DELETE FROM cs_export_reference WHERE cs = ? AND attribute = ? AND target = ?');
  const removeReferences = db.prepare('DELETE FROM cs_export_reference WHERE cs = ? OR target = ?');
  const setUnconfirmedReference = db.prepare(
    'INSERT OR REPLACE INTO cs_unconfirmed_reference(cs, attribute, target, change, run) VALUES (?, ?, ?, ?, ?)',
  );
  const unconfirmedReference = db.prepare(
    'SELECT change FROM cs_unconfirmed_reference WHERE cs = ? AND attribute = ? AND target = ?',
  );
  const removeUnconfirmedReference = db.prepare(
    'DELETE FROM cs_unconfirmed_reference WHERE cs = ? AND attribute = ? AND target = ?',
  );
  const removeUnconfirmedReferences = db.prepare('DELETE FROM cs_unconfirmed_reference WHERE cs = ? OR target = ?');
  const staleUnconfirmedReferences = db.prepare(
    `SELECT u.* FROM cs_unconfirmed_reference u CROSS JOIN cs_object o ON o.id = u.cs WHERE o.connector = ? AND u.run < ?`,
  );
  /** Every change of a row goes through here. */
  const write = (statement: StatementSync, ...parameters: (number | string)[]): void => {
    ahead.forget();
    statement.run(...parameters);
  };
  return {
    get: (cs: number) => (ahead.covers(cs) ? ahead.get(cs) : (get.get(cs) as ExportRow | undefined)),
    /** Reads what is to be sent for many objects at once, for this transaction or until `end`; their numbers in order. */
    readAhead(cs: readonly number[]): void {
      const dense = denseRange(cs);
      if (!dense) return;
      const found = ahead.fill(dense.from, dense.to);
      for (const row of range.all(dense.from, dense.to) as unknown as ExportRow[]) found.set(row.cs, row);
    },
    /** What was read ahead is not needed any more, or good no more. */
    end: () => ahead.forget(),
    /** Sets what is to be sent. The attempts start again, because it is another change. */
    set: (cs: number, connector: number, operation: ExportOperation, attributes: string, run: number) =>
      write(set, cs, connector, operation, attributes, run),
    remove: (cs: number) => write(remove, cs),
    escrow: (cs: number) => write(escrow, cs),
    release: (cs: number) => write(release, cs),
    failed: (cs: number, nextAttempt: number) => write(failed, nextAttempt, cs),
    /** Not to be sent before this instant, unless it changes. */
    defer: (cs: number, nextAttempt: number) => write(defer, nextAttempt, cs),
    page: (connector: number, operation: ExportOperation, after: number, due: number, limit: number) =>
      page.all(connector, operation, after, due, limit) as unknown as ExportRow[],
    escrowed: (connector: number, after: number, limit: number) =>
      escrowed.all(connector, after, limit) as unknown as ExportRow[],
    counts(connector: number): Record<ExportOperation, number> {
      const rows = counts.all(connector) as { operation: ExportOperation; n: number }[];
      return { add: 0, update: 0, delete: 0, ...Object.fromEntries(rows.map((r) => [r.operation, r.n])) };
    },
    deletes: (connector: number) => (deletes.all(connector) as { cs: number }[]).map((r) => r.cs),
    /** DNs of the objects that are to be deleted; the number of one that is not there any more. */
    deletedDns: (connector: number) =>
      (deletedDns.all(connector) as { dn: string | number }[]).map((r) => String(r.dn)),
    unconfirmed: (cs: number) => unconfirmed.get(cs) as { cs: number; attributes: string; run: number } | undefined,
    setUnconfirmed: (cs: number, connector: number, attributes: string, run: number) =>
      void setUnconfirmed.run(cs, connector, attributes, run),
    removeUnconfirmed: (cs: number) => void removeUnconfirmed.run(cs),
    staleUnconfirmed: (connector: number, beforeRun: number, after: number, limit: number) =>
      staleUnconfirmed.all(connector, beforeRun, after, limit) as unknown as {
        cs: number;
        attributes: string;
        run: number;
      }[],
    /** Whether anything is pending, unconfirmed or held up in a connector. */
    anything: (connector: number) => (anything.get(connector) as { x: number }).x === 1,
    unconfirmedCount: (connector: number) => (unconfirmedCount.get(connector) as { n: number }).n,
    /** What merging flows gave this object: only these values are withdrawn again, others of the target stay. */
    given: (cs: number) => (given.get(cs) as { attributes: string } | undefined)?.attributes,
    setGiven: (cs: number, attributes: string) => void setGiven.run(cs, attributes),
    removeGiven: (cs: number) => void removeGiven.run(cs),
    references: (cs: number) => references.all(cs) as unknown as ReferenceExportRow[],
    /** In the order of objects; with `all` also those that were put off. */
    referencePage: (connector: number, after: Edge, limit: number, all = false) =>
      referencePage.all(
        connector,
        after.cs,
        after.attribute,
        after.target,
        all ? 2 : 0,
        limit,
      ) as unknown as ReferenceExportRow[],
    escrowedReferences: (connector: number) => escrowedReferences.all(connector) as unknown as ReferenceExportRow[],
    referenceCount: (connector: number) => (referenceCount.get(connector) as { n: number }).n,
    /** What is due at an instant (epoch ms), as a target counts it: how many objects get how many references. */
    work(connector: number, due: number) {
      const counts = dueCounts.all(connector, due) as { operation: ExportOperation; n: number }[];
      const sizes = referenceSizes.all(connector) as { change: number; size: number; objects: number }[];
      return {
        ...{ add: 0, update: 0, delete: 0 },
        ...(Object.fromEntries(counts.map((c) => [c.operation, c.n])) as Partial<Record<ExportOperation, number>>),
        addedReferences: sizes.filter((s) => s.change === 1).map((s) => [s.size, s.objects] as const),
        removedReferences: sizes.reduce((n, s) => n + (s.change === 1 ? 0 : s.size * s.objects), 0),
      };
    },
    /** How many of what is due write this attribute. */
    dueWith: (connector: number, due: number, attribute: string) =>
      (dueWith.get(connector, due, `${JSON.stringify(attribute)}:`) as { n: number }).n,
    setReferenceState: (e: Edge, state: 0 | 1 | 2) => void escrowReference.run(state, e.cs, e.attribute, e.target),
    /** References of a connector that were put off may be sent again. */
    resumeReferences: (connector: number) => void resumeReferences.run(connector),
    /** The same, of one object, in both directions. */
    resumeReferencesOf: (cs: number) => void resumeReferencesOf.run(cs, cs),
    removeReference: (e: Edge) => void removeReference.run(e.cs, e.attribute, e.target),
    /** Everything pending from or to an object that is going away. */
    removeReferences: (cs: number) => {
      removeReferences.run(cs, cs);
      removeUnconfirmedReferences.run(cs, cs);
    },
    setUnconfirmedReference: (e: Edge, change: 1 | -1, run: number) =>
      void setUnconfirmedReference.run(e.cs, e.attribute, e.target, change, run),
    unconfirmedReference: (e: Edge) =>
      (unconfirmedReference.get(e.cs, e.attribute, e.target) as { change: number } | undefined)?.change,
    removeUnconfirmedReference: (e: Edge) => void removeUnconfirmedReference.run(e.cs, e.attribute, e.target),
    staleUnconfirmedReferences: (connector: number, beforeRun: number) =>
      staleUnconfirmedReferences.all(connector, beforeRun) as unknown as (Edge & { change: 1 | -1; run: number })[],
  };
}
export type ExportTable = ReturnType<typeof exportTable>;
