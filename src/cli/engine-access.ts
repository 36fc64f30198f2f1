/**
 * Work for the engine, and changes of its state: through the service if one runs on the state directory, otherwise under
 * the lease in this process. Never two engines on one state.
 */
import { acquireLease } from '../scheduler/lease.ts';
import { applyChange, type Change } from '../service/changes.ts';
import { keepVersion } from '../service/configuration/versions.ts';
import { type OpenEngine, openEngine, stateDirectory, storeFile } from '../service/engine/open-engine.ts';
import { Upkeep } from '../service/upkeep.ts';
import type { Work, WorkOrder } from '../service/work-queue.ts';
import { openStore } from '../store/store.ts';
import { type CycleResult, type RunResult, runCycle, runProfile } from '../sync/cycle.ts';
import { type CliContext, CliError } from './context.ts';
import { mark, ProgressLine, plain } from './output.ts';
import { findService, type ServiceClient } from './service-client.ts';

type EngineOrder = Exclude<WorkOrder, { kind: 'plan' }>;

/** Has the engine do a piece of work; shows progress. Ctrl-C stops it in good order. */
export async function engineWork<R extends CycleResult | RunResult>(cli: CliContext, order: EngineOrder): Promise<R> {
  const service = await findService(cli.config(), cli.actor.who);
  return (service ? throughService(cli, service, order) : inProcess(cli, order)) as Promise<R>;
}

function throughService(cli: CliContext, service: ServiceClient, order: EngineOrder): Promise<unknown> {
  return followWork(
    cli,
    service,
    order.kind === 'cycle'
      ? service.send<Work>('POST', '/cycles', { policy: order.policy })
      : service.send<Work>('POST', '/runs', { connector: order.connector, profile: order.profile }),
  );
}

/** Waits for work of the service, with progress; Ctrl-C stops it there. Throws a CliError if it failed. */
export async function followWork(cli: CliContext, service: ServiceClient, asked: Promise<Work>): Promise<unknown> {
  const progress = new ProgressLine();
  const onSignal = () => void service.send('POST', '/work/stop').catch(() => undefined);
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    let work = await asked;
    if (work.state === 'queued') cli.note('The service is at work; this follows.');
    while (work.endedAt === undefined) {
      work = await service.get<Work>(`/work/${work.id}?wait=true`);
      if (!cli.json && work.progress) progress.update(work.progress);
    }
    progress.finish();
    if (work.state === 'done') return work.result;
    throw new CliError(work.error?.code ?? 'work-failed', work.error?.message ?? 'The work failed.');
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function inProcess(cli: CliContext, order: EngineOrder): Promise<unknown> {
  const config = cli.config();
  const name = order.kind === 'cycle' ? 'sync' : `run ${order.profile}`;
  using lease = acquireLease(stateDirectory(config), name);
  const progress = new ProgressLine();
  const env: OpenEngine = openEngine(config, lease, {
    log: (level, message) => {
      if (level !== 'info') cli.note(`${level === 'error' ? mark('error') : mark('warning')} ${plain(message)}`);
    },
    progress: (p) => {
      if (!cli.json) progress.update(p);
    },
  });
  using _ = env.store;
  const around = { config, store: env.store, now: Date.now, rulesWritten: () => {} };
  keepVersion(around, cli.actor.who, `as found by "causeway ${name}"`, env.rules.loaded);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    if (order.kind === 'run') {
      applyChange(around, cli.actor, {
        kind: 'note',
        entry: { action: 'run-profile', after: { connector: order.connector, profile: order.profile } },
      });
      const options = { cycle: null, retryAll: true, retryRefused: true };
      return await runProfile(env, order.profile, order.connector, options, stop.signal);
    }
    const { policy, retryAll } = order;
    applyChange(around, cli.actor, { kind: 'note', entry: { action: 'start-cycle', after: { policy } } });
    const result = await runCycle(env, { policy, retryAll }, stop.signal);
    new Upkeep(config, env.store).afterCycle(result, policy, Date.now());
    return result;
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** How a change is put to a running service. */
export interface ServiceCall {
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
}

/** Carries out a change of the state. */
export async function changeState(cli: CliContext, change: Change, call: ServiceCall): Promise<unknown> {
  const config = cli.config();
  const service = await findService(config, cli.actor.who);
  if (service) return service.send(call.method, call.path, call.body);
  using _ = acquireLease(stateDirectory(config), change.kind);
  using store = openStore(storeFile(config));
  return applyChange({ config, store, now: Date.now, rulesWritten: () => {} }, cli.actor, change);
}
