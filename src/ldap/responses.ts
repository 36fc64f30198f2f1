/** Responses from the wire (RFC 4511 s.4). */
import { BerError, type BerReader } from './ber-reader.ts';
import type { LdapControl, LdapEntry, LdapResult } from './types.ts';

export const RESPONSE = {
  bind: 0x61,
  searchEntry: 0x64,
  searchDone: 0x65,
  modify: 0x67,
  add: 0x69,
  delete: 0x6b,
  rename: 0x6d,
  searchReference: 0x73,
  extended: 0x78,
  intermediate: 0x79,
} as const;

export interface ExtendedResult extends LdapResult {
  readonly oid?: string;
  readonly value?: Buffer;
}
export interface BindResult extends LdapResult {
  readonly serverCredentials?: Buffer;
}

/** LDAPResult and what a bind or extended response has behind it; the reader is at the protocol operation. */
export function readResult(reader: BerReader, tag: number): ExtendedResult & BindResult {
  const outer = reader.enter(tag);
  const code = reader.integer(0x0a);
  const matchedDn = reader.text();
  const message = reader.text();
  const referrals = reader.peek() === 0xa3 ? readTexts(reader, 0xa3) : [];
  const serverCredentials = tag === RESPONSE.bind && reader.peek() === 0x87 ? reader.octets(0x87) : undefined;
  const oid = tag === RESPONSE.extended && reader.peek() === 0x8a ? reader.text(0x8a) : undefined;
  const value = tag === RESPONSE.extended && reader.peek() === 0x8b ? reader.octets(0x8b) : undefined;
  reader.leave(outer);
  const controls = readControls(reader);
  return {
    code,
    matchedDn,
    message,
    referrals,
    controls,
    ...(serverCredentials === undefined ? {} : { serverCredentials }),
    ...(oid === undefined ? {} : { oid }),
    ...(value === undefined ? {} : { value }),
  };
}

/** SearchResultReference: the URIs. */
export const readReference = (reader: BerReader): string[] => readTexts(reader, RESPONSE.searchReference);

export function readIntermediate(reader: BerReader): { oid: string; value: Buffer | undefined } {
  const outer = reader.enter(RESPONSE.intermediate);
  const oid = reader.peek() === 0x80 ? reader.text(0x80) : '';
  const value = reader.peek() === 0x81 ? reader.octets(0x81) : undefined;
  reader.leave(outer);
  return { oid, value };
}

/** Reads SearchResultEntry. Knows the attribute names it has seen, so that they are decoded once per connection. */
export class EntryReader {
  readonly #names = new Map<number, KnownName[]>();
  #known = 0;

  /** The values of the entry are views of the reader's buffer. */
  read(reader: BerReader): LdapEntry {
    const outer = reader.enter(RESPONSE.searchEntry);
    const dn = reader.text();
    const attributes: { name: string; options: string; values: Buffer[] }[] = [];
    const { buffer } = reader;
    const afterList = reader.enter(0x30);
    while (reader.at < reader.end) {
      const afterAttribute = reader.enter(0x30);
      const nameEnd = reader.header(0x04);
      const known = this.#name(buffer, reader.at, nameEnd);
      reader.at = nameEnd;
      const values: Buffer[] = [];
      const afterValues = reader.enter(0x31);
      while (reader.at < reader.end) values.push(reader.octets());
      reader.leave(afterValues);
      reader.leave(afterAttribute);
      attributes.push({ name: known.name, options: known.options, values });
    }
    reader.leave(afterList);
    reader.leave(outer);
    if (reader.at >= reader.end) return { dn, attributes };
    const controls = readControls(reader);
    return { dn, attributes, controls };
  }

  #name(buffer: Buffer, from: number, to: number): KnownName {
    const length = to - from;
    if (length === 0) throw new BerError('An attribute has no name.');
    const key = (length << 16) | (buffer[from + (length >> 1)]! << 8) | buffer[to - 1]!;
    const candidates = this.#names.get(key);
    if (candidates !== undefined) {
      for (const candidate of candidates) if (equals(candidate.bytes, buffer, from)) return candidate;
    }
    const text = buffer.toString('utf8', from, to);
    const semicolon = text.indexOf(';');
    const name: KnownName = {
      bytes: Buffer.from(buffer.subarray(from, to)),
      name: semicolon < 0 ? text : text.slice(0, semicolon),
      options: semicolon < 0 ? '' : text.slice(semicolon + 1),
    };
    // Every range of a group is a new name: what is remembered stays bounded.
    if (this.#known < 4096) {
      this.#known++;
      if (candidates === undefined) this.#names.set(key, [name]);
      else candidates.push(name);
    }
    return name;
  }
}

interface KnownName {
  readonly bytes: Buffer;
  readonly name: string;
  readonly options: string;
}

/** The candidate has the right length already: it is part of the key. */
function equals(known: Buffer, buffer: Buffer, from: number): boolean {
  for (let i = 0; i < known.length; i++) if (known[i] !== buffer[from + i]) return false;
  return true;
}

function readTexts(reader: BerReader, tag: number): string[] {
  const texts: string[] = [];
  const outer = reader.enter(tag);
  while (reader.at < reader.end) texts.push(reader.text());
  reader.leave(outer);
  return texts;
}

function readControls(reader: BerReader): LdapControl[] {
  const controls: LdapControl[] = [];
  if (reader.peek() !== 0xa0) return controls;
  const outer = reader.enter(0xa0);
  while (reader.at < reader.end) {
    const afterControl = reader.enter(0x30);
    const oid = reader.text();
    const critical = reader.peek() === 0x01 ? reader.boolean() : false;
    const value = reader.peek() === 0x04 ? reader.octets() : undefined;
    reader.leave(afterControl);
    controls.push({ oid, critical, ...(value === undefined ? {} : { value }) });
  }
  reader.leave(outer);
  return controls;
}
