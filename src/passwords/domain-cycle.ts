/** One cycle over one domain: what changed since the watermark, then whoever is waiting. */

import { ReplicationError } from '../connectors/active-directory/replication/errors.ts';
import { ConnectorError } from '../connectors/contract.ts';
import type { ChannelError, DomainState, PasswordDomain, PasswordSession, QueuedUser } from './contract.ts';
import { type PassContext, passPage, passQueue } from './domain-pass.ts';
import { PageLane } from './page-lane.ts';

/** Users of the queue that are read one by one in one step, and waiting users that are asked about in one call. */
const queueStep = { due: 50, waiting: 1000 } as const;

/**
 * Throws what ended the cycle; everything that was finished before is stored. Domain controllers are tried in order:
 * the next one goes on from the watermark of the one before.
 */
export async function runDomainCycle(context: PassContext, domain: PasswordDomain): Promise<void> {
  const { servers, namingContext } = domain;
  let last: unknown = new ConnectorError(
    'password-sync-dc-failure',
    `No domain controller is known for ${namingContext}.`,
    {
      status: 'no-start-connection',
      remedy: 'Name the domain controllers of the domain in the configuration of the connector.',
    },
  );
  for (const [i, server] of servers.entries()) {
    try {
      return await runOn(context, domain, server);
    } catch (error) {
      last = error;
      if (!canUseAnother(error) || i === servers.length - 1) break;
      const message = error instanceof Error ? error.message : String(error);
      context.emit('serverFailed', { server, next: servers[i + 1], message }, namingContext);
    }
  }
  throw last;
}

const canUseAnother = (error: unknown): boolean => error instanceof ReplicationError && error.retry === 'reconnect';

async function runOn(context: PassContext, domain: PasswordDomain, server: string): Promise<void> {
  const session = await domain.open(server, context.signal);
  try {
    const state = await readChanges(context, session);
    await readQueue(context, session, state);
  } finally {
    await session.close();
  }
}

async function readChanges(context: PassContext, session: PasswordSession): Promise<DomainState> {
  const { connector, namingContext, store, emit, now } = context;
  let state = await store.readDomain(connector, namingContext);
  const full = state.fullInProgress === true || state.watermark === undefined;
  if (full) emit('fullStarted', { resumed: state.watermark !== undefined, server: session.endpoint }, namingContext);
  let read = 0;
  const lane = new PageLane();
  for await (const page of lane.guard(session.changes(namingContext, state.watermark))) {
    const changed = page.accounts.some((a) => a.password !== 'unchanged' && !a.deleted);
    const done = full && !page.more;
    state = {
      ...state,
      watermark: page.watermark,
      endpoint: session.endpoint,
      ...(session.clockSkewMs === undefined ? {} : { clockSkewMs: session.clockSkewMs }),
      ...(changed ? { lastChangeAt: now() } : {}),
      ...(full ? { fullInProgress: page.more } : {}),
      ...(done ? { fullCompletedAt: now() } : {}),
    };
    const covered = state;
    await lane.add(page, async (before) => {
      await passPage(context, session, page, covered, before);
      read += page.accounts.length;
      if (full) emit('progress', { read, estimatedTotal: page.estimatedTotal }, namingContext);
    });
  }
  if (full) emit('fullCompleted', { read }, namingContext);
  return state;
}

async function readQueue(context: PassContext, session: PasswordSession, state: DomainState): Promise<void> {
  const { settings, store, connector, namingContext } = context;
  await eachQueued(context, ['requested', 'retry'], queueStep.due, (users) => passQueue(context, session, users));
  if (settings.generation !== undefined && settings.generation === state.generation) return;
  await eachQueued(context, ['waiting'], queueStep.waiting, (users) => passQueue(context, session, users));
  if (settings.generation === undefined) return;
  await store.writeDomain(connector, namingContext, { state: { ...state, generation: settings.generation } });
}

/** Walks by objectGUID, so that an entry that stays in the queue is not met twice. */
async function eachQueued(
  context: PassContext,
  kinds: readonly QueuedUser['kind'][],
  limit: number,
  work: (users: readonly QueuedUser[]) => Promise<void>,
): Promise<void> {
  const { store, connector, namingContext } = context;
  const dueAt = context.now();
  for (let after: string | undefined; ; ) {
    const page = { kinds, dueAt, limit, ...(after === undefined ? {} : { after }) };
    const users = await store.readQueue(connector, namingContext, page);
    if (users.length === 0) return;
    await work(users);
    after = users.at(-1)!.objectGuid;
  }
}

/** An error as it is kept in the state of the channel. */
export function channelError(error: unknown, at: number): ChannelError {
  if (error instanceof ConnectorError) {
    const { code, message, remedy } = error;
    const more = error instanceof ReplicationError ? { reason: error.reason, endpoint: error.endpoint } : {};
    return { code, message, remedy, at, ...more };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'password-sync-stalled',
    message,
    remedy: 'Look at the log of the service; this is an error in Causeway.',
    at,
  };
}
