/** Questions of the casebook that one statement answers over the whole store. Reads only. */
import type { RunRow } from './records.ts';
import type { Database } from './sqlite.ts';

export interface UnresolvedRow {
  /** The object that would be referred to. */
  readonly target: number;
  readonly attribute: number;
  /** How many references lead there, and one object that they start from. */
  readonly n: number;
  readonly source: number;
}

export function diagnosisTables(db: Database) {
  const shared = db.prepare(
    `SELECT k.value, group_concat(k.mv) AS ids FROM mv_key k WHERE k.attribute = ?
     GROUP BY k.value HAVING count(*) > 1 LIMIT 1000`,
  );
  const suffixes = db.prepare(
    `SELECT substr(k.value, instr(k.value, '@') + 1) AS suffix, count(*) AS n FROM mv_key k
     JOIN link l ON l.mv = k.mv AND l.connector = ?2 WHERE k.attribute = ?1 GROUP BY suffix ORDER BY n DESC`,
  );
  const ofSuffix = db.prepare(
    `SELECT k.mv FROM mv_key k JOIN link l ON l.mv = k.mv AND l.connector = ?3
     WHERE k.attribute = ?1 AND substr(k.value, instr(k.value, '@') + 1) = ?2 ORDER BY k.mv LIMIT ?4`,
  );
  const conflictObjects = db.prepare(
    `SELECT id FROM cs_object WHERE connector = ? AND object_type IS NOT NULL AND dn_key LIKE '%' || char(10) || 'cnf:%' LIMIT ?`,
  );
  const withoutTarget = db.prepare(
    `SELECT m.id, m.type, m.attributes FROM mv_object m
     WHERE NOT EXISTS (SELECT 1 FROM link l WHERE l.mv = m.id AND l.connector = ?) ORDER BY m.id`,
  );
  const longLists = db.prepare(
    `SELECT id, json_array_length(attributes, ?2) AS n FROM cs_object
     WHERE connector = ?1 AND attributes LIKE ?4 AND json_array_length(attributes, ?2) > ?3 ORDER BY id LIMIT 1000`,
  );
  const largeReferences = db.prepare(
    'SELECT c.cs, c.attribute, c.count FROM cs_reference_count c WHERE c.count > ? ORDER BY c.count DESC LIMIT 100',
  );
  const flagged = db.prepare(
    `SELECT o.id FROM cs_object o JOIN link l ON l.cs = o.id
     WHERE o.connector = ? AND o.attributes LIKE ? AND NOT EXISTS (SELECT 1 FROM cs_unconfirmed u WHERE u.cs = o.id)
     ORDER BY o.id LIMIT 1000`,
  );
  const withKey = db.prepare(
    `SELECT k.mv AS id FROM attribute a JOIN mv_key k ON k.attribute = a.id AND k.value = ?2 WHERE a.name = ?1 LIMIT 20`,
  );
  const unresolved = db.prepare(
    `SELECT r.target, f.attribute, count(*) AS n, min(f.cs) AS source FROM reference_flow f
     JOIN cs_reference r ON r.cs = f.source AND r.attribute = f.source_attribute
     LEFT JOIN link l1 ON l1.cs = r.target
     WHERE f.connector = ?1 AND NOT EXISTS (
       SELECT 1 FROM link l2 JOIN cs_object o ON o.id = l2.cs
       WHERE l2.mv = l1.mv AND l2.connector = ?1 AND o.anchor IS NOT NULL)
     GROUP BY r.target, f.attribute ORDER BY n DESC LIMIT 5000`,
  );
  const unresolvedOf = db.prepare(
    `SELECT r.target, f.attribute, count(*) AS n, min(f.cs) AS source FROM reference_flow f
     JOIN cs_reference r ON r.cs = f.source AND r.attribute = f.source_attribute
     LEFT JOIN link l1 ON l1.cs = r.target
     WHERE f.connector = ?1 AND f.cs = ?2 AND NOT EXISTS (
       SELECT 1 FROM link l2 JOIN cs_object o ON o.id = l2.cs
       WHERE l2.mv = l1.mv AND l2.connector = ?1 AND o.anchor IS NOT NULL)
     GROUP BY r.target, f.attribute LIMIT 1000`,
  );
  const cycles = db.prepare(
    `SELECT cycle, min(started) AS started, max(ended) AS ended, sum(ended IS NULL) AS open,
       max(status GLOB 'stopped*' OR status GLOB 'no-start*') AS failed
     FROM run WHERE cycle IS NOT NULL GROUP BY cycle ORDER BY cycle DESC LIMIT ?`,
  );
  const lastRuns = db.prepare(
    `SELECT r.* FROM run r WHERE r.id IN (SELECT max(id) FROM run WHERE status <> 'in-progress' GROUP BY connector, profile)`,
  );
  return {
    /** Search keys of identities that several of them have. */
    sharedKeys: (attribute: number) => (shared.all(attribute) as { value: string; ids: string }[]).map(idList),
    /** Domains of an address attribute among the identities of a target, the most frequent first. */
    suffixes: (attribute: number, connector: number) =>
      suffixes.all(attribute, connector) as { suffix: string; n: number }[],
    identitiesOfSuffix: (attribute: number, suffix: string, connector: number, limit: number) =>
      (ofSuffix.all(attribute, suffix, connector, limit) as { mv: number }[]).map((r) => r.mv),
    /** Objects that Active Directory renamed because another one has their name (`CN=name\0ACNF:guid`). */
    conflictObjects: (connector: number, limit: number) =>
      (conflictObjects.all(connector, limit) as { id: number }[]).map((r) => r.id),
    /** Identities that have no object in a target. */
    withoutTarget: (connector: number) =>
      withoutTarget.iterate(connector) as unknown as Iterable<{ id: number; type: string; attributes: string }>,
    /** Objects with more values of an attribute than a limit. */
    longLists: (connector: number, attribute: string, limit: number) =>
      (longLists.all(connector, `$."${attribute}"`, limit, `%"${attribute}"%`) as { id: number }[]).map((r) => r.id),
    largeReferences: (limit: number) =>
      largeReferences.all(limit) as { cs: number; attribute: number; count: number }[],
    /** Linked objects of a connector in which an attribute is true, as far as nothing is under way to them. */
    flagged: (connector: number, attribute: string) =>
      (flagged.all(connector, `%"${attribute}":true%`) as { id: number }[]).map((r) => r.id),
    /** Identities with this value, in lower case, of an attribute that is a search key (`searchKeys` of sync/context). */
    identitiesWith: (attribute: string, value: string) =>
      (withKey.all(attribute, value) as { id: number }[]).map((r) => r.id),
    /** References that flow to a target and lead to nothing there, by where they should lead. */
    unresolved: (connector: number, cs?: number) =>
      (cs === undefined ? unresolved.all(connector) : unresolvedOf.all(connector, cs)) as unknown as UnresolvedRow[],
    /** The latest cycles, newest first. */
    cycles: (limit: number) =>
      cycles.all(limit) as { cycle: number; started: number; ended: number | null; open: number; failed: number }[],
    /** The last finished run of every connector and profile. */
    lastRuns: () => lastRuns.all() as unknown as RunRow[],
  };
}
const idList = ({ value, ids }: { value: string; ids: string }) => ({ value, ids: ids.split(',').map(Number) });
export type DiagnosisTables = ReturnType<typeof diagnosisTables>;
