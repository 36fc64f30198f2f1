/**
 * The answer of IDL_DRSGetNCChanges, version 6 (MS-DRSR s.4.1.10.2.12) or 9, which differ only in the
 * link values that are not read here.
 */
import { guidText } from '../../../model/guid.ts';
import type { Prefix } from './attributes.ts';
import { NdrError, NdrReader } from './ndr.ts';
import type { Cursor, UsnVector } from './watermark.ts';

export interface ReplyAttribute {
  readonly id: number;
  /** Views into the answer. Empty if the attribute was cleared. */
  readonly values: readonly Buffer[];
  /** Of the last change: how often the attribute was written, and when, in seconds since 1601. */
  readonly version: number;
  readonly changedAt: bigint;
}
export interface ReplyObject {
  readonly dn: string;
  readonly guid: string;
  /** Binary SID; empty if the object has none. */
  readonly sid: Buffer;
  readonly attributes: readonly ReplyAttribute[];
}
export interface ChangesReply {
  readonly invocationId: string;
  readonly usnTo: UsnVector;
  readonly cursors: readonly Cursor[];
  readonly prefixes: readonly Prefix[];
  readonly objects: readonly ReplyObject[];
  readonly moreData: boolean;
  /** Estimate of the objects in the naming context; 0 if unknown. */
  readonly estimatedTotal: number;
  /** Result of an extended operation: 1 is success (MS-DRSR s.4.1.10.2, EXOP_ERR codes). */
  readonly extendedResult: number;
  /** Windows error of the replication; 0 if none. */
  readonly error: number;
}

/** The return value of the call, a Windows error code: the last four bytes of the answer. */
export function replyStatus(answer: Buffer): number {
  if (answer.length < 4) throw new NdrError('the answer is empty.');
  return answer.readUInt32LE(answer.length - 4);
}

/** The parsed answer of a call that succeeded. Throws `NdrError` for everything that is not exactly such an answer. */
export function parseReply(answer: Buffer): ChangesReply {
  const reader = new NdrReader(answer.subarray(0, Math.max(0, answer.length - 4)));
  const version = reader.u32('the version');
  if (reader.u32('the version') !== version) throw new NdrError('the version is contradictory.');
  if (version !== 6 && version !== 9) {
    throw new NdrError(`it has version ${version} instead of 6 or 9; compressed replies were not asked for.`);
  }
  reader.align(8);
  reader.bytes(16, 'the server');
  const invocationId = guidText(reader.bytes(16, 'the invocation id'));
  const hasName = reader.pointer('the naming context');
  readUsnVector(reader);
  const usnTo = readUsnVector(reader);
  const hasCursors = reader.pointer('the up-to-dateness vector');
  const prefixCount = reader.u32('the number of prefixes');
  const hasPrefixes = reader.pointer('the prefix table');
  const extendedResult = reader.u32('the extended result');
  const objectCount = reader.u32('the number of objects');
  reader.u32('the size');
  const hasObjects = reader.pointer('the objects');
  const moreData = reader.u32('the mark for more data') !== 0;
  const estimatedTotal = reader.u32('the estimate');
  reader.u32('the estimate of links');
  reader.u32('the number of links');
  reader.u32('the links');
  const error = reader.u32('the error');
  if (hasName) readName(reader);
  const cursors = hasCursors ? readCursors(reader) : [];
  const prefixes = hasPrefixes ? readPrefixes(reader, prefixCount) : [];
  const objects = hasObjects ? readObjects(reader, objectCount) : [];
  if (objects.length !== objectCount) {
    throw new NdrError(`it announces ${objectCount} objects and holds ${objects.length}.`);
  }
  return { invocationId, usnTo, cursors, prefixes, objects, moreData, estimatedTotal, extendedResult, error };
}

function readUsnVector(reader: NdrReader): UsnVector {
  return [reader.u64('a USN'), reader.u64('a USN'), reader.u64('a USN')];
}

/** DSNAME (MS-DRSR chapter 5): a conformant structure that ends with a UTF-16 name and a NUL. */
function readName(reader: NdrReader): { dn: string; guid: string; sid: Buffer } {
  const size = reader.count('a name', 2);
  reader.u32('the size of a name');
  const sidSize = reader.u32('the size of a SID');
  const guid = guidText(reader.bytes(16, 'a GUID'));
  const sid = reader.bytes(28, 'a SID');
  const length = reader.u32('the length of a name');
  const text = reader.bytes(2 * size, 'a name');
  if (sidSize > 28) throw new NdrError(`a SID has ${sidSize} bytes.`);
  if (length >= size && size > 0) throw new NdrError('a name is longer than its room.');
  return { dn: text.toString('utf16le', 0, 2 * length), guid, sid: sid.subarray(0, sidSize) };
}

