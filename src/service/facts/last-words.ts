/** What an engine that is gone wrote last, from the end of its log. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LeaseHolder } from '../../scheduler/lease.ts';

/** Bytes of the end of a log that are looked at. */
const tail = 256 * 1024;
/** Level of an error in the log (pino). */
const errorLevel = 50;

interface Line {
  readonly level: number;
  readonly time: string;
  readonly pid: number;
  readonly msg: string;
}

/** The last error of a process in its log; without one its last line, and that no reason was written. */
export function lastWords(file: string, holder: LeaseHolder): string {
  const lines = readLines(file).filter((l) => l.pid === holder.pid && l.time >= holder.since);
  const error = lines.findLast((l) => l.level >= errorLevel);
  if (error) return `${error.time}: ${error.msg}`;
  const last = lines.at(-1);
  const none = 'It wrote no reason, so it was killed, or the machine went down';
  return last
    ? `${none}. The last line of its log is of ${last.time}: ${last.msg}`
    : `${none}. Its log has no line of it.`;
}

function readLines(file: string): Line[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    // A command that works without the service keeps no log.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, tail));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read).split('\n').flatMap(lineOf);
  } finally {
    closeSync(descriptor);
  }
}

/** Nothing for a line that was cut off. */
function lineOf(text: string): Line[] {
  try {
    const { level, time, pid, msg } = JSON.parse(text) as Record<string, unknown>;
    return [{ level: Number(level), time: String(time), pid: Number(pid), msg: String(msg ?? '') }];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
