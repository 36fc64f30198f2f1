import type { Kind } from '../store/properties.ts';
import { findByAlternateKey, findByKey } from './address.ts';
import { listCollection, listLinked } from './list.ts';
import { readPermissions, requireAny } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import {
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
  segmentNotFound,
  unsupportedQuery,
  wantsEventual,
} from './request.ts';
import { readSelection } from './select.ts';

const collections: Readonly<Record<string, Kind>> = {
  users: 'user',
  groups: 'group',
  contacts: 'contact',
  devices: 'device',
};

/** Answers a request of the Graph plane, or throws a RequestError. */
export function dispatch(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  const [first, ...rest] = request.segments;
  if (!first) throw notImplemented('the service document');
  const kind = Object.hasOwn(collections, first.name) ? collections[first.name] : undefined;
  if (!kind) throw segmentNotFound(first.text);
  requireAny(request, readPermissions(kind));
  if (request.method !== 'GET') throw notImplemented(`${request.method} ${first.text}`);
  return readObjects(plane, request, kind, first, rest);
}

function readObjects(
  plane: GraphPlane,
  request: GraphRequest,
  kind: Kind,
  first: Segment,
  rest: readonly Segment[],
): GraphAnswer {
  const path = first.name;
  if (rest.length === 0 && !first.key) return listCollection(plane, request, kind, path);
  if (rest[0]?.name === '$count' && !first.key) {
    if (!wantsEventual(request)) throw unsupportedQuery('$count is not currently supported.');
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: plane.context.objects.count(kind) };
  }
  const [keySegment, ...relation] = first.key ? [undefined, ...rest] : rest;
  const object = first.key
    ? findByAlternateKey(plane.context, kind, first.key)
    : findByKey(plane.context, kind, keySegment?.text ?? '');
  if (!object) throw notFound(first.key?.value ?? '');
  const step = relation[0];
  if (!step) {
    const selection = readSelection(request, kind);
    const context = `${request.base}/$metadata#${path}${selection.suffix}/$entity`;
    return { status: 200, body: { '@odata.context': context, ...renderObject(object, selection.names) } };
  }
  if (relation.length > 1) throw notImplemented(relation.map((s) => s?.text).join('/'));
  const { links } = plane.context;
  if (step.name === 'manager') {
    const manager = links.targets(object.seq, 'manager', 0, 1)[0];
    if (!manager) throw notFound('manager');
    const selection = readSelection(request, manager.kind);
    const context = `${request.base}/$metadata#directoryObjects/$entity`;
    const body = {
      '@odata.context': context,
      '@odata.type': odataType(manager.kind),
      ...renderObject(manager, selection.names),
    };
    return { status: 200, body };
  }
  const linked = `${path}/${object.id}/${step.name}`;
  if (step.name === 'members' || step.name === 'owners') {
    const link = step.name === 'members' ? 'member' : 'owner';
    return listLinked(plane, request, linked, (after, limit) => links.targets(object.seq, link, after, limit));
  }
  if (step.name === 'memberof') {
    return listLinked(plane, request, linked, (after, limit) => links.sources(object.seq, 'member', after, limit));
  }
  if (step.name === 'directreports') {
    return listLinked(plane, request, linked, (after, limit) => links.sources(object.seq, 'manager', after, limit));
  }
  throw request.method === 'GET' ? segmentNotFound(step.text) : methodNotAllowed(request.method);
}
