/** Brings the result of a flow into the shape of the attribute it is for. */
import {
  type AttributeValue,
  canonicalValues,
  isBinary,
  isInstant,
  isLargeInteger,
  isReference,
  type Value,
  valueKey,
} from '../model/value.ts';
import type { TargetShape } from './compiled.ts';
import type { RuleErrorDetail } from './evaluation.ts';
import type { Syntax } from './metaverse-attributes.ts';
import { indexedLimit } from './metaverse-schema.ts';

export type Shaped =
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'none' }
  | { readonly kind: 'error'; readonly error: RuleErrorDetail };

const none: Shaped = { kind: 'none' };

/** Whether the value needs nothing: the usual case, decided without allocating. */
export function isInShape(value: AttributeValue, shape: TargetShape): boolean {
  if (typeof value === 'string') {
    if (value === '' || shape.multiValued === true) return false;
    if (shape.syntax === undefined) return true;
    return shape.syntax === 'string' && (shape.indexed !== true || value.length <= indexedLimit);
  }
  if (typeof value === 'object') return false;
  return shape.multiValued !== true && (shape.syntax === undefined || shape.syntax === typeof value);
}

/**
 * The value as the target holds it: empty strings are no value (architecture s.4), a multi-valued attribute is a
 * canonical array, a single-valued one a scalar. Errors: `flow-multi-values-to-single-value`,
 * `cs-attribute-type-mismatch`, `mv-constraint-violation` (sync-engine s.1.11).
 */
export function shapeValue(value: AttributeValue, shape: TargetShape): Shaped {
  if (Array.isArray(value)) return shapeList(value as readonly Value[], shape);
  if (value === '') return none;
  const one = convert(value as Value, shape.syntax);
  if (one === undefined) return mismatch(value as Value, shape);
  if (isTooLong(one, shape)) return tooLong(one as string);
  return { kind: 'value', value: shape.multiValued === true ? [one] : one };
}

function shapeList(values: readonly Value[], shape: TargetShape): Shaped {
  const list: Value[] = [];
  for (const value of values) {
    if (value === '') continue;
    const one = convert(value, shape.syntax);
    if (one === undefined) return mismatch(value, shape);
    if (isTooLong(one, shape)) return tooLong(one as string);
    list.push(one);
  }
  if (list.length === 0) return none;
  if (shape.multiValued !== false) return { kind: 'value', value: canonicalList(list) };
  const canonical = canonicalValues(list);
  return canonical.length === 1 ? { kind: 'value', value: canonical[0] as Value } : severalValues(canonical.length);
}

/** `canonicalValues`, without sorting what is sorted: stored values are. */
function canonicalList(list: Value[]): Value[] {
  for (let i = 1; i < list.length; i++) {
    if (valueKey(list[i - 1] as Value) >= valueKey(list[i] as Value)) return canonicalValues(list);
  }
  return list;
}

/**
 * The value in the syntax of the target; undefined if it would lose something. Type conversion is not implied
 * (sync-engine s.2.6), but directories without a schema deliver numbers and booleans as text, so that what is
 * unambiguous goes through.
 */
function convert(value: Value, syntax: Syntax | undefined): Value | undefined {
  switch (syntax) {
    case undefined:
      return value;
    case 'string':
      return toText(value);
    case 'number':
      return toNumber(value);
    case 'boolean':
      return toBoolean(value);
    case 'binary':
      return isBinary(value) ? value : undefined;
    case 'reference':
      return isReference(value) ? value : undefined;
  }
}

function toText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isInstant(value)) return value.date;
  if (isReference(value)) return value.dn;
  return isLargeInteger(value) ? value.int : undefined;
}

function toNumber(value: Value): Value | undefined {
  if (typeof value === 'number' || isLargeInteger(value)) return value;
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return undefined;
  const exact = BigInt(value);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : { int: exact.toString() };
}

function toBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  const lower = value.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

const isTooLong = (value: Value, shape: TargetShape): boolean =>
  shape.indexed === true && typeof value === 'string' && value.length > indexedLimit;

const tooLong = (value: string): Shaped => ({
  kind: 'error',
  error: {
    code: 'mv-constraint-violation',
    message: `The value has ${value.length} characters; an indexed metaverse attribute holds at most ${indexedLimit}. Shorten it in the flow, for example with Left(…, ${indexedLimit}).`,
  },
});

const mismatch = (value: Value, shape: TargetShape): Shaped => ({
  kind: 'error',
  error: {
    code: 'cs-attribute-type-mismatch',
    message: `The value ${JSON.stringify(value).slice(0, 100)} does not fit an attribute of type ${shape.syntax}. Convert it in the flow.`,
  },
});

/** The error of a flow that gives several values to an attribute that holds one. */
export const severalValues = (count: number): Shaped & { readonly kind: 'error' } => ({
  kind: 'error',
  error: {
    code: 'flow-multi-values-to-single-value',
    message: `The flow gives ${count} values to an attribute that holds one. Choose one of them in the flow, for example with Item([…], 1).`,
  },
});
