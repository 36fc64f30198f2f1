/** Importing with the DirSync control (active-directory s.3): everything from nothing, changes from a cookie. */
import { DIRSYNC, dirSync, extendedDn, readDirSync } from '../../ldap/controls.ts';
import { LdapError } from '../../ldap/errors.ts';
import type { Filter, LdapEntry, SearchStream } from '../../ldap/types.ts';
import type { ImportedObject, ImportItem } from '../../model/change.ts';
import { guidBytes } from '../../model/guid.ts';
import { decodeChange } from './dirsync-decoder.ts';
import { decodeObject, inPieces, readFacts } from './entry-decoder.ts';
import { fullImportRequired, permissionError } from './errors.ts';
import type { DomainController } from './locator.ts';
import type { AdPartition } from './partitions.ts';
import { type Missing, type ReadResult, readByGuid, readObjects } from './read-objects.ts';
import type { Selection } from './selection.ts';
import { parseExtendedName } from './values.ts';

/** Windows cuts its replies by this; Samba sends everything at once. */
const MAX_REPLY_BYTES = 4 << 20;

export interface DirSyncJob {
  readonly dc: DomainController;
  readonly partition: AdPartition;
  readonly selection: Selection;
  readonly signal: AbortSignal;
}

/** A batch, with the cookie that covers it if it is the last one of a reply. */
export interface DirSyncBatch {
  readonly items: readonly ImportItem[];
  /** Changed objects that could not be found afterwards: whether they are gone has yet to be confirmed. */
  readonly missing?: readonly string[];
  readonly cookie?: Buffer;
  /** With a cookie: further replies follow, so that it does not cover everything yet. */
  readonly more?: boolean;
}

function ask(job: DirSyncJob, cookie: Buffer | undefined, filter: Filter = job.selection.filter): SearchStream {
  return job.dc.connection.search({
    base: job.partition.base,
    scope: 'sub',
    filter,
    attributes: job.selection.dirSyncAttributes,
    controls: [
      dirSync({
        flags: DIRSYNC.incrementalValues,
        maxBytes: MAX_REPLY_BYTES,
        ...(cookie === undefined ? {} : { cookie }),
      }),
      extendedDn(),
    ],
    signal: job.signal,
  });
}

/** The control of a finished reply. A server that answers without one did not do what it was asked. */
async function answer(stream: SearchStream): Promise<{ more: boolean; cookie: Buffer }> {
  const control = readDirSync((await stream.result).controls);
  if (control) return control;
  throw new LdapError('protocol-error', 'The server answered a DirSync search without the DirSync control.');
}

/** Matches nothing, found by index at once. */
const nobody: Filter = { equal: ['objectGUID', Buffer.alloc(16)] };

/** The cookie of now, without reading anything. A server may need several rounds to look through the partition. */
export async function currentCookie(job: DirSyncJob): Promise<Buffer> {
  let cookie: Buffer | undefined;
  for (;;) {
    const stream = ask(job, cookie, nobody);
    for await (const _ of stream) job.signal.throwIfAborted();
    const control = await answer(stream);
    cookie = control.cookie;
    if (!control.more) return cookie;
  }
}

/** Whether the account has the right that DirSync needs; asks one round only. */
export async function mayUseDirSync(job: DirSyncJob): Promise<boolean> {
  try {
    await ask(job, undefined, nobody).result;
    return true;
  } catch (error) {
    if (isMissingRight(error)) return false;
    throw error;
  }
}
/** Whether a DirSync search was refused for lack of the right to replicate. */
export const isMissingRight = (error: unknown): boolean => error instanceof LdapError && error.code === 50;

