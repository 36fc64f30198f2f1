/** What an export's answer does to the connector space. The caller holds a transaction. */

import { applyDelta, parseAttributes } from '../connector-space/hologram.ts';
import { Staging } from '../connector-space/stage.ts';
import type { ExportError, ExportRequest, ExportResult } from '../connectors/contract.ts';
import { dnKey } from '../model/dn.ts';
import { type AttributeValue, canonicalText } from '../model/value.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { Store } from '../store/store.ts';
import type { EngineConnector } from './context.ts';
import { putOff, rememberInstead } from './obstacles.ts';
import type { SyncRun } from './sync-run.ts';

/** Milliseconds until a failed export is tried again: one minute, doubling, at most an hour. */
const nextAttemptIn = (attempt: number): number => Math.min(3_600_000, 60_000 * 2 ** Math.min(attempt, 6));

export function applySuccess(
  run: SyncRun,
  connector: EngineConnector,
  request: ExportRequest,
  result: Omit<Extract<ExportResult, { outcome: 'success' }>, 'id' | 'outcome'>,
): void {
  const { store } = run.engine;
  const row = store.cs.get(request.id);
  if (!row) return;
  if (request.operation === 'delete') {
    succeedDelete(run, connector, request.id);
    return;
  }
  if (result.leftOut) {
    leaveOut(
      run,
      request,
      result.warnings?.[0]?.code ?? 'not-offered-by-target',
      result.note ?? 'The target has no place for such an object.',
    );
    return;
  }
  if (row.anchor === null && result.anchor !== undefined) {
    const other = store.cs.idByAnchor(row.connector, result.anchor);
    if (other !== undefined && other !== row.id) {
      duplicateAnchor(run, request, store.cs.get(other)?.dn ?? '', result.anchor);
      return;
    }
    store.cs.setAnchor(row.id, result.anchor);
    store.exports.resumeReferencesOf(row.id);
  }
  store.exports.remove(request.id);
  const instead = result.instead ?? [];
  const sent = keepUnconfirmable(store, connector, row, rememberInstead(store, row, request, instead));
  if (Object.keys(sent).length === 0) store.exports.removeUnconfirmed(request.id);
  else store.exports.setUnconfirmed(request.id, row.connector, JSON.stringify(sent), run.id);
  // What stood in the way of other attributes still does, and is told with what is new.
  const standing = store.obstacles
    .of(request.id)
    .flatMap((o) => (instead.some((i) => i.attribute === o.attribute) ? [] : (JSON.parse(o.told) as ExportError)));
  settleWarnings(run, request, [...(result.warnings ?? []), ...standing]);
  run.counters.add(request.operation === 'add' ? 'export-add' : 'export-update', request.id, {
    attributes: Object.keys(request.attributes),
  });
  run.journal('exported', request.id, store.mv.link(request.id)?.mv ?? null, {
    operation: request.operation,
    ...(request.operation === 'update' ? { before: request.before, after: request.attributes } : {}),
    ...(result.note ? { note: result.note } : {}),
  });
}

/**
 * What no import brings back is held as soon as the target took it. Of an object that no import has brought yet it waits
 * with the rest, which the first one brings.
 */
function keepUnconfirmable(
  store: Store,
  connector: EngineConnector,
  row: CsRow,
  sent: Record<string, AttributeValue | null>,
): Record<string, AttributeValue | null> {
  const names = Object.keys(sent).filter((name) => connector.attributes.get(name)?.unconfirmable);
  if (names.length === 0 || row.attributes === null) return sent;
  const of = (isKept: boolean) =>
    Object.fromEntries(Object.entries(sent).filter(([name]) => names.includes(name) === isKept));
  const attributes = canonicalText(applyDelta(parseAttributes(row.attributes), of(true)));
  store.cs.update({ ...row, attributes }, dnKey(row.dn));
  return of(false);
}

/** What the target cannot hold stays pending as it is, and is not sent again before it changes. */
function leaveOut(run: SyncRun, request: ExportRequest, code: string, note: string): void {
  const { store, now } = run.engine;
  store.exports.defer(request.id, putOff);
  const detail = JSON.stringify({ message: note, severity: 'warning', operation: request.operation, leftOut: true });
  store.records.setError(request.id, 'export', code, detail, now(), run.id);
  run.counters.add('export-left-out', request.id);
}

/**
 * Keeps what a success withheld as a warning of the object, until an export that writes the same attribute is taken
 * whole: nothing fails and nothing is tried again, so otherwise nobody would ever hear of it (entra-directory s.2.3).
 */
