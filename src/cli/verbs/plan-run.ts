/** `causeway sync --plan FILE`: exactly what the plan says, or nothing. */
import { readFileSync } from 'node:fs';
import { PlanFileError, readPlanFile } from '../../diagnosis/plan/file.ts';
import type { PlanRun } from '../../diagnosis/plan/run.ts';
import { acquireLease } from '../../scheduler/lease.ts';
import { applyChange } from '../../service/changes.ts';
import { openEngine, stateDirectory } from '../../service/engine/open-engine.ts';
import { executePlan, planSummary } from '../../service/execute-plan.ts';
import type { Work } from '../../service/work-queue.ts';
import { type CliContext, CliError } from '../context.ts';
import { followWork } from '../engine-access.ts';
import { mark, ProgressLine, plain } from '../output.ts';
import { findService } from '../service-client.ts';
import { runText } from './sync.ts';

/** Through the service if one runs. Exit codes as for a cycle: 0 clean, 2 object errors, 1 failed or refused. */
export async function syncPlan(cli: CliContext, file: string, approveDeletes: boolean): Promise<void> {
  const text = planText(file);
  const service = await findService(cli.config(), cli.actor.who);
  const path = `/plan-runs?approveDeletes=${approveDeletes}`;
  const result = service
    ? ((await followWork(cli, service, service.post<Work>(path, text))) as PlanRun)
    : await inProcess(cli, text, approveDeletes);
  cli.answer(result, () => planRunText(result));
  process.exitCode = { clean: 0, 'object-errors': 2, failed: 1 }[result.outcome];
}

async function inProcess(cli: CliContext, text: string, approveDeletes: boolean): Promise<PlanRun> {
  const config = cli.config();
  const plan = planSummary(text);
  using lease = acquireLease(stateDirectory(config), 'sync --plan');
  const progress = new ProgressLine();
  const env = openEngine(config, lease, {
    log: (level, message) => {
      if (level !== 'info') cli.note(`${level === 'error' ? mark('error') : mark('warning')} ${plain(message)}`);
    },
    progress: (p) => {
      if (!cli.json) progress.update(p);
    },
  });
  using _ = env.store;
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const around = { config, store: env.store, now: Date.now, rulesWritten: () => {} };
    const entry = { action: 'run-plan', after: { ...plan, approveDeletes } };
    applyChange(around, cli.actor, { kind: 'note', entry });
    return await executePlan(env, text, approveDeletes, stop.signal);
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** The text of a plan file. Throws a CliError that names the file and what is wrong with it. */
function planText(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    readPlanFile(text, file);
    return text;
  } catch (error) {
    if (error instanceof PlanFileError) throw new CliError(error.code, error.message);
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw new CliError(
      'no-plan',
      `The plan ${file} cannot be read (${code}). Make one with "causeway plan --out FILE".`,
    );
  }
}

function planRunText({ runs, comparison }: PlanRun): string {
  const { asPredicted, unexpected, notRefused } = comparison;
  return [
    ...runs.map(runText),
    '',
    `${asPredicted} refusals came as predicted, ${unexpected.length} were not predicted, ${notRefused.length} predicted ones did not come.`,
    ...unexpected.slice(0, 20).map((u) => `  ${mark('error')} ${plain(`${u.dn}: ${u.code}: ${u.message}`)}`),
    ...notRefused.slice(0, 20).map((u) => `  ${mark('ok')} ${plain(`${u.dn}: no ${u.code}`)}`),
  ].join('\n');
}
