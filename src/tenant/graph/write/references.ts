import { tenantLimits } from '../../../entra/limits.ts';
import { isGuidText } from '../../../model/guid.ts';
import type { TenantContext } from '../../context.ts';
import { unitsOf } from '../../membership/upkeep.ts';
import type { StoredObject } from '../../store/objects.ts';
import type { Kind } from '../../store/properties.ts';
import { findByKey } from '../address.ts';
import { permissions, protectAdministrator, requireWrite } from '../permissions.ts';
import type { GraphPlane } from '../plane.ts';
import type { Relation } from '../relations.ts';
import { badRequest, type GraphRequest, notFound } from '../request.ts';
import { requireGroupWrite } from './creations.ts';
import { refuseManualMembers } from './membership.ts';
import { bodyObject } from './payload.ts';
import { isMasteredOnPremises, synchronizedRefusal } from './synced.ts';

const kindOfCollection: Readonly<Record<string, Kind>> = {
  users: 'user',
  groups: 'group',
  contacts: 'contact',
  devices: 'device',
  serviceprincipals: 'servicePrincipal',
};

/** The live object of a reference URL: `https://host/v1.0/directoryObjects/{id}`, `/users/{id or name}` and so on. */
export function resolveBind(plane: GraphPlane, url: string): StoredObject {
  const parts = url.split('?')[0]?.split('/') ?? [];
  const key = safeDecode(parts.at(-1) ?? '');
  const collection = (parts.at(-2) ?? '').toLowerCase();
  if (isGuidText(key)) {
    const object = plane.context.objects.byId(key);
    if (object && object.deletedAt === undefined) return object;
    throw notFound(key);
  }
  const kind = Object.hasOwn(kindOfCollection, collection) ? kindOfCollection[collection] : undefined;
  if (kind === undefined) throw badRequest("Invalid URL format specified in the '@odata.id' of the reference.");
  return findByKey(plane.context, kind, key);
}

/** The id at the end of a reference URL, whether or not there is such an object. Throws 400 for anything else. */
export function idOfReference(url: string): string {
  const id = url.split('?')[0]?.split('/').at(-1) ?? '';
  if (isGuidText(id)) return id.toLowerCase();
  throw badRequest("Invalid URL format specified in the '@id' of the reference.");
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest("Invalid URL format specified in the '@odata.id' of the reference.");
  }
}

export function readReference(plane: GraphPlane, request: GraphRequest): StoredObject {
  const url = bodyObject(request)['@odata.id'];
  if (typeof url !== 'string') throw badRequest("The body must have the member '@odata.id' with the URL of an object.");
  return resolveBind(plane, url);
}

const alreadyThere = (relation: Relation) =>
  badRequest(
    `One or more added object references already exist for the following modified properties: '${relation.name}'.`,
  );

/** POST …/members/$ref and its like. */
export function addReference(plane: GraphPlane, request: GraphRequest, object: StoredObject, relation: Relation): void {
  requireReferenceWrite(plane, request, object);
  if (relation.name === 'members') refuseManualMembers(object);
  const target = readReference(plane, request);
  addReferences(plane, object, relation, [target]);
}

/** Adds all or nothing (entra-directory s.5.3). */
export function addReferences(
  plane: GraphPlane,
  object: StoredObject,
  relation: Relation,
  targets: readonly StoredObject[],
): void {
  const link = relation.writable;
  if (!link) throw badRequest(`The relation '${relation.name}' cannot be changed.`);
  const { links } = plane.context;
  for (const target of targets) checkTarget(object, relation, target);
  plane.context.write(() => {
    for (const target of targets) {
      const isThere = relation.links.some((kind) => links.has(object.seq, kind, target.seq));
      if (isThere) throw alreadyThere(relation);
      if (relation.name === 'owners' && links.count(object.seq, 'owner') >= 100) {
        throw badRequest('The maximum number of owners of a group, 100, has been reached.');
      }
      if (link === 'unitMember') refuseUnitTooMany(plane.context, target);
      links.add(object.seq, link, target);
    }
  });
}

const mostUnits = tenantLimits.administrativeUnitsOfObject;

/** Throws 400 if the object is in all the administrative units it may be in (entra-directory s.4.3). */
export function refuseUnitTooMany(context: TenantContext, target: StoredObject): void {
  if (unitsOf(context.db, target) < mostUnits) return;
  throw badRequest(`The object is in ${mostUnits} administrative units, which is the most there may be.`);
}

function checkTarget(object: StoredObject, relation: Relation, target: StoredObject): void {
  const unified = object.kind === 'group' && (object.body.groupTypes as string[] | undefined)?.includes('Unified');
  const allowed = unified && relation.name === 'members' ? (['user'] as const) : relation.kinds;
  if (!(allowed as readonly Kind[]).includes(target.kind)) {
    throw badRequest(
      `The reference target '${target.kind}_${target.id}' of type '${target.kind}' is invalid for the '${relation.name}' reference.`,
    );
  }
  if (target.seq === object.seq && relation.name === 'members')
    throw badRequest('A group cannot be a member of itself.');
}

/** DELETE …/members/{id}/$ref. */
export function removeReference(
  plane: GraphPlane,
  request: GraphRequest,
  object: StoredObject,
  relation: Relation,
  id: string,
): void {
  const link = relation.writable;
  if (!link) throw badRequest(`The relation '${relation.name}' cannot be changed.`);
  requireReferenceWrite(plane, request, object);
  if (relation.name === 'members') refuseManualMembers(object);
  const target = plane.context.objects.byId(id);
  const removed = target && plane.context.write(() => plane.context.links.remove(object.seq, link, target));
  if (!removed) throw notFound(id);
}

/** Exchange is the authority over distribution lists and mail-enabled security groups (entra-directory s.5.3). */
function refuseMailEnabled(group: StoredObject): void {
  const unified = ((group.body.groupTypes ?? []) as readonly string[]).includes('Unified');
  if (group.body.mailEnabled === true && !unified) {
    throw badRequest('The service does not currently support writes of mail-enabled groups.');
  }
}

function requireReferenceWrite(plane: GraphPlane, request: GraphRequest, object: StoredObject): void {
  if (object.kind === 'group') requireGroupWrite(plane, request, permissions.members, object);
  else requireWrite(plane, request, permissions.write(object.kind));
  if (object.kind !== 'group') return;
  if (isMasteredOnPremises(object)) throw synchronizedRefusal();
  refuseMailEnabled(object);
}

/** PUT and DELETE /users/{id}/manager/$ref. */
export function setManager(plane: GraphPlane, request: GraphRequest, user: StoredObject): void {
  requireWrite(plane, request, permissions.write('user'));
  if (isMasteredOnPremises(user)) throw synchronizedRefusal();
  protectAdministrator(plane, request, user.id);
  const { links } = plane.context;
  const manager = request.method === 'PUT' ? readReference(plane, request) : undefined;
  if (manager && manager.kind !== 'user' && manager.kind !== 'contact') {
    throw badRequest("The reference target is invalid for the 'manager' reference.");
  }
  if (manager?.seq === user.seq) throw badRequest('A user cannot be their own manager.');
  plane.context.write(() => {
    const before = links.targets(user.seq, 'manager');
    if (!manager && before.length === 0) throw notFound('manager');
    for (const old of before) if (old.seq !== manager?.seq) links.remove(user.seq, 'manager', old);
    if (manager) links.add(user.seq, 'manager', manager);
  });
}
