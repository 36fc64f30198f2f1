/** How things stand: scheduler, last cycle, connectors, alerts, and one sentence about all of it. */
import { z } from 'zod';
import { type Alert, alertsOf, type PartDown, verdictOf } from '../../health/alerts.ts';
import { statusSeverity } from '../../health/titles.ts';
import type { TrendFacts } from '../../health/trend-alerts.ts';
import { durationMs } from '../../model/duration.ts';
import { type SchedulerFields, type SchedulerMoment, schedulerFields } from '../../scheduler/fields.ts';
import { heldMs, type OpenWindow, windowAt } from '../../scheduler/maintenance.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { ruleProblemSetting } from '../configuration/live-rules.ts';
import type { HungEngine } from '../engine/engine-watch.ts';
import { deletionThreshold } from '../engine/settings.ts';
import type { PartState } from '../supervisor.ts';
import { suspectedConnectors } from './delete-desk.ts';
import { type DeletePlan, deletePlan } from './delete-plan.ts';
import { expiries } from './expiries.ts';
import { connectorNames, iso, runFacts, runSchema } from './runs.ts';
import { trendsOf } from './trends.ts';

export const schedulerSchema = z.object({
  AllowedSyncCycleInterval: z.string(),
  CurrentlyEffectiveSyncCycleInterval: z.string(),
  CustomizedSyncCycleInterval: z.string().nullable(),
  NextSyncCyclePolicyType: z.enum(['Delta', 'Initial']),
  NextSyncCycleStartTimeInUTC: z.string().nullable(),
  PurgeRunHistoryInterval: z.string(),
  SyncCycleEnabled: z.boolean(),
  MaintenanceEnabled: z.boolean(),
  StagingModeEnabled: z.boolean(),
  SchedulerSuspended: z.boolean(),
  SyncCycleInProgress: z.boolean(),
  MaintenanceWindowOpen: z.boolean(),
  MaintenanceWindowUntilInUTC: z.string().nullable().describe('Null also if no end of the windows is in sight.'),
});
export const alertSchema = z.object({
  key: z.string(),
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  title: z.string(),
  summary: z.string(),
  subject: z.string().optional(),
  since: z.string().optional(),
  run: z.number().int().optional(),
  id: z.number().int().optional().describe('For GET /alerts/{id}; absent until it was written down.'),
  acknowledgedBy: z.string().optional(),
  isMuted: z.boolean().optional(),
});
const partSchema = z.object({
  state: z.enum(['running', 'down', 'closed', 'no-service']),
  since: z.string().optional(),
  reason: z.string().optional(),
  nextAttempt: z.string().optional(),
});
export const cycleSchema = z.object({
  cycle: z.number().int(),
  started: z.string(),
  ended: z.string().nullable(),
  durationMs: z.number().nullable(),
  outcome: z.enum(['running', 'clean', 'object-errors', 'failed']),
  runs: z.array(runSchema),
});
export type CycleFacts = z.infer<typeof cycleSchema>;
export const statusSchema = z.object({
  verdict: z.object({ state: z.enum(['ok', 'warning', 'error']), sentence: z.string() }),
  scheduler: schedulerSchema,
  maintenance: z
    .object({
      since: z.string(),
      until: z.string().nullable().describe('Null: one window follows the other, and no end is in sight.'),
      reason: z.string().optional(),
    })
    .nullable()
    .describe('The window that is open; no cycle starts by itself until it is over.'),
  exportDeletionThreshold: z.number().int(),
  engine: partSchema,
  parts: z
    .array(partSchema.extend({ name: z.string() }))
    .describe('Threads and processes of the service: engine, tenant, reader, pages, diagnosis, passwords.'),
  lastCycle: cycleSchema.nullable(),
  connectors: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      partitions: z.array(
        z.object({ name: z.string(), lastFullImport: z.string().nullable(), lastDeltaImport: z.string().nullable() }),
      ),
      lastImport: runSchema.nullable(),
      lastExport: runSchema.nullable(),
      pendingExports: z.object({ add: z.number(), update: z.number(), delete: z.number() }),
    }),
  ),
  errors: z.record(z.string(), z.number().int()).describe('Objects in error by phase.'),
  alerts: z.array(alertSchema),
  version: z.string(),
});
export type StatusFacts = z.infer<typeof statusSchema>;

