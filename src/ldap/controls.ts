/** Controls by name (active-directory s.2.1), requests and responses. */
import { BerReader } from './ber-reader.ts';
import { BerWriter } from './ber-writer.ts';
import type { LdapControl } from './types.ts';

export const CONTROL = {
  paged: '1.2.840.113556.1.4.319',
  dirSync: '1.2.840.113556.1.4.841',
  showDeleted: '1.2.840.113556.1.4.417',
  showRecycled: '1.2.840.113556.1.4.2064',
  showDeactivatedLinks: '1.2.840.113556.1.4.2065',
  extendedDn: '1.2.840.113556.1.4.529',
  securityDescriptorFlags: '1.2.840.113556.1.4.801',
  domainScope: '1.2.840.113556.1.4.1339',
  permissiveModify: '1.2.840.113556.1.4.1413',
  syncRequest: '1.3.6.1.4.1.4203.1.9.1.1',
  syncState: '1.3.6.1.4.1.4203.1.9.1.2',
  syncDone: '1.3.6.1.4.1.4203.1.9.1.3',
} as const;

/** Flags of the DirSync control (active-directory s.3.1). */
export const DIRSYNC = {
  objectSecurity: 0x1,
  ancestorsFirst: 0x800,
  incrementalValues: 0x8000_0000,
} as const;

const plain = (oid: string, critical = true): LdapControl => ({ oid, critical });

export const showDeleted = (): LdapControl => plain(CONTROL.showDeleted);
export const showRecycled = (): LdapControl => plain(CONTROL.showRecycled);
/** No referrals to other domains. Not critical: a server that does not know it merely sends them. */
export const domainScope = (): LdapControl => plain(CONTROL.domainScope, false);
/** Adding a value that is there and removing one that is not succeed. */
export const permissiveModify = (): LdapControl => plain(CONTROL.permissiveModify);

/** DNs in the form `<GUID=…>;<SID=…>;CN=…`; `text` writes GUID and SID as people do, `hex` in wire order. */
export const extendedDn = (format: 'text' | 'hex' = 'text'): LdapControl => ({
  oid: CONTROL.extendedDn,
  critical: true,
  value: sequence((w) => w.integer(format === 'text' ? 1 : 0)),
});

/** Parts of nTSecurityDescriptor to return: owner 1, group 2, DACL 4, SACL 8. 7 needs no special right. */
export const securityDescriptorFlags = (flags = 7): LdapControl => ({
  oid: CONTROL.securityDescriptorFlags,
  critical: true,
  value: sequence((w) => w.integer(flags)),
});

export const pagedResults = (size: number, cookie: Buffer = Buffer.alloc(0)): LdapControl => ({
  oid: CONTROL.paged,
  critical: true,
  value: sequence((w) => {
    w.integer(size);
    w.octets(cookie);
  }),
});

/** The cookie for the next page (RFC 2696); undefined after the last one. Throws `BerError`. */
export function nextPageCookie(controls: readonly LdapControl[]): Buffer | undefined {
  const value = controls.find((c) => c.oid === CONTROL.paged)?.value;
  if (value === undefined) return undefined;
  const reader = new BerReader(value);
  reader.enter(0x30);
  reader.integer();
  const cookie = reader.octets();
  return cookie.length === 0 ? undefined : Buffer.from(cookie);
}

export interface DirSyncRequest {
  /** `DIRSYNC` flags, or-ed. */
  readonly flags: number;
  /** Windows takes it as a byte budget of one reply; Samba ignores it. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Empty or absent for everything. */
  readonly cookie?: Buffer;
}
export const dirSync = ({ flags, maxBytes = 1 << 20, cookie = Buffer.alloc(0) }: DirSyncRequest): LdapControl => ({
  oid: CONTROL.dirSync,
  critical: true,
  value: sequence((w) => {
    w.integer(flags | 0);
    w.integer(maxBytes);
    w.octets(cookie);
  }),
});

/** The DirSync control of a result; undefined if there is none. Throws `BerError`. */
export function readDirSync(controls: readonly LdapControl[]): { more: boolean; cookie: Buffer } | undefined {
  const value = controls.find((c) => c.oid === CONTROL.dirSync)?.value;
  if (value === undefined) return undefined;
  const reader = new BerReader(value);
  reader.enter(0x30);
  const more = reader.integer() !== 0;
  reader.integer();
  return { more, cookie: Buffer.from(reader.octets()) };
}

function sequence(content: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter(64);
  const start = writer.begin(0x30);
  content(writer);
  writer.end(start);
  return writer.bytes();
}
