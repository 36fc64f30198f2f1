import type { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { actionsOf } from './actions.ts';
import { findByAlternateKey, findByKey } from './address.ts';
import { deltaQuery } from './delta.ts';
import { expand, readExpansion } from './expand.ts';
import { countObjects, listObjects } from './list.ts';
import { permissions, requireAny } from './permissions.ts';
import { answerPhoto, hasPhoto, photoPermissions } from './photo.ts';
import type { GraphPlane } from './plane.ts';
import { answerRelation } from './relation-route.ts';
import { findRelation } from './relations.ts';
import { renderObject } from './render.ts';
import {
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  prefersMinimal,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { typeNames } from './schema.ts';
import { readSelection } from './select.ts';
import { collection } from './source.ts';
import { createDevice, deleteDevice, updateDevice } from './write/devices.ts';
import { createGroup, deleteGroup, updateGroup, upsertGroup } from './write/groups.ts';
import { createUnit, deleteUnit, updateUnit } from './write/units.ts';
import { createUser, deleteUser, updateUser } from './write/users.ts';

interface Writers {
  readonly create?: (plane: GraphPlane, request: GraphRequest) => StoredObject;
  readonly update?: (plane: GraphPlane, request: GraphRequest, object: StoredObject) => void;
  readonly remove?: (plane: GraphPlane, request: GraphRequest, object: StoredObject) => void;
}
const writers: Readonly<Partial<Record<Kind, Writers>>> = {
  user: { create: createUser, update: updateUser, remove: deleteUser },
  group: { create: createGroup, update: updateGroup, remove: deleteGroup },
  device: { create: createDevice, update: updateDevice, remove: deleteDevice },
  administrativeUnit: { create: createUnit, update: updateUnit, remove: deleteUnit },
};

/** Answers requests below `/users`, `/groups` and so on. `path` is the documented name of the collection. */
export function answerObjects(
  plane: GraphPlane,
  request: GraphRequest,
  kind: Kind,
  path: string,
  first: Segment,
  rest: readonly Segment[],
): GraphAnswer {
  if (first.key) return answerKeyed(plane, request, kind, path, first.key, rest);
  const [next, ...relation] = rest;
  if (!next) return answerCollection(plane, request, kind, path);
  if (next.name === '$count') {
    requireAny(request, permissions.read(kind));
    return countObjects(plane, request, collection(kind));
  }
  if (next.name === 'delta' || next.name === 'microsoft.graph.delta') {
    requireAny(request, permissions.read(kind));
    return deltaQuery(plane, request, { path, kinds: [kind] });
  }
  if (next.name.startsWith('$') && !next.text.includes('@')) throw segmentNotFound(next.text);
  if (request.method === 'POST' && relation.length === 0 && /^[a-z]+$/i.test(next.text)) {
    throw notImplemented(`POST /${path}/${next.text}`);
  }
  requireAny(request, readsOf(kind, request, relation));
  return answerObject(plane, request, path, findByKey(plane.context, kind, next.text), relation);
}

/** Who may write an object may address it; what exactly is allowed is checked with the operation. */
const readsOf = (kind: Kind, request: GraphRequest, relation: readonly Segment[]): readonly string[] =>
  request.method === 'GET' && relation.length === 0
    ? permissions.read(kind)
    : [
        ...permissions.read(kind),
        ...permissions.deleteUser,
        ...permissions.enableUser,
        ...permissions.password,
        ...permissions.licence,
        ...permissions.members,
        ...permissions.createGroup,
        ...permissions.clearObjectIdentifier,
        ...photoPermissions,
        'Group-OnPremisesSyncBehavior.ReadWrite.All',
        'Contacts-OnPremisesSyncBehavior.ReadWrite.All',
      ];

function answerKeyed(
  plane: GraphPlane,
  request: GraphRequest,
  kind: Kind,
  path: string,
  key: NonNullable<Segment['key']>,
  rest: readonly Segment[],
): GraphAnswer {
  if (kind === 'group' && key.name === 'uniquename' && request.method === 'PATCH' && rest.length === 0) {
    const { object, created } = upsertGroup(plane, request, key.value);
    return created ? entity(plane, request, path, object, 201) : { status: 204 };
  }
  requireAny(request, readsOf(kind, request, rest));
  const object = findByAlternateKey(plane.context, kind, key);
  if (!object) throw notFound(key.value);
  return answerObject(plane, request, path, object, rest);
}

function answerCollection(plane: GraphPlane, request: GraphRequest, kind: Kind, path: string): GraphAnswer {
  switch (request.method) {
    case 'GET':
      requireAny(request, permissions.read(kind));
      return listObjects(plane, request, collection(kind), { path, context: path, typed: false });
    case 'POST': {
      const create = writers[kind]?.create;
      if (!create) throw cannotWrite(kind, request.method);
      return entity(plane, request, path, create(plane, request), 201);
    }
    default:
      throw methodNotAllowed(request.method);
  }
}

const cannotWrite = (kind: Kind, method: string) =>
  kind === 'contact' ? methodNotAllowed(method) : notImplemented(`${method} of ${typeNames[kind]} objects`);

/** The object as the answer to a request that is about this object alone. */
export function entity(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  object: StoredObject,
  status: 200 | 201,
): GraphAnswer {
  if (status === 201 && prefersMinimal(request)) return createdMinimal(request, path, object);
  const selection = readSelection(request, object.kind);
  const expansion = readExpansion(request, [object.kind]);
  const body = {
    '@odata.context': `${request.base}/$metadata#${path}${selection.suffix}/$entity`,
    ...renderObject(object, selection.names),
    ...(expansion ? expand(plane, request, object, expansion) : {}),
  };
  const headers = status === 201 ? { location: `${request.base}/${path}/${object.id}` } : {};
  return { status, headers, body };
}

/** Only where the new object is (OData 4.01 s.8.2.8.7). */
function createdMinimal(request: GraphRequest, path: string, object: StoredObject): GraphAnswer {
  const location = `${request.base}/${path}/${object.id}`;
  return { status: 204, headers: { location, 'odata-entityid': location, 'preference-applied': 'return=minimal' } };
}

/** Answers what concerns one object: itself, its relations, its actions. */
export function answerObject(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  object: StoredObject,
  rest: readonly Segment[],
): GraphAnswer {
  const [step, ...further] = rest;
  if (step) {
    const relation = findRelation(object.kind, step.name);
    if (relation) return answerRelation(plane, request, path, object, relation, further);
    if (step.name === 'photo' && hasPhoto(object)) return answerPhoto(plane, request, path, object, further);
    return actionsOf(plane, request, path, object, step, further);
  }
  switch (request.method) {
    case 'GET':
      return entity(plane, request, path, object, 200);
    case 'PATCH': {
      const update = writers[object.kind]?.update;
      if (!update) throw cannotWrite(object.kind, request.method);
      update(plane, request, object);
      return { status: 204 };
    }
    case 'DELETE':
      return removeObject(plane, request, object);
    default:
      throw methodNotAllowed(request.method);
  }
}

export function removeObject(plane: GraphPlane, request: GraphRequest, object: StoredObject): GraphAnswer {
  const remove = writers[object.kind]?.remove;
  if (!remove) throw cannotWrite(object.kind, request.method);
  remove(plane, request, object);
  return { status: 204 };
}
