/** One import of one partition: which way it is done, and the watermark that comes out of it. */
import type { ImportItem } from '../../model/change.ts';
import { ConnectorError, type ImportBatch, type ImportRequest } from '../contract.ts';
import { findAbsences } from './absence.ts';
import type { ActiveDirectoryConfig } from './config.ts';
import { grantDeletedObjects, reportsDeletions } from './deleted-objects.ts';
import {
  currentCookie,
  type DirSyncJob,
  grantReplication,
  importAll,
  importChanges,
  isMissingRight,
  readWhole,
  replicationRightLost,
} from './dirsync.ts';
import { inPieces } from './entry-decoder.ts';
import { fullImportDue, fullImportRequired, permissionError } from './errors.ts';
import type { DomainController } from './locator.ts';
import type { AdPartition } from './partitions.ts';
import { type ReadResult, readObjects } from './read-objects.ts';
import { readHighestUsn } from './root-dse.ts';
import type { AdSchema } from './schema.ts';
import { isSamba } from './search.ts';
import { makeSelection, type Selection } from './selection.ts';
import { changedSince, searchAllObjects, searchChanges } from './usn.ts';
import { checkWatermark, decodeWatermark, encodeWatermark, type Watermark } from './watermark.ts';

export interface ImportContext {
  readonly config: ActiveDirectoryConfig;
  readonly dc: DomainController;
  readonly partition: AdPartition;
  readonly schema: AdSchema;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told the last change before the import looked: whatever is later has yet to be imported. */
  readonly looked: (usn: bigint) => void;
}

interface Job extends DirSyncJob, ImportContext {
  readonly request: ImportRequest;
  /** Last change the server had committed before the import looked. */
  readonly usn: bigint;
}

export async function* importPartition(context: ImportContext, request: ImportRequest): AsyncGenerator<ImportBatch> {
  const selection = makeSelection(context.schema, request);
  for (const problem of selection.problems) warnAttribute(problem, request);
  const usn = await readHighestUsn(context.dc.connection);
  context.looked(usn);
  const job: Job = { ...context, request, selection, signal: request.signal, usn };
  const before = decodeWatermark(request.watermark);
  if (before && before.partition !== context.partition.guid) throw partitionRecreated(job, before);
  if (request.mode === 'full') yield* importFull(job, before);
  else yield* importDelta(job, usableWatermark(job, before));
}

function warnAttribute(problem: Selection['problems'][number], request: ImportRequest): void {
  // A forest without Exchange lacks dozens of attributes the rules read; they simply are absent.
  if (problem.reason === 'unknown') return;
  const detail =
    problem.reason === 'computed'
      ? `"${problem.attribute}" is computed by the domain controller or not replicated, so it reads as absent.`
      : `The rules write "${problem.attribute}" in another letter case than the schema of the directory, so it reads as absent.`;
  request.warn('attribute-not-importable', detail);
}

/** By DirSync if the account may; in automatic mode by uSNChanged for an account that never could. */
async function* importFull(job: Job, before: Watermark | undefined): AsyncGenerator<ImportBatch> {
  if (job.config.changeTracking !== 'usn') {
    let isUnderWay = false;
    try {
      for await (const batch of importFullWithCookie(job)) {
        isUnderWay = true;
        yield batch;
      }
      return;
    } catch (error) {
      if (isUnderWay || !isMissingRight(error)) throw error;
      // Once it could: a search that now sees less must not make the rest look deleted (law 4).
      if (before?.mode === 'dirsync') throw replicationRightLost(job, error);
      reportMissingRight(job, error);
    }
  }
  for await (const items of searchAllObjects(job)) yield { items };
  const changed = (await hasMovedOn(job)) ? await changedSince(job, job.usn) : [];
  const late = await readObjects(job.dc.connection, changed, job.selection, job.signal);
  yield { items: presentOnly(late), watermark: await watermarkOf(job, { mode: 'usn' }) };
}

