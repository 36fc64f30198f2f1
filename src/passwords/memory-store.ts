/** State of password hash synchronization in memory, for tests and trials. */
import type {
  ChannelState,
  DomainChange,
  DomainState,
  PasswordStateStore,
  QueuedUser,
  UserResult,
} from './contract.ts';

interface Domain {
  state: DomainState;
  readonly queue: Map<string, QueuedUser>;
}

export function createMemoryStore(): PasswordStateStore {
  const channels = new Map<string, ChannelState>();
  const domains = new Map<string, Domain>();
  const histories = new Map<string, UserResult[]>();
  const domain = (connector: string, namingContext: string): Domain => {
    const key = JSON.stringify([connector, namingContext]);
    const found = domains.get(key) ?? { state: {}, queue: new Map() };
    domains.set(key, found);
    return found;
  };
  const queued = (connector: string, namingContext: string): QueuedUser[] =>
    [...domain(connector, namingContext).queue.values()].sort((a, b) => (a.objectGuid < b.objectGuid ? -1 : 1));
  return {
    readChannel: async (connector) => channels.get(connector) ?? {},
    writeChannel: async (connector, state) => {
      channels.set(connector, state);
    },
    readDomain: async (connector, namingContext) => domain(connector, namingContext).state,
    writeDomain: async (connector, namingContext, change: DomainChange) => {
      const target = domain(connector, namingContext);
      if (change.state) target.state = change.state;
      for (const guid of change.dequeue ?? []) target.queue.delete(guid);
      for (const user of change.enqueue ?? []) target.queue.set(user.objectGuid, user);
      for (const result of change.results ?? []) {
        histories.set(result.objectGuid, [result, ...(histories.get(result.objectGuid) ?? [])]);
      }
    },
    readQueue: async (connector, namingContext, { kinds, dueAt, after, limit }) =>
      queued(connector, namingContext)
        .filter(
          (u) => kinds.includes(u.kind) && u.nextAttemptAt <= dueAt && (after === undefined || u.objectGuid > after),
        )
        .slice(0, limit),
    readQueued: async (connector, namingContext, objectGuids) =>
      objectGuids.flatMap((guid) => domain(connector, namingContext).queue.get(guid) ?? []),
    countQueue: async (connector, namingContext) => {
      const counts = { waiting: 0, retry: 0, requested: 0 };
      for (const user of domain(connector, namingContext).queue.values()) counts[user.kind]++;
      return counts;
    },
    readHistory: async (objectGuid) => histories.get(objectGuid) ?? [],
    pruneHistory: async (before) => {
      for (const [guid, results] of histories) {
        const kept = results.filter((r) => r.at >= before);
        if (kept.length === 0) histories.delete(guid);
        else histories.set(guid, kept);
      }
    },
  };
}
