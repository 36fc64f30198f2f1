/**
 * All benchmarks of the main job, one process each, and the table in `docs/benchmarks.md`.
 * `npm run bench` (10,000 and 100,000 objects), `npm run bench -- --million` (adds a population of 1,000,000; some ten
 * minutes and 3 GB of disk), `npm run bench -- --write` (writes the document).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

type Result = Record<string, number | string>;
const million = process.argv.includes('--million');
const jobs: readonly (readonly string[])[] = [
  ['wire.ts', '10000'],
  ['sync.ts', '10000'],
  ['sync.ts', '100000'],
  ['sync.ts', '260000', '100', '1000000'],
  ...(million ? [['sync.ts', '1000000', '50000']] : []),
  ['rules.ts'],
  ['graph-export.ts', '6000'],
  ['precheck.ts', '100000'],
  ['diagnosis-plan.ts', '100000', '5000'],
  ['diagnose.ts', '100000', '5000'],
];

function run([file = '', ...args]: readonly string[]): Result[] {
  console.error(`bench/${file} ${args.join(' ')}`);
  const child = spawnSync(process.execPath, ['--max-old-space-size=8192', join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (child.status !== 0) throw new Error(`bench/${file} ended with ${child.status ?? child.signal}`);
  const lines = child.stdout.split('\n');
  const results = lines.filter((l) => l.startsWith('BENCH ')).map((l) => JSON.parse(l.slice(6)) as Result);
  if (results.length === 0) console.log(child.stdout);
  for (const r of results) console.log(table(r));
  return results;
}

function table(result: Result): string {
  const { name, ...facts } = result;
  return [
    `### ${name}`,
    '',
    '| What | Value |',
    '|---|---|',
    ...Object.entries(facts).map(([k, v]) => `| ${k} | ${typeof v === 'number' ? v.toLocaleString('en') : v} |`),
    '',
  ].join('\n');
}

const results = jobs.flatMap(run);
if (process.argv.includes('--write')) {
  const path = join(import.meta.dirname, '../docs/benchmarks.md');
  const begin = '<!-- results: begin -->';
  const end = '<!-- results: end -->';
  const text = readFileSync(path, 'utf8');
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
  const body = [`Measured on ${machine}.`, '', ...results.map(table)].join('\n');
  writeFileSync(
    path,
    `${text.slice(0, text.indexOf(begin) + begin.length)}\n${body}\n${text.slice(text.indexOf(end))}`,
  );
}
