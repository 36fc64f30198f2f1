import type { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { deltaQuery } from './delta.ts';
import { availableExtensions } from './extensions.ts';
import { answerObject } from './objects.ts';
import { hasAny, permissions, requireAny } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
} from './request.ts';
import { kindOfTypeName, standardProperties } from './schema.ts';
import { bodyObject } from './write/payload.ts';

/** Ids in one request [M] (entra-directory s.5.2). */
const mostIds = 1000;

const followed: readonly Kind[] = [
  'user',
  'group',
  'contact',
  'device',
  'directoryRole',
  'application',
  'servicePrincipal',
  'administrativeUnit',
];

/** /directoryObjects. */
export function answerDirectoryObjects(
  plane: GraphPlane,
  request: GraphRequest,
  rest: readonly Segment[],
): GraphAnswer {
  const [first, ...more] = rest;
  if (first?.name === 'getbyids' || first?.name === 'microsoft.graph.getbyids') {
    if (request.method !== 'POST') throw methodNotAllowed(request.method);
    return getByIds(plane, request);
  }
  if (first?.name === 'delta' || first?.name === 'microsoft.graph.delta') {
    requireAny(request, permissions.readDirectory);
    return deltaQuery(plane, request, { path: 'directoryObjects', kinds: followed });
  }
  if (/^(microsoft\.graph\.)?getavailableextensionproperties$/.test(first?.name ?? '')) {
    if (request.method !== 'POST') throw methodNotAllowed(request.method);
    return availableExtensions(plane, request);
  }
  if (!first || first.name === 'validateproperties') {
    throw notImplemented(`${request.method} /directoryObjects/${first?.text ?? ''}`);
  }
  const object = plane.context.objects.byId(first.text);
  if (!object || object.deletedAt !== undefined) throw notFound(first.text);
  requireAny(request, [...permissions.read(object.kind), ...permissions.write(object.kind)]);
  const answer = answerObject(plane, request, 'directoryObjects', object, more);
  if (request.method !== 'GET' || more.length > 0) return answer;
  return { ...answer, body: { '@odata.type': odataType(object.kind), ...(answer.body as object) } };
}

function getByIds(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  const { ids, types } = bodyObject(request);
  if (!Array.isArray(ids) || ids.length > mostIds || !ids.every((id) => typeof id === 'string')) {
    throw badRequest(`'ids' must be a list of at most ${mostIds} ids.`);
  }
  const kinds = Array.isArray(types) ? types.map((t) => kindOfTypeName(String(t))) : undefined;
  const wanted = (kind: Kind) =>
    kinds === undefined ||
    kinds.length === 0 ||
    kinds.includes(kind) ||
    (types as unknown[]).includes('directoryObject');
  const found = [...new Set(ids as string[])]
    .map((id) => plane.context.objects.byId(id))
    .filter((o): o is StoredObject => o !== undefined && o.deletedAt === undefined && wanted(o.kind))
    .filter((o) => hasAny(request, permissions.read(o.kind)));
  const value = found.map((o) => ({
    '@odata.type': odataType(o.kind),
    ...renderObject(o, standardProperties(o.kind)),
  }));
  return { status: 200, body: { '@odata.context': `${request.base}/$metadata#directoryObjects`, value } };
}
