/** Server processes that end with the test process, however it ends. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

export interface ServerProcess {
  readonly pid: number;
  /** The last 64 kB the server wrote, for error messages. */
  output(): string;
  readonly exited: boolean;
  /** Asks, then kills after five seconds. */
  stop(): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a server in the foreground. Its standard input is a pipe from us that ends when we die, and where `setpriv`
 * exists (Linux) the kernel kills it together with us.
 */
export function startServer(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): ServerProcess {
  const guard = '/usr/bin/setpriv';
  const [file, argv] = existsSync(guard) ? [guard, ['--pdeathsig', 'KILL', command, ...args]] : [command, [...args]];
  const child = spawn(file, argv, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-65_536);
    });
  }
  child.on('error', (error) => {
    text += `${error.message}\n`;
  });
  // A server that is already gone cannot read; the exit itself is what the caller looks at.
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'exit').then(
    () => running.delete(child),
    () => running.delete(child),
  );
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (isGone()) return;
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(patience);
  };
  return {
    pid: child.pid ?? -1,
    output: () => text,
    get exited() {
      return isGone();
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Standard output of a command that ends by itself; an Error with what it wrote if it fails. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> {
  const { input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(command, [...args], { ...rest, maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')} failed: ${stderr || stdout || error.message}`));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
