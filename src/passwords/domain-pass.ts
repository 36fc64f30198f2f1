/** Carries out what one set of accounts needs: decide, send, write down. Used for pages of changes and for the queue. */
import type {
  CredentialTarget,
  DomainState,
  Eligibility,
  EligibilityLookup,
  PasswordAccount,
  PasswordPage,
  PasswordSession,
  PasswordSettings,
  PasswordStateStore,
  QueuedUser,
  UserResult,
} from './contract.ts';
import type { EmitEvent } from './events.ts';
import { concernsPassword, type PasswordPlan, planPassword } from './policy.ts';
import { type CloudOutcome, queueAfter } from './results.ts';
import { type Outgoing, sendPasswords } from './sender.ts';

export interface PassContext {
  readonly connector: string;
  readonly namingContext: string;
  readonly target: CredentialTarget;
  readonly eligible: EligibilityLookup;
  readonly settings: PasswordSettings;
  readonly store: PasswordStateStore;
  readonly emit: EmitEvent;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What is known about the accounts of a set once it has been worked through. */
class Ledger {
  readonly outgoing: Outgoing[] = [];
  /** Transformed hashes of accounts that had to be read one by one. */
  readonly hashes = new Map<string, string>();
  readonly outcomes = new Map<
    string,
    { account: Pick<PasswordAccount, 'objectGuid' | 'dn' | 'changedAt'>; outcome: CloudOutcome; sourceAnchor?: string }
  >();
  readonly done = new Set<string>();
}

/**
 * A page of changes, written together with its watermark. Throws after a failed batch, without the watermark. `before` is
 * the page before it, which may still travel: this one is written after it, and without its watermark if that one failed.
 */
export async function passPage(
  context: PassContext,
  session: PasswordSession,
  page: PasswordPage,
  state: DomainState,
  before: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const ledger = new Ledger();
  const changed = page.accounts.filter(concernsPassword);
  for (const account of page.accounts) if (account.deleted) ledger.done.add(account.objectGuid);
  reportDates(context, changed);
  const eligibility = await context.eligible(changed.map((a) => a.objectGuid));
  for (const account of changed) {
    const known = eligibility.get(account.objectGuid);
    await take(context, session, ledger, account, known, planPassword(account, known, context.settings, false));
  }
  const previous = await readPrevious(context, page.accounts);
  await finish(context, ledger, previous, { page, state, before, recordAll: true });
}

/** Users of the queue: read one by one if they are eligible now. */
export async function passQueue(
  context: PassContext,
  session: PasswordSession,
  users: readonly QueuedUser[],
): Promise<void> {
  const ledger = new Ledger();
  const eligibility = await context.eligible(users.map((u) => u.objectGuid));
  for (const user of users) {
    const known = eligibility.get(user.objectGuid);
    const bare: PasswordAccount = { objectGuid: user.objectGuid, dn: user.dn, deleted: false, password: 'present' };
    const plan: PasswordPlan = known?.eligible ? { kind: 'read' } : planPassword(bare, known, context.settings, true);
    await take(context, session, ledger, bare, known, plan);
  }
  await finish(context, ledger, new Map(users.map((u) => [u.objectGuid, u])), { recordAll: false });
}

function reportDates(context: PassContext, changed: readonly PasswordAccount[]): void {
  const only = changed.filter((a) => a.password === 'unchanged').length;
  if (only > 0) context.emit('onlyDateChanged', { count: only }, context.namingContext);
}

async function readPrevious(
  context: PassContext,
  accounts: readonly PasswordAccount[],
): Promise<Map<string, QueuedUser>> {
  const guids = accounts.map((a) => a.objectGuid);
  const queued = await context.store.readQueued(context.connector, context.namingContext, guids);
  return new Map(queued.map((u) => [u.objectGuid, u]));
}

async function take(
  context: PassContext,
  session: PasswordSession,
  ledger: Ledger,
  account: PasswordAccount,
  eligibility: Eligibility | undefined,
  plan: PasswordPlan,
): Promise<void> {
  switch (plan.kind) {
    case 'ignore':
      ledger.done.add(account.objectGuid);
      return;
    case 'hold': {
      const { status, reason, detail } = plan;
      const anchor = eligibility?.eligible ? { sourceAnchor: eligibility.sourceAnchor } : {};
      ledger.outcomes.set(account.objectGuid, { account, outcome: { status, reason, detail }, ...anchor });
      return;
    }
    case 'send':
      ledger.outgoing.push({ account, user: plan.user, mustChange: plan.mustChange });
      return;
    case 'read':
      return takeWhole(context, session, ledger, account, eligibility);
  }
}

/** Reads the account as it is now and takes that instead. */
async function takeWhole(
  context: PassContext,
  session: PasswordSession,
  ledger: Ledger,
  account: PasswordAccount,
  eligibility: Eligibility | undefined,
): Promise<void> {
  const page = await session.single(account.objectGuid);
  try {
    const whole = page?.accounts[0];
    if (!page || !whole) {
      ledger.done.add(account.objectGuid);
      return;
    }
    const plan = planPassword(whole, eligibility, context.settings, true);
    if (plan.kind === 'read') throw new TypeError('a whole account cannot ask to be read again');
    if (plan.kind === 'send') {
      const [hash] = await page.transform([whole.objectGuid]);
      ledger.hashes.set(whole.objectGuid, hash!);
    }
    await take(context, session, ledger, whole, eligibility, plan);
  } finally {
    page?.release();
  }
}

async function finish(
  context: PassContext,
  ledger: Ledger,
  previous: ReadonlyMap<string, QueuedUser>,
  how: {
    readonly page?: PasswordPage;
    readonly state?: DomainState;
    readonly before?: Promise<unknown>;
    readonly recordAll: boolean;
  },
): Promise<void> {
  const { connector, namingContext, store } = context;
  const transform = (accounts: readonly PasswordAccount[]) => transformAll(ledger, how.page, accounts);
  const { outcomes, failure } = await sendPasswords(ledger.outgoing, { ...context, transform });
  for (const { account, user } of ledger.outgoing) {
    const outcome = outcomes.get(account.objectGuid);
    if (outcome) ledger.outcomes.set(account.objectGuid, { account, outcome, sourceAnchor: user.sourceAnchor });
  }
  const written = settle(context, ledger, previous, how.recordAll);
  const gap = await how.before?.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const state = failure || gap || !how.state ? {} : { state: how.state };
  await store.writeDomain(connector, namingContext, { ...written, ...state });
  if (failure) throw failure;
  // The page after this one must not store its watermark either.
  if (gap) throw gap.error;
}

/** Hashes from the page, except for those that were read one by one. */
async function transformAll(
  ledger: Ledger,
  page: PasswordPage | undefined,
  accounts: readonly PasswordAccount[],
): Promise<string[]> {
  const missing = accounts.filter((a) => !ledger.hashes.has(a.objectGuid)).map((a) => a.objectGuid);
  const made = missing.length > 0 && page ? await page.transform(missing) : [];
  const byGuid = new Map(missing.map((guid, i) => [guid, made[i]!]));
  return accounts.map((a) => (ledger.hashes.get(a.objectGuid) ?? byGuid.get(a.objectGuid))!);
}

/** Results and queue changes. A user that is still held for the same reason gets no new line in the history. */
function settle(
  context: PassContext,
  ledger: Ledger,
  previous: ReadonlyMap<string, QueuedUser>,
  recordAll: boolean,
): { results: UserResult[]; enqueue: QueuedUser[]; dequeue: string[] } {
  const results: UserResult[] = [];
  const enqueue: QueuedUser[] = [];
  const dequeue = [...ledger.done];
  const now = context.now();
  for (const [objectGuid, { account, outcome, sourceAnchor }] of ledger.outcomes) {
    const before = previous.get(objectGuid);
    const entry = outcome.status === 'Success' ? undefined : queueAfter(account, outcome, before, now);
    if (entry) enqueue.push(entry);
    else dequeue.push(objectGuid);
    const same = before?.kind !== 'requested' && before?.status === outcome.status && before.reason === outcome.reason;
    if (recordAll || !same) {
      const { dn, changedAt } = account;
      const optional = { ...(sourceAnchor ? { sourceAnchor } : {}), ...(changedAt === undefined ? {} : { changedAt }) };
      results.push({ objectGuid, dn, at: now, ...outcome, ...optional });
    }
  }
  reportQueue(context, previous, enqueue, dequeue);
  return { results, enqueue, dequeue };
}

function reportQueue(
  context: PassContext,
  previous: ReadonlyMap<string, QueuedUser>,
  enqueue: readonly QueuedUser[],
  dequeue: readonly string[],
): void {
  const added = enqueue.filter((u) => u.kind === 'retry' && previous.get(u.objectGuid)?.kind !== 'retry');
  const left = dequeue.filter((guid) => previous.get(guid)?.kind === 'retry');
  const users = added.map(({ objectGuid, dn, status, reason, nextAttemptAt }) => ({
    objectGuid,
    dn,
    status,
    reason,
    nextAttemptAt,
  }));
  if (added.length > 0) context.emit('queuedForRetry', { count: added.length, users }, context.namingContext);
  if (left.length > 0) context.emit('leftRetryQueue', { count: left.length, users: left }, context.namingContext);
}
