/** A cycle: import every connector, synchronize, export to the cloud, export to the directories (sync-engine s.1.8). */
import { ConnectorError, type ConnectorSession, type DiscoveryError } from '../connectors/contract.ts';
import { StoreError, storeErrorOf } from '../store/sqlite.ts';
import { expireUnconfirmed } from './confirm.ts';
import { createEngine, type Engine, type EngineConnector, type EngineEnvironment, storeFacts } from './context.ts';
import { exportConnector } from './export.ts';
import { importPartition } from './import.ts';
import { askObstacles, dueBefore, type RetryOptions } from './obstacles.ts';
import { keepSearchKeys } from './search-keys.ts';
import { RunStopped, SyncRun } from './sync-run.ts';
import { synchronize } from './synchronize.ts';

export type Profile = 'full-import' | 'delta-import' | 'full-sync' | 'delta-sync' | 'export';
export type Policy = 'delta' | 'initial';

export interface RunResult {
  readonly run: number;
  readonly connector: string | null;
  readonly profile: Profile;
  readonly status: string;
  readonly counters: Readonly<Record<string, number>>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
    /** Some of the objects that an import could not read, and how many there are. */
    readonly objects?: readonly Omit<DiscoveryError, 'kind'>[];
    readonly count?: number;
  };
}
export interface CycleOptions extends RetryOptions {
  /** `initial` also tries again what was refused for good. */
  readonly policy: Policy;
}
export interface CycleResult {
  readonly cycle: number;
  /** `clean`, `object-errors` or `failed`: exit codes 0, 2 and 1. */
  readonly outcome: 'clean' | 'object-errors' | 'failed';
  readonly runs: readonly RunResult[];
}

/** More pending objects than this and references are computed for whole connectors. */
const bulkFrom = 5000;
/** Milliseconds after which a delta is too old to be trusted (sync-engine s.5.1). */
const deltaLifetime = 7 * 24 * 3_600_000;

/** Runs one cycle. Failures of single connectors do not keep the others from running. */
export async function runCycle(
  env: EngineEnvironment,
  options: CycleOptions,
  signal: AbortSignal,
): Promise<CycleResult> {
  const cycle = env.now();
  const runs: RunResult[] = [];
  const step = async (profile: Profile, connector: string | null) => {
    const retryRefused = options.retryRefused ?? options.policy === 'initial';
    const result = await runProfile(
      env,
      profile,
      connector,
      { cycle, retryAll: options.retryAll, retryRefused },
      signal,
    );
    runs.push(result);
    return result;
  };
  const isTarget = (c: EngineConnector) => c.settings.connector.type === 'entra';
  const engine = createEngine(env);
  const sources = engine.all.filter((c) => !isTarget(c));
  const targets = engine.all.filter(isTarget);
  const failed = new Set<string>();
  for (const c of [...sources, ...targets]) {
    const result = await step(options.policy === 'initial' ? 'full-import' : 'delta-import', c.row.name);
    if (hasFailed(result.status)) failed.add(c.row.name);
  }
  const sync = await step(options.policy === 'initial' || needsFullSync(engine) ? 'full-sync' : 'delta-sync', null);
  if (!env.staging && !hasFailed(sync.status)) {
    for (const c of [...targets, ...sources]) if (!failed.has(c.row.name)) await step('export', c.row.name);
  }
  return { cycle, outcome: outcomeOf(runs), runs };
}

const hasFailed = (status: string): boolean => /^(stopped|no-start)/.test(status);
const outcomeOf = (runs: readonly RunResult[]): CycleResult['outcome'] =>
  runs.some((r) => hasFailed(r.status))
    ? 'failed'
    : runs.some((r) => /-errors$/.test(r.status))
      ? 'object-errors'
      : 'clean';

const rulesKey = 'synchronized-rules-version';

/** The rules are others than those of the last full synchronization, or there was none. */
export const needsFullSync = (engine: Engine): boolean =>
  engine.store.records.setting(rulesKey) !== engine.ruleSet.version;

