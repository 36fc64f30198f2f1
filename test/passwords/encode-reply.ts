/** Builds the answers of a domain controller (MS-DRSR s.4.1.10.2.12), as the counterpart of the reader under test. */
import { createCipheriv, createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { NdrWriter } from '../../src/connectors/active-directory/replication/ndr.ts';
import { rc4 } from '../../src/model/crypto/rc4.ts';
import { guidBytes } from '../../src/model/guid.ts';
import { sidBytes } from '../../src/model/sid.ts';

export interface SampleAttribute {
  /** Identifier on the wire. */
  readonly id: number;
  readonly values: readonly Buffer[];
  /** Seconds since 1601. */
  readonly changedAt?: bigint;
}
export interface SampleObject {
  readonly dn: string;
  readonly guid: string;
  readonly sid?: string;
  readonly attributes: readonly SampleAttribute[];
}
export interface SampleReply {
  readonly version?: number;
  readonly invocationId?: string;
  readonly usnTo?: readonly [bigint, bigint, bigint];
  readonly cursors?: readonly (readonly [string, bigint])[];
  readonly prefixes?: readonly (readonly [number, string])[];
  readonly objects?: readonly SampleObject[];
  readonly announcedObjects?: number;
  readonly more?: boolean;
  readonly extendedResult?: number;
  readonly error?: number;
  readonly status?: number;
}

export const sampleInvocationId = '516c09df-270b-45c0-8b3f-c0db7cc249a6';
export const samplePrefixes = [
  [2, '2a864886f7140102'],
  [9, '2a864886f7140104'],
  [0, `ff${'00'.repeat(20)}`],
] as const;
/** Identifiers that the default prefixes give. */
export const attid = {
  unicodePwd: 0x9005a,
  pwdLastSet: 0x90060,
  userAccountControl: 0x90008,
  adminCount: 0x90096,
  objectSid: 0x90092,
  sAMAccountName: 0x900dd,
  isDeleted: 0x20030,
} as const;

export function encodeReply(reply: SampleReply = {}): Buffer {
  const objects = reply.objects ?? [];
  const prefixes = reply.prefixes ?? samplePrefixes;
  const cursors = reply.cursors ?? [[sampleInvocationId, 3947n]];
  const version = reply.version ?? 6;
  const w = new NdrWriter().u32(version).u32(version).align(8);
  w.bytes(Buffer.alloc(16, 1)).bytes(guidBytes(reply.invocationId ?? sampleInvocationId)!);
  w.pointer(true).align(8).u64(0n).u64(0n).u64(0n);
  for (const usn of reply.usnTo ?? [3947n, 0n, 3947n]) w.u64(usn);
  w.pointer(cursors.length > 0)
    .u32(prefixes.length)
    .pointer(true);
  w.u32(reply.extendedResult ?? 1)
    .u32(reply.announcedObjects ?? objects.length)
    .u32(1000);
  w.pointer(objects.length > 0)
    .u32(reply.more ? 1 : 0)
    .u32(51)
    .u32(0)
    .u32(0)
    .pointer(false);
  w.u32(reply.error ?? 0);
  writeName(w, 'DC=corp,DC=example,DC=com', sampleInvocationId, undefined);
  if (cursors.length > 0) {
    w.u32(cursors.length).align(8).u32(2).u32(0).u32(cursors.length).u32(0);
    for (const [guid, usn] of cursors) w.align(8).bytes(guidBytes(guid)!).u64(usn).u64(0n);
  }
  w.u32(prefixes.length);
  for (const [index, hex] of prefixes)
    w.u32(index)
      .u32(hex.length / 2)
      .pointer(true);
  for (const [, hex] of prefixes)
    w.u32(hex.length / 2)
      .bytes(Buffer.from(hex, 'hex'))
      .align(4);
  objects.forEach((object, i) => {
    w.pointer(i + 1 < objects.length)
      .pointer(true)
      .u32(0)
      .u32(object.attributes.length);
    w.pointer(object.attributes.length > 0)
      .u32(0)
      .pointer(true)
      .pointer(object.attributes.length > 0);
  });
  for (const object of objects.toReversed()) writeObject(w, object);
  return w.u32(reply.status ?? 0).finish();
}

function writeName(w: NdrWriter, dn: string, guid: string, sid: string | undefined): void {
  const bytes = sid ? sidBytes(sid)! : Buffer.alloc(0);
  w.u32(dn.length + 1)
    .u32(56 + 2 * (dn.length + 1))
    .u32(bytes.length)
    .bytes(guidBytes(guid)!);
  w.bytes(Buffer.concat([bytes, Buffer.alloc(28 - bytes.length)])).u32(dn.length);
  w.bytes(Buffer.from(`${dn}\0`, 'utf16le')).align(4);
}

function writeObject(w: NdrWriter, object: SampleObject): void {
  const { attributes } = object;
  writeName(w, object.dn, object.guid, object.sid);
  if (attributes.length > 0) {
    w.u32(attributes.length);
    for (const a of attributes)
      w.u32(a.id)
        .u32(a.values.length)
        .pointer(a.values.length > 0);
    for (const a of attributes.filter((x) => x.values.length > 0)) {
      w.u32(a.values.length);
      for (const value of a.values) w.u32(value.length).pointer(true);
      for (const value of a.values) w.align(4).u32(value.length).bytes(value);
      w.align(4);
    }
  }
  w.bytes(Buffer.alloc(16, 2));
  if (attributes.length === 0) return;
  w.u32(attributes.length).align(8).u32(attributes.length);
  for (const a of attributes) {
    w.align(8)
      .u32(3)
      .align(8)
      .u64(a.changedAt ?? 13_439_732_545n)
      .bytes(guidBytes(sampleInvocationId)!)
      .u64(3946n);
  }
}

/** unicodePwd as a domain controller protects it: DES by the relative identifier, then RC4 by the session key. */
export function protectHash(ntHash: Buffer, rid: number, sessionKey: Buffer, salt = Buffer.alloc(16, 7)): Buffer {
  const r = Buffer.alloc(4);
  r.writeUInt32LE(rid);
  const keys = [
    [0, 1, 2, 3, 0, 1, 2],
    [3, 0, 1, 2, 3, 0, 1],
  ].map((order) => spread(order.map((i) => r[i]!)));
  const value = Buffer.concat(keys.map((key, i) => desBlock(key, ntHash.subarray(8 * i, 8 * i + 8))));
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(value));
  const key = createHash('md5').update(sessionKey).update(salt).digest();
  return Buffer.concat([salt, rc4(key, Buffer.concat([sum, value]))]);
}

