/** The parameters of IDL_DRSGetNCChanges, version 8 (MS-DRSR s.4.1.10.2.6). */
import { guidBytes } from '../../../model/guid.ts';
import { requestedAttributes, requestPrefixes } from './attributes.ts';
import { NdrWriter } from './ndr.ts';
import type { Cursor, UsnVector } from './watermark.ts';

export interface ChangesRequest {
  readonly handle: Buffer;
  /** A naming context, or the one object asked for: by DN or by GUID. */
  readonly target: { readonly dn: string } | { readonly guid: string };
  readonly single: boolean;
  readonly destination: string;
  /** Invocation id of the server as it was when the USN vector was made; zero if unknown. */
  readonly invocationId: string;
  readonly usn: UsnVector;
  readonly cursors: readonly Cursor[];
  readonly maxObjects: number;
  readonly maxBytes: number;
}

/** DRS_INIT_SYNC and DRS_WRIT_REP (MS-DRSR s.5.41). Never DRS_SPECIAL_SECRET_PROCESSING, which strips the secrets. */
const flags = 0x20 | 0x10;
/** EXOP_REPL_OBJ (MS-DRSR s.4.1.10.2, EXOP_REQ codes). */
const replicateObject = 6;

export function changesRequest(request: ChangesRequest): Buffer {
  const writer = new NdrWriter().bytes(request.handle).u32(8).u32(8).align(8);
  writer.bytes(guidBytes(request.destination)!).bytes(guidBytes(request.invocationId)!);
  writer.pointer(true).align(8);
  for (const usn of request.usn) writer.u64(usn);
  writer.pointer(request.cursors.length > 0).u32(flags);
  writer.u32(request.maxObjects).u32(request.maxBytes);
  writer.u32(request.single ? replicateObject : 0).u64(0n);
  writer.pointer(true).pointer(false).u32(requestPrefixes.length).pointer(true);
  writeName(writer, request.target);
  if (request.cursors.length > 0) writeCursors(writer, request.cursors);
  writeAttributes(writer);
  writePrefixes(writer);
  return writer.finish();
}

/** DSNAME (MS-DRSR chapter 5). */
function writeName(writer: NdrWriter, target: ChangesRequest['target']): void {
  const name = 'dn' in target ? target.dn : '';
  writer
    .u32(name.length + 1)
    .u32(56 + 2 * (name.length + 1))
    .u32(0);
  writer.bytes('guid' in target ? guidBytes(target.guid)! : Buffer.alloc(16)).bytes(Buffer.alloc(28));
  writer.u32(name.length).bytes(Buffer.from(`${name}\0`, 'utf16le'));
}

/** UPTODATE_VECTOR_V1_EXT (MS-DRSR chapter 5). */
function writeCursors(writer: NdrWriter, cursors: readonly Cursor[]): void {
  writer.align(4).u32(cursors.length).align(8).u32(1).u32(0).u32(cursors.length).u32(0);
  for (const cursor of cursors) writer.bytes(guidBytes(cursor.invocationId)!).u64(cursor.usn);
}

/** PARTIAL_ATTR_VECTOR_V1_EXT (MS-DRSR chapter 5). */
function writeAttributes(writer: NdrWriter): void {
  writer.u32(requestedAttributes.length).u32(1).u32(0).u32(requestedAttributes.length);
  for (const id of requestedAttributes) writer.u32(id);
}

/** SCHEMA_PREFIX_TABLE (MS-DRSR chapter 5). */
function writePrefixes(writer: NdrWriter): void {
  writer.u32(requestPrefixes.length);
  for (const prefix of requestPrefixes) writer.u32(prefix.index).u32(prefix.bytes.length).pointer(true);
  for (const prefix of requestPrefixes) writer.u32(prefix.bytes.length).bytes(prefix.bytes).align(4);
}
