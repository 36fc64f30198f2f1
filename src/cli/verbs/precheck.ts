/** `causeway precheck`: data quality before export, as text, JSON, CSV or LDIF; and an edited CSV back in. */
import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { bySeverity } from '../../diagnosis/findings/finding.ts';
import type { TenantImage } from '../../diagnosis/plan/image.ts';
import { readTenantImage, type TenantSource } from '../../diagnosis/plan/image-tenant.ts';
import type { PrecheckOptions } from '../../diagnosis/precheck/context.ts';
import { csvHeader, csvOfRow } from '../../diagnosis/precheck/csv.ts';
import { FindingCollector, type PrecheckFinding } from '../../diagnosis/precheck/findings.ts';
import { ldifOfRow } from '../../diagnosis/precheck/ldif-report.ts';
import type { Confidence, Row, RuleSetName } from '../../diagnosis/precheck/model.ts';
import { type PrecheckTotals, precheck } from '../../diagnosis/precheck/precheck.ts';
import { storeSource } from '../../diagnosis/precheck/store-source.ts';
import { memoryIndex } from '../../entra/memory-index.ts';
import { type DomainFacts, freshSettings } from '../../entra/settings.ts';
import { type LoadedConfiguration, pathOf } from '../../service/configuration/configuration.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import { openStore, type Store } from '../../store/store.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, ProgressLine, paint, plain } from '../output.ts';
import { runApply } from './precheck-apply.ts';

type Format = 'text' | 'json' | 'csv' | 'ldif';
interface PrecheckArguments {
  readonly rules: RuleSetName;
  readonly format: Format;
  readonly out?: string;
  readonly accept?: Confidence | true;
  readonly alternateLogin?: boolean;
  readonly offline?: boolean;
  readonly apply?: string;
  readonly sync?: boolean;
}

export function registerPrecheck(program: Command, context: () => CliContext): void {
  program
    .command('precheck')
    .description('find what the cloud will refuse, drop or confuse, before anything is exported')
    .addOption(new Option('--rules <set>', 'rule set').choices(['multi-tenant', 'dedicated']).default('multi-tenant'))
    .addOption(new Option('--format <format>', 'form').choices(['text', 'json', 'csv', 'ldif']).default('text'))
    .option('--out <file>', 'write to this file')
    .addOption(
      new Option('--accept [confidence]', 'accept suggestions that are at least so sure').choices([
        'high',
        'medium',
        'low',
      ]),
    )
    .option('--alternate-login', 'people sign in with another attribute than userPrincipalName')
    .option('--offline', 'do not ask the tenant')
    .option(
      '--apply <file>',
      'carry out the actions of an edited CSV, read the directories again and look whether it helped',
    )
    .option('--sync', 'with --apply: a whole delta cycle afterwards, which exports too')
    .action(async (options: PrecheckArguments) => {
      const cli = context();
      if (options.apply === undefined) await runPrecheck(cli, options);
      else
        await runApply(cli, options.apply, {
          sync: options.sync === true,
          recheck: () => recheck(cli, options),
        });
    });
}

/** The state for looking at. */
function openState(config: LoadedConfiguration): Store {
  const file = join(pathOf(config, config.settings.stateDirectory), 'causeway.db');
  if (!existsSync(file)) {
    throw new CliError('no-state', `Nothing was imported yet (${file}). Run "causeway sync" or a full import first.`);
  }
  return openStore(file, { readOnly: true });
}

function checkOptions(
  config: LoadedConfiguration,
  options: PrecheckArguments,
  image: TenantImage | undefined,
  now: number,
): PrecheckOptions {
  return {
    rules: options.rules,
    sourceAnchor: config.settings.sourceAnchor,
    now,
    alternateLogin: options.alternateLogin === true,
    seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
    ...(image ? { image } : {}),
  };
}

/** Everything that is wrong now, without asking the tenant. */
async function recheck(cli: CliContext, options: PrecheckArguments): Promise<Row[]> {
  const config = cli.config();
  using store = openState(config);
  const image = await tenantImage(cli, config, true);
  const rows: Row[] = [];
  precheck(storeSource(store), checkOptions(config, options, image, Date.now()), (row) => void rows.push(row));
  return rows;
}

async function runPrecheck(cli: CliContext, options: PrecheckArguments): Promise<void> {
  const config = cli.config();
  using store = openState(config);
  const image = await tenantImage(cli, config, options.offline === true);
  const now = Date.now();
  const writable = new Set(config.settings.connectors.filter((c) => c.type === 'active-directory').map((c) => c.name));
  const { sourceAnchor } = config.settings;
  const collector = new FindingCollector({ now, sourceAnchor, isWritable: (name) => writable.has(name) });
  const format: Format = cli.json ? 'json' : options.format;
  using output = openOutput(options.out);
  if (format === 'csv') output.write(csvHeader());
  const accept = options.accept === true ? 'low' : options.accept;
  const emit = (row: Row): void => {
    collector.add(row);
    if (format === 'csv') output.write(csvOfRow(row, accept));
    if (format === 'ldif') output.write(ldifOfRow(row, accept ?? 'medium'));
  };
  const progress = new ProgressLine();
  const totals = precheck(
    storeSource(store),
    {
      ...checkOptions(config, options, image, now),
      progress: ({ step, done }) => {
        if (!cli.json && process.stderr.isTTY) progress.update({ connector: 'precheck', step, done });
      },
    },
    emit,
  );
  progress.finish();
  const findings = [...collector.findings()].sort(bySeverity);
  const limits = limitsOf(image);
  if (format === 'json')
    output.write(`${JSON.stringify({ rules: options.rules, ...totals, limits, findings }, undefined, 2)}\n`);
  if (format === 'text') output.write(`${reportText(findings, totals, limits)}\n`);
  output.commit();
  if (options.out !== undefined) cli.note(`${findings.length} findings in ${totals.rows} rows: ${plain(options.out)}`);
  process.exitCode = findings.some((f) => f.severity === 'error') ? 2 : 0;
}

