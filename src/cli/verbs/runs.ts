/** `causeway runs [ID]`: the run history with the counters of the Operations tab. */
import type { Command } from 'commander';
import {
  type RunDetail,
  type RunFacts,
  type RunObject,
  runDetail,
  runObjects,
  runPage,
} from '../../service/facts/runs.ts';
import { Refusal } from '../../service/refusal.ts';
import { type CliContext, CliError } from '../context.ts';
import { duration, mark, paint, plain, statusMark, table } from '../output.ts';
import { valueText } from '../value-text.ts';

interface RunsOptions {
  readonly limit: string;
  readonly connector?: string;
  readonly profile?: string;
  readonly cursor?: string;
  readonly troubled?: boolean;
  readonly counter?: string;
}
const profiles = ['full-import', 'delta-import', 'full-sync', 'delta-sync', 'export'] as const;

export function registerRuns(program: Command, context: () => CliContext): void {
  program
    .command('runs [id]')
    .description('the run history, or one run with its counters')
    .option('--limit <n>', 'rows', '20')
    .option('--cursor <cursor>', 'go on after a page')
    .option('--connector <name>', 'only of this connector')
    .option('--profile <profile>', `only of this run profile: ${profiles.join(', ')}`)
    .option('--troubled', 'only runs that did not end well')
    .option('--counter <name>', 'the objects behind a counter of the run')
    .action((id: string | undefined, options: RunsOptions) => {
      const cli = context();
      using reading = cli.reading();
      const limit = readLimit(options.limit);
      if (id !== undefined) {
        const number = Number(/^\d{1,15}$/.exec(id)?.[0] ?? Number.NaN);
        if (Number.isNaN(number)) throw new CliError('bad-argument', `"${id}" is no number of a run.`);
        if (options.counter !== undefined) {
          const page = runObjects(reading.store, number, { counter: options.counter, limit, cursor: options.cursor });
          cli.answer(page, () => objectsText(page.items));
          return;
        }
        const detail = runDetail(reading.store, number);
        cli.answer(detail, () => detailText(detail));
        return;
      }
      const profile = profiles.find((p) => p === options.profile?.toLowerCase());
      if (options.profile !== undefined && !profile)
        throw new Refusal(
          'bad-argument',
          `There is no run profile "${options.profile}". Profiles: ${profiles.join(', ')}.`,
        );
      const page = runPage(reading.store, reading.config, {
        limit,
        cursor: options.cursor,
        connector: options.connector,
        profile,
        troubled: options.troubled,
      });
      cli.answer(page, () => listText(page.items));
    });
}

/** Rows of a page, from text. */
export function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 200) return limit;
  throw new CliError('bad-argument', `--limit is a whole number from 1 to 200, not "${text}".`);
}

function listText(runs: readonly RunFacts[]): string {
  if (runs.length === 0) return 'Nothing has run yet. "causeway sync --policy initial" runs the first cycle.';
  return table(
    ['Run', '', 'Connector', 'Profile', 'Status', 'Started', 'Duration', 'Changes'],
    runs.map((r) => [
      String(r.id),
      mark(statusMark(r.status)),
      r.connector ?? 'all',
      r.profile,
      r.status,
      r.started,
      r.durationMs === null ? '' : duration(r.durationMs),
      Object.entries(r.counters)
        .map(([name, n]) => `${name} ${n}`)
        .join(', '),
    ]),
  );
}

function detailText(run: RunDetail): string {
  const lines = [
    `${mark(statusMark(run.status))} ${paint('bold', `Run ${run.id}: ${run.profile} of ${plain(run.connector ?? 'all connectors')}`)}`,
    `${run.title} (${run.status})`,
    `${run.started}${run.durationMs === null ? '' : `, ${duration(run.durationMs)}`}${run.server ? `, ${plain(run.server)}` : ''}`,
  ];
  if (run.error) lines.push('', plain(run.error.message), plain(run.error.remedy));
  for (const group of ['staging', 'inbound', 'outbound', 'export', 'confirm'] as const) {
    const counters = run.table.filter((c) => c.group === group);
    if (counters.length === 0) continue;
    lines.push('', paint('bold', group));
    lines.push(
      ...counters.map((c) => `  ${c.title.padEnd(40)} ${String(c.count).padStart(8)}  ${paint('gray', c.name)}`),
    );
  }
  const [behind] = run.table.filter((c) => c.listed > 0);
  if (behind) lines.push('', `The objects: causeway runs ${run.id} --counter ${behind.name}`);
  return lines.join('\n');
}

function objectsText(objects: readonly RunObject[]): string {
  if (objects.length === 0) return 'No objects are kept behind this counter.';
  return objects
    .flatMap((o) => [
      `${plain(o.dn || o.reference)}  ${paint('gray', `${o.connector} ${o.type ?? ''} ${o.reference}`)}`,
      ...o.changes.map(
        (c) =>
          `    ${plain(c.attribute)}: ${c.before === undefined ? '' : `- ${valueText(c.before)}  `}${c.after === undefined ? '' : `+ ${valueText(c.after)}`}`,
      ),
    ])
    .join('\n');
}
