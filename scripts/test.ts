/**
 * `npm test`: type check, linter, unit tests (beside the code), tests with real servers (`test/`).
 *
 *   node scripts/test.ts             everything; installs the servers that are missing where it can
 *   node scripts/test.ts --unit      checks and unit tests only, needs nothing
 *   node scripts/test.ts PATH…       the tests of these files or directories, without the checks
 *
 * Exits non-zero if anything failed or was skipped. The last line says how many passed and failed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { tempDirectory } from '../test/support/temp.ts';
import type { TestCounts } from './count-reporter.ts';
import { ensurePackages, type ServerKind } from './ensure-packages.ts';

const ROOT = join(import.meta.dirname, '..');
const REPORTER = join(import.meta.dirname, 'count-reporter.ts');
const UNIT_TIMEOUT_MS = 60_000;
/** Of a whole file: a test that stops a process fifty times needs minutes. */
const SERVER_TIMEOUT_MS = 900_000;
/** Of a check or of half the unit tests: only something that hangs takes this long. */
const WATCHDOG_MS = 600_000;

interface Outcome {
  readonly title: string;
  readonly ok: boolean;
  readonly counts?: TestCounts;
}

const children = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    process.exitCode = 130;
  });
}

async function main(args: readonly string[]): Promise<number> {
  const paths = args.filter((a) => !a.startsWith('--'));
  const unknown = args.find((a) => a.startsWith('--') && a !== '--unit');
  if (unknown) throw new Error(`Unknown option ${unknown}; there is --unit, and there are paths.`);
  const files = paths.length > 0 ? paths.flatMap(testsIn) : testsIn('.');
  const unit = files.filter((file) => !isServerTest(file));
  const server = args.includes('--unit') ? [] : files.filter(isServerTest);
  const outcomes: Outcome[] = [];
  // Asked before anything else runs: whoever has to install something should not have to wait for it.
  if (paths.length === 0 && server.length > 0) await prepareServers(server);
  if (paths.length === 0)
    outcomes.push(...(await Promise.all([check('tsc', ['--noEmit']), check('biome', ['check'])])));
  if (unit.length > 0) outcomes.push(...(await Promise.all(halves(unit).map(runUnit))));
  if (server.length > 0) outcomes.push(await runServerTests(server));
  return summarize(outcomes);
}

const isServerTest = (file: string): boolean => file.startsWith(`test${sep}`);

/** Test files at or below a path, relative to the root. Throws if there are none. */
function testsIn(path: string): string[] {
  const full = join(ROOT, relative(ROOT, path === '.' ? ROOT : join(process.cwd(), path)));
  if (!existsSync(full)) throw new Error(`There is no ${path}.`);
  if (statSync(full).isFile()) return [relative(ROOT, full)];
  const start = relative(ROOT, full);
  const roots = start === '' ? ['src', 'scripts', 'bench', 'console/src', 'test'] : [start];
  const found = roots.flatMap((root) => globSync(`${root}/**/*.test.ts`, { cwd: ROOT })).sort();
  if (found.length === 0) throw new Error(`There are no tests (*.test.ts) in ${path}.`);
  return found.filter((file) => !file.split(sep).includes('node_modules'));
}

/** Two equal parts, so that both cores work; one if there is little to do. */
function halves(files: readonly string[]): string[][] {
  if (files.length < 4) return [[...files]];
  return [files.filter((_, i) => i % 2 === 0), files.filter((_, i) => i % 2 === 1)];
}

async function prepareServers(files: readonly string[]): Promise<void> {
  const needsBrowser = files.some((file) => readFileSync(join(ROOT, file), 'utf8').includes('playwright'));
  const kinds: ServerKind[] = ['samba', 'slapd', ...(needsBrowser ? (['browser'] as const) : [])];
  const titles = { samba: 'Samba AD DC', slapd: 'OpenLDAP', browser: 'Chromium' } as const;
  const report = await ensurePackages(kinds);
  const text = report.map(({ kind, installed }) => `${titles[kind]} ${installed ? 'installed' : 'found'}`).join(', ');
  process.stdout.write(`Servers for the tests: ${text}.\n`);
  if (process.getuid?.() !== 0) {
    process.stdout.write(
      'Samba needs root for the ports of a domain controller; run `sudo npm test` if it cannot start.\n',
    );
  }
}

