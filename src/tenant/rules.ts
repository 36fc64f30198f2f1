import { defaultLimits } from '../entra/limits.ts';
import type { RuleContext, RuleSettings } from '../entra/settings.ts';
import type { CompanyState } from './company.ts';
import type { TenantContext } from './context.ts';

const remembered = new WeakMap<CompanyState, RuleSettings>();

/** The tenant's facts and switches in the form that the cloud's rules take. */
export function ruleSettings(context: TenantContext): RuleSettings {
  const { company } = context;
  const { state } = company;
  let settings = remembered.get(state);
  if (!settings) {
    const { switches } = state;
    settings = {
      dirSyncEnabled: state.dirSyncEnabled === true,
      initialDomain: company.initialDomain,
      domain: (name) => company.domain(name),
      features: state.features,
      resiliency: switches.resiliency,
      hardMatchProtection: switches.hardMatchProtection,
      softMatchAddress: switches.softMatchAddress,
      samePrimaryOnAdd: switches.samePrimaryOnAdd,
      upnAgainstAddresses: switches.upnAgainstAddresses,
      invalidUserPrincipalName: switches.invalidUserPrincipalName,
      federatedDomainChange: switches.federatedDomainChange,
      unknownProperty: switches.unknownProperty,
      limits: {
        ...defaultLimits,
        directoryObjects: switches.objectQuota,
        objectBytes: switches.objectByteCap,
        // A tenant of an earlier version has kept its switches without these.
        groupMembers: switches.groupMembers ?? defaultLimits.groupMembers,
        syncedExtensions: switches.syncedExtensions ?? defaultLimits.syncedExtensions,
      },
    };
    remembered.set(state, settings);
  }
  return settings;
}

export const ruleContext = (context: TenantContext): RuleContext => ({
  now: context.clock.iso(),
  newId: () => context.random.guid(),
  digits: (count) => context.random.digits(count),
});
