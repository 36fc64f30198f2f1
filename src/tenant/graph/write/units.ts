import { deleteObject } from '../../recycle-bin.ts';
import type { StoredObject } from '../../store/objects.ts';
import { permissions, requireWrite } from '../permissions.ts';
import type { GraphPlane } from '../plane.ts';
import { badRequest, type GraphRequest, notImplemented } from '../request.ts';
import { refuseExtensionTooMany, refuseOverQuota } from './limits.ts';
import { checkMembership } from './membership.ts';
import { type Payload, readPayload, requireProperties } from './payload.ts';

const invalid = (name: string) =>
  badRequest(`Invalid value specified for property '${name}' of resource 'AdministrativeUnit'.`);

/** POST /directory/administrativeUnits. */
export function createUnit(plane: GraphPlane, request: GraphRequest): StoredObject {
  requireWrite(plane, request, permissions.write('administrativeUnit'));
  const { context } = plane;
  const payload = readPayload(request, 'administrativeUnit', 'create');
  requireProperties('administrativeUnit', payload, ['displayName']);
  const body = { membershipType: 'Assigned', isMemberManagementRestricted: false, ...readUnit(payload) };
  return context.write(() => {
    refuseOverQuota(context);
    checkMembership(context, { kind: 'administrativeUnit', body }, undefined);
    refuseExtensionTooMany(body);
    return context.objects.insert({ id: context.random.guid(), kind: 'administrativeUnit', body });
  });
}

/** PATCH /directory/administrativeUnits/{id}. */
export function updateUnit(plane: GraphPlane, request: GraphRequest, unit: StoredObject): void {
  requireWrite(plane, request, permissions.write('administrativeUnit'));
  const { context } = plane;
  const body = { ...unit.body, ...readUnit(readPayload(request, 'administrativeUnit', 'update')) };
  context.write(() => {
    checkMembership(context, { kind: 'administrativeUnit', body }, unit);
    refuseExtensionTooMany(body);
    context.objects.update(unit, { body });
  });
}

/** DELETE /directory/administrativeUnits/{id}: into the recycle bin, members and all. */
export function deleteUnit(plane: GraphPlane, request: GraphRequest, unit: StoredObject): void {
  requireWrite(plane, request, permissions.write('administrativeUnit'));
  plane.context.write(() => deleteObject(plane.context, unit));
}

function readUnit(payload: Payload): Record<string, unknown> {
  const bind = [...payload.binds.keys()][0];
  if (bind !== undefined) throw badRequest(`Invalid property '${bind.slice(0, 64)}@odata.bind'.`);
  const properties = Object.fromEntries(payload.properties);
  const { membershipType, visibility } = properties;
  if (membershipType !== undefined && membershipType !== 'Assigned' && membershipType !== 'Dynamic') {
    throw invalid('membershipType');
  }
  if (visibility !== undefined && visibility !== null && visibility !== 'HiddenMembership' && visibility !== 'Public') {
    throw invalid('visibility');
  }
  if (properties.isMemberManagementRestricted === null) throw invalid('isMemberManagementRestricted');
  if (properties.isMemberManagementRestricted === true)
    throw notImplemented('restricted management administrative units');
  return properties;
}
