/** Rows of `properties.ts`. One row a property; rows of one kind that Graph does not show are listed by name only. */
import type { ObjectClass } from './objects.ts';
import type { PropertyType } from './properties.ts';

/**
 * Name, classes (U user, G group, C contact, D device), type, options. `graph` is the Graph property, with its form
 * before a colon unless it is `same`; a record where classes differ.
 */
export type PropertyRow = readonly [
  name: string,
  classes: string,
  type: PropertyType,
  options?: {
    readonly max?: number;
    readonly many?: boolean;
    readonly graph?: string | Partial<Record<ObjectClass, string>>;
  },
];

const identity: readonly PropertyRow[] = [
  ['sourceAnchor', 'UGCD', 'string', { graph: { user: 'computed:onPremisesImmutableId' } }],
  ['cloudAnchor', 'UGCD', 'string'],
  ['displayName', 'UGCD', 'string', { max: 256, graph: 'displayName' }],
  ['commonName', 'UGC', 'string', { max: 256 }],
  ['userPrincipalName', 'U', 'string', { graph: 'computed:userPrincipalName' }],
  ['onPremisesUserPrincipalName', 'U', 'string', { max: 256, graph: 'onPremisesUserPrincipalName' }],
  ['alias', 'UGC', 'string', { max: 64, graph: 'computed:mailNickname' }],
  ['mail', 'UGC', 'string', { max: 256, graph: 'computed:mail' }],
  ['proxyAddresses', 'UGC', 'string', { many: true, graph: 'computed:proxyAddresses' }],
  ['targetAddress', 'UGC', 'string', { max: 256 }],
  ['accountEnabled', 'UD', 'boolean', { graph: 'accountEnabled' }],
  ['onPremiseSecurityIdentifier', 'UGD', 'binary', { max: 68, graph: 'sid:onPremisesSecurityIdentifier' }],
  ['onPremisesObjectIdentifier', 'U', 'string', { max: 36 }],
  ['onPremisesSamAccountName', 'UG', 'string', { graph: 'onPremisesSamAccountName' }],
  ['onPremisesDistinguishedName', 'U', 'string', { graph: 'onPremisesDistinguishedName' }],
  ['dnsDomainName', 'UG', 'string', { max: 255, graph: 'onPremisesDomainName' }],
  ['netBiosName', 'UG', 'string', { max: 64, graph: { group: 'onPremisesNetBiosName' } }],
  ['lastPasswordChangeTimestamp', 'U', 'string', { max: 32, graph: 'instant:lastPasswordChangeDateTime' }],
  ['cloudMastered', 'UG', 'boolean'],
  ['usageLocation', 'U', 'string', { max: 2, graph: 'usageLocation' }],
  ['preferredLanguage', 'U', 'string', { max: 100, graph: 'preferredLanguage' }],
  ['preferredDataLocation', 'U', 'string', { max: 10, graph: 'preferredDataLocation' }],
  ['userType', 'U', 'string', { graph: 'userType' }],
  ['employeeId', 'U', 'string', { max: 16, graph: 'employeeId' }],
  ['employeeType', 'U', 'string', { max: 256, graph: 'employeeType' }],
  ['securityEnabled', 'G', 'boolean', { graph: 'securityEnabled' }],
  ['description', 'UGC', 'string', { max: 1024, graph: { group: 'description' } }],
];

