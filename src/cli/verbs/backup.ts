/** `causeway backup FILE`: the state as it is at this moment, also while a service runs. */
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { noteCopy } from '../../service/facts/copies.ts';
import { type CliContext, CliError } from '../context.ts';
import { plain } from '../output.ts';

export function registerBackup(program: Command, context: () => CliContext): void {
  program
    .command('backup <file>')
    .description('copy the state (links, history, audit log) into one file; may be done while the service runs')
    .action((file: string) => {
      const cli = context();
      using reading = cli.reading();
      if (reading.isNew) throw new CliError('nothing-to-back-up', 'Nothing was synchronized yet: there is no state.');
      const target = resolve(file);
      const made = Date.now();
      const bytes = copyPrivately((copy) => reading.store.copyTo(copy), target);
      noteCopy(cli.config(), target, made);
      cli.answer({ file: target, bytes }, () =>
        [
          `The state is in ${plain(target)} (${Math.ceil(bytes / 1024)} KiB). It holds names and values of people: keep it like the original.`,
          'Configuration and rules are files of their own: keep them with it. docs/operations.md says how to go back.',
        ].join('\n'),
      );
    });
}

/** Makes the copy in a folder that only this account may enter, so that nobody can read it at any moment; bytes. */
function copyPrivately(copy: (file: string) => void, target: string): number {
  if (existsSync(target))
    throw new CliError('file-exists', `${plain(target)} is there already; a backup does not write over anything.`);
  const folder = dirname(target);
  if (!existsSync(folder)) throw new CliError('no-such-folder', `There is no folder ${plain(folder)}.`);
  const scratch = mkdtempSync(join(folder, '.causeway-backup-'));
  try {
    const made = join(scratch, basename(target));
    copy(made);
    chmodSync(made, 0o600);
    renameSync(made, target);
    return statSync(target).size;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
