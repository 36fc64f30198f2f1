/** `causeway precheck --apply FILE`: an edited table back into the directories, with a table that takes it back. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApplyResult, type PlannedChange, planApply } from '../../diagnosis/precheck/apply.ts';
import { CsvError, parseCsv } from '../../diagnosis/precheck/csv.ts';
import type { Row } from '../../diagnosis/precheck/model.ts';
import { dnKey } from '../../model/dn.ts';
import type { Job } from '../../service/jobs.ts';
import type { AppliedTable } from '../../service/precheck/apply-job.ts';
import { applyTable } from '../../service/precheck/apply-table.ts';
import type { CycleResult, RunResult } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { changeState, engineWork } from '../engine-access.ts';
import { mark, ProgressLine, plain, table as tableText } from '../output.ts';
import { findService, type ServiceClient } from '../service-client.ts';

/** Milliseconds between two questions for a job. */
const pollMs = 200;

export interface ApplyArguments {
  /** A whole delta cycle afterwards, which exports too, instead of an import alone. */
  readonly sync: boolean;
  /** Finds what is still wrong once the directories were read again. */
  readonly recheck: () => Promise<readonly Row[]>;
}

/** Exit code 2 if a line could not be carried out. */
export async function runApply(cli: CliContext, path: string, options: ApplyArguments): Promise<void> {
  const text = readTable(path);
  const plan = readPlan(cli, path, text);
  const service = await findService(cli.config(), cli.actor.who);
  const table = service
    ? await throughService(cli, service, path, text, options)
    : await inProcess(cli, path, plan, options);
  const applied = plan.filter((c) => table.results.some((r) => r.line === c.line && r.outcome === 'applied'));
  const followUp = applied.length === 0 ? undefined : await lookAgain(applied, table.ran, options);
  const failed = table.results.filter((r) => r.outcome !== 'applied' && r.outcome !== 'already-so').length;
  const { results, undo } = table;
  cli.answer({ results, undo, recorded: true, ...(followUp ? { followUp } : {}) }, () =>
    [
      tableText(
        ['outcome', 'lines'],
        [...countBy(results.map((r) => r.outcome))].map(([o, n]) => [o, String(n)]),
      ),
      ...(table.left > 0 ? [`Called off: ${table.left} lines were not come to.`] : []),
      ...(followUp ? followUpText(followUp) : []),
      ...(undo ? [`Undo: causeway precheck --apply ${undo}`] : []),
    ].join('\n'),
  );
  process.exitCode = failed > 0 || table.left > 0 ? 2 : 0;
}

function tellResult(cli: CliContext, { outcome, line, dn, attribute, detail }: ApplyResult): void {
  const state = outcome === 'applied' ? 'ok' : outcome === 'already-so' ? 'none' : 'error';
  cli.note(`${mark(state)} line ${line}: ${plain(dn)} ${attribute}: ${outcome}. ${plain(detail)}`);
}

/** The service writes to the directories, because only it can write down who changed what. */
async function throughService(
  cli: CliContext,
  service: ServiceClient,
  path: string,
  text: string,
  { sync }: ApplyArguments,
): Promise<AppliedTable> {
  const query = new URLSearchParams({ table: basename(path), followUp: sync ? 'cycle' : 'import' });
  const progress = new ProgressLine();
  const onSignal = () => void stop?.().catch(() => undefined);
  let stop: (() => Promise<unknown>) | undefined;
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    let job = await service.post<Job>(`/precheck/apply?${query}`, text, 'text/csv');
    stop = () => service.send('DELETE', `/jobs/${job.id}`);
    while (job.state === 'running') {
      await delay(pollMs);
      job = await service.get<Job>(`/jobs/${job.id}`);
      if (!cli.json && job.progress) progress.update({ connector: 'precheck', step: 'changes', ...job.progress });
    }
    progress.finish();
    if (job.error) throw new CliError(job.error.code, job.error.message);
    const answer = job.answer as AppliedTable;
    for (const result of answer.results) tellResult(cli, result);
    return answer;
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function inProcess(
  cli: CliContext,
  path: string,
  plan: readonly PlannedChange[],
  { sync }: ApplyArguments,
): Promise<AppliedTable> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const call = { method: 'POST', path: '', body: {} } as const;
    const result = await applyTable(plan, {
      config: cli.config(),
      signal: stop.signal,
      record: (applied, undo) => changeState(cli, { kind: 'directory-changed', table: path, undo, applied }, call),
      told: (one) => tellResult(cli, one),
    });
    const lines = new Set(result.results.filter((r) => r.outcome === 'applied').map((r) => r.line));
    const connectors = new Set(plan.filter((p) => lines.has(p.line)).map((p) => p.connector));
    return { ...result, ran: connectors.size === 0 ? [] : await runAfter(cli, connectors, sync) };
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Reads the directories again. */
async function runAfter(cli: CliContext, connectors: ReadonlySet<string>, sync: boolean): Promise<AppliedTable['ran']> {
  if (sync) {
    const cycle = await engineWork<CycleResult>(cli, { kind: 'cycle', policy: 'delta', retryAll: true });
    return [{ what: 'delta cycle', outcome: cycle.outcome }];
  }
  const ran: { what: string; outcome: string }[] = [];
  for (const connector of connectors) {
    const run = await engineWork<RunResult>(cli, { kind: 'run', connector, profile: 'delta-import' });
    ran.push({ what: `delta import of ${connector}`, outcome: run.status });
  }
  return ran;
}

interface FollowUp {
  /** What was run to read the directories again. */
  readonly ran: readonly { readonly what: string; readonly outcome: string }[];
  /** Lines whose value is not found any more. */
  readonly gone: number;
  readonly still: readonly {
    readonly line: number;
    readonly dn: string;
    readonly attribute: string;
    readonly code: string;
  }[];
}

/** Looks again at the objects that were changed. */
async function lookAgain(
  applied: readonly PlannedChange[],
  ran: AppliedTable['ran'],
  { recheck }: ApplyArguments,
): Promise<FollowUp> {
  const place = (connector: string, dn: string, attribute: string) => `${connector} ${dnKey(dn)} ${attribute}`;
  const found = new Map(
    (await recheck()).map((r) => [place(r.object.connector, r.object.dn, r.attribute), r] as const),
  );
  const still = applied.flatMap(({ line, connector, dn, attribute, update }) => {
    const row = found.get(place(connector, dn, attribute));
    return row && (update === '' || row.value === update) ? [{ line, dn, attribute, code: row.code }] : [];
  });
  return { ran, gone: applied.length - still.length, still };
}

const followUpText = ({ ran, gone, still }: FollowUp): string[] => [
  ...ran.map((r) => `${r.what}: ${r.outcome}`),
  `${gone} of the applied lines are not found any more${still.length === 0 ? '.' : `, ${still.length} still are:`}`,
  ...still.slice(0, 20).map((s) => `  ${mark('warning')} line ${s.line}: ${plain(s.dn)} ${s.attribute}: ${s.code}`),
];

function readTable(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError('cannot-read-file', `${path} cannot be read (${code}).`);
  }
}

function readPlan(cli: CliContext, path: string, text: string): PlannedChange[] {
  const connectors = cli.config().settings.connectors.filter((c) => c.type !== 'entra');
  try {
    return planApply(
      parseCsv(text),
      connectors.map((c) => c.name),
    );
  } catch (error) {
    if (error instanceof CsvError) throw new CliError(error.code, `${path}: ${error.message} Nothing was changed.`);
    throw error;
  }
}

function countBy(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
