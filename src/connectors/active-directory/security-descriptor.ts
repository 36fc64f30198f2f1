/** Whether an access list gives an extended right (MS-DTYP s.2.4.4, 2.4.6; MS-ADTS s.5.1.3.3). Pure. */
import { guidText } from '../../model/guid.ts';
import { sidText } from '../../model/sid.ts';

const CONTROL_ACCESS = 0x100;
const GENERIC_ALL = 0x1000_0000;
const DACL_PRESENT = 0x4;
const INHERIT_ONLY = 0x8;
/** Types of entries: allow, deny, and the same for one property or right. */
const ALLOW = 0;
const DENY = 1;
const ALLOW_OBJECT = 5;
const DENY_OBJECT = 6;

interface AccessEntry {
  readonly isAllow: boolean;
  readonly mask: number;
  /** The one right it is about; undefined for all of them. */
  readonly right: string | undefined;
  readonly sid: string;
}

/**
 * Whether somebody with these security identifiers has an extended right by a self-relative security descriptor; undefined
 * if the bytes are none. The entry that comes first decides, as for a domain controller.
 */
export function hasExtendedRight(
  descriptor: Buffer,
  sids: ReadonlySet<string>,
  rightGuid: string,
): boolean | undefined {
  try {
    const entries = readEntries(descriptor);
    if (entries === undefined) return true;
    for (const entry of entries) {
      if ((entry.mask & (CONTROL_ACCESS | GENERIC_ALL)) === 0 || !sids.has(entry.sid)) continue;
      if (entry.right === undefined || entry.right === rightGuid) return entry.isAllow;
    }
    return false;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The entries that apply to the object itself; undefined without an access list, which lets everybody do everything. */
function readEntries(descriptor: Buffer): AccessEntry[] | undefined {
  if ((descriptor.readUInt16LE(2) & DACL_PRESENT) === 0) return undefined;
  const start = descriptor.readUInt32LE(16);
  if (start === 0) return undefined;
  const count = descriptor.readUInt16LE(start + 4);
  const entries: AccessEntry[] = [];
  let at = start + 8;
  for (let i = 0; i < count; i++) {
    const size = descriptor.readUInt16LE(at + 2);
    if (size < 8 || at + size > descriptor.length) throw new RangeError('an access entry ends beyond the descriptor');
    const entry = readEntry(descriptor.subarray(at, at + size));
    if (entry) entries.push(entry);
    at += size;
  }
  return entries;
}

function readEntry(bytes: Buffer): AccessEntry | undefined {
  const type = bytes.readUInt8(0);
  if ((bytes.readUInt8(1) & INHERIT_ONLY) !== 0) return undefined;
  const isAllow = type === ALLOW || type === ALLOW_OBJECT;
  const isObject = type === ALLOW_OBJECT || type === DENY_OBJECT;
  if (!isAllow && type !== DENY && type !== DENY_OBJECT) return undefined;
  const mask = bytes.readUInt32LE(4);
  if (!isObject) return { isAllow, mask, right: undefined, sid: sidAt(bytes, 8) };
  const flags = bytes.readUInt32LE(8);
  const hasRight = (flags & 1) !== 0;
  const sidStart = 12 + (hasRight ? 16 : 0) + ((flags & 2) !== 0 ? 16 : 0);
  return { isAllow, mask, right: hasRight ? guidText(bytes.subarray(12, 28)) : undefined, sid: sidAt(bytes, sidStart) };
}

/** The identifier that begins there; entries may be padded behind it. */
const sidAt = (bytes: Buffer, at: number): string => sidText(bytes.subarray(at, at + 8 + 4 * bytes.readUInt8(at + 1)));
