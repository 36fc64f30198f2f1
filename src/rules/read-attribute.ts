/** How rules read an attribute of an object, and as what text they compare its values. */
import {
  type AttributeValue,
  isBinary,
  isInstant,
  isLargeInteger,
  isReference,
  type Value,
  valuesOf,
} from '../model/value.ts';
import type { ObjectView } from './evaluation.ts';

export type Read = (view: ObjectView) => AttributeValue | undefined;

/** Reads one attribute. `dn` is the name of the object; the references of a reference attribute are its values. */
export function readerOf(attribute: string, isReferenceAttribute: boolean): Read {
  if (attribute === 'dn') return (view) => view.values.dn ?? view.dn;
  if (!isReferenceAttribute) return (view) => view.values[attribute];
  return (view) => view.values[attribute] ?? listOrNothing(view.references(attribute));
}

/** Whether the attribute has a value; never needs the references themselves. The empty string is no value. */
export function presenceOf(attribute: string, isReferenceAttribute: boolean): (view: ObjectView) => boolean {
  const read = readerOf(attribute, false);
  if (!isReferenceAttribute) return (view) => isPresent(read(view));
  return (view) => isPresent(read(view)) || view.referenceCount(attribute) > 0;
}

const listOrNothing = (values: readonly Value[]): readonly Value[] | undefined =>
  values.length > 0 ? values : undefined;

function isPresent(value: AttributeValue | undefined): boolean {
  if (value === undefined || value === '') return false;
  return !Array.isArray(value) || valuesOf(value).some((v) => v !== '');
}

/** The text by which a value is compared: what an administrator would write for it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (isBinary(value)) return value.base64;
  if (isInstant(value)) return value.date;
  if (isReference(value)) return value.dn;
  return value.int;
}

/** The whole number that a value is, exactly; undefined if it is none. */
export function integerOf(value: Value): number | bigint | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return parseInteger(value);
  return isLargeInteger(value) ? BigInt(value.int) : undefined;
}

/** The whole number that decimal text, `0x…` or `&H…` writes; undefined if it is none or not in 64 bits. */
export function parseInteger(text: string): number | bigint | undefined {
  const match = /^\s*([+-]?)(?:(\d{1,20})|(?:0x|&h)([0-9a-f]{1,16}))\s*$/i.exec(text);
  if (match === null) return undefined;
  const magnitude = match[2] === undefined ? BigInt(`0x${match[3]}`) : BigInt(match[2]);
  const exact = match[1] === '-' ? -magnitude : magnitude;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}
