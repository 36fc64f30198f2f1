/** `causeway fix FINDING [--apply]`: shows a fix, or carries it out, runs a cycle and looks whether the finding is gone. */
import type { Command } from 'commander';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { diagnosisText, findingText, fixResultText } from '../../diagnosis/diagnose-text.ts';
import type { Finding } from '../../diagnosis/findings/finding.ts';
import {
  applyFix,
  chooseFix,
  type FixHost,
  type FixResult,
  findFinding,
  findingsAbout,
  findingsCalled,
} from '../../diagnosis/fix/fix.ts';
import { FixError } from '../../diagnosis/fix/fix-error.ts';
import { readFieldChange } from '../../scheduler/fields.ts';
import type { Change } from '../../service/changes.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import type { CycleResult } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { changeState, engineWork } from '../engine-access.ts';
import { ProgressLine } from '../output.ts';
import { findService } from '../service-client.ts';
import { runDiagnosis } from './diagnose.ts';
import { terminalStyle } from './explain.ts';
import { plannedFindings } from './plan.ts';

interface FixArguments {
  readonly apply?: boolean;
  readonly number?: string;
  readonly for?: string;
  readonly from?: string;
}
/** Where a finding is told. */
interface ToldWhere {
  /** In the diagnosis of this object. */
  readonly reference: string | undefined;
  /** In the plan of the next export. */
  readonly isPlanned: boolean;
}

export function registerFix(program: Command, context: () => CliContext): void {
  program
    .command('fix <finding>')
    .description('show the fix of a finding; --apply carries it out and looks whether it helped')
    .option('--apply', 'carry it out')
    .option('--for <reference>', 'a finding that "causeway diagnose REFERENCE" told of this object')
    .option('--from <where>', '"plan": only what the next export would be refused; default also that, after the rest')
    .option('--number <n>', 'which of the fixes; default the first that can be carried out')
    .action(async (id: string, options: FixArguments) => {
      const cli = context();
      if (options.from !== undefined && options.from !== 'plan')
        throw new CliError('bad-argument', `--from takes "plan", not "${options.from}".`);
      if (options.from !== undefined && options.for !== undefined)
        throw new CliError('bad-argument', '--from plan looks at everything; leave --for out.');
      const { finding, where } = await found(cli, id, options.for, options.from === 'plan');
      if (!options.apply) {
        cli.answer(finding, () =>
          findingText(finding, { style: terminalStyle, details: true, reference: options.for }),
        );
        return;
      }
      const number = options.number === undefined ? undefined : Number(options.number);
      if (number !== undefined && !(Number.isInteger(number) && number > 0))
        throw new CliError('bad-argument', `--number is a whole number from 1, not "${options.number}".`);
      const result = await told(() => apply(cli, finding, number, where));
      cli.answer(result, () => fixResultText(result, terminalStyle));
      process.exitCode = result.isGone ? 0 : 2;
    });
}

/** In the diagnosis; what is not there is looked for in the plan, which takes longer. */
async function found(
  cli: CliContext,
  id: string,
  reference: string | undefined,
  onlyPlanned: boolean,
): Promise<{ readonly finding: Finding; readonly where: ToldWhere }> {
  const inPlan = (planned: readonly Finding[]) =>
    told(async () => ({ finding: findFinding(planned, id), where: { reference, isPlanned: true } }));
  if (onlyPlanned) return inPlan(await plannedFindings(cli));
  const diagnosis = await runDiagnosis(cli, reference, false);
  if (diagnosis.kind !== 'diagnosis')
    throw new CliError('unknown-finding', diagnosisText(diagnosis, { style: terminalStyle, details: false }));
  if (reference === undefined && findingsCalled(diagnosis.findings, id).length === 0) {
    const planned = await plannedFindings(cli);
    if (findingsCalled(planned, id).length > 0) return inPlan(planned);
  }
  return told(async () => ({ finding: findFinding(diagnosis.findings, id), where: { reference, isPlanned: false } }));
}

/** What a fix refuses, as the command line tells it. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FixError) throw new CliError(error.code, error.message);
    throw error;
  }
}

/** Milliseconds that a fix and its cycle may take. */
const longest = 600_000;

/** Through the service if one runs, otherwise in this process. */
async function apply(
  cli: CliContext,
  finding: Finding,
  number: number | undefined,
  where: ToldWhere,
): Promise<FixResult> {
  const fix = chooseFix(finding, number);
  const service = await findService(cli.config(), cli.actor.who);
  if (service)
    return service.send('POST', `/findings/${finding.id}/fix`, {
      ...(number === undefined ? {} : { fix: number }),
      ...(where.reference === undefined ? {} : { reference: where.reference }),
      ...(where.isPlanned ? { from: 'plan' } : {}),
    });
  await using live = new LiveConnections(makeConnectors(cli.config()), AbortSignal.timeout(longest));
  const changes = new Changes(cli);
  try {
    return await applyFix(hostOf(cli, live, finding, changes, where), finding, fix);
  } finally {
    await changes.written();
  }
}

/** Changes of the state one after the other: each takes the lease for itself. */
class Changes {
  readonly #cli: CliContext;
  #last: Promise<unknown> = Promise.resolve();
  constructor(cli: CliContext) {
    this.#cli = cli;
  }
  add(change: Change): void {
    this.#last = this.#last.then(() => changeState(this.#cli, change, { method: 'POST', path: '', body: {} }));
    // Whoever waits for them hears of it.
    this.#last.catch(() => undefined);
  }
  written(): Promise<unknown> {
    return this.#last;
  }
}

function hostOf(
  cli: CliContext,
  live: LiveConnections,
  finding: Finding,
  changes: Changes,
  { reference, isPlanned }: ToldWhere,
): FixHost {
  const change = (what: Change) => changes.add(what);
  const written = () => changes.written();
  const line = new ProgressLine();
  return {
    live,
    progress(done, total) {
      if (!cli.json) line.update({ connector: finding.code, step: 'changes', done, total });
    },
    async cycle(policy) {
      line.finish();
      await written();
      const result = await engineWork<CycleResult>(cli, { kind: 'cycle', policy, retryAll: true });
      return result.outcome;
    },
    journal: (kind, detail) => change({ kind: 'note', entry: { action: kind, subject: finding.code, after: detail } }),
    async diagnose() {
      await written();
      if (reference !== undefined) return findingsAbout((name) => runDiagnosis(cli, name, false), reference, finding);
      const diagnosis = await runDiagnosis(cli, undefined, false);
      const now = diagnosis.kind === 'diagnosis' ? diagnosis.findings : [];
      // Told before the export, it may be told after it.
      return isPlanned ? [...now, ...(await plannedFindings(cli))] : now;
    },
    setScheduler: (field, value) => change({ kind: 'set-scheduler', fields: [readFieldChange(field, value)] }),
    approveDeletes: (connector, hash) => change({ kind: 'approve-deletes', connector, hash }),
    async editConfiguration({ kind: _, ...place }) {
      const edit = { kind: 'place', change: place } as const;
      changes.add({ kind: 'change-configuration', edit, reason: `${finding.code}: a fix` });
      await written();
    },
  };
}
