/** What the app of a connector must be allowed to do, asked for before anything begins (entra-directory s.5.13). */
import { z } from 'zod';
import { ConnectorError } from '../contract.ts';
import { query } from './graph-read.ts';

/** One thing that a connector does, the permission to grant for it, and others that include it. */
interface Need {
  readonly to: string;
  readonly grant: string;
  readonly or: readonly string[];
  /** A read that works only with a permission for it. */
  readonly probe: string;
}

const readAll = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const one = (name: string) => `/${name}?${query({ $top: '1', $select: 'id' })}`;
const always: readonly Need[] = [
  {
    to: 'know the tenant and its domains',
    grant: 'Organization.Read.All',
    or: ['Organization.ReadWrite.All', 'User.Read.All', ...readAll],
    probe: `/organization?${query({ $select: 'id,onPremisesSyncEnabled,verifiedDomains' })}`,
  },
  {
    to: 'read, make, change, delete and restore users',
    grant: 'User.ReadWrite.All',
    or: ['Directory.ReadWrite.All'],
    probe: one('users'),
  },
  {
    to: 'read and write groups and their members',
    grant: 'Group.ReadWrite.All',
    or: ['Directory.ReadWrite.All'],
    probe: one('groups'),
  },
  {
    to: 'leave holders of administrator roles alone',
    grant: 'RoleManagement.Read.Directory',
    or: ['RoleManagement.Read.All', 'RoleManagement.ReadWrite.Directory', ...readAll],
    probe: '/roleManagement/directory/roleAssignments',
  },
  {
    to: 'see which addresses contacts have',
    grant: 'OrgContact.Read.All',
    or: readAll,
    probe: one('contacts'),
  },
];
const devices: Need = {
  to: 'import devices',
  grant: 'Device.Read.All',
  or: ['Device.ReadWrite.All', ...readAll],
  probe: one('devices'),
};

/** Only where the rules write directory extensions; the list is asked for by a POST, which is no probe. */
export const definitionsNeed: Omit<Need, 'probe'> = {
  to: 'know which directory extensions the tenant defines',
  grant: 'Application.Read.All',
  or: ['Application.ReadWrite.All', ...readAll],
};

/** What a connector needs, the organization first. */
export const needsOf = (readsDevices: boolean): readonly Need[] => (readsDevices ? [...always, devices] : always);

const claims = z.object({ roles: z.array(z.string()) });

/** The permissions that an access token names; undefined if it is of a form that only the service understands. */
function rolesOf(token: string): ReadonlySet<string> | undefined {
  const [, payload] = token.split('.');
  if (payload === undefined) return undefined;
  try {
    const read = claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return read.success ? new Set(read.data.roles) : undefined;
  } catch {
    return undefined; // tokens belong to the service and may have any form: then the first calls show what is missing
  }
}

/**
 * Throws a ConnectorError that names every permission that is missing, as far as the token tells: a lack of write access
 * would otherwise show in the middle of an export.
 */
export function checkToken(token: string, needs: readonly Omit<Need, 'probe'>[], app: string): void {
  const granted = rolesOf(token);
  if (!granted) return;
  const missing = needs.filter(({ grant, or }) => ![grant, ...or].some((name) => granted.has(name)));
  if (missing.length === 0) return;
  throw missingPermissions(app, missing);
}

/** What to say of things that the app may not do. */
export function missingPermissions(app: string, missing: readonly Pick<Need, 'to' | 'grant'>[]): ConnectorError {
  const what = missing.map(({ to, grant }) => `${grant} (to ${to})`).join(', ');
  const names = missing.map(({ grant }) => grant).join(', ');
  return new ConnectorError('failed-permission', `The app ${app} lacks application permissions: ${what}.`, {
    status: 'no-start-credentials',
    remedy: `Give the app registration of the connector the application permission${missing.length > 1 ? 's' : ''} ${names}, with the consent of an administrator. "causeway connector permissions" shows their ids and where to consent.`,
  });
}
