/** What people without an administrator role may do: make groups, so many of them, and change those they own (entra-directory s.4.3). */
import { quotaUsed, tenantLimits } from '../../../entra/limits.ts';
import type { TenantContext } from '../../context.ts';
import { RequestError } from '../../errors.ts';
import type { StoredObject } from '../../store/objects.ts';
import { holdsPrivilegedRole, requireAny } from '../permissions.ts';
import type { GraphPlane } from '../plane.ts';
import type { GraphRequest } from '../request.ts';

const denied = (): RequestError =>
  new RequestError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

/** A write to a group: besides administrators its owners may, as far as the app they use may. */
export function requireGroupWrite(
  plane: GraphPlane,
  request: GraphRequest,
  any: readonly string[],
  group: StoredObject,
): void {
  requireAny(request, any);
  const { principal } = request;
  if (principal.kind === 'app' || holdsPrivilegedRole(plane, principal.objectId)) return;
  const person = plane.context.objects.byId(principal.objectId);
  if (!person || !plane.context.links.has(group.seq, 'owner', person.seq)) throw denied();
}

/**
 * The person without an administrator role who makes a group with this request; undefined for administrators and apps,
 * who have no quota of their own. Throws 403 if they may not.
 */
export function readCreator(
  plane: GraphPlane,
  request: GraphRequest,
  any: readonly string[],
): StoredObject | undefined {
  requireAny(request, any);
  const { principal } = request;
  if (principal.kind === 'app' || holdsPrivilegedRole(plane, principal.objectId)) return undefined;
  const person = plane.context.objects.byId(principal.objectId);
  if (!person || plane.context.company.state.switches.usersMayCreateGroups === false) throw denied();
  return person;
}

/** Writes down who made the object. */
export function noteCreation(context: TenantContext, creator: StoredObject, made: StoredObject): void {
  context.db.sql('INSERT INTO creation (id, creator) VALUES (?, ?)').run(made.id, creator.id);
}

const countedMs = tenantLimits.purgedObjectsCountDays * 24 * 3600 * 1000;

/** Throws 403 if the person has made all they may. The recycle bin counts fully, what is gone for good a quarter for 30 days. */
export function refuseOverOwnQuota(context: TenantContext, creator: StoredObject): void {
  // A tenant of an earlier version has kept its switches without this one.
  const quota = context.company.state.switches.objectsOfPerson ?? tenantLimits.objectsOfPerson;
  if (quota === 0) return;
  const { held, gone } = context.db
    .sql('SELECT count(*) - count(gone_at) AS held, total(gone_at > ?) AS gone FROM creation WHERE creator = ?')
    .get(context.clock.now() - countedMs, creator.id) as { held: number; gone: number };
  if (quotaUsed(held, 0, gone) < quota) return;
  throw new RequestError(
    403,
    'Directory_QuotaExceeded',
    'The directory object quota limit for the Principal has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.',
  );
}