/** Seven bytes over eight by shifting bits one by one: slower than the code under test, and independent of it. */
function spread(seven: readonly number[]): Buffer {
  const bits = seven.flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1));
  return Buffer.from(
    Array.from({ length: 8 }, (_, i) => bits.slice(7 * i, 7 * i + 7).reduce((all, bit) => 2 * all + bit, 0) * 2),
  );
}

function desBlock(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};
export const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
};

/** A user with everything that is asked for. */
export function sampleUser(
  name: string,
  rid: number,
  ntHash: Buffer,
  sessionKey: Buffer,
  pwdLastSet = 134_397_319_460_022_680n,
): SampleObject {
  const sid = `S-1-5-21-474633216-350375334-1558358851-${rid}`;
  return {
    dn: `CN=${name},CN=Users,DC=corp,DC=example,DC=com`,
    guid: `c910929e-801c-43df-92f1-${rid.toString(16).padStart(12, '0')}`,
    sid,
    attributes: [
      { id: attid.userAccountControl, values: [int32(512)] },
      { id: attid.unicodePwd, values: [protectHash(ntHash, rid, sessionKey)] },
      { id: attid.pwdLastSet, values: [int64(pwdLastSet)] },
      { id: attid.objectSid, values: [sidBytes(sid)!] },
      { id: attid.sAMAccountName, values: [Buffer.from(name, 'utf16le')] },
    ],
  };
}
