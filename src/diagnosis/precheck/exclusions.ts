/** Objects that IdFix leaves alone (operations s.2.2), its broken exclusions mended (s.2.8). */
import { isLargeInteger } from '../../model/value.ts';
import type { PrecheckObject, RuleSetName } from './model.ts';

const beginnings = [
  'admini',
  'cas_{',
  'discoverysearchmailbox',
  'federatedemail',
  'guest',
  'httpconnector',
  'krbtgt',
  'iusr_',
  'iwam',
  'msol',
  'support_',
  'systemmailbox',
  'wwioadmini',
  'healthmailbox',
  'exchange online-applicationaccount',
];
/** Mailboxes that Exchange made for itself. IdFix compared decimal text with hexadecimal text, so none ever matched. */
const systemRecipients = new Set([0x1000, 0x2000, 0x4000, 0x400000, 0x800000, 0x1000000, 0x20000000]);

export type Exclusion =
  | 'name'
  | 'conflict-object'
  | 'critical-system-object'
  | 'account-name'
  | 'mail-nickname'
  | 'hidden-synchronization-account'
  | 'system-recipient'
  | 'group-without-mail'
  | 'object-type'
  | 'filtered';

/** Directory objects whose attributes people fill in. Others are looked at for anchors and certificates only. */
const peopleAndGroups = new Set(['user', 'inetOrgPerson', 'contact', 'group']);
export const isPersonOrGroup = (type: string): boolean => peopleAndGroups.has(type);

const text = (object: PrecheckObject, name: string): string => {
  const value = object.attributes[name];
  return typeof value === 'string' ? value : '';
};
const integer = (object: PrecheckObject, name: string): number | undefined => {
  const value = object.attributes[name];
  if (typeof value === 'number') return value;
  return value !== undefined && isLargeInteger(value) ? Number(value.int) : undefined;
};

export const commonName = (object: PrecheckObject): string => text(object, 'cn') || object.dn.slice(3).split(',')[0]!;

/** A replication conflict: `\0ACNF:` in the name, as the text of a DN has it. IdFix looked for a NUL character. */
export const isConflictObject = (object: PrecheckObject): boolean => /\\0ACNF:/i.test(object.dn);

/** Why the object is left alone; undefined if it is looked at. */
export function exclusionOf(object: PrecheckObject, rules: RuleSetName): Exclusion | undefined {
  if (!isPersonOrGroup(object.type)) return 'object-type';
  if (isConflictObject(object)) return 'conflict-object';
  const name = commonName(object).toLowerCase();
  if (name.endsWith('$') || beginnings.some((b) => name.startsWith(b))) return 'name';
  // The dedicated rules of IdFix did not ask for the attribute, so that this exclusion never worked there.
  if (object.attributes.isCriticalSystemObject === true) return 'critical-system-object';
  if (/^(?:User|Group)_/.test(text(object, 'adminDescription'))) return 'filtered';
  return rules === 'multi-tenant' ? multiTenant(object) : undefined;
}

function multiTenant(object: PrecheckObject): Exclusion | undefined {
  if (object.type === 'group') return groupWithoutMail(object) ? 'group-without-mail' : undefined;
  if (object.type !== 'user' && object.type !== 'inetOrgPerson') return undefined;
  if (/^(?:CAS_|SUPPORT_|MSOL_)/i.test(text(object, 'sAMAccountName'))) return 'account-name';
  if (/^(?:CAS_|SystemMailbox)/i.test(text(object, 'mailNickname'))) return 'mail-nickname';
  if (object.attributes.msExchHideFromAddressLists === true && /^MSOL/i.test(text(object, 'displayName'))) {
    return 'hidden-synchronization-account';
  }
  const recipient = integer(object, 'msExchRecipientTypeDetails');
  return recipient !== undefined && systemRecipients.has(recipient) ? 'system-recipient' : undefined;
}

/** A security group without mail, or a distribution group without addresses. */
function groupWithoutMail(group: PrecheckObject): boolean {
  const isSecurityGroup = (integer(group, 'groupType') ?? 0) < 0;
  return isSecurityGroup ? text(group, 'mail') === '' : group.attributes.proxyAddresses === undefined;
}

/** Whether the object can come to the cloud all the same, so that its values count against those of others. */
export const isRival = (exclusion: Exclusion | undefined): boolean =>
  exclusion === undefined || exclusion === 'name' || exclusion === 'group-without-mail' || exclusion === 'object-type';

/** The dedicated rules look at objects with mail only (operations s.2.1, LDAP filter). */
export const isInFilter = (object: PrecheckObject, rules: RuleSetName): boolean =>
  rules === 'multi-tenant' || text(object, 'mail') !== '';
