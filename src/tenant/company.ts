import { defaultLimits, tenantLimits } from '../entra/limits.ts';
import type { RuleSettings } from '../entra/settings.ts';
import type { SettingStore } from './store/settings.ts';

export interface Domain {
  readonly name: string;
  readonly verified: boolean;
  readonly authentication: 'Managed' | 'Federated';
  readonly initial?: boolean;
  readonly default?: boolean;
  /** Days; absent is the default: never, and two weeks before. */
  readonly passwordValidityPeriodInDays?: number;
  readonly passwordNotificationWindowInDays?: number;
  /** Who signs its users in, if that was told: an internalDomainFederation of Graph. */
  readonly federation?: Readonly<Record<string, string | boolean | null>>;
}
export type ThrottlingProfile = 'off' | 'S' | 'M' | 'L';

/** What is true of the tenant as a whole. Every switch the reference names is here. */
export interface CompanyState {
  readonly tenantId: string;
  readonly displayName: string;
  readonly countryLetterCode: string;
  readonly createdDateTime: string;
  readonly technicalNotificationMails: readonly string[];
  /** ISO 3166 code. */
  readonly defaultUsageLocation?: string | null;
  readonly domains: readonly Domain[];
  /** onPremisesSyncEnabled of the organization: null is never, false is turned off. */
  readonly dirSyncEnabled: boolean | null;
  /** Names as in Graph `onPremisesSynchronization.features` (entra-directory s.0). */
  readonly features: Readonly<Record<string, boolean>>;
  readonly sourceAnchorAttribute?: string;
  readonly deletionPrevention: 'disabled' | 'enabledForCount' | 'enabledForPercentage';
  readonly deletionThreshold: number;
  readonly lastDirSyncTime?: string;
  readonly lastPasswordSyncTime?: string;
  readonly switches: TenantSwitches;
}

/** Behaviour the real service decides for itself; here it can be chosen (entra-directory s.8.5). */
export interface TenantSwitches {
  /** Rate limits of entra-directory s.5.12; default off. */
  readonly throttling: ThrottlingProfile;
  /** Lists, delta queries and reads with `ConsistencyLevel: eventual` do not see changes younger than this, in ms; default 0. */
  readonly readDelayMs: number;
  /** Duplicate attribute resiliency; default on. Off is how tenants of old behave. */
  readonly resiliency: boolean;
  /** The protections of July 2026 (entra-directory s.1.2, 2.3 and 2.4); default on. */
  readonly hardMatchProtection: boolean;
  /** Most objects, recycle bin included; default 0, no limit (the real one is in entra-directory s.4.3). */
  readonly objectQuota: number;
  /** Most bytes of one object's values; default 0, no limit: the real budget is not documented. */
  readonly objectByteCap: number;
  /** Most members of one group; default 250,000. The program asks for it, so plan and precheck know it before the export. */
  readonly groupMembers: number;
  /** Whether people without an administrator role may make groups, as the authorization policy of a tenant allows by default. */
  readonly usersMayCreateGroups: boolean;
  /** Most objects that one person without an administrator role may make; 0 is no limit, default 250. */
  readonly objectsOfPerson: number;
  /** Most directory extensions that synchronization may fill in the whole tenant; default 100. */
  readonly syncedExtensions: number;
  /** Where the published sources leave the behaviour open; meanings and defaults in `entra/settings.ts`. */
  readonly softMatchAddress: RuleSettings['softMatchAddress'];
  readonly samePrimaryOnAdd: RuleSettings['samePrimaryOnAdd'];
  readonly upnAgainstAddresses: boolean;
  readonly invalidUserPrincipalName: RuleSettings['invalidUserPrincipalName'];
  readonly federatedDomainChange: RuleSettings['federatedDomainChange'];
  readonly unknownProperty: RuleSettings['unknownProperty'];
  /** Domains that other tenants have verified, in lower case: here they cannot be. */
  readonly domainsOfOtherTenants?: readonly string[];
  /** ISO instant until which the sync plane answers 503, for tests of back-off. */
  readonly syncPlaneBusyUntil?: string;
}

export const defaultSwitches: TenantSwitches = {
  throttling: 'off',
  readDelayMs: 0,
  resiliency: true,
  hardMatchProtection: true,
  objectQuota: 0,
  objectByteCap: 0,
  groupMembers: defaultLimits.groupMembers,
  usersMayCreateGroups: true,
  objectsOfPerson: tenantLimits.objectsOfPerson,
  syncedExtensions: defaultLimits.syncedExtensions,
  softMatchAddress: 'any',
  samePrimaryOnAdd: 'refuse',
  upnAgainstAddresses: true,
  invalidUserPrincipalName: 'refuse',
  federatedDomainChange: 'refuse',
  unknownProperty: 'refuse',
};

export interface Company {
  readonly state: CompanyState;
  readonly initialDomain: string;
  /** The domain with this name in any letter case. */
  domain(name: string): Domain | undefined;
  isVerified(name: string): boolean;
  update(patch: Partial<CompanyState>): void;
  /** Forgets what a transaction that was undone had changed. */
  reload(): void;
}

export function openCompany(settings: SettingStore, fresh: () => CompanyState): Company {
  let state = settings.get('company') as CompanyState | undefined;
  if (!state) {
    state = fresh();
    settings.set('company', state);
  }
  let current = state;
  let byName = indexDomains(current);
  return {
    get state() {
      return current;
    },
    get initialDomain() {
      return current.domains.find((d) => d.initial)?.name ?? '';
    },
    domain: (name) => byName.get(name.toLowerCase()),
    isVerified: (name) => byName.get(name.toLowerCase())?.verified === true,
    update(patch) {
      current = { ...current, ...patch };
      byName = indexDomains(current);
      settings.set('company', current);
    },
    reload() {
      current = (settings.get('company') as CompanyState | undefined) ?? current;
      byName = indexDomains(current);
    },
  };
}

const indexDomains = (state: CompanyState) => new Map(state.domains.map((d) => [d.name.toLowerCase(), d]));