function settleWarnings(run: SyncRun, request: ExportRequest, warnings: readonly ExportError[]): void {
  const { obstacles, records } = run.engine.store;
  const withheld = obstacles.of(request.id).map((o) => o.attribute);
  const [warning] = warnings;
  if (!warning) {
    const held = records.errorsOf(request.id).find((e) => e.phase === 'export');
    const detail = held
      ? (JSON.parse(held.detail) as { severity?: string; attribute?: string; of?: string[]; leftOut?: boolean })
      : undefined;
    const names = new Set([detail?.attribute ?? '', ...(detail?.of ?? [])].map((n) => n.toLowerCase()));
    const isWritten =
      request.operation === 'add' ||
      detail?.leftOut ||
      Object.keys(request.attributes).some((n) => names.has(n.toLowerCase()));
    if (detail?.severity !== 'warning' || isWritten) records.clearError(request.id, 'export');
    return;
  }
  const detail = {
    message: warnings.map((w) => w.detail).join(' '),
    severity: 'warning',
    operation: request.operation,
    ...(warning.attribute ? { attribute: warning.attribute } : {}),
    ...(warning.value ? { value: warning.value } : {}),
    ...(warning.facts ? { facts: warning.facts } : {}),
    // A warning may name a property of the cloud that the target makes of an attribute of another name.
    ...(withheld.length > 0 ? { of: withheld } : {}),
    ...(warnings.length > 1
      ? { others: warnings.slice(1).map(({ attribute, value, facts }) => ({ attribute, value, facts })) }
      : {}),
  };
  records.setError(request.id, 'export', warning.code, JSON.stringify(detail), run.engine.now(), run.id);
}

function succeedDelete(run: SyncRun, connector: EngineConnector, cs: number): void {
  const { store } = run.engine;
  const row = store.cs.get(cs);
  if (!row) return;
  run.counters.add('export-delete', cs, { dn: row.dn });
  run.journal('exported', cs, null, { operation: 'delete', dn: row.dn, anchor: row.anchor });
  const link = store.mv.link(cs);
  if (link) {
    // Wanted again while its deletion was on the way: the identity makes another one.
    store.mv.removeLink(cs);
    store.mv.markDirty(link.mv);
  }
  const staging = new Staging(store, {
    connector: row.connector,
    partition: row.partition ?? 0,
    run: run.id,
    keys: connector.keys,
    confirm: () => {},
  });
  staging.edges.dropTo(cs);
  staging.forget(row);
}

function duplicateAnchor(run: SyncRun, request: ExportRequest, otherDn: string, anchor: string): void {
  applyFailure(run, request, {
    code: 'duplicate-anchor',
    detail: `The target matched this object to ${anchor}, which already belongs to ${otherDn}. Two objects of the directory claim one object in the target.`,
    facts: { anchor, otherDn },
    retry: 'never',
  });
}

/** What is in the way of an export that was refused for good, so that the target can be asked whether it is gone. */
export function rememberRefusal(run: SyncRun, request: Pick<ExportRequest, 'id'>, error: ExportError): void {
  const { store } = run.engine;
  store.obstacles.remove(request.id, '');
  if (error.retry !== 'never' || error.obstacle === undefined) return;
  const connector = store.cs.get(request.id)?.connector ?? 0;
  const none = { asked: 'null', became: 'null', told: '{}' };
  store.obstacles.set({ cs: request.id, attribute: '', connector, obstacle: error.obstacle, ...none });
}

export function applyFailure(run: SyncRun, request: ExportRequest, error: ExportError): void {
  const { store, now } = run.engine;
  const isFinal = error.retry === 'never';
  const nextAttempt = isFinal ? putOff : now() + nextAttemptIn(request.attempt);
  store.exports.failed(request.id, nextAttempt);
  rememberRefusal(run, request, error);
  const detail = {
    message: error.detail,
    operation: request.operation,
    ...(error.attribute ? { attribute: error.attribute } : {}),
    ...(error.value ? { value: error.value } : {}),
    ...(error.facts ? { facts: error.facts } : {}),
    attempt: request.attempt + 1,
    ...(isFinal ? {} : { nextAttempt }),
  };
  store.records.setError(request.id, 'export', error.code, JSON.stringify(detail), now(), run.id);
  tellOfFailure(run, request.id, error);
  run.counters.add('export-failure', request.id, { code: error.code });
  run.exportErrors++;
}

/** Number of the event of an object that could not be exported, as administrators look for it (entra-directory s.3.2). */
const exportErrorEvent = 6941;

/** Objects that one export names in the log: it goes to every open console, and all of them are in the list of errors. */
export const toldAtMost = 100;

/** One event in the log for each object and attempt; a numbered event is for the log alone. */
export function tellOfFailure(run: SyncRun, id: number, error: ExportError): void {
  if (run.exportErrors >= toldAtMost) return;
  const { store, log } = run.engine;
  const row = store.cs.get(id);
  log('info', `ECMA2 export error. Error Name: ${error.code}. Error Detail: ${error.detail}`, {
    event: exportErrorEvent,
    source: 'ADSync',
    run: run.id,
    object: id,
    dn: row?.dn,
  });
}

/** How many objects the log did not name, and where all of them are; told when an export has ended. */
export function tellOfOthers(run: SyncRun, connector: string): void {
  const others = run.exportErrors - toldAtMost;
  if (others <= 0) return;
  run.engine.log(
    'info',
    `${others} more ${others === 1 ? 'object' : 'objects'} could not be exported to ${connector}. All of them, with their errors: "causeway search cs --scope errors", or in the console Issues, Objects in error.`,
    { event: exportErrorEvent, source: 'ADSync', run: run.id, connector, objects: others },
  );
}
