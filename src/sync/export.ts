/**
 * Export: adds, then changes, then references, then deletes (sync-engine s.1.6). Every batch is escrowed durably before
 * it leaves (law 3); what happened to a request that got no answer is found out by reading back, never by repeating.
 */
import { createHash } from 'node:crypto';
import type { ConnectorSession, ExportRequest, ExportResult } from '../connectors/contract.ts';
import type { ExportOperation, ExportRow } from '../store/exports.ts';
import type { EngineConnector } from './context.ts';
import { exportReferences } from './export-references.ts';
import { requestOf } from './export-request.ts';
import { applyFailure, applySuccess, tellOfOthers } from './export-result.ts';
import { resolveEscrowed } from './export-unknown.ts';
import { batchSize, type ExportStep, Forecaster, workOf } from './forecast.ts';
import { RunStopped, type SyncRun } from './sync-run.ts';
import { breathe, checkStop } from './synchronize.ts';

/** Tries of one request inside a run while the target says that it is busy. */
const immediateTries = 4;

export interface ExportJob {
  readonly run: SyncRun;
  readonly connector: EngineConnector;
  readonly session: ConnectorSession;
  readonly signal: AbortSignal;
  /** Failed exports are tried again if their next attempt is due before this instant. */
  readonly dueBefore: number;
  /** Set when the export begins. */
  forecaster?: Forecaster;
}

/** Sends everything that is pending for one connector. */
export async function exportConnector(job: ExportJob): Promise<{ attempted: number; succeeded: number }> {
  const { run, connector, session } = job;
  const { store } = run.engine;
  if (!session.export) return { attempted: 0, succeeded: 0 };
  store.durable(true);
  try {
    await resolveEscrowed(job);
    guardDeletes(job);
    foretell(job);
    for (const operation of ['add', 'update'] as const) await exportOperation(job, operation);
    await exportReferences(job);
    await exportOperation(job, 'delete');
    const totals = { attempted: attempted(run), succeeded: attempted(run) - run.counters.get('export-failure') };
    if (totals.attempted > 0) await session.finalizeExport?.(totals, job.signal);
    return totals;
  } finally {
    store.durable(false);
    tellOfOthers(run, connector.settings.connector.name);
    run.engine.progress({
      connector: connector.settings.connector.name,
      step: 'export',
      done: attempted(run),
      total: attempted(run),
    });
  }
}

const attempted = (run: SyncRun): number =>
  (['export-add', 'export-update', 'export-delete', 'export-references', 'export-failure'] as const).reduce(
    (n, c) => n + run.counters.get(c),
    0,
  );

/** The identity of a set of deletes: an approval is good for exactly this set (law 5). */
export const deletePlanHash = (connector: string, objects: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([connector, [...objects].sort()]))
    .digest('hex');

/** Stops before anything is written if more would be deleted than the policy allows (sync-engine s.5.3). */
function guardDeletes(job: ExportJob): void {
  const { engine } = job.run;
  const { deletionThreshold } = engine.limits;
  const deletes = engine.store.exports.deletes(job.connector.row.id);
  if (deletionThreshold === 0 || deletes.length <= deletionThreshold) return;
  const name = job.connector.settings.connector.name;
  const dns = deletes.map((id) => engine.store.cs.get(id)?.dn ?? String(id));
  if (engine.isApproved(deletePlanHash(name, dns))) return;
  throw new RunStopped(
    'stopped-deletion-threshold-exceeded',
    'accidental-delete-threshold',
    `${deletes.length} objects would be deleted in ${name}; the limit is ${deletionThreshold}. Nothing was exported.`,
    `Look at what caused the deletes ("causeway plan"). If they are right, approve exactly them with "causeway approve ${name}"; otherwise repair the scope, the filter or the directory and synchronize again.`,
  );
}

/** Above so many minutes the log says when the export will be over. */
const worthTellingMs = 60_000;

/** Asks the target how long it will take, before anything leaves. */
function foretell(job: ExportJob): void {
  const { engine } = job.run;
  if (!job.session.forecastExport) return;
  const work = workOf(engine, job.connector.row.id, job.session.schema, job.dueBefore);
  job.forecaster = new Forecaster(job.session, work);
  const { writes, durationMs, finishesAt } = job.session.forecastExport(work);
  if (durationMs < worthTellingMs) return;
  const connector = job.connector.settings.connector.name;
  const minutes = Math.ceil(durationMs / 60_000);
  engine.log(
    'info',
    `The export to ${connector} takes ${writes} writes, and the limits of the target make them take about ${minutes} minutes, until ${new Date(finishesAt).toISOString()}.`,
    { connector, writes, durationMs },
  );
}

async function exportOperation(job: ExportJob, operation: ExportOperation): Promise<void> {
  const { store, progress } = job.run.engine;
  const { id } = job.connector.row;
  const total = store.exports.counts(id)[operation];
  let done = 0;
  for (let after = 0; ; ) {
    checkStop(job.run, job.signal);
    const rows = store.exports.page(id, operation, after, job.dueBefore, batchSize);
    if (rows.length === 0) return;
    await sendBatch(job, rows);
    after = rows.at(-1)!.cs;
    done += rows.length;
    progress({
      connector: job.connector.settings.connector.name,
      step: `export ${operation}`,
      done,
      total: Math.max(total, done),
      ...finish(job, operation, done),
    });
    await breathe();
  }
}

/** When the whole export will be over, for the progress of one of its steps. */
export function finish(job: ExportJob, step: ExportStep, done: number): { finishesAt?: number } {
  const finishesAt = job.forecaster?.finishesAt(step, done);
  return finishesAt === undefined ? {} : { finishesAt };
}

async function sendBatch(job: ExportJob, rows: readonly ExportRow[]): Promise<void> {
  const { store } = job.run.engine;
  const requests = rows.map((row) => requestOf(job, row));
  store.transaction(() => {
    for (const row of rows) store.exports.escrow(row.cs);
  });
  let open: readonly ExportRequest[] = requests;
  for (let attempt = 1; open.length > 0; attempt++) {
    const results = await job.session.export!(open, job.signal);
    const again = settle(job, open, results, attempt < immediateTries);
    if (again.length === 0) break;
    await job.run.engine.sleep(waitFor(results, attempt), job.signal);
    open = again;
  }
  if (rows.some((r) => store.exports.get(r.cs)?.state === 1)) await resolveEscrowed(job);
}

/** Milliseconds to wait: what the target asked for, otherwise doubling from one second. */
function waitFor(results: readonly ExportResult[], attempt: number): number {
  const asked = results.map((r) => (r.outcome === 'failure' ? Number(r.error.facts?.retryAfterMs ?? 0) : 0));
  return Math.max(...asked, 0) || 1000 * 2 ** (attempt - 1);
}

/** Writes results down in one transaction; returns the requests to send again at once. */
function settle(
  job: ExportJob,
  requests: readonly ExportRequest[],
  results: readonly ExportResult[],
  mayRetry: boolean,
): ExportRequest[] {
  const byId = new Map(results.map((r) => [r.id, r]));
  const again: ExportRequest[] = [];
  job.run.engine.store.transaction(() => {
    for (const request of requests) {
      const result = byId.get(request.id);
      if (!result || result.outcome === 'unknown') continue;
      if (result.outcome === 'success') applySuccess(job.run, job.connector, request, result);
      else if (result.error.retry === 'backoff' && mayRetry) again.push(request);
      else applyFailure(job.run, request, result.error);
    }
  });
  return again;
}
