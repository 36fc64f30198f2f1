import type { ExtensionDefinition } from '../extensions.ts';
import type { Kind } from '../store/properties.ts';

/** The type of a property in the published metadata, in short. `…s` is a collection. */
export type PropertyType =
  | 'text'
  | 'texts'
  | 'boolean'
  | 'integer'
  | 'time'
  | 'guid'
  | 'binary'
  | 'complex'
  | 'complexes';

/** Which filters a property takes without advanced query (entra-directory s.5.8): eq; `s` startsWith too; `g` ge and le. */
export type FilterClass = 'eq' | 's' | 'g' | 'any' | 'advanced' | 'none';

export interface PropertySpec {
  readonly type: PropertyType;
  /** In an answer without `$select`. */
  readonly standard: boolean;
  readonly write: 'yes' | 'create' | 'no';
  readonly filter: FilterClass;
  /** Only in /beta. */
  readonly beta: boolean;
  /** Exists in the real service but is not held here: asking for it answers 501. */
  readonly missing: boolean;
}
export type Schema = ReadonlyMap<string, PropertySpec>;

/**
 * A table line: type, then marks. `d` in the standard set, `w` writable, `c` writable on creation only, `=` `s` `g`
 * `any` the filter class, `a` advanced filter only, `beta`, `501`.
 */
function table(lines: Readonly<Record<string, string>>): Schema {
  return new Map(
    Object.entries(lines).map(([name, line]) => {
      const [type, ...marks] = line.split(' ');
      const has = (mark: string) => marks.includes(mark);
      const filter: FilterClass = has('=')
        ? 'eq'
        : has('s')
          ? 's'
          : has('g')
            ? 'g'
            : has('any')
              ? 'any'
              : has('a')
                ? 'advanced'
                : 'none';
      const write = has('w') ? 'yes' : has('c') ? 'create' : 'no';
      const spec = { standard: has('d'), write, filter, beta: has('beta'), missing: has('501') } as const;
      return [name, { type: type as PropertyType, ...spec }];
    }),
  );
}

const user = table({
  id: 'text d =',
  aboutMe: 'text 501',
  accountEnabled: 'boolean w =',
  ageGroup: 'text w a',
  assignedLicenses: 'complexes any',
  assignedPlans: 'complexes',
  birthday: 'time 501',
  businessPhones: 'texts d w a',
  city: 'text w s',
  companyName: 'text w a',
  consentProvidedForMinor: 'text w a',
  country: 'text w s',
  createdDateTime: 'time g',
  creationType: 'text =',
  customSecurityAttributes: 'complex 501',
  deletedDateTime: 'time',
  department: 'text w s',
  deviceEnrollmentLimit: 'integer 501',
  displayName: 'text d w s',
  employeeHireDate: 'time w a',
  employeeId: 'text w =',
  employeeLeaveDateTime: 'time w a',
  employeeOrgData: 'complex w a',
  employeeType: 'text w a',
  externalUserState: 'text =',
  externalUserStateChangeDateTime: 'time',
  faxNumber: 'text w a',
  givenName: 'text d w s',
  hireDate: 'time 501',
  identities: 'complexes w any',
  identityParentId: 'text 501',
  imAddresses: 'texts s',
  interests: 'texts 501',
  isManagementRestricted: 'boolean',
  isResourceAccount: 'boolean',
  jobTitle: 'text d w s',
  lastPasswordChangeDateTime: 'time',
  legalAgeGroupClassification: 'text',
  licenseAssignmentStates: 'complexes',
  mail: 'text d w s',
  mailboxSettings: 'complex 501',
  mailNickname: 'text w s',
  mobilePhone: 'text d w a',
  mySite: 'text 501',
  officeLocation: 'text d w a',
  onPremisesDistinguishedName: 'text',
  onPremisesDomainName: 'text',
  onPremisesExtensionAttributes: 'complex w a',
  onPremisesImmutableId: 'text w =',
  onPremisesLastSyncDateTime: 'time g',
  onPremisesObjectIdentifier: 'text beta w',
  onPremisesProvisioningErrors: 'complexes any',
  onPremisesSamAccountName: 'text a',
  onPremisesSecurityIdentifier: 'text =',
  onPremisesSipInfo: 'complex beta 501',
  onPremisesSyncEnabled: 'boolean =',
  onPremisesUserPrincipalName: 'text',
  otherMails: 'texts w s',
  passwordPolicies: 'text w a',
  passwordProfile: 'complex w a',
  pastProjects: 'texts 501',
  postalCode: 'text w a',
  preferredDataLocation: 'text w a',
  preferredLanguage: 'text d w a',
  preferredName: 'text 501',
  provisionedPlans: 'complexes',
  proxyAddresses: 'texts s',
  responsibilities: 'texts 501',
  schools: 'texts 501',
  securityIdentifier: 'text',
  serviceProvisioningErrors: 'complexes',
  showInAddressList: 'boolean w a',
  signInActivity: 'complex 501',
  signInSessionsValidFromDateTime: 'time',
  skills: 'texts 501',
  state: 'text w s',
  streetAddress: 'text w a',
  surname: 'text d w s',
  usageLocation: 'text w =',
  userPrincipalName: 'text d w s',
  userType: 'text w =',
});

