/** Objects of Graph as the engine keeps them, read by id or by source anchor. */
import { cloudAnchorOf } from '../../entra/objects.ts';
import { isGuidText } from '../../model/guid.ts';
import type { AttributeValue } from '../../model/value.ts';
import {
  ConnectorError,
  type ExportRequest,
  type ImportedDelete,
  type ImportedObject,
  type ReadBack,
  type ReferenceTarget,
} from '../contract.ts';
import { chunked, type GraphAnswer, type GraphClient, type GraphRequest } from './graph-client.ts';
import type { Wanted } from './graph-extensions.ts';
import {
  anchorOf,
  anchorProperty,
  attributesOf,
  collectionOf,
  type GraphClass,
  graphClass,
  type Json,
  relations,
  selectOf,
} from './graph-names.ts';
import { dnOfSourceAnchor, sourceAnchorOfDn } from './sync-names.ts';

/** Values in one `in` filter: what the service takes without more ado. */
const inFilter = 15;

/** `'O''Brien'` */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const query = (options: Readonly<Record<string, string>>): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

export const anchorOfId = (objectClass: GraphClass, id: string): string => cloudAnchorOf({ class: objectClass, id });

/** Class and id of an anchor; undefined if it is none of this dialect. */
export function partsOfAnchor(anchor: string): { readonly class: GraphClass; readonly id: string } | undefined {
  const at = anchor.indexOf('_');
  const objectClass = graphClass(anchor.slice(0, at).toLowerCase());
  const id = anchor.slice(at + 1);
  return objectClass && isGuidText(id) && anchorOfId(objectClass, id) === anchor
    ? { class: objectClass, id }
    : undefined;
}

/** The anchor of an object that a relation names; undefined for contacts and others that the dialect does not hold. */
export function targetOf(object: Json): ReferenceTarget | undefined {
  const type = String(object['@odata.type'] ?? '').replace('#microsoft.graph.', '');
  const objectClass = graphClass(type);
  return objectClass && typeof object.id === 'string' ? { anchor: anchorOfId(objectClass, object.id) } : undefined;
}
export const targetsOf = (list: unknown): ReferenceTarget[] =>
  (Array.isArray(list) ? (list as Json[]) : []).flatMap((object) => targetOf(object) ?? []);

/** The list of an answer. Throws a ConnectorError unless the answer is one. */
export function listOf(answer: GraphAnswer): Json[] {
  if (answer.kind !== 'ok') throw readError(answer);
  const { value } = (answer.body ?? {}) as { value?: unknown };
  if (!Array.isArray(value)) throw readError({ kind: 'lost', detail: 'The answer has no list.' });
  return value as Json[];
}

export function readError(answer: Exclude<GraphAnswer, { kind: 'ok' }>): ConnectorError {
  if (answer.kind !== 'refused') {
    return new ConnectorError('dropped-connection', `Microsoft Graph did not answer: ${answer.detail}`, {
      status: 'stopped-connectivity',
      remedy: 'Check the network; the next run begins where this one began.',
    });
  }
  if (answer.status === 401 || answer.status === 403) {
    return new ConnectorError('failed-permission', `Microsoft Graph refused: ${answer.message}`, {
      status: 'stopped-bad-server-credentials',
      remedy:
        'Give the app User.ReadWrite.All, Group.ReadWrite.All, Device.Read.All, OrgContact.Read.All, Organization.Read.All and RoleManagement.Read.Directory with the consent of an administrator.',
    });
  }
  return new ConnectorError(answer.code, `Microsoft Graph refused a query: ${answer.message}`, {
    status: answer.status === 429 || answer.status === 503 ? 'stopped-connectivity' : 'stopped-unexpected-data',
    remedy: 'Run the import again; if it stops here again, report the message.',
  });
}

/** The object whole; undefined if it has no source anchor and so is none of the engine's business. */
export function wholeObject(
  objectClass: GraphClass,
  object: Json,
  wanted: Wanted,
  references: Readonly<Record<string, readonly ReferenceTarget[]>>,
): ImportedObject | undefined {
  const sourceAnchor = anchorOf(objectClass, object);
  if (typeof sourceAnchor !== 'string' || typeof object.id !== 'string') return undefined;
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributesOf(objectClass, object, wanted))) {
    if (value !== null) attributes[name] = value;
  }
  const anchor = anchorOfId(objectClass, object.id);
  if (wanted.has('sourceAnchor')) attributes.sourceAnchor = sourceAnchor;
  if (wanted.has('cloudAnchor')) attributes.cloudAnchor = anchor;
  const present = Object.entries(references).filter(([name, targets]) => wanted.has(name) && targets.length > 0);
  return {
    kind: 'object',
    anchor,
    dn: dnOfSourceAnchor(sourceAnchor),
    objectType: objectClass,
    attributes,
    references: Object.fromEntries(present),
  };
}

