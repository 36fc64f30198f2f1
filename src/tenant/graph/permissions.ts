import { RequestError } from '../errors.ts';
import type { Kind } from '../store/properties.ts';
import type { GraphRequest } from './request.ts';

/** Any of these application permissions allows the call (entra-directory s.5.13). */
const readers: Readonly<Record<Kind, readonly string[]>> = {
  user: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  group: [
    'Group.Read.All',
    'Group.ReadWrite.All',
    'GroupMember.Read.All',
    'GroupMember.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  contact: ['OrgContact.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  device: ['Device.Read.All', 'Device.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  directoryRole: [
    'RoleManagement.Read.Directory',
    'RoleManagement.ReadWrite.Directory',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  application: [
    'Application.Read.All',
    'Application.ReadWrite.All',
    'Application.ReadWrite.OwnedBy',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  servicePrincipal: [
    'Application.Read.All',
    'Application.ReadWrite.All',
    'Application.ReadWrite.OwnedBy',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
};

export const readPermissions = (kind: Kind): readonly string[] => readers[kind];

/** Throws 403 unless the caller holds one of the permissions. */
export function requireAny(request: GraphRequest, permissions: readonly string[]): void {
  if (permissions.some((p) => request.principal.permissions.has(p))) return;
  throw new RequestError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}
export const hasAny = (request: GraphRequest, permissions: readonly string[]): boolean =>
  permissions.some((p) => request.principal.permissions.has(p));
