/** The `causeway` command (architecture s.3.2). One file a verb. */
import { Command, CommanderError } from 'commander';
import { expandCmdlet } from './cmdlets.ts';
import { CliError, createContext, type Register, tell } from './context.ts';
import { registerAlerts } from './verbs/alerts.ts';
import { registerBackup } from './verbs/backup.ts';
import { registerCheck } from './verbs/check.ts';
import { registerConfig } from './verbs/config.ts';
import { registerConnector } from './verbs/connector.ts';
import { registerDiagnose } from './verbs/diagnose.ts';
import { registerExplain } from './verbs/explain.ts';
import { registerFix } from './verbs/fix.ts';
import { registerHistory } from './verbs/history.ts';
import { registerObjects } from './verbs/objects.ts';
import { registerPasswords } from './verbs/passwords.ts';
import { registerPlan } from './verbs/plan.ts';
import { registerPrecheck } from './verbs/precheck.ts';
import { registerRules } from './verbs/rules.ts';
import { registerRuns } from './verbs/runs.ts';
import { registerStart } from './verbs/start.ts';
import { registerStatus } from './verbs/status.ts';
import { registerSupportBundle } from './verbs/support-bundle.ts';
import { registerSync } from './verbs/sync.ts';
import { registerTenant } from './verbs/tenant.ts';

const words = expandCmdlet(process.argv.slice(2));
/** Asked for anywhere: whoever reads the answer with a program wants to read a mistake in the command with it, too. */
const isJson = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined).includes('--json');

const program = new Command('causeway')
  .description('Hybrid identity synchronization that explains everything it does.')
  .option('--config <file>', 'configuration', process.env.CAUSEWAY_CONFIG ?? 'causeway.yaml')
  .option('--json', 'answer with one JSON document', false)
  .showSuggestionAfterError()
  .configureOutput({
    outputError: (text, write) => (isJson ? undefined : write(`${text.trimEnd()} [bad-argument]\n`)),
    // The help that follows a command without its verb; help that was asked for goes to standard output.
    ...(isJson ? { writeErr: () => {} } : {}),
  })
  .exitOverride();

/** All verbs, in the order in which help lists them. */
const verbs: readonly Register[] = [
  registerStart,
  registerTenant,
  registerSync,
  registerStatus,
  registerAlerts,
  registerRuns,
  registerObjects,
  registerHistory,
  registerExplain,
  registerDiagnose,
  registerFix,
  registerPlan,
  registerPrecheck,
  registerCheck,
  registerBackup,
  registerRules,
  registerConfig,
  registerConnector,
  registerPasswords,
  registerSupportBundle,
];
for (const register of verbs) register(program, () => createContext(program.opts()));

// Whoever reads only the beginning (`| head`) is done with the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  if (!(error instanceof CommanderError)) process.exitCode = tell(error, isJson);
  else if (error.exitCode === 0) process.exitCode = 0;
  else process.exitCode = isJson ? tell(new CliError('bad-argument', usageMessage(error)), true) : 1;
}

/** What is wrong with the command, as a sentence. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'The command is not complete; with --help it lists what it can do.';
  const [first = '', ...hints] = message.replace(/^error: /, '').split('\n');
  return [`${first.charAt(0).toUpperCase()}${first.slice(1).replace(/[.]$/, '')}.`, ...hints].join(' ').trim();
}