/** Everything, whole. Only the last batch has a cookie. */
export async function* importAll(job: DirSyncJob): AsyncGenerator<DirSyncBatch> {
  const unfinished = new Set<string>();
  let cookie: Buffer | undefined;
  for (let more = true; more; ) {
    const stream = ask(job, cookie);
    for await (const entries of stream) {
      const items = decodeAll(entries, job.selection, unfinished);
      if (items.length > 0) yield { items };
    }
    ({ more, cookie } = await answer(stream));
  }
  const items: ImportItem[] = [];
  for (const object of await readWhole(job, [...unfinished])) {
    if (object.kind === 'object') items.push(...inPieces(object));
    else if (object.kind === 'error') items.push(object);
  }
  yield { items, ...(cookie === undefined ? {} : { cookie }) };
}

function decodeAll(entries: readonly LdapEntry[], selection: Selection, unfinished: Set<string>): ImportItem[] {
  const items: ImportItem[] = [];
  for (const entry of entries) {
    const decoded = decodeObject(entry, selection, true);
    if (decoded.kind === 'object') {
      if (decoded.incomplete.length > 0) unfinished.add(decoded.object.anchor);
      else items.push(...inPieces(decoded.object));
    } else if (decoded.kind === 'continuation') unfinished.add(decoded.anchor);
    else if (decoded.kind === 'error') items.push(decoded.error);
  }
  return items;
}

/** Changes since the cookie. The last batch of every reply has a cookie of its own. */
export async function* importChanges(job: DirSyncJob, since: Buffer): AsyncGenerator<DirSyncBatch> {
  let cookie = since;
  for (let more = true; more; ) {
    const stream = ask(job, cookie);
    const unread = new Set<string>();
    const restored: string[] = [];
    try {
      for await (const entries of stream) {
        const items: ImportItem[] = [];
        for (const entry of entries) {
          const decoded = decodeChange(entry, job.selection);
          if (decoded.kind === 'item') items.push(decoded.item);
          else if (decoded.kind === 'read') unread.add(decoded.anchor);
          else if (decoded.kind === 'restored') restored.push(decoded.anchor);
        }
        if (items.length > 0) yield { items };
      }
      ({ more, cookie } = await answer(stream));
    } catch (error) {
      throw cookieError(error, job);
    }
    const read = await readWhole(job, [...unread]);
    const back = await readRestored(job, restored);
    yield {
      items: [...read.filter(isFound), ...back.filter(isFound)],
      missing: [...read, ...back].flatMap((result) => (result.kind === 'missing' ? [result.anchor] : [])),
      cookie,
      more,
    };
  }
}

/** Result codes by which a server says that it cannot make anything of a cookie (active-directory s.3.2). */
const COOKIE_REFUSED = new Set([1, 12, 53]);

function cookieError(error: unknown, job: DirSyncJob): unknown {
  if (!(error instanceof LdapError)) return error;
  if (COOKIE_REFUSED.has(error.code)) {
    return fullImportRequired(`${job.dc.rootDse.dnsHostName} does not accept the cookie any more: ${error.message}`);
  }
  if (!isMissingRight(error)) return error;
  return replicationRightLost(job, error);
}

export function replicationRightLost(job: DirSyncJob, cause?: unknown): Error {
  return permissionError(
    'run',
    `The account lost the right "Replicating Directory Changes" (DS-Replication-Get-Changes) on "${job.partition.base}".`,
    `Give it back with ${grantReplication(job.partition.base)}, or set "changeTracking: usn", with which an import sees only what the account may read.`,
    cause,
  );
}

/** Command that gives an account the right that DirSync needs; the account is for the reader to fill in. */
export const grantReplication = (base: string, account = '<account>'): string =>
  `dsacls "${base}" /G "${account}:CA;Replicating Directory Changes"`;

/**
 * An object that came back may have been deleted and restored since the last import. Its links went with the deletion,
 * and the groups do not report it: so it is deleted first, and whoever refers to it now is told.
 */
async function readRestored(job: DirSyncJob, anchors: readonly string[]): Promise<(ImportItem | Missing)[]> {
  const items: (ImportItem | Missing)[] = [];
  for (const object of await readWhole(job, anchors)) {
    if (object.kind === 'object') {
      items.push({ kind: 'delete', anchor: object.anchor }, object, ...(await referrers(job, object.anchor)));
    } else items.push(object);
  }
  return items;
}

