/** What has to happen with the password of one account (entra-directory s.6.2 and s.6.3). Pure. */
import type {
  Eligibility,
  EligibleUser,
  PasswordAccount,
  PasswordReason,
  PasswordSettings,
  PasswordStatus,
} from './contract.ts';

export type PasswordPlan =
  /** Nothing to do, and nothing to tell about it. */
  | { readonly kind: 'ignore' }
  /** The change does not say enough: the whole account has to be read. */
  | { readonly kind: 'read' }
  /** The password stays here for the reason given, until that changes. */
  | { readonly kind: 'hold'; readonly status: PasswordStatus; readonly reason: PasswordReason; readonly detail: string }
  | { readonly kind: 'send'; readonly user: EligibleUser; readonly mustChange: boolean };

/** userAccountControl bits of accounts that are not people: trusts, workstations, servers (MS-ADTS s.2.2.16). */
const machineAccount = 0x800 | 0x1000 | 0x2000;
const keyDistributionRid = '502';
const ignore: PasswordPlan = { kind: 'ignore' };
const read: PasswordPlan = { kind: 'read' };

/** Whether a replicated change can concern the password at all. */
export const concernsPassword = (account: PasswordAccount): boolean =>
  !account.deleted && (account.password !== 'unchanged' || account.mustChange !== undefined);

/** `whole` says that all values of the account are present, not only those that changed. */
export function planPassword(
  account: PasswordAccount,
  eligibility: Eligibility | undefined,
  settings: PasswordSettings,
  whole: boolean,
): PasswordPlan {
  if (account.deleted || isMachine(account)) return ignore;
  if (!whole && !concernsPassword(account)) return ignore;
  if (eligibility?.eligible !== true)
    return whole || account.userAccountControl !== undefined ? notEligible(eligibility) : read;
  const protectedBy = protection(account, eligibility, settings, whole);
  if (protectedBy) return protectedBy;
  if (!whole && (account.password === 'unchanged' || account.mustChange === undefined)) return read;
  if (account.password === 'unreadable') {
    return hold('Error', 'unreadable', `The domain controller sent a password that cannot be read: ${account.detail}`);
  }
  if (account.password !== 'present') {
    return hold('MissingAttribute', 'no-password', 'The account has no password in the directory.');
  }
  return { kind: 'send', user: eligibility, mustChange: account.mustChange === true };
}

function isMachine(account: PasswordAccount): boolean {
  return (
    ((account.userAccountControl ?? 0) & machineAccount) !== 0 ||
    account.samAccountName?.endsWith('$') === true ||
    account.sid?.split('-').at(-1) === keyDistributionRid
  );
}

function hold(status: PasswordStatus, reason: PasswordReason, detail: string): PasswordPlan {
  return { kind: 'hold', status, reason, detail };
}

function notEligible(eligibility: Eligibility | undefined): PasswordPlan {
  if (eligibility && !eligibility.eligible) {
    return hold(eligibility.status, eligibility.reason, eligibility.detail ?? sentences[eligibility.reason]);
  }
  return hold('SourceConnectorNotPresent', 'not-imported', sentences['not-imported']);
}

const sentences = {
  'not-imported': 'The account is not in the connector space: not yet imported, or its container is not selected.',
  'not-a-user': 'The object is not of the class user; only users have their passwords synchronized.',
  'not-joined': 'The account is not joined to an identity.',
  'not-in-scope': 'No synchronization rule for the account leads to the cloud.',
  'no-password-rule': 'The rules for the account do not synchronize passwords.',
  'not-exported': 'The user has not been exported to the cloud yet.',
} as const;

function protection(
  account: PasswordAccount,
  user: EligibleUser,
  settings: PasswordSettings,
  whole: boolean,
): PasswordPlan | undefined {
  if (user.cloudAdministrator && settings.excludeCloudAdministrators !== false) {
    return hold(
      'FilteredByTarget',
      'protected-cloud-role',
      'The user holds an administrator role in the cloud; passwords of such users are not synchronized.',
    );
  }
  if (!settings.excludeAdminCount) return undefined;
  const adminCount = account.adminCount === undefined ? user.adminCount : (account.adminCount ?? 0);
  if (adminCount === undefined) return whole ? undefined : read;
  if (adminCount <= 0) return undefined;
  return hold(
    'FilteredByTarget',
    'protected-admin-count',
    'The account is protected in the directory (adminCount); passwords of such accounts are not synchronized.',
  );
}
