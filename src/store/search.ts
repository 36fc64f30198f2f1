/** Searching by the beginning of a key, for people. */
import type { Database } from './sqlite.ts';

export function searchTable(db: Database) {
  // Not DISTINCT, which would read the whole index: from one attribute to the next there is one step.
  const attributes = db.prepare(
    `WITH RECURSIVE a(x) AS (
       SELECT min(attribute) FROM mv_key
       UNION ALL
       SELECT (SELECT min(attribute) FROM mv_key WHERE attribute > x) FROM a WHERE x IS NOT NULL
     ) SELECT x AS attribute FROM a WHERE x IS NOT NULL`,
  );
  const mv = db.prepare(
    'SELECT DISTINCT mv AS id FROM mv_key WHERE attribute = ? AND value >= ? AND value < ? ORDER BY value LIMIT ?',
  );
  const csPairs = db.prepare(
    `WITH RECURSIVE c(x) AS (
       SELECT min(connector) FROM cs_key
       UNION ALL
       SELECT (SELECT min(connector) FROM cs_key WHERE connector > x) FROM c WHERE x IS NOT NULL
     ), a(c, x) AS (
       SELECT x, (SELECT min(attribute) FROM cs_key WHERE connector = c.x) FROM c WHERE x IS NOT NULL
       UNION ALL
       SELECT a.c, (SELECT min(attribute) FROM cs_key WHERE connector = a.c AND attribute > a.x) FROM a WHERE a.x IS NOT NULL
     ) SELECT c AS connector, x AS attribute FROM a WHERE x IS NOT NULL ORDER BY 1, 2`,
  );
  const cs = db.prepare(
    'SELECT DISTINCT cs AS id FROM cs_key WHERE connector = ? AND attribute = ? AND value >= ? AND value < ? ORDER BY value LIMIT ?',
  );
  const words = db.prepare("SELECT id FROM mv_object WHERE attributes LIKE ? ESCAPE '\\' ORDER BY id LIMIT ?");
  const end = (prefix: string) => `${prefix}\uffff`;
  return {
    /** Identities with a search key that begins so. */
    mvByPrefix(prefix: string, limit: number): number[] {
      const ids = new Set<number>();
      for (const { attribute } of attributes.all() as { attribute: number }[]) {
        for (const r of mv.all(attribute, prefix, end(prefix), limit) as { id: number }[])
          if (ids.size < limit) ids.add(r.id);
      }
      return [...ids];
    },
    csByPrefix(prefix: string, limit: number): number[] {
      const ids = new Set<number>();
      for (const { connector, attribute } of csPairs.all() as { connector: number; attribute: number }[]) {
        for (const r of cs.all(connector, attribute, prefix, end(prefix), limit) as { id: number }[])
          if (ids.size < limit) ids.add(r.id);
      }
      return [...ids];
    },
    /** Identities that contain a text anywhere. Reads everything: for small stores, or when nothing else helps. */
    mvContaining: (text: string, limit: number) =>
      (words.all(`%${text.replace(/[\\%_]/g, '\\$&')}%`, limit) as { id: number }[]).map((r) => r.id),
  };
}
export type SearchTable = ReturnType<typeof searchTable>;
