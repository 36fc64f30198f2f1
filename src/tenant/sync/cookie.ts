import { isRecord } from './batch.ts';

/** Where a reader of the tenant stands. Numbers are of the change sequence unless said otherwise. */
export type Position =
  /** In a full read: begun at `start`, objects up to the sequence `after` are done; within one object, its links. */
  | {
      readonly kind: 'full';
      readonly start: number;
      readonly after: number;
      readonly links?: { readonly of: number; readonly kind: number; readonly target: number };
    }
  /** In a delta: everything up to `done` is delivered; the round ends at `until`, 0 if it has not begun. */
  | { readonly kind: 'delta'; readonly done: number; readonly until: number };

/** The text of a position. `epoch` names the life of the store: after a reset older cookies mean nothing. */
export function writeCookie(position: Position, epoch: string): string {
  return Buffer.from(JSON.stringify({ epoch, ...position })).toString('base64url');
}

/** The position of a cookie, or undefined if it is not one of this store's. */
export function readCookie(cookie: string, epoch: string): Position | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8'));
  } catch {
    return undefined; // not a cookie: the caller answers that a full read is needed
  }
  if (!isRecord(value) || value.epoch !== epoch) return undefined;
  const count = (v: unknown) => Number.isSafeInteger(v) && (v as number) >= 0;
  const links = value.links;
  if (value.kind === 'full') {
    if (!count(value.start) || !count(value.after)) return undefined;
    if (links !== undefined && !(isRecord(links) && count(links.of) && count(links.kind) && count(links.target))) {
      return undefined;
    }
    return value as unknown as Position;
  }
  if (value.kind !== 'delta' || !count(value.done) || !count(value.until)) return undefined;
  return value as unknown as Position;
}
