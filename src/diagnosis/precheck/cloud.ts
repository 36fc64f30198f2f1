/** The same values in the cloud: what is there already and was not made by these directories (entra-directory s.1.2, 2.1). */
import { type MatchResult, matchIncoming } from '../../entra/matching.ts';
import { type CloudObject, textOf } from '../../entra/objects.ts';
import { addressConflict, type Conflict, upnConflict } from '../../entra/uniqueness.ts';
import type { TenantImage } from '../plan/image.ts';
import { anchorOf } from './anchors.ts';
import type { CheckContext } from './context.ts';
import { anchorKey } from './keys.ts';
import type { CloudSide, PrecheckObject, Problem } from './model.ts';
import { textValues } from './rule-sets.ts';
import { classOf } from './values.ts';

/** Clashes of one object with the cloud; none without an image of it. */
export function* checkCloud(object: PrecheckObject, context: CheckContext): Generator<Problem> {
  const { image, sourceAnchor } = context.options;
  const objectClass = classOf(object);
  if (!image || objectClass === 'device') return;
  const anchor = anchorOf(object, sourceAnchor) ?? object.identityAnchor;
  if (anchor === undefined) return;
  const own = image.index
    .bySourceAnchor(anchor)
    .find((o) => o.class === objectClass && o.onPremisesSyncEnabled === true);
  let matched: CloudObject | undefined;
  // A linked mailbox is matched through its account.
  if (own === undefined && object.identityAnchor === undefined) {
    const match = matchIncoming(
      { class: objectClass, sourceAnchor: anchor, properties: sent(object) },
      image.index,
      image.settings,
    );
    matched = match.kind === 'create' ? (match.administrator ?? match.anchored) : match.candidate;
    const problem = problemOf(match, object, anchor, context, image);
    if (problem) yield problem;
  }
  const reported = new Set(matched ? [matched.id] : []);
  for (const conflict of conflictsOf(object, own?.id ?? matched?.id, image)) {
    if (reported.has(conflict.holder.id) || isOurs(conflict.holder, context)) continue;
    reported.add(conflict.holder.id);
    yield withheld(conflict, image);
  }
}

/** A value that the cloud will set aside, or has set aside, because somebody there has it. */
function withheld(conflict: Conflict, image: TenantImage): Problem {
  const roles = image.index.adminRoles(conflict.holder.id);
  const who = `The ${describe(conflict.holder)} of the cloud has it`;
  return {
    errors: ['Cloud', 'Duplicate'],
    code: roles.length > 0 ? 'existing-admin-role-conflict' : 'cloud-only-owner',
    attribute: conflict.attribute === 'UserPrincipalName' ? 'userPrincipalName' : 'proxyAddresses',
    value: conflict.value,
    confidence: 'low',
    reason:
      roles.length > 0
        ? `${who} and holds an administrator role (${roles.join(', ')}), so it does not match; the value is withheld from this object.`
        : `${who} and is not this object, so the value is withheld from this one.`,
    severity: 'error',
    errorCode: roles.length > 0 ? 'ExistingAdminRoleConflict' : 'AttributeValueMustBeUnique',
    cloud: sideOf(conflict.holder, image),
  };
}

/** What the rules would send of it, as far as matching goes. */
const sent = (object: PrecheckObject): Record<string, string | readonly string[]> => {
  const [upn] = textValues(object, 'userPrincipalName');
  const proxies = textValues(object, 'proxyAddresses');
  return { ...(upn ? { userPrincipalName: upn } : {}), ...(proxies.length > 0 ? { proxyAddresses: proxies } : {}) };
};

function* conflictsOf(object: PrecheckObject, self: string | undefined, image: TenantImage): Generator<Conflict> {
  const [upn] = textValues(object, 'userPrincipalName');
  const named = upn && upnConflict(upn, self, image.index, image.settings);
  if (named) yield named;
  for (const value of textValues(object, 'proxyAddresses')) {
    const conflict = addressConflict(value, self, image.index, image.settings);
    if (conflict) yield conflict;
  }
}

/** Made from an object of these directories: then the duplicate is there, and told there. */
const isOurs = (holder: CloudObject, { index }: CheckContext): boolean =>
  holder.immutableId !== undefined && index.first(anchorKey(holder.immutableId)) !== undefined;

