/** What password hash synchronization asks of its surroundings, and what it tells them. */
import type { CredentialBatch, CredentialResponse } from '../entra/sync-protocol.ts';

/** Classic results of one user (operations s.6.3). */
export type PasswordStatus =
  | 'Success'
  | 'FilteredByTarget'
  | 'NoTargetConnection'
  | 'SourceConnectorNotPresent'
  | 'TargetNotExportedToDirectory'
  | 'MigratedCheckDetailsForMoreInfo'
  | 'Error'
  | 'Unknown'
  | 'MissingAttribute'
  | 'RetryRequestedByTarget';

/** The step where a user's password stopped (casebook `password-not-synced`), finer than the classic status. */
export type PasswordReason =
  | 'synchronized'
  | 'not-imported'
  | 'not-a-user'
  | 'not-joined'
  | 'not-in-scope'
  | 'no-password-rule'
  | 'not-exported'
  | 'must-change-at-next-logon'
  | 'protected-admin-count'
  | 'protected-cloud-role'
  | 'no-password'
  | 'unreadable'
  | 'refused-by-cloud'
  | 'retry-requested'
  | 'requested';

export interface EligibleUser {
  readonly eligible: true;
  readonly sourceAnchor: string;
  readonly cloudAnchor?: string;
  readonly userPrincipalName?: string;
  /** If the engine imports it; otherwise it is replicated when it matters. */
  readonly adminCount?: number;
  /** Holds an administrator role in the cloud. */
  readonly cloudAdministrator?: boolean;
}
export interface IneligibleUser {
  readonly eligible: false;
  readonly status: 'NoTargetConnection' | 'SourceConnectorNotPresent' | 'TargetNotExportedToDirectory';
  readonly reason: 'not-imported' | 'not-a-user' | 'not-joined' | 'not-in-scope' | 'no-password-rule' | 'not-exported';
  /** A sentence for the administrator: which rule, which scope. */
  readonly detail?: string;
}
export type Eligibility = EligibleUser | IneligibleUser;

/** By objectGUID text; a user that is absent from the answer counts as not imported. */
export type EligibilityLookup = (
  objectGuids: readonly string[],
) => ReadonlyMap<string, Eligibility> | Promise<ReadonlyMap<string, Eligibility>>;

export interface PasswordSettings {
  /** Switched on for this connector and in the tenant. */
  readonly enabled: boolean;
  /** In staging mode nothing is replicated and nothing is sent. */
  readonly staging: boolean;
  /** False until one full synchronization of the directory has been exported. */
  readonly ready: boolean;
  /** Keep the passwords of accounts with adminCount here. Default false. */
  readonly excludeAdminCount?: boolean;
  /** Keep the passwords of holders of cloud administrator roles here. Default true. */
  readonly excludeCloudAdministrators?: boolean;
  /** Changes whenever eligibility may have changed; without it waiting users are looked at in every cycle. */
  readonly generation?: string | number;
}

/** An account without its hash, which stays where it was replicated. Absent members did not change. */
export interface PasswordAccount {
  readonly objectGuid: string;
  readonly dn: string;
  readonly sid?: string;
  readonly deleted: boolean;
  readonly samAccountName?: string;
  readonly userAccountControl?: number;
  readonly adminCount?: number | null;
  readonly mustChange?: boolean;
  /** Milliseconds since 1970: pwdLastSet, or the write of the password if a change is demanded. */
  readonly changedAt?: number;
  readonly password: 'unchanged' | 'present' | 'removed' | 'unreadable';
  /** Why it is unreadable. */
  readonly detail?: string;
}

/** Accounts together with their hashes, which only `transform` can reach. */
export interface PasswordPage {
  readonly accounts: readonly PasswordAccount[];
  /** To be stored together with what the accounts caused. */
  readonly watermark: string;
  readonly more: boolean;
  readonly estimatedTotal: number;
  /** Transformed hashes of accounts of this page with `password: present`, in the order given. */
  transform(objectGuids: readonly string[]): Promise<readonly string[]>;
  /** Wipes the hashes. Whoever got the page calls it when it is done with it, whatever happened. */
  release(): void;
}
export interface PasswordSession {
  readonly endpoint: string;
  readonly clockSkewMs: number | undefined;
  changes(namingContext: string, watermark?: string): AsyncIterable<PasswordPage>;
  /** All values of one account, by objectGUID or DN, as a page; undefined if there is no such object. */
  single(object: string): Promise<PasswordPage | undefined>;
  close(): Promise<void>;
}
export interface PasswordDomain {
  /** Distinguished name of the domain. */
  readonly namingContext: string;
  /** Domain controllers in order of preference. */
  readonly servers: readonly string[];
  open(server: string, signal: AbortSignal): Promise<PasswordSession>;
}

