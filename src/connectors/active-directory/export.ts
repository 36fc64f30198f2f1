/** Writing to Active Directory (active-directory s.6): the source anchor, attributes and references of existing objects. */
import { permissiveModify } from '../../ldap/controls.ts';
import { LdapError } from '../../ldap/errors.ts';
import { attributeOf } from '../../ldap/text.ts';
import type { LdapConnection, ModifyChange } from '../../ldap/types.ts';
import { isGuidText } from '../../model/guid.ts';
import { bytesOf, isBinary, valuesOf } from '../../model/value.ts';
import type { ExportError, ExportRequest, ExportResult, ReadBack } from '../contract.ts';
import { exportError } from './export-result.ts';
import { ldapReference } from './export-values.ts';
import type { DomainController } from './locator.ts';
import { inParallel } from './parallel.ts';
import { completeObject, readByName } from './read-objects.ts';
import type { AdSchema } from './schema.ts';
import { makeSelection } from './selection.ts';
import { type Swap, swapReference, swapValues, writeSwaps } from './swap.ts';
import type { AttributeReader } from './values.ts';

export interface ExportContext {
  readonly schema: AdSchema;
  /** The server that holds an object. Throws a ConnectorError if none does. */
  readonly connectionOf: (dn: string) => DomainController;
  readonly signal: AbortSignal;
}

/** Changes under way at the same time; they share a connection. */
const CONCURRENCY = 16;
/** Values in one modify: Windows takes some 5,000 in a transaction (active-directory s.6). */
const MAX_VALUES = 1000;
const ANCHOR = 'ms-ds-consistencyguid';

/** How a change of one object failed; caught before it leaves this file. */
class Failure extends Error {
  readonly error: ExportError;
  constructor(error: ExportError) {
    super(error.detail);
    this.error = error;
  }
}

export async function exportChanges(
  requests: readonly ExportRequest[],
  context: ExportContext,
): Promise<readonly ExportResult[]> {
  return inParallel(requests, CONCURRENCY, (request) => exportOne(request, context));
}

async function exportOne(request: ExportRequest, context: ExportContext): Promise<ExportResult> {
  const { id } = request;
  try {
    context.signal.throwIfAborted();
    if (request.operation !== 'update') throw new Failure(notSupported(request));
    const { connection } = context.connectionOf(request.dn);
    if (connection.closed) throw new Failure(notSent(connection));
    const target = targetOf(request);
    const note = await writeAnchor(connection, target, request);
    const { swaps, links } = plan(request, context.schema);
    const refused = await writeSwaps(connection, target, swaps, request, context.signal);
    if (refused) throw new Failure(refused);
    for (const change of links) await modifyLinks(connection, target, change);
    return { id, outcome: 'success', ...(note === undefined ? {} : { note }) };
  } catch (error) {
    if (error instanceof Failure) return { id, outcome: 'failure', error: error.error };
    if (error instanceof LdapError && error.code >= 0) return { id, outcome: 'failure', error: exportError(error) };
    if (error instanceof LdapError && error.reason !== 'refused') {
      return { id, outcome: 'unknown', detail: error.message };
    }
    const detail = error instanceof Error ? error.message : String(error);
    return { id, outcome: 'failure', error: { code: 'not-exported', detail, retry: 'next-cycle' } };
  }
}

/** A rename between import and export does not matter where the GUID is known. */
const targetOf = ({ anchor, dn }: ExportRequest): string =>
  anchor !== undefined && isGuidText(anchor) ? `<GUID=${anchor}>` : dn;

/**
 * Writes mS-DS-ConsistencyGuid if the request has it: only where it is empty. Adding a value to a single-valued attribute
 * fails if there is one, which makes the server itself the judge. Returns a note if the value was there already.
 */
async function writeAnchor(
  connection: LdapConnection,
  target: string,
  request: ExportRequest,
): Promise<string | undefined> {
  const name = Object.keys(request.attributes).find((n) => n.toLowerCase() === ANCHOR);
  const value = name === undefined ? undefined : request.attributes[name];
  if (name === undefined || value === undefined) return undefined;
  const first = value === null ? undefined : valuesOf(value)[0];
  if (first === undefined || !isBinary(first) || bytesOf(first).length === 0) {
    throw new Failure({
      code: 'source-anchor-protected',
      detail: `"${name}" of "${request.dn}" is the source anchor: it is written once and never cleared or replaced.`,
      attribute: name,
      retry: 'never',
    });
  }
  try {
    await connection.modify(target, [{ operation: 'add', attribute: name, values: [bytesOf(first)] }]);
    return undefined;
  } catch (error) {
    if (!(error instanceof LdapError) || error.code < 0) throw error;
    const held = error.code === 20 || error.code === 19 ? await heldAnchor(connection, target, name) : undefined;
    if (held === undefined) throw new Failure(exportError(error, name));
    if (held === first.base64) return 'The value was there already.';
    throw new Failure({
      code: 'source-anchor-protected',
      detail: `"${name}" of "${request.dn}" holds another value (${held}) and is not overwritten. If ${first.base64} is right, clear the attribute in the directory first.`,
      attribute: name,
      value: first.base64,
      facts: { held },
      retry: 'never',
    });
  }
}

