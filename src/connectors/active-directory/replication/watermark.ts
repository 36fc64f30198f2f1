/**
 * How far a naming context has been read: the high watermark, which only the domain controller with that invocation id
 * understands, and the up-to-dateness vector, which all of them do (MS-ADTS s.3.1.1.1.9; MS-DRSR chapter 5, UPTODATE_VECTOR and USN_VECTOR).
 */
import { isGuidText } from '../../../model/guid.ts';

/** usnHighObjUpdate, usnReserved, usnHighPropUpdate. */
export type UsnVector = readonly [bigint, bigint, bigint];
export interface Cursor {
  readonly invocationId: string;
  readonly usn: bigint;
}
export interface Watermark {
  readonly invocationId: string;
  readonly usn: UsnVector;
  /** In the order of the server, which is the order it wants them back in. */
  readonly cursors: readonly Cursor[];
}

export const zeroGuid = '00000000-0000-0000-0000-000000000000';
export const zeroUsn: UsnVector = [0n, 0n, 0n];
export const initialWatermark: Watermark = { invocationId: zeroGuid, usn: zeroUsn, cursors: [] };

/** JSON text for the store. */
export function encodeWatermark(watermark: Watermark): string {
  return JSON.stringify({
    invocationId: watermark.invocationId,
    usn: watermark.usn.map(String),
    cursors: watermark.cursors.map((c) => [c.invocationId, String(c.usn)]),
  });
}

/** The watermark of a stored text; undefined if it is none, which calls for a full read. */
export function decodeWatermark(text: string): Watermark | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { invocationId, usn, cursors } = (parsed ?? {}) as Record<string, unknown>;
  if (!isGuid(invocationId) || !Array.isArray(usn) || usn.length !== 3 || !usn.every(isUsn)) return undefined;
  if (!Array.isArray(cursors)) return undefined;
  const vector: Cursor[] = [];
  for (const cursor of cursors) {
    if (!Array.isArray(cursor) || !isGuid(cursor[0]) || !isUsn(cursor[1])) return undefined;
    vector.push({ invocationId: cursor[0], usn: BigInt(cursor[1]) });
  }
  return { invocationId, usn: usn.map(BigInt) as unknown as UsnVector, cursors: vector };
}

const isGuid = (value: unknown): value is string => typeof value === 'string' && isGuidText(value);
const isUsn = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) < 1n << 64n;
