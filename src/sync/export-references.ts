/** Export of references: only what changed, each object's changes together, in pieces a target can take. */
import type { ExportError, ExportResult } from '../connectors/contract.ts';
import type { ReferenceExportRow } from '../store/exports.ts';
import type { Edge } from '../store/references.ts';
import { type ExportJob, finish } from './export.ts';
import { referenceRequest } from './export-request.ts';
import { rememberRefusal, tellOfFailure } from './export-result.ts';
import { noteHeld } from './feedback.ts';
import { putOff } from './obstacles.ts';
import { checkStop } from './synchronize.ts';

/** Reference changes read and sent at a time. */
const pageSize = 5000;
const tries = 4;

export async function exportReferences(job: ExportJob): Promise<void> {
  const { store, progress } = job.run.engine;
  const connector = job.connector.row.id;
  if (job.dueBefore >= putOff) store.exports.resumeReferences(connector);
  const total = store.exports.referenceCount(connector);
  let done = 0;
  for (let after: Edge = { cs: 0, attribute: 0, target: 0 }; ; ) {
    checkStop(job.run, job.signal);
    const rows = store.exports.referencePage(connector, after, pageSize);
    if (rows.length === 0) break;
    after = rows.at(-1)!;
    store.transaction(() => {
      for (const row of rows) if (isFutile(job, row)) store.exports.setReferenceState(row, 2);
    });
    await send(job, byObject(rows.filter((r) => isSendable(job, r))), 1);
    done += rows.length;
    progress({
      connector: job.connector.settings.connector.name,
      step: 'export references',
      done,
      total: Math.max(total, done),
      ...finish(job, 'references', done),
    });
  }
  forgetErrors(job);
}

/** Errors of references that are wanted no more, or were taken by now. */
function forgetErrors(job: ExportJob): void {
  const { store } = job.run.engine;
  const { id } = job.connector.row;
  for (let after = 0; ; ) {
    const page = store.records.errorPage('export', after, 500);
    const last = page.at(-1);
    if (last === undefined) return;
    for (const cs of page) {
      const error = store.records.errorsOf(cs).find((e) => e.phase === 'export');
      const { reference } = JSON.parse(error?.detail ?? '{}') as { reference?: number };
      if (reference === undefined || store.cs.get(cs)?.connector !== id) continue;
      if (!store.exports.references(cs).some((row) => row.attribute === reference))
        store.records.clearError(cs, 'export');
    }
    after = last;
  }
}

/** Both ends must exist in the target; a reference whose other end failed to be created waits for it. */
function isSendable(job: ExportJob, row: ReferenceExportRow): boolean {
  const { cs } = job.run.engine.store;
  return cs.get(row.cs)?.anchor != null && cs.get(row.target)?.anchor != null;
}

/** The target has no place for one of the ends, so that the reference does not come up before that changes. */
function isFutile(job: ExportJob, row: ReferenceExportRow): boolean {
  const { cs, exports } = job.run.engine.store;
  return [row.cs, row.target].some((id) => cs.get(id)?.anchor == null && exports.get(id)?.next_attempt === putOff);
}

function byObject(rows: readonly ReferenceExportRow[]): ReferenceExportRow[][] {
  const groups = new Map<number, ReferenceExportRow[]>();
  for (const row of rows) {
    const group = groups.get(row.cs);
    if (group) group.push(row);
    else groups.set(row.cs, [row]);
  }
  return [...groups.values()];
}

async function send(job: ExportJob, groups: readonly ReferenceExportRow[][], attempt: number): Promise<void> {
  if (groups.length === 0) return;
  const { store } = job.run.engine;
  store.transaction(() => {
    for (const row of groups.flat()) store.exports.setReferenceState(row, 1);
  });
  const results = await job.session.export!(
    groups.map((rows, i) => referenceRequest(store, i, rows)),
    job.signal,
  );
  const byId = new Map(results.map((r) => [r.id, r]));
  const busy: ReferenceExportRow[][] = [];
  const halves: ReferenceExportRow[][] = [];
  store.transaction(() => {
    groups.forEach((rows, i) => {
      const result = byId.get(i);
      const next = settle(job, rows, result, attempt);
      if (next === 'again') busy.push(rows);
      else if (next === 'split') halves.push(rows.slice(0, rows.length >> 1), rows.slice(rows.length >> 1));
    });
  });
  await send(job, halves, 1);
  if (busy.length > 0) {
    await job.run.engine.sleep(1000 * 2 ** (attempt - 1), job.signal);
    await send(job, busy, attempt + 1);
  }
}

