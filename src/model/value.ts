/**
 * The value vocabulary that every room shares. All values are plain JSON, so that a stored attribute set is the very
 * string that is compared, and nothing has to be converted on the hot path.
 *
 * - text is a string, a number is a JSON number while it is a safe integer, otherwise a `LargeInteger`;
 * - bytes are `{base64}`, instants are `{date}` (UTC ISO 8601 with Z), references are `{dn}`.
 * A multi-valued attribute is always an array (never empty: an attribute without values is absent); a single-valued
 * attribute is always a scalar. Which of the two it is comes from the schema of the connected directory.
 */
export type Binary = { readonly base64: string };
export type Instant = { readonly date: string };
export type Reference = { readonly dn: string };
/** A 64-bit integer outside of the safe range of a JavaScript number, as decimal text. */
export type LargeInteger = { readonly int: string };
export type Value = string | number | boolean | Binary | Instant | Reference | LargeInteger;
export type AttributeValue = Value | readonly Value[];
/** Attribute name (in the letter case of the schema) to value. Absent means absent; there is no null. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export const isBinary = (v: unknown): v is Binary => typeof v === 'object' && v !== null && 'base64' in v;
export const isInstant = (v: unknown): v is Instant => typeof v === 'object' && v !== null && 'date' in v;
export const isReference = (v: unknown): v is Reference => typeof v === 'object' && v !== null && 'dn' in v;
export const isLargeInteger = (v: unknown): v is LargeInteger => typeof v === 'object' && v !== null && 'int' in v;

/** The values of an attribute as a list: empty if absent. */
export function valuesOf(value: AttributeValue | undefined): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}

/** Bytes as a value. */
export const binary = (bytes: Uint8Array): Binary => ({
  base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
});
/** The bytes of a binary value. */
export const bytesOf = (value: Binary): Buffer => Buffer.from(value.base64, 'base64');

/** An integer as a value: a number where that is exact. */
export function integer(value: bigint): number | LargeInteger {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : { int: value.toString() };
}

/** Text of one value that is equal exactly if the values are equal; also the order in which value sets are stored. */
export function valueKey(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The values sorted and without duplicates: the canonical form of a multi-valued attribute, which has no order. */
export function canonicalValues(values: readonly Value[]): Value[] {
  if (values.length < 2) return [...values];
  const byKey = new Map(values.map((v) => [valueKey(v), v] as const));
  return [...byKey.keys()].sort().map((k) => byKey.get(k) as Value);
}

/** Canonical text of an attribute set: names sorted, nothing absent. Two sets are equal exactly if their texts are. */
export function canonicalText(attributes: Attributes): string {
  const sorted: Record<string, AttributeValue> = {};
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value !== undefined) sorted[name] = value;
  }
  return JSON.stringify(sorted);
}

export function sameValue(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (typeof a !== 'object' && typeof b !== 'object') return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
