/** `causeway alerts`, `causeway audit`: what is wrong and what was; who changed what. */
import type { Command } from 'commander';
import { ago } from '../../health/alerts.ts';
import { durationMs } from '../../model/duration.ts';
import { alertPage, type KeptAlert, oneAlert } from '../../service/alerts/facts.ts';
import type { Change } from '../../service/changes.ts';
import { auditPage } from '../../service/facts/audit.ts';
import { type CliContext, CliError } from '../context.ts';
import { changeState, type ServiceCall } from '../engine-access.ts';
import { mark, paint, plain, table } from '../output.ts';
import { findService } from '../service-client.ts';

const longestPage = 200;

export function registerAlerts(program: Command, context: () => CliContext): void {
  const alerts = program.command('alerts').description('what is wrong, and what was: list, acknowledge, mute, test');
  alerts
    .command('list', { isDefault: true })
    .description('open alerts of the service and findings, as the service recorded them; worst first')
    .option('--all', 'also those that are over; newest first')
    .option('--limit <n>', `at most ${longestPage}`, '50')
    .option('--cursor <cursor>', 'go on after a page')
    .action((options: { all?: boolean; limit: string; cursor?: string }) =>
      list(context(), options.all === true, readLimit(options.limit), options.cursor),
    );
  alerts
    .command('acknowledge <id> [note]')
    .description('say that somebody cares for it')
    .action((id: string, note = '') =>
      say(
        context(),
        { kind: 'acknowledge-alert', id: readId(id), note },
        { method: 'POST', path: 'acknowledgement', body: { note } },
      ),
    );
  alerts
    .command('reopen <id>')
    .description('take an acknowledgement back')
    .action((id: string) =>
      say(context(), { kind: 'reopen-alert', id: readId(id) }, { method: 'DELETE', path: 'acknowledgement', body: {} }),
    );
  alerts
    .command('mute <id>')
    .description('keep quiet about this cause for a while, also if it goes and comes back')
    .requiredOption('--for <duration>', 'for how long, such as 4h or 7d')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, options: { for: string; reason: string }) => {
      const until = Date.now() + readDuration(options.for);
      const body = { until: new Date(until).toISOString(), reason: options.reason };
      return say(
        context(),
        { kind: 'mute-alert', id: readId(id), until, reason: options.reason },
        { method: 'POST', path: 'mute', body },
      );
    });
  alerts
    .command('unmute <id>')
    .description('let this cause be told again')
    .action((id: string) =>
      say(context(), { kind: 'unmute-alert', id: readId(id) }, { method: 'DELETE', path: 'mute', body: {} }),
    );
  alerts
    .command('test <channel>')
    .description('send a test message through a channel of the configuration')
    .action((channel: string) => testChannel(context(), channel));
  program
    .command('audit')
    .description('who changed what, newest first')
    .option('--limit <n>', `at most ${longestPage}`, '20')
    .option('--cursor <cursor>', 'go on after a page')
    .option('--who <name>', 'only by this person')
    .option('--action <action>', 'only this action, for example set-scheduler')
    .action((options: AuditOptions) => audit(context(), options));
}

const order = { error: 0, warning: 1, info: 2 } as const;

function list(cli: CliContext, all: boolean, limit: number, cursor: string | undefined): void {
  using reading = cli.reading();
  const query = { state: all ? ('all' as const) : ('open' as const), limit, cursor };
  const page = alertPage(reading.store, query, Date.now());
  const items = all ? page.items : page.items.toSorted((a, b) => order[a.severity] - order[b.severity] || b.id - a.id);
  cli.answer({ ...page, items }, () => {
    const more = page.next === null ? '' : `\nMore: causeway alerts list --cursor ${page.next}`;
    return items.length === 0 ? 'Nothing is wrong.' : `${items.map(alertText).join('\n')}${more}`;
  });
}

export function alertText(alert: KeptAlert): string {
  const shape = alert.resolved !== null ? 'ok' : alert.severity === 'info' ? 'waiting' : alert.severity;
  const when = (iso: string) => ago(Date.now() - Date.parse(iso));
  const said = [
    `raised ${when(alert.raised)}`,
    ...(alert.resolved === null ? [] : [`over ${when(alert.resolved)}`]),
    ...(alert.acknowledged ? [`${alert.acknowledged.who} cares${noteOf(alert.acknowledged.note)}`] : []),
    ...(alert.muted ? [`muted until ${alert.muted.until} by ${alert.muted.who}${noteOf(alert.muted.reason)}`] : []),
  ];
  return `${mark(shape)} ${String(alert.id).padStart(4)}  ${paint('bold', plain(alert.title))}  ${paint('gray', plain(said.join(', ')))}\n        ${plain(alert.summary)}`;
}
const noteOf = (text: string): string => (text === '' ? '' : ` ("${text}")`);

type Said = Extract<Change, { kind: 'acknowledge-alert' | 'reopen-alert' | 'mute-alert' | 'unmute-alert' }>;

/** `call.path` is below the alert. */
async function say(cli: CliContext, change: Said, call: ServiceCall): Promise<void> {
  await changeState(cli, change, { ...call, path: `/alerts/${change.id}/${call.path}` });
  using reading = cli.reading();
  const alert = oneAlert(reading.store, change.id, Date.now());
  cli.answer(alert, () => alertText(alert));
}

async function testChannel(cli: CliContext, channel: string): Promise<void> {
  const service = await findService(cli.config(), cli.actor.who);
  if (!service)
    throw new CliError(
      'no-service',
      'No service runs on this state; it is the one that tells. "causeway start" starts it.',
    );
  const path = `/notifications/${encodeURIComponent(channel)}/test`;
  const sent = await service.send<{ delivered: boolean; reason: string | null }>('POST', path);
  cli.answer(sent, () =>
    sent.delivered
      ? `${mark('ok')} The message was taken.`
      : `${mark('error')} It did not arrive: ${plain(sent.reason ?? '')}`,
  );
  process.exitCode = sent.delivered ? 0 : 1;
}

interface AuditOptions {
  readonly limit: string;
  readonly cursor?: string;
  readonly who?: string;
  readonly action?: string;
}

function audit(cli: CliContext, { limit, cursor, who, action }: AuditOptions): void {
  using reading = cli.reading();
  const page = auditPage(reading.store, { limit: readLimit(limit), cursor, who, action });
  cli.answer(page, () => {
    const rows = page.items.map((r) => [
      String(r.id),
      r.time,
      plain(r.who),
      r.action,
      plain(r.subject ?? ''),
      r.outcome === 'done' ? '' : r.outcome,
    ]);
    const more = page.next === null ? '' : `\nMore: causeway audit --cursor ${page.next}`;
    return rows.length === 0
      ? 'Nobody changed anything yet.'
      : `${table(['Id', 'Time', 'Who', 'Action', 'Subject', 'Outcome'], rows)}${more}`;
  });
}

function readId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CliError('bad-argument', `"${text}" is no number of an alert. "causeway alerts" lists them.`);
}
function readLimit(text: string): number {
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1 && n <= longestPage) return n;
  throw new CliError('bad-argument', `--limit has to be a whole number from 1 to ${longestPage}, not "${text}".`);
}
function readDuration(text: string): number {
  try {
    return durationMs(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError('bad-argument', `--for has to be a duration such as 4h or 7d, not "${text}".`);
  }
}
