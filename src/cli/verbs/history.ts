/** `causeway history REF`: every change of an identity; `--at TIME`: the identity as it was then. */
import type { Command } from 'commander';
import { explainUnknown } from '../../diagnosis/explain/absent.ts';
import type { Found } from '../../diagnosis/find.ts';
import {
  findPast,
  type HistoryChange,
  type HistoryEntry,
  historyOf,
  type ReferenceChange,
} from '../../diagnosis/history/history.ts';
import { identityAt, type PastIdentity } from '../../diagnosis/history/state.ts';
import { requireObject } from '../../service/facts/objects.ts';
import type { Reading } from '../../service/reading.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, paint, plain } from '../output.ts';
import { valueText } from '../value-text.ts';
import { engineToAsk } from './explain.ts';

interface HistoryArguments {
  readonly at?: string;
  readonly attribute?: string;
}

export function registerHistory(program: Command, context: () => CliContext): void {
  program
    .command('history <reference>')
    .description('the past of an identity, also of one that was removed')
    .option('--at <time>', 'the identity as it was then: 2026-01-31, 2026-01-31T08:00, or with a zone; otherwise UTC')
    .option('--attribute <name>', 'only changes of this attribute')
    .action((reference: string, options: HistoryArguments) => {
      const cli = context();
      using reading = cli.reading();
      const found = pastObject(reading, reference);
      if (options.at !== undefined) {
        const state = identityAt(reading.store, found, readTime(options.at));
        cli.answer(state, () => stateText(state));
        return;
      }
      const entries = historyOf(reading.store, found);
      const shown = options.attribute === undefined ? entries : ofAttribute(entries, options.attribute);
      cli.answer(shown, () => historyText(shown));
    });
}

/** Throws as for any other reference unless exactly one object is, or was, called so. */
function pastObject(reading: Reading, reference: string): Found {
  const { store } = reading;
  const found = findPast(store, reference);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (only && found.every((f) => f.mv !== null && !store.mv.get(f.mv)))
    throw new CliError(
      'ambiguous-reference',
      `${found.length} identities that were removed were called "${reference}": ${found.map((f) => `mv:${f.mv}`).join(', ')}. Name one of them.`,
    );
  if (only || reading.isNew) return requireObject(store, reference);
  const { summary, candidates } = explainUnknown(engineToAsk(reading), reference, []);
  const list = candidates.map((c) => `\n  ${plain(`${c.reference}  ${c.type} ${c.name}`)}`).join('');
  throw new CliError('unknown-object', `${plain(summary.join(' '))}${list === '' ? '' : ` Did you mean:${list}`}`);
}

/** Milliseconds since 1970. */
function readTime(text: string): number {
  const form = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/.test(text.slice(10));
  const time = Date.parse(`${text.replace(' ', 'T')}${text.length > 10 && !hasZone ? 'Z' : ''}`);
  if (!form || Number.isNaN(time))
    throw new CliError('bad-argument', `--at is a time such as 2026-01-31T08:00, not "${text}".`);
  return time;
}

const ofAttribute = (entries: readonly HistoryEntry[], name: string): HistoryEntry[] =>
  entries.flatMap((e) => {
    const changes = e.changes.filter((c) => c.attribute.toLowerCase() === name.toLowerCase());
    return changes.length > 0 ? [{ ...e, changes }] : [];
  });

function historyText(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'Nothing is written down about this object yet.';
  return entries.flatMap((e) => [entryLine(e), ...e.changes.map(changeLine)]).join('\n');
}

function entryLine(e: HistoryEntry): string {
  const facts = Object.entries(e.detail)
    .filter(([name, v]) => typeof v !== 'object' && name !== 'dn')
    .map(([name, v]) => `${name} ${String(v)}`);
  const where =
    e.dn === null ? '' : `  ${paint('gray', plain(e.connector === null ? e.dn : `${e.connector}: ${e.dn}`))}`;
  const by = [
    ...(e.run === null ? [] : [`run ${e.run}${e.profile === null ? '' : ` ${e.profile}`}`]),
    ...(e.configuration === null ? [] : [`configuration ${e.configuration}`]),
  ];
  return [
    `${e.time}  ${plain(e.title)}${where}`,
    ...(facts.length > 0 ? [plain(facts.join(', '))] : []),
    ...(by.length > 0 ? [paint('gray', `(${by.join(', ')})`)] : []),
  ].join('  ');
}

function changeLine({ attribute, before, after, rule, added, removed }: HistoryChange): string {
  const some = [...references('-', removed), ...references('+', added)].join('  ');
  if (some !== '') return `    ${plain(attribute)}: ${some}`;
  const values = `${before === undefined ? '' : `- ${valueText(before)}  `}${after === undefined ? '' : `+ ${valueText(after)}`}`;
  return `    ${plain(attribute)}: ${values.trimEnd()}${rule === undefined ? '' : `  ${paint('gray', plain(`rule "${rule}"`))}`}`;
}

/** The names that are known; of many the rest as a number. */
function references(sign: string, change: ReferenceChange | undefined): string[] {
  if (!change) return [];
  const { count, names } = change;
  const rest = count - names.length;
  return [
    `${sign} ${plain([...names, ...(rest > 0 ? [`${rest} ${names.length > 0 ? 'more' : 'references'}`] : [])].join(', '))}`,
  ];
}

function stateText(state: PastIdentity): string {
  const lines = state.exists
    ? [
        paint('bold', `Identity mv:${state.mv} (${state.type}) as it was on ${state.time}`),
        ...Object.entries(state.values).map(([name, value]) => `  ${plain(name).padEnd(32)} ${valueText(value)}`),
      ]
    : [paint('bold', `On ${state.time} there was no such identity.`)];
  for (const o of state.objects) {
    const where = o.inTarget === null ? '' : o.inTarget ? ', there by then' : ', not there yet';
    lines.push('', paint('bold', `${plain(o.connector)}: ${plain(o.dn)}${where}`));
    for (const [name, value] of Object.entries(o.values)) lines.push(`  ${plain(name).padEnd(32)} ${valueText(value)}`);
    for (const [name, n] of Object.entries(o.references)) lines.push(`  ${plain(name).padEnd(32)} ${n} references`);
  }
  if (state.configuration)
    lines.push(
      '',
      plain(`Configuration ${state.configuration.version}: ${state.configuration.reason} (${state.configuration.who})`),
    );
  return [...lines, ...state.limits.map((l) => `${mark('none')} ${l}`)].join('\n');
}
