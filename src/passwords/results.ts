/** What an answer of the cloud means for a user, and when it is tried again. Pure. */
import type { CredentialResponse } from '../entra/sync-protocol.ts';
import type { PasswordReason, PasswordStatus, QueuedUser } from './contract.ts';

export interface CloudOutcome {
  readonly status: PasswordStatus;
  readonly reason: PasswordReason;
  readonly detail?: string;
  readonly errorCode?: string;
}

/** The tenant says that password synchronization is switched off there: the whole channel stops. */
export const isSwitchedOff = (errorCode: string | undefined): boolean => errorCode === 'PasswordSyncNotActivated';

const meanings: Readonly<Record<string, { status: PasswordStatus; reason: PasswordReason }>> = {
  ForcePasswordChangeNotEnabled: { status: 'FilteredByTarget', reason: 'must-change-at-next-logon' },
  UserNotFound: { status: 'TargetNotExportedToDirectory', reason: 'not-exported' },
  RetryRequested: { status: 'RetryRequestedByTarget', reason: 'retry-requested' },
  ServiceBusy: { status: 'RetryRequestedByTarget', reason: 'retry-requested' },
  Throttled: { status: 'RetryRequestedByTarget', reason: 'retry-requested' },
};

export function readOutcome(result: CredentialResponse['results'][number]): CloudOutcome {
  if (result.resultCode === 'Success') return { status: 'Success', reason: 'synchronized' };
  const errorCode = result.errorCode ?? 'Unknown';
  const meaning = meanings[errorCode] ?? { status: 'Error', reason: 'refused-by-cloud' };
  return { ...meaning, errorCode, detail: result.errorDescription ?? 'The cloud gave no description.' };
}

const minute = 60_000;
const longestRetryMs = 60 * minute;
/** Users that only somebody else's action can free are looked at this often. */
const heldMs = 30 * minute;

/** The queue entry after an attempt that did not end well; `previous` is the entry before it. None if nothing is owed. */
export function queueAfter(
  user: { readonly objectGuid: string; readonly dn: string },
  outcome: CloudOutcome,
  previous: QueuedUser | undefined,
  now: number,
): QueuedUser | undefined {
  // A password that is set later is a change of its own.
  if (outcome.reason === 'no-password') return undefined;
  const same = previous?.status === outcome.status && previous.reason === outcome.reason;
  const attempt = same ? previous.attempt + 1 : 1;
  const { status, reason } = outcome;
  const entry = { objectGuid: user.objectGuid, dn: user.dn, status, reason, attempt };
  if (isWaiting(outcome)) return { ...entry, kind: 'waiting', nextAttemptAt: now };
  const pause = isHeld(reason) ? heldMs : Math.min(longestRetryMs, minute * 2 ** Math.min(attempt - 1, 10));
  return { ...entry, kind: 'retry', nextAttemptAt: now + pause };
}

/** Only the engine can change it, and it can be asked cheaply. */
const isWaiting = (outcome: CloudOutcome): boolean =>
  outcome.errorCode === undefined &&
  ['NoTargetConnection', 'SourceConnectorNotPresent', 'TargetNotExportedToDirectory'].includes(outcome.status);

const isHeld = (reason: PasswordReason): boolean =>
  ['must-change-at-next-logon', 'protected-admin-count', 'protected-cloud-role'].includes(reason);