/** Warns in automatic mode, throws if DirSync was demanded. */
function reportMissingRight({ partition, config, request }: Job, cause: unknown): void {
  const { base } = partition;
  const grant = grantReplication(base, config.bind.user);
  const missing = `The account lacks the right "Replicating Directory Changes" (DS-Replication-Get-Changes, 1131f6aa-9c07-11d1-f79f-00c04fc2dcd2) on "${base}"`;
  if (config.changeTracking === 'dirsync')
    throw permissionError('run', `${missing}.`, `Grant it with ${grant}.`, cause);
  request.warn(
    'ad-permission-missing',
    `${missing}. Changes are found by uSNChanged instead, which sees only what the account may read. Grant the right with ${grant} and run a full import.`,
  );
}

async function* importFullWithCookie(job: Job): AsyncGenerator<ImportBatch> {
  const how = job.config.fullImport ?? 'auto';
  // Measured on Samba with 3,100 objects and the 135 attributes of the rules, account with the right to replicate:
  // search 208 ms, DirSync 362 ms, ldapsearch 207 ms (540 ms with pages). There DirSync leaves out what the access list
  // of an object hides, so that it is no safer either; a Windows server replicates whatever the account may read.
  if (how === 'search' || (how === 'auto' && isSamba(job.dc.rootDse))) {
    yield* importFullBySearch(job);
    return;
  }
  for await (const { items, cookie } of importAll(job)) {
    yield cookie === undefined ? { items } : { items, watermark: await dirSyncWatermark(job, cookie) };
  }
}

/**
 * The cookie first, then the search, so that no change falls between them. An object that moves from a page not yet
 * read to one already read would be missed: what changed meanwhile is read again.
 */
async function* importFullBySearch(job: Job): AsyncGenerator<ImportBatch> {
  const cookie = await currentCookie(job);
  for await (const items of searchAllObjects(job)) yield { items };
  const changed = new Set<string>();
  if (await hasMovedOn(job)) {
    for await (const { items } of importChanges(job, cookie)) {
      for (const item of items) if (item.kind === 'change' || item.kind === 'object') changed.add(item.anchor);
    }
  }
  const late = await readWhole(job, [...changed]);
  yield { items: presentOnly(late), watermark: await dirSyncWatermark(job, cookie) };
}

/** Whether the server committed anything since the import looked. */
const hasMovedOn = async (job: Job): Promise<boolean> => (await readHighestUsn(job.dc.connection)) !== job.usn;

/** A full import knows no deletes: what is gone by now is reported by the next delta. */
function presentOnly(results: readonly ReadResult[]): ImportItem[] {
  return results.flatMap((result) => {
    if (result.kind === 'delete' || result.kind === 'missing') return [];
    return result.kind === 'object' ? inPieces(result) : [result];
  });
}

/** The watermark a delta starts from. Throws `full-import-required` if there is none that serves. */
function usableWatermark(job: Job, before: Watermark | undefined): Watermark {
  const { changeTracking = 'auto' } = job.config;
  if (!before) throw fullImportRequired(`Nothing usable was remembered of the last import of ${job.partition.name}.`);
  if (changeTracking !== 'auto' && changeTracking !== before.mode) {
    throw fullImportRequired(`Changes are to be tracked by "${changeTracking}" and were by "${before.mode}" so far.`);
  }
  const { dc } = job;
  const warnings = checkWatermark(before, {
    dnsHostName: dc.rootDse.dnsHostName,
    dsServiceName: dc.rootDse.dsServiceName,
    invocationId: dc.invocationId,
    highestUsn: job.usn,
    nowMs: job.now(),
    selection: job.selection.hash,
    tombstoneLifetimeDays: job.partition.tombstoneLifetimeDays,
  });
  for (const { code, detail } of warnings) job.request.warn(code, detail);
  return before;
}

