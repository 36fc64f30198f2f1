/**
 * Import: brings the connector space up to the state of the connected directory. Nothing but a complete, undisturbed
 * full import may conclude from absence (law 4), and one that loses too much stages nothing (the source-collapse fuse).
 */
import { structuralTypes } from '../connector-space/scope.ts';
import { Staging } from '../connector-space/stage.ts';
import {
  ConnectorError,
  type ConnectorSession,
  type ImportItem,
  type ImportRequest,
  type Partition,
} from '../connectors/contract.ts';
import type { ImportedObject } from '../model/change.ts';
import { dnKey } from '../model/dn.ts';
import type { PartitionRow } from '../store/records.ts';
import { confirmImport } from './confirm.ts';
import type { EngineConnector } from './context.ts';
import { confirmLost, noteKept } from './import-absence.ts';
import { applyDeltaBatch } from './import-delta.ts';
import { Spool } from './import-spool.ts';
import { RunStopped, type SyncRun } from './sync-run.ts';
import { breathe, checkStop } from './synchronize.ts';

/** Everything one import of one partition needs. */
export interface ImportJob {
  readonly run: SyncRun;
  readonly connector: EngineConnector;
  readonly session: ConnectorSession;
  readonly row: PartitionRow;
  readonly request: ImportRequest;
  readonly staging: Staging;
}

export interface ImportOutcome {
  readonly mode: 'full' | 'delta';
  /** Objects that could not be read; then nothing was obsoleted and the watermark stays. */
  readonly discoveryErrors: number;
}

/** Imports one partition. A delta for which there is no usable watermark becomes a full import, and says so. */
export async function importPartition(
  run: SyncRun,
  connector: EngineConnector,
  session: ConnectorSession,
  partition: Partition,
  wanted: 'full' | 'delta',
  signal: AbortSignal,
): Promise<ImportOutcome> {
  const { store } = run.engine;
  const row = store.records.partition(connector.row.id, partition.name);
  const settings = importSettings(run, connector, partition);
  let mode = wanted;
  if (mode === 'delta' && (row.watermark === null || row.settings !== settings)) mode = 'full';
  const job = (m: 'full' | 'delta'): ImportJob => ({
    run,
    connector,
    session,
    row,
    request: {
      partition,
      mode: m,
      ...(row.watermark === null ? {} : { watermark: row.watermark }),
      attributes: run.engine.ruleSet.readAttributes(connector.settings.connector.name),
      objectTypes: new Set(
        connector.settings.objectTypes.length > 0 ? connector.settings.objectTypes : session.schema.objectTypes,
      ),
      signal,
      warn: (code, detail) => run.engine.log('warn', detail, { code, connector: connector.settings.connector.name }),
    },
    staging: new Staging(store, {
      connector: connector.row.id,
      partition: row.id,
      run: run.id,
      keys: connector.keys,
      kept: new Set([...session.schema.attributes.values()].filter((a) => a.unconfirmable).map((a) => a.name)),
      confirm: (cs, imported) => {
        if (run.isExporting(connector.row.id)) confirmImport(run, cs, imported);
      },
    }),
  });
  try {
    const errors =
      mode === 'full' ? await importFull(job('full'), settings) : await importDelta(job('delta'), settings);
    return { mode, discoveryErrors: errors };
  } catch (error) {
    if (mode !== 'delta' || !(error instanceof ConnectorError) || error.code !== 'full-import-required') throw error;
    run.engine.log(error.status === 'success' ? 'info' : 'warn', `${error.message} A full import follows.`, {
      connector: connector.settings.connector.name,
    });
    return { mode: 'full', discoveryErrors: await importFull(job('full'), settings) };
  }
}

/** Text that changes when what is imported changes: then a delta would miss objects or attributes. */
function importSettings(run: SyncRun, connector: EngineConnector, partition: Partition): string {
  return JSON.stringify({
    scope: connector.scopeOf(partition.name)?.fingerprint ?? '',
    types: [...connector.settings.objectTypes].sort(),
    attributes: [...run.engine.ruleSet.readAttributes(connector.settings.connector.name)].sort(),
  });
}

/** Whether an object belongs to the connector space; what holds the hierarchy together always does. */
export function isInScope(job: ImportJob, dn: string, objectType: string): boolean {
  if (structuralTypes.has(objectType)) return true;
  const { settings } = job.connector;
  if (settings.objectTypes.length > 0 && !settings.objectTypes.includes(objectType)) return false;
  return job.connector.scopeOf(job.request.partition.name)?.includes(dnKey(dn)) ?? true;
}

async function importFull(job: ImportJob, settings: string): Promise<number> {
  const { run, row, staging } = job;
  const { store } = run.engine;
  const held = store.cs.countOfPartition(row.id);
  const seen: Seen = { inScope: new Set(), outside: new Set() };
  // Into an empty connector space nothing can be lost, so everything is staged as it comes. Otherwise what differs waits
  // until it is known that the directory has not collapsed.
  const spool = held > 0 ? new Spool() : undefined;
  let errors = 0;
  let done = 0;
  let watermark: string | undefined;
  try {
    for await (const batch of job.session.import(job.request)) {
      checkStop(run, job.request.signal);
      watermark = batch.watermark ?? watermark;
      const objects = spool ? [...spool.merge(batch.items)] : batch.items;
      store.transaction(() => {
        for (const item of objects) errors += takeFull(job, item, seen, spool);
        // Everything is staged with this very batch, so its watermark may go with it, unless objects must be obsoleted.
        if (!spool && batch.watermark !== undefined && errors === 0)
          finishWatermark(job, batch.watermark, 'full', settings);
      });
      done += batch.items.length;
      run.engine.progress({
        connector: job.connector.settings.connector.name,
        step: 'full import',
        done,
        ...(held > 0 ? { total: Math.max(held, done) } : {}),
      });
      await breathe();
    }
    if (spool) {
      for (const item of spool.merge([], true)) errors += takeFull(job, item, seen, spool);
      await finishSpooled(job, spool, seen, held, { errors, watermark, settings });
    }
    return errors;
  } finally {
    spool?.[Symbol.dispose]();
    staging.edges.reset();
  }
}

