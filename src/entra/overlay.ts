import { applyChanges, isUnchanged } from './changes.ts';
import { newExtensions } from './directory-extensions.ts';
import { type KeyKind, liveFirst, memoryIndex } from './memory-index.ts';
import type { CloudObject, DirectoryIndex } from './objects.ts';
import type { ProvisionOutcome } from './outcome.ts';

/** An index that shows another one as it will be when the applied outcomes are carried out. */
export interface OverlayIndex extends DirectoryIndex {
  /** Takes in what an outcome changes, so that the next decision sees it. */
  apply(outcome: ProvisionOutcome): void;
  /** Takes in an object as it will be. */
  put(object: CloudObject): void;
  /** Starts the next batch: objects made so far are new in this batch no more. */
  startBatch(): void;
}

/**
 * The index with pending changes laid over it, for conflicts inside of a batch and for predictions over many objects.
 * Costs memory for the changed objects only. Numbers of links are those of the index below.
 */
export function overlayIndex(
  index: DirectoryIndex,
  pending: Iterable<ProvisionOutcome> = [],
  /** What is kept of a new object; everything if nothing is said. */
  kept: (object: CloudObject) => CloudObject = (object) => object,
): OverlayIndex {
  const changed = memoryIndex();
  const gone = new Set<string>();
  const created = new Set<string>();
  /** Extensions of below and above, once one of above is not among those below. */
  let extensions: Set<string> | undefined;
  let madeBefore = 0;
  let removed = 0;

  const merge = (kind: KeyKind, below: readonly CloudObject[], above: readonly CloudObject[]) => {
    const unchanged = below.filter((o) => changed.byId(o.id) === undefined && !gone.has(o.id));
    if (above.length === 0) return unchanged;
    return kind === 'anchor' ? liveFirst([...unchanged, ...above]) : [...unchanged, ...above];
  };
  const overlay: OverlayIndex = {
    apply(outcome) {
      const { id } = outcome;
      if (id === undefined || outcome.decision === 'refuse' || outcome.decision === 'ignore') return;
      if (outcome.decision === 'delete' && outcome.deletion === 'hard') {
        changed.remove(id);
        gone.add(id);
        removed++;
        return;
      }
      if (outcome.decision === 'create') created.add(id);
      else if (outcome.target && isUnchanged(outcome.changes)) return;
      for (const name of newExtensions(outcome.changes.shadow, overlay)) {
        extensions ??= new Set(index.extensionAttributes?.());
        extensions.add(name);
      }
      const object = applyChanges(outcome.target, { id, class: outcome.class }, outcome.changes);
      overlay.put(outcome.decision === 'create' ? kept(object) : object);
    },
    put(object) {
      gone.delete(object.id);
      changed.put(object);
    },
    startBatch() {
      madeBefore += created.size;
      created.clear();
    },
    byId: (id) => changed.byId(id) ?? (gone.has(id) ? undefined : index.byId(id)),
    bySourceAnchor: (anchor) => merge('anchor', index.bySourceAnchor(anchor), changed.bySourceAnchor(anchor)),
    byUserPrincipalName: (key) => merge('upn', index.byUserPrincipalName(key), changed.byUserPrincipalName(key)),
    byAddress: (key) => merge('address', index.byAddress(key), changed.byAddress(key)),
    bySid: (sid) => merge('sid', index.bySid(sid), changed.bySid(sid)),
    byDeviceId: (id) => merge('device', index.byDeviceId(id), changed.byDeviceId(id)),
    adminRoles: (id) => index.adminRoles(id),
    linkCount: (id, property) => index.linkCount(id, property),
    isNewInBatch: (id) => created.has(id) || index.isNewInBatch?.(id) === true,
    objectCount: () => (index.objectCount?.() ?? 0) + madeBefore + created.size - removed,
    extensionAttributes: () => extensions ?? index.extensionAttributes?.() ?? new Set(),
  };
  for (const outcome of pending) overlay.apply(outcome);
  return overlay;
}
