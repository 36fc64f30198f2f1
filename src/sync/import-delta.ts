/** Applying one batch of an incremental import. Objects that are not held whole are read first, then all is one transaction. */
import type { ImportBatch, ImportItem } from '../connectors/contract.ts';
import { ConnectorError } from '../connectors/contract.ts';
import type { ImportedChange, ImportedDelete, ImportedObject } from '../model/change.ts';
import { dnKey, splitDn } from '../model/dn.ts';
import { discoveryError, type ImportJob, isInScope, stageDelete, stageObject } from './import.ts';

/** Returns the number of discovery errors; calls back with the watermark inside the transaction of what it covers. */
export async function applyDeltaBatch(
  job: ImportJob,
  batch: ImportBatch,
  commitWatermark: (watermark: string) => void,
): Promise<number> {
  const whole = await readUnheld(job, batch.items);
  let errors = 0;
  let containerEntered = false;
  job.run.engine.store.transaction(() => {
    for (const item of batch.items) {
      if (item.kind === 'error') {
        errors++;
        discoveryError(job, item);
      } else if (item.kind === 'delete') {
        const id = job.staging.idOf(item.anchor);
        if (id !== undefined) stageDelete(job, id, 'deleted');
      } else if (item.kind === 'object') {
        takeObject(job, item);
      } else if (item.kind === 'change') {
        containerEntered = takeChange(job, item, whole) || containerEntered;
      } else {
        job.staging.moreReferences(item);
      }
    }
    if (batch.watermark !== undefined && errors === 0 && !containerEntered) commitWatermark(batch.watermark);
  });
  if (containerEntered) {
    throw new ConnectorError('full-import-required', 'A container moved into scope; what is below it has to be read.', {
      status: 'success',
      remedy: 'Nothing to do: a full import follows.',
    });
  }
  return errors;
}

type Whole = ReadonlyMap<string, ImportedObject | ImportedDelete>;

/** Asks the connector for the objects that changed but are not held whole, for example because they came into scope. */
async function readUnheld(job: ImportJob, items: readonly ImportItem[]): Promise<Whole> {
  const { store } = job.run.engine;
  const unheld: string[] = [];
  for (const item of items) {
    if (item.kind !== 'change') continue;
    const row = store.cs.byAnchor(job.connector.row.id, item.anchor);
    const isWhole =
      row && row.object_type !== null && row.attributes !== null && store.cs.pending(row.id)?.kind !== 'delete';
    if (isWhole) continue;
    if (item.dn !== undefined && item.objectType !== undefined && !isInScope(job, item.dn, item.objectType)) continue;
    unheld.push(item.anchor);
  }
  if (unheld.length === 0) return new Map();
  if (!job.session.read) {
    throw new ConnectorError('full-import-required', 'The directory reported changes of objects that are not known.', {
      status: 'success',
      remedy: 'Nothing to do: a full import follows.',
    });
  }
  const read = await job.session.read([...new Set(unheld)], job.request);
  return new Map(read.map((r) => [r.anchor, r]));
}

function takeObject(job: ImportJob, item: ImportedObject): void {
  if (isInScope(job, item.dn, item.objectType)) {
    stageObject(job, item);
    return;
  }
  job.run.counters.add('filtered-objects');
  const id = job.staging.idOf(item.anchor);
  if (id !== undefined) stageDelete(job, id, 'out-of-scope');
}

/** Returns whether a container came into scope with objects that were never read. */
function takeChange(job: ImportJob, item: ImportedChange, whole: Whole): boolean {
  const read = whole.get(item.anchor);
  if (read) {
    if (read.kind === 'object') takeObject(job, read);
    else {
      const id = job.staging.idOf(read.anchor);
      if (id !== undefined) stageDelete(job, id, 'deleted');
    }
    return false;
  }
  const staged = job.staging.change(item);
  if (!staged) {
    job.run.counters.add('filtered-objects');
    return false;
  }
  job.run.counters.add(`stage-${staged.outcome}`, staged.outcome === 'no-change' ? undefined : staged.id);
  const row = job.run.engine.store.cs.get(staged.id);
  if (staged.movedFrom === undefined || !row) return false;
  if (!isInScope(job, row.dn, row.object_type ?? '')) stageDelete(job, staged.id, 'out-of-scope');
  return moveDescendants(job, staged.movedFrom, row.dn);
}

/** The directory reports only the container that moved: everything below follows here (active-directory s.3.3). */
function moveDescendants(job: ImportJob, from: string, to: string): boolean {
  const { store } = job.run.engine;
  const fromKey = dnKey(from);
  const depth = splitDn(from)?.length ?? 0;
  for (const row of [...store.cs.below(job.connector.row.id, fromKey)]) {
    const own = splitDn(row.dn) ?? [];
    const dn = [...own.slice(0, own.length - depth), to].join(',');
    job.staging.rename(row, dn);
    if (row.object_type === null) continue;
    job.run.counters.add('stage-rename', row.id);
    if (!isInScope(job, dn, row.object_type)) stageDelete(job, row.id, 'out-of-scope');
  }
  const scope = job.connector.scopeOf(job.request.partition.name);
  return scope !== undefined && !scope.includes(fromKey) && scope.includes(dnKey(to));
}
