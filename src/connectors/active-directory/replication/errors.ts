/** What can go wrong between this machine and the domain controller, in the words of the casebook (section F and E). */
import { ConnectorError } from '../../contract.ts';

export type ReplicationCode = 'password-sync-permission' | 'password-sync-dc-failure';
/** What lies behind the code; where the casebook's section E has a case for it, by that name. */
export type ReplicationReason =
  | 'ad-permission-missing'
  | 'ad-bind-failed'
  | 'connection-refused'
  | 'dns-failure'
  | 'port-blocked'
  | 'connection-lost'
  | 'no-answer'
  | 'no-endpoint'
  | 'protocol'
  | 'wrong-session-key'
  | 'read-only-dc'
  | 'dc-status';

/** Whether another attempt can help: at once on another connection or DC, later, or only after somebody acted. */
export type ReplicationRetry = 'reconnect' | 'later' | 'never';

export class ReplicationError extends ConnectorError {
  override readonly code: ReplicationCode;
  readonly reason: ReplicationReason;
  readonly retry: ReplicationRetry;
  /** Windows error or RPC status of the domain controller, if it sent one. */
  readonly status32: number | undefined;
  /** `host:port` that was spoken to. */
  readonly endpoint: string;

  constructor(
    reason: ReplicationReason,
    message: string,
    options: { endpoint: string; remedy: string; retry: ReplicationRetry; status32?: number; cause?: unknown },
  ) {
    const code = reason === 'ad-permission-missing' ? 'password-sync-permission' : 'password-sync-dc-failure';
    super(code, message, {
      status: 'stopped-password-sync',
      remedy: options.remedy,
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.name = 'ReplicationError';
    this.code = code;
    this.reason = reason;
    this.retry = options.retry;
    this.status32 = options.status32;
    this.endpoint = options.endpoint;
  }
}

/** The two control access rights that replication of secrets needs (MS-ADTS s.5.1.3.2.1). */
export const replicationRights = [
  { name: 'Replicating Directory Changes', guid: '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2' },
  { name: 'Replicating Directory Changes All', guid: '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2' },
] as const;

/** Commands that give the account the two rights on the naming context and nothing else. */
export function grantCommand(namingContext: string, account: string): string {
  return replicationRights.map(({ name }) => `dsacls "${namingContext}" /G "${account}:CA;${name}"`).join('\n');
}

interface StatusMeaning {
  readonly meaning: string;
  readonly remedy: string;
  readonly retry: ReplicationRetry;
}
const again = 'It is tried again; if it stays, look at the Directory Service log of the domain controller.';

/** Windows error codes of IDL_DRSGetNCChanges (MS-DRSR s.4.1.10, MS-ERREF s.2.2) other than access denied. */
const statuses: Readonly<Record<number, StatusMeaning>> = {
  8418: {
    meaning: 'the schema of the domain controller does not match',
    remedy: 'Let schema replication finish, then run a full password synchronization.',
    retry: 'later',
  },
  8438: { meaning: 'the domain controller is busy', remedy: again, retry: 'later' },
  8439: {
    meaning: 'the domain controller does not know this object or naming context',
    remedy: 'Check the name of the domain; after a rename of the domain refresh the configuration of the connector.',
    retry: 'never',
  },
  8440: {
    meaning: 'this is not a naming context of the domain controller',
    remedy: 'Give the distinguished name of the domain, for example DC=corp,DC=contoso,DC=com.',
    // With several domains in one list of servers another one holds it.
    retry: 'reconnect',
  },
  8420: {
    meaning: 'this is not the root of a naming context',
    remedy: 'Give the distinguished name of the domain, for example DC=corp,DC=contoso,DC=com.',
    retry: 'never',
  },
  8442: { meaning: 'the domain controller met an internal error', remedy: again, retry: 'reconnect' },
  8446: { meaning: 'the domain controller is out of memory', remedy: again, retry: 'later' },
  8451: { meaning: 'the database of the domain controller met an error', remedy: again, retry: 'reconnect' },
  8452: {
    meaning: 'the domain controller is removing this naming context',
    remedy: 'Use another domain controller of the domain.',
    retry: 'reconnect',
  },
  8456: {
    meaning: 'outbound replication is switched off on the domain controller',
    remedy: 'Switch it on there: repadmin /options DC -DISABLE_OUTBOUND_REPL.',
    retry: 'reconnect',
  },
  8457: {
    meaning: 'replication is switched off on the domain controller',
    remedy: 'Switch it on there: repadmin /options DC -DISABLE_INBOUND_REPL -DISABLE_OUTBOUND_REPL.',
    retry: 'reconnect',
  },
  8464: {
    meaning: 'the domain controller holds only a partial copy of this domain (global catalog)',
    remedy: 'Name a domain controller of the domain itself.',
    retry: 'reconnect',
  },
  8465: {
    meaning: 'the domain controller is read-only and holds no passwords to replicate',
    remedy: 'Name a writable domain controller; a read-only one (RODC) can never be the source of password hashes.',
    retry: 'reconnect',
  },
  8593: {
    meaning: 'the domain was renamed and its replication epoch is another one',
    remedy: 'Let the rename of the domain finish (rendom /end), then try again.',
    retry: 'later',
  },
};

/** ERROR_ACCESS_DENIED, and its likes of the directory. */
const refused: ReadonlySet<number> = new Set([5, 8453]);

/** Whether a status is one that replication is known to end with. */
export const isKnownStatus = (status: number): boolean => refused.has(status) || statuses[status] !== undefined;

/** The error for a non-zero status of a replication call. `account` and `namingContext` go into the grant command. */
export function replicationStatusError(
  status: number,
  about: { endpoint: string; account: string; namingContext: string; single?: string },
): ReplicationError {
  const { endpoint, account, namingContext } = about;
  if (refused.has(status)) {
    const names = replicationRights.map((r) => `"${r.name}"`).join(' and ');
    return new ReplicationError(
      'ad-permission-missing',
      `The account ${account} may not replicate the password hashes of ${namingContext} (error ${status} from ${endpoint}). It needs the rights ${names} on the root of the domain.`,
      {
        endpoint,
        status32: status,
        retry: 'later',
        remedy: `Grant both rights as a domain administrator, then wait for the next cycle:\n${grantCommand(namingContext, account)}`,
      },
    );
  }
  const known = statuses[status];
  const what = about.single ? `of the object ${about.single}` : `of ${namingContext}`;
  return new ReplicationError(
    status === 8465 ? 'read-only-dc' : 'dc-status',
    `Replication ${what} from ${endpoint} failed with error ${status}: ${known?.meaning ?? 'an error without a known meaning here'}.`,
    { endpoint, status32: status, retry: known?.retry ?? 'later', remedy: known?.remedy ?? again },
  );
}

/** Data of the domain controller that contradicts the protocol: truncated, oversized, changed or replayed. */
export function protocolError(endpoint: string, detail: string, cause?: unknown): ReplicationError {
  return new ReplicationError('protocol', `The answer of ${endpoint} is not valid: ${detail}`, {
    endpoint,
    retry: 'reconnect',
    remedy: 'The connection is dropped and made again; if it stays, something between here and there changes the data.',
    ...(cause === undefined ? {} : { cause }),
  });
}
