/** Values and references in the form a modify request takes. Pure. */
import type { ReferenceTarget } from '../../model/change.ts';
import { msToFiletime, msToGeneralizedTime } from '../../model/filetime.ts';
import { isGuidText } from '../../model/guid.ts';
import {
  type AttributeValue,
  bytesOf,
  isBinary,
  isInstant,
  isLargeInteger,
  isReference,
  type Value,
  valuesOf,
} from '../../model/value.ts';
import type { AttributeReader } from './values.ts';

/** The values as the directory takes them. Throws a RangeError for an instant that is none. */
export function ldapValues(value: AttributeValue | null, reader: AttributeReader): (string | Buffer)[] {
  return value === null ? [] : valuesOf(value).map((v) => ldapValue(v, reader));
}

function ldapValue(value: Value, reader: AttributeReader): string | Buffer {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (isBinary(value)) return bytesOf(value);
  if (isLargeInteger(value)) return value.int;
  if (isReference(value)) return value.dn;
  if (isInstant(value)) {
    const ms = Date.parse(value.date);
    if (Number.isNaN(ms)) throw new RangeError(`"${value.date}" is no instant`);
    return reader.type === 'integer' ? msToFiletime(ms).toString() : msToGeneralizedTime(ms);
  }
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}

/** By GUID where it is known: a DN may have changed since it was read. Undefined if the target has neither. */
export const ldapReference = ({ anchor, dn }: ReferenceTarget): string | undefined =>
  anchor !== undefined && isGuidText(anchor) ? `<GUID=${anchor}>` : dn;