/** Base64 of the value that is there; undefined if there is none after all. */
async function heldAnchor(connection: LdapConnection, target: string, name: string): Promise<string | undefined> {
  const [entry] = await connection.searchAll({
    base: target,
    scope: 'base',
    filter: { present: 'objectClass' },
    attributes: [name],
  });
  const value = entry && attributeOf(entry, name)?.values[0];
  return value?.length ? value.toString('base64') : undefined;
}

interface Plan {
  readonly swaps: readonly Swap[];
  /** Links of many values: added and removed one by one, they have nothing to overwrite. */
  readonly links: readonly ModifyChange[];
}

/** Throws a Failure for an attribute that does not exist or a value that is none. */
function plan(request: ExportRequest, schema: AdSchema): Plan {
  const swaps: Swap[] = [];
  for (const [name, value] of Object.entries(request.attributes)) {
    if (name.toLowerCase() === ANCHOR) continue;
    swaps.push(swapValues(writable(name, schema, request), request.before[name], value));
  }
  const links: ModifyChange[] = [];
  for (const [name, { added, removed }] of Object.entries(request.references)) {
    const reader = writable(name, schema, request);
    if (!reader.multiValued) {
      swaps.push(swapReference(reader, added, removed));
      continue;
    }
    for (const [operation, targets] of [['delete', removed] as const, ['add', added] as const]) {
      const values = targets.map(ldapReference).filter((v) => v !== undefined);
      for (const chunk of inChunks(values)) links.push({ operation, attribute: reader.name, values: chunk });
    }
  }
  return { swaps, links };
}

function writable(name: string, schema: AdSchema, request: ExportRequest): AttributeReader {
  const reader = schema.attributes.get(name.toLowerCase());
  if (reader) return reader;
  throw new Failure({
    code: 'schema-violation',
    detail: `The schema of the forest has no attribute "${name}" that could be written on "${request.dn}".`,
    attribute: name,
    retry: 'never',
  });
}

function* inChunks(values: readonly string[]): Iterable<string[]> {
  for (let at = 0; at < values.length; at += MAX_VALUES) yield values.slice(at, at + MAX_VALUES);
}

/** What a server says of a link that is there already, or not any more. */
const ALREADY = { add: new Set([68, 20]), delete: new Set([53, 16]), replace: new Set<number>() };

async function modifyLinks(connection: LdapConnection, target: string, change: ModifyChange): Promise<void> {
  try {
    await connection.modify(target, [change], [permissiveModify()]);
  } catch (error) {
    if (!(error instanceof LdapError) || error.code < 0) throw error;
    // Permissive modify does not cover links by GUID on Samba: what is done already is passed over one by one.
    if (!ALREADY[change.operation].has(error.code)) throw new Failure(exportError(error, change.attribute));
    if (change.values.length < 2) return;
    for (const value of change.values) await modifyLinks(connection, target, { ...change, values: [value] });
  }
}

const notSupported = ({ operation, dn }: ExportRequest): ExportError => ({
  code: 'operation-not-supported',
  detail: `An Active Directory connector changes objects that exist; it does not ${operation} "${dn}".`,
  retry: 'never',
});
const notSent = ({ server }: LdapConnection): ExportError => ({
  code: 'connection-lost',
  detail: `The connection to ${server.host} is gone; nothing was sent.`,
  retry: 'backoff',
});

/** The objects as they are now, with the attributes that were to be written. */
export async function readBack(
  requests: readonly ExportRequest[],
  { schema, connectionOf, signal }: ExportContext,
): Promise<readonly ReadBack[]> {
  return inParallel(requests, CONCURRENCY, async (request): Promise<ReadBack> => {
    const names = [...Object.keys(request.attributes), ...Object.keys(request.references)];
    const selection = makeSelection(schema, {
      attributes: new Set(names),
      objectTypes: new Set([request.objectType]),
    });
    const { connection } = connectionOf(request.dn);
    const entry = await readByName(connection, targetOf(request), selection.searchAttributes, signal);
    const object = entry && (await completeObject(connection, entry, selection));
    return object?.kind === 'object' ? { id: request.id, object } : { id: request.id };
  });
}
