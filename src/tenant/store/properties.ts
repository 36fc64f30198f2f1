/**
 * Which properties objects are looked up by. The numbers are stored: never change one, only append.
 * Values of one number are comparable with each other across all kinds of objects; numbers that depend on the kind
 * keep the values of users and groups apart, so that a list of groups by name never walks over users.
 */
export type Kind =
  | 'user'
  | 'group'
  | 'contact'
  | 'device'
  | 'directoryRole'
  | 'application'
  | 'servicePrincipal'
  | 'administrativeUnit';

/** Across classes: proxy addresses of every kind, without the letter case of their prefix. */
export const addressProperty = 1;
/** Binary SID in text form, across classes. */
export const sidProperty = 2;

const kindBase: Readonly<Record<Kind, number>> = {
  user: 1000,
  group: 2000,
  contact: 3000,
  device: 4000,
  directoryRole: 5000,
  application: 6000,
  servicePrincipal: 7000,
  administrativeUnit: 8000,
};

const indexed = {
  userPrincipalName: 1,
  mail: 2,
  mailNickname: 3,
  displayName: 4,
  givenName: 5,
  surname: 6,
  jobTitle: 7,
  department: 8,
  employeeId: 9,
  city: 10,
  state: 11,
  country: 12,
  usageLocation: 13,
  userType: 14,
  accountEnabled: 15,
  onPremisesSyncEnabled: 16,
  createdDateTime: 17,
  otherMails: 18,
  imAddresses: 19,
  uniqueName: 20,
  securityEnabled: 21,
  mailEnabled: 22,
  deviceId: 23,
  operatingSystem: 24,
  trustType: 25,
  roleTemplateId: 26,
  appId: 27,
  onPremisesLastSyncDateTime: 28,
  provisioningErrorCategory: 29,
  provisioningErrorProperty: 30,
  groupTypes: 31,
  physicalIds: 32,
  creationType: 33,
  externalUserState: 34,
  isAssignableToRole: 35,
  assignedSku: 36,
  onPremisesSamAccountName: 37,
  membershipType: 38,
} as const;
export type IndexedProperty = keyof typeof indexed;

const byKind: Readonly<Record<Kind, readonly IndexedProperty[]>> = {
  user: [
    'userPrincipalName',
    'mail',
    'mailNickname',
    'displayName',
    'givenName',
    'surname',
    'jobTitle',
    'department',
    'employeeId',
    'city',
    'state',
    'country',
    'usageLocation',
    'userType',
    'accountEnabled',
    'createdDateTime',
    'otherMails',
    'imAddresses',
    'creationType',
    'externalUserState',
  ],
  group: ['displayName', 'mail', 'mailNickname', 'mailEnabled', 'securityEnabled', 'uniqueName', 'groupTypes'],
  contact: ['displayName', 'mail', 'mailNickname', 'givenName', 'surname', 'department', 'jobTitle'],
  device: ['displayName', 'deviceId', 'operatingSystem', 'trustType', 'accountEnabled', 'physicalIds'],
  directoryRole: ['displayName', 'roleTemplateId'],
  application: ['displayName', 'appId'],
  servicePrincipal: ['displayName', 'appId'],
  administrativeUnit: ['displayName', 'membershipType'],
};

/** The number under which values of a property of this kind are kept; undefined if it is not indexed. */
export function propertyNumber(kind: Kind, property: string): number | undefined {
  if (property === 'proxyAddresses') return addressProperty;
  if (property === 'onPremisesSecurityIdentifier') return sidProperty;
  if (property === 'onPremisesSyncEnabled') return kindBase[kind] + indexed.onPremisesSyncEnabled;
  if (property === 'provisioningErrorCategory') return kindBase[kind] + indexed.provisioningErrorCategory;
  if (property === 'provisioningErrorProperty') return kindBase[kind] + indexed.provisioningErrorProperty;
  if (property === 'assignedSku') return kindBase[kind] + indexed.assignedSku;
  return (byKind[kind] as readonly string[]).includes(property)
    ? kindBase[kind] + indexed[property as IndexedProperty]
    : undefined;
}

const perKind = Object.fromEntries(
  Object.entries(byKind).map(([kind, names]) => [
    kind,
    names.map((name) => [name, kindBase[kind as Kind] + indexed[name]] as const),
  ]),
) as unknown as Readonly<Record<Kind, readonly (readonly [string, number])[]>>;

/** Longest folded value that is kept in full; no property that is looked up allows more. */
const longest = 1024;

/** The form in which values are compared: case-insensitively (entra-directory s.5.8). */
export const fold = (value: string): string => value.toLowerCase().slice(0, longest);

/** What an object is found by. A key is the property number, U+0000 and the folded value. */
export function lookupKeys(
  kind: Kind,
  body: Readonly<Record<string, unknown>>,
  sync: boolean | undefined,
): Map<string, readonly [number, string]> {
  const keys = new Map<string, readonly [number, string]>();
  const add = (property: number, value: unknown) => {
    if (value === null || value === undefined || typeof value === 'object') return;
    const folded = fold(String(value));
    keys.set(`${property}\u0000${folded}`, [property, folded]);
  };
  const addAll = (property: number, value: unknown) => {
    if (Array.isArray(value)) for (const item of value) add(property, item);
    else add(property, value);
  };
  for (const [name, number] of perKind[kind]) addAll(number, body[name]);
  addAll(addressProperty, body.proxyAddresses);
  add(sidProperty, body.onPremisesSecurityIdentifier);
  add(kindBase[kind] + indexed.onPremisesSyncEnabled, sync);
  if (Array.isArray(body.onPremisesProvisioningErrors)) {
    for (const error of body.onPremisesProvisioningErrors as { category?: string; propertyCausingError?: string }[]) {
      add(kindBase[kind] + indexed.provisioningErrorCategory, error.category);
      add(kindBase[kind] + indexed.provisioningErrorProperty, error.propertyCausingError);
    }
  }
  if (Array.isArray(body.assignedLicenses)) {
    for (const licence of body.assignedLicenses as { skuId?: string }[]) {
      add(kindBase[kind] + indexed.assignedSku, licence.skuId);
    }
  }
  return keys;
}
