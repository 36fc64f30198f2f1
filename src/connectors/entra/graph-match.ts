/**
 * Facts for the rules of `src/entra`: which objects of the tenant have the keys of the objects to be written. Graph does
 * no matching, so the exporter looks and decides (entra-directory s.1.2, 8.4).
 */
import { smtpKey } from '../../entra/keys.ts';
import { type MemoryIndex, memoryIndex } from '../../entra/memory-index.ts';
import type { CloudObject, ObjectClass } from '../../entra/objects.ts';
import { chunked, type GraphClient, type GraphRequest } from './graph-client.ts';
import type { Administrators } from './graph-company.ts';
import type { Json } from './graph-names.ts';
import { findBy, listOf, literal, query } from './graph-read.ts';

/** Keys by which somebody in the tenant may be the object, or be in its way. */
export interface MatchKeys {
  readonly anchors: readonly string[];
  readonly names: readonly string[];
  /** Mail addresses without a prefix. */
  readonly addresses: readonly string[];
}

const userProperties =
  'id,displayName,userPrincipalName,mail,proxyAddresses,onPremisesSyncEnabled,onPremisesImmutableId';
const otherProperties = 'id,displayName,mail,proxyAddresses,onPremisesSyncEnabled';
/** Conditions joined by `or` in one filter. */
const mostConditions = 15;

/** Everybody in the tenant who has one of the keys, in the recycle bin too, with the roles of administrators. */
export async function readCandidates(
  client: GraphClient,
  keys: MatchKeys,
  administrators: Administrators,
  signal: AbortSignal,
): Promise<MemoryIndex> {
  const select = { $select: userProperties };
  const index = memoryIndex([], { adminRoles: Object.fromEntries(administrators) });
  const put = (objectClass: ObjectClass, objects: readonly Json[], deleted = false) => {
    for (const object of objects) index.put(cloudObject(objectClass, object, deleted));
  };
  const bin = { ...select, $count: 'true' };
  put('user', await findDeleted(client, keys.anchors, bin, signal), true);
  put('user', await findBy(client, 'users', 'onPremisesImmutableId', keys.anchors, select, signal));
  put('user', await findBy(client, 'users', 'userPrincipalName', keys.names, select, signal));
  for (const [collection, objectClass, $select] of [
    ['users', 'user', userProperties],
    ['groups', 'group', otherProperties],
    ['contacts', 'contact', otherProperties],
  ] as const) {
    const requests = chunked([...new Set(keys.addresses.map(smtpKey))], mostConditions).map((part): GraphRequest => {
      const $filter = part.map((key) => `proxyAddresses/any(p:p eq ${literal(key)})`).join(' or ');
      return { method: 'GET', path: `/${collection}?${query({ $select, $filter })}` };
    });
    put(objectClass, (await client.batch(requests, signal)).flatMap(listOf));
  }
  return index;
}

/** Users in the recycle bin by source anchor. */
async function findDeleted(
  client: GraphClient,
  anchors: readonly string[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Json[]> {
  const requests = chunked([...new Set(anchors)], mostConditions).map((part): GraphRequest => {
    const $filter = `onPremisesImmutableId in (${part.map(literal).join(',')})`;
    return {
      method: 'GET',
      path: `/directory/deletedItems/microsoft.graph.user?${query({ ...options, $filter })}`,
      // The recycle bin answers filters as advanced queries only.
      headers: { ConsistencyLevel: 'eventual' },
    };
  });
  return (await client.batch(requests, signal)).flatMap(listOf);
}

function cloudObject(objectClass: ObjectClass, object: Json, deleted: boolean): CloudObject {
  const anchor = object.onPremisesImmutableId;
  return {
    id: String(object.id),
    class: objectClass,
    onPremisesSyncEnabled: typeof object.onPremisesSyncEnabled === 'boolean' ? object.onPremisesSyncEnabled : null,
    immutableId: typeof anchor === 'string' && anchor !== '' ? anchor : undefined,
    deleted,
    graph: object,
    shadow: {},
  };
}

/** What decides whether the engine may write to an object that it holds already. */
export interface ObjectState {
  readonly id: string;
  readonly anchor: string | undefined;
  readonly isMasteredElsewhere: boolean;
  readonly isRoleAssignable: boolean;
  readonly userPrincipalName: string | undefined;
  readonly mail: string | undefined;
}

/** The objects of a collection with these values of a property, by id. */
export async function readStates(
  client: GraphClient,
  collection: 'users' | 'groups',
  property: string,
  values: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, ObjectState>> {
  const own = collection === 'users' ? 'onPremisesImmutableId,userPrincipalName,mail' : 'uniqueName,isAssignableToRole';
  const options = { $select: `id,onPremisesSyncEnabled,${own}` };
  const found = await findBy(client, collection, property, values, options, signal);
  return new Map(found.map((object) => [String(object.id), stateOf(object)]));
}

function stateOf(object: Json): ObjectState {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    id: String(object.id),
    anchor: text(object.onPremisesImmutableId ?? object.uniqueName),
    isMasteredElsewhere: object.onPremisesSyncEnabled === true,
    isRoleAssignable: object.isAssignableToRole === true,
    userPrincipalName: text(object.userPrincipalName),
    mail: text(object.mail),
  };
}