/** UPTODATE_VECTOR_V2_EXT (MS-DRSR chapter 5). */
function readCursors(reader: NdrReader): Cursor[] {
  const room = reader.count('the up-to-dateness vector', 32);
  reader.align(8);
  const version = reader.u32('the version of the vector');
  reader.u32('a reserved field');
  const count = reader.u32('the number of cursors');
  reader.u32('a reserved field');
  if (version !== 2 || count !== room) throw new NdrError('the up-to-dateness vector is contradictory.');
  return Array.from({ length: count }, () => {
    reader.align(8);
    const invocationId = guidText(reader.bytes(16, 'a cursor'));
    const usn = reader.u64('a cursor');
    reader.u64('a cursor');
    return { invocationId, usn };
  });
}

function readPrefixes(reader: NdrReader, expected: number): Prefix[] {
  const count = reader.count('the prefix table', 12);
  if (count !== expected) throw new NdrError('the prefix table is contradictory.');
  const heads = Array.from({ length: count }, () => ({
    index: reader.u32('a prefix'),
    size: reader.u32('a prefix'),
    present: reader.pointer('a prefix'),
  }));
  return heads
    .filter((head) => head.present)
    .map(({ index, size }) => {
      reader.conformance(size, 'a prefix');
      return { index, bytes: Buffer.from(reader.bytes(size, 'a prefix')) };
    });
}

interface ObjectHead {
  readonly name: boolean;
  readonly attributeCount: number;
  readonly attributes: boolean;
  readonly parent: boolean;
  readonly metadata: boolean;
}

/**
 * REPLENTINFLIST (MS-DRSR chapter 5). The link to the next element is its first member, so that NDR puts all fixed parts
 * one after the other and then what they point to from the last object to the first.
 */
function readObjects(reader: NdrReader, expected: number): ReplyObject[] {
  const heads: ObjectHead[] = [];
  for (let next = true; next; ) {
    if (heads.length >= expected) throw new NdrError('it holds more objects than it announces.');
    next = reader.pointer('an object');
    const name = reader.pointer('an object');
    reader.u32('the flags of an object');
    const attributeCount = reader.u32('the number of attributes');
    const attributes = reader.pointer('an object');
    reader.u32('an object');
    heads.push({
      name,
      attributeCount,
      attributes,
      parent: reader.pointer('an object'),
      metadata: reader.pointer('an object'),
    });
  }
  const objects: ReplyObject[] = [];
  for (let i = heads.length - 1; i >= 0; i--) objects.push(readObject(reader, heads[i]!));
  return objects.reverse();
}

function readObject(reader: NdrReader, head: ObjectHead): ReplyObject {
  if (!head.name) throw new NdrError('an object has no name.');
  const name = readName(reader);
  const values = head.attributes ? readAttributes(reader, head.attributeCount) : [];
  if (values.length !== head.attributeCount) throw new NdrError('an object lacks its attributes.');
  if (head.parent) reader.bytes(16, 'a parent');
  if (head.metadata) readMetadata(reader, values);
  return { ...name, attributes: values };
}

/** ATTRBLOCK and what it points to (MS-DRSR chapter 5); without metadata as yet. */
function readAttributes(reader: NdrReader, expected: number): Mutable<ReplyAttribute>[] {
  const count = reader.count('the attributes', 12);
  if (count !== expected) throw new NdrError('the number of attributes is contradictory.');
  const attributes: Mutable<ReplyAttribute>[] = [];
  const announced: number[] = [];
  for (let i = 0; i < count; i++) {
    const id = reader.u32('an attribute');
    const values = reader.u32('an attribute');
    attributes.push({ id, values: noValues, version: 0, changedAt: 0n });
    announced.push(reader.pointer('an attribute') ? values : -1);
  }
  for (let i = 0; i < count; i++) if (announced[i]! >= 0) attributes[i]!.values = readValues(reader, announced[i]!);
  return attributes;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const noValues: readonly Buffer[] = [];

function readValues(reader: NdrReader, expected: number): Buffer[] {
  const count = reader.count('the values', 8);
  if (count !== expected) throw new NdrError('the number of values is contradictory.');
  const sizes: number[] = [];
  for (let i = 0; i < count; i++) {
    const size = reader.u32('a value');
    if (reader.pointer('a value')) sizes.push(size);
  }
  const values: Buffer[] = [];
  for (const size of sizes) {
    reader.conformance(size, 'a value');
    values.push(reader.bytes(size, 'a value'));
  }
  return values;
}

/** PROPERTY_META_DATA_EXT_VECTOR (MS-DRSR chapter 5): one entry an attribute, in their order. */
function readMetadata(reader: NdrReader, attributes: readonly Mutable<ReplyAttribute>[]): void {
  const room = reader.count('the metadata', 40);
  reader.align(8);
  const count = reader.u32('the metadata');
  if (count !== room || count !== attributes.length) throw new NdrError('the metadata is contradictory.');
  for (const attribute of attributes) {
    reader.align(8);
    attribute.version = reader.u32('the metadata');
    attribute.changedAt = reader.u64('the metadata');
    reader.skip(24, 'the metadata');
  }
}
