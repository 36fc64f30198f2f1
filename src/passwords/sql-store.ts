/** State of password hash synchronization in the store. */
import type { PasswordQueueRow, PasswordResultRow } from '../store/passwords.ts';
import type { Store } from '../store/store.ts';
import type {
  ChannelState,
  DomainState,
  PasswordReason,
  PasswordStateStore,
  PasswordStatus,
  QueuedUser,
  UserResult,
} from './contract.ts';

/** Results of one user that are shown; seven days hold fewer, unless an account is changed in a loop. */
const longestHistory = 1000;

/** For whoever may write; the reading functions work on a store that was opened for reading as well. */
export function createSqlStore(store: Pick<Store, 'passwords' | 'transaction'>): PasswordStateStore {
  const { passwords } = store;
  return {
    readChannel: async (connector) => parse<ChannelState>(passwords.channel(connector)),
    writeChannel: async (connector, state) => passwords.setChannel(connector, JSON.stringify(state)),
    readDomain: async (connector, nc) => parse<DomainState>(passwords.domain(connector, nc)),
    writeDomain: async (connector, nc, { state, results, enqueue, dequeue }) =>
      store.transaction(() => {
        if (state) passwords.setDomain(connector, nc, JSON.stringify(state));
        for (const guid of dequeue ?? []) passwords.dequeue(connector, nc, guid);
        for (const user of enqueue ?? []) passwords.enqueue(connector, nc, rowOf(user));
        for (const result of results ?? []) passwords.addResult(connector, resultRow(result));
      }),
    readQueue: async (connector, nc, { after, ...page }) =>
      passwords.queuePage(connector, nc, { ...page, after: after ?? '' }).map(queuedUser),
    readQueued: async (connector, nc, objectGuids) =>
      objectGuids.flatMap((guid) => {
        const row = passwords.queued(connector, nc, guid);
        return row ? [queuedUser(row)] : [];
      }),
    countQueue: async (connector, nc) => {
      const counts = { waiting: 0, retry: 0, requested: 0 };
      for (const { kind, n } of passwords.queueCounts(connector, nc)) counts[kind as QueuedUser['kind']] = n;
      return counts;
    },
    readHistory: async (objectGuid) => passwords.history(objectGuid, longestHistory).map(resultOf),
    pruneHistory: async (before) => passwords.prune(before),
  };
}

const parse = <T extends object>(text: string | undefined): T => JSON.parse(text ?? '{}') as T;

const rowOf = (user: QueuedUser): PasswordQueueRow => ({
  object_guid: user.objectGuid,
  dn: user.dn,
  kind: user.kind,
  status: user.status,
  reason: user.reason,
  attempt: user.attempt,
  next_attempt: user.nextAttemptAt,
});
const queuedUser = (row: PasswordQueueRow): QueuedUser => ({
  objectGuid: row.object_guid,
  dn: row.dn,
  kind: row.kind as QueuedUser['kind'],
  status: row.status as PasswordStatus,
  reason: row.reason as PasswordReason,
  attempt: row.attempt,
  nextAttemptAt: row.next_attempt,
});
const resultRow = (r: UserResult): PasswordResultRow => ({
  object_guid: r.objectGuid,
  time: r.at,
  dn: r.dn,
  status: r.status,
  reason: r.reason,
  source_anchor: r.sourceAnchor ?? null,
  detail: r.detail ?? null,
  error_code: r.errorCode ?? null,
  changed: r.changedAt ?? null,
});
export const resultOf = (row: PasswordResultRow): UserResult => ({
  objectGuid: row.object_guid,
  dn: row.dn,
  at: row.time,
  status: row.status as PasswordStatus,
  reason: row.reason as PasswordReason,
  ...(row.source_anchor === null ? {} : { sourceAnchor: row.source_anchor }),
  ...(row.detail === null ? {} : { detail: row.detail }),
  ...(row.error_code === null ? {} : { errorCode: row.error_code }),
  ...(row.changed === null ? {} : { changedAt: row.changed }),
});