const group = table({
  id: 'text d =',
  allowExternalSenders: 'boolean 501',
  assignedLabels: 'complexes 501',
  assignedLicenses: 'complexes any',
  autoSubscribeNewMembers: 'boolean 501',
  classification: 'text d w',
  createdDateTime: 'time d g',
  creationOptions: 'texts d',
  deletedDateTime: 'time d',
  description: 'text d w a',
  displayName: 'text d w s',
  expirationDateTime: 'time d',
  groupTypes: 'texts d w any',
  hasMembersWithLicenseErrors: 'boolean',
  hideFromAddressLists: 'boolean 501',
  hideFromOutlookClients: 'boolean 501',
  infoCatalogs: 'texts 501',
  isArchived: 'boolean 501',
  isAssignableToRole: 'boolean d c =',
  isFavorite: 'boolean 501',
  isSubscribedByMail: 'boolean 501',
  isManagementRestricted: 'boolean',
  licenseProcessingState: 'complex',
  mail: 'text d s',
  mailEnabled: 'boolean d w =',
  mailNickname: 'text d w s',
  membershipRule: 'text d w s',
  membershipRuleProcessingState: 'text d w',
  onPremisesDomainName: 'text d',
  onPremisesLastSyncDateTime: 'time d g',
  onPremisesNetBiosName: 'text d',
  onPremisesObjectIdentifier: 'text beta',
  onPremisesProvisioningErrors: 'complexes d any',
  onPremisesSamAccountName: 'text d a',
  onPremisesSecurityIdentifier: 'text d =',
  onPremisesSyncEnabled: 'boolean d =',
  organizationId: 'text 501',
  preferredDataLocation: 'text d w',
  preferredLanguage: 'text d w',
  proxyAddresses: 'texts d s',
  renewedDateTime: 'time d',
  resourceBehaviorOptions: 'texts d c',
  resourceProvisioningOptions: 'texts d',
  securityEnabled: 'boolean d w =',
  securityIdentifier: 'text d',
  serviceProvisioningErrors: 'complexes',
  theme: 'text d w',
  uniqueName: 'text d w s',
  unseenConversationsCount: 'integer 501',
  unseenCount: 'integer 501',
  unseenMessagesCount: 'integer 501',
  visibility: 'text d w',
  welcomeMessageEnabled: 'boolean 501',
  writebackConfiguration: 'complex beta w',
});

const contact = table({
  id: 'text d =',
  addresses: 'complexes d',
  companyName: 'text d a',
  deletedDateTime: 'time d',
  department: 'text d s',
  displayName: 'text d s',
  givenName: 'text d s',
  jobTitle: 'text d s',
  mail: 'text d s',
  mailNickname: 'text d s',
  onPremisesLastSyncDateTime: 'time d g',
  onPremisesProvisioningErrors: 'complexes d any',
  onPremisesSyncEnabled: 'boolean d =',
  phones: 'complexes d',
  proxyAddresses: 'texts d s',
  serviceProvisioningErrors: 'complexes',
  surname: 'text d s',
});

const device = table({
  id: 'text d =',
  accountEnabled: 'boolean d w =',
  alternativeSecurityIds: 'complexes d c',
  approximateLastSignInDateTime: 'time d g',
  complianceExpirationDateTime: 'time d',
  createdDateTime: 'time beta',
  deletedDateTime: 'time d',
  deviceCategory: 'text d w',
  deviceId: 'text d c =',
  deviceMetadata: 'text d',
  deviceOwnership: 'text d w',
  deviceVersion: 'integer d',
  displayName: 'text d w s',
  enrollmentProfileName: 'text d',
  enrollmentType: 'text d',
  extensionAttributes: 'complex w a',
  isCompliant: 'boolean d w',
  isManaged: 'boolean d w',
  isManagementRestricted: 'boolean',
  isRooted: 'boolean d',
  managementType: 'text d',
  manufacturer: 'text d',
  mdmAppId: 'text d',
  model: 'text d',
  onPremisesLastSyncDateTime: 'time d g',
  onPremisesSecurityIdentifier: 'text =',
  onPremisesSyncEnabled: 'boolean d =',
  operatingSystem: 'text d w s',
  operatingSystemVersion: 'text d w s',
  physicalIds: 'texts d =',
  profileType: 'text d',
  registrationDateTime: 'time d a',
  systemLabels: 'texts d w',
  trustType: 'text d =',
});

