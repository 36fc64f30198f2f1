/** Questions of the casebook that one statement answers over the whole store. Reads only. */
import type { Database } from './sqlite.ts';

export function diagnosisTables(db: Database) {
  const shared = db.prepare(
    `SELECT k.value, group_concat(k.mv) AS ids FROM mv_key k WHERE k.attribute = ?
     GROUP BY k.value HAVING count(*) > 1 LIMIT 1000`,
  );
  return {
    /** Search keys of identities that several of them have. */
    sharedKeys: (attribute: number) =>
      (shared.all(attribute) as { value: string; ids: string }[]).map((r) => ({
        value: r.value,
        ids: r.ids.split(',').map(Number),
      })),
  };
}
export type DiagnosisTables = ReturnType<typeof diagnosisTables>;
