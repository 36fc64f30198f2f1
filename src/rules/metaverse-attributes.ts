/**
 * The attributes of the metaverse as shipped (sync-engine s.4.8; a real configuration defines the same). Strings marked
 * `indexed` hold at most 448 characters, because joins and searches look them up.
 */
export type Syntax = 'string' | 'number' | 'boolean' | 'binary' | 'reference';
/** Syntax, `[]` for multi-valued, ` indexed`. */
export type Shape = Syntax | `${Syntax}[]` | `${Syntax} indexed` | `${Syntax}[] indexed`;

const numbered = (prefix: string, count: number): string =>
  Array.from({ length: count }, (_, i) => ` ${prefix}${i + 1}`).join('');

/** Object types, shape and names, all separated by spaces. An attribute has the same shape on every type. */
export const builtInAttributes: readonly (readonly [types: string, shape: Shape, names: string])[] = [
  ['device', 'binary indexed', 'deviceId'],
  ['device', 'boolean', 'cloudAccountEnabled cloudCreated cloudIsManaged isCompliant isManaged isProvisionedInAD'],
  ['device', 'number', 'approximateLastLogonTimestamp deviceObjectVersion dirSyncOverrides'],
  ['device', 'reference', 'registeredOwnerReference'],
  ['device', 'reference[]', 'registeredUsersReference'],
  [
    'device',
    'string',
    'cloudDeviceOSType cloudDeviceOSVersion cloudDisplayName deviceOSType deviceOSVersion deviceTrustType',
  ],
  ['device', 'string[]', 'devicePhysicalIds'],
  ['device', 'string[] indexed', 'alternativeSecurityId'],
  [
    'group',
    'boolean',
    'hideDLMembership msOrg-IsOrganizational oOFReplyToOriginator reportToOriginator reportToOwner ' +
      'securityEnabled',
  ],
  ['group', 'number', 'memberCount msExchGroupDepartRestriction msExchGroupJoinRestriction'],
  ['group', 'reference', 'managedBy'],
  ['group', 'reference[]', 'member msExchCoManagedByLink owner'],
  ['group', 'string', 'msExchLabeledURI'],
  [
    'person',
    'binary',
    'cloudMSExchBlockedSendersHash cloudMSExchSafeRecipientsHash cloudMSExchSafeSendersHash ' +
      'msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash photo thumbnailPhoto',
  ],
  ['person', 'binary indexed', 'msExchArchiveGUID msExchMailboxGuid msExchMasterAccountSid msRTCSIP-OriginatorSid'],
  ['person', 'binary[]', 'sIDHistory userSMIMECertificate'],
  ['person', 'boolean', 'msExchBypassAudit msExchMailboxAuditEnable msRTCSIP-UserEnabled'],
  [
    'person',
    'number',
    'cloudMSExchArchiveStatus cloudMSExchRecipientDisplayType countryCode msExchAuditAdmin ' +
      'msExchAuditDelegate msExchAuditDelegateAdmin msExchAuditOwner msExchELCMailboxFlags ' +
      'msExchMailboxAuditLogAgeLimit msExchRemoteRecipientType msExchResourceCapacity msRTCSIP-ApplicationOptions ' +
      ' msRTCSIP-OptionFlags',
  ],
  ['person', 'reference', 'assistant msExchTeamMailboxSharePointLinkedBy secretary'],
  [
    'person',
    'reference[]',
    'cloudMSExchDelegateListLink cloudMSExchTeamMailboxOwners msExchDelegateListLink msExchTeamMailboxOwners',
  ],
  [
    'person',
    'string',
    'contributingConnectorExchange contributingConnectorUser msExchResourceDisplay msRTCSIP-DeploymentLocator ' +
      'msRTCSIP-Line',
  ],
  [
    'person',
    'string indexed',
    'c cloudMSExchTeamMailboxExpiration cloudMSExchTeamMailboxSharePointUrl co comment company department ' +
      'division domainFQDN domainNetBios employeeID employeeType facsimileTelephoneNumber forestFQDN ' +
      'forestNetBios givenName homePhone initials ipPhone l middleName mobile msExchAssistantName ' +
      'msExchELCExpirySuspensionEnd msExchELCExpirySuspensionStart msExchImmutableId ' +
      'msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress ' +
      'onPremisesUserPrincipalName pager personalTitle physicalDeliveryOfficeName postalAddress postalCode ' +
      'postOfficeBox preferredLanguage pwdLastSet sn st street streetAddress telephoneAssistant telephoneNumber ' +
      'title uid url usageLocation userPrincipalName wWWHomePage preferredDataLocation userType employeeNumber',
  ],
  [
    'person',
    'string[]',
    'cloudMSExchUCVoiceMailSettings cloudMSExchUserHoldPolicies msExchArchiveName msExchResourceMetaData ' +
      'msExchResourceSearchProperties msExchUserHoldPolicies',
  ],
  [
    'person',
    'string[] indexed',
    'otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMailbox otherMobile otherPager ' + 'otherTelephone',
  ],
  ['person device', 'binary[]', 'deviceKey userCertificate'],
  ['person device', 'boolean', 'accountEnabled'],
  ['person device', 'string indexed', 'sourceObjectType'],
  ['person group', 'binary indexed', 'sourceAnchorBinary'],
  [
    'person group',
    'boolean',
    'cloudMastered cloudSOAExchMailbox mailEnabled msExchEnableModeration msExchHideFromAddressLists ' +
      'msExchRequireAuthToSendTo proxyAddressesIsValid',
  ],
  [
    'person group',
    'number',
    'msDS-HABSeniorityIndex msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails',
  ],
  ['person group', 'reference', 'manager seeAlso'],
  [
    'person group',
    'reference[]',
    'altRecipient authOrig cloudPublicDelegates dLMemRejectPerms dLMemSubmitPerms ' +
      'msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchModeratedByLink publicDelegates ' +
      'unauthOrig',
  ],
  ['person group', 'string', 'msExchRetentionComment'],
  [
    'person group',
    'string indexed',
    'accountName cloudLegacyExchangeDN cloudSourceAnchor cn description domain info legacyExchangeDN mail ' +
      'mailNickname msDS-PhoneticDisplayName msExchLitigationHoldDate msExchLitigationHoldOwner ' +
      'msExchRetentionURL o objectID objectSidString objectType ou targetAddress' +
      numbered('extensionAttribute', 15),
  ],
  ['person group', 'string[]', `msExchSenderHintTranslations${numbered('msExchExtensionCustomAttribute', 5)}`],
  ['person group', 'string[] indexed', 'proxyAddresses'],
  ['person group device', 'binary indexed', 'objectSid'],
  ['person group device', 'boolean', 'cloudFiltered'],
  ['person group device', 'string indexed', 'cloudAnchor displayName sourceAnchor'],
];