/** Runs a tool of node_modules/.bin. Its output is shown when it is done, so that two can run at once. */
async function check(tool: string, args: readonly string[]): Promise<Outcome> {
  const { code, output } = await capture(join(ROOT, 'node_modules/.bin', tool), args);
  process.stdout.write(`${tool} ${args.join(' ')}: ${code === 0 ? 'ok' : 'failed'}\n${code === 0 ? '' : output}`);
  return { title: `${tool} ${args.join(' ')}`, ok: code === 0 };
}

/** One process for all the files: most of the time of a small test file is the start of its process. */
async function runUnit(files: readonly string[]): Promise<Outcome> {
  await using temp = tempDirectory('unit');
  const counts = join(temp.path, 'counts');
  const flags = [...testFlags(counts, UNIT_TIMEOUT_MS), '--test-isolation=none'];
  const { code, output } = await capture(process.execPath, [...flags, ...files]);
  process.stdout.write(output);
  return outcome('unit tests', code, counts);
}

async function runServerTests(files: readonly string[]): Promise<Outcome> {
  await using temp = tempDirectory('tests');
  const counts = join(temp.path, 'counts');
  const flags = [...testFlags(counts, SERVER_TIMEOUT_MS), '--test-concurrency=2'];
  const code = await new Promise<number>((resolve) => {
    start(process.execPath, [...flags, ...files], 'inherit').on('close', (exit) => resolve(exit ?? 1));
  });
  return outcome('tests with real servers', code, counts);
}

const testFlags = (counts: string, timeoutMs: number): string[] => [
  '--test',
  `--test-timeout=${timeoutMs}`,
  ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
  ...[`--test-reporter=${REPORTER}`, `--test-reporter-destination=${counts}`],
];

function outcome(title: string, code: number, file: string): Outcome {
  const line = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').at(-1) : '';
  // A run that was killed, or a test that called process.exit, leaves no counts.
  if (!line) return { title: `${title} (the run ended before its summary)`, ok: false };
  const counts = JSON.parse(line) as TestCounts;
  return { title, ok: code === 0 && counts.failed === 0 && counts.skipped === 0, counts };
}

function summarize(outcomes: readonly Outcome[]): number {
  const sum = (key: keyof TestCounts): number => outcomes.reduce((n, o) => n + (o.counts?.[key] ?? 0), 0);
  const failed = outcomes.filter((o) => !o.ok).map((o) => o.title);
  const skipped = sum('skipped');
  if (skipped > 0) process.stdout.write(`${skipped} tests were skipped; that counts as a failure here.\n`);
  if (failed.length > 0) process.stdout.write(`Failed: ${failed.join(', ')}.\n`);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
  return failed.length === 0 ? 0 : 1;
}

async function capture(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = start(command, args, 'pipe');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const watchdog = setTimeout(() => {
    output += `${command} did not end within ${WATCHDOG_MS / 1000} s and was killed.\n`;
    child.kill('SIGKILL');
  }, WATCHDOG_MS);
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      resolve(1);
    });
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  clearTimeout(watchdog);
  return { code, output };
}

function start(command: string, args: readonly string[], output: 'inherit' | 'pipe'): ChildProcess {
  const env = {
    ...process.env,
    FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
    // Every file of server tests is a process, and many start others: each would compile the program anew.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ROOT, 'node_modules/.cache/tests'),
  };
  // A run inside of a test must not report to the runner around it.
  delete (env as NodeJS.ProcessEnv).NODE_TEST_CONTEXT;
  const child = spawn(command, [...args], { cwd: ROOT, env, stdio: ['ignore', output, output] });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
