/** Files that are replaced as a whole: whoever reads finds the old text or the new one, also after a loss of power. */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Refusal } from '../refusal.ts';

/**
 * Replaces the text of a file that exists; mode, owner and a link that leads to it stay. Throws a Refusal if it may not be
 * written, and then it is as it was.
 */
export function replaceFile(path: string, text: string): void {
  try {
    const file = realpathSync(path);
    const beside = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
    try {
      writeBeside(file, beside, text);
      renameSync(beside, file);
    } finally {
      rmSync(beside, { force: true });
    }
    syncFolder(dirname(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Refusal(
      'conflict',
      `${path} cannot be written (${code}). The user who runs this needs the right to write the file and its folder; a file that is only mounted for reading is changed where it comes from.`,
      { code: 'configuration-not-writable' },
    );
  }
}

function writeBeside(file: string, beside: string, text: string): void {
  const { mode, uid, gid } = statSync(file);
  rmSync(beside, { force: true });
  const handle = openSync(beside, 'wx', 0o600);
  try {
    writeSync(handle, text);
    fchmodSync(handle, mode & 0o7777);
    // Only root can give a file away; everybody else's file is their own already.
    if (process.getuid?.() === 0) fchownSync(handle, uid, gid);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The new name is on disk, too. Windows knows no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
