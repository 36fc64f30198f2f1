/** The `causeway` command (architecture s.3.2). One file a verb. */
import { Command, CommanderError } from 'commander';
import { expandCmdlet } from './cmdlets.ts';
import { createContext, type Register, tell } from './context.ts';
import { registerAlerts } from './verbs/alerts.ts';
import { registerBackup } from './verbs/backup.ts';
import { registerCheck } from './verbs/check.ts';
import { registerConfig } from './verbs/config.ts';
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

const program = new Command('causeway')
  .description('Hybrid identity synchronization that explains everything it does.')
  .option('--config <file>', 'configuration', process.env.CAUSEWAY_CONFIG ?? 'causeway.yaml')
  .option('--json', 'answer with one JSON document', false)
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(`${text.trimEnd()} [bad-argument]\n`) })
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
  await program.parseAsync(expandCmdlet(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else process.exitCode = tell(error, program.opts().json === true);
}
