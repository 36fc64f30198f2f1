/** How things stand: scheduler, last cycle, connectors, alerts, and one sentence about all of it. */
import { z } from 'zod';
import { alertsOf, verdictOf } from '../../health/alerts.ts';
import { durationMs } from '../../model/duration.ts';
import { type SchedulerFields, schedulerFields } from '../../scheduler/fields.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { ruleProblemSetting } from '../configuration/live-rules.ts';
import { deletionThreshold } from '../engine/settings.ts';
import type { EngineState } from '../engine/supervisor.ts';
import { deletePlan } from './delete-plan.ts';
import { connectorNames, iso, runFacts, runSchema } from './runs.ts';

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
});
export const alertSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  title: z.string(),
  summary: z.string(),
  subject: z.string().optional(),
  since: z.string().optional(),
  run: z.number().int().optional(),
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
  exportDeletionThreshold: z.number().int(),
  engine: z.object({
    state: z.enum(['running', 'down', 'closed', 'no-service']),
    since: z.string().optional(),
    reason: z.string().optional(),
    nextAttempt: z.string().optional(),
  }),
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
  readonly engine: EngineState;
}

export function fieldsOf(
  store: Store,
  config: LoadedConfiguration,
  service: Pick<ServiceState, 'nextStart' | 'inProgress'>,
): SchedulerFields {
  const { enabled, interval, staging } = config.settings.scheduler;
  return schedulerFields(store.records, { enabled, intervalMs: durationMs(interval), staging }, service);
}

/** `service` undefined: no service runs on this state. `freeBytes`: what is left on the disk of the state. */
export function statusFacts(
  store: Store,
  config: LoadedConfiguration,
  options: { now: number; version: string; service?: ServiceState | undefined; freeBytes?: number | undefined },
): StatusFacts {
  const { service, now } = options;
  const fields = fieldsOf(store, config, service ?? { nextStart: undefined, inProgress: false });
  const last = lastCycle(store);
  const connectors = config.settings.connectors.map((c) => connectorFacts(store, c.name, c.type));
  const errors: Record<string, number> = {};
  for (const { phase, n } of store.reports.errorCounts()) errors[phase] = (errors[phase] ?? 0) + n;
  const down = service?.engine.kind === 'down' ? service.engine : undefined;
  const alerts = alertsOf({
    now,
    intervalMs: durationMs(fields.CurrentlyEffectiveSyncCycleInterval),
    isEnabled: fields.SyncCycleEnabled,
    isSuspended: fields.SchedulerSuspended,
    isStaging: fields.StagingModeEnabled,
    latest: latestRuns(store),
    imports: importTimes(store),
    errors,
    heldDeletes: fields.StagingModeEnabled ? [] : heldDeletes(store, config),
    ...(down ? { engine: { reason: down.reason, since: down.since, attempt: down.attempt } } : {}),
    ruleProblem: store.records.setting(ruleProblemSetting),
    freeBytes: options.freeBytes,
  });
  const lastSuccess = last?.ended && last.outcome !== 'failed' ? Date.parse(last.ended) : undefined;
  return {
    verdict: verdictOf(alerts, lastSuccess, now),
    scheduler: fields,
    exportDeletionThreshold: deletionThreshold(store.records, config.settings.scheduler.deletionThreshold),
    engine: engineFacts(service?.engine),
    lastCycle: last,
    connectors,
    errors,
    alerts: alerts as StatusFacts['alerts'],
    version: options.version,
  };
}

function engineFacts(state: EngineState | undefined): StatusFacts['engine'] {
  if (!state) return { state: 'no-service' };
  if (state.kind === 'closed') return { state: 'closed' };
  if (state.kind === 'running') return { state: 'running', since: iso(state.since) };
  return { state: 'down', since: iso(state.since), reason: state.reason, nextAttempt: iso(state.nextAttempt) };
}

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

function heldDeletes(store: Store, config: LoadedConfiguration) {
  return config.settings.connectors
    .filter((c) => c.type === 'entra')
    .filter((c) => {
      // Only more than the limit can be held; the plan itself costs as much as it has objects.
      const row = store.records.connectors().find((r) => r.name === c.name);
      const threshold = deletionThreshold(store.records, config.settings.scheduler.deletionThreshold);
      return row !== undefined && threshold > 0 && store.exports.counts(row.id).delete > threshold;
    })
    .map((c) => deletePlan(store, config, c.name))
    .filter((plan) => plan.isHeld);
}
