import type { StoredObject } from '../../store/objects.ts';
import { badRequest } from '../request.ts';

/** What Graph may still write on an object that a directory masters (entra-directory s.5.9). */
const allowed: Readonly<Record<string, ReadonlySet<string>>> = {
  user: new Set([
    'usageLocation',
    'passwordPolicies',
    'accountEnabled',
    'otherMails',
    'userType',
    'ageGroup',
    'consentProvidedForMinor',
    'employeeLeaveDateTime',
    'onPremisesObjectIdentifier',
  ]),
  // For groups and devices the reference names nothing; these are facts only the cloud has [U].
  group: new Set(['uniqueName', 'theme', 'writebackConfiguration']),
  device: new Set([
    'accountEnabled',
    'extensionAttributes',
    'isCompliant',
    'isManaged',
    'deviceCategory',
    'deviceOwnership',
  ]),
};
/** Allowed above, but not if the directory sends them. */
const unlessSynced = new Set(['usageLocation', 'userType']);

export const isMasteredOnPremises = (object: StoredObject): boolean =>
  object.sync === true && object.internal.isCloudManaged !== true;

export const synchronizedRefusal = () =>
  badRequest(
    'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
  );

/** Throws 400 if the directory masters one of the properties. */
export function refuseSynchronized(object: StoredObject, names: Iterable<string>): void {
  if (!isMasteredOnPremises(object)) return;
  for (const name of names) {
    const extension = name.startsWith('extension_');
    const free = extension || allowed[object.kind]?.has(name) === true;
    const sent = (extension || unlessSynced.has(name)) && Object.hasOwn(object.shadow, name);
    if (!free || sent) throw synchronizedRefusal();
  }
}
