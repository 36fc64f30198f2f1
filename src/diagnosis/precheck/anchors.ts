/** Source anchors: missing, malformed (entra-directory s.1.6); and sizes of whole objects (s.4.2 and 4.3). */
import { tenantLimits } from '../../entra/limits.ts';
import { checkSourceAnchor } from '../../entra/source-anchor.ts';
import { guidBytes } from '../../model/guid.ts';
import { bytesOf, isBinary, valuesOf } from '../../model/value.ts';
import type { CheckContext } from './context.ts';
import type { PrecheckObject, Problem } from './model.ts';

const consistencyGuid = 'mS-DS-ConsistencyGuid';
const isUser = ({ type }: PrecheckObject): boolean => type === 'user' || type === 'inetOrgPerson';

/** A linked mailbox has no anchor of its own: it belongs to an account in another forest (sync-engine s.4.2). */
const isLinkedMailbox = (object: PrecheckObject): boolean => object.attributes.msExchRecipientTypeDetails === 2;

/** The attribute that the anchor of the object comes from. */
export function anchorAttribute(object: PrecheckObject, sourceAnchor = consistencyGuid): string {
  if (!isUser(object)) return 'objectGUID';
  return sourceAnchor === consistencyGuid && object.attributes[consistencyGuid] === undefined
    ? 'objectGUID'
    : sourceAnchor;
}

/** The anchor as the out-of-box rules make it (sync-engine s.4.2, 4.5); undefined if there is none. */
export function anchorOf(object: PrecheckObject, sourceAnchor?: string): string | undefined {
  if (isUser(object) && isLinkedMailbox(object)) return undefined;
  const value = object.attributes[anchorAttribute(object, sourceAnchor)];
  const [one] = value === undefined ? [] : valuesOf(value);
  if (one === undefined) return object.anchor === null ? undefined : ownGuid(object, sourceAnchor);
  return isBinary(one) ? one.base64 : String(one);
}
/** objectGUID is the key of the object, so it is known even where it was not imported as an attribute. */
function ownGuid(object: PrecheckObject, sourceAnchor?: string): string | undefined {
  if (anchorAttribute(object, sourceAnchor) !== 'objectGUID') return undefined;
  return guidBytes(object.anchor ?? '')?.toString('base64');
}

/** The anchor that the object would have if nobody had written one. */
export const birthAnchor = (object: PrecheckObject): string | undefined =>
  guidBytes(object.anchor ?? '')?.toString('base64');

export function* checkAnchor(object: PrecheckObject, { options, settings }: CheckContext): Generator<Problem> {
  if (!isUser(object) || isLinkedMailbox(object)) return;
  const attribute = anchorAttribute(object, options.sourceAnchor);
  const anchor = anchorOf(object, options.sourceAnchor);
  if (anchor === undefined) {
    yield {
      errors: ['Anchor', 'Blank'],
      code: 'no-anchor',
      attribute,
      value: '',
      reason: `It has no ${attribute}, so it has no source anchor and cannot come to the cloud.`,
    };
    return;
  }
  const reason = checkSourceAnchor(anchor, settings.limits.sourceAnchorLength) ?? wrongLength(object, attribute);
  if (reason === undefined) return;
  yield {
    errors: ['Anchor'],
    code: 'invalid-anchor',
    attribute,
    value: anchor,
    reason,
    errorCode: 'DataValidationFailed',
  };
}

function wrongLength(object: PrecheckObject, attribute: string): string | undefined {
  const value = object.attributes[attribute];
  if (attribute !== consistencyGuid || value === undefined || !isBinary(value)) return undefined;
  const length = bytesOf(value).length;
  return length === 16 ? undefined : `${consistencyGuid} holds ${length} bytes where a GUID has 16.`;
}

/** Bytes that the base64 text stands for. */
const sizeOf = (base64: string): number => Math.floor((base64.length - (base64.match(/=*$/)?.[0].length ?? 0)) * 0.75);

export function* checkSizes(object: PrecheckObject, { settings: { limits } }: CheckContext): Generator<Problem> {
  const photo = object.attributes.thumbnailPhoto;
  if (photo !== undefined && isBinary(photo) && sizeOf(photo.base64) > limits.photoBytes) {
    const size = sizeOf(photo.base64);
    yield {
      errors: ['Size'],
      code: 'photo-too-large',
      attribute: 'thumbnailPhoto',
      value: `${size} bytes`,
      reason: `The photo has ${size} bytes; the limit is ${limits.photoBytes}.`,
      errorCode: 'LargeObject',
    };
  }
  const addresses = countOf(object, 'proxyAddresses');
  const certificates = countOf(object, 'userCertificate') + countOf(object, 'userSMIMECertificate');
  // As the cloud's rules weigh them (validation.ts); licences are not known here.
  const units = addresses + certificates * 0.25 + (object.attributes.mailNickname === undefined ? 0 : 0.5);
  if (units > limits.addressUnits) {
    yield {
      errors: ['Size'],
      code: 'object-too-large',
      attribute: 'proxyAddresses',
      value: `${addresses} values`,
      reason: `It has ${addresses} addresses and ${certificates} certificates; some ${Math.floor(limits.addressUnits)} addresses fit into one object.`,
      errorCode: 'LargeObject',
    };
  }
  if ((object.memberCount ?? 0) > limits.groupMembers) {
    yield {
      errors: ['Size'],
      code: 'group-too-large',
      attribute: 'member',
      value: `${object.memberCount} members`,
      reason: `The group has ${object.memberCount} members; the limit is ${limits.groupMembers}. Split it into groups that are members of it.`,
      errorCode: 'ExceededAllowedLength',
    };
  }
  const memberships = object.memberships?.() ?? 0;
  if (memberships > tenantLimits.sharePointMemberships) {
    yield {
      errors: ['Size'],
      code: 'too-many-memberships',
      attribute: 'memberOf',
      value: `${memberships} groups`,
      reason: `The user is in ${memberships} security groups, directly and through others. The cloud takes that, SharePoint looks at ${tenantLimits.sharePointMemberships}.`,
    };
  }
}

function countOf(object: PrecheckObject, attribute: string): number {
  const value = object.attributes[attribute];
  return value === undefined ? 0 : valuesOf(value).length;
}
