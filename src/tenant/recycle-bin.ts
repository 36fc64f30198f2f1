import type { TenantContext } from './context.ts';
import type { Body, StoredObject } from './store/objects.ts';
import { forgetPhoto } from './store/photos.ts';

const day = 24 * 3600 * 1000;
/** How long deleted objects can be restored: fixed in the real service too (entra-directory s.4.3). */
export const recycleBinMs = 30 * day;

/** Users, units and Microsoft 365 groups are kept for a while, everything else is gone at once (entra-directory s.1.7, 5.5). */
export const hasRecycleBin = (object: StoredObject): boolean =>
  object.kind === 'user' ||
  object.kind === 'administrativeUnit' ||
  (object.kind === 'group' && Array.isArray(object.body.groupTypes) && object.body.groupTypes.includes('Unified'));

/** Deletes the object as its class is deleted. A synced user keeps its anchor and stops being synced. */
export function deleteObject(context: TenantContext, object: StoredObject): void {
  if (!hasRecycleBin(object)) {
    removeForGood(context, object);
    return;
  }
  context.links.announce(object, false);
  // Synchronization ends with the deletion, and so does the exception from it.
  const { isCloudManaged, ...internal } = object.internal;
  const left = isCloudManaged === true ? context.objects.update(object, { internal }) : object;
  context.objects.bin(left, context.clock.now(), object.sync === true ? { sync: false } : {});
}

/** Removes the object, its links and every trace but a tombstone. */
export function removeForGood(context: TenantContext, object: StoredObject): void {
  context.links.detach(object);
  context.objects.remove(object, context.clock.now());
  context.db.sql('UPDATE creation SET gone_at = ? WHERE id = ?').run(context.clock.now(), object.id);
  forgetPhoto(context.db, object.seq);
}

/** Takes the object out of the recycle bin with the body given (default: as it was). */
export function restoreObject(
  context: TenantContext,
  object: StoredObject,
  changes: { readonly body?: Body; readonly sync?: boolean | undefined } = {},
): StoredObject {
  const sync = 'sync' in changes ? changes.sync : object.sync;
  const restored = context.objects.unbin(object, changes.body ?? object.body, sync);
  context.links.announce(restored, true);
  return restored;
}

/** Empties what has lain in the bin for 30 days and forgets old history. Returns the number of objects removed. */
export function purge(context: TenantContext): number {
  const oldest = context.clock.now() - recycleBinMs;
  return context.write(() => {
    const expired = context.db
      .sql('SELECT seq FROM object WHERE deleted_at IS NOT NULL AND deleted_at <= ?')
      .all(oldest) as unknown as { seq: number }[];
    for (const { seq } of expired) {
      const object = context.objects.bySeq(seq);
      if (object) removeForGood(context, object);
    }
    context.db.sql('DELETE FROM creation WHERE gone_at <= ?').run(oldest);
    forgetHistory(context, oldest);
    return expired.length;
  });
}

/**
 * Drops tombstones and link history older than that instant; readers with an older cookie must read everything again.
 * A mark a day says which number of the change sequence belongs to which time.
 */
function forgetHistory(context: TenantContext, oldest: number): void {
  const marks = (context.settings.get('changeMarks') ?? []) as { at: number; change: number }[];
  const now = context.clock.now();
  const last = marks.at(-1);
  if (last && now - last.at < day) return;
  marks.push({ at: now, change: context.objects.lastChange });
  // Numbers are never used again, even when every row that bears the newest ones is gone.
  context.settings.set('changeFloor', context.objects.lastChange);
  const floor = marks.findLast((mark) => mark.at <= oldest);
  if (floor && floor.change > Number(context.settings.get('tombstoneFloor') ?? 0)) {
    context.db.sql('DELETE FROM tombstone WHERE change <= ?').run(floor.change);
    context.db.sql('DELETE FROM link_change WHERE change <= ?').run(floor.change);
    context.db.sql('DELETE FROM object_change WHERE change <= ?').run(floor.change);
    context.settings.set('tombstoneFloor', floor.change);
  }
  const kept = marks.filter((mark) => mark.at >= (floor?.at ?? 0));
  context.settings.set('changeMarks', kept);
}
