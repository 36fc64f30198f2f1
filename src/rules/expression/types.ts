/** The static types of the language (sync-engine s.3.3) and what a schema tells about attributes. */

/** Kinds a single value can have, as bits: what an expression may give is a set of them. */
export const TEXT = 1;
export const NUMBER = 2;
export const BOOLEAN = 4;
export const BINARY = 8;
export const DATE = 16;
export const REFERENCE = 32;
export const ANY = 63;

export interface StaticType {
  /** Kinds of the values; 0 if there never is a value (NULL, Error). */
  readonly kinds: number;
  /** Whether there may be several. */
  readonly multi: 'no' | 'maybe' | 'yes';
}

export const NOTHING: StaticType = { kinds: 0, multi: 'no' };
export const single = (kinds: number): StaticType => ({ kinds, multi: 'no' });
export const several = (kinds: number): StaticType => ({ kinds, multi: 'yes' });

/** The type of a value that is one or the other. */
export function either(a: StaticType, b: StaticType): StaticType {
  if (a.kinds === 0) return b;
  if (b.kinds === 0) return a;
  return { kinds: a.kinds | b.kinds, multi: a.multi === b.multi ? a.multi : 'maybe' };
}

/** Whether something made value by value of these gives several values. */
export function perValueMulti(types: readonly StaticType[]): StaticType['multi'] {
  if (types.some((t) => t.multi === 'yes')) return 'yes';
  return types.some((t) => t.multi === 'maybe') ? 'maybe' : 'no';
}

const kindNames: readonly (readonly [number, string])[] = [
  [TEXT, 'text'],
  [NUMBER, 'a number'],
  [BOOLEAN, 'True or False'],
  [BINARY, 'binary'],
  [DATE, 'a date'],
  [REFERENCE, 'a reference'],
];

/** The kinds in words: `text or a number`. */
export function describeKinds(kinds: number): string {
  if (kinds === ANY) return 'a value';
  return (
    kindNames
      .filter(([bit]) => kinds & bit)
      .map(([, name]) => name)
      .join(' or ') || 'nothing'
  );
}

export type AttributeKind = 'string' | 'number' | 'integer' | 'boolean' | 'binary' | 'reference' | 'time';
export interface AttributeType {
  readonly type: AttributeKind;
  readonly multiValued: boolean;
}
/** What is known about the source side of a rule. Without one, any attribute may be anything. */
export interface ExpressionSchema {
  /** undefined: there is no such attribute. */
  attribute(name: string): AttributeType | undefined;
  /** For suggestions. */
  attributeNames(): Iterable<string>;
  /** If absent, any parameter is accepted. */
  readonly parameters?: Iterable<string>;
}

const kindBits: Readonly<Record<AttributeKind, number>> = {
  string: TEXT,
  number: NUMBER,
  integer: NUMBER,
  boolean: BOOLEAN,
  binary: BINARY,
  reference: REFERENCE,
  time: DATE,
};

export const typeOfAttribute = (attribute: AttributeType): StaticType => ({
  kinds: kindBits[attribute.type],
  multi: attribute.multiValued ? 'yes' : 'no',
});
