/** Numbers the cloud sets (entra-directory s.4.2 and 4.3). Lengths are characters, sizes bytes. */

export interface Limits {
  /** Values of proxyAddresses, certificates, alias and subscriptions, weighed: see `validation.ts`. */
  readonly addressUnits: number;
  readonly proxyAddressLength: number;
  readonly certificates: number;
  readonly photoBytes: number;
  /** All values of one object together; 0 is no limit, because the real budget is not documented. */
  readonly objectBytes: number;
  /** Members of one group through the sync plane: 250,000 with the second version of the endpoint, 50,000 before. */
  readonly groupMembers: number;
  readonly groupOwners: number;
  readonly directoryExtensions: number;
  /** Characters of a text that is synchronized: the page about Connect says 250, the one about limits 256. */
  readonly directoryExtensionLength: number;
  readonly directoryExtensionBytes: number;
  /** Objects of the tenant; 0 is no limit. 50,000 without a verified domain, 300,000 with one. */
  readonly directoryObjects: number;
  /** Different directory extensions that synchronization fills in the whole tenant. */
  readonly syncedExtensions: number;
  readonly sourceAnchorLength: number;
  readonly upnLength: number;
  readonly upnPrefixLength: number;
  readonly upnSuffixLength: number;
  /** Strings that have no published limit. Our choice: the largest limit of any synced string. */
  readonly stringLength: number;
}

export const defaultLimits: Limits = {
  addressUnits: 332,
  proxyAddressLength: 256,
  certificates: 15,
  photoBytes: 102_400,
  objectBytes: 0,
  groupMembers: 250_000,
  groupOwners: 100,
  directoryExtensions: 100,
  directoryExtensionLength: 250,
  directoryExtensionBytes: 256,
  directoryObjects: 0,
  syncedExtensions: 100,
  sourceAnchorLength: 60,
  upnLength: 113,
  upnPrefixLength: 64,
  upnSuffixLength: 48,
  stringLength: 1024,
};

/** Members of one group on the first version of the sync endpoint (sync-engine s.5.10). */
export const groupMembersFirstVersion = 50_000;

/** Limits of the tenant as a whole, to show and to check against (entra-directory s.4.3). */
export const tenantLimits = {
  objectsWithoutVerifiedDomain: 50_000,
  objectsWithVerifiedDomain: 300_000,
  /** What one person without an administrator role may make. */
  objectsOfPerson: 250,
  managedDomains: 5_000,
  federatedDomains: 2_500,
  /** Security groups of a user, direct and through others, that SharePoint still looks at. */
  sharePointMemberships: 2_049,
  roleAssignableGroups: 500,
  dynamicGroups: 15_000,
  administrativeUnitsOfObject: 30,
  subscriptions: 300,
  recycleBinDays: 30,
  purgedObjectsCountDays: 30,
  purgedObjectWeight: 0.25,
  deletionThreshold: 500,
} as const;

/** Objects the tenant may hold when nothing else was agreed (entra-directory s.4.3). */
export const directoryQuota = (hasVerifiedDomain: boolean): number =>
  hasVerifiedDomain ? tenantLimits.objectsWithVerifiedDomain : tenantLimits.objectsWithoutVerifiedDomain;

/** What counts towards the quota: soft-deleted objects fully, purged ones a quarter for 30 more days. */
export const quotaUsed = (live: number, softDeleted: number, recentlyPurged: number): number =>
  Math.ceil(live + softDeleted + recentlyPurged * tenantLimits.purgedObjectWeight);
