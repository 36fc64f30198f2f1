/**
 * The attributes that Exchange, Skype for Business and their rules add to an Active Directory schema, as far as
 * synchronization rules read them. Names, syntaxes and multiplicity are the real ones; the object identifiers are of a
 * private arc, because nothing here depends on them.
 */
export interface SchemaAttribute {
  readonly cn: string;
  readonly name: string;
  readonly oid: string;
  readonly syntax: 'string' | 'integer' | 'boolean' | 'large-integer' | 'binary' | 'sid' | 'dn';
  readonly multi: boolean;
  readonly linkId?: number;
  readonly rangeUpper?: number;
}

const ARC = '1.2.840.113556.1.8000.2554.48389.1';

const NAMES: Record<SchemaAttribute['syntax'], { readonly single: string; readonly multi: string }> = {
  string: {
    single: `mailNickname targetAddress msExchArchiveName msExchResourceDisplay msExchRetentionComment msExchRetentionURL
      msExchImmutableId msExchSenderHintTranslation telephoneAssistant msRTCSIP-ApplicationOptions
      msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress
      msExchLitigationHoldOwner msDS-preferredDataLocation`,
    multi: `msExchResourceMetaData msExchResourceSearchProperties msExchSenderHintTranslations msExchUserHoldPolicies
      msExchUCVoiceMailSettings msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2
      msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5`,
  },
  integer: {
    single: `msExchELCMailboxFlags msExchGroupDepartRestriction msExchGroupJoinRestriction msExchModerationFlags
      msExchRecipientDisplayType msExchResourceCapacity msRTCSIP-OptionFlags msExchArchiveStatus`,
    multi: '',
  },
  boolean: {
    single: `hideDLMembership msExchEnableModeration msExchHideFromAddressLists msExchRequireAuthToSendTo
      msRTCSIP-UserEnabled oOFReplyToOriginator reportToOriginator reportToOwner`,
    multi: '',
  },
  'large-integer': { single: 'msExchRecipientTypeDetails', multi: '' },
  binary: {
    single: `msExchArchiveGUID msExchMailboxGuid msExchBlockedSendersHash msExchSafeRecipientsHash
      msExchSafeSendersHash`,
    multi: '',
  },
  sid: { single: 'msExchMasterAccountSid msRTCSIP-OriginatorSid', multi: '' },
  dn: {
    single: 'homeMDB altRecipient',
    multi: `publicDelegates authOrig unauthOrig dLMemSubmitPerms dLMemRejectPerms msExchCoManagedByLink
      msExchModeratedByLink msExchBypassModerationLink msExchBypassModerationFromDLMembersLink msExchDelegateListLink`,
  },
};

/** Even link identifiers outside of what a bare schema uses; `publicDelegates` has its real one. */
const LINKED = new Map(
  NAMES.dn.multi.split(/\s+/).map((name, i) => [name, name === 'publicDelegates' ? 14 : 3000 + 2 * i] as const),
);

function* definitions(): Generator<Omit<SchemaAttribute, 'oid'>> {
  for (let i = 1; i <= 15; i++) {
    yield {
      cn: `ms-Exch-Extension-Attribute-${i}`,
      name: `extensionAttribute${i}`,
      syntax: 'string',
      multi: false,
      rangeUpper: 1024,
    };
  }
  for (const [syntax, names] of Object.entries(NAMES) as [SchemaAttribute['syntax'], (typeof NAMES)['string']][]) {
    for (const [multi, text] of [
      [false, names.single],
      [true, names.multi],
    ] as const) {
      for (const name of text.split(/\s+/).filter(Boolean)) {
        const linkId = LINKED.get(name);
        yield { cn: name, name, syntax, multi, ...(linkId === undefined ? {} : { linkId }) };
      }
    }
  }
}

export const EXCHANGE_SCHEMA: readonly SchemaAttribute[] = [...definitions()].map((attribute, i) => ({
  ...attribute,
  oid: `${ARC}.${i + 1}`,
}));
