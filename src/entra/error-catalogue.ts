/**
 * Every error of entra-directory s.3 and sync-engine s.7.3 in one table: what the sync plane answers, when it comes up
 * again, and what to tell people. CLI, console and documentation are produced from it.
 */
export type ErrorCategory =
  | 'Duplicate attribute'
  | 'Data mismatch'
  | 'Data validation failure'
  | 'Large attribute'
  | 'Federated domain change'
  | 'Existing admin role conflict'
  | 'Other';

export interface CatalogueEntry {
  /** Number in the service's answers, where one is known. */
  readonly numericCode?: number;
  /** Hexadecimal literal in the service's answers, where one is known. */
  readonly literal?: string;
  /** Section of the Connect Health error report. */
  readonly category: ErrorCategory;
  /** `next-cycle`: exported again every cycle until it is fixed; `backoff`: soon again; `never`: only after a change. */
  readonly retry: 'next-cycle' | 'backoff' | 'never';
  /** `{part}` stands for a fact, `«…»` for text that needs its facts (see `errors.ts`). */
  readonly message: string;
  readonly title: string;
  readonly explanation: string;
  readonly fix: string;
}

const duplicateMessage =
  'Unable to write this object because the following attributes may already be associated with another object in the directory: «[{pair};] »Correct or remove the duplicate values (KB 2647098).';

