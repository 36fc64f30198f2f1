import { tenantLimits } from '../../../entra/limits.ts';
import type { TenantContext } from '../../context.ts';
import { RequestError } from '../../errors.ts';
import { type MembershipRule, parseMembershipRule } from '../../membership/rule.ts';
import { MembershipRuleError } from '../../membership/rule-error.ts';
import type { Body, StoredObject } from '../../store/objects.ts';
import { propertyNumber } from '../../store/properties.ts';
import { badRequest, notImplemented } from '../request.ts';

const groupTypes = propertyNumber('group', 'groupTypes') as number;
const membershipType = propertyNumber('administrativeUnit', 'membershipType') as number;

export const isDynamic = (object: { readonly kind: string; readonly body: Body }): boolean =>
  object.kind === 'group'
    ? ((object.body.groupTypes ?? []) as readonly string[]).includes('DynamicMembership')
    : object.body.membershipType === 'Dynamic';

interface Container {
  readonly kind: 'group' | 'administrativeUnit';
  readonly body: Body;
}

/** Throws unless a group or unit with this body, before which there was another or none, may be (entra-directory s.4.3). */
export function checkMembership(context: TenantContext, object: Container, before: StoredObject | undefined): void {
  checkDefinition(object);
  if (isDynamic(object) && !(before && isDynamic(before))) refuseDynamicOver(context, mostDynamic - 1);
}

/** Throws unless a group or unit can be so; whether there is room for it is another question. */
export function checkDefinition(object: Container): void {
  const resource = object.kind === 'group' ? 'Group' : 'AdministrativeUnit';
  const { membershipRule: rule, membershipRuleProcessingState: state } = object.body;
  if (!isDynamic(object)) {
    if (rule) throw badRequest(`A membership rule is for dynamic membership only: '${resource}' has none.`);
    return;
  }
  if (typeof rule !== 'string' || rule.trim() === '') {
    throw badRequest(`A value is required for property 'membershipRule' of resource '${resource}'.`);
  }
  if (state !== 'On' && state !== 'Paused') {
    throw badRequest(`Invalid value specified for property 'membershipRuleProcessingState' of resource '${resource}'.`);
  }
  const parsed = readRule(rule, state);
  const unified = ((object.body.groupTypes ?? []) as readonly string[]).includes('Unified');
  if (unified && parsed?.subject === 'device')
    throw badRequest('A Microsoft 365 group cannot have devices as members.');
}

/** A rule that is only kept, because processing is paused, may be one that is not followed here. */
function readRule(rule: string, state: 'On' | 'Paused'): MembershipRule | undefined {
  try {
    return parseMembershipRule(rule);
  } catch (error) {
    if (!(error instanceof MembershipRuleError)) throw error;
    if (error.kind === 'invalid') throw badRequest(`Dynamic membership rule validation error: ${error.message}`);
    if (state === 'On') throw notImplemented(error.message);
    return undefined;
  }
}

const mostDynamic = tenantLimits.dynamicGroups;

/** Throws if there are more dynamic groups and units than `most`, default as many as there may be. */
export function refuseDynamicOver({ db }: TenantContext, most: number = mostDynamic): void {
  const { n } = db
    .sql(
      "SELECT count(*) AS n FROM lookup WHERE (property = ? AND value = 'dynamicmembership') OR (property = ? AND value = 'dynamic')",
    )
    .get(groupTypes, membershipType) as { n: number };
  if (n <= most) return;
  throw new RequestError(
    403,
    'Directory_QuotaExceeded',
    `The number of dynamic groups and dynamic administrative units, ${mostDynamic}, is at its limit.`,
  );
}

/** Only the rule adds and removes members; what the real service answers to everybody else (support article on 403 of groups). */
export function refuseManualMembers(container: StoredObject): void {
  if ((container.kind === 'group' || container.kind === 'administrativeUnit') && isDynamic(container)) {
    throw new RequestError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
}
