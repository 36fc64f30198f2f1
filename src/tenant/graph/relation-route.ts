import { isGuidText } from '../../model/guid.ts';
import type { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { countObjects, listObjects } from './list.ts';
import { permissions, requireAny, requireVisibleMembers } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import type { Relation } from './relations.ts';
import { odataType, renderObject } from './render.ts';
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
import { kindOfTypeName } from './schema.ts';
import { readSelections } from './select.ts';
import { type Source, sourcesOf, targetsOf, transitiveSourcesOf, transitiveTargetsOf } from './source.ts';
import { addReference, idOfReference, removeReference, setManager } from './write/references.ts';

/** Answers requests below a relation, e.g. `/groups/{id}/members…`. */
export function answerRelation(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  object: StoredObject,
  relation: Relation,
  rest: readonly Segment[],
): GraphAnswer {
  const own = `${path}/${object.id}/${relation.name}`;
  const [step, ...further] = rest;
  if (step?.name === '$ref' && further.length === 0) return answerReferences(plane, request, own, object, relation);
  if (request.method === 'GET') {
    requireAny(request, permissions.read(object.kind));
    requireVisibleMembers(plane, request, object);
  }
  if (relation.single) {
    if (step) throw segmentNotFound(step.text);
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    return single(plane, request, object, relation);
  }
  if (!step) {
    if (request.method === 'POST' && object.kind === 'administrativeUnit') {
      throw notImplemented('making a group within an administrative unit');
    }
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    const context = 'directoryObjects';
    return listObjects(plane, request, sourceOf(object, relation, relation.kinds), { path: own, context, typed: true });
  }
  if (isGuidText(step.text)) return answerMember(plane, request, object, relation, step.text.toLowerCase(), further);
  if (step.name === '$count') return countObjects(plane, request, sourceOf(object, relation, relation.kinds));
  return cast(plane, request, own, object, relation, step, further);
}

export function sourceOf(object: StoredObject, relation: Relation, kinds: readonly Kind[]): Source {
  if (relation.transitive) {
    return relation.reverse ? transitiveSourcesOf(object.seq, kinds) : transitiveTargetsOf(object.seq, kinds);
  }
  return relation.reverse ? sourcesOf(object.seq, relation.links, kinds) : targetsOf(object.seq, relation.links, kinds);
}

const collectionNames: Readonly<Record<Kind, string>> = {
  user: 'users',
  group: 'groups',
  contact: 'contacts',
  device: 'devices',
  directoryRole: 'directoryRoles',
  application: 'applications',
  servicePrincipal: 'servicePrincipals',
  administrativeUnit: 'administrativeUnits',
};

/** `…/members/microsoft.graph.user`, or `graph.user` as Kiota writes it. */
function cast(
  plane: GraphPlane,
  request: GraphRequest,
  own: string,
  object: StoredObject,
  relation: Relation,
  step: Segment,
  further: readonly Segment[],
): GraphAnswer {
  const kind = castKind(step);
  if (!kind) throw segmentNotFound(step.text);
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const source = sourceOf(object, relation, relation.kinds.includes(kind) ? [kind] : []);
  const none: Source = { ...source, kinds: [kind], where: { text: '0', values: [] } };
  const cast = relation.kinds.includes(kind) ? source : none;
  if (further[0]?.name === '$count' && further.length === 1) return countObjects(plane, request, cast);
  if (further[0]) throw segmentNotFound(further[0].text);
  const options = { path: `${own}/${step.text}`, context: collectionNames[kind], typed: false };
  return listObjects(plane, request, cast, options);
}

/** The kind of a cast segment; undefined if it is none. */
export function castKind(step: Segment): Kind | undefined {
  const name = /^(?:microsoft\.)?graph\.(\w+)$/i.exec(step.text)?.[1];
  return name === undefined ? undefined : kindOfTypeName(name);
}

function single(plane: GraphPlane, request: GraphRequest, object: StoredObject, relation: Relation): GraphAnswer {
  const found = plane.context.links.targets(object.seq, relation.links[0] ?? 'manager', 0, 1)[0];
  if (!found) throw notFound(relation.name);
  const selections = readSelections(request, relation.kinds);
  return {
    status: 200,
    body: {
      '@odata.context': `${request.base}/$metadata#directoryObjects${selections.suffix}/$entity`,
      '@odata.type': odataType(found.kind),
      ...renderObject(found, selections.namesOf(found.kind)),
    },
  };
}

/** `…/members/{id}` and `…/members/{id}/$ref`. */
function answerMember(
  plane: GraphPlane,
  request: GraphRequest,
  object: StoredObject,
  relation: Relation,
  id: string,
  further: readonly Segment[],
): GraphAnswer {
  const [step, ...more] = further;
  if (step?.name === '$ref' && more.length === 0) {
    if (request.method !== 'DELETE') throw methodNotAllowed(request.method);
    removeReference(plane, request, object, relation, id);
    return { status: 204 };
  }
  const cast = step && castKind(step);
  if (step && (!cast || more.length > 0)) throw segmentNotFound((more[0] ?? step).text);
  const member = plane.context.objects.byId(id);
  if (!member || !isRelated(plane, object, relation, member)) throw notFound(id);
  if (cast !== undefined && request.method !== 'GET') throw methodNotAllowed(request.method);
  if (cast !== undefined && cast !== member.kind) throw notFound(id);
  // Without /$ref the object itself is meant: the real service deletes it (entra-directory s.5.3).
  if (request.method === 'DELETE') return plane.removeObject(request, member);
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const selections = readSelections(request, relation.kinds);
  const body = {
    '@odata.context': `${request.base}/$metadata#directoryObjects${selections.suffix}/$entity`,
    '@odata.type': odataType(member.kind),
    ...renderObject(member, selections.namesOf(member.kind)),
  };
  return { status: 200, body };
}

function isRelated(plane: GraphPlane, object: StoredObject, relation: Relation, other: StoredObject): boolean {
  if (other.deletedAt !== undefined) return false;
  const { links } = plane.context;
  return relation.links.some((link) =>
    relation.reverse ? links.has(other.seq, link, object.seq) : links.has(object.seq, link, other.seq),
  );
}

function answerReferences(
  plane: GraphPlane,
  request: GraphRequest,
  own: string,
  object: StoredObject,
  relation: Relation,
): GraphAnswer {
  if (request.method === 'GET') {
    requireAny(request, permissions.read(object.kind));
    requireVisibleMembers(plane, request, object);
    return listReferences(plane, request, own, object, relation);
  }
  if (!relation.writable) throw methodNotAllowed(request.method);
  if (relation.single) {
    if (request.method !== 'PUT' && request.method !== 'DELETE') throw methodNotAllowed(request.method);
    setManager(plane, request, object);
    return { status: 204 };
  }
  if (request.method === 'DELETE') {
    const url = request.query.get('@id');
    if (url === undefined) throw badRequest('The id of the object to remove is missing from the path.');
    removeReference(plane, request, object, relation, idOfReference(url));
    return { status: 204 };
  }
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  addReference(plane, request, object, relation);
  return { status: 204 };
}

function listReferences(
  plane: GraphPlane,
  request: GraphRequest,
  own: string,
  object: StoredObject,
  relation: Relation,
): GraphAnswer {
  const link = (id: unknown) => `${request.base}/directoryObjects/${String(id)}`;
  if (relation.single) {
    const found = plane.context.links.targets(object.seq, relation.links[0] ?? 'manager', 0, 1)[0];
    if (!found) throw notFound(relation.name);
    return { status: 200, body: { '@odata.context': `${request.base}/$metadata#$ref`, '@odata.id': link(found.id) } };
  }
  const options = { path: `${own}/$ref`, context: 'Collection($ref)', typed: false };
  const list = listObjects(plane, request, sourceOf(object, relation, relation.kinds), options);
  const body = list.body as { value: { id: string }[] };
  return { ...list, body: { ...body, value: body.value.map(({ id }) => ({ '@odata.id': link(id) })) } };
}
