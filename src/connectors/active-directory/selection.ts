/** What an import asks for: attributes, object types, filter. Made once an import; the same input gives the same hash. */
import { createHash } from 'node:crypto';
import { structuralTypes } from '../../connector-space/scope.ts';
import type { Filter } from '../../ldap/types.ts';
import { defaultObjectClasses } from './config.ts';
import { type AdSchema, derivesFrom } from './schema.ts';
import type { AttributeReader } from './values.ts';

export interface Selection {
  /** All wanted attributes that exist. */
  readonly readers: readonly AttributeReader[];
  /** Wanted attributes by the name the server uses; other letter cases are learned. */
  reader(name: string): AttributeReader | undefined;
  /** The wanted attribute that names an object with this RDN type: DirSync never returns it (active-directory s.3.3). */
  namingReader(rdnType: string): AttributeReader | undefined;
  /** Type of an object with these classes; undefined if no such object is wanted. */
  objectTypeOf(classes: readonly Buffer[]): string | undefined;
  /** For an ordinary search. */
  readonly searchAttributes: readonly string[];
  /** For DirSync: with what tells of renames and deletions (active-directory s.3.3). */
  readonly dirSyncAttributes: readonly string[];
  /** By type only: what leaves an attribute filter simply stops being reported. */
  readonly filter: Filter;
  /** Forward links that are wanted, by their back link. */
  readonly backLinks: ReadonlyMap<string, string>;
  readonly hash: string;
  /** Attributes the rules want and the directory cannot give, with the reason. */
  readonly problems: readonly { readonly attribute: string; readonly reason: 'unknown' | 'computed' | 'letter-case' }[];
}

/**
 * Asked for besides: without them an unchanged attribute list hides renames (`name`), deletions (`isDeleted`) and new
 * objects (`whenCreated`: nothing but a creation reports it, so that an entry with it is whole).
 */
const bookkeeping = [
  ...['objectGUID', 'objectClass', 'name', 'isDeleted', 'isRecycled', 'lastKnownParent', 'parentGUID'],
  'whenCreated',
];
/** Wanted are the attributes that exist, of objects of the given types and of those that hold the hierarchy together. */
export function makeSelection(
  schema: AdSchema,
  wanted: { readonly attributes: ReadonlySet<string>; readonly objectTypes: ReadonlySet<string> },
): Selection {
  const readers = new Map<string, AttributeReader>();
  const problems: Selection['problems'][number][] = [];
  for (const attribute of [...wanted.attributes].sort()) {
    const key = attribute.toLowerCase();
    const reader = schema.attributes.get(key);
    if (!reader) problems.push({ attribute, reason: schema.computed.has(key) ? 'computed' : 'unknown' });
    else {
      if (reader.name !== attribute) problems.push({ attribute, reason: 'letter-case' });
      readers.set(reader.name, reader);
    }
  }
  const names = [...readers.keys()].sort();
  const types = typesOf(schema, wanted.objectTypes);
  const filter = filterOf(schema, types);
  const lower = new Map([...readers].map(([name, reader]) => [name.toLowerCase(), reader] as const));
  return {
    readers: [...readers.values()],
    reader: (name) => readers.get(name) ?? learn(readers, lower, name),
    namingReader: (rdnType) => lower.get(rdnType.toLowerCase()),
    objectTypeOf: typeResolver(schema, types),
    searchAttributes: [...new Set([...names, 'objectGUID', 'objectClass', 'name', 'isDeleted'])],
    dirSyncAttributes: [...new Set([...names, ...bookkeeping])],
    filter,
    backLinks: new Map([...schema.backLinks].filter(([, forward]) => readers.has(forward))),
    hash: createHash('sha256')
      .update(JSON.stringify([names, [...types.wanted].sort()]))
      .digest('base64url')
      .slice(0, 22),
    problems,
  };
}

/** Attributes that a server writes in another letter case are looked for once. */
function learn(
  readers: Map<string, AttributeReader>,
  lower: ReadonlyMap<string, AttributeReader>,
  name: string,
): AttributeReader | undefined {
  const found = lower.get(name.toLowerCase());
  if (found) readers.set(name, found);
  return found;
}

interface Types {
  readonly wanted: ReadonlySet<string>;
  /** Wanted or not, their objects are recognized: a computer is a user for the filter but not for people. */
  readonly known: ReadonlySet<string>;
}

function typesOf(schema: AdSchema, configured: ReadonlySet<string>): Types {
  const exists = (name: string): boolean => schema.classDepth.has(name);
  const own = configured.size > 0 ? configured : new Set(defaultObjectClasses);
  const wanted = new Set([...own, ...structuralTypes].filter(exists));
  return { wanted, known: new Set([...wanted, ...defaultObjectClasses.filter(exists)]) };
}

function filterOf(schema: AdSchema, { wanted, known }: Types): Filter {
  const isA = (name: string): Filter => ({ equal: ['objectClass', name] });
  const unwanted = [...known].filter((name) => !wanted.has(name));
  return {
    or: [...wanted].sort().map((name) => {
      const not = unwanted.filter((other) => derivesFrom(schema, other, name));
      return not.length === 0 ? isA(name) : { and: [isA(name), ...not.map((other) => ({ not: isA(other) }))] };
    }),
  };
}

/** The deepest known class of an object; inetOrgPerson and computer derive from user. */
function typeResolver(schema: AdSchema, { wanted, known }: Types): Selection['objectTypeOf'] {
  const lower = new Map([...known].map((name) => [name.toLowerCase(), name] as const));
  const results = new Map<string, string | undefined>();
  return (classes) => {
    let key = '';
    for (const value of classes) key += `${value.toString('latin1')}\n`;
    if (results.has(key)) return results.get(key);
    let best: string | undefined;
    for (const name of key.split('\n')) {
      const type = lower.get(name.toLowerCase());
      if (type === undefined) continue;
      const depth = schema.classDepth.get(type) ?? 0;
      if (best === undefined || depth > (schema.classDepth.get(best) ?? 0)) best = type;
    }
    const result = best !== undefined && wanted.has(best) ? best : undefined;
    if (results.size < 10_000) results.set(key, result);
    return result;
  };
}
