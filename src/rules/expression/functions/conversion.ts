/** Conversions (sync-engine s.3.5). NULL converts to NULL, except that CBool(NULL) is False. */
import { createHash } from 'node:crypto';
import { guidBytes, guidText, isGuidText } from '../../../model/guid.ts';
import { sidText } from '../../../model/sid.ts';
import { binary, bytesOf } from '../../../model/value.ts';
import { parseDate } from '../date.ts';
import { ExpressionError } from '../expression-error.ts';
import {
  bounded,
  isBytes,
  isDate,
  isDn,
  isInt64,
  isNumber,
  type Machine,
  type Raw,
  textOf,
  wrongType,
} from '../machine.ts';
import { bigOf, type Int64, int64, parseNumber, smallOf } from '../number.ts';
import { BINARY, BOOLEAN, DATE, NUMBER, REFERENCE, single, TEXT } from '../types.ts';
import { type FunctionSpec, type Implementation, signature } from './function-spec.ts';

function convert(name: string, sign: string, kinds: number, run: Implementation, cost = 1): FunctionSpec {
  return { name, category: 'conversion', ...signature(sign), mapping: 'perValue', result: single(kinds), run, cost };
}

/** Numbers are True unless they are 0; of texts only the words True and False and numbers mean something. */
const toBoolean: Implementation = (_m, a) => {
  if (typeof a === 'boolean') return a;
  if (a === undefined) return false;
  if (isNumber(a)) return a !== 0;
  if (typeof a !== 'string') return wrongType('True, False or a number', a);
  const word = a.trim().toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  const number = parseNumber(a);
  if (number === undefined) throw new ExpressionError(`${quoted(a)} is neither True nor False.`);
  return number !== 0;
};

const quoted = (value: string): string => JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);

/** Binary counts as a little-endian unsigned number, as the key rule needs it [C]. */
const toNumber: Implementation = (m, a) => {
  if (a === undefined || isNumber(a)) return a;
  if (isBytes(a)) return numberOfBytes(bytesOf(a));
  const number = parseNumber(textOf(m, a));
  if (number === undefined) throw new ExpressionError(`${quoted(a as string)} is not a number. Guard with IsNumeric.`);
  return number;
};

function numberOfBytes(bytes: Buffer): Int64 {
  if (bytes.length > 8) throw new ExpressionError('A number has at most 8 bytes.');
  return int64(bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n));
}

const toDate: Implementation = (m, a) => {
  if (a === undefined || isDate(a)) return a;
  const date = parseDate(textOf(m, a));
  if (!date) throw new ExpressionError(`${quoted(a as string)} is not a date. Guard with IsDate.`);
  return date;
};

/** Text of a number, reference or boolean; of a text the text itself (the default rules do that). */
export function textFrom(v: Raw): string | undefined {
  if (v === undefined || typeof v === 'string') return v;
  if (typeof v === 'number') return String(v);
  if (typeof v === 'boolean') return v ? 'True' : 'False';
  if (isInt64(v)) return v.int;
  if (isDn(v)) return v.dn;
  return isDate(v) ? v.date : undefined;
}
const toText: Implementation = (_m, a) => {
  if (a === undefined) return undefined;
  return textFrom(a) ?? wrongType('a number, a reference, True or False', a);
};

const toReference: Implementation = (m, a) => {
  if (a === undefined || a === '' || isDn(a)) return a === '' ? undefined : a;
  return { dn: textOf(m, a) };
};

const toGuid: Implementation = (m, a) => {
  if (a === undefined) return undefined;
  const bytes = guidBytes(textOf(m, a));
  if (!bytes) throw new ExpressionError(`${quoted(a as string)} is not a GUID. Guard with IsGuid.`);
  return binary(bytes);
};

