/** Changes that a table made in directories: in the audit log, and in the history of each object. */
import type { PlannedChange } from '../../diagnosis/precheck/apply.ts';
import { type Actor, recordAudit } from '../../health/audit.ts';
import { dnKey } from '../../model/dn.ts';
import type { Store } from '../../store/store.ts';

export interface DirectoryChanges {
  readonly kind: 'directory-changed';
  /** Name of the table. */
  readonly table: string;
  /** Path of the table that takes it back. */
  readonly undo: string;
  readonly applied: readonly Pick<PlannedChange, 'connector' | 'dn' | 'attribute' | 'value' | 'update' | 'line'>[];
}

/** The caller has a transaction. `now` in milliseconds since 1970. */
export function recordDirectoryChanges(
  store: Store,
  now: number,
  actor: Actor,
  { table, undo, applied }: DirectoryChanges,
): void {
  const connectors = new Map(store.records.connectors().map((c) => [c.name, c.id]));
  recordAudit(store, now, actor, { action: 'precheck-apply', subject: table, after: { undo, lines: applied.length } });
  for (const { connector, dn, attribute, value, update, line } of applied) {
    const [before, after] = [{ [attribute]: value || null }, { [attribute]: update || null }];
    recordAudit(store, now, actor, { action: 'change-directory', subject: `${connector}: ${dn}`, before, after });
    const id = connectors.get(connector);
    const cs = id === undefined ? undefined : store.cs.byDn(id, dnKey(dn))[0];
    if (!cs) continue;
    const changes = { [attribute]: { ...(value ? { before: value } : {}), ...(update ? { after: update } : {}) } };
    const detail = JSON.stringify({ by: actor.who, line, changes });
    store.records.journal(now, null, 'changed-in-directory', cs.id, store.mv.link(cs.id)?.mv ?? null, detail);
  }
}
