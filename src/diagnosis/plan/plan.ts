/**
 * The plan: everything the next export would do, grouped by cause, with the refusals that the cloud will give. Reports the
 * pending exports as they are stored and never writes (law 8); a cycle in staging mode brings them up to date.
 */
import type { CsRow } from '../../store/connector-space.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { needsFullSync } from '../../sync/cycle.ts';
import { deletePlanHash } from '../../sync/export.ts';
import { breathe } from '../../sync/synchronize.ts';
import { CauseFinder, PlanGroups } from './cause.ts';
import { imageOfConnectorSpace, type TenantImage } from './image.ts';
import { pendingRows, planInputs } from './inputs.ts';
import {
  type ConnectorPlan,
  defaultQuota,
  type Estimate,
  type Freshness,
  type Plan,
  type PlannedDeletes,
  type PrivilegeChange,
  type Quota,
} from './model.ts';
import { nameOf } from './names.ts';
import { predictExports } from './predict.ts';
import { PrivilegeFinder } from './privilege.ts';

export interface PlanOptions {
  /** Images of tenants that were read, by connector; others are predicted from their connector space. */
  readonly images?: ReadonlyMap<string, TenantImage>;
  /** Also exports whose next attempt is not due yet; default true, as a cycle started by hand does. */
  readonly retryAll?: boolean;
  readonly quota?: Quota;
  readonly signal?: AbortSignal;
  readonly progress?: (step: string, done: number) => void;
}

/** `engine`: see `readingEngine`. */
export async function makePlan(engine: Engine, options: PlanOptions = {}): Promise<Plan> {
  const privilege: PrivilegeChange[] = [];
  const connectors: ConnectorPlan[] = [];
  const inputs = planInputs(engine);
  // As the cycle exports: clouds first, then directories.
  const isCloud = (c: EngineConnector) => c.settings.connector.type === 'entra';
  const ordered = [...engine.all.filter(isCloud), ...engine.all.filter((c) => !isCloud(c))];
  for (const target of ordered) {
    if (!inputs.targets[target.row.name]) continue;
    connectors.push(await planConnector(engine, target, options, privilege));
  }
  return {
    causewayPlan: 1,
    created: new Date(engine.now()).toISOString(),
    staging: engine.staging,
    freshness: freshnessOf(engine),
    privilege,
    connectors,
    inputs,
    notes: notesOf(engine, connectors),
  };
}

async function planConnector(
  engine: Engine,
  target: EngineConnector,
  options: PlanOptions,
  privilege: PrivilegeChange[],
): Promise<ConnectorPlan> {
  const { store } = engine;
  const name = target.row.name;
  const isCloud = target.settings.connector.type === 'entra';
  const image = isCloud ? (options.images?.get(name) ?? imageOfConnectorSpace(engine, target, undefined)) : undefined;
  const groups = new PlanGroups();
  const causes = new CauseFinder(engine, target);
  const rights = image && new PrivilegeFinder(engine, target, image.index);
  let done = 0;
  for (const row of pendingRows(engine, target)) {
    causes.collect(row, groups);
    rights?.object(row);
    if (++done % 500 === 0) {
      options.signal?.throwIfAborted();
      options.progress?.(`${name}: causes`, done);
      await breathe();
    }
  }
  collectReferences(engine, target, groups);
  const prediction = image
    ? await predictExports(engine, target, image, {
        retryAll: options.retryAll ?? true,
        signal: options.signal ?? new AbortController().signal,
        progress: (n) => options.progress?.(`${name}: refusals`, n),
      })
    : undefined;
  rights?.references(store.attributes.find('member'));
  if (prediction) rights?.matches(prediction);
  privilege.push(...(rights?.changes ?? []));
  const counts = countsOf(engine, target);
  const writes = prediction?.writes ?? counts.add + counts.update + counts.delete;
  return {
    connector: name,
    type: target.settings.connector.type,
    counts,
    groups: groups.list(),
    deletes: deletesOf(engine, target),
    estimate: estimateOf(writes, options.quota ?? defaultQuota),
    ...(prediction && image
      ? { prediction: { ...prediction, image: { source: image.source, readAt: image.readAt, limits: image.limits } } }
      : {}),
  };
}

