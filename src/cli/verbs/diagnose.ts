/** `causeway diagnose [REF]`: what is wrong, with evidence and the fix; reads only. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { type Ambiguous, type Diagnosis, diagnoseAll, diagnoseObject } from '../../diagnosis/diagnose.ts';
import type { DiagnosisContext, SystemFacts } from '../../diagnosis/diagnose-context.ts';
import { diagnosisText } from '../../diagnosis/diagnose-text.ts';
import { leaseHeartbeat, leaseHolder, leaseMs } from '../../scheduler/lease.ts';
import type { LoadedConfiguration } from '../../service/configuration/configuration.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import { stateDirectory } from '../../service/engine/open-engine.ts';
import { storeDiagnosis } from '../../service/facts/copies.ts';
import { lastWords } from '../../service/facts/last-words.ts';
import { holderText, systemFacts } from '../../service/facts/system-facts.ts';
import type { Reading } from '../../service/reading.ts';
import type { CliContext } from '../context.ts';
import { engineToAsk, terminalStyle } from './explain.ts';

interface DiagnoseArguments {
  readonly details?: boolean;
  readonly offline?: boolean;
}

export function registerDiagnose(program: Command, context: () => CliContext): void {
  program
    .command('diagnose [reference]')
    .description('what is wrong, with evidence and the fix: of one object, or of the whole system')
    .option('--details', 'all evidence, all objects, all fixes')
    .option('--offline', 'only what is stored: do not ask directories and cloud')
    .action(async (reference: string | undefined, options: DiagnoseArguments) => {
      const cli = context();
      const told = await runDiagnosis(cli, reference, options.offline === true);
      cli.answer(told, () => diagnosisText(told, { style: terminalStyle, details: options.details === true }));
      process.exitCode = exitCode(told);
    });
}

/** 0: nothing is wrong, or only notes; 2: findings; 1: the reference means nothing or several objects. */
const exitCode = (told: Diagnosis | Ambiguous): number =>
  told.kind !== 'diagnosis' ? 1 : told.findings.some((f) => f.severity !== 'info') ? 2 : 0;

/** Milliseconds that live connections may take altogether. */
const longest = 120_000;

/** Diagnoses the state of this configuration in this process. A store that does not open is the finding then. */
export async function runDiagnosis(
  cli: CliContext,
  reference: string | undefined,
  offline: boolean,
): Promise<Diagnosis | Ambiguous> {
  const config = cli.config();
  const opened = openOrTell(cli, config);
  if ('kind' in opened) return opened;
  using reading = opened;
  const signal = AbortSignal.timeout(longest);
  await using live = offline ? undefined : new LiveConnections(makeConnectors(config), signal);
  try {
    return await ask(config, reading, live, reference, signal);
  } catch (error) {
    // A page that was damaged long ago is met only when it is read.
    return storeDiagnosis(config, error, Date.now());
  }
}

async function ask(
  config: LoadedConfiguration,
  reading: Reading,
  live: LiveConnections | undefined,
  reference: string | undefined,
  signal: AbortSignal,
): Promise<Diagnosis | Ambiguous> {
  const diagnosis = contextOf(config, reading, live, signal);
  return await (reference === undefined ? diagnoseAll(diagnosis) : diagnoseObject(diagnosis, reference));
}

/** What detectors of this process work with. */
export function contextOf(
  config: LoadedConfiguration,
  reading: Reading,
  live: LiveConnections | undefined,
  signal: AbortSignal,
): DiagnosisContext {
  const engine = engineToAsk(reading);
  return {
    engine,
    store: engine.store,
    now: Date.now(),
    facts: { ...systemFacts(config, reading.store), engine: engineFacts(config) },
    signal,
    ...(live ? { live } : {}),
  };
}

function openOrTell(cli: CliContext, config: LoadedConfiguration): ReturnType<CliContext['reading']> | Diagnosis {
  try {
    return cli.reading();
  } catch (error) {
    return storeDiagnosis(config, error, Date.now());
  }
}

/** An engine that was not heard of for so many milliseconds may not write any more (`leaseMs`), and will not go on. */
const silenceMs = 3 * leaseMs;

/** A note of an engine whose process is not there any more says that it ended without being asked. */
export function engineFacts(config: LoadedConfiguration): NonNullable<SystemFacts['engine']> {
  const holder = leaseHolder(stateDirectory(config));
  if (!holder) return { state: 'stopped', detail: 'no engine runs on this state' };
  const who = holderText(holder);
  const heartbeat = leaseHeartbeat(stateDirectory(config));
  const isGone = holder.host === hostname() && !isAlive(holder.pid);
  // Of another machine, or of a process that only looks alive, the silence tells.
  const isSilent = heartbeat !== undefined && Date.now() - heartbeat > silenceMs;
  if (!isGone && !isSilent) return { state: 'running', detail: who };
  return {
    state: 'crashed',
    detail: `${who} ${isGone ? 'is gone and has left its note' : 'does not move: its machine is gone, or it stands still'}.`,
    exit: lastWords(join(stateDirectory(config), 'causeway.log'), holder),
    ...(heartbeat === undefined ? {} : { heartbeat }),
  };
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
