/** Whole objects from entries of a search or of a DirSync that started from nothing. Pure. */
import { rangeOf } from '../../ldap/ranges.ts';
import type { LdapAttribute, LdapEntry } from '../../ldap/types.ts';
import type { DiscoveryError, ImportedObject, ImportItem, ReferenceTarget } from '../../model/change.ts';
import { guidText } from '../../model/guid.ts';
import { type AttributeValue, canonicalValues, type Value } from '../../model/value.ts';
import type { Selection } from './selection.ts';
import { type AttributeReader, parseExtendedName, readReference, ValueError } from './values.ts';

/** What an entry says of itself besides the attributes that are wanted. */
export interface EntryFacts {
  readonly anchor: string | undefined;
  readonly dn: string;
  readonly isDeleted: boolean;
  /** `isDeleted` came without a value: the object was restored. */
  readonly isRestored: boolean;
  readonly classes: readonly Buffer[] | undefined;
  readonly name: string | undefined;
  /** Only a creation reports the time of it, so everything else of the object is there as well. */
  readonly isWhole: boolean;
}

const deletedContainer = ',CN=Deleted Objects,';

export function readFacts(entry: LdapEntry): EntryFacts {
  const { guid, dn } = parseExtendedName(entry.dn);
  let anchor = guid;
  let isDeleted = false;
  let isRestored = false;
  let classes: readonly Buffer[] | undefined;
  let name: string | undefined;
  let isWhole = false;
  for (const { name: attribute, values } of entry.attributes) {
    if (attribute === 'objectGUID') {
      if (anchor === undefined && values[0]?.length === 16) anchor = guidText(values[0]);
    } else if (attribute === 'objectClass') classes = values.length > 0 ? values : undefined;
    else if (attribute === 'name') name = values[0]?.toString('utf8');
    else if (attribute === 'isDeleted') {
      if (values.length === 0) isRestored = true;
      else if (values[0]?.toString('latin1').toUpperCase() === 'TRUE') isDeleted = true;
    } else if (attribute === 'whenCreated') isWhole = values.length > 0;
  }
  // Any control character in a name of AD is the mark of a deleted or conflicting object: \0ADEL:, \0ACNF:.
  isDeleted ||= dn.includes('\\0ADEL:') && dn.includes(deletedContainer);
  return { anchor, dn, isDeleted, isRestored, classes, name, isWhole };
}

export type DecodedEntry =
  /** `incomplete`: attributes of which the server returned the first piece only. */
  | { readonly kind: 'object'; readonly object: ImportedObject; readonly incomplete: readonly string[] }
  | { readonly kind: 'deleted'; readonly anchor: string | undefined }
  /** More link values of an object that came before; it has to be read. */
  | { readonly kind: 'continuation'; readonly anchor: string }
  /** Of a type nobody wants. */
  | { readonly kind: 'unwanted' }
  | { readonly kind: 'error'; readonly error: DiscoveryError };

/** One entry as a whole object. With `incremental` the request carried INCREMENTAL_VALUES (active-directory s.3.5). */
export function decodeObject(entry: LdapEntry, selection: Selection, incremental: boolean): DecodedEntry {
  const facts = readFacts(entry);
  if (facts.isDeleted) return { kind: 'deleted', anchor: facts.anchor };
  if (facts.anchor === undefined) return { kind: 'error', error: missingAnchor(facts.dn) };
  if (facts.classes === undefined) {
    if (incremental) return { kind: 'continuation', anchor: facts.anchor };
    return { kind: 'error', error: missingClass(facts.dn, facts.anchor) };
  }
  const objectType = selection.objectTypeOf(facts.classes);
  if (objectType === undefined) return { kind: 'unwanted' };
  const attributes: Record<string, AttributeValue> = {};
  const references: Record<string, ReferenceTarget[]> = {};
  const incomplete: string[] = [];
  for (const attribute of entry.attributes) {
    const reader = selection.reader(attribute.name);
    if (reader === undefined) continue;
    if (reader.type === 'reference') {
      const role = linkRole(attribute, incremental);
      if (role === 'piece') incomplete.push(reader.name);
      if (role === 'removed' || attribute.values.length === 0) continue;
      const targets = attribute.values.map(readReference);
      references[reader.name] = targets;
      continue;
    }
    if (attribute.options !== '' && rangeOf(attribute)?.to !== undefined) incomplete.push(reader.name);
    try {
      const value = readValue(attribute, reader);
      if (value !== undefined) attributes[reader.name] = value;
    } catch (error) {
      return { kind: 'error', error: badValue(error, facts, reader.name) };
    }
  }
  setNamingAttribute(attributes, facts, selection);
  return {
    kind: 'object',
    object: { kind: 'object', anchor: facts.anchor, dn: facts.dn, objectType, attributes, references },
    incomplete,
  };
}

