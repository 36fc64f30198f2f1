/** How password hash synchronization stands, as the store tells it: by domain, and by user. Reads only. */
import { z } from 'zod';
import type { PasswordSystemFacts } from '../../diagnosis/detectors/passwords.ts';
import type {
  ChannelError,
  ChannelState,
  DomainState,
  Eligibility,
  QueuedUser,
  UserResult,
} from '../../passwords/contract.ts';
import { engineEligibility } from '../../passwords/engine-eligibility.ts';
import { createSqlStore } from '../../passwords/sql-store.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../../sync/context.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { flagSetting } from '../engine/settings.ts';
import { requireObject } from '../facts/objects.ts';
import { iso } from '../facts/runs.ts';
import { Refusal } from '../refusal.ts';
import { domainsOf, type PasswordConfiguration, passwordConfigurations } from './settings.ts';

const instant = z.string().nullable();
export const passwordErrorSchema = z.object({
  code: z.string(),
  reason: z.string().optional(),
  message: z.string(),
  remedy: z.string(),
  endpoint: z.string().optional(),
  at: z.string(),
});
export type PasswordErrorFacts = z.infer<typeof passwordErrorSchema>;
export const passwordAnswerSchema = z.object({
  connector: z.string(),
  paused: z.enum(['disabled', 'staging', 'not-ready']).optional(),
  errors: z.array(passwordErrorSchema),
  servers: z
    .array(
      z.object({
        namingContext: z.string(),
        server: z.string(),
        clockSkewMs: z.number().optional(),
        error: passwordErrorSchema.optional(),
      }),
    )
    .optional()
    .describe('Of a check only.'),
});
/** What became of an order in one connector. */
export type PasswordAnswer = z.infer<typeof passwordAnswerSchema>;
export const passwordDomainSchema = z.object({
  namingContext: z.string(),
  endpoint: z.string().nullable().describe('Domain controller of the last cycle.'),
  fullInProgress: z.boolean(),
  fullCompleted: instant,
  lastCycle: instant,
  lastSuccess: instant,
  lastChange: instant.describe('When a change of a password was last seen in the directory.'),
  lastError: passwordErrorSchema.nullable(),
  clockSkewMs: z.number().nullable(),
  queue: z.object({ waiting: z.int(), retry: z.int(), requested: z.int() }),
  heldUp: z.array(z.object({ status: z.string(), reason: z.string(), users: z.int() })),
});
export const passwordChannelSchema = z.object({
  connector: z.string(),
  cloud: z.string(),
  account: z.string(),
  ownAccount: z.boolean().describe('Whether the account is another than the one that imports.'),
  state: z.enum(['on', 'staging', 'not-ready']),
  lastHeartbeat: instant,
  lastBatch: instant,
  lastError: passwordErrorSchema.nullable(),
  domains: z.array(passwordDomainSchema),
});
export const passwordStatusSchema = z.object({
  channels: z.array(passwordChannelSchema),
  off: z.array(z.string()).describe('Active Directory connectors that do not synchronize passwords.'),
});
export type PasswordStatusFacts = z.infer<typeof passwordStatusSchema>;
export type PasswordChannelFacts = PasswordStatusFacts['channels'][number];
export type PasswordDomainFacts = PasswordChannelFacts['domains'][number];

const resultSchema = z.object({
  at: z.string(),
  status: z.string(),
  reason: z.string(),
  detail: z.string().optional(),
  errorCode: z.string().optional(),
  changed: z.string().optional().describe('When the password was changed in the directory.'),
});
export const passwordUserSchema = z.object({
  connector: z.string(),
  objectGuid: z.string(),
  dn: z.string(),
  eligible: z.boolean(),
  step: z.string().describe('Where the password stops: "synchronized", or the reason.'),
  detail: z.string().optional(),
  queued: z
    .object({ kind: z.string(), status: z.string(), reason: z.string(), attempt: z.int(), nextAttempt: z.string() })
    .nullable(),
  history: z.array(resultSchema).describe('Results of seven days, newest first.'),
});
export type PasswordUserFacts = z.infer<typeof passwordUserSchema>;

