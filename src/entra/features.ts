/** The synchronization features of a tenant: bits of the sync service and names of Graph (entra-directory s.0). */

export interface Feature {
  /** Name in Graph `onPremisesSynchronization.features`. */
  readonly name: string;
  /** Name in the sync service; absent if it has none there. */
  readonly syncName?: string;
  /** Its bit in `DirSyncFeatures`; absent if it has none. */
  readonly bit?: number;
  /** State in a fresh tenant. */
  readonly fresh: boolean;
  /** Once on it stays on; only the `block…` and `allow…` switches go both ways (entra-directory s.5.6). */
  readonly canBeTurnedOff: boolean;
  /** Graph refuses to change it. */
  readonly readOnly?: boolean;
}

const table = [
  ['passwordSyncEnabled', 'PasswordHashSync', 1],
  ['passwordWritebackEnabled', 'PasswordWriteBack', 2],
  ['directoryExtensionsEnabled', 'DirectoryExtensions', 4],
  ['quarantineUponUpnConflictEnabled', 'DuplicateUPNResiliency', 8],
  ['softMatchOnUpnEnabled', 'EnableSoftMatchOnUpn', 16],
  ['quarantineUponProxyAddressesConflictEnabled', 'DuplicateProxyAddressResiliency', 32],
  ['cloudPasswordPolicyForPasswordSyncedUsersEnabled', 'EnforceCloudPasswordPolicyForPasswordSyncedUsers', 512],
  ['unifiedGroupWritebackEnabled', 'UnifiedGroupWriteback', 1024],
  ['userWritebackEnabled', 'UserWriteback', 2048],
  ['deviceWritebackEnabled', 'DeviceWriteback', 4096],
  ['synchronizeUpnForManagedUsersEnabled', 'SynchronizeUpnForManagedUsers', 8192],
  ['userForcePasswordChangeOnLogonEnabled', 'EnableUserForcePasswordChangeOnLogon', 16384],
  [undefined, 'PassThroughAuthentication', 131072],
  ['blockSoftMatchEnabled', 'BlockSoftMatch', 524288],
  ['blockCloudObjectTakeoverThroughHardMatchEnabled', 'BlockCloudObjectTakeoverThroughHardMatch', 1048576],
  ['bypassDirSyncOverridesEnabled', undefined, undefined],
  ['concurrentCredentialUpdateEnabled', undefined, undefined],
  ['concurrentOrgIdProvisioningEnabled', undefined, undefined],
  ['fopeConflictResolutionEnabled', undefined, undefined],
  ['groupWriteBackEnabled', undefined, undefined],
  ['allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled', undefined, undefined],
] as const;

export type FeatureName = Exclude<(typeof table)[number][0], undefined>;
export type Features = Readonly<Partial<Record<string, boolean>>>;

/** Bit of a fresh tenant that nobody documents (entra-directory s.0). */
export const undocumentedFeatureBit = 32768;
/** `DirSyncFeatures` of a fresh tenant: 41016. */
export const freshFeatureBits = undocumentedFeatureBit + 8192 + 32 + 16 + 8;

export const features: readonly Feature[] = table
  .filter((row) => row[0] !== undefined)
  .map(([name, syncName, bit]) => ({
    name: name as FeatureName,
    ...(syncName === undefined ? {} : { syncName }),
    ...(bit === undefined ? {} : { bit }),
    fresh: bit !== undefined && (freshFeatureBits & bit) !== 0,
    canBeTurnedOff: /^(block|allow)/.test(name as string),
    ...(name === 'passwordWritebackEnabled' ? { readOnly: true } : {}),
  }));

/** Features of a fresh tenant: both resiliencies, soft match on UPN, and UPN updates are on. */
export const freshFeatures: Readonly<Record<FeatureName, boolean>> = Object.fromEntries(
  features.map((f) => [f.name, f.fresh]),
) as Record<FeatureName, boolean>;

/** `DirSyncFeatures` of these features; `other` are bits without a Graph name to keep (default: the undocumented one). */
export function featureBits(values: Features, other = undocumentedFeatureBit): number {
  let bits = other;
  for (const { name, bit } of features) {
    if (bit === undefined) continue;
    bits = values[name] === true ? bits | bit : bits & ~bit;
  }
  return bits;
}

/** The features whose bits are set. Features without a bit are absent. */
export function featuresOfBits(bits: number): Readonly<Record<string, boolean>> {
  return Object.fromEntries(features.flatMap((f) => (f.bit === undefined ? [] : [[f.name, (bits & f.bit) !== 0]])));
}

/** Why the change of a feature is refused; undefined if it is allowed (entra-directory s.5.6). */
export function refuseFeatureChange(name: string, before: boolean, after: boolean): string | undefined {
  const feature = features.find((f) => f.name === name);
  if (!feature) return `There is no synchronization feature '${name}'.`;
  if (before === after) return undefined;
  if (feature.readOnly) return `The synchronization feature '${name}' cannot be changed.`;
  if (!after && !feature.canBeTurnedOff) return `The synchronization feature '${name}' cannot be turned off again.`;
  return undefined;
}
