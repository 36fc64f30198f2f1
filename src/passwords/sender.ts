/** Sends transformed hashes to the cloud in batches and reads the answers. */
import { ConnectorError } from '../connectors/contract.ts';
import type { Credential, CredentialResponse } from '../entra/sync-protocol.ts';
import type { CredentialTarget, EligibleUser, PasswordAccount } from './contract.ts';
import type { EmitEvent } from './events.ts';
import { type CloudOutcome, isSwitchedOff, readOutcome } from './results.ts';

export const batchSize = 50;
/** Batches under way at a time; they never hold the same user twice. */
const parallelBatches = 4;

/** The way to the cloud failed as a whole: nothing is lost, the same changes come again in the next cycle. */
export class CloudPasswordError extends ConnectorError {
  constructor(
    code: 'password-sync-cloud-failure' | 'password-sync-disabled',
    message: string,
    remedy: string,
    cause?: unknown,
  ) {
    super(code, message, { status: 'stopped-password-sync', remedy, ...(cause === undefined ? {} : { cause }) });
    this.name = 'CloudPasswordError';
  }
}

export interface Outgoing {
  readonly account: PasswordAccount;
  readonly user: EligibleUser;
  readonly mustChange: boolean;
}
export interface Sending {
  readonly target: CredentialTarget;
  readonly emit: EmitEvent;
  readonly namingContext: string;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Transformed hashes of these accounts, in their order. */
  transform(accounts: readonly PasswordAccount[]): Promise<readonly string[]>;
}
export interface Sent {
  readonly outcomes: ReadonlyMap<string, CloudOutcome>;
  /** Set if a batch failed; the outcomes are those of the batches that did not. */
  readonly failure?: CloudPasswordError;
}

/** Outcomes by objectGUID. While one batch travels the next ones are being transformed. */
export async function sendPasswords(items: readonly Outgoing[], sending: Sending): Promise<Sent> {
  const outcomes = new Map<string, CloudOutcome>();
  let failure: CloudPasswordError | undefined;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failure) {
      const batch = items.slice(next, next + batchSize);
      next += batchSize;
      try {
        const results = await sendBatch(batch, sending);
        batch.forEach(({ account }, i) => {
          outcomes.set(account.objectGuid, results[i]!);
        });
      } catch (error) {
        if (!(error instanceof CloudPasswordError)) throw error;
        failure ??= error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: parallelBatches }, worker));
  const broken = workers.find((w) => w.status === 'rejected');
  if (broken) throw broken.reason;
  return failure ? { outcomes, failure } : { outcomes };
}

async function sendBatch(batch: readonly Outgoing[], sending: Sending): Promise<CloudOutcome[]> {
  const { emit, namingContext, target } = sending;
  const hashes = await sending.transform(batch.map((item) => item.account));
  const credentials = batch.map((item, i) => credentialOf(item, hashes[i]!, sending.now()));
  emit('batchStarted', { count: batch.length, endpoint: target.endpoint }, namingContext);
  emit(
    'request',
    { users: batch.map(({ account, user }, i) => describe(account, user, credentials[i]!)) },
    namingContext,
  );
  const response = await deliver(credentials, sending);
  const outcomes = response.results.map(readOutcome);
  const succeeded = outcomes.filter((o) => o.status === 'Success').length;
  emit('batchEnded', { count: batch.length, succeeded, endpoint: target.endpoint }, namingContext);
  const users = outcomes.map((outcome, i) => ({ sourceAnchor: credentials[i]!.sourceAnchor, ...outcome }));
  emit('result', { users }, namingContext);
  return outcomes;
}

function credentialOf({ account, user, mustChange }: Outgoing, hash: string, now: number): Credential {
  return {
    sourceAnchor: user.sourceAnchor,
    ...(user.cloudAnchor === undefined ? {} : { cloudAnchor: user.cloudAnchor }),
    hash,
    changedAt: new Date(account.changedAt ?? now).toISOString(),
    ...(mustChange ? { forceChangeOnLogon: true } : {}),
  };
}

const describe = (account: PasswordAccount, user: EligibleUser, { changedAt }: Credential) => ({
  objectGuid: account.objectGuid,
  dn: account.dn,
  sourceAnchor: user.sourceAnchor,
  ...(user.cloudAnchor === undefined ? {} : { cloudAnchor: user.cloudAnchor }),
  changedAt,
});

async function deliver(credentials: readonly Credential[], sending: Sending): Promise<CredentialResponse> {
  const { target, emit, namingContext, signal } = sending;
  try {
    const response = await target.send({ credentials }, signal);
    return checkResponse(response, credentials, target.endpoint);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const error = inWords(cause, target.endpoint);
    const facts = { count: credentials.length, endpoint: target.endpoint, code: error.code, message: error.message };
    emit('batchFailed', facts, namingContext);
    throw error;
  }
}

function checkResponse(
  response: CredentialResponse,
  credentials: readonly Credential[],
  endpoint: string,
): CredentialResponse {
  const { results } = response;
  if (
    results.length !== credentials.length ||
    results.some((r, i) => r.sourceAnchor !== credentials[i]!.sourceAnchor)
  ) {
    throw new CloudPasswordError(
      'password-sync-cloud-failure',
      `The answer of ${endpoint} to a batch of ${credentials.length} passwords does not name the same users.`,
      'The batch is sent again in the next cycle; if it stays, check what lies between this machine and the cloud.',
    );
  }
  const off = results.find((r) => isSwitchedOff(r.errorCode));
  if (off) {
    throw new CloudPasswordError(
      'password-sync-disabled',
      `Password hash synchronization is switched off in the tenant at ${endpoint}.`,
      'Switch the feature on in the tenant; the changes made in the meantime are sent then.',
    );
  }
  return response;
}

/** The error of a target as one of this channel. */
export function inWords(cause: unknown, endpoint: string): CloudPasswordError {
  if (cause instanceof CloudPasswordError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const remedy =
    cause instanceof ConnectorError
      ? cause.remedy
      : 'It is tried again; if it stays, check the connection to the cloud.';
  return new CloudPasswordError(
    'password-sync-cloud-failure',
    `Passwords cannot be sent to ${endpoint}: ${message}`,
    remedy,
    cause,
  );
}