/** What only a running service knows. */
export interface ServiceState {
  readonly nextStart: number | undefined;
  readonly inProgress: boolean;
  readonly engine: PartState;
  /** It lives, but does not go on. */
  readonly hung?: HungEngine | undefined;
  /** The other threads that are kept running, by name. */
  readonly parts: Readonly<Record<string, PartState>>;
  /** Known from the reader's thread. */
  readonly heldDeletes: readonly DeletePlan[];
  readonly silent: TrendFacts['silent'];
  readonly expiries: TrendFacts['expiries'];
  readonly memory: TrendFacts['memory'];
}

export function fieldsOf(store: Store, config: LoadedConfiguration, moment: SchedulerMoment): SchedulerFields {
  const { enabled, interval, staging, maintenance } = config.settings.scheduler;
  return schedulerFields(store.records, { enabled, intervalMs: durationMs(interval), staging, maintenance }, moment);
}

/** `service` undefined: no service runs on this state. `freeBytes`: what is left on the disk of the state. */
export function statusFacts(
  store: Store,
  config: LoadedConfiguration,
  options: { now: number; version: string; service?: ServiceState | undefined; freeBytes?: number | undefined },
): StatusFacts {
  const { service, now } = options;
  const { nextStart, inProgress } = service ?? { nextStart: undefined, inProgress: false };
  const fields = fieldsOf(store, config, { now, nextStart, inProgress });
  const { maintenance: windows } = config.settings.scheduler;
  const window = windowAt(windows, now);
  const last = lastCycle(store);
  const connectors = config.settings.connectors.map((c) => connectorFacts(store, c.name, c.type));
  const errors: Record<string, number> = {};
  for (const { phase, n } of store.reports.errorCounts()) errors[phase] = (errors[phase] ?? 0) + n;
  const parts: Readonly<Record<string, PartState>> = service ? { engine: service.engine, ...service.parts } : {};
  const lastSuccess = last?.ended && last.outcome !== 'failed' ? Date.parse(last.ended) : undefined;
  const told = alertsOf({
    now,
    intervalMs: durationMs(fields.CurrentlyEffectiveSyncCycleInterval),
    isEnabled: fields.SyncCycleEnabled,
    isSuspended: fields.SchedulerSuspended,
    isStaging: fields.StagingModeEnabled,
    window,
    heldMs: (since) => heldMs(windows, since, now),
    latest: latestRuns(store),
    imports: importTimes(store),
    errors,
    heldDeletes: fields.StagingModeEnabled ? [] : (service?.heldDeletes ?? heldDeletes(store, config)),
    down: Object.entries(parts).flatMap(([part, state]) => partDown(part, state)),
    hung: service?.hung,
    ruleProblem: store.records.setting(ruleProblemSetting),
    freeBytes: options.freeBytes,
    lastGoodCycle: lastGoodCycle(store),
    isCycleRunning: fields.SyncCycleInProgress && !isStuck(last, now),
    silent: service?.silent ?? [],
    expiries: service?.expiries ?? expiries(config),
    memory: service?.memory,
    ...trendsOf(store, config),
  });
  const alerts = withWhatWasSaid(store, told, now);
  return {
    verdict: verdictOf(alerts, lastSuccess, now),
    scheduler: fields,
    maintenance: window ? windowFacts(window) : null,
    exportDeletionThreshold: deletionThreshold(store.records, config.settings.scheduler.deletionThreshold),
    engine: partFacts(service?.engine),
    parts: Object.entries(parts).map(([name, state]) => ({ name, ...partFacts(state) })),
    lastCycle: last,
    connectors,
    errors,
    alerts,
    version: options.version,
  };
}

const windowFacts = ({ since, until, isEndless, reason }: OpenWindow): StatusFacts['maintenance'] => ({
  since: iso(since),
  until: isEndless ? null : iso(until),
  ...(reason === undefined ? {} : { reason }),
});

function partFacts(state: PartState | undefined): StatusFacts['engine'] {
  if (!state) return { state: 'no-service' };
  if (state.kind === 'closed') return { state: 'closed' };
  if (state.kind === 'running') return { state: 'running', since: iso(state.since) };
  return { state: 'down', since: iso(state.since), reason: state.reason, nextAttempt: iso(state.nextAttempt) };
}

const partDown = (part: string, state: PartState): PartDown[] =>
  state.kind === 'down' ? [{ part, reason: state.reason, since: state.since, attempt: state.attempt }] : [];