const person: readonly PropertyRow[] = [
  ['givenName', 'UC', 'string', { max: 64, graph: 'givenName' }],
  ['surname', 'UC', 'string', { max: 64, graph: 'surname' }],
  ['title', 'UC', 'string', { max: 128, graph: 'jobTitle' }],
  ['department', 'UC', 'string', { max: 64, graph: 'department' }],
  ['company', 'UC', 'string', { max: 64, graph: 'companyName' }],
  ['city', 'UC', 'string', { max: 128, graph: { user: 'city', contact: 'address:city' } }],
  ['state', 'UC', 'string', { max: 128, graph: { user: 'state', contact: 'address:state' } }],
  ['country', 'UC', 'string', { max: 128, graph: { user: 'country', contact: 'address:countryOrRegion' } }],
  ['postalCode', 'UC', 'string', { max: 40, graph: { user: 'postalCode', contact: 'address:postalCode' } }],
  ['streetAddress', 'UC', 'string', { max: 1024, graph: { user: 'streetAddress', contact: 'address:street' } }],
  [
    'physicalDeliveryOfficeName',
    'UC',
    'string',
    { max: 128, graph: { user: 'officeLocation', contact: 'address:officeLocation' } },
  ],
  ['telephoneNumber', 'UC', 'string', { max: 64, graph: { user: 'list:businessPhones', contact: 'phone:business' } }],
  ['mobile', 'UC', 'string', { max: 64, graph: { user: 'mobilePhone', contact: 'phone:mobile' } }],
  ['facsimileTelephoneNumber', 'UC', 'string', { max: 64, graph: { user: 'faxNumber', contact: 'phone:businessFax' } }],
  ['countryCode', 'UC', 'integer'],
  ['countryLetterCode', 'UC', 'string', { max: 2 }],
  ['initials', 'UGC', 'string', { max: 16 }],
  ['thumbnailPhoto', 'UC', 'binary'],
  ['userCertificate', 'UCD', 'binary', { many: true }],
  ['userSMIMECertificate', 'UC', 'binary', { many: true }],
  ['msExchHideFromAddressLists', 'UGC', 'boolean', { graph: { user: 'not:showInAddressList' } }],
];

const device: readonly PropertyRow[] = [
  ['deviceId', 'D', 'binary', { max: 16, graph: 'guid:deviceId' }],
  ['deviceOSType', 'D', 'string', { max: 256, graph: 'operatingSystem' }],
  ['deviceOSVersion', 'D', 'string', { max: 256, graph: 'operatingSystemVersion' }],
  ['deviceTrustType', 'D', 'string', { max: 64, graph: 'trustType' }],
  ['devicePhysicalIds', 'D', 'string', { many: true, graph: 'physicalIds' }],
  ['deviceObjectVersion', 'D', 'integer'],
  ['dirSyncOverrides', 'D', 'integer'],
  ['alternativeSecurityId', 'D', 'string', { many: true }],
  ['approximateLastLogonTimestamp', 'D', 'string'],
  ['isCompliant', 'D', 'boolean', { graph: 'isCompliant' }],
  ['isManaged', 'D', 'boolean', { graph: 'isManaged' }],
  ['stkDeviceKey', 'D', 'binary', { many: true }],
  ['searchableDeviceKey', 'U', 'binary', { many: true }],
];

const shadowOnly = (
  classes: string,
  type: PropertyType,
  options: NonNullable<PropertyRow[3]>,
  names: string,
): PropertyRow[] => names.split(/\s+/).map((name) => [name, classes, type, options]);

const range = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