const entries = {
  AttributeValueMustBeUnique: {
    category: 'Duplicate attribute',
    retry: 'next-cycle',
    message: duplicateMessage,
    title: 'Value is already taken',
    explanation:
      'A value that may exist only once in the tenant (sign-in name, proxy address, SID, SIP address) already belongs to another object, and it is of a kind the cloud does not set aside by itself.',
    fix: 'Remove the value from one of the two objects. If both are the same person, write the immutableId of the cloud object into mS-DS-ConsistencyGuid of the directory object.',
  },
  InvalidSoftMatch: {
    category: 'Data mismatch',
    retry: 'next-cycle',
    message: duplicateMessage,
    title: 'Match found, but it belongs to another source anchor',
    explanation:
      'The object has the sign-in name or the primary address of a cloud object that is already tied to another object of a directory, so the two are not joined.',
    fix: 'If both are the same person, give the directory object the source anchor of the cloud object; otherwise remove the duplicate value.',
  },
  InvalidHardMatch: {
    category: 'Data mismatch',
    retry: 'next-cycle',
    message: 'Unable to take over the cloud object« {conflict}» that has the same source anchor: {reason}',
    title: 'Take-over by source anchor refused',
    explanation:
      'A cloud object has the same source anchor, but the tenant does not let synchronization take it over: either the tenant blocks hard match, or the object holds or may activate a privileged role.',
    fix: 'Lift the block for the time of the migration, or remove the role, let one cycle match the object, and put block and role back.',
  },
  AttributeUpdateNotAllowed: {
    category: 'Data mismatch',
    retry: 'next-cycle',
    message: 'The attribute« {attribute}» of this object cannot be changed by synchronization.« {reason}»',
    title: 'Attribute that never changes would change',
    explanation:
      'The object in the cloud is tied to another directory object: its object identifier or its source anchor is set to another value and stays so.',
    fix: 'Clear onPremisesObjectIdentifier of the cloud object (set it to null) and synchronize again; a source anchor goes back to its old value in the directory.',
  },
  ObjectTypeMismatch: {
    category: 'Data mismatch',
    retry: 'next-cycle',
    message:
      'The object cannot be matched because an object of another type« ({class} {conflict})» has the same« {pair}».',
    title: 'Value belongs to an object of another type',
    explanation:
      'An object of another class (for example a group or a contact) already has the address or the source anchor by which this object would be matched.',
    fix: 'Remove or rename the value on one of them, or delete the cloud object that should not have it.',
  },
  IdentityDataValidationFailed: {
    category: 'Data validation failure',
    retry: 'next-cycle',
    message: 'The value of« {attribute}» is not valid as an identity:« {reason}»« Value: {values}.»',
    title: 'Sign-in name is not valid',
    explanation:
      'The userPrincipalName contains characters that are not allowed or does not have the form name@domain.',
    fix: 'Correct the userPrincipalName in the directory.',
  },
  DataValidationFailed: {
    category: 'Data validation failure',
    retry: 'next-cycle',
    message: 'The value of« {attribute}» is not valid:« {reason}»« Value: {values}.»',
    title: 'Value is not valid',
    explanation: 'A value has the wrong form or type, or a value that is required is missing.',
    fix: 'Correct the value in the directory, or the rule that produces it.',
  },
  ExceededAllowedLength: {
    category: 'Large attribute',
    retry: 'next-cycle',
    message: 'The attribute« {attribute}» exceeds the allowed length« of {limit}»«; it has {actual}».« {reason}»',
    title: 'Value is too long',
    explanation: 'One value is longer, or an attribute has more values, than the schema of the cloud allows.',
    fix: 'Shorten the value in the directory, or cut it in a rule.',
  },
  LargeObject: {
    category: 'Large attribute',
    retry: 'next-cycle',
    message:
      'The object is too large« because of {attribute}»«: {actual} where {limit} are allowed». Nothing of it is written until it is smaller.',
    title: 'Object is too large',
    explanation:
      'The object has too many values or too many bytes: usually more than 15 certificates, hundreds of proxy addresses, or a photo over 100 KB. All its attributes wait until it is smaller.',
    fix: 'Remove expired certificates, superfluous proxy addresses or the large photo.',
  },
  ExistingAdminRoleConflict: {
    category: 'Existing admin role conflict',
    retry: 'never',
    message:
      'The object would match the cloud user« {conflict}», who holds an administrator role« ({reason})»; such users are never taken over.« The conflicting values were set aside: {pair}.»',
    title: 'Would match an administrator',
    explanation:
      'A cloud user with an administrator role has the same sign-in name or primary address. To protect administrators the two are not joined; a second object is written without the conflicting values.',
    fix: 'Remove the role from the cloud user, delete the set-aside copy for good, synchronize, and give the role back.',
  },
  FederatedDomainChangeError: {
    category: 'Federated domain change',
    retry: 'next-cycle',
    message: 'The sign-in name cannot move from one federated domain to another« ({values})».',
    title: 'Sign-in name moves between two federated domains',
    explanation: 'The suffix of a userPrincipalName cannot change from one federated domain to another in one step.',
    fix: 'Change the sign-in name to the initial domain (….onmicrosoft.com) first, synchronize, then to the new domain.',
  },
  DeletingCloudOnlyObjectNotAllowed: {
    numericCode: 114,
    literal: '0x8023134a',
    category: 'Other',
    retry: 'next-cycle',
    message:
      'This synchronization operation, Delete, is not valid for an object that is mastered in the cloud« ({object})».',
    title: 'Delete of a cloud-only object refused',
    explanation:
      'The object was made in the cloud, or restored there, and is not mastered on-premises; synchronization may not delete it.',
    fix: 'Restored object: delete it in the cloud, run a delta cycle, restore it, run a delta cycle. Otherwise find out why the engine believes that it owns the object.',
  },
  PasswordAccessViolation: {
    category: 'Other',
    retry: 'never',
    message:
      'The update includes a credential of a user who is mastered in the cloud« ({object})»; it was not applied.',
    title: 'Password change of a cloud-only user refused',
    explanation: 'Password hashes are accepted for synchronized users only.',
    fix: 'Find out why the engine believes that it owns the user, and remove the pending change.',
  },
  PasswordSyncNotActivated: {
    numericCode: 90,
    category: 'Other',
    retry: 'next-cycle',
    message: 'Password synchronization has not been activated for this company.',
    title: 'Password hash synchronization is off in the tenant',
    explanation: 'The tenant switch for password hash synchronization is off, so every batch of hashes is refused.',
    fix: 'Turn on the feature passwordSyncEnabled.',
  },
  QuotaExceeded: {
    category: 'Other',
    retry: 'next-cycle',
    message: 'The company has exceeded the number of objects that can be synchronized« ({limit})».',
    title: 'Object quota of the tenant reached',
    explanation: 'The tenant holds as many objects as it may; new ones are refused, soft-deleted ones count too.',
    fix: 'Verify a domain, purge deleted objects, or ask support for a higher quota.',
  },
  DirSyncNotEnabled: {
    category: 'Other',
    retry: 'next-cycle',
    message: 'Directory synchronization is not enabled for this company.',
    title: 'Synchronization is off in the tenant',
    explanation: 'The tenant does not accept synchronized objects while directory synchronization is turned off.',
    fix: 'Turn on directory synchronization of the organization.',
  },
  ObjectNotFound: {
    category: 'Other',
    retry: 'next-cycle',
    message: 'The object« {object}» to be changed is not in the directory.',
    title: 'Object is not in the cloud',
    explanation: 'The engine wants to change an object that the cloud no longer has, or never had.',
    fix: 'Run a full import of the cloud connector; the object is then exported again as new.',
  },
  ReferenceNotFound: {
    category: 'Other',
    retry: 'next-cycle',
    message: 'One or more objects that« {attribute}» refers to are not in the directory yet«: {values}».',
    title: 'Refers to an object that is not in the cloud',
    explanation: 'A member, manager or owner is not in the cloud, because it is out of scope or its own export failed.',
    fix: 'Nothing, if the other object follows; otherwise bring it into scope or repair its export.',
  },
  ServerBusy: {
    numericCode: 81,
    category: 'Other',
    retry: 'backoff',
    message: 'The directory is busy at the moment. The operation is tried again automatically.',
    title: 'Cloud is busy',
    explanation: 'The service cannot take the request right now.',
    fix: 'Nothing; if it lasts for more than 24 hours, contact support.',
  },
  AccessDenied: {
    category: 'Other',
    retry: 'next-cycle',
    message: 'Access to the directory was denied.',
    title: 'Synchronization account refused',
    explanation: 'The account or application of the connector lacks the role of a synchronization client.',
    fix: 'Give the connector a valid credential with that role.',
  },
  CredentialsInvalid: {
    numericCode: 50034,
    literal: 'AADSTS50034',
    category: 'Other',
    retry: 'never',
    message: 'The account of the connector does not exist in the directory.',
    title: 'Synchronization account does not exist',
    explanation: 'The service account of the connector was deleted, so nothing can be exported.',
    fix: 'Make a new account or application and enter its credential.',
  },
  CredentialsExpired: {
    numericCode: 50055,
    literal: 'AADSTS50055',
    category: 'Other',
    retry: 'never',
    message: 'The password of the account of the connector has expired.',
    title: 'Credential of the synchronization account expired',
    explanation: 'The credential of the connector is past its end, so nothing can be exported.',
    fix: 'Renew the credential and enter it.',
  },
  IdentitySynchronizationError: {
    category: 'Other',
    retry: 'next-cycle',
    message: 'The object could not be synchronized.« {reason}»',
    title: 'Object could not be synchronized',
    explanation: 'The service refused the object without a more exact reason.',
    fix: 'See the detail; if it stays, ask support with the tracking id.',
  },
  InvalidLicense: {
    category: 'Other',
    retry: 'never',
    message: 'The licence could not be assigned.« {reason}»',
    title: 'Licence could not be assigned',
    explanation:
      'Not an error of synchronization: licences fail afterwards and show it in licenseAssignmentStates of the user (CountViolation, MutuallyExclusiveViolation, DependencyViolation, ProhibitedInUsageLocationViolation, UniquenessViolation, Other).',
    fix: 'Set usageLocation, free a licence, or remove the plan in conflict.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof entries;
export const errorCatalogue: Readonly<Record<ErrorCode, CatalogueEntry>> = entries;

/** Sections of the Connect Health error report, in its order (entra-directory s.3.1). */
export const errorCategories: readonly ErrorCategory[] = [
  'Duplicate attribute',
  'Data mismatch',
  'Data validation failure',
  'Large attribute',
  'Federated domain change',
  'Existing admin role conflict',
  'Other',
];

/** What a value that was set aside is called in reports: not an error of the export, which succeeded. */
export const quarantinedEntry: CatalogueEntry = {
  category: 'Duplicate attribute',
  retry: 'never',
  message: 'The value {values} of {attribute} was set aside because the object {conflict} has it.',
  title: 'Duplicate value set aside',
  explanation:
    'The object was written without a sign-in name or proxy address that belongs to another object. The cloud tries again every hour.',
  fix: 'Remove the value from one of the two objects; within an hour the cloud restores it.',
};

/** What a value that was set aside is called in lists of errors, as in the health report. */
export const quarantinedCode = 'QuarantinedAttributeValueMustBeUnique';

/** The codes of a section of the health error report. */
export const codesOf = (category: ErrorCategory): readonly string[] =>
  [...Object.keys(errorCatalogue), quarantinedCode].filter((code) => categoryOf(code) === category);

/** The section of the health error report that an error of the cloud is in; undefined for what the cloud does not say. */
export function categoryOf(code: string): ErrorCategory | undefined {
  if (code === quarantinedCode) return quarantinedEntry.category;
  return Object.hasOwn(errorCatalogue, code) ? errorCatalogue[code as ErrorCode].category : undefined;
}
