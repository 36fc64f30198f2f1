/** What changed, from the entries of an incremental DirSync (active-directory s.3.3, 3.5). Pure. */
import type { LdapEntry } from '../../ldap/types.ts';
import type { ImportItem, ReferenceChange, ReferenceTarget } from '../../model/change.ts';
import type { AttributeValue } from '../../model/value.ts';
import {
  badValue,
  decodeObject,
  type EntryFacts,
  linkRole,
  readFacts,
  readValue,
  setNamingAttribute,
} from './entry-decoder.ts';
import type { Selection } from './selection.ts';
import { readReference } from './values.ts';

export type DecodedChange =
  | { readonly kind: 'item'; readonly item: ImportItem }
  /** The entry does not tell everything: the object has to be read. */
  | { readonly kind: 'read'; readonly anchor: string }
  /** Came back from the deleted objects: has to be read, with what refers to it. */
  | { readonly kind: 'restored'; readonly anchor: string }
  | { readonly kind: 'nothing' };

/**
 * One entry of a request with INCREMENTAL_VALUES. The same entry twice gives the same end: a server that was not seen
 * before may repeat what is known (active-directory s.3.2).
 */
export function decodeChange(entry: LdapEntry, selection: Selection): DecodedChange {
  const facts = readFacts(entry);
  const { anchor } = facts;
  if (facts.isDeleted) return anchor === undefined ? nothing : item({ kind: 'delete', anchor });
  if (facts.isWhole && !facts.isRestored) return wholeObject(entry, selection, anchor);
  if (anchor === undefined) {
    const decoded = decodeObject(entry, selection, true);
    return decoded.kind === 'error' ? item(decoded.error) : nothing;
  }
  if (facts.isRestored) return { kind: 'restored', anchor };
  return partialObject(entry, selection, facts, anchor);
}

const nothing: DecodedChange = { kind: 'nothing' };
const item = (it: ImportItem): DecodedChange => ({ kind: 'item', item: it });

/** Created since the cookie: the entry has everything. */
function wholeObject(entry: LdapEntry, selection: Selection, anchor: string | undefined): DecodedChange {
  const decoded = decodeObject(entry, selection, true);
  switch (decoded.kind) {
    case 'object':
      return decoded.incomplete.length === 0 ? item(decoded.object) : { kind: 'read', anchor: decoded.object.anchor };
    case 'error':
      return item(decoded.error);
    case 'continuation':
      return { kind: 'read', anchor: decoded.anchor };
    case 'unwanted':
      return nothing;
    case 'deleted':
      return anchor === undefined ? nothing : item({ kind: 'delete', anchor });
  }
}

function partialObject(entry: LdapEntry, selection: Selection, facts: EntryFacts, anchor: string): DecodedChange {
  const objectType = facts.classes && selection.objectTypeOf(facts.classes);
  // An object whose classes changed so that nobody wants it any more.
  if (facts.classes && objectType === undefined) return item({ kind: 'delete', anchor });
  const attributes: Record<string, AttributeValue | null> = {};
  const links = new Map<string, Links>();
  for (const attribute of entry.attributes) {
    const reader = selection.reader(attribute.name);
    // The server adds the anchor to every entry; it cannot change.
    if (reader === undefined || reader.name === 'objectGUID') continue;
    if (reader.type !== 'reference') {
      try {
        attributes[reader.name] = readValue(attribute, reader) ?? null;
      } catch (error) {
        return item(badValue(error, facts, reader.name));
      }
      continue;
    }
    const role = linkRole(attribute, true);
    if (role === 'piece') return { kind: 'read', anchor };
    const change = links.get(reader.name) ?? {};
    links.set(reader.name, change);
    change[role] = attribute.values.map(readReference);
  }
  setNamingAttribute(attributes, facts, selection);
  return item({
    kind: 'change',
    anchor,
    dn: facts.dn,
    ...(objectType === undefined ? {} : { objectType }),
    attributes,
    references: Object.fromEntries([...links].map(([name, change]) => [name, referenceChange(change)])),
  });
}

type Links = { all?: ReferenceTarget[]; added?: ReferenceTarget[]; removed?: ReferenceTarget[] };

/** The base attribute with values replaces; without values, beside a list of added or removed ones, it says nothing. */
function referenceChange({ all, added, removed }: Links): ReferenceChange {
  if (all !== undefined && (all.length > 0 || (added === undefined && removed === undefined))) return { all };
  return { added: added ?? [], removed: removed ?? [] };
}