/** The alerts with their number and with what people said of them. */
function withWhatWasSaid(store: Store, alerts: readonly Alert[], now: number): StatusFacts['alerts'] {
  const rows = new Map(store.alerts.open().map((row) => [row.key, row]));
  const muted = new Set(store.alerts.mutes(now).map((m) => m.key));
  return alerts.map(({ run, since, subject, ...alert }) => {
    const row = rows.get(alert.key);
    const said = row?.acknowledged ? (JSON.parse(row.acknowledged) as { who: string }) : undefined;
    return {
      ...alert,
      ...(subject === undefined ? {} : { subject }),
      ...(since === undefined ? {} : { since }),
      ...(run === undefined ? {} : { run }),
      ...(row ? { id: row.id } : {}),
      ...(said ? { acknowledgedBy: said.who } : {}),
      isMuted: muted.has(alert.key),
    };
  });
}

/** Milliseconds after which a cycle that still runs is no sign that all is well. */
const longCycleMs = 2 * 3_600_000;
const isStuck = (last: CycleFacts | null, now: number): boolean =>
  last?.outcome === 'running' && now - Date.parse(last.started) > longCycleMs;

/** When the newest cycle that did not fail ended; undefined if there is none among the last ones. */
function lastGoodCycle(store: Store): number | undefined {
  for (let cycle = store.reports.lastCycle(), i = 0; cycle !== undefined && i < longestLook; i++) {
    const runs = store.reports.cycleRuns(cycle);
    const ended = runs.at(-1)?.ended ?? null;
    const isGood = ended !== null && runs.every((r) => r.ended !== null && statusSeverity(r.status) !== 'error');
    if (isGood) return ended;
    cycle = store.reports.cycleBefore(cycle);
  }
  return undefined;
}
/** Cycles that are looked at for a good one. */
const longestLook = 100;

/** The newest cycle as a whole; null if none ran. */
export function lastCycle(store: Store): CycleFacts | null {
  const cycle = store.reports.lastCycle();
  if (cycle === undefined) return null;
  const names = connectorNames(store);
  const runs = store.reports.cycleRuns(cycle).map((row) => runFacts(row, names));
  const isRunning = runs.some((r) => r.ended === null);
  const ended = isRunning ? null : (runs.at(-1)?.ended ?? null);
  const outcome = isRunning
    ? 'running'
    : runs.some((r) => r.severity === 'error')
      ? 'failed'
      : runs.some((r) => /-errors$/.test(r.status))
        ? 'object-errors'
        : 'clean';
  return {
    cycle,
    started: iso(cycle),
    ended,
    durationMs: ended === null ? null : Date.parse(ended) - cycle,
    outcome,
    runs,
  };
}

function connectorFacts(store: Store, name: string, type: string): StatusFacts['connectors'][number] {
  const row = store.records.connectors().find((c) => c.name === name);
  const names = connectorNames(store);
  const newest = (profiles: readonly string[]) => {
    const runs = profiles.flatMap((p) => (row ? (store.reports.lastOfKind(row.id, p) ?? []) : []));
    const [found] = runs.sort((a, b) => b.id - a.id);
    return found ? runFacts(found, names) : null;
  };
  return {
    name,
    type,
    partitions: (row ? store.records.partitions(row.id) : []).map((p) => ({
      name: p.name,
      lastFullImport: p.last_full_import === null ? null : iso(p.last_full_import),
      lastDeltaImport: p.last_delta_import === null ? null : iso(p.last_delta_import),
    })),
    lastImport: newest(['full-import', 'delta-import']),
    lastExport: newest(['export']),
    pendingExports: row ? store.exports.counts(row.id) : { add: 0, update: 0, delete: 0 },
  };
}

/** Newest import, synchronization and export of every connector. */
function latestRuns(store: Store) {
  const kinds = [['full-import', 'delta-import'], ['full-sync', 'delta-sync'], ['export']];
  const connectors = [{ id: null, name: null }, ...store.records.connectors()];
  return connectors.flatMap(({ id, name }) =>
    kinds.flatMap((profiles) => {
      const [run] = profiles.flatMap((p) => store.reports.lastOfKind(id, p) ?? []).sort((a, b) => b.id - a.id);
      return run ? [{ connector: name, run }] : [];
    }),
  );
}

function importTimes(store: Store) {
  return store.records.connectors().flatMap((c) =>
    store.records.partitions(c.id).flatMap((p) => {
      const lastImport = Math.max(p.last_full_import ?? 0, p.last_delta_import ?? 0);
      return lastImport > 0 ? [{ connector: c.name, partition: p.name, lastImport }] : [];
    }),
  );
}

const heldDeletes = (store: Store, config: LoadedConfiguration): DeletePlan[] =>
  suspectedConnectors(store, config)
    .map((name) => deletePlan(store, config, name))
    .filter((plan) => plan.isHeld);