/** What Exchange, SharePoint and Teams take from the shadow values; Graph shows none of it. */
const rest: readonly PropertyRow[] = [
  ...range('extensionAttribute', 15).map(
    (name): PropertyRow => [name, 'UGC', 'string', { max: 1024, graph: { user: `extension:${name}` } }],
  ),
  ...shadowOnly('UGC', 'string', { many: true }, range('msExchExtensionCustomAttribute', 5).join(' ')),
  ...shadowOnly('UC', 'string', { max: 64 }, 'homePhone ipPhone telephoneAssistant'),
  ...shadowOnly('UC', 'string', {}, 'middleName msExchAssistantName pager wWWHomePage'),
  ...shadowOnly(
    'UC',
    'string',
    { many: true },
    'otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile otherPager otherTelephone postOfficeBox url',
  ),
  ...shadowOnly(
    'UGC',
    'string',
    {},
    'info legacyExchangeDN cloudLegacyExchangeDN msDsPhoneticDisplayName msExchLitigationHoldDate msExchLitigationHoldOwner msExchRetentionComment msExchRetentionUrl',
  ),
  ...shadowOnly('UGC', 'string', { many: true }, 'msExchSenderHintTranslations'),
  ...shadowOnly(
    'UGC',
    'integer',
    {},
    'msDsHabSeniorityIndex msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails',
  ),
  ...shadowOnly('UGC', 'boolean', {}, 'msExchEnableModeration msExchRequireAuthToSendTo'),
  ...shadowOnly('UC', 'binary', {}, 'msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash'),
  ...shadowOnly('UC', 'string', {}, 'msRtcSipDeploymentLocator msRtcSipLine msRtcSipPrimaryUserAddress'),
  ...shadowOnly('UC', 'integer', {}, 'msRtcSipOptionFlags'),
  ...shadowOnly('UC', 'boolean', {}, 'msRtcSipUserEnabled'),
  ...shadowOnly('U', 'integer', {}, 'msRtcSipApplicationOptions'),
  ...shadowOnly('U', 'string', {}, 'msRtcSipOwnerUrn'),
  ...shadowOnly(
    'U',
    'integer',
    {},
    'msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin msExchAuditOwner msExchElcMailboxFlags msExchMailboxAuditLogAgeLimit msExchRemoteRecipientType msExchResourceCapacity cloudMSExchArchiveStatus cloudMSExchRecipientDisplayType',
  ),
  ...shadowOnly(
    'U',
    'string',
    {},
    'msExchElcExpirySuspensionStart msExchElcExpirySuspensionEnd msExchImmutableId msExchResourceDisplay msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl cloudMSExchTeamMailboxExpiration cloudMSExchTeamMailboxSharePointUrl',
  ),
  ...shadowOnly(
    'U',
    'string',
    { many: true },
    'msExchArchiveName msExchResourceMetadata msExchResourceSearchProperties msExchUserHoldPolicies signInNames cloudMSExchUCVoiceMailSettings cloudMSExchUserHoldPolicies',
  ),
  ...shadowOnly('U', 'boolean', {}, 'msExchBypassAudit msExchMailboxAuditEnable'),
  ...shadowOnly(
    'U',
    'binary',
    {},
    'msExchArchiveGuid msExchMailboxGuid cloudMSExchBlockedSendersHash cloudMSExchSafeRecipientsHash cloudMSExchSafeSendersHash',
  ),
  ...shadowOnly(
    'G',
    'boolean',
    {},
    'hideDLMembership msOrgIsOrganizational oOFReplyToOriginator reportToOriginator reportToOwner',
  ),
  ...shadowOnly('G', 'integer', {}, 'msExchGroupDepartRestriction msExchGroupJoinRestriction'),
  ...shadowOnly('G', 'string', { many: true }, 'msExchLabeledURI'),
  ...shadowOnly('D', 'string', {}, 'cloudDeviceOSType cloudDeviceOSVersion cloudDisplayName'),
  ...shadowOnly('D', 'boolean', {}, 'cloudAccountEnabled cloudCreated'),
];

const references: readonly PropertyRow[] = [
  ['member', 'G', 'reference', { many: true, graph: 'members' }],
  ['managedBy', 'G', 'reference', { graph: 'owners' }],
  ['manager', 'UC', 'reference', { graph: 'manager' }],
  ['registeredOwnerReference', 'D', 'reference', { graph: 'registeredOwners' }],
  ['registeredUsersReference', 'D', 'reference', { many: true, graph: 'registeredUsers' }],
  ...shadowOnly('UGC', 'reference', {}, 'altRecipient assistant secretary'),
  ...shadowOnly(
    'UGC',
    'reference',
    { many: true },
    'authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates seeAlso msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchModeratedByLink cloudPublicDelegates',
  ),
  ...shadowOnly('G', 'reference', { many: true }, 'msExchCoManagedByLink'),
  ...shadowOnly(
    'U',
    'reference',
    { many: true },
    'msExchDelegateListLink msExchTeamMailboxOwners cloudMSExchDelegateListLink cloudMSExchTeamMailboxOwners',
  ),
  ...shadowOnly('U', 'reference', {}, 'msExchTeamMailboxSharePointLinkedBy'),
];

export const propertyRows: readonly PropertyRow[] = [...identity, ...person, ...device, ...rest, ...references];