/** One object's answer. A refusal of several changes is split until the one that is refused stands alone. */
function settle(
  job: ExportJob,
  rows: readonly ReferenceExportRow[],
  result: ExportResult | undefined,
  attempt: number,
): 'done' | 'again' | 'split' {
  const { run } = job;
  const { store } = run.engine;
  if (result?.outcome === 'success' && !result.leftOut) {
    applied(job, rows);
    journalReferences(job, rows);
    run.counters.count('export-references', rows.length);
    return 'done';
  }
  for (const row of rows) store.exports.setReferenceState(row, 0);
  if (!result || result.outcome === 'unknown') return attempt < tries ? 'again' : 'done';
  if (result.outcome === 'failure' && result.error.retry === 'backoff' && attempt < tries) return 'again';
  if (rows.length > 1) return 'split';
  const row = rows[0]!;
  if (result.outcome === 'success') leaveOut(job, row, result);
  else refuse(job, row, result.error);
  return 'done';
}

/** What is told of one reference. */
const about = (job: ExportJob, row: ReferenceExportRow) => ({
  /** By which the error is known to be of a reference, and of which. */
  reference: row.attribute,
  attribute: job.run.engine.store.attributes.name(row.attribute),
  value: job.run.engine.store.cs.get(row.target)?.dn ?? '',
});

/** The target has no place for this reference: a warning, and it is put off. */
function leaveOut(job: ExportJob, row: ReferenceExportRow, result: Success): void {
  const { run } = job;
  const { store, now } = run.engine;
  store.exports.setReferenceState(row, 2);
  const [warning] = result.warnings ?? [];
  const message = warning?.detail ?? result.note ?? 'The target has no place for this reference.';
  const detail = { message, severity: 'warning', ...about(job, row) };
  const code = warning?.code ?? 'not-offered-by-target';
  store.records.setError(row.cs, 'export', code, JSON.stringify(detail), now(), run.id);
  run.counters.add('export-left-out', row.cs);
}
type Success = Extract<ExportResult, { outcome: 'success' }>;

function refuse(job: ExportJob, row: ReferenceExportRow, error: ExportError): void {
  const { run } = job;
  const { store, now } = run.engine;
  const isFinal = error.retry === 'never';
  if (isFinal) {
    store.exports.setReferenceState(row, 2);
    rememberRefusal(run, { id: row.cs }, error);
  }
  const detail = {
    message: error.detail,
    ...about(job, row),
    ...(error.facts ? { facts: error.facts } : {}),
    ...(isFinal ? {} : { nextAttempt: now() + 60_000 }),
  };
  store.records.setError(row.cs, 'export', error.code, JSON.stringify(detail), now(), run.id);
  tellOfFailure(run, row.cs, error);
  run.counters.add('export-failure', row.cs, { code: error.code });
  run.exportErrors++;
}

/** Identities that one line of the journal names, by attribute and direction; of the others it keeps the number. */
const namedAtMost = 20;

/** One line for what one object was given and lost: how many, and the numbers of the first identities. */
function journalReferences({ run }: ExportJob, rows: readonly ReferenceExportRow[]): void {
  const { mv, attributes } = run.engine.store;
  const references: Record<string, { added?: Taken; removed?: Taken }> = {};
  for (const { attribute, change, target } of rows) {
    const name = attributes.name(attribute);
    const side = change === 1 ? 'added' : 'removed';
    references[name] ??= {};
    references[name][side] ??= { count: 0, mv: [] };
    const taken = references[name][side];
    taken.count++;
    const identity = taken.mv.length < namedAtMost ? mv.link(target)?.mv : undefined;
    if (identity !== undefined) taken.mv.push(identity);
  }
  const { cs } = rows[0]!;
  run.journal('references-exported', cs, mv.link(cs)?.mv ?? null, { references });
}
interface Taken {
  count: number;
  readonly mv: number[];
}

/** From now on the target holds this: changes of one object. */
function applied(job: ExportJob, rows: readonly ReferenceExportRow[]): void {
  const { store } = job.run.engine;
  const changed = new Set<number>();
  for (const row of rows) {
    const didChange = row.change === 1 ? store.references.add(row) : store.references.remove(row);
    if (didChange) {
      store.references.bump(row.cs, row.attribute, row.change);
      changed.add(row.attribute);
    }
    store.exports.removeReference(row);
    store.exports.setUnconfirmedReference(row, row.change, job.run.id);
  }
  const cs = changed.size > 0 ? store.cs.get(rows[0]!.cs) : undefined;
  if (cs) noteHeld(job.run, job.connector, cs, [...changed].map(store.attributes.name));
}
