/** Importing with ordinary searches: everything, or what changed by uSNChanged (active-directory s.4). */

import { structuralTypes } from '../../connector-space/scope.ts';
import { domainScope, extendedDn, showDeleted, showRecycled } from '../../ldap/controls.ts';
import type { Filter, LdapControl, SearchRequest, SearchStream } from '../../ldap/types.ts';
import type { ImportedObject, ImportItem, ReferenceTarget } from '../../model/change.ts';
import type { AttributeValue } from '../../model/value.ts';
import type { ActiveDirectoryConfig } from './config.ts';
import type { DirSyncJob } from './dirsync.ts';
import { inPieces, readFacts } from './entry-decoder.ts';
import { completeObject } from './read-objects.ts';
import { searchMany } from './search.ts';

export interface SearchJob extends DirSyncJob {
  readonly config?: Pick<ActiveDirectoryConfig, 'pageSize'>;
}

function search(job: SearchJob, filter: Filter, controls: readonly LdapControl[]): SearchStream {
  const request: SearchRequest = {
    base: job.partition.base,
    scope: 'sub',
    filter,
    attributes: job.selection.searchAttributes,
    controls: [extendedDn(), domainScope(), ...controls],
    signal: job.signal,
  };
  return searchMany(job.dc.connection, job.dc.rootDse, request, job.config?.pageSize);
}

/** Batches of everything that is there. */
export async function* searchAllObjects(job: SearchJob): AsyncGenerator<readonly ImportItem[]> {
  yield* objectsOf(job, search(job, job.selection.filter, []), false);
}

/** Batches of what changed after a number: whole objects, and deletions as far as the account may see them. */
export async function* searchChanges(job: SearchJob, afterUsn: bigint): AsyncGenerator<readonly ImportItem[]> {
  const filter: Filter = {
    and: [{ atLeast: ['uSNChanged', (afterUsn + 1n).toString()] }, job.selection.filter],
  };
  yield* objectsOf(job, search(job, filter, [showDeleted(), showRecycled()]), true);
}

async function* objectsOf(
  job: SearchJob,
  stream: SearchStream,
  withDeletes: boolean,
): AsyncGenerator<readonly ImportItem[]> {
  for await (const entries of stream) {
    const items: ImportItem[] = [];
    for (const entry of entries) {
      const result = await completeObject(job.dc.connection, entry, job.selection);
      if (result === undefined) continue;
      if (result.kind === 'object') items.push(...(withDeletes ? [changeOf(result, job)] : inPieces(result)));
      else if (result.kind === 'error' || withDeletes) items.push(result);
    }
    yield items;
  }
}

/**
 * A container that was renamed is reported, what lies below it is not (active-directory s.3.3): as a change, so that the
 * engine moves the descendants. Anything else comes whole.
 */
function changeOf(object: ImportedObject, { selection }: SearchJob): ImportItem {
  if (!structuralTypes.has(object.objectType)) return object;
  const attributes: Record<string, AttributeValue | null> = {};
  const references: Record<string, { all: readonly ReferenceTarget[] }> = {};
  for (const { name, type } of selection.readers) {
    if (type === 'reference') references[name] = { all: object.references[name] ?? [] };
    else attributes[name] = object.attributes[name] ?? null;
  }
  return { ...object, kind: 'change', attributes, references };
}

/** Anchors of live objects that changed after a number, whatever became of them. */
export async function changedSince(job: SearchJob, afterUsn: bigint): Promise<string[]> {
  const filter: Filter = {
    and: [{ atLeast: ['uSNChanged', (afterUsn + 1n).toString()] }, job.selection.filter],
  };
  const anchors: string[] = [];
  for await (const entries of search(
    { ...job, selection: { ...job.selection, searchAttributes: ['objectGUID'] } },
    filter,
    [],
  )) {
    for (const entry of entries) {
      const { anchor } = readFacts(entry);
      if (anchor !== undefined) anchors.push(anchor);
    }
  }
  return anchors;
}
