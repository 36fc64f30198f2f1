import type { StoredObject } from '../store/objects.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import { badRequest, type GraphAnswer, type GraphRequest, methodNotAllowed } from './request.ts';
import { bodyObject } from './write/payload.ts';

const permissionOf: Readonly<Partial<Record<StoredObject['kind'], string>>> = {
  user: 'User-OnPremisesSyncBehavior.ReadWrite.All',
  group: 'Group-OnPremisesSyncBehavior.ReadWrite.All',
  contact: 'Contacts-OnPremisesSyncBehavior.ReadWrite.All',
};

/** GET and PATCH …/onPremisesSyncBehavior: who masters the object (entra-directory s.1.7). */
export function answerSyncBehavior(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  object: StoredObject,
): GraphAnswer {
  const permission = permissionOf[object.kind];
  if (permission === undefined) throw methodNotAllowed(request.method);
  if (request.method === 'GET') {
    requireAny(request, [permission, ...permissions.read(object.kind)]);
    const body = {
      '@odata.context': `${request.base}/$metadata#${path}('${object.id}')/onPremisesSyncBehavior/$entity`,
      id: object.id,
      isCloudManaged: object.sync !== true || object.internal.isCloudManaged === true,
    };
    return { status: 200, body };
  }
  if (request.method !== 'PATCH') throw methodNotAllowed(request.method);
  requireWrite(plane, request, [permission]);
  const { isCloudManaged } = bodyObject(request);
  if (typeof isCloudManaged !== 'boolean') throw badRequest("Property 'isCloudManaged' must be true or false.");
  if (object.sync !== true) throw badRequest('The object is not synchronized from a directory.');
  const { context } = plane;
  context.write(() => context.objects.update(object, { internal: { ...object.internal, isCloudManaged } }));
  return { status: 204 };
}