async function* importDelta(job: Job, since: Watermark): AsyncGenerator<ImportBatch> {
  const { fullImportEveryMs } = job.config;
  if (fullImportEveryMs !== undefined) demandFull(job, since, fullImportEveryMs);
  // Nothing at all was committed. On Samba a DirSync that finds nothing takes 20 ms for 3,100 objects and grows with them.
  if (since.invocationId === job.dc.invocationId && BigInt(since.covers) === job.usn) {
    const time = new Date(job.now()).toISOString();
    yield { items: [], watermark: encodeWatermark({ ...since, url: job.dc.url, time }) };
    return;
  }
  if (!(await reportsDeletions(job, since.mode))) {
    warnOfBlindness(job);
    demandFull(job, since, fullImportEveryMs ?? FULL_IMPORT_EVERY_MS);
  }
  if (since.mode === 'dirsync') {
    for await (const { items, missing = [], cookie, more } of importChanges(job, Buffer.from(since.cookie, 'base64'))) {
      const all = [...items, ...(await settleMissing(job, missing))];
      const covers = more ? BigInt(since.covers) : job.usn;
      yield cookie === undefined
        ? { items: all }
        : { items: all, watermark: await dirSyncWatermark(job, cookie, covers, fullAtOf(since)) };
    }
    return;
  }
  for await (const items of searchChanges(job, BigInt(since.covers))) yield { items };
  yield { items: [], watermark: await watermarkOf(job, { mode: 'usn' }, job.usn, fullAtOf(since)) };
}

/** How often deletions are looked for by full imports if the domain controller does not report them to the account. */
const FULL_IMPORT_EVERY_MS = 3_600_000;
/** A watermark of before does not say; the time of the import itself serves once. */
const fullAtOf = (since: Watermark): string => since.fullAt ?? since.time;

/** Throws `full-import-required` if the last full import is that old. */
function demandFull(job: Job, since: Watermark, everyMs: number): void {
  const fullAt = fullAtOf(since);
  if (job.now() - Date.parse(fullAt) < everyMs) return;
  throw fullImportDue(`Everything was read last on ${fullAt}, and is to be read every ${inWords(everyMs)}.`);
}

const inWords = (ms: number): string =>
  ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000)} min`;

function warnOfBlindness({ config, dc, partition, request }: Job): void {
  const { base } = partition;
  const { user } = config.bind;
  request.warn(
    'ad-permission-missing',
    `The account may not see the deleted objects of "${base}", so that deletions are not reported to it. They are looked for by a full import every ${inWords(config.fullImportEveryMs ?? FULL_IMPORT_EVERY_MS)} instead. Grant it with ${grantDeletedObjects(dc.rootDse, base, user)}.`,
  );
}

/** Deletes of what is gone; the rest are errors, after which the watermark stays and the same changes come again. */
async function settleMissing(job: Job, anchors: readonly string[]): Promise<ImportItem[]> {
  const answers = anchors.length === 0 ? [] : await findAbsences(job, anchors, job.config.bind.user);
  return answers.map(({ anchor, state, detail }): ImportItem => {
    if (state === 'gone') return { kind: 'delete', anchor };
    return {
      kind: 'error',
      code: 'not-confirmed-absent',
      anchor,
      detail: `A changed object cannot be read. ${detail}`,
    };
  });
}

const dirSyncWatermark = (job: Job, cookie: Buffer, covers = job.usn, fullAt?: string): Promise<string> =>
  watermarkOf(job, { mode: 'dirsync', cookie: cookie.toString('base64') }, covers, fullAt);

/** The number of the last change is read again: what a roll-back must not fall behind is at least what was delivered. */
async function watermarkOf(
  job: Job,
  position: { readonly mode: 'usn' } | { readonly mode: 'dirsync'; readonly cookie: string },
  covers = job.usn,
  fullAt?: string,
): Promise<string> {
  const { dc } = job;
  const usn = await readHighestUsn(dc.connection);
  const time = new Date(job.now()).toISOString();
  return encodeWatermark({
    ...position,
    partition: job.partition.guid,
    url: dc.url,
    dnsHostName: dc.rootDse.dnsHostName,
    dsServiceName: dc.rootDse.dsServiceName,
    invocationId: dc.invocationId,
    time,
    fullAt: fullAt ?? time,
    selection: job.selection.hash,
    covers: covers.toString(),
    usn: usn.toString(),
  });
}

function partitionRecreated(job: Job, before: Watermark): ConnectorError {
  const { name, guid } = job.partition;
  return new ConnectorError(
    'partition-recreated',
    `"${name}" on ${job.dc.url} is another partition than the one that was imported before (objectGUID ${guid} instead of ${before.partition}).`,
    {
      status: 'no-start-partition-delete',
      remedy:
        'If the connector reached the wrong server, correct "servers". If the domain was made anew, give the connector a new name: its objects are new ones.',
    },
  );
}