/** Runs one run profile of one connector (a synchronization without one: of all) and writes its history. */
export async function runProfile(
  env: EngineEnvironment,
  profile: Profile,
  connectorName: string | null,
  options: RetryOptions & { readonly cycle: number | null },
  signal: AbortSignal,
): Promise<RunResult> {
  const engine = createEngine(env);
  const connector = engine.all.find((c) => c.row.name === connectorName);
  if (connectorName !== null && !connector) throw new TypeError(`no connector is called ${connectorName}`);
  const { records } = env.store;
  const id = records.startRun(options.cycle, connector?.row.id ?? null, profile, env.now());
  const isFull = profile === 'full-sync';
  const run = new SyncRun(engine, id, { bulk: isFull || isBulk(engine), isFull });
  let server: string | null = null;
  const finish = (status: string, error?: RunResult['error']): RunResult => {
    records.endRun(id, env.now(), status, JSON.stringify(run.counters), error ? JSON.stringify(error) : null, server);
    return {
      run: id,
      connector: connectorName,
      profile,
      status,
      counters: run.counters.toJSON(),
      ...(error ? { error } : {}),
    };
  };
  try {
    if (profile === 'full-sync' || profile === 'delta-sync') {
      await runSync(run, connector ? [connector] : engine.all, connector === undefined, signal);
      return finish(run.errors > 0 || stillHas(engine, 'sync', engine.all) ? 'completed-sync-errors' : 'success');
    }
    if (!connector) throw new TypeError(`the run profile ${profile} needs a connector`);
    const attributes = env.ruleSet.readAttributes(connector.row.name);
    await using session = await connector.settings.connector.open(signal, attributes);
    server = session.server;
    storeSessionFacts(engine, connector, session);
    const status =
      profile === 'export'
        ? await runExport(run, connector, session, options, signal)
        : await runImport(
            env,
            run,
            connectorName as string,
            session,
            profile === 'full-import' ? 'full' : 'delta',
            signal,
          );
    return finish(status, unread(run));
  } catch (error) {
    const told = describe(error);
    env.log('error', told.message, { code: told.code, connector: connectorName, profile });
    return finish(told.status, { code: told.code, message: told.message, remedy: told.remedy });
  }
}

/**
 * A full synchronization does not mark what it has yet to do, so while one runs the rules count as not synchronized:
 * after a kill the next cycle begins it again.
 */
async function runSync(
  run: SyncRun,
  connectors: readonly EngineConnector[],
  isWhole: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { records } = run.engine.store;
  await keepSearchKeys(run.engine, run.engine.all, signal);
  const before = records.setting(rulesKey);
  if (run.isFull) records.removeSetting(rulesKey);
  await synchronize(run, connectors, run.isFull ? 'full' : 'delta', signal);
  if (run.isFull && isWhole) records.setSetting(rulesKey, run.engine.ruleSet.version);
  else if (run.isFull && before !== undefined) records.setSetting(rulesKey, before);
}

const isBulk = (engine: Engine): boolean =>
  engine.store.references.changeCount(bulkFrom) >= bulkFrom ||
  engine.all.reduce((n, c) => n + engine.store.cs.pendingCounts(c.row.id).reduce((m, p) => m + p.n, 0), 0) >= bulkFrom;

function storeSessionFacts(engine: Engine, connector: EngineConnector, session: ConnectorSession): void {
  storeFacts(engine.store, connector.row.name, {
    canExport: session.export !== undefined,
    attributes: [...session.schema.attributes.values()],
    ...(session.schema.openNames === undefined ? {} : { openNames: session.schema.openNames }),
    parameters: Object.fromEntries(session.partitions.map((p) => [p.name, session.parameters(p)])),
  });
}

