/** Whole objects by anchor, with every value of large attributes. */
import { extendedDn } from '../../ldap/controls.ts';
import { LdapError } from '../../ldap/errors.ts';
import { readAllValues } from '../../ldap/ranges.ts';
import type { LdapConnection, LdapEntry } from '../../ldap/types.ts';
import type { DiscoveryError, ImportedDelete, ImportedObject } from '../../model/change.ts';
import { isGuidText } from '../../model/guid.ts';
import { decodeObject, readValue } from './entry-decoder.ts';
import type { Selection } from './selection.ts';
import { readReference } from './values.ts';

/** Searches under way at the same time; they share a connection. */
const CONCURRENCY = 32;
const anything = { present: 'objectClass' } as const;

/** Nothing was found under the anchor, which may be because the account may not see it. */
export interface Missing {
  readonly kind: 'missing';
  readonly anchor: string;
}
export type ReadResult = ImportedObject | ImportedDelete | DiscoveryError | Missing;

/** One result for each anchor, except for objects of a type that is not wanted. */
export async function readObjects(
  connection: LdapConnection,
  anchors: readonly string[],
  selection: Selection,
  signal: AbortSignal,
): Promise<ReadResult[]> {
  const results: ReadResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let anchor = anchors[next++]; anchor !== undefined; anchor = anchors[next++]) {
      signal.throwIfAborted();
      const result = await readObject(connection, anchor, selection, signal);
      if (result) results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, anchors.length) }, work));
  return results;
}

/** Undefined for an object of a type that is not wanted. */
async function readObject(
  connection: LdapConnection,
  anchor: string,
  selection: Selection,
  signal: AbortSignal,
): Promise<ReadResult | undefined> {
  const entry = await readByGuid(connection, anchor, selection.searchAttributes, signal);
  return entry ? completeObject(connection, entry, selection) : { kind: 'missing', anchor };
}

/** The live entry with this objectGUID, its references with their GUIDs; undefined if there is none. */
export async function readByGuid(
  connection: LdapConnection,
  guid: string,
  attributes: readonly string[],
  signal: AbortSignal,
): Promise<LdapEntry | undefined> {
  return isGuidText(guid) ? readByName(connection, `<GUID=${guid}>`, attributes, signal) : undefined;
}

/** The live entry with this DN, which may be of the form `<GUID=…>`; undefined if there is none. */
export async function readByName(
  connection: LdapConnection,
  base: string,
  attributes: readonly string[],
  signal: AbortSignal,
): Promise<LdapEntry | undefined> {
  const controls = [extendedDn()];
  try {
    const [entry] = await connection.searchAll({ base, scope: 'base', filter: anything, attributes, controls, signal });
    return entry;
  } catch (error) {
    if (error instanceof LdapError && error.code === 32) return undefined;
    throw error;
  }
}

/** The object of a search entry, with the rest of attributes that came in pieces; undefined if nobody wants its type. */
export async function completeObject(
  connection: LdapConnection,
  entry: LdapEntry,
  selection: Selection,
): Promise<Exclude<ReadResult, Missing> | undefined> {
  const decoded = decodeObject(entry, selection, false);
  switch (decoded.kind) {
    case 'object':
      return decoded.incomplete.length === 0
        ? decoded.object
        : complete(connection, decoded.object, decoded.incomplete, selection);
    case 'deleted':
      return decoded.anchor === undefined ? undefined : { kind: 'delete', anchor: decoded.anchor };
    case 'error':
      return decoded.error;
    case 'continuation':
    case 'unwanted':
      return undefined;
  }
}

async function complete(
  connection: LdapConnection,
  object: ImportedObject,
  incomplete: readonly string[],
  selection: Selection,
): Promise<ImportedObject> {
  const references = { ...object.references };
  const attributes = { ...object.attributes };
  for (const name of incomplete) {
    const values = await readAllValues(withExtendedNames(connection), `<GUID=${object.anchor}>`, name);
    const reader = selection.reader(name);
    if (reader === undefined) continue;
    if (reader.type === 'reference') references[name] = values.map(readReference);
    else {
      const value = readValue({ name, options: '', values }, reader);
      if (value !== undefined) attributes[name] = value;
    }
  }
  return { ...object, attributes, references };
}

/** The connection with searches that return the GUIDs of references: `readAllValues` asks in its own words. */
function withExtendedNames(connection: LdapConnection): LdapConnection {
  const search: LdapConnection['searchAll'] = (request) =>
    connection.searchAll({ ...request, controls: [...(request.controls ?? []), extendedDn()] });
  return Object.create(connection, { searchAll: { value: search } }) as LdapConnection;
}
