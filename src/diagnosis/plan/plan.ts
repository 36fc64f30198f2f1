/**
 * The plan: everything the next export would do, grouped by cause, with the refusals that the cloud will give. Reports the
 * pending exports as they are stored and never writes (law 8); a cycle in staging mode brings them up to date.
 */

import type { MakeReplica } from '../../entra/replica.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { ReferenceExportRow } from '../../store/exports.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { needsFullSync } from '../../sync/cycle.ts';
import { deletePlanHash } from '../../sync/export.ts';
import { dueBefore } from '../../sync/obstacles.ts';
import { breathe } from '../../sync/synchronize.ts';
import { CauseFinder, PlanGroups } from './cause.ts';
import { isGraph } from './graph.ts';
import { imageOfConnectorSpace, type TenantImage } from './image.ts';
import { type PlannedTarget, pendingPages, pendingReferences, planInputs, TargetInputs } from './inputs.ts';
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
  /** What stands for tenants that are written to through Microsoft Graph; without it their answers are not predicted. */
  readonly makeReplica?: MakeReplica;
  readonly signal?: AbortSignal;
  readonly progress?: (step: string, done: number) => void;
}

/** `engine`: see `readingEngine`. */
export async function makePlan(engine: Engine, options: PlanOptions = {}): Promise<Plan> {
  const privilege: PrivilegeChange[] = [];
  const connectors: ConnectorPlan[] = [];
  const inputs = new Map<string, PlannedTarget>();
  // As the cycle exports: clouds first, then directories.
  const isCloud = (c: EngineConnector) => c.settings.connector.type === 'entra';
  const ordered = [...engine.all.filter(isCloud), ...engine.all.filter((c) => !isCloud(c))];
  for (const target of ordered) {
    if (!isAnythingPending(engine, target)) continue;
    const { plan, planned } = await planConnector(engine, target, options, privilege);
    connectors.push(plan);
    inputs.set(target.row.name, planned);
  }
  return {
    causewayPlan: 1,
    created: new Date(engine.now()).toISOString(),
    staging: engine.staging,
    freshness: freshnessOf(engine),
    privilege,
    connectors,
    inputs: planInputs(engine, inputs),
    notes: notesOf(engine, connectors),
  };
}

async function planConnector(
  engine: Engine,
  target: EngineConnector,
  options: PlanOptions,
  privilege: PrivilegeChange[],
): Promise<{ readonly plan: ConnectorPlan; readonly planned: PlannedTarget }> {
  const { store } = engine;
  const name = target.row.name;
  const isCloud = target.settings.connector.type === 'entra';
  const image = isCloud ? (options.images?.get(name) ?? imageOfConnectorSpace(engine, target, undefined)) : undefined;
  const groups = new PlanGroups();
  const causes = new CauseFinder(engine, target);
  const rights = image && new PrivilegeFinder(engine, target, image.index);
  const inputs = new TargetInputs();
  let done = 0;
  // One pass for everything that is told of an object: reading them is what takes the time.
  for (const rows of pendingPages(engine, target)) {
    const ids = rows.map((row) => row.cs);
    const objects = store.cs.many(ids);
    const links = store.mv.linksAround(ids);
    for (const row of rows) {
      const cs = objects.get(row.cs);
      inputs.object(row, cs?.dn ?? '');
      if (cs) causes.collect(row, cs, links.get(row.cs) ?? [], groups);
      rights?.object(row);
    }
    done += rows.length;
    await pause(options, `${name}: causes`, done);
  }
  const collector = new ReferenceCollector(engine, groups);
  for (const rows of pendingReferences(engine, target)) {
    inputs.references(rows);
    for (const row of rows) collector.add(row);
    rights?.references(rows);
    done += rows.length;
    await pause(options, `${name}: references`, done);
  }
  const { makeReplica } = options;
  const prediction =
    image && (makeReplica || !isGraph(target))
      ? await predictExports(engine, target, image, {
          retryAll: options.retryAll ?? true,
          ...(makeReplica ? { makeReplica } : {}),
          signal: options.signal ?? new AbortController().signal,
          progress: (n) => options.progress?.(`${name}: refusals`, n),
        })
      : undefined;
  if (prediction) rights?.matches(prediction);
  privilege.push(...(rights?.changes ?? []));
  const counts = countsOf(engine, target);
  const writes = prediction?.writes ?? counts.add + counts.update + counts.delete;
  const plan = {
    connector: name,
    type: target.settings.connector.type,
    counts,
    groups: groups.list(),
    deletes: deletesOf(engine, target),
    estimate: estimateFor(engine, target, writes, options, prediction !== undefined && isGraph(target)),
    ...(prediction && image
      ? { prediction: { ...prediction, image: { source: image.source, readAt: image.readAt, limits: image.limits } } }
      : {}),
  };
  return { plan, planned: inputs.take() };
}

