import { addressConflict, upnConflict } from '../../entra/uniqueness.ts';
import { isGuidText } from '../../model/guid.ts';
import { storeIndex } from '../cloud-object.ts';
import { RequestError } from '../errors.ts';
import { hasRecycleBin, removeForGood, restoreObject } from '../recycle-bin.ts';
import { ruleSettings } from '../rules.ts';
import { linkKinds } from '../store/links.ts';
import type { Body, StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { findByKey } from './address.ts';
import { countObjects, listObjects } from './list.ts';
import { answerObjects, entity } from './objects.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import { withOptions } from './plain.ts';
import type { GraphPlane } from './plane.ts';
import { castKind } from './relation-route.ts';
import { odataType } from './render.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { recycleBin } from './source.ts';
import { answerSubscriptions } from './subscriptions.ts';
import { answerSynchronization } from './synchronization.ts';
import { bodyObject } from './write/payload.ts';

const collections: Readonly<Record<Kind, string>> = {
  user: 'users',
  group: 'groups',
  contact: 'contacts',
  device: 'devices',
  directoryRole: 'directoryRoles',
  application: 'applications',
  servicePrincipal: 'servicePrincipals',
  administrativeUnit: 'administrativeUnits',
};

/** Answers requests below `/directory`. */
export function answerDirectory(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const [first, ...further] = rest;
  if (first?.name === 'deleteditems') return answerDeletedItems(plane, request, further);
  if (first?.name === 'administrativeunits') {
    return answerObjects(plane, request, 'administrativeUnit', 'directory/administrativeUnits', first, further);
  }
  if (first?.name === 'subscriptions') return answerSubscriptions(plane, request, first, further);
  if (first?.name === 'onpremisessynchronization')
    return withOptions(request, answerSynchronization(plane, request, further));
  if (
    first &&
    [
      'attributesets',
      'customsecurityattributedefinitions',
      'federationconfigurations',
      'devicelocalcredentials',
    ].includes(first.name)
  ) {
    throw notImplemented(`/directory/${first.text}`);
  }
  throw first ? segmentNotFound(first.text) : notImplemented('/directory');
}

/** The recycle bin (entra-directory s.5.5). */
function answerDeletedItems(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const [first, step, ...more] = rest;
  if (!first)
    throw badRequest('The type of the deleted items is missing: /directory/deletedItems/microsoft.graph.user.');
  if (first.name === 'getuserownedobjects' || first.name === 'microsoft.graph.getuserownedobjects') {
    if (step) throw segmentNotFound(step.text);
    return ownedObjects(plane, request);
  }
  const kind = castKind(first);
  if (kind) {
    requireAny(request, permissions.read(kind));
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    const path = `directory/deletedItems/${first.text}`;
    if (step?.name === '$count') return countObjects(plane, request, recycleBin(kind));
    if (step) throw segmentNotFound(step.text);
    return listObjects(plane, request, recycleBin(kind), { path, context: collections[kind], typed: false });
  }
  if (!isGuidText(first.text)) throw segmentNotFound(first.text);
  const object = plane.context.objects.byId(first.text);
  if (!object || object.deletedAt === undefined) throw notFound(first.text);
  if (more[0]) throw segmentNotFound(more[0].text);
  return answerDeletedItem(plane, request, object, step);
}

function answerDeletedItem(
  plane: GraphPlane,
  request: GraphRequest,
  object: StoredObject,
  step: Segment | undefined,
): GraphAnswer {
  const restoring = object.kind === 'user' ? permissions.deleteUser : permissions.write(object.kind);
  if (step?.name === 'restore' || step?.name === 'microsoft.graph.restore') {
    if (request.method !== 'POST') throw methodNotAllowed(request.method);
    requireWrite(plane, request, restoring);
    return restore(plane, request, object);
  }
  const cast = step && castKind(step);
  if (step && !cast) throw segmentNotFound(step.text);
  if (cast && request.method !== 'GET') throw methodNotAllowed(request.method);
  if (cast && cast !== object.kind) throw notFound(object.id);
  if (request.method === 'GET') {
    requireAny(request, permissions.read(object.kind));
    const found = entity(plane, request, collections[object.kind], object, 200);
    const body = { ...(found.body as object), '@odata.type': odataType(object.kind) };
    return { ...found, body };
  }
  if (request.method !== 'DELETE') throw methodNotAllowed(request.method);
  requireWrite(plane, request, restoring);
  plane.context.write(() => removeForGood(plane.context, object));
  return { status: 204 };
}

/** POST …/getUserOwnedObjects: deleted Microsoft 365 groups of which the user is an owner. */
function ownedObjects(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  requireAny(request, permissions.read('group'));
  const { userId, type } = bodyObject(request);
  if (typeof userId !== 'string' || !isGuidText(userId)) throw badRequest("'userId' must be the id of a user.");
  if (type !== 'Group') throw notImplemented(`getUserOwnedObjects of the type '${String(type).slice(0, 64)}'`);
  const user = findByKey(plane.context, 'user', userId);
  const source = recycleBin('group');
  const owned = `o.seq IN (SELECT source FROM link WHERE target = ? AND kind = ${linkKinds.owner})`;
  const where = { text: `${source.where.text} AND ${owned}`, values: [...source.where.values, user.seq] };
  const options = { path: 'directory/deletedItems/getUserOwnedObjects', context: 'directoryObjects', typed: true };
  return listObjects(plane, request, { ...source, where }, options);
}

function restore(plane: GraphPlane, request: GraphRequest, object: StoredObject): GraphAnswer {
  const { context } = plane;
  const options = request.body() === undefined ? {} : bodyObject(request);
  if (!hasRecycleBin(object)) throw badRequest('Objects of this type cannot be restored.');
  const restored = context.write(() => {
    const body = object.kind === 'user' ? restoredUser(plane, object, options) : object.body;
    return restoreObject(context, object, { body });
  });
  const found = entity(plane, request, collections[object.kind], restored, 200);
  return { ...found, body: { ...(found.body as object), '@odata.type': odataType(object.kind) } };
}

/** The user's properties without what others have taken meanwhile. Throws 409 if that was not asked for. */
function restoredUser(plane: GraphPlane, user: StoredObject, options: Record<string, unknown>): Body {
  const { context } = plane;
  const index = storeIndex(context);
  const settings = ruleSettings(context);
  const asked = options.newUserPrincipalName;
  if (asked !== undefined && typeof asked !== 'string') throw badRequest("'newUserPrincipalName' must be text.");
  const name = asked ?? String(user.body.userPrincipalName);
  if (upnConflict(name, user.id, index, settings)) throw conflict('userPrincipalName');
  const addresses = (user.body.proxyAddresses ?? []) as readonly string[];
  const free = addresses.filter((address) => !addressConflict(address, user.id, index, settings));
  if (free.length < addresses.length && options.autoReconcileProxyConflict !== true) throw conflict('proxyAddresses');
  const mail = free.find((address) => address.startsWith('SMTP:'))?.slice(5) ?? null;
  return {
    ...user.body,
    userPrincipalName: name,
    ...(free.length < addresses.length ? { proxyAddresses: free, mail } : {}),
  };
}

const conflict = (property: string): RequestError =>
  new RequestError(
    409,
    'Request_MultipleObjectsWithSameKeyValue',
    `Another object with the same value for property ${property} already exists.`,
    { details: [{ code: 'ObjectConflict', message: 'The value is taken.', target: property }] },
  );
