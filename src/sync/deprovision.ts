/** Taking an object out of a target because its identity is gone or no longer meant for it (sync-engine s.1.7). */
import { Staging } from '../connector-space/stage.ts';
import type { SyncRun } from './sync-run.ts';

/** Stages the deletion of a target object and lets go of its identity. An object that was never created just goes. */
export function deprovision(run: SyncRun, cs: number, reason: string): void {
  const { store } = run.engine;
  const row = store.cs.get(cs);
  const link = store.mv.link(cs);
  if (!row || !link) return;
  store.references.changesToObject(cs);
  store.mv.removeLink(cs);
  store.references.removeFlows(cs);
  const pending = store.exports.get(cs);
  run.journal('deprovisioned', cs, link.mv, { reason });
  run.counters.add('provisioned-disconnect', cs);
  if (pending?.operation === 'add' && pending.state === 0 && row.anchor === null) {
    new Staging(store, {
      connector: row.connector,
      partition: row.partition ?? 0,
      run: run.id,
      keys: new Set(),
      confirm: () => {},
    }).forget(row);
    return;
  }
  for (const e of store.exports.references(cs)) if (e.state === 0) store.exports.removeReference(e);
  const escrowed = pending?.state === 1;
  store.exports.set(cs, row.connector, 'delete', '{}', run.id);
  if (escrowed) store.exports.escrow(cs);
  run.markExporting(row.connector);
}