const directoryRole = table({
  id: 'text d =',
  deletedDateTime: 'time d',
  description: 'text d',
  displayName: 'text d',
  roleTemplateId: 'text d =',
});
const application = table({
  id: 'text d =',
  appId: 'text d =',
  createdDateTime: 'time d',
  deletedDateTime: 'time d',
  displayName: 'text d s',
});
const servicePrincipal = table({
  id: 'text d =',
  accountEnabled: 'boolean d =',
  appId: 'text d =',
  createdDateTime: 'time beta',
  deletedDateTime: 'time d',
  displayName: 'text d s',
  servicePrincipalType: 'text d',
});

const administrativeUnit = table({
  id: 'text d =',
  deletedDateTime: 'time d',
  description: 'text d w s',
  displayName: 'text d w s',
  isMemberManagementRestricted: 'boolean d c',
  membershipRule: 'text d w',
  membershipRuleProcessingState: 'text d w',
  membershipType: 'text d w a',
  visibility: 'text d w',
});

export const schemas: Readonly<Record<Kind, Schema>> = {
  user,
  group,
  contact,
  device,
  directoryRole,
  application,
  servicePrincipal,
  administrativeUnit,
};

/** The name of the type in the metadata, without its namespace. */
export const typeNames: Readonly<Record<Kind, string>> = {
  user: 'user',
  group: 'group',
  contact: 'orgContact',
  device: 'device',
  directoryRole: 'directoryRole',
  application: 'application',
  servicePrincipal: 'servicePrincipal',
  administrativeUnit: 'administrativeUnit',
};
export const kindOfTypeName = (name: string): Kind | undefined =>
  (Object.keys(typeNames) as Kind[]).find((kind) => typeNames[kind].toLowerCase() === name.toLowerCase());

const caseless = new Map(
  Object.entries(schemas).map(([kind, schema]) => [kind, new Map([...schema.keys()].map((n) => [n.toLowerCase(), n]))]),
);
const extension = /^extension_[0-9a-f]{32}_[\w.-]{1,128}$/i;

/** Looks a directory extension of a class up by its name; undefined if nobody has defined it. */
export type ExtensionLookup = (kind: Kind, name: string) => ExtensionDefinition | undefined;

const extensionTypes: Readonly<Record<ExtensionDefinition['dataType'], readonly [PropertyType, FilterClass]>> = {
  Binary: ['binary', 'eq'],
  Boolean: ['boolean', 'eq'],
  DateTime: ['time', 'g'],
  Integer: ['integer', 'g'],
  LargeInteger: ['integer', 'g'],
  String: ['text', 's'],
};
function extensionProperty(definition: ExtensionDefinition): PropertySpec {
  const [type, filter] = definition.isMultiValued ? (['texts', 'any'] as const) : extensionTypes[definition.dataType];
  return { ...anyExtension, type, filter };
}
const anyExtension: PropertySpec = {
  type: 'text',
  standard: false,
  write: 'yes',
  filter: 's',
  beta: false,
  missing: false,
};

export interface FoundProperty {
  readonly name: string;
  readonly spec: PropertySpec;
  readonly extension?: ExtensionDefinition;
}

/**
 * The property with its documented name, whatever the letter case asked for; undefined if the type has none. Without
 * `extensions` any well-formed name of a directory extension is one.
 */
export function findProperty(kind: Kind, asked: string, extensions?: ExtensionLookup): FoundProperty | undefined {
  const name = caseless.get(kind)?.get(asked.toLowerCase());
  if (name !== undefined) return { name, spec: schemas[kind].get(name) as PropertySpec };
  if (!extension.test(asked)) return undefined;
  if (!extensions) return { name: asked, spec: anyExtension };
  const definition = extensions(kind, asked);
  return definition && { name: definition.name, spec: extensionProperty(definition), extension: definition };
}

const standardNames = Object.fromEntries(
  Object.entries(schemas).map(([kind, schema]) => [
    kind,
    [...schema].filter(([, spec]) => spec.standard && !spec.beta).map(([name]) => name),
  ]),
) as unknown as Readonly<Record<Kind, readonly string[]>>;
/** What an answer without `$select` holds (entra-directory s.5.2). */
export const standardProperties = (kind: Kind): readonly string[] => standardNames[kind];
