import { appInternal } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { rolesHeld } from '../roles.ts';
import type { StoredObject } from '../store/objects.ts';

/** More groups than this do not travel in a JWT: the token says where to ask instead. */
const mostGroups = 200;

/** What an id token says of the person besides who issued it when. */
export function personClaims(
  context: TenantContext,
  grant: {
    readonly app: StoredObject;
    readonly person: StoredObject;
    readonly scopes: readonly string[];
    /** `https://host` of the Graph plane. */
    readonly origin: string;
  },
): Record<string, unknown> {
  const { app, person, scopes, origin } = grant;
  const roles = appRolesOf(context, app, person);
  const asked = appInternal(app).groupMembershipClaims ?? 'None';
  const withRoles = asked === 'DirectoryRole' || asked === 'All';
  return {
    oid: person.id,
    tid: context.company.state.tenantId,
    preferred_username: person.body.userPrincipalName,
    ...(scopes.includes('profile') ? nameClaims(person) : { name: person.body.displayName }),
    ...(scopes.includes('email') && typeof person.body.mail === 'string' ? { email: person.body.mail } : {}),
    ...(roles.length > 0 ? { roles } : {}),
    ...(withRoles ? { wids: rolesHeld(context, person).map((role) => role.id) } : {}),
    ...(asked === 'SecurityGroup' || asked === 'All' ? groupClaims(context, person, asked, origin) : {}),
  };
}

/** The names of a person as far as they are known. */
export function nameClaims(person: StoredObject): Record<string, unknown> {
  const { displayName, givenName, surname } = person.body;
  return {
    name: displayName,
    ...(typeof givenName === 'string' ? { given_name: givenName } : {}),
    ...(typeof surname === 'string' ? { family_name: surname } : {}),
  };
}

/** Values of the app's roles given to the person, or to a group with the person as a direct member (entra-directory s.4.3). */
export function appRolesOf(context: TenantContext, app: StoredObject, person: StoredObject): string[] {
  const given = appInternal(app).appRoles ?? [];
  if (given.length === 0) return [];
  const groups = context.links.sources(person.seq, 'member').filter((source) => source.kind === 'group');
  const holders = new Set([person.id, ...groups.map((group) => group.id)]);
  return given.filter((role) => role.members.some((id) => holders.has(id))).map((role) => role.value);
}

function groupClaims(
  context: TenantContext,
  person: StoredObject,
  asked: 'SecurityGroup' | 'All',
  origin: string,
): Record<string, unknown> {
  const groups = groupsAround(context, person)
    .filter((group) => asked === 'All' || group.body.securityEnabled === true)
    .map((group) => group.id);
  if (groups.length <= mostGroups) return groups.length > 0 ? { groups } : {};
  const endpoint = `${origin}/v1.0/users/${person.id}/getMemberObjects`;
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } };
}

/** The groups that the person is in, directly and through others. */
function groupsAround(context: TenantContext, person: StoredObject): StoredObject[] {
  const found = new Map<number, StoredObject>();
  const next = [person];
  for (let object = next.pop(); object; object = next.pop()) {
    for (const source of context.links.sources(object.seq, 'member')) {
      if (source.kind !== 'group' || found.has(source.seq)) continue;
      found.set(source.seq, source);
      next.push(source);
    }
  }
  return [...found.values()];
}
