/** Pages of lists: a cursor says where the next one begins. */
import { z } from 'zod';
import { Refusal } from '../refusal.ts';

export const pageQuery = z.object({
  cursor: z.string().max(500).optional().describe('Where the page begins: `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Rows of the page.'),
});
export interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
}
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Cursor of the page after; null if this is the last.'),
  });
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A whole number from a cursor; `first` without one. */
export function numberCursor(cursor: string | undefined, first: number): number {
  if (cursor === undefined) return first;
  if (!/^\d{1,16}$/.test(cursor)) throw badCursor();
  return Number(cursor);
}

/** A cursor of several parts, as text for the address. */
export const packCursor = (parts: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/** The parts of such a cursor, checked by a schema. */
export function unpackCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badCursor();
  }
  const checked = schema.safeParse(raw);
  if (!checked.success) throw badCursor();
  return checked.data;
}

const badCursor = () =>
  new Refusal('bad-argument', 'The cursor is none that a page gave. Begin without one.', { code: 'bad-cursor' });

/** A page of rows read with one more than asked for, which tells whether there is another page. */
export function pageOfRows<R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  cursor: (last: R) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? cursor(last) : null };
}
