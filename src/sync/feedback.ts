/**
 * Rules that read in a directory what other rules write there. Inbound flows see what a target is about to hold
 * (sync-engine s.0, 5), so staging an export may change an identity again. The objects concerned flow once more within the
 * same synchronization, until nothing changes: otherwise the identity would follow one synchronization later, and what is
 * stored would not be what the rules give.
 */
import type { CompiledRule } from '../rules/compiled.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { EngineConnector } from './context.ts';
import { doesNotSettle, type SyncRun } from './sync-run.ts';

/** Rounds after which rules count as feeding on themselves (sync-engine s.1.5, the loop guard). */
const roundLimit = 10;

/** Attributes that some inbound rule reads of objects of one type. The rules of a type are always the same array. */
const readCache = new WeakMap<readonly CompiledRule[], ReadonlySet<string>>();
function readInbound(run: SyncRun, connector: EngineConnector, row: CsRow): ReadonlySet<string> {
  const rules = run.engine.ruleSet.inbound(connector.settings.connector.name, row.object_type ?? '');
  let names = readCache.get(rules);
  if (!names) {
    names = new Set(rules.flatMap((r) => [...r.reads]));
    readCache.set(rules, names);
  }
  return names;
}

/** What this object is about to hold changed in these attributes: if inbound rules read one, the object flows again. */
export function noteEcho(run: SyncRun, connector: EngineConnector, row: CsRow, names: readonly string[]): void {
  if (row.attributes === null || names.length === 0) return;
  const read = readInbound(run, connector, row);
  if (names.some((name) => read.has(name))) echo(run, row.id);
}

/** A target holds other references than before: the next synchronization looks at what inbound rules make of it. */
export function noteHeld(run: SyncRun, connector: EngineConnector, row: CsRow, names: readonly string[]): void {
  if (row.attributes !== null && names.some((n) => readInbound(run, connector, row).has(n))) pend(run, row.id);
}

/** An identity found an object in a target while it flowed out: it may have something to give. */
export function noteGain(run: SyncRun, connector: EngineConnector, row: CsRow): void {
  if (readInbound(run, connector, row).size > 0) echo(run, row.id);
}

/** An identity lost an object of a target while it flowed out: what that object gave it goes, too. */
export function noteLoss(run: SyncRun, mv: number): void {
  for (const { cs } of run.engine.store.mv.links(mv)) echo(run, cs);
}

/** The mark of a pending import survives a kill. */
function echo(run: SyncRun, cs: number): void {
  const { store } = run.engine;
  const row = store.cs.get(cs);
  if (!row || row.attributes === null) return;
  run.echoes.add(cs);
  pend(run, cs);
}

function pend(run: SyncRun, cs: number): void {
  const { cs: objects } = run.engine.store;
  if (!objects.pending(cs)) objects.setPending({ cs, kind: 'update', previous: null, run: run.id });
}

/** Repeats inbound and outbound for what echoed until nothing does; what never settles is not written, and an error. */
export async function settleEchoes(
  run: SyncRun,
  inbound: (rows: readonly CsRow[]) => void,
  outbound: () => Promise<void>,
): Promise<void> {
  const { store } = run.engine;
  run.endFirstPass();
  for (let round = 1; run.echoes.size > 0; round++) {
    const ids = [...run.echoes].sort((a, b) => a - b);
    run.echoes.clear();
    store.transaction(() => {
      if (round > roundLimit) for (const cs of ids) giveUp(run, cs);
      inbound(ids.flatMap((cs) => store.cs.get(cs) ?? []));
    });
    await outbound();
  }
  if (run.unsettled.size + run.recovering.size > 0) store.transaction(() => report(run));
}

/** From now on nothing is written to the object in this run, so that it is what it is. */
function giveUp(run: SyncRun, cs: number): void {
  const { exports } = run.engine.store;
  const pending = exports.get(cs);
  if (pending?.operation !== 'update' || pending.state !== 0) return;
  run.unsettled.set(cs, Object.keys(JSON.parse(pending.attributes) as object));
  exports.remove(cs);
}

function report(run: SyncRun): void {
  for (const cs of run.recovering) if (!run.unsettled.has(cs)) run.engine.store.records.clearError(cs, 'sync');
  for (const [cs, attributes] of run.unsettled) {
    const { cs: objects } = run.engine.store;
    run.fail(cs, 'sync', {
      code: doesNotSettle,
      message: `What the rules write to ${objects.get(cs)?.dn ?? 'this object'} changes what they read there, again and again (${attributes.join(', ')}). Nothing is written to it. Let the rule that reads use ImportedValue, or take the attribute out of one of the rules.`,
      ...(attributes[0] === undefined ? {} : { attribute: attributes[0] }),
    });
    // Tried again when something changes; until then the outcome would be the same.
    objects.clearPending(cs);
  }
}
