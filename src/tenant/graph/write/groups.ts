import { tenantLimits } from '../../../entra/limits.ts';
import { checkAlias } from '../../../entra/validation.ts';
import type { TenantContext } from '../../context.ts';
import { RequestError } from '../../errors.ts';
import { deleteObject } from '../../recycle-bin.ts';
import type { StoredObject } from '../../store/objects.ts';
import { addressProperty, propertyNumber } from '../../store/properties.ts';
import { permissions, requireAny, requireWrite } from '../permissions.ts';
import type { GraphPlane } from '../plane.ts';
import { findRelation, type Relation } from '../relations.ts';
import { badRequest, type GraphRequest, notFound } from '../request.ts';
import { noteCreation, readCreator, refuseOverOwnQuota, requireGroupWrite } from './creations.ts';
import { refuseExtensionTooMany, refuseOverQuota } from './limits.ts';
import { checkMembership, refuseManualMembers } from './membership.ts';
import { duplicate, type Payload, readPayload, requireProperties } from './payload.ts';
import { addReferences, resolveBind } from './references.ts';
import { isMasteredOnPremises, refuseSynchronized, synchronizedRefusal } from './synced.ts';

/** References in one request (entra-directory s.5.3). */
const mostBinds = 20;
const uniqueName = propertyNumber('group', 'uniqueName') as number;

/** POST /groups. */
export function createGroup(plane: GraphPlane, request: GraphRequest): StoredObject {
  return makeGroup(plane, request);
}