/** Between two pages: tells how far it is, and lets others work. Throws if it was cancelled. */
async function pause(options: PlanOptions, step: string, done: number): Promise<void> {
  options.signal?.throwIfAborted();
  options.progress?.(step, done);
  await breathe();
}

function isAnythingPending(engine: Engine, target: EngineConnector): boolean {
  const { exports } = engine.store;
  const counts = exports.counts(target.row.id);
  return counts.add + counts.update + counts.delete + exports.referenceCount(target.row.id) > 0;
}

function countsOf(engine: Engine, target: EngineConnector): ConnectorPlan['counts'] {
  const references = engine.store.reports.pendingReferences(target.row.id);
  const sum = (change: 1 | -1) => references.reduce((n, r) => n + (r.change === change ? r.n : 0), 0);
  return { ...engine.store.exports.counts(target.row.id), 'add-reference': sum(1), 'remove-reference': sum(-1) };
}

/** References are told by attribute; of each kind the first few are shown. They come object by object. */
class ReferenceCollector {
  readonly #engine: Engine;
  readonly #groups: PlanGroups;
  #holder: CsRow | undefined;

  constructor(engine: Engine, groups: PlanGroups) {
    this.#engine = engine;
    this.#groups = groups;
  }

  add(row: ReferenceExportRow): void {
    const { store } = this.#engine;
    if (this.#holder?.id !== row.cs) this.#holder = store.cs.get(row.cs);
    const holder = this.#holder;
    const operation = row.change === 1 ? 'add-reference' : 'remove-reference';
    const cause = { kind: 'references', attribute: store.attributes.name(row.attribute) } as const;
    this.#groups.add(operation, holder?.object_type ?? '', cause, () => ({
      cs: row.cs,
      dn: holder?.dn ?? '',
      name: nameOf(this.#engine, row.cs),
      after: nameOf(this.#engine, row.target) || (store.cs.get(row.target)?.dn ?? ''),
    }));
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

/** Of a rehearsed export the writes are counted. As the connector itself says, which knows its limits; otherwise by the quota of the service behind Entra Connect. */
function estimateFor(
  engine: Engine,
  target: EngineConnector,
  writes: number,
  options: PlanOptions,
  isExact: boolean,
): Estimate {
  const { connector } = target.settings;
  const exact = { add: writes, update: 0, delete: 0, addedReferences: [], removedReferences: 0 };
  const work = isExact
    ? exact
    : engine.store.exports.work(target.row.id, dueBefore({ retryAll: options.retryAll ?? true }, engine.now()));
  const told = options.quota ? undefined : connector.forecastExport?.(work);
  if (!told) return estimateOf(writes, options.quota ?? defaultQuota);
  return { writes: told.writes, seconds: Math.ceil(told.durationMs / 1000), quota: told.quota };
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

const counted = (n: number, one: string, several = `${one}s`): string => `${n} ${n === 1 ? one : several}`;

function notesOf(engine: Engine, connectors: readonly ConnectorPlan[]): string[] {
  const { pendingImports, pendingIdentities, needsFullSync: isBehind } = freshnessOf(engine);
  const notes: string[] = [];
  if (pendingImports + pendingIdentities > 0)
    notes.push(
      `${counted(pendingImports, 'imported change')} and ${counted(pendingIdentities, 'identity', 'identities')} wait for a synchronization; what follows from them is not in this plan.`,
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
