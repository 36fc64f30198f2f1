/** The `causeway` command (architecture s.3.2). One file a verb. */
import { Command, CommanderError } from 'commander';
import { expandCmdlet } from './cmdlets.ts';
import { CliError, createContext, tell } from './context.ts';
import { verbFilesFor } from './verbs.ts';

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

for (const file of verbFilesFor(words)) (await file.load())(program, () => createContext(program.opts()));

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
