import type { Database } from './database.ts';
import type { StoredObject } from './objects.ts';

/** What is written down of an object's photo: `taken` is that the one of the directory was taken away in the cloud. */
export type StoredPhoto = { readonly kind: 'own'; readonly bytes: Uint8Array } | { readonly kind: 'taken' };

/** The photo written through Graph; undefined if nothing was, so that the one of the directory shows. */
export function readPhoto(db: Database, object: StoredObject): StoredPhoto | undefined {
  const row = db.sql('SELECT bytes FROM photo WHERE object = ?').get(object.seq) as
    | { bytes: Uint8Array | null }
    | undefined;
  if (row === undefined) return undefined;
  return row.bytes === null ? { kind: 'taken' } : { kind: 'own', bytes: row.bytes };
}

/** Keeps the photo; null keeps that there is none, whatever the directory sent. */
export function writePhoto(db: Database, object: StoredObject, bytes: Uint8Array | null): void {
  db.sql(
    'INSERT INTO photo (object, bytes) VALUES (?, ?) ON CONFLICT (object) DO UPDATE SET bytes = excluded.bytes',
  ).run(object.seq, bytes);
}

/** Forgets what was written through Graph: the directory has sent another photo, or the object is gone. */
export function forgetPhoto(db: Database, seq: number): void {
  db.sql('DELETE FROM photo WHERE object = ?').run(seq);
}