/** Objects whose property has one of these values, with the properties named. */
export async function findBy(
  client: GraphClient,
  collection: string,
  property: string,
  values: readonly string[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Json[]> {
  const requests = chunked([...new Set(values)], inFilter).map((part): GraphRequest => {
    const $filter = `${property} in (${part.map(literal).join(',')})`;
    const units = '$expand' in options ? 2 : 1;
    return { method: 'GET', path: `/${collection}?${query({ ...options, $filter })}`, units };
  });
  return (await client.batch(requests, signal)).flatMap(listOf);
}

/** The objects with these ids that are there, whole. */
export async function readWhole(
  client: GraphClient,
  objectClass: GraphClass,
  ids: readonly string[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<ImportedObject[]> {
  const expand = Object.entries(relations).flatMap(([name, r]) =>
    r.of === objectClass && wanted.has(name) && r.relation !== 'members' ? [`${r.relation}($select=id)`] : [],
  );
  const options = {
    $select: selectOf(objectClass, wanted).join(','),
    ...(expand.length > 0 ? { $expand: expand.join(',') } : {}),
  };
  const found = await findBy(client, collectionOf[objectClass], 'id', ids, options, signal);
  const members =
    objectClass === 'group' && wanted.has('member')
      ? await readMembers(
          client,
          found.map((o) => String(o.id)),
          signal,
        )
      : new Map<string, ReferenceTarget[]>();
  return found.flatMap((object) => {
    const references = {
      member: members.get(String(object.id)) ?? [],
      manager: object.manager ? targetsOf([object.manager]) : [],
      managedBy: targetsOf(object.owners).slice(0, 1),
    };
    return wholeObject(objectClass, object, wanted, references) ?? [];
  });
}

/** All members of the groups, by group id. */
async function readMembers(
  client: GraphClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, ReferenceTarget[]>> {
  const path = (id: string) => `/groups/${id}/members?$select=id&$top=999`;
  const first = await client.batch(
    ids.map((id) => ({ method: 'GET', path: path(id), units: 2 })),
    signal,
  );
  const members = new Map<string, ReferenceTarget[]>();
  for (const [index, id] of ids.entries()) {
    const answer = first[index] as GraphAnswer;
    const targets = targetsOf(listOf(answer));
    const link = answer.kind === 'ok' ? (answer.body as Json)['@odata.nextLink'] : undefined;
    const next = typeof link === 'string' ? client.pathOf(link) : undefined;
    if (next !== undefined) {
      for await (const page of client.pages(next, signal, 2)) targets.push(...targetsOf(listOf(page)));
    }
    members.set(id, targets);
  }
  return members;
}

/** Owners of groups for a full import: delta queries do not follow them. */
export async function readOwners(
  client: GraphClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, ReferenceTarget[]>> {
  const found = await findBy(client, 'groups', 'id', ids, { $select: 'id', $expand: 'owners($select=id)' }, signal);
  return new Map(found.map((o) => [String(o.id), targetsOf(o.owners).slice(0, 1)]));
}

/** Whole objects by anchor, as the contract's `read`. */
export async function readObjects(
  client: GraphClient,
  anchors: readonly string[],
  request: { readonly attributes: Wanted; readonly signal: AbortSignal },
): Promise<(ImportedObject | ImportedDelete)[]> {
  const found = await readByAnchors(client, anchors, request.attributes, request.signal);
  return anchors.map((anchor) => found.get(anchor) ?? { kind: 'delete', anchor });
}

async function readByAnchors(
  client: GraphClient,
  anchors: readonly string[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Map<string, ImportedObject>> {
  const ids = new Map<GraphClass, string[]>();
  for (const anchor of anchors) {
    const parts = partsOfAnchor(anchor);
    if (parts) ids.set(parts.class, [...(ids.get(parts.class) ?? []), parts.id]);
  }
  const found: ImportedObject[] = [];
  for (const [objectClass, list] of ids) found.push(...(await readWhole(client, objectClass, list, wanted, signal)));
  return new Map(found.map((o) => [o.anchor, o]));
}

/** What the tenant holds of the objects now: by id where it is known, otherwise by source anchor. */
export async function readBack(
  client: GraphClient,
  requests: readonly ExportRequest[],
  everything: Wanted,
  signal: AbortSignal,
): Promise<ReadBack[]> {
  const byId = await readByAnchors(
    client,
    requests.flatMap((r) => r.anchor ?? []),
    everything,
    signal,
  );
  const byDn = new Map<string, ImportedObject>();
  for (const objectClass of ['user', 'group'] as const) {
    const open = requests.filter((r) => r.anchor === undefined && r.objectType === objectClass);
    const anchors = open.flatMap((r) => sourceAnchorOfDn(r.dn) ?? []);
    if (anchors.length === 0) continue;
    const collection = collectionOf[objectClass];
    const found = await findBy(client, collection, anchorProperty[objectClass], anchors, { $select: 'id' }, signal);
    const ids = found.map((o) => String(o.id));
    for (const object of await readWhole(client, objectClass, ids, everything, signal))
      byDn.set(`${objectClass} ${object.dn}`, object);
  }
  return requests.map((request) => {
    const anchor = sourceAnchorOfDn(request.dn);
    const dn = anchor === undefined ? request.dn : dnOfSourceAnchor(anchor);
    const object = request.anchor === undefined ? byDn.get(`${request.objectType} ${dn}`) : byId.get(request.anchor);
    return object ? { id: request.id, object } : { id: request.id };
  });
}
