/** Where an import stands: opaque to the engine, and enough to notice that it no longer serves (active-directory s.3.2). */
import { fullImportRequired } from './errors.ts';

interface Common {
  /** objectGUID of the naming context: a partition of the same name may be another one. */
  readonly partition: string;
  /** Address of the server that answered. */
  readonly url: string;
  readonly dnsHostName: string;
  readonly dsServiceName: string;
  readonly invocationId: string;
  /** UTC, ISO 8601. */
  readonly time: string;
  /** When everything was read last; UTC, ISO 8601. Absent in watermarks of before. */
  readonly fullAt?: string;
  /** Hash of the attributes and types asked for. */
  readonly selection: string;
  /** Everything up to and including this change of the server was delivered; decimal text. */
  readonly covers: string;
  /** Last change the server had committed when the import ended, as decimal text: going back behind it is a roll-back. */
  readonly usn: string;
}
export interface DirSyncWatermark extends Common {
  readonly mode: 'dirsync';
  /** Base64. */
  readonly cookie: string;
}
export interface UsnWatermark extends Common {
  readonly mode: 'usn';
}
export type Watermark = DirSyncWatermark | UsnWatermark;

export const encodeWatermark = (watermark: Watermark): string => JSON.stringify({ version: 1, ...watermark });

/** The watermark; undefined if the text is none of ours. */
export function decodeWatermark(text: string | undefined): Watermark | undefined {
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const fields = parsed as Readonly<Record<string, unknown>>;
  const isText = (name: string): boolean => typeof fields[name] === 'string';
  const names = ['partition', 'url', 'dnsHostName', 'dsServiceName', 'invocationId', 'time', 'selection'];
  const isNumber = (name: string): boolean => isText(name) && /^\d{1,19}$/.test(fields[name] as string);
  if (fields.version !== 1 || !names.every(isText) || !isNumber('usn') || !isNumber('covers')) return undefined;
  if (fields.fullAt !== undefined && !isText('fullAt')) return undefined;
  if (fields.mode === 'usn' || (fields.mode === 'dirsync' && isText('cookie'))) return parsed as Watermark;
  return undefined;
}

/** What the watermark is held against. */
export interface Present {
  readonly dnsHostName: string;
  readonly dsServiceName: string;
  readonly invocationId: string;
  readonly highestUsn: bigint;
  readonly nowMs: number;
  readonly selection: string;
  readonly tombstoneLifetimeDays: number;
}

/**
 * Warnings about a watermark that serves. Throws `full-import-required` for one that does not; a cookie of another
 * server serves, a number of changes does not.
 */
export function checkWatermark(
  watermark: Watermark,
  present: Present,
): readonly { readonly code: string; readonly detail: string }[] {
  if (watermark.selection !== present.selection) {
    throw fullImportRequired('The attributes or object types that are imported changed since the last import.');
  }
  const days = (present.nowMs - Date.parse(watermark.time)) / 86_400_000;
  if (!(days < present.tombstoneLifetimeDays)) {
    throw fullImportRequired(
      `The last import is ${Math.floor(days)} days old and deleted objects are kept for ${present.tombstoneLifetimeDays}: deletions may be gone without a trace.`,
    );
  }
  const isSameDatabase = watermark.invocationId === present.invocationId;
  if (isSameDatabase && present.highestUsn < BigInt(watermark.usn)) {
    throw fullImportRequired(
      `${present.dnsHostName} was rolled back: its last change is ${present.highestUsn}, but an import saw ${watermark.usn} already. Such a domain controller harms replication too (event 2095); repair it.`,
    );
  }
  if (isSameDatabase) return [];
  const isSameServer = watermark.dsServiceName.toLowerCase() === present.dsServiceName.toLowerCase();
  const what = isSameServer
    ? `${present.dnsHostName} was restored from a backup or reinstalled (invocation id ${present.invocationId} instead of ${watermark.invocationId})`
    : `${present.dnsHostName} answers instead of ${watermark.dnsHostName}`;
  if (watermark.mode === 'usn') {
    throw fullImportRequired(`${what}; numbers of changes mean nothing on another server.`);
  }
  const detail = `${what}; the cookie still serves, but some changes may be reported again.`;
  return [{ code: isSameServer ? 'domain-controller-restored' : 'domain-controller-changed', detail }];
}