export function passwordFacts(store: Store, config: LoadedConfiguration): PasswordStatusFacts {
  const channels = passwordConfigurations(config).map((c) => channelFacts(store, config, c));
  const on = new Set(channels.map((c) => c.connector));
  const all = config.settings.connectors.filter((c) => c.type === 'active-directory').map((c) => c.name);
  return { channels, off: all.filter((name) => !on.has(name)) };
}

/** For diagnosis. */
export function passwordSystemFacts(store: Store, config: LoadedConfiguration): PasswordSystemFacts {
  const { channels, off } = passwordFacts(store, config);
  return {
    off,
    channels: channels.map(({ connector, cloud, account, ownAccount, state, domains }) => ({
      connector,
      cloud,
      account,
      hasOwnAccount: ownAccount,
      state,
      domains: domains.map((d) => d.namingContext),
    })),
  };
}

function channelFacts(store: Store, config: LoadedConfiguration, c: PasswordConfiguration): PasswordChannelFacts {
  const { name } = c.connector;
  const state = JSON.parse(store.passwords.channel(name) ?? '{}') as ChannelState;
  const isStaging = flagSetting(store.records, 'StagingModeEnabled', config.settings.scheduler.staging);
  return {
    connector: name,
    cloud: c.cloud.name,
    account: c.bind.user,
    ownAccount: c.hasOwnAccount,
    state: isStaging ? 'staging' : isPasswordReady(store, c) ? 'on' : 'not-ready',
    lastHeartbeat: instantOf(state.lastHeartbeatAt),
    lastBatch: instantOf(state.lastBatchAt),
    lastError: errorOf(state.lastError),
    domains: domainNames(store, c).map((namingContext) => domainFacts(store, name, namingContext)),
  };
}

/** Domains that are configured or were found by imports. */
export function domainNames(store: Store, c: PasswordConfiguration): string[] {
  const row = store.records.connectors().find((r) => r.name === c.connector.name);
  return domainsOf(c, row ? store.records.partitions(row.id) : []);
}

function domainFacts(store: Store, connector: string, namingContext: string): PasswordDomainFacts {
  const state = JSON.parse(store.passwords.domain(connector, namingContext) ?? '{}') as DomainState;
  const queue = { waiting: 0, retry: 0, requested: 0 };
  for (const { kind, n } of store.passwords.queueCounts(connector, namingContext))
    queue[kind as keyof typeof queue] = n;
  return {
    namingContext,
    endpoint: state.endpoint ?? null,
    fullInProgress: state.fullInProgress === true,
    fullCompleted: instantOf(state.fullCompletedAt),
    lastCycle: instantOf(state.lastCycleAt),
    lastSuccess: instantOf(state.lastSuccessAt),
    lastChange: instantOf(state.lastChangeAt),
    lastError: errorOf(state.lastError),
    clockSkewMs: state.clockSkewMs ?? null,
    queue,
    heldUp: store.passwords
      .queueReasons(connector, namingContext)
      .map(({ status, reason, n }) => ({ status, reason, users: n })),
  };
}

const instantOf = (time: number | undefined): string | null => (time === undefined ? null : iso(time));
export const errorFacts = (error: ChannelError): PasswordErrorFacts => ({ ...error, at: iso(error.at) });
const errorOf = (error: ChannelError | undefined): PasswordErrorFacts | null => (error ? errorFacts(error) : null);

/**
 * Passwords flow once the directory was imported and synchronized as a whole and the result was exported: before that
 * nobody knows who may have a password in the cloud. What flowed once goes on flowing.
 */
export function isPasswordReady(store: Store, c: PasswordConfiguration): boolean {
  const rows = store.records.connectors();
  const directory = rows.find((r) => r.name === c.connector.name);
  const cloud = rows.find((r) => r.name === c.cloud.name);
  if (!directory || !cloud) return false;
  if (store.passwords.domains(directory.name).some((d) => (JSON.parse(d.state) as DomainState).watermark)) return true;
  const partitions = store.records.partitions(directory.id);
  const isImported = partitions.length > 0 && partitions.every((p) => p.last_full_import !== null);
  const exported = store.reports.lastOfKind(cloud.id, 'export');
  return (
    isImported &&
    store.records.setting('synchronized-rules-version') !== undefined &&
    exported !== undefined &&
    !/^(stopped|no-start)/.test(exported.status)
  );
}

