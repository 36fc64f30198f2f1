/** The `causeway` command as a real process. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '..', '..', 'bin', 'causeway.js');
/** Milliseconds after which a command hangs. */
const longest = 60_000;

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The one JSON document on standard output. */
  json<T = Record<string, never>>(): T;
}

/** Runs a command to its end; never rejects for its exit code. */
export function causeway(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1', ...options.env };
    // A command that a test runs must not report to the runner around it.
    delete (env as NodeJS.ProcessEnv).NODE_TEST_CONTEXT;
    const settings = { env, cwd: options.cwd, timeout: longest, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [program, ...args], settings, (error, out, err) => {
      if (error && typeof error.code !== 'number') {
        reject(new Error(`causeway ${args.join(' ')} did not end by itself: ${error.message}\n${err}`));
        return;
      }
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, out, err, json: () => JSON.parse(out) as never });
    });
  });
}