function countsOf(engine: Engine, target: EngineConnector): ConnectorPlan['counts'] {
  const references = engine.store.reports.pendingReferences(target.row.id);
  const sum = (change: 1 | -1) => references.reduce((n, r) => n + (r.change === change ? r.n : 0), 0);
  return { ...engine.store.exports.counts(target.row.id), 'add-reference': sum(1), 'remove-reference': sum(-1) };
}

/** References are told by attribute; of each kind the first few are shown. */
function collectReferences(engine: Engine, target: EngineConnector, groups: PlanGroups): void {
  const { store } = engine;
  let first = store.exports.referencePage(target.row.id, { cs: 0, attribute: 0, target: 0 }, 5000);
  const total = store.exports.referenceCount(target.row.id);
  let holder: CsRow | undefined;
  for (let seen = 0; first.length > 0; ) {
    for (const row of first) {
      const operation = row.change === 1 ? 'add-reference' : 'remove-reference';
      // They come object by object.
      if (holder?.id !== row.cs) holder = store.cs.get(row.cs);
      const cause = { kind: 'references', attribute: store.attributes.name(row.attribute) } as const;
      groups.add(operation, holder?.object_type ?? '', cause, () => ({
        cs: row.cs,
        dn: holder?.dn ?? '',
        name: nameOf(engine, row.cs),
        after: nameOf(engine, row.target) || (store.cs.get(row.target)?.dn ?? ''),
      }));
    }
    seen += first.length;
    if (seen >= total) return;
    first = store.exports.referencePage(target.row.id, first.at(-1)!, 5000);
  }
}

function deletesOf(engine: Engine, target: EngineConnector): PlannedDeletes {
  const ids = engine.store.exports.deletes(target.row.id);
  const dns = ids.map((id) => engine.store.cs.get(id)?.dn ?? String(id));
  const hash = deletePlanHash(target.row.name, dns);
  const threshold = engine.limits.deletionThreshold;
  const isHeld = threshold > 0 && ids.length > threshold && !engine.isApproved(hash);
  return { count: ids.length, threshold, hash, isHeld };
}

/** Whole windows that have to pass: what fits into the first one leaves at once. */
export function estimateOf(writes: number, quota: Quota): Estimate {
  const windows = Math.max(0, Math.ceil(writes / quota.writes) - 1);
  return { writes, seconds: windows * quota.windowSeconds, quota };
}

function freshnessOf(engine: Engine): Freshness {
  const { store } = engine;
  const last = (c: EngineConnector): string | null => {
    const times = store.records
      .partitions(c.row.id)
      .map((p) => Math.max(p.last_full_import ?? 0, p.last_delta_import ?? 0));
    const time = Math.max(0, ...times);
    return time > 0 ? new Date(time).toISOString() : null;
  };
  return {
    pendingImports: store.reports.pendingImports().reduce((n, p) => n + p.n, 0),
    pendingIdentities: store.mv.dirtyCount(),
    needsFullSync: needsFullSync(engine),
    lastImports: Object.fromEntries(engine.all.map((c) => [c.row.name, last(c)])),
  };
}

function notesOf(engine: Engine, connectors: readonly ConnectorPlan[]): string[] {
  const { pendingImports, pendingIdentities, needsFullSync: isBehind } = freshnessOf(engine);
  const notes: string[] = [];
  if (pendingImports + pendingIdentities > 0)
    notes.push(
      `${pendingImports} imported changes and ${pendingIdentities} identities wait for a synchronization; what follows from them is not in this plan.`,
    );
  if (isBehind)
    notes.push('The rules changed since the last full synchronization; what follows from that is not in this plan.');
  if (engine.staging) notes.push('This engine is in staging mode: it plans, but it does not export.');
  for (const c of connectors) {
    if (c.deletes.isHeld)
      notes.push(
        `${c.connector}: ${c.deletes.count} deletes exceed the limit of ${c.deletes.threshold}, so the export stops before it writes anything unless exactly these are approved (${c.deletes.hash}).`,
      );
    if (c.prediction && c.prediction.unknown > 0)
      notes.push(
        `${c.connector}: of ${c.prediction.unknown} exports the answer is unknown; the export asks the tenant about them first.`,
      );
    notes.push(...(c.prediction?.image.limits ?? []).map((l) => `${c.connector}: ${l}`));
  }
  return notes;
}
