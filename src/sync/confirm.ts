/** Confirmation: did what was exported stick? (sync-engine s.0, 6 and 1.3) */
import { parseDelta, unconfirmedAttributes } from '../connector-space/hologram.ts';
import type { Attributes } from '../model/value.ts';
import { putOff } from './obstacles.ts';
import type { SyncRun } from './sync-run.ts';

/** Compares what was sent with what an import brought. What did not stick is reported and will be sent again. */
export function confirmImport(run: SyncRun, cs: number, imported: Attributes): void {
  const { store } = run.engine;
  // The object changed in the target, so what was refused for good may be taken now.
  if (store.exports.get(cs)?.next_attempt === putOff) store.exports.defer(cs, 0);
  const sent = store.exports.unconfirmed(cs);
  if (!sent) return;
  store.exports.removeUnconfirmed(cs);
  const connector = run.engine.byId.get(store.cs.get(cs)?.connector ?? -1);
  const delta = parseDelta(sent.attributes);
  const missing = unconfirmedAttributes(delta, imported).filter(
    (name) => !connector?.attributes.get(name)?.unconfirmable,
  );
  if (missing.length === 0) {
    store.records.clearError(cs, 'confirm');
    return;
  }
  const link = store.mv.link(cs);
  if (link) store.mv.markDirty(link.mv);
  const [attribute] = missing;
  notConfirmed(run, cs, {
    attribute: attribute!,
    sent: delta[attribute!],
    returned: imported[attribute!],
    others: missing.slice(1),
  });
}

function notConfirmed(
  run: SyncRun,
  cs: number,
  facts: { attribute: string; sent: unknown; returned: unknown; others: string[] },
): void {
  const text = (v: unknown) => (v === undefined || v === null ? 'no value' : JSON.stringify(v));
  run.notConfirmed(cs, {
    code: 'exported-change-not-reimported',
    message: `The export of ${facts.attribute} succeeded, but the target returned ${text(facts.returned)} instead of ${text(facts.sent)}. It will be sent again.`,
    attribute: facts.attribute,
    facts: { sent: text(facts.sent), returned: text(facts.returned), others: facts.others.join(', ') },
  });
}

/**
 * After an import of a target: what was sent before it and did not come back at all. The identity is computed again, so
 * that the difference is pending once more. `full` says that absence means something.
 */
export function expireUnconfirmed(run: SyncRun, connector: number, exportedBefore: number): void {
  const { store } = run.engine;
  for (let after = 0; ; ) {
    const page = store.exports.staleUnconfirmed(connector, exportedBefore, after, 500);
    if (page.length === 0) break;
    for (const row of page) {
      store.exports.removeUnconfirmed(row.cs);
      const link = store.mv.link(row.cs);
      if (link) store.mv.markDirty(link.mv);
      run.notConfirmed(row.cs, {
        code: 'exported-change-not-reimported',
        message:
          'The export succeeded, but two imports since then did not bring the object back. It will be sent again.',
      });
    }
    after = page.at(-1)!.cs;
  }
  for (const edge of store.exports.staleUnconfirmedReferences(connector, exportedBefore)) {
    store.exports.removeUnconfirmedReference(edge);
  }
}