function makeGroup(plane: GraphPlane, request: GraphRequest, key?: string): StoredObject {
  const { context } = plane;
  const creator = readCreator(plane, request, permissions.createGroup);
  const payload = readPayload(request, 'group', 'create');
  requireProperties('group', payload, ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled']);
  const properties = Object.fromEntries(payload.properties);
  const groupTypes = (properties.groupTypes ?? []) as readonly string[];
  checkGroupKind(properties, groupTypes);
  checkGroupValues(context, payload, undefined);
  if (properties.isAssignableToRole === true) requireWrite(plane, request, permissions.createGroup);
  if (properties.isAssignableToRole === true) checkRoleAssignable(context, properties);
  const unified = groupTypes.includes('Unified');
  const targets = readBinds(plane, payload);
  const isDynamic = groupTypes.includes('DynamicMembership');
  // Rules are the business of administrators, whoever may make groups.
  if (isDynamic) requireWrite(plane, request, permissions.createGroup);
  if (isDynamic && targets.some(([relation, objects]) => relation.name === 'members' && objects.length > 0)) {
    throw badRequest('The members of a group with dynamic membership are those of its rule.');
  }
  return context.write(() => {
    refuseOverQuota(context);
    checkMembership(context, { kind: 'group', body: { ...properties, groupTypes } }, undefined);
    refuseExtensionTooMany(properties);
    if (creator) refuseOverOwnQuota(context, creator);
    const mail = unified ? unifiedMail(context, properties.mailNickname as string) : {};
    const group = context.objects.insert({
      id: context.random.guid(),
      kind: 'group',
      body: {
        createdDateTime: context.clock.iso(),
        renewedDateTime: context.clock.iso(),
        ...(unified ? { visibility: 'Public' } : {}),
        ...properties,
        ...mail,
        groupTypes,
        ...(key === undefined ? {} : { uniqueName: key }),
      },
    });
    for (const [relation, objects] of targets) addReferences(plane, group, relation, objects);
    if (creator) {
      noteCreation(context, creator, group);
      context.links.add(group.seq, 'owner', creator);
    }
    return group;
  });
}

/** Graph writes security groups and Microsoft 365 groups only (entra-directory s.5.3). */
function checkGroupKind(properties: Record<string, unknown>, groupTypes: readonly string[]): void {
  const unknown = groupTypes.find((type) => type !== 'Unified' && type !== 'DynamicMembership');
  if (unknown !== undefined) throw invalid('groupTypes');
  const unified = groupTypes.includes('Unified');
  if (unified && properties.mailEnabled !== true) throw invalid('mailEnabled');
  if (!unified && properties.mailEnabled === true) {
    throw badRequest(
      'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
    );
  }
  if (!unified && properties.securityEnabled !== true) throw invalid('securityEnabled');
}
const mostRoleAssignable = tenantLimits.roleAssignableGroups;

function checkRoleAssignable(context: TenantContext, properties: Record<string, unknown>): void {
  if (properties.securityEnabled !== true) throw invalid('securityEnabled');
  if (((properties.groupTypes ?? []) as readonly string[]).includes('DynamicMembership')) throw invalid('groupTypes');
  const visibility = String(properties.visibility ?? 'Private').toLowerCase();
  if (visibility !== 'private') throw invalid('visibility');
  properties.visibility = 'Private';
  const { n } = context.db
    .sql(
      `SELECT count(*) AS n FROM object WHERE kind = 'group' AND deleted_at IS NULL AND json_extract(body, '$.isAssignableToRole')`,
    )
    .get() as { n: number };
  if (n >= mostRoleAssignable) {
    throw badRequest(`The number of role-assignable groups, ${mostRoleAssignable}, is at its limit.`);
  }
}

const invalid = (name: string) => badRequest(`Invalid value specified for property '${name}' of resource 'Group'.`);

function checkGroupValues(context: TenantContext, payload: Payload, group: StoredObject | undefined): void {
  const { properties } = payload;
  const alias = properties.get('mailNickname');
  if (typeof alias === 'string' && checkAlias(alias) !== undefined) throw invalid('mailNickname');
  const visibility = properties.get('visibility');
  if (typeof visibility === 'string' && !['public', 'private', 'hiddenmembership'].includes(visibility.toLowerCase())) {
    throw invalid('visibility');
  }
  const key = properties.get('uniqueName');
  if (key === undefined) return;
  if (typeof key !== 'string' || key === '') throw invalid('uniqueName');
  const before = group?.body.uniqueName;
  if (typeof before === 'string' && before !== key)
    throw badRequest("Property 'uniqueName' is read-only and cannot be set.");
  if (before !== key && context.objects.hasValue(uniqueName, key)) throw duplicate('uniqueName');
}

/** A Microsoft 365 group has an address in the default domain; its alias is unique among them. */
function unifiedMail(context: TenantContext, alias: string): { mail: string; proxyAddresses: string[] } {
  const domain = context.company.state.domains.find((d) => d.default)?.name ?? context.company.initialDomain;
  const mail = `${alias}@${domain}`;
  if (context.objects.hasValue(addressProperty, `smtp:${mail}`)) throw duplicate('mailNickname');
  return { mail, proxyAddresses: [`SMTP:${mail}`] };
}

function readBinds(plane: GraphPlane, payload: Payload): [Relation, StoredObject[]][] {
  const total = [...payload.binds.values()].reduce((sum, urls) => sum + urls.length, 0);
  if (total > mostBinds) {
    throw badRequest(`The number of references in one request, ${total}, is over the limit of ${mostBinds}.`);
  }
  return [...payload.binds].map(([name, urls]) => {
    const relation = name === 'members' || name === 'owners' ? findRelation('group', name) : undefined;
    if (!relation) throw badRequest(`Invalid property '${name.slice(0, 64)}@odata.bind'.`);
    return [relation, urls.map((url) => resolveBind(plane, url))];
  });
}

/** PATCH /groups/{id}: properties, or up to 20 new members. */
export function updateGroup(plane: GraphPlane, request: GraphRequest, group: StoredObject): void {
  const { context } = plane;
  const payload = readPayload(request, 'group', 'update');
  if (payload.properties.size > 0 || payload.binds.size === 0) {
    requireGroupWrite(plane, request, permissions.write('group'), group);
  }
  if (payload.binds.size > 0) {
    requireGroupWrite(plane, request, permissions.members, group);
    if (isMasteredOnPremises(group)) throw synchronizedRefusal();
  }
  refuseSynchronized(group, payload.properties.keys());
  const properties = Object.fromEntries(payload.properties);
  if (group.body.mailEnabled === true && !(group.body.groupTypes as string[] | undefined)?.includes('Unified')) {
    throw badRequest('The service does not currently support writes of mail-enabled groups.');
  }
  if (properties.mailEnabled !== undefined && properties.mailEnabled !== group.body.mailEnabled)
    throw invalid('mailEnabled');
  checkGroupValues(context, payload, group);
  const body = { ...group.body, ...properties };
  if (properties.groupTypes !== undefined) checkGroupTypes(group, properties.groupTypes as readonly string[]);
  if (ruleProperties.some((name) => name in properties)) requireWrite(plane, request, permissions.write('group'));
  const targets = readBinds(plane, payload);
  if (targets.some(([relation]) => relation.name === 'members')) refuseManualMembers(group);
  context.write(() => {
    if (payload.properties.size > 0) checkMembership(context, { kind: 'group', body }, group);
    refuseExtensionTooMany(body);
    for (const [relation, objects] of targets) addReferences(plane, group, relation, objects);
    if (payload.properties.size > 0) context.objects.update(group, { body });
  });
}

const ruleProperties = ['groupTypes', 'membershipRule', 'membershipRuleProcessingState'];

/** Whether members follow a rule may change, what the group is may not. */
function checkGroupTypes(group: StoredObject, groupTypes: readonly string[]): void {
  const before = ((group.body.groupTypes ?? []) as readonly string[]).includes('Unified');
  const unknown = groupTypes.some((type) => type !== 'Unified' && type !== 'DynamicMembership');
  if (unknown || new Set(groupTypes).size < groupTypes.length) throw invalid('groupTypes');
  if (groupTypes.includes('Unified') !== before) throw invalid('groupTypes');
  if (groupTypes.includes('DynamicMembership') && group.body.isAssignableToRole === true) throw invalid('groupTypes');
}

/** PATCH /groups(uniqueName='key') with `Prefer: create-if-missing`: makes the group or changes the one there is. */
export function upsertGroup(
  plane: GraphPlane,
  request: GraphRequest,
  key: string,
): { object: StoredObject; created: boolean } {
  const existing = plane.context.objects.byValue(uniqueName, key, 1)[0];
  if (existing) {
    updateGroup(plane, request, existing);
    return { object: existing, created: false };
  }
  if (!/(^|,)\s*create-if-missing\s*(,|$)/i.test(request.header('prefer') ?? '')) throw notFound(key);
  requireAny(request, permissions.createGroup);
  if (key === '' || key.length > 128) throw invalid('uniqueName');
  return { object: makeGroup(plane, request, key), created: true };
}

/** DELETE /groups/{id}. */
export function deleteGroup(plane: GraphPlane, request: GraphRequest, group: StoredObject): void {
  requireGroupWrite(plane, request, permissions.write('group'), group);
  if (
    group.body.mailEnabled === true &&
    !(group.body.groupTypes as string[] | undefined)?.includes('Unified') &&
    group.sync !== true
  ) {
    throw new RequestError(
      400,
      'Request_BadRequest',
      'The service does not currently support writes of mail-enabled groups.',
    );
  }
  plane.context.write(() => deleteObject(plane.context, group));
}