const limitsOf = (image: TenantImage | undefined): readonly string[] =>
  image ? image.limits : ['The tenant was not asked: neither verified domains nor objects of the cloud are known.'];

/** What is in the cloud; its domains alone if it cannot be asked but the configuration has them. */
async function tenantImage(
  cli: CliContext,
  config: LoadedConfiguration,
  isOffline: boolean,
): Promise<TenantImage | undefined> {
  const entra = config.settings.connectors.find((c) => c.type === 'entra');
  if (!isOffline && entra) {
    const signal = AbortSignal.timeout(600_000);
    await using live = new LiveConnections(makeConnectors(config), signal);
    try {
      const session = (await live.session(entra.name)) as unknown as TenantSource;
      return await readTenantImage(session, Date.now(), signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      cli.note(`${mark('warning')} The tenant could not be read (${plain(reason)}). Checking without it.`);
    }
  }
  const { tenant } = config.settings;
  if (!tenant) return undefined;
  const domains = [tenant.initialDomain, ...(tenant.verifiedDomains ?? []), ...(tenant.federatedDomains ?? [])];
  return {
    source: 'connector-space',
    readAt: new Date().toISOString(),
    settings: freshSettings(tenant.initialDomain, domains.map(verifiedDomain)),
    index: memoryIndex(),
    limits: ['The tenant was not asked: what is in the cloud already is not known.'],
  };
}

const verifiedDomain = (name: string): DomainFacts => ({ name, verified: true, authentication: 'Managed' });

const severityMarks = { error: 'error', warning: 'warning', info: 'none' } as const;

function reportText(findings: readonly PrecheckFinding[], totals: PrecheckTotals, limits: readonly string[]): string {
  const byCode = new Map<string, PrecheckFinding[]>();
  for (const f of findings) byCode.set(f.code, [...(byCode.get(f.code) ?? []), f]);
  const lines = [...byCode].flatMap(([code, list]) => {
    const objects = list.reduce((sum, f) => sum + f.affected, 0);
    const head = `${mark(severityMarks[list[0]!.severity])} ${paint('bold', code)}  ${list[0]!.title}  ${paint('gray', `${counted(list.length, 'finding')}, ${counted(objects, 'object')}`)}`;
    const shown = list.slice(0, 5).flatMap((f) => [`    ${plain(f.summary)}`, ...suggestionLine(f)]);
    return [head, ...shown, ...(list.length > 5 ? [paint('gray', `    … and ${list.length - 5} more`)] : [])];
  });
  const excluded = Object.entries(totals.excluded).map(([reason, n]) => `${n} ${reason}`);
  return [
    ...lines,
    ...(lines.length > 0 ? [''] : []),
    `${totals.objects} objects looked at, ${totals.valuesCompared} values compared${excluded.length > 0 ? `; left alone by the rule set: ${excluded.join(', ')}` : ''}.`,
    ...limits.map((l) => `${mark('warning')} ${l}`),
    findings.length === 0
      ? `${mark('ok')} Nothing was found.`
      : `Edit them in a table: causeway precheck --format csv --out precheck.csv, then causeway precheck --apply precheck.csv`,
  ].join('\n');
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function suggestionLine(f: PrecheckFinding): string[] {
  const row = f.rows.find((r) => r.action === 'EDIT' || r.action === 'REMOVE');
  if (!row?.action) return [];
  const what = row.action === 'EDIT' ? `write ${plain(row.update ?? '')}` : 'take the value away';
  const where = f.rows.length > 1 ? ` on ${plain(row.dn)}` : '';
  return [paint('gray', `      ${row.action}: ${what}${where} (${row.confidence ?? 'low'})`)];
}

interface Output extends Disposable {
  write(text: string): void;
  /** Puts the file in its place; without it nothing is left behind. */
  commit(): void;
}

/** Standard output, or a file that appears only when it is complete. */
function openOutput(path: string | undefined): Output {
  if (path === undefined) {
    return { write: (text) => void process.stdout.write(text), commit: () => {}, [Symbol.dispose]: () => {} };
  }
  const unfinished = `${path}.unfinished`;
  // Names, addresses and telephone numbers of everybody: for the owner only.
  const file = openSync(unfinished, 'w', 0o600);
  let isOpen = true;
  let pending = '';
  const flush = (): void => {
    if (pending !== '') writeSync(file, pending);
    pending = '';
  };
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write(text) {
      pending += text;
      if (pending.length > 65_536) flush();
    },
    commit() {
      flush();
      close();
      renameSync(unfinished, path);
    },
    [Symbol.dispose]: close,
  };
}
