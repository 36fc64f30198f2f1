/** Reference attributes by name, for expressions that are compiled without a schema. */

/** Reference attributes of the metaverse and of Active Directory that hold one value at most. */
export const defaultSingleReferences: ReadonlySet<string> = new Set([
  'altRecipient',
  'assistant',
  'managedBy',
  'manager',
  'msDS-RegisteredOwner',
  'msExchTeamMailboxSharePointLinkedBy',
  'registeredOwnerReference',
]);

/** Reference attributes of the default configuration (sync-engine s.4.8). */
export const defaultReferences: ReadonlySet<string> = new Set([
  ...defaultSingleReferences,
  'authOrig',
  'cloudMSExchDelegateListLink',
  'cloudMSExchTeamMailboxOwners',
  'cloudPublicDelegates',
  'dLMemRejectPerms',
  'dLMemSubmitPerms',
  'member',
  'memberOf',
  'msExchBypassModerationFromDLMembersLink',
  'msExchBypassModerationLink',
  'msExchCoManagedByLink',
  'msExchDelegateListLink',
  'msExchModeratedByLink',
  'msExchTeamMailboxOwners',
  'owner',
  'publicDelegates',
  'registeredUsersReference',
  'secretary',
  'seeAlso',
  'unauthOrig',
]);
