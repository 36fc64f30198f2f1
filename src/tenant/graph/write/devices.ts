import { isGuidText } from '../../../model/guid.ts';
import { deleteObject } from '../../recycle-bin.ts';
import type { StoredObject } from '../../store/objects.ts';
import { propertyNumber } from '../../store/properties.ts';
import { permissions, requireWrite } from '../permissions.ts';
import type { GraphPlane } from '../plane.ts';
import { badRequest, type GraphRequest } from '../request.ts';
import { refuseExtensionTooMany, refuseOverQuota } from './limits.ts';
import { duplicate, readPayload, requireProperties } from './payload.ts';
import { refuseSynchronized } from './synced.ts';

const deviceIdNumber = propertyNumber('device', 'deviceId') as number;

/** POST /devices (entra-directory s.5.4). */
export function createDevice(plane: GraphPlane, request: GraphRequest): StoredObject {
  requireWrite(plane, request, permissions.write('device'));
  const { context } = plane;
  const payload = readPayload(request, 'device', 'create');
  requireProperties('device', payload, [
    'accountEnabled',
    'alternativeSecurityIds',
    'deviceId',
    'displayName',
    'operatingSystem',
    'operatingSystemVersion',
  ]);
  if (payload.binds.size > 0) throw badRequest('Relations of a device are changed through their own resources.');
  const deviceId = payload.properties.get('deviceId') as string;
  if (!isGuidText(deviceId)) throw badRequest("Invalid value specified for property 'deviceId' of resource 'Device'.");
  if (context.objects.hasValue(deviceIdNumber, deviceId)) throw duplicate('deviceId');
  return context.write(() => {
    refuseOverQuota(context);
    refuseExtensionTooMany(Object.fromEntries(payload.properties));
    return context.objects.insert({
      id: context.random.guid(),
      kind: 'device',
      body: {
        createdDateTime: context.clock.iso(),
        registrationDateTime: context.clock.iso(),
        deviceVersion: 2,
        ...Object.fromEntries(payload.properties),
        deviceId: deviceId.toLowerCase(),
      },
    });
  });
}

/** PATCH /devices/{id}. */
export function updateDevice(plane: GraphPlane, request: GraphRequest, device: StoredObject): void {
  requireWrite(plane, request, permissions.write('device'));
  const payload = readPayload(request, 'device', 'update');
  refuseSynchronized(device, payload.properties.keys());
  const { context } = plane;
  const body = { ...device.body, ...Object.fromEntries(payload.properties) };
  refuseExtensionTooMany(body);
  context.write(() => context.objects.update(device, { body }));
}

/** DELETE /devices/{id}: at once, devices have no recycle bin. */
export function deleteDevice(plane: GraphPlane, request: GraphRequest, device: StoredObject): void {
  requireWrite(plane, request, permissions.write('device'));
  plane.context.write(() => deleteObject(plane.context, device));
}
