/** Values of Active Directory from their bytes, by the syntax the schema gives them (active-directory s.2.4). */
import type { ReferenceTarget } from '../../model/change.ts';
import { integer, type Value } from '../../model/value.ts';
import type { AttributeSchema } from '../contract.ts';

/** A value that is not what the schema says. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

export interface AttributeReader {
  /** In the letter case of the schema. */
  readonly name: string;
  readonly type: AttributeSchema['type'];
  readonly multiValued: boolean;
  /** A forward link: DirSync reports its values one by one. */
  readonly isLink: boolean;
  /** Throws a `ValueError`. Not for references: those are read by `readReference`. */
  read(bytes: Buffer): Value;
}

/** The parts of `<GUID=…>;<SID=…>;CN=…` (MS-ADTS s.3.1.1.3.4.1.5); without the control just the DN. */
export interface ExtendedName {
  readonly guid?: string;
  readonly dn: string;
}

const prefix = '<GUID=';
const guidEnd = prefix.length + 36;

/** An extended DN in the text form, as the control with value 1 makes it. */
export function parseExtendedName(text: string): ExtendedName {
  if (text.charCodeAt(0) !== 0x3c) return { dn: text };
  let guid: string | undefined;
  if (text.startsWith(prefix) && text.charCodeAt(guidEnd) === 0x3e) {
    guid = text.slice(prefix.length, guidEnd).toLowerCase();
  }
  let at = 0;
  // Only leading `<…>` groups belong to the prefix: a DN may contain semicolons of its own.
  while (text.charCodeAt(at) === 0x3c) {
    const end = text.indexOf('>', at);
    if (end < 0) return { dn: text };
    at = text.charCodeAt(end + 1) === 0x3b ? end + 2 : end + 1;
  }
  const dn = text.slice(at);
  return guid === undefined ? { dn } : { guid, dn };
}

/** The target of a reference value. */
export function readReference(bytes: Buffer): ReferenceTarget {
  const { guid, dn } = parseExtendedName(bytes.toString('utf8'));
  return guid === undefined ? { dn } : { anchor: guid, dn };
}

const readText = (bytes: Buffer): Value => bytes.toString('utf8');
const readBinary = (bytes: Buffer): Value => ({ base64: bytes.toString('base64') });

function readInteger(bytes: Buffer): Value {
  const text = bytes.toString('latin1');
  if (/^-?\d{1,19}$/.test(text)) {
    // 15 digits are exact in a number; file times have 18.
    return text.length < 16 ? Number(text) : integer(BigInt(text));
  }
  throw new ValueError(`"${text.slice(0, 40)}" is no integer`);
}

function readBoolean(bytes: Buffer): Value {
  const text = bytes.toString('latin1').toUpperCase();
  if (text === 'TRUE') return true;
  if (text === 'FALSE') return false;
  throw new ValueError(`"${text.slice(0, 40)}" is neither TRUE nor FALSE`);
}

/** `B:32:<hexadecimal>:<DN>` or `S:5:<text>:<DN>`, whose DN is extended as well: the plain form. */
function readDnWithData(bytes: Buffer): Value {
  const text = bytes.toString('utf8');
  const match = /^[BS]:(\d{1,7}):/.exec(text);
  if (!match) return text;
  const dnAt = match[0].length + Number(match[1]) + 1;
  return text.slice(0, dnAt) + parseExtendedName(text.slice(dnAt)).dn;
}

/** How the values of an attribute are read, from its `attributeSyntax`; undefined for a syntax that is none of AD's. */
export function readerOf(
  syntax: string,
): { readonly type: AttributeSchema['type']; readonly read: (bytes: Buffer) => Value } | undefined {
  switch (syntax) {
    case '2.5.5.1':
      return { type: 'reference', read: readText };
    case '2.5.5.2':
    case '2.5.5.3':
    case '2.5.5.4':
    case '2.5.5.5':
    case '2.5.5.6':
    case '2.5.5.12':
    case '2.5.5.13':
      return { type: 'string', read: readText };
    case '2.5.5.7':
    case '2.5.5.14':
      return { type: 'string', read: readDnWithData };
    case '2.5.5.8':
      return { type: 'boolean', read: readBoolean };
    case '2.5.5.9':
    case '2.5.5.16':
      return { type: 'integer', read: readInteger };
    case '2.5.5.10':
    case '2.5.5.15':
    case '2.5.5.17':
      return { type: 'binary', read: readBinary };
    case '2.5.5.11':
      return { type: 'time', read: readText };
    default:
      return undefined;
  }
}
