/**
 * Synchronization: link and flow for what changed (delta) or for everything (full). Inbound for every object first, then
 * outbound for every identity that was touched, then references. Each page is one transaction; what remains to be done
 * is in the store, so that a kill costs nothing but the page under way.
 */
import { structuralTypes } from '../connector-space/scope.ts';
import { Staging } from '../connector-space/stage.ts';
import { dnKey } from '../model/dn.ts';
import type { CsRow, PendingImportRow } from '../store/connector-space.ts';
import type { Engine, EngineConnector } from './context.ts';
import type { Counter } from './counters.ts';
import { settleEchoes } from './feedback.ts';
import { flowInbound, type InboundSource } from './inbound.ts';
import { addLink, type LinkResult, linkObject, removeIdentity, unlink } from './link.ts';
import { flowOutbound } from './outbound.ts';
import { RunStopped, type SyncRun } from './sync-run.ts';
import { CsView } from './views.ts';

/**
 * Few objects are read at once, so that what was read is still in the processor's cache when it is worked on; a
 * transaction holds many, because it writes every index page that it touched once.
 */
const usualPages = { read: 500, transaction: 20_000 };
const pagesOf = (run: SyncRun): typeof usualPages => run.engine.pages ?? usualPages;

/** Synchronizes the objects of these connectors and everything outbound that follows from them. */
export async function synchronize(
  run: SyncRun,
  connectors: readonly EngineConnector[],
  mode: 'full' | 'delta',
  signal: AbortSignal,
): Promise<void> {
  const pageSize = pagesOf(run).read;
  for (const connector of connectors) {
    await eachPage(
      run,
      connector,
      'deletes',
      signal,
      (after) => run.engine.store.cs.pendingDeletes(connector.row.id, after, pageSize),
      (rows) => rows.forEach((row) => void processDelete(run, row)),
    );
  }
  if (mode === 'delta') for (const connector of connectors) followGroupFilter(run, connector);
  for (const { connector, type } of inJoinOrder(run.engine, connectors)) {
    const { cs } = run.engine.store;
    if (structuralTypes.has(type) && run.engine.ruleSet.inbound(connector.row.name, type).length === 0) {
      // Containers and the like: nothing to link, nothing to flow.
      run.engine.store.transaction(() => cs.clearPendingOfType(connector.row.id, type));
      continue;
    }
    const page = (after: number) =>
      mode === 'full'
        ? cs.page(connector.row.id, type, after, pageSize)
        : cs.pendingPage(connector.row.id, type, after, pageSize);
    await eachPage(run, connector, type, signal, page, (rows) => processObjects(run, rows));
  }
  if (mode === 'full') run.engine.store.transaction(() => run.engine.store.mv.markAllDirty());
  await outboundForDirty(run, signal);
  await settleEchoes(
    run,
    (rows) => processObjects(run, rows),
    () => outboundForDirty(run, signal),
  );
  finishReferences(run);
}

/** Who joined or left the group that scopes a connector is looked at again, though the object itself did not change. */
function followGroupFilter(run: SyncRun, connector: EngineConnector): void {
  const { store } = run.engine;
  const { groupFilter } = connector.settings;
  const member = store.attributes.find('member');
  if (groupFilter === undefined || member === undefined) return;
  store.transaction(() => {
    for (const group of store.cs.byDn(connector.row.id, dnKey(groupFilter))) {
      for (const id of store.references.changedTargets(group.id, member)) {
        const row = store.cs.get(id);
        if (row && row.object_type !== null && !store.cs.pending(id))
          store.cs.setPending({ cs: id, kind: 'update', previous: null, run: run.id });
      }
    }
  });
}

/**
 * Object types in the order of their best joining rule over all connectors, so that who meets whom does not depend on
 * the order in which connectors were imported.
 */
function inJoinOrder(
  engine: Engine,
  connectors: readonly EngineConnector[],
): { connector: EngineConnector; type: string }[] {
  const list = connectors.flatMap((connector) =>
    engine.store.cs.types(connector.row.id).map((type) => {
      const joining = engine.ruleSet
        .inbound(connector.settings.connector.name, type)
        .find((r) => r.rule.join.length > 0);
      return { connector, type, order: joining?.order ?? Number.MAX_SAFE_INTEGER };
    }),
  );
  return list.sort(
    (a, b) => a.order - b.order || a.connector.row.id - b.connector.row.id || (a.type < b.type ? -1 : 1),
  );
}

async function eachPage(
  run: SyncRun,
  connector: EngineConnector,
  step: string,
  signal: AbortSignal,
  page: (after: number) => CsRow[],
  work: (rows: readonly CsRow[]) => void,
): Promise<void> {
  const { progress } = run.engine;
  const { name } = connector.settings.connector;
  let after = 0;
  await inTransactions(
    run,
    signal,
    () => {
      const rows = page(after);
      if (rows.length === 0) return 0;
      work(rows);
      after = rows.at(-1)!.id;
      return rows.length;
    },
    (done) => progress({ connector: name, step: `sync ${step}`, done }),
  );
}

/** Takes steps until one says that it did nothing, many in a transaction; what a transaction holds is all or nothing. */
async function inTransactions(
  run: SyncRun,
  signal: AbortSignal,
  step: () => number,
  report: (done: number) => void,
): Promise<void> {
  let done = 0;
  for (let isOver = false; !isOver; ) {
    checkStop(run, signal);
    const before = done;
    run.engine.store.transaction(() => {
      while (!isOver && done - before < pagesOf(run).transaction) {
        const n = step();
        done += n;
        isOver = n === 0;
      }
    });
    if (done === before) return;
    report(done);
    await breathe();
  }
}