/**
 * The way to the cloud. Throws if nothing is known about any of the batch (no connection, no answer, busy); a refusal of
 * users comes back as their results. A batch without credentials is the heartbeat.
 */
export interface CredentialTarget {
  readonly endpoint: string;
  send(batch: CredentialBatch, signal: AbortSignal): Promise<CredentialResponse>;
}

export interface UserResult {
  readonly objectGuid: string;
  readonly dn: string;
  readonly at: number;
  readonly status: PasswordStatus;
  readonly reason: PasswordReason;
  readonly sourceAnchor?: string;
  readonly detail?: string;
  readonly errorCode?: string;
  /** When the password was changed in the directory. */
  readonly changedAt?: number;
}

/** A user whose password still has to reach the cloud. Never holds any form of the password. */
export interface QueuedUser {
  readonly objectGuid: string;
  readonly dn: string;
  /** `waiting` until the user becomes eligible, `retry` after a failure or a refusal, `requested` by a person or the engine. */
  readonly kind: 'waiting' | 'retry' | 'requested';
  readonly status: PasswordStatus;
  readonly reason: PasswordReason;
  readonly attempt: number;
  readonly nextAttemptAt: number;
}

export interface ChannelError {
  readonly code: string;
  readonly reason?: string;
  readonly message: string;
  readonly remedy: string;
  readonly endpoint?: string;
  readonly at: number;
}
export interface DomainState {
  readonly watermark?: string;
  /** A full synchronization was asked for or is under way; the watermark is its resume point. */
  readonly fullInProgress?: boolean;
  readonly fullCompletedAt?: number;
  readonly lastCycleAt?: number;
  readonly lastSuccessAt?: number;
  /** When a password change was last seen in the directory. */
  readonly lastChangeAt?: number;
  readonly lastError?: ChannelError;
  readonly endpoint?: string;
  readonly clockSkewMs?: number;
  /** Value of `generation` when the waiting users were last looked at. */
  readonly generation?: string | number;
}
export interface ChannelState {
  readonly lastHeartbeatAt?: number;
  readonly lastBatchAt?: number;
  /** Last failure on the way to the cloud since the last success there. */
  readonly lastError?: ChannelError;
}
export interface DomainChange {
  readonly state?: DomainState;
  readonly results?: readonly UserResult[];
  readonly enqueue?: readonly QueuedUser[];
  /** objectGUIDs. */
  readonly dequeue?: readonly string[];
}

/** Keeps what must survive a restart. `writeDomain` is one transaction (architecture, law 4). */
export interface PasswordStateStore {
  readChannel(connector: string): Promise<ChannelState>;
  writeChannel(connector: string, state: ChannelState): Promise<void>;
  readDomain(connector: string, namingContext: string): Promise<DomainState>;
  writeDomain(connector: string, namingContext: string, change: DomainChange): Promise<void>;
  /** Queued users in the order of their objectGUID, after the given one. */
  readQueue(
    connector: string,
    namingContext: string,
    page: {
      readonly kinds: readonly QueuedUser['kind'][];
      readonly dueAt: number;
      readonly after?: string;
      readonly limit: number;
    },
  ): Promise<readonly QueuedUser[]>;
  /** Entries of these users, as far as they are queued. */
  readQueued(connector: string, namingContext: string, objectGuids: readonly string[]): Promise<readonly QueuedUser[]>;
  countQueue(connector: string, namingContext: string): Promise<Readonly<Record<QueuedUser['kind'], number>>>;
  /** Newest first. */
  readHistory(objectGuid: string): Promise<readonly UserResult[]>;
  /** Forgets results older than this instant. */
  pruneHistory(before: number): Promise<void>;
}
