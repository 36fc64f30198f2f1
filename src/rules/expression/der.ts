/** A bounded reader of DER (X.690): just what certificates need. Never reads outside of its bytes, never recurses. */

export interface DerValue {
  /** The identifier octet: class, constructed bit and tag. */
  readonly tag: number;
  readonly content: Buffer;
  /** Header and content. */
  readonly whole: Buffer;
}

/** Most elements of one sequence that are read: real certificates have some tens. */
const elementLimit = 4096;

export class DerError extends Error {}

/** The value that starts at the offset. Throws a DerError if it does not fit into the bytes. */
export function readDer(bytes: Buffer, offset = 0): DerValue {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('truncated value');
  let [start, length] = [offset + 2, first];
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || start + count > bytes.length) throw new DerError('malformed length');
    length = bytes.readUIntBE(start, count);
    start += count;
  }
  if (start + length > bytes.length) throw new DerError('truncated value');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(offset, start + length) };
}

/** The values inside of a constructed value, in order. */
export function derChildren(value: DerValue): DerValue[] {
  const children: DerValue[] = [];
  for (let offset = 0; offset < value.content.length; ) {
    if (children.length === elementLimit) throw new DerError('too many elements');
    const child = readDer(value.content, offset);
    children.push(child);
    offset += child.whole.length;
  }
  return children;
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function derOid(value: DerValue): string {
  if (value.tag !== 0x06 || value.content.length === 0 || value.content.length > 64) throw new DerError('no OID');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value.content) {
    arc = arc * 128n + BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const first = arcs[0] ?? 0n;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...arcs.slice(1)].join('.');
}

/** Text of a character string: UTF8String, BMPString and the 8-bit types. */
export function derText(value: DerValue): string {
  if (value.tag === 0x0c) return value.content.toString('utf8');
  if (value.tag === 0x1e)
    return Buffer.from(value.content.subarray(0, value.content.length & ~1))
      .swap16()
      .toString('utf16le');
  return value.content.toString('latin1');
}

/** Milliseconds since 1970 of a UTCTime or GeneralizedTime in the form RFC 5280 s.4.1.2.5 demands. */
export function derTime(value: DerValue): number {
  const text = value.content.toString('latin1');
  const m = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!m || (value.tag !== 0x17 && value.tag !== 0x18)) throw new DerError('malformed time');
  const year = Number(m[1]);
  const full = m[1]!.length === 4 ? year : year < 50 ? 2000 + year : 1900 + year;
  const ms = Date.parse(`${String(full).padStart(4, '0')}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`);
  if (Number.isNaN(ms)) throw new DerError('malformed time');
  return ms;
}
