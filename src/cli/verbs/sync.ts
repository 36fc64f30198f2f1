/** `causeway sync`, `causeway run`, `causeway stop`: one cycle or one run profile now, or an end to it. */
import type { Command } from 'commander';
import { windowAt } from '../../scheduler/maintenance.ts';
import type { CycleResult, Profile, RunResult } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { engineWork } from '../engine-access.ts';
import { mark, paint, plain, statusMark } from '../output.ts';
import { findService } from '../service-client.ts';
import { syncPlan } from './plan-run.ts';

const profiles: readonly Profile[] = ['full-import', 'delta-import', 'full-sync', 'delta-sync', 'export'];
const exitCodes: Record<CycleResult['outcome'], number> = { clean: 0, 'object-errors': 2, failed: 1 };

export function registerSync(program: Command, context: () => CliContext): void {
  program
    .command('sync')
    .description('run one cycle now')
    .option('--policy <policy>', 'delta or initial', 'delta')
    .option('--plan <file>', 'export exactly what this plan says, or nothing')
    .option('--approve-deletes', 'with --plan: its deletes are right although they exceed the limit')
    .action(async (options: { policy: string; plan?: string; approveDeletes?: boolean }) => {
      if (options.plan !== undefined) return syncPlan(context(), options.plan, options.approveDeletes === true);
      const policy = options.policy.toLowerCase();
      if (policy !== 'delta' && policy !== 'initial')
        throw new CliError('bad-argument', `The policy is "delta" or "initial", not "${options.policy}".`);
      const cli = context();
      noteMaintenance(cli);
      const result = await engineWork<CycleResult>(cli, { kind: 'cycle', policy, retryAll: true });
      cli.answer(result, () => cycleText(result));
      process.exitCode = exitCodes[result.outcome];
    });
  program
    .command('run <connector> <profile>')
    .description(`run one run profile: ${profiles.join(', ')}`)
    .action(async (connector: string, given: string) => {
      const cli = context();
      const profile = profiles.find(
        (p) => p === given.toLowerCase().replaceAll(' ', '-').replace('synchronization', 'sync'),
      );
      if (!profile)
        throw new CliError('bad-argument', `There is no run profile "${given}". Profiles: ${profiles.join(', ')}.`);
      const names = cli.config().settings.connectors.map((c) => c.name);
      if (!names.includes(connector))
        throw new CliError(
          'unknown-connector',
          `There is no connector "${connector}". Connectors: ${names.join(', ')}.`,
        );
      noteMaintenance(cli);
      const result = await engineWork<RunResult>(cli, { kind: 'run', connector, profile });
      cli.answer(result, () => runText(result));
      process.exitCode = /^(stopped|no-start)/.test(result.status) ? 1 : /-errors$/.test(result.status) ? 2 : 0;
    });
  program
    .command('stop')
    .description('stop what the service runs, in good order; what was done so far is kept')
    .action(async () => {
      const cli = context();
      const service = await findService(cli.config(), cli.actor.who);
      if (!service)
        throw new CliError('no-service', 'No service runs on this state. A command that runs is stopped with Ctrl-C.');
      const answer = await service.send<{ stopped: boolean }>('POST', '/work/stop');
      cli.answer(answer, () => (answer.stopped ? 'It stops after the page that is being written.' : 'Nothing runs.'));
    });
}

/** Windows hold back what starts by itself, and nothing that somebody asks for; he may not know that one is open. */
function noteMaintenance(cli: CliContext): void {
  const window = windowAt(cli.config().settings.scheduler.maintenance, Date.now());
  if (!window) return;
  const until = window.isEndless ? '' : ` until ${new Date(window.until).toISOString()}`;
  const because = window.reason === undefined ? '' : ` (${plain(window.reason)})`;
  cli.note(`${mark('waiting')} A maintenance window is open${until}${because}; this runs because you asked for it.`);
}

export function runText(
  run: Pick<RunResult, 'connector' | 'profile' | 'status' | 'counters'> & { error?: RunResult['error'] | null },
): string {
  const counters = Object.entries(run.counters)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
  const head = `${mark(statusMark(run.status))} ${plain(run.connector ?? 'all connectors').padEnd(28)} ${run.profile.padEnd(13)} ${paint('bold', run.status)}`;
  const error = run.error ? `\n    ${plain(run.error.message)}\n    ${plain(run.error.remedy)}` : '';
  return `${head}${counters ? `  ${paint('gray', counters)}` : ''}${error}`;
}

const verdicts: Record<CycleResult['outcome'], string> = {
  clean: 'The cycle ended clean.',
  'object-errors': 'The cycle completed, but some objects have errors: "causeway diagnose" says which and why.',
  failed: 'The cycle failed in part; what is told above says where and what to do.',
};
export const cycleText = (result: CycleResult): string =>
  [...result.runs.map(runText), '', verdicts[result.outcome]].join('\n');
