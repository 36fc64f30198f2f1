/** What usually leads to the errors of the cloud (entra-directory s.1, 2, 3 and 4). */
import type { ErrorCode } from '../../../../entra/error-catalogue.ts';
import type { Causes } from '../page.ts';

export const cloudCauses: Readonly<Record<ErrorCode | 'QuarantinedAttributeValueMustBeUnique', Causes>> = {
  AttributeValueMustBeUnique: [
    'An account was copied, or made a second time, with the values of the first.',
    'A person was migrated from another forest and has the same SID or SIP address there.',
    'An object that was made in the cloud holds the value.',
    'A deleted object in the recycle bin of the cloud still holds it.',
  ],
  QuarantinedAttributeValueMustBeUnique: [
    'Two synchronized objects have one sign-in name or proxy address.',
    'An object made in the cloud has the address, and was not matched.',
  ],
  InvalidSoftMatch: [
    'Two directory objects have one sign-in name or primary address, and the other one was there first.',
    'The account was made again or moved to another forest, so that its anchor is new.',
    'The source anchor is read from another attribute than before.',
  ],
  InvalidHardMatch: [
    'The tenant blocks cloud object take-over by hard match.',
    'The cloud user holds a privileged role, or is eligible for one.',
  ],
  AttributeUpdateNotAllowed: [
    'A cloud object was matched before to another directory object and remembers its identifier.',
    'The anchor of an account was changed after its first export.',
  ],
  ObjectTypeMismatch: [
    'A contact or group of the cloud has the address of the new user.',
    'An object was deleted and made again as another class with the same address.',
  ],
  IdentityDataValidationFailed: [
    'The name has a space, an accent or another character that is not allowed.',
    'It has no @, or several, or a dot right before it.',
    'It is longer than 64 characters before the @, 48 after it, or 113 in all.',
  ],
  DataValidationFailed: [
    'A value was typed or pasted with characters that the attribute does not take.',
    'A required value, such as the display name, is empty.',
    'A rule gives a value of another type than the cloud expects.',
  ],
  ExceededAllowedLength: [
    'Active Directory takes longer values than the cloud does.',
    'A rule puts several values together.',
  ],
  LargeObject: [
    'Expired certificates were never removed from the account.',
    'Addresses of former domains were kept with every migration.',
    'A photo was written without making it smaller.',
  ],
  ExistingAdminRoleConflict: [
    'An administrator has a cloud-only account with the same sign-in name or address as a directory account.',
    'A user was given a role in the cloud before the account was first exported.',
  ],
  FederatedDomainChangeError: [
    'Sign-in names are moved after a merger or a change of name, and both domains are federated.',
  ],
  DeletingCloudOnlyObjectNotAllowed: [
    'A deleted user was restored in the cloud before two cycles had run.',
    'The object was converted to be mastered in the cloud, and its directory object then went.',
    'The state of the engine was put back from a copy and believes that it owns the object.',
  ],
  PasswordAccessViolation: [
    'The user was converted to be mastered in the cloud.',
    'The user was restored in the cloud and is no longer a synchronized one.',
  ],
  PasswordSyncNotActivated: [
    'The feature was never turned on in the tenant.',
    'An administrator turned it off, for example when moving to federation.',
  ],
  QuotaExceeded: [
    'The tenant has no verified domain, so that the small quota of 50,000 objects holds.',
    'Deleted objects count in full for 30 days after a large clean-up or test.',
    'More containers were selected than was meant.',
  ],
  DirSyncNotEnabled: [
    'The tenant is new, and synchronization was never turned on.',
    'An administrator turned it off, to have the users mastered in the cloud.',
  ],
  ObjectNotFound: [
    'The object was deleted for good in the cloud after the last import.',
    'The state of the engine is older than the tenant, or belongs to another one.',
  ],
  ReferenceNotFound: [
    'The member or manager is out of scope.',
    'Its own export failed.',
    'It is exported later in the same pass, and the second pass resolves it.',
  ],
  ServerBusy: [
    'The service has too much to do, or an incident.',
    'A large first export sends more than it takes at once.',
  ],
  AccessDenied: [
    'The application lacks a permission, or nobody consented to it.',
    'The role of the synchronization account was taken away.',
  ],
  CredentialsInvalid: [
    'The account was deleted in a clean-up of the tenant.',
    'The configuration names an account or a tenant that is another one.',
  ],
  CredentialsExpired: [
    'A policy lets passwords of all accounts expire, and this one was not exempted.',
    'Nobody renewed the credential in time.',
  ],
  IdentitySynchronizationError: [
    'A value breaks a rule of the service that has no code of its own.',
    'The service has an incident, and the same change is taken later.',
  ],
  InvalidLicense: [
    'The user has no usageLocation.',
    'No licence of the plan is free.',
    'Two plans hold the same service, or one needs another that is missing.',
  ],
};