/** Lets timers, messages and signals through between pages. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function checkStop(run: { readonly engine: Engine }, signal: AbortSignal): void {
  if (signal.aborted) {
    throw new RunStopped(
      'stopped-user-termination-from-wmi-or-ui',
      'stopped',
      'The run was stopped by the operator.',
      'Start it again; what was done so far is kept.',
    );
  }
  run.engine.assertLease();
}

function processDelete(run: SyncRun, row: CsRow): void {
  const { store } = run.engine;
  const link = store.mv.link(row.id);
  if (link) {
    unlink(run, row.id, 'deleted');
    settleIdentity(run, link.mv, row.id, 'connector-delete-leave-mv', 'connector-delete-remove-mv');
  }
  new Staging(store, {
    connector: row.connector,
    partition: row.partition ?? 0,
    run: run.id,
    keys: keysOf(run.engine, row.connector),
    confirm: () => {},
  }).forget(row);
}

/** Recomputes an identity that lost an object, or removes it. */
function settleIdentity(run: SyncRun, mv: number, cs: number, left: Counter, removed: Counter): void {
  const flow = flowInbound(run, mv);
  if (flow.alive) run.markDirty(mv);
  else removeIdentity(run, mv);
  run.counters.add(flow.alive ? left : removed, cs);
}

function processObjects(run: SyncRun, rows: readonly CsRow[]): void {
  const ids = rows.map((row) => row.id);
  run.engine.store.mv.readLinksAhead(ids);
  run.engine.store.references.end();
  run.engine.store.references.readCountsAhead(ids);
  const pending = run.engine.store.cs.pendingRange(rows[0]!.id, rows.at(-1)!.id);
  const byId = new Map(pending.map((p) => [p.cs, p]));
  for (const row of rows) processObject(run, row, byId.get(row.id));
}

function processObject(run: SyncRun, row: CsRow, pending: PendingImportRow | undefined): void {
  const { store } = run.engine;
  // An object that was exported but never came back yet has nothing to say.
  if (row.attributes === null) return;
  if (pending?.kind === 'delete') return;
  const errorsBefore = run.errors;
  const view = new CsView(store, row, run.isExporting(row.connector));
  const linked = linkObject(run, view, pending?.kind === 'delete-add');
  if (linked.left !== undefined)
    settleIdentity(run, linked.left, row.id, 'connector-filtered-leave-mv', 'connector-filtered-remove-mv');
  if (linked.mv !== undefined) flowObject(run, { view, rules: linked.rules }, linked.mv, linked);
  else if (linked.event === 'none')
    run.counters.add(linked.rules.length === 0 ? 'disconnector-filtered' : 'disconnector-remains', row.id);
  if (run.errors > errorsBefore) return;
  if (pending) store.cs.clearPending(row.id);
  run.clearError(row.id, 'sync');
}

function flowObject(run: SyncRun, source: InboundSource, mv: number, linked: LinkResult): void {
  const flow = flowInbound(run, mv, source, linked.newType);
  const cs = source.view.row.id;
  if (linked.newType !== undefined && (flow.failed || !flow.alive)) return;
  if (linked.projectedBy) addLink(run, cs, mv, source.view.row.connector, 'projection', linked.projectedBy);
  if (!flow.alive) {
    removeIdentity(run, mv);
    run.counters.add('connector-filtered-remove-mv', cs);
    return;
  }
  run.markDirty(mv);
  const flowed = flow.changed ? 'flow' : 'no-flow';
  if (linked.event === 'projected') run.counters.add(`disconnector-projected-${flowed}`, cs);
  else if (linked.event === 'joined' && !linked.wasLinked) run.counters.add(`disconnector-joined-${flowed}`, cs);
  else run.counters.add(`connector-${flowed}`, flow.changed ? cs : undefined);
}

async function outboundForDirty(run: SyncRun, signal: AbortSignal): Promise<void> {
  const { store, progress } = run.engine;
  const total = store.mv.dirtyCount();
  let after = 0;
  await inTransactions(
    run,
    signal,
    () => {
      const ids = store.mv.dirtyPage(after, pagesOf(run).read);
      if (ids.length === 0) return 0;
      after = ids.at(-1)!;
      store.mv.cleanRange(ids[0]!, after);
      readAhead(run, ids);
      for (const id of ids) flowOutbound(run, id);
      return ids.length;
    },
    (done) => progress({ connector: 'metaverse', step: 'sync outbound', done, total: Math.max(total, done) }),
  );
}

/** Reads at once what the outbound side of these identities will ask for one by one. */
function readAhead(run: SyncRun, ids: readonly number[]): void {
  const { exports, mv, references } = run.engine.store;
  mv.readAhead(ids);
  references.end();
  exports.end();
  const links = ids.flatMap((id) => mv.links(id));
  for (const connector of run.engine.all) {
    const cs = links.flatMap((l) => (l.connector === connector.row.id ? [l.cs] : [])).sort((a, b) => a - b);
    references.readCountsAhead(cs);
    if (run.isExporting(connector.row.id)) exports.readAhead(cs);
  }
}

/** References last: only now it is known which objects the targets will have. */
function finishReferences(run: SyncRun): void {
  const { store } = run.engine;
  store.transaction(() => {
    if (run.bulk) {
      for (const connector of run.engine.all) store.references.recomputeConnector(connector.row.id);
    } else {
      run.counters.count('references-changed', store.references.recomputeChanged());
    }
    store.references.clearChanges();
  });
}

export const keysOf = (engine: Engine, connector: number): ReadonlySet<string> =>
  engine.byId.get(connector)?.keys ?? new Set();
