/** Attribute identifiers on the wire and the prefix table that gives them their meaning (MS-DRSR s.5.14, s.5.16). */
import { NdrError } from './ndr.ts';

/** The attributes that are asked for, by OID: what password hash synchronization needs and nothing else. */
export const attributeOids = {
  unicodePwd: '1.2.840.113556.1.4.90',
  pwdLastSet: '1.2.840.113556.1.4.96',
  userAccountControl: '1.2.840.113556.1.4.8',
  adminCount: '1.2.840.113556.1.4.150',
  objectSid: '1.2.840.113556.1.4.146',
  sAMAccountName: '1.2.840.113556.1.4.221',
  isDeleted: '1.2.840.113556.1.2.48',
} as const;
export type AttributeName = keyof typeof attributeOids;

export interface Prefix {
  readonly index: number;
  /** BER of the OID without its last arc. */
  readonly bytes: Buffer;
}

function ber(arcs: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = arcs;
  const out: number[] = [];
  for (const arc of [40 * first + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    out.push(...groups);
  }
  return Buffer.from(out);
}

const split = (oid: string): { prefix: number[]; last: number } => {
  const arcs = oid.split('.').map(Number);
  return { prefix: arcs.slice(0, -1), last: arcs.at(-1)! };
};

/**
 * The table sent along: indexes as in the default table of Windows (MS-DRSR s.5.16.4). The last entry is the schema
 * signature (one byte 0xFF, version, GUID), which Samba insists on; all zero it claims no schema.
 */
export const requestPrefixes: readonly Prefix[] = [
  { index: 2, bytes: ber([1, 2, 840, 113556, 1, 2]) },
  { index: 9, bytes: ber([1, 2, 840, 113556, 1, 4]) },
  { index: 0, bytes: Buffer.concat([Buffer.from([0xff]), Buffer.alloc(20)]) },
];

/** The identifiers asked for, ascending as IDL_DRSGetNCChanges wants them. All last arcs are below 2^14. */
export const requestedAttributes: readonly number[] = Object.values(attributeOids)
  .map((oid) => {
    const { prefix, last } = split(oid);
    const known = requestPrefixes.find((p) => p.bytes.equals(ber(prefix)));
    if (!known || last >= 0x4000) throw new TypeError(`no prefix for ${oid}`);
    return known.index * 0x10000 + last;
  })
  .sort((a, b) => a - b);

/**
 * Names of the attribute identifiers in a reply, through the table of that reply. The low half of an identifier is the
 * last arc; from 2^14 on it is encoded otherwise (MS-DRSR s.5.16.4), but none of the attributes here goes so far.
 */
export function attributeNames(table: readonly Prefix[]): ReadonlyMap<number, AttributeName> {
  const names = new Map<number, AttributeName>();
  for (const [name, oid] of Object.entries(attributeOids) as [AttributeName, string][]) {
    const { prefix, last } = split(oid);
    const bytes = ber(prefix);
    for (const entry of table) {
      if (entry.index > 0xffff) throw new NdrError(`the prefix table has the index ${entry.index}.`);
      if (entry.bytes.equals(bytes)) names.set(entry.index * 0x10000 + last, name);
    }
  }
  return names;
}
