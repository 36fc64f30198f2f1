/** What a synchronized password hash does to the user (entra-directory s.6.3). */
import type { Features } from './features.ts';

export interface HashArrival {
  /** `passwordPolicies` of the user, a list in one text as Graph shows it; null if there is none. */
  readonly passwordPolicies: string | null;
  /** The directory says that the password must be changed at the next logon. */
  readonly mustChange: boolean;
  /** The user has had no hash yet. */
  readonly first: boolean;
}

export type HashEffect =
  | { readonly kind: 'stored'; readonly passwordPolicies: string | null; readonly forceChange: boolean }
  /** Not taken: the user signs in with the old password until the directory says otherwise. */
  | { readonly kind: 'skipped'; readonly reason: string };

const neverExpires = 'DisablePasswordExpiration';

/** Whether the hash is stored, with which policies, and whether the user must change the password. */
export function hashEffect(arrival: HashArrival, features: Features): HashEffect {
  const temporary = features.userForcePasswordChangeOnLogonEnabled === true;
  if (arrival.mustChange && !arrival.first && !temporary) {
    const reason =
      'The password must be changed at the next logon, and the tenant does not take temporary passwords (userForcePasswordChangeOnLogonEnabled is off).';
    return { kind: 'skipped', reason };
  }
  return {
    kind: 'stored',
    passwordPolicies: policiesAfterHash(arrival.passwordPolicies, features),
    forceChange: arrival.mustChange,
  };
}

/**
 * Without the cloud password policy every hash makes the password never expire; with it a hash takes that flag away
 * again, and `None` is left when it was the only one.
 */
export function policiesAfterHash(policies: string | null, features: Features): string | null {
  const flags = parsePolicies(policies);
  if (features.cloudPasswordPolicyForPasswordSyncedUsersEnabled !== true) {
    return [...flags.filter((flag) => flag !== neverExpires), neverExpires].join(', ');
  }
  if (!flags.includes(neverExpires)) return policies;
  const rest = flags.filter((flag) => flag !== neverExpires);
  return rest.length === 0 ? 'None' : rest.join(', ');
}

/** The flags in a `passwordPolicies` text; `None` is no flag. */
export const parsePolicies = (policies: string | null): readonly string[] =>
  (policies ?? '')
    .split(',')
    .map((flag) => flag.trim())
    .filter((flag) => flag !== '' && flag !== 'None');