/** What a full import delivered, of the objects that are held. */
interface Seen {
  readonly inScope: Set<number>;
  readonly outside: Set<number>;
}

/** Takes one item of a full import. Returns the number of discovery errors in it. */
function takeFull(job: ImportJob, item: ImportItem, seen: Seen, spool: Spool | undefined): number {
  switch (item.kind) {
    case 'object': {
      if (!isInScope(job, item.dn, item.objectType)) {
        job.run.counters.add('filtered-objects');
        const id = spool && job.staging.idOf(item.anchor);
        if (id !== undefined) seen.outside.add(id);
        return 0;
      }
      if (!spool) {
        seen.inScope.add(stageObject(job, item));
        return 0;
      }
      const id = job.staging.idOf(item.anchor);
      if (id !== undefined) seen.inScope.add(id);
      if (job.staging.differs(item)) spool.add(item);
      else job.run.counters.add('stage-no-change');
      return 0;
    }
    case 'more-references': {
      job.staging.moreReferences(item);
      return 0;
    }
    case 'error': {
      discoveryError(job, item);
      return 1;
    }
    case 'change':
    case 'delete':
      throw new TypeError('a full import delivers whole objects only');
  }
}

async function finishSpooled(
  job: ImportJob,
  spool: Spool,
  seen: Seen,
  held: number,
  end: { errors: number; watermark: string | undefined; settings: string },
): Promise<void> {
  const { store, limits } = job.run.engine;
  const missing =
    end.errors > 0
      ? []
      : [...store.cs.idsOfPartition(job.row.id)].map((r) => r.id).filter((id) => !seen.inScope.has(id));
  const { gone: lost, kept } = await confirmLost(job, missing, seen.outside);
  if (lost.length >= limits.collapseObjects && lost.length > held * limits.collapseShare) {
    const sample = lost.slice(0, 3).map((id) => store.cs.get(id)?.dn ?? '');
    throw new RunStopped(
      'stopped-source-collapse',
      'source-collapse',
      `The full import of ${job.request.partition.name} found ${held - lost.length} of ${held} known objects; ${lost.length} are missing (for example ${sample.join('; ')}). Nothing was staged.`,
      `If the objects really went, set "limits: { collapseShare: 1 }" in causeway.yaml for one full import ("causeway run ${job.connector.settings.connector.name} full-import") and take it out again. Otherwise look at the scope, the permissions of the account and the directory itself.`,
    );
  }
  for (const page of spool.pages()) {
    store.transaction(() => {
      for (const item of page) stageObject(job, item);
    });
    await breathe();
  }
  store.transaction(() => {
    for (const id of lost) stageDelete(job, id, 'deleted');
    if (end.errors === 0) noteKept(job, kept);
    if (end.errors === 0 && end.watermark !== undefined) finishWatermark(job, end.watermark, 'full', end.settings);
  });
}

async function importDelta(job: ImportJob, settings: string): Promise<number> {
  const { run } = job;
  let errors = 0;
  let done = 0;
  for await (const batch of job.session.import(job.request)) {
    checkStop(run, job.request.signal);
    errors += await applyDeltaBatch(job, batch, (watermark) => {
      if (errors === 0) finishWatermark(job, watermark, 'delta', settings);
    });
    done += batch.items.length;
    run.engine.progress({ connector: job.connector.settings.connector.name, step: 'delta import', done });
    await breathe();
  }
  return errors;
}

function finishWatermark(job: ImportJob, watermark: string, mode: 'full' | 'delta', settings: string): void {
  const { store, now } = job.run.engine;
  store.records.setWatermark(job.row.id, watermark, now(), settings);
  store.records.imported(job.row.id, mode, now());
}

export function stageObject(job: ImportJob, item: ImportedObject): number {
  const { id, outcome } = job.staging.object(item);
  job.run.counters.add(`stage-${outcome}`, outcome === 'no-change' ? undefined : id);
  return id;
}

export function stageDelete(job: ImportJob, id: number, reason: 'deleted' | 'out-of-scope'): void {
  if (job.staging.delete(id, reason)) job.run.counters.add('stage-delete', id);
}

export function discoveryError(job: ImportJob, item: Extract<ImportItem, { kind: 'error' }>): void {
  const id = item.anchor === undefined ? undefined : job.staging.idOf(item.anchor);
  job.run.counters.add('stage-failure', id);
  if (id !== undefined) {
    job.run.fail(id, 'import', {
      code: item.code,
      message: item.detail,
      ...(item.attribute ? { attribute: item.attribute } : {}),
    });
  }
  job.run.discoveryErrors.push(item);
}
