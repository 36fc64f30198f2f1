/** `causeway status`, `causeway scheduler`, `causeway sign-in`: how things stand, and when cycles run. */
import { statfsSync } from 'node:fs';
import type { Command } from 'commander';
import { ago } from '../../health/alerts.ts';
import { type FieldChange, readFieldChange, settableFields } from '../../scheduler/fields.ts';
import { stateDirectory } from '../../service/engine/open-engine.ts';
import { fieldsOf, type StatusFacts, statusFacts } from '../../service/facts/status.ts';
import { programVersion } from '../../service/program-version.ts';
import { type CliContext, CliError } from '../context.ts';
import { changeState } from '../engine-access.ts';
import { duration, mark, paint, plain, table } from '../output.ts';
import { findService } from '../service-client.ts';

export function registerStatus(program: Command, context: () => CliContext): void {
  program
    .command('status')
    .description('scheduler, last cycle, connectors, alerts')
    .action(async () => {
      const cli = context();
      const facts = await readStatus(cli);
      // The fields of the cmdlet stand on top, where scripts that know it look for them.
      cli.answer({ ...facts.scheduler, ...facts }, () => statusText(facts, Date.now()));
    });
  const scheduler = program.command('scheduler').description('show or set the fields of the scheduler');
  scheduler
    .command('show', { isDefault: true })
    .description('show the fields')
    .action(async () => {
      const cli = context();
      const { scheduler: fields, maintenance } = await readStatus(cli);
      cli.answer(fields, () =>
        [fieldsText(fields), ...(maintenance ? ['', maintenanceText(maintenance)] : [])].join('\n'),
      );
    });
  scheduler
    .command('set <fields...>')
    .description(`set fields, as KEY=VALUE: ${settableFields.join(', ')}`)
    .action(async (given: string[]) => {
      const cli = context();
      const changes = given.map(readAssignment);
      const body = Object.fromEntries(changes.map((c) => [c.field, c.value]));
      await changeState(cli, { kind: 'set-scheduler', fields: changes }, { method: 'PATCH', path: '/scheduler', body });
      const { scheduler: fields } = await readStatus(cli);
      cli.answer(fields, () => fieldsText(fields));
    });
  program
    .command('sign-in')
    .description('make a one-time link with which you sign in to the console')
    .action(async () => {
      const cli = context();
      const config = cli.config();
      const service = await findService(config, cli.actor.who);
      if (!service)
        throw new CliError(
          'no-service',
          'No service runs on this state. Start it with "causeway start", which prints a link.',
        );
      const { path, expires } = await service.send<{ path: string; expires: string }>('POST', '/sign-in-links', {
        name: cli.actor.who,
      });
      const url = `${config.settings.service.publicUrl?.replace(/\/$/, '') ?? service.url}${path}`;
      cli.answer({ url, expires }, () => `${url}\nGood for one sign-in, until ${expires}.`);
    });
}

function readAssignment(text: string): FieldChange {
  const at = text.indexOf('=');
  if (at < 1)
    throw new CliError('bad-argument', `"${text}" is no KEY=VALUE, such as CustomizedSyncCycleInterval=00:10:00.`);
  try {
    return readFieldChange(text.slice(0, at), text.slice(at + 1));
  } catch (error) {
    if (error instanceof RangeError) throw new CliError('bad-argument', error.message);
    throw error;
  }
}

/** From the service if one runs: only it knows when the next cycle starts. */
export async function readStatus(cli: CliContext): Promise<StatusFacts> {
  const config = cli.config();
  const service = await findService(config, cli.actor.who);
  if (service) return service.get<StatusFacts>('/status');
  using reading = cli.reading();
  const { bavail, bsize } = statfsSync(stateDirectory(config));
  const facts = statusFacts(reading.store, config, {
    now: Date.now(),
    version: programVersion(),
    freeBytes: bavail * bsize,
  });
  const fields = fieldsOf(reading.store, config, { now: Date.now(), nextStart: undefined, inProgress: false });
  return { ...facts, scheduler: fields };
}

const fieldsText = (fields: StatusFacts['scheduler']): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(36)}: ${value ?? ''}`)
    .join('\n');

/** One line about the window that is open. */
export function maintenanceText({ since, until, reason }: NonNullable<StatusFacts['maintenance']>): string {
  const because = reason === undefined ? '' : ` (${plain(reason)})`;
  const end = until === null ? 'with no end in sight: the windows follow each other without a gap' : `until ${until}`;
  return `${mark('waiting')} Maintenance ${end}, since ${since}${because}. No cycle starts by itself; "causeway sync" runs one.`;
}

const outcomes = {
  running: ['waiting', 'under way'],
  clean: ['ok', 'clean'],
  'object-errors': ['warning', 'completed with object errors'],
  failed: ['error', 'failed in part'],
} as const;

export function statusText(facts: StatusFacts, now: number): string {
  const { verdict, engine, lastCycle, maintenance } = facts;
  const lines = [`${mark(verdict.state)} ${paint('bold', plain(verdict.sentence))}`, ''];
  if (engine.state === 'no-service')
    lines.push('No service runs on this state; cycles run only when you start them.', '');
  if (maintenance) lines.push(maintenanceText(maintenance), '');
  lines.push(fieldsText(facts.scheduler), `${'ExportDeletionThreshold'.padEnd(36)}: ${facts.exportDeletionThreshold}`);
  if (lastCycle) {
    const [state, words] = outcomes[lastCycle.outcome];
    const took = lastCycle.durationMs === null ? '' : `, took ${duration(lastCycle.durationMs)}`;
    lines.push('', `${mark(state)} Last cycle ${words}: ${ago(now - Date.parse(lastCycle.started))}${took}`);
    lines.push(
      table(
        ['Run', 'Connector', 'Profile', 'Status', 'Duration'],
        lastCycle.runs.map((r) => [
          String(r.id),
          r.connector ?? 'all',
          r.profile,
          r.status,
          r.durationMs === null ? '' : duration(r.durationMs),
        ]),
      ),
    );
  } else lines.push('', 'No cycle has run yet. "causeway sync --policy initial" runs the first.');
  for (const a of facts.alerts) {
    const shape = a.severity === 'info' ? 'waiting' : a.severity;
    lines.push('', `${mark(shape)} ${paint('bold', plain(a.title))}`, `  ${plain(a.summary)}`);
  }
  return lines.join('\n');
}
