import { RequestError } from '../errors.ts';
import { rolesHeld } from '../roles.ts';
import type { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import type { GraphPlane } from './plane.ts';
import type { GraphRequest } from './request.ts';

const directoryRead = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const appRead = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Application.ReadWrite.OwnedBy',
  ...directoryRead,
];

/** Any of these permissions allows the call (entra-directory s.5.13). */
const readers: Readonly<Record<Kind, readonly string[]>> = {
  user: ['User.Read.All', 'User.ReadWrite.All', ...directoryRead],
  group: [
    'Group.Read.All',
    'Group.ReadWrite.All',
    'GroupMember.Read.All',
    'GroupMember.ReadWrite.All',
    ...directoryRead,
  ],
  contact: ['OrgContact.Read.All', ...directoryRead],
  device: ['Device.Read.All', 'Device.ReadWrite.All', ...directoryRead],
  directoryRole: ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory', ...directoryRead],
  application: appRead,
  servicePrincipal: appRead,
  administrativeUnit: ['AdministrativeUnit.Read.All', 'AdministrativeUnit.ReadWrite.All', ...directoryRead],
};
const writers: Readonly<Record<Kind, readonly string[]>> = {
  user: ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
  group: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  contact: [],
  device: ['Device.ReadWrite.All', 'Directory.ReadWrite.All'],
  directoryRole: ['RoleManagement.ReadWrite.Directory'],
  application: ['Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy'],
  servicePrincipal: ['Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy'],
  administrativeUnit: ['AdministrativeUnit.ReadWrite.All'],
};

export const permissions = {
  read: (kind: Kind): readonly string[] => readers[kind],
  write: (kind: Kind): readonly string[] => writers[kind],
  readDirectory: directoryRead,
  createGroup: [...writers.group, 'Group.Create'],
  members: [...writers.group, 'GroupMember.ReadWrite.All'],
  deleteUser: ['User.ReadWrite.All', 'User.DeleteRestore.All'],
  enableUser: [...writers.user, 'User.EnableDisableAccount.All'],
  password: ['User-PasswordProfile.ReadWrite.All', 'Directory.AccessAsUser.All'],
  licence: ['LicenseAssignment.ReadWrite.All', ...writers.user],
  readDomain: ['Domain.Read.All', 'Domain.ReadWrite.All', ...directoryRead],
  writeDomain: ['Domain.ReadWrite.All'],
  readOrganization: ['Organization.Read.All', 'Organization.ReadWrite.All', 'User.Read.All', ...directoryRead],
  writeOrganization: ['Organization.ReadWrite.All'],
  readSync: ['OnPremDirectorySynchronization.Read.All', 'OnPremDirectorySynchronization.ReadWrite.All'],
  writeSync: ['OnPremDirectorySynchronization.ReadWrite.All'],
  readLicences: [
    'LicenseAssignment.Read.All',
    'LicenseAssignment.ReadWrite.All',
    'Organization.Read.All',
    'Organization.ReadWrite.All',
    ...directoryRead,
  ],
  readHiddenMembers: ['Member.Read.Hidden'],
  clearObjectIdentifier: ['User-OnPremisesSyncBehavior.ReadWrite.All'],
} as const;

const denied = (): RequestError =>
  new RequestError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

export const hasAny = (request: GraphRequest, any: readonly string[]): boolean =>
  any.some((permission) => request.principal.permissions.has(permission));

/** Throws 403 unless the caller holds one of the permissions. */
export function requireAny(request: GraphRequest, any: readonly string[]): void {
  if (!hasAny(request, any)) throw denied();
}

/** The same for a write: a person must hold a directory role besides, because delegated rights never exceed their own. */
export function requireWrite(plane: GraphPlane, request: GraphRequest, any: readonly string[]): void {
  requireAny(request, any);
  if (request.principal.kind === 'user' && !holdsPrivilegedRole(plane, request.principal.objectId)) throw denied();
}

/** Hidden members of a unit are seen by its members, and by apps that may see what is hidden (Graph: list members). */
export function seesMembers(plane: GraphPlane, request: GraphRequest, object: StoredObject): boolean {
  if (object.kind !== 'administrativeUnit' || object.body.visibility !== 'HiddenMembership') return true;
  const { principal } = request;
  const person = principal.kind === 'user' ? plane.context.objects.byId(principal.objectId) : undefined;
  const isMember = person !== undefined && plane.context.links.has(object.seq, 'unitMember', person.seq);
  return isMember || hasAny(request, permissions.readHiddenMembers);
}
export function requireVisibleMembers(plane: GraphPlane, request: GraphRequest, object: StoredObject): void {
  if (!seesMembers(plane, request, object)) throw denied();
}

export function holdsPrivilegedRole(plane: GraphPlane, id: string): boolean {
  const object = plane.context.objects.byId(id);
  return object !== undefined && rolesHeld(plane.context, object).some((role) => role.privileged);
}

/** Sensitive changes of somebody who administers need a caller who administers (entra-directory s.5.2). */
export function protectAdministrator(plane: GraphPlane, request: GraphRequest, id: string): void {
  if (holdsPrivilegedRole(plane, id) && !holdsPrivilegedRole(plane, request.principal.objectId)) throw denied();
}