/** A change of every object that refers to this one, by the back links of its entry. */
async function referrers(job: DirSyncJob, anchor: string): Promise<ImportItem[]> {
  const { backLinks } = job.selection;
  if (backLinks.size === 0) return [];
  const entry = await readByGuid(job.dc.connection, anchor, [...backLinks.keys()], job.signal);
  const items: ImportItem[] = [];
  for (const { name, values } of entry?.attributes ?? []) {
    const forward = backLinks.get(name);
    if (forward === undefined) continue;
    for (const value of values) {
      const { guid } = parseExtendedName(value.toString('utf8'));
      if (guid === undefined) continue;
      const references = { [forward]: { added: [{ anchor }], removed: [] } };
      items.push({ kind: 'change', anchor: guid, attributes: {}, references });
    }
  }
  return items;
}

const isFound = <T extends { readonly kind: string }>(result: T): result is Exclude<T, Missing> =>
  result.kind !== 'missing';

/**
 * Whole objects by anchor. What an ordinary search does not find is asked for with the replication right as well: an
 * object that the account may not read must not pass for one that is gone (law 4).
 */
export async function readWhole(job: DirSyncJob, anchors: readonly string[]): Promise<ReadResult[]> {
  const found = await readObjects(job.dc.connection, anchors, job.selection, job.signal);
  const missing = found.flatMap((result) => (result.kind === 'missing' ? [result.anchor] : []));
  if (missing.length === 0) return found;
  const unreadable = await readByDirSync(job, missing);
  return found.map((result) => (result.kind === 'missing' ? (unreadable.get(result.anchor) ?? result) : result));
}

/** Objects by anchor with DirSync from nothing: by index on Samba, a walk through the partition on other servers. */
async function readByDirSync(job: DirSyncJob, anchors: readonly string[]): Promise<Map<string, ImportedObject>> {
  const found = new Map<string, ImportedObject>();
  await eachByDirSync(job, anchors, (entry) => keepObject(found, entry, job.selection));
  return found;
}

/** Which of the objects replication shows, live or deleted; those it does not know at all are left out. */
export async function lookByDirSync(
  job: DirSyncJob,
  anchors: readonly string[],
): Promise<Map<string, 'present' | 'deleted'>> {
  const found = new Map<string, 'present' | 'deleted'>();
  await eachByDirSync(job, anchors, (entry) => {
    const { anchor, isDeleted } = readFacts(entry);
    if (anchor !== undefined) found.set(anchor, isDeleted ? 'deleted' : 'present');
  });
  return found;
}

async function eachByDirSync(
  job: DirSyncJob,
  anchors: readonly string[],
  take: (entry: LdapEntry) => void,
): Promise<void> {
  for (let at = 0; at < anchors.length; at += 500) {
    const filter: Filter = {
      or: anchors.slice(at, at + 500).flatMap((anchor) => {
        const bytes = guidBytes(anchor);
        return bytes ? [{ equal: ['objectGUID', bytes] as const }] : [];
      }),
    };
    let cookie: Buffer | undefined;
    for (let more = true; more; ) {
      const stream = ask(job, cookie, filter);
      for await (const entries of stream) for (const entry of entries) take(entry);
      ({ more, cookie } = await answer(stream));
    }
  }
}

/** Adds an object, or more links of one that came before. */
function keepObject(found: Map<string, ImportedObject>, entry: LdapEntry, selection: Selection): void {
  const decoded = decodeObject(entry, selection, true);
  if (decoded.kind === 'object') found.set(decoded.object.anchor, decoded.object);
  if (decoded.kind !== 'continuation') return;
  const object = found.get(decoded.anchor);
  const change = decodeChange(entry, selection);
  if (object === undefined || change.kind !== 'item' || change.item.kind !== 'change') return;
  const references = { ...object.references };
  for (const [name, links] of Object.entries(change.item.references)) {
    if ('added' in links) references[name] = [...(references[name] ?? []), ...links.added];
  }
  found.set(decoded.anchor, { ...object, references });
}