async function runImport(
  env: EngineEnvironment,
  run: SyncRun,
  name: string,
  session: ConnectorSession,
  wanted: 'full' | 'delta',
  signal: AbortSignal,
): Promise<string> {
  let errors = 0;
  const partitions = session.partitions;
  for (const partition of partitions)
    run.engine.store.records.partition(run.engine.all.find((c) => c.row.name === name)!.row.id, partition.name);
  // The schema and the partitions that the session told are part of the engine from here on.
  const engine = createEngine(env);
  const connector = engine.all.find((c) => c.row.name === name)!;
  await keepSearchKeys(engine, [connector], signal);
  for (const partition of partitions) {
    const row = engine.store.records.partition(connector.row.id, partition.name);
    const last = Math.max(row.last_delta_import ?? 0, row.last_full_import ?? 0);
    const mode = wanted === 'delta' && env.now() - last > deltaLifetime ? 'full' : wanted;
    errors += (await importPartition(run, connector, session, partition, mode, signal)).discoveryErrors;
  }
  const key = `last-import-run:${name}`;
  const previous = Number(engine.store.records.setting(key) ?? 0);
  engine.store.transaction(() => {
    expireUnconfirmed(run, connector.row.id, previous);
    engine.store.records.setSetting(key, String(run.id));
  });
  await askObstacles(run, connector.row.id, session, signal);
  if (errors > 0) return 'completed-discovery-errors';
  return run.counters.get('export-not-confirmed') > 0 ? 'completed-warnings' : 'success';
}

async function runExport(
  run: SyncRun,
  connector: EngineConnector,
  session: ConnectorSession,
  retry: RetryOptions,
  signal: AbortSignal,
): Promise<string> {
  const due = dueBefore(retry, run.engine.now());
  const totals = await exportConnector({ run, connector, session, signal, dueBefore: due });
  if (run.exportErrors > 0 || stillHas(run.engine, 'export', [connector])) return 'completed-export-errors';
  return totals.attempted === 0 ? 'completed-no-objects' : 'success';
}

/** Errors of earlier runs that nothing has ended yet: what is not tried again is not well for that (sync-engine s.1.6). */
const stillHas = (engine: Engine, phase: 'sync' | 'export', connectors: readonly EngineConnector[]): boolean =>
  engine.store.records.anyError() && connectors.some((c) => engine.store.records.anyStanding(phase, c.row.id));

/** Objects named in the run history that could not be read; the others are counted. */
const namedUnread = 20;

/** What the run history says of objects that an import could not read (sync-engine s.1.11, discovery errors). */
function unread({ discoveryErrors }: SyncRun): RunResult['error'] {
  const [first] = discoveryErrors;
  if (!first) return undefined;
  const objects = discoveryErrors.slice(0, namedUnread).map(({ kind: _, ...object }) => object);
  const others = discoveryErrors.length > 1 ? ` ${discoveryErrors.length - 1} more could not be read either.` : '';
  return {
    code: first.code,
    message: `${first.detail}${others} Nothing was concluded from absence, and the same is read again next time.`,
    remedy: 'Correct the object in the directory, or let the account of the connector read it.',
    objects,
    count: discoveryErrors.length,
  };
}

/** An error of a run in the words of the run history. */
function describe(thrown: unknown): { status: string; code: string; message: string; remedy: string } {
  const error = storeErrorOf(thrown, 'the store');
  if (error instanceof RunStopped || error instanceof ConnectorError) {
    return { status: error.status, code: error.code, message: error.message, remedy: error.remedy };
  }
  if (error instanceof StoreError) {
    const status = error.code === 'store-full' ? 'stopped-database-disk-full' : 'stopped-database-connection-lost';
    return {
      status,
      code: error.code,
      message: error.message,
      remedy: 'Nothing was lost. Remove the cause and start the cycle again.',
    };
  }
  if (error instanceof TypeError || !(error instanceof Error)) throw error;
  return {
    status: 'stopped-server',
    code: 'unexpected-error',
    message: error.message,
    remedy: 'This is a defect of Causeway; please report it with a support bundle.',
  };
}
