/**
 * What the attributes of a directory file are. A file has no schema, so the shapes of Active Directory's attributes
 * (active-directory s.2.4) are written down here; everything else is text, a list if it has several values.
 */
import type { AttributeSchema } from '../contract.ts';

const shapes: readonly (readonly [type: AttributeSchema['type'], multiValued: boolean, names: string])[] = [
  [
    'reference',
    true,
    'member publicDelegates authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms seeAlso owner msExchCoManagedByLink msExchDelegateListLink msExchModeratedByLink msExchTeamMailboxOwners msExchBypassModerationLink',
  ],
  ['reference', false, 'manager managedBy secretary assistant altRecipient msExchTeamMailboxSharePointLinkedBy'],
  [
    'binary',
    false,
    'objectGUID objectSid mS-DS-ConsistencyGuid thumbnailPhoto msExchMailboxGuid msExchArchiveGUID msExchMasterAccountSid msRTCSIP-OriginatorSid mS-DS-CreatorSID msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash jpegPhoto',
  ],
  ['binary', true, 'userCertificate userSMIMECertificate sIDHistory'],
  [
    'integer',
    false,
    'userAccountControl groupType countryCode pwdLastSet accountExpires adminCount msExchRecipientTypeDetails msExchRecipientDisplayType msExchRemoteRecipientType msDS-HABSeniorityIndex instanceType sAMAccountType primaryGroupID',
  ],
  [
    'boolean',
    false,
    'isCriticalSystemObject msExchHideFromAddressLists msExchRequireAuthToSendTo hideDLMembership isDeleted',
  ],
  [
    'string',
    true,
    'proxyAddresses description url postOfficeBox otherTelephone otherHomePhone otherMobile otherPager otherIpPhone otherFacsimileTelephoneNumber otherMailbox info objectClass servicePrincipalName msDS-KeyCredentialLink',
  ],
  [
    'string',
    false,
    'adminDescription c cn co company department displayName dNSHostName employeeID employeeType extensionAttribute1 extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 extensionAttribute8 extensionAttribute9 extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15 facsimileTelephoneNumber givenName homePhone initials ipPhone l legacyExchangeDN mail mailNickname middleName mobile msDS-PhoneticDisplayName msExchAssistantName name operatingSystem operatingSystemVersion pager physicalDeliveryOfficeName postalCode preferredLanguage sAMAccountName sn st streetAddress targetAddress telephoneAssistant telephoneNumber title userPrincipalName wWWHomePage',
  ],
];

/** By lower-case name. */
export const knownAttributes: ReadonlyMap<string, AttributeSchema> = new Map(
  shapes.flatMap(([type, multiValued, names]) =>
    names.split(' ').map((name) => [name.toLowerCase(), { name, type, multiValued }] as const),
  ),
);

/** Object types in the order in which they are recognized: the most specific class first. */
const types = [
  'computer',
  'inetOrgPerson',
  'user',
  'group',
  'contact',
  'foreignSecurityPrincipal',
  'msDS-Device',
  'organizationalUnit',
  'builtinDomain',
  'container',
  'domainDNS',
  'domain',
  'organization',
];

/** The object type that a set of object classes stands for; undefined for something that is not synchronized. */
export function objectTypeOf(classes: readonly string[]): string | undefined {
  const lower = new Set(classes.map((c) => c.toLowerCase()));
  return types.find((t) => lower.has(t.toLowerCase()));
}
export const objectTypes: readonly string[] = types;
