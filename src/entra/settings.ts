import { type Features, freshFeatures } from './features.ts';
import { defaultLimits, type Limits } from './limits.ts';

export interface DomainFacts {
  readonly name: string;
  readonly verified: boolean;
  readonly authentication: 'Managed' | 'Federated';
}

/** What is true of the tenant, and the choices where the published sources leave the behaviour open. */
export interface RuleSettings {
  readonly dirSyncEnabled: boolean;
  /** `<name>.onmicrosoft.com` */
  readonly initialDomain: string;
  /** The domain of this name in any letter case; undefined if the tenant does not have it. */
  domain(name: string): DomainFacts | undefined;
  /** Names as in Graph (`features.ts`). Absent is off. */
  readonly features: Features;
  /** Duplicate attribute resiliency. The `quarantineUpon…` features do not decide it (entra-directory s.0). */
  readonly resiliency: boolean;
  /** The protections of July 2026: privileged holders, changed object identifiers (entra-directory s.1.2, 2.3 and 2.4). */
  readonly hardMatchProtection: boolean;
  /** Which addresses of a candidate the incoming primary address is compared with. Default any (entra-directory s.1.2, notes). */
  readonly softMatchAddress: 'any' | 'primary';
  /** A new user has the primary address of a synced user with another anchor. Default refuse (entra-directory s.1.3). */
  readonly samePrimaryOnAdd: 'refuse' | 'quarantine';
  /** A UPN collides with mail addresses of others, and the other way round. Default true (entra-directory s.2.1). */
  readonly upnAgainstAddresses: boolean;
  /** What a UPN with forbidden characters or form leads to. Default refuse: the catalogue has an error for it (s.3.1), while s.2.4 falls back. */
  readonly invalidUserPrincipalName: 'refuse' | 'fallback';
  /** A UPN moves from one federated domain to another. Default refuse (entra-directory s.2.5). */
  readonly federatedDomainChange: 'refuse' | 'allow';
  /** Properties that nobody knows. Default refuse. */
  readonly unknownProperty: 'refuse' | 'ignore';
  readonly limits: Limits;
}

/** The choices and limits of a tenant, as it may tell them; what is absent is as in a fresh tenant. */
export interface RuleChoices
  extends Partial<Omit<RuleSettings, 'dirSyncEnabled' | 'initialDomain' | 'domain' | 'features' | 'limits'>> {
  readonly limits?: Partial<Limits>;
}
const choices = [
  'resiliency',
  'hardMatchProtection',
  'softMatchAddress',
  'samePrimaryOnAdd',
  'upnAgainstAddresses',
  'invalidUserPrincipalName',
  'federatedDomainChange',
  'unknownProperty',
  'limits',
] as const satisfies readonly (keyof RuleChoices)[];
/** The choices alone, of settings or of what a tenant tells. */
export const ruleChoices = (told: RuleChoices): RuleChoices =>
  Object.fromEntries(choices.flatMap((name) => (told[name] === undefined ? [] : [[name, told[name]]])));

/** The source of time and randomness of a decision; injected, so that a decision can be repeated. */
export interface RuleContext {
  /** ISO instant in UTC. */
  readonly now: string;
  newId(): string;
  /** So many random decimal digits. */
  digits(count: number): string;
}

/** Settings of a fresh tenant with these domains; the initial domain is added if it is missing. */
export function freshSettings(
  initialDomain: string,
  domains: readonly DomainFacts[] = [],
  changes: Partial<RuleSettings> = {},
): RuleSettings {
  const initial: DomainFacts = { name: initialDomain, verified: true, authentication: 'Managed' };
  const byName = new Map([initial, ...domains].map((domain) => [domain.name.toLowerCase(), domain]));
  return {
    dirSyncEnabled: true,
    initialDomain,
    domain: (name) => byName.get(name.toLowerCase()),
    features: freshFeatures,
    resiliency: true,
    hardMatchProtection: true,
    softMatchAddress: 'any',
    samePrimaryOnAdd: 'refuse',
    upnAgainstAddresses: true,
    invalidUserPrincipalName: 'refuse',
    federatedDomainChange: 'refuse',
    unknownProperty: 'refuse',
    limits: defaultLimits,
    ...changes,
  };
}

export const isVerifiedDomain = (settings: RuleSettings, name: string): boolean =>
  settings.domain(name)?.verified === true;
export const isFederatedDomain = (settings: RuleSettings, name: string): boolean =>
  settings.domain(name)?.authentication === 'Federated';
