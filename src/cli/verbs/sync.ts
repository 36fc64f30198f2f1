/** `causeway sync`, `causeway run`: one cycle or one run profile, here and now. */
import type { Command } from 'commander';
import { acquireLease } from '../../scheduler/lease.ts';
import { openEngine, stateDirectory } from '../../service/open-engine.ts';
import type { EngineEnvironment } from '../../sync/context.ts';
import { type CycleResult, type Profile, type RunResult, runCycle, runProfile } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, ProgressLine, paint, plain, statusMark } from '../output.ts';

const profiles: readonly Profile[] = ['full-import', 'delta-import', 'full-sync', 'delta-sync', 'export'];
const exitCodes: Record<CycleResult['outcome'], number> = { clean: 0, 'object-errors': 2, failed: 1 };

export function registerSync(program: Command, context: () => CliContext): void {
  program
    .command('sync')
    .description('run one cycle now')
    .option('--policy <policy>', 'delta or initial', 'delta')
    .action(async (options: { policy: string }) => {
      const policy = options.policy.toLowerCase();
      if (policy !== 'delta' && policy !== 'initial')
        throw new CliError('bad-argument', `The policy is "delta" or "initial", not "${options.policy}".`);
      const cli = context();
      const result = await withEngine(cli, 'sync', (env, signal) => runCycle(env, { policy, retryAll: true }, signal));
      cli.answer(result, () => cycleText(result));
      process.exitCode = exitCodes[result.outcome];
    });
  program
    .command('run <connector> <profile>')
    .description(`run one run profile: ${profiles.join(', ')}`)
    .action(async (connector: string, profile: string) => {
      const cli = context();
      const known = profiles.find(
        (p) => p === profile.toLowerCase().replaceAll(' ', '-').replace('synchronization', 'sync'),
      );
      if (!known)
        throw new CliError('bad-argument', `There is no run profile "${profile}". Profiles: ${profiles.join(', ')}.`);
      const names = cli.config().settings.connectors.map((c) => c.name);
      if (!names.includes(connector))
        throw new CliError(
          'unknown-connector',
          `There is no connector "${connector}". Connectors: ${names.join(', ')}.`,
        );
      const result = await withEngine(cli, `run ${profile}`, (env, signal) =>
        runProfile(env, known, connector, { cycle: null, retryAll: true }, signal),
      );
      cli.answer(result, () => runText(result));
      process.exitCode = /^(stopped|no-start)/.test(result.status) ? 1 : /-errors$/.test(result.status) ? 2 : 0;
    });
}

/** Opens the engine for one piece of work in this process; Ctrl-C stops it in good order. */
async function withEngine<T>(
  cli: CliContext,
  purpose: string,
  work: (env: EngineEnvironment, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const config = cli.config();
  using lease = acquireLease(stateDirectory(config), purpose);
  const progress = new ProgressLine();
  const env = openEngine(config, lease, {
    log: (level, message) => {
      if (level !== 'info') cli.note(`${level === 'error' ? mark('error') : mark('warning')} ${plain(message)}`);
    },
    progress: (p) => {
      if (!cli.json) progress.update(p);
    },
  });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await work(env, stop.signal);
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    env.store[Symbol.dispose]();
  }
}

export function runText(run: RunResult): string {
  const counters = Object.entries(run.counters)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
  const head = `${mark(statusMark(run.status))} ${(run.connector ?? 'all connectors').padEnd(28)} ${run.profile.padEnd(13)} ${paint('bold', run.status)}`;
  const error = run.error ? `\n    ${plain(run.error.message)}\n    ${plain(run.error.remedy)}` : '';
  return `${head}${counters ? `  ${paint('gray', counters)}` : ''}${error}`;
}

const verdicts: Record<CycleResult['outcome'], string> = {
  clean: 'The cycle ended clean.',
  'object-errors': 'The cycle completed, but some objects have errors: "causeway diagnose" says which and why.',
  failed: 'The cycle failed in part; what is told above says where and what to do.',
};
const cycleText = (result: CycleResult): string =>
  [...result.runs.map(runText), '', verdicts[result.outcome]].join('\n');