/** A number as so many little-endian bytes (undocumented; the key rule builds lengths and tags with it [C]). */
const toBytes: Implementation = (_m, a, b) => {
  if (a === undefined || b === undefined) return undefined;
  const [value, length] = [bigOf(a), smallOf(b)];
  if (length < 1 || length > 8) throw new ExpressionError('CBin makes 1 to 8 bytes.');
  const limit = 1n << BigInt(8 * length);
  if (value >= limit || value < -(limit / 2n)) throw new ExpressionError(`${value} does not fit into ${length} bytes.`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return binary(bytes.subarray(0, length));
};

/** SHA-256 of binary (undocumented; in the key rule it fills the KeyHash entry, which is one: MS-ADTS s.2.2.20). */
const thumbprint: Implementation = (m, a) => {
  if (a === undefined) return undefined;
  if (!isBytes(a)) return wrongType('binary', a);
  m.charge(20 + (a.base64.length >> 5));
  return binary(createHash('sha256').update(bytesOf(a)).digest());
};

const encodings = ['Unicode', 'ASCII', 'UTF8'] as const;
const decoders: Readonly<Record<string, (bytes: Buffer) => string>> = {
  Unicode: (bytes) => bytes.toString('utf16le'),
  ASCII: (bytes) => bytes.toString('latin1').replace(/[\u0080-\u00ff]/g, '?'),
  UTF8: (bytes) => bytes.toString('utf8'),
};

const fromBase64: Implementation = (m, a, b) => {
  if (a === undefined) return undefined;
  const source = textOf(m, a).replace(/\s/g, '');
  if (source.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(source)) {
    throw new ExpressionError('The text is not base64.');
  }
  const decode = decoders[b === undefined ? 'Unicode' : textOf(m, b)];
  if (!decode) throw new ExpressionError(`The encoding must be one of ${encodings.join(', ')}.`);
  return decode(Buffer.from(source, 'base64'));
};

const toBase64: Implementation = (m, a) => {
  if (a === undefined) return undefined;
  return isBytes(a) ? a.base64 : bounded(Buffer.from(textOf(m, a), 'utf16le').toString('base64'));
};

const fromUtf8Hex: Implementation = (m, a) => {
  if (a === undefined) return undefined;
  const source = textOf(m, a);
  if (source.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(source)) {
    throw new ExpressionError('The text is not hexadecimal.');
  }
  return Buffer.from(source, 'hex').toString('utf8');
};

const toUtf8Hex: Implementation = (m, a) =>
  a === undefined ? undefined : bounded(Buffer.from(textOf(m, a), 'utf8').toString('hex').toUpperCase());

function fromBytes(what: string, f: (bytes: Buffer) => string): Implementation {
  return (_m: Machine, a) => {
    if (a === undefined) return undefined;
    const bytes = isBytes(a) ? bytesOf(a) : wrongType('binary', a);
    try {
      return f(bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ExpressionError(`The binary value is not ${what}: ${error.message}.`);
    }
  };
}

/** IsGuid: whether CGuid would work. Lives here, beside what it guards. */
const isGuid: Implementation = (_m, a) => typeof a === 'string' && isGuidText(a);

export const conversionFunctions: readonly FunctionSpec[] = [
  convert('CBool', 'var value', BOOLEAN, toBoolean),
  convert('CDate', 'var value', DATE, toDate, 10),
  convert('CGuid', 'str guid', BINARY, toGuid, 10),
  convert('CNum', 'var value', NUMBER, toNumber),
  convert('CRef', 'var value', REFERENCE, toReference),
  convert('CStr', 'var value', TEXT, toText),
  convert('CBin', 'num value, num length', BINARY, toBytes, 10),
  { ...convert('Thumbprint', 'bin value', BINARY, thumbprint), cost: 20 },
  convert('ConvertFromBase64', `str source, [enum encoding: ${encodings.join(' ')}]`, TEXT, fromBase64, 10),
  convert('ConvertToBase64', 'bin|str source', TEXT, toBase64, 10),
  convert('ConvertFromUTF8Hex', 'str source', TEXT, fromUtf8Hex, 10),
  convert('ConvertToUTF8Hex', 'str source', TEXT, toUtf8Hex, 10),
  convert('StringFromGuid', 'bin guid', TEXT, fromBytes('a GUID', guidText), 20),
  convert('StringFromSid', 'bin sid', TEXT, fromBytes('a security identifier', sidText), 20),
  { ...convert('IsGuid', 'str guid', BOOLEAN, isGuid), category: 'evaluation' },
];