const describe = (object: CloudObject): string =>
  `${object.class} ${textOf(object, 'userPrincipalName') ?? textOf(object, 'displayName') ?? object.id}`;

function sideOf(object: CloudObject, image: TenantImage, facts: Readonly<Record<string, string>> = {}): CloudSide {
  const roles = image.index.adminRoles(object.id);
  const [upn, name] = [textOf(object, 'userPrincipalName'), textOf(object, 'displayName')];
  return {
    cloudId: object.id,
    objectType: object.class,
    ...(upn === undefined ? {} : { userPrincipalName: upn }),
    ...(name === undefined ? {} : { displayName: name }),
    ...(object.immutableId === undefined ? {} : { sourceAnchor: object.immutableId }),
    facts: { ...facts, ...(roles.length > 0 ? { roles: roles.join(', ') } : {}) },
  };
}

/** The key by which it was found. */
const keyIn = (match: MatchResult, object: PrecheckObject): { attribute: string; value: string } => {
  const byName = match.trace.some((s) => s.rule === '1.2 step 3.2' && s.outcome === 'yes');
  const [upn = ''] = textValues(object, 'userPrincipalName');
  const primary = textValues(object, 'proxyAddresses').find((v) => v.startsWith('SMTP:'));
  return byName || primary === undefined
    ? { attribute: 'userPrincipalName', value: upn }
    : { attribute: 'proxyAddresses', value: primary };
};

function problemOf(
  match: MatchResult,
  object: PrecheckObject,
  anchor: string,
  context: CheckContext,
  image: TenantImage,
): Problem | undefined {
  const key = keyIn(match, object);
  const of = (code: string, candidate: CloudObject, rest: Partial<Problem> & Pick<Problem, 'reason'>): Problem => ({
    errors: ['Cloud'],
    code,
    ...key,
    confidence: 'low',
    severity: 'error',
    cloud: sideOf(candidate, image, { 'anchor here': anchor }),
    ...rest,
  });
  switch (match.kind) {
    case 'update':
      return undefined;
    case 'hard':
      return undefined;
    case 'soft':
      return of('cloud-only-owner', match.candidate, {
        severity: 'warning',
        reason: `The ${describe(match.candidate)} was made in the cloud and matches: it is taken over, and what the directory has replaces its values.`,
      });
    case 'refused': {
      const isType = match.error.code === 'ObjectTypeMismatch';
      const isSoft = match.error.code === 'InvalidSoftMatch';
      if (isSoft && isOurs(match.candidate, context)) return undefined;
      return of(
        isType ? 'object-type-mismatch' : isSoft ? 'invalid-soft-match' : 'invalid-hard-match',
        match.candidate,
        {
          errorCode: match.error.code,
          reason: isType
            ? `The ${describe(match.candidate)} of the cloud has it, which is no ${classOf(object)}.`
            : `The cloud refuses the match with the ${describe(match.candidate)}.`,
        },
      );
    }
    case 'create':
      return match.administrator
        ? of('existing-admin-role-conflict', match.administrator, {
            errorCode: 'ExistingAdminRoleConflict',
            reason: `It would match the ${describe(match.administrator)}, who holds an administrator role (${image.index.adminRoles(match.administrator.id).join(', ')}).`,
          })
        : anchored(match.anchored, context, of);
  }
}

/** The candidate is tied to another anchor. If that anchor is nobody's here, the account was probably made again. */
function anchored(
  candidate: CloudObject | undefined,
  context: CheckContext,
  of: (code: string, candidate: CloudObject, rest: Partial<Problem> & Pick<Problem, 'reason'>) => Problem,
): Problem | undefined {
  if (!candidate || isOurs(candidate, context)) return undefined;
  const wasSynced = candidate.onPremisesSyncEnabled !== null;
  return of(wasSynced ? 'anchor-changed-recreated' : 'invalid-soft-match', candidate, {
    errorCode: 'AttributeValueMustBeUnique',
    reason: `The ${describe(candidate)} of the cloud has it and is tied to the anchor ${candidate.immutableId}, which no object of the directories has${wasSynced ? ': the account was probably deleted and made again' : ''}.`,
  });
}
