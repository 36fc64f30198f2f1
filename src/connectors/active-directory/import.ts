/** One import of one partition: which way it is done, and the watermark that comes out of it. */
import type { ImportedObject, ImportItem } from '../../model/change.ts';
import { ConnectorError, type ImportBatch, type ImportRequest } from '../contract.ts';
import type { ActiveDirectoryConfig } from './config.ts';
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
import { fullImportRequired, permissionError } from './errors.ts';
import type { DomainController } from './locator.ts';
import type { AdPartition } from './partitions.ts';
import { readObjects } from './read-objects.ts';
import { readHighestUsn } from './root-dse.ts';
import type { AdSchema } from './schema.ts';
import { isSamba } from './search.ts';
import { makeSelection, type Selection } from './selection.ts';
import { changedSince, grantDeletedObjects, maySeeDeleted, searchAllObjects, searchChanges } from './usn.ts';
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
function presentOnly(results: readonly ImportItem[]): ImportItem[] {
  return results.flatMap((result) => {
    if (result.kind === 'delete') return [];
    return result.kind === 'object' ? inPieces(result as ImportedObject) : [result];
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
  // Nothing at all was committed. On Samba a DirSync that finds nothing takes 20 ms for 3,100 objects and grows with them.
  if (since.invocationId === job.dc.invocationId && BigInt(since.covers) === job.usn) {
    const time = new Date(job.now()).toISOString();
    yield { items: [], watermark: encodeWatermark({ ...since, url: job.dc.url, time }) };
    return;
  }
  if (since.mode === 'dirsync') {
    for await (const { items, cookie, more } of importChanges(job, Buffer.from(since.cookie, 'base64'))) {
      const covers = more ? BigInt(since.covers) : job.usn;
      yield cookie === undefined ? { items } : { items, watermark: await dirSyncWatermark(job, cookie, covers) };
    }
    return;
  }
  if (!(await maySeeDeleted(job))) {
    const { base } = job.partition;
    job.request.warn(
      'ad-permission-missing',
      `The account may not see the deleted objects of "${base}", so deletions show in full imports only. Grant it with ${grantDeletedObjects(base, job.config.bind.user)}, or grant the replication right with ${grantReplication(base, job.config.bind.user)} and run a full import.`,
    );
  }
  for await (const items of searchChanges(job, BigInt(since.covers))) yield { items };
  yield { items: [], watermark: await watermarkOf(job, { mode: 'usn' }) };
}

const dirSyncWatermark = (job: Job, cookie: Buffer, covers = job.usn): Promise<string> =>
  watermarkOf(job, { mode: 'dirsync', cookie: cookie.toString('base64') }, covers);

/** The number of the last change is read again: what a roll-back must not fall behind is at least what was delivered. */
async function watermarkOf(
  job: Job,
  position: { readonly mode: 'usn' } | { readonly mode: 'dirsync'; readonly cookie: string },
  covers = job.usn,
): Promise<string> {
  const { dc } = job;
  const usn = await readHighestUsn(dc.connection);
  return encodeWatermark({
    ...position,
    partition: job.partition.guid,
    url: dc.url,
    dnsHostName: dc.rootDse.dnsHostName,
    dsServiceName: dc.rootDse.dsServiceName,
    invocationId: dc.invocationId,
    time: new Date(job.now()).toISOString(),
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
