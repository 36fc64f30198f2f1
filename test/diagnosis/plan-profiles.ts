/** Tenants that decide in different ways: every switch and limit by which a refusal comes or does not come. */
import { freshFeatures } from '../../src/entra/features.ts';
import { defaultSwitches, type TenantSwitches } from '../../src/tenant/company.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { emptiedTenant } from './plan-world.ts';

export interface Profile {
  readonly name: string;
  readonly features?: Readonly<Record<string, boolean>>;
  readonly switches?: Partial<TenantSwitches>;
  /** So many objects more than there are. */
  readonly room?: number;
  /** Objects in one call. */
  readonly batch?: number;
}

export const profiles: readonly Profile[] = [
  { name: 'usual' },
  { name: 'usual' },
  { name: 'soft match blocked', features: { blockSoftMatchEnabled: true } },
  { name: 'take-over blocked', features: { blockCloudObjectTakeoverThroughHardMatchEnabled: true } },
  { name: 'sign-in names stay', features: { synchronizeUpnForManagedUsersEnabled: false } },
  { name: 'no resiliency', switches: { resiliency: false } },
  { name: 'no resiliency', switches: { resiliency: false } },
  { name: 'no protections', switches: { hardMatchProtection: false } },
  { name: 'primary addresses', switches: { softMatchAddress: 'primary', samePrimaryOnAdd: 'quarantine' } },
  {
    name: 'names apart from addresses',
    switches: { upnAgainstAddresses: false, invalidUserPrincipalName: 'fallback' },
  },
  { name: 'federated names move', switches: { federatedDomainChange: 'allow' } },
  { name: 'full', room: 3, switches: { syncedExtensions: 2 } },
  { name: 'small groups', switches: { groupMembers: 2 } },
  { name: 'small objects', switches: { objectByteCap: 700 } },
  { name: 'small batches', batch: 2 },
  { name: 'small batches, no resiliency', batch: 3, switches: { resiliency: false } },
];

/** A tenant that decides as the profile says, with nothing but the seed in it. */
export function profiledTenant(profile: Profile, isFederated: boolean, seed: TenantSeed): Tenant {
  const federatedDomains = isFederated ? ['federated.example', 'federated2.example'] : [];
  const tenant = emptiedTenant({ verifiedDomains: ['contoso.com', 'fabrikam.com'], federatedDomains }, seed);
  const there = Object.values(tenant.objectCounts()).reduce((sum, n) => sum + n, 0);
  tenant.company.update({
    dirSyncEnabled: true,
    features: { ...freshFeatures, ...profile.features },
    switches: {
      ...defaultSwitches,
      ...profile.switches,
      ...(profile.room === undefined ? {} : { objectQuota: there + profile.room }),
    },
  });
  return tenant;
}
