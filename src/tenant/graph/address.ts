import { isGuidText } from '../../model/guid.ts';
import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import { type Kind, propertyNumber } from '../store/properties.ts';
import type { Segment } from './request.ts';
import { badRequest, notFound } from './request.ts';

const upn = propertyNumber('user', 'userPrincipalName') as number;

/** The live object of a kind with this key: its id, or for users the userPrincipalName. Throws 404. */
export function findByKey(context: TenantContext, kind: Kind, key: string): StoredObject {
  if (isGuidText(key)) {
    const object = context.objects.byId(key);
    if (object && object.kind === kind && object.deletedAt === undefined) return object;
    throw notFound(key);
  }
  if (kind !== 'user') throw badRequest(`Invalid object identifier '${key.slice(0, 200)}'.`);
  const user = context.objects.byValue(upn, key, 1)[0];
  if (!user) throw notFound(key);
  return user;
}

const alternateKeys: Readonly<Record<string, readonly [Kind, string]>> = {
  'group.uniquename': ['group', 'uniqueName'],
  'device.deviceid': ['device', 'deviceId'],
  'directoryrole.roletemplateid': ['directoryRole', 'roleTemplateId'],
  'application.appid': ['application', 'appId'],
  'serviceprincipal.appid': ['servicePrincipal', 'appId'],
};

/** The object of `groups(uniqueName='x')`, `devices(deviceId='…')`, `users('a@b')`; undefined if there is none. */
export function findByAlternateKey(
  context: TenantContext,
  kind: Kind,
  key: NonNullable<Segment['key']>,
): StoredObject | undefined {
  if (key.name === undefined || key.name === 'id') return findByKey(context, kind, key.value);
  const alternate = alternateKeys[`${kind.toLowerCase()}.${key.name}`];
  if (!alternate) throw badRequest(`'${key.name}' is not a key of this resource.`);
  return context.objects.byValue(propertyNumber(alternate[0], alternate[1]) as number, key.value, 1)[0];
}