/** What the values of a link mean: all of them, added ones, removed ones, or a piece of what has to be read. */
export function linkRole(attribute: LdapAttribute, incremental: boolean): 'all' | 'added' | 'removed' | 'piece' {
  if (attribute.options === '') return 'all';
  const range = rangeOf(attribute);
  if (range === undefined) return 'all';
  if (incremental && range.to === range.from && range.to <= 1) return range.to === 1 ? 'added' : 'removed';
  return range.to === undefined && range.from === 0 ? 'all' : 'piece';
}

/** The value of an attribute that is no reference; undefined if it has none. Throws `ValueError`. */
export function readValue(attribute: LdapAttribute, reader: AttributeReader): AttributeValue | undefined {
  const { values } = attribute;
  const first = values[0];
  if (first === undefined) return undefined;
  if (!reader.multiValued) return present(reader.read(first));
  if (values.length === 1) {
    const only = present(reader.read(first));
    return only === undefined ? undefined : [only];
  }
  const read = canonicalValues(values.map((v) => reader.read(v)).filter((v) => v !== ''));
  return read.length === 0 ? undefined : read;
}
const present = (value: Value): Value | undefined => (value === '' ? undefined : value);

/** `cn` of a person, `ou` of a unit: DirSync reports them only as `name`. */
export function setNamingAttribute(
  attributes: Record<string, AttributeValue | null>,
  { dn, name }: EntryFacts,
  selection: Selection,
): void {
  if (name === undefined) return;
  const reader = selection.namingReader(dn.slice(0, dn.indexOf('=')));
  if (reader?.type === 'string') attributes[reader.name] = reader.multiValued ? [name] : name;
}

/** References in one item at most; more come right behind it, so that a group of a million members needs no transaction of its own. */
export const PIECE = 20_000;

/** The object as the engine takes it: large reference attributes in pieces. */
export function inPieces(object: ImportedObject): ImportItem[] {
  let isLarge = false;
  for (const name in object.references) isLarge ||= (object.references[name]?.length ?? 0) > PIECE;
  if (!isLarge) return [object];
  const first: Record<string, readonly ReferenceTarget[]> = {};
  const more: ImportItem[] = [];
  for (const [name, targets] of Object.entries(object.references)) {
    first[name] = targets.slice(0, PIECE);
    for (let at = PIECE; at < targets.length; at += PIECE) {
      const references = { [name]: targets.slice(at, at + PIECE) };
      more.push({ kind: 'more-references', anchor: object.anchor, references });
    }
  }
  return [{ ...object, references: first }, ...more];
}

const missingAnchor = (dn: string): DiscoveryError => ({
  kind: 'error',
  code: 'missing-anchor',
  detail: `"${dn}" came without an objectGUID: the account needs the right to read it.`,
  dn,
});
const missingClass = (dn: string, anchor: string): DiscoveryError => ({
  kind: 'error',
  code: 'missing-object-class',
  detail: `"${dn}" came without its objectClass: the account needs the right to read it.`,
  dn,
  anchor,
});

/** The error item for a value that is not what the schema says. Anything else is a fault of ours and thrown on. */
export function badValue(error: unknown, facts: EntryFacts, attribute: string): DiscoveryError {
  if (!(error instanceof ValueError)) throw error;
  return {
    kind: 'error',
    code: 'cs-attribute-type-mismatch',
    detail: `"${attribute}" of "${facts.dn}" violates its schema: ${error.message}. Correct the value in the directory.`,
    dn: facts.dn,
    attribute,
    ...(facts.anchor === undefined ? {} : { anchor: facts.anchor }),
  };
}
