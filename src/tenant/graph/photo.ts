import { isBinary } from '../../model/value.ts';
import { RequestError } from '../errors.ts';
import { type PictureFacts, readPicture } from '../jpeg.ts';
import type { StoredObject } from '../store/objects.ts';
import { readPhoto, writePhoto } from '../store/photos.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { requireGroupWrite } from './write/creations.ts';

const readAll = ['ProfilePhoto.Read.All', 'ProfilePhoto.ReadWrite.All'];
/** Whoever has these may ask for a photo by its owner's id or name. */
export const photoPermissions: readonly string[] = [...readAll, 'User.ReadWrite'];

/** Only users and groups have one here. */
export const hasPhoto = (object: StoredObject): boolean => object.kind === 'user' || object.kind === 'group';

/** `…/photo` and `…/photo/$value` of a user or a group (entra-directory s.4.2, 5.2). */
export function answerPhoto(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  owner: StoredObject,
  rest: readonly Segment[],
): GraphAnswer {
  const [step, more] = rest;
  if (more ?? (step && step.name !== '$value')) throw segmentNotFound((more ?? step)?.text ?? '');
  switch (request.method) {
    case 'GET': {
      requireRead(request, owner);
      const bytes = photoOf(plane, owner);
      if (!bytes) throw noPhoto(owner);
      return step ? content(bytes) : facts(request, path, owner, readPicture(bytes));
    }
    case 'PUT':
    case 'PATCH':
      if (!step) throw methodNotAllowed(request.method);
      requireOwnWrite(plane, request, owner);
      put(plane, request, owner);
      return { status: 200 };
    case 'DELETE':
      requireOwnWrite(plane, request, owner);
      if (!photoOf(plane, owner)) throw noPhoto(owner);
      plane.context.write(() => writePhoto(plane.context.db, owner, null));
      return { status: 204 };
    default:
      throw methodNotAllowed(request.method);
  }
}

const isSelf = (request: GraphRequest, owner: StoredObject): boolean =>
  request.principal.kind === 'user' && request.principal.objectId === owner.id;

function requireRead(request: GraphRequest, owner: StoredObject): void {
  if (!isSelf(request, owner)) requireAny(request, [...readAll, ...permissions.read(owner.kind)]);
}

/** People change their own photo, owners that of their group, administrators and apps all of them. */
function requireOwnWrite(plane: GraphPlane, request: GraphRequest, owner: StoredObject): void {
  const any = ['ProfilePhoto.ReadWrite.All', ...permissions.write(owner.kind)];
  if (isSelf(request, owner)) requireAny(request, [...any, 'User.ReadWrite']);
  else if (owner.kind === 'group') requireGroupWrite(plane, request, any, owner);
  else requireWrite(plane, request, any);
}

/** What was written through Graph, or else what synchronization sent as thumbnailPhoto. */
function photoOf(plane: GraphPlane, owner: StoredObject): Uint8Array | undefined {
  const written = readPhoto(plane.context.db, owner);
  if (written) return written.kind === 'own' ? written.bytes : undefined;
  const sent = owner.shadow.thumbnailPhoto as Parameters<typeof isBinary>[0] | undefined;
  return sent !== undefined && isBinary(sent) ? Buffer.from(sent.base64, 'base64') : undefined;
}

const noPhoto = (owner: StoredObject): RequestError =>
  new RequestError(404, 'ImageNotFound', `The ${owner.kind} ${owner.id} has no photo.`);

const content = (bytes: Uint8Array): GraphAnswer => ({
  status: 200,
  headers: { 'content-type': readPicture(bytes).type },
  body: bytes,
});

function facts(request: GraphRequest, path: string, owner: StoredObject, picture: PictureFacts): GraphAnswer {
  const { width, height, type } = picture;
  return {
    status: 200,
    body: {
      '@odata.context': `${request.base}/$metadata#${path}('${owner.id}')/photo/$entity`,
      '@odata.mediaContentType': type,
      id: width === undefined || height === undefined ? 'default' : `${width}X${height}`,
      width: width ?? null,
      height: height ?? null,
    },
  };
}

/** A synced user may have a photo of the cloud too (s.5.9); the next one of the directory takes its place. */
function put(plane: GraphPlane, request: GraphRequest, owner: StoredObject): void {
  if (owner.kind === 'group' && !(owner.body.groupTypes as string[] | undefined)?.includes('Unified')) {
    throw badRequest('Only Microsoft 365 groups have a photo.');
  }
  const type = request.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!type.startsWith('image/'))
    throw badRequest("The Content-Type of a photo must be an image type, e.g. 'image/jpeg'.");
  const bytes = request.bytes?.() ?? new Uint8Array();
  if (readPicture(bytes).type !== 'image/jpeg') throw badRequest('The photo is not a JPEG image.');
  plane.context.write(() => writePhoto(plane.context.db, owner, bytes));
}
