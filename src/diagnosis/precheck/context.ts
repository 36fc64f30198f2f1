/** What every check works with besides the object in front of it. */

import { freshSettings, type RuleSettings } from '../../entra/settings.ts';
import type { TenantImage } from '../plan/image.ts';
import type { KeyIndex } from './key-index.ts';
import type { PrecheckSource, RuleSetName } from './model.ts';

export interface PrecheckOptions {
  readonly rules: RuleSetName;
  /** Attribute that the source anchor of users comes from. Default `mS-DS-ConsistencyGuid`. */
  readonly sourceAnchor?: string;
  /** People sign in with another attribute, so that userPrincipalName is not looked at (multi-tenant rules only). */
  readonly alternateLogin?: boolean;
  /** The cloud: verified domains, and what is there already. Without it neither is checked. */
  readonly image?: TenantImage;
  /** Epoch milliseconds, for certificates. */
  readonly now: number;
  /** Keeps hostile values from slowing the search for duplicates; random where values are not trusted. */
  readonly seed?: number;
  /** Called now and then; throws to stop. */
  readonly progress?: (progress: { readonly step: string; readonly done: number }) => void;
}

export interface CheckContext {
  readonly options: PrecheckOptions;
  readonly source: PrecheckSource;
  /** Complete before the first check. */
  readonly index: KeyIndex;
  readonly settings: RuleSettings;
  /** Whether the domain is verified; undefined if the domains of the tenant are not known. */
  isVerified(domain: string): boolean | undefined;
  /** The verified domain that most sign-in names have. */
  readonly usualDomain: string | undefined;
}

/** Limits and switches for when the tenant is not known. */
const unknownTenant = freshSettings('unknown.onmicrosoft.com');

export function makeCheckContext(
  options: PrecheckOptions,
  source: PrecheckSource,
  index: KeyIndex,
  domains: ReadonlyMap<string, number>,
): CheckContext {
  const { image } = options;
  const settings = image?.settings ?? unknownTenant;
  const isVerified = (domain: string) => (image ? settings.domain(domain)?.verified === true : undefined);
  const usual = [...domains].filter(([name]) => isVerified(name) === true).sort((a, b) => b[1] - a[1])[0];
  return { options, source, index, settings, isVerified, usualDomain: usual?.[0] };
}