/** The directory accounts behind a reference. Throws a Refusal if there is none that could have a password. */
export function passwordUsers(
  store: Store,
  config: LoadedConfiguration,
  reference: string,
): { connector: string; objectGuid: string; dn: string }[] {
  const names = new Map(passwordConfigurations(config).map((c) => [c.connector.name, c] as const));
  if (names.size === 0)
    throw new Refusal('conflict', 'No connector of the configuration synchronizes passwords ("passwordHashSync").');
  const users = requireObject(store, reference).cs.flatMap((id) => {
    const row = store.cs.get(id);
    const connector = row && store.records.connectors().find((r) => r.id === row.connector)?.name;
    if (!row || row.anchor === null || connector === undefined || !names.has(connector)) return [];
    return [{ connector, objectGuid: row.anchor, dn: row.dn }];
  });
  if (users.length > 0) return users;
  throw new Refusal(
    'not-found',
    `"${reference}" has no account in a directory whose passwords are synchronized (${[...names.keys()].join(', ')}).`,
  );
}

/** What became of the password of a user, and what would become of it now. `engine` may be one that only reads. */
export async function passwordUserFacts(
  engine: Engine,
  config: LoadedConfiguration,
  reference: string,
): Promise<PasswordUserFacts[]> {
  const { store } = engine;
  const state = createSqlStore(store);
  const answers: PasswordUserFacts[] = [];
  for (const user of passwordUsers(store, config, reference)) {
    const c = passwordConfigurations(config).find((p) => p.connector.name === user.connector)!;
    const lookup = engineEligibility(() => engine, { directory: user.connector, cloud: c.cloud.name });
    const eligibility = (await lookup([user.objectGuid])).get(user.objectGuid);
    const queued = (
      await Promise.all(domainNames(store, c).map((nc) => state.readQueued(user.connector, nc, [user.objectGuid])))
    ).flat()[0];
    const history = await state.readHistory(user.objectGuid);
    answers.push({
      ...user,
      ...stepOf(eligibility, queued, history),
      queued: queueFacts(queued),
      history: history.map(resultFacts),
    });
  }
  return answers;
}

/** The step where it stops: what the rules say now, then what the last attempt said. */
function stepOf(
  eligibility: Eligibility | undefined,
  queued: QueuedUser | undefined,
  history: readonly UserResult[],
): { eligible: boolean; step: string; detail?: string } {
  if (eligibility && !eligibility.eligible)
    return { eligible: false, step: eligibility.reason, ...(eligibility.detail ? { detail: eligibility.detail } : {}) };
  const [last] = history;
  const eligible = eligibility?.eligible === true;
  if (queued?.kind === 'requested') return { eligible, step: 'requested' };
  if (!last)
    return { eligible, step: 'no-change-seen', detail: 'No change of the password was seen in the last seven days.' };
  return { eligible, step: last.reason, ...(last.detail === undefined ? {} : { detail: last.detail }) };
}

const queueFacts = (queued: QueuedUser | undefined): PasswordUserFacts['queued'] =>
  queued
    ? {
        kind: queued.kind,
        status: queued.status,
        reason: queued.reason,
        attempt: queued.attempt,
        nextAttempt: iso(queued.nextAttemptAt),
      }
    : null;

const resultFacts = (r: UserResult): PasswordUserFacts['history'][number] => ({
  at: iso(r.at),
  status: r.status,
  reason: r.reason,
  ...(r.detail === undefined ? {} : { detail: r.detail }),
  ...(r.errorCode === undefined ? {} : { errorCode: r.errorCode }),
  ...(r.changedAt === undefined ? {} : { changed: iso(r.changedAt) }),
});
