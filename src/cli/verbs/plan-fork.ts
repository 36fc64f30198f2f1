/** `causeway plan --rules DIR` and `--scope FILE`: what another configuration would change, without touching anything. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { ConnectorError } from '../../connectors/contract.ts';
import { explainUnknown } from '../../diagnosis/explain/absent.ts';
import { findObjects } from '../../diagnosis/find.ts';
import { forkPopulation } from '../../diagnosis/fork/fork.ts';
import { forkObject } from '../../diagnosis/fork/object.ts';
import { type ForkJob, ForkSession, type ForkSettings } from '../../diagnosis/fork/session.ts';
import { forkObjectText, forkText } from '../../diagnosis/fork/text.ts';
import { readTenantRoles, TenantReadError } from '../../diagnosis/plan/image-tenant.ts';
import { dnKey } from '../../model/dn.ts';
import { ConfigurationError, type LoadedConfiguration } from '../../service/configuration/configuration.ts';
import { connectedSchemas, loadRuleSet } from '../../service/configuration/rule-set.ts';
import { describeConnectors, makeConnectors } from '../../service/engine/make-connectors.ts';
import { storeFile } from '../../service/engine/open-engine.ts';
import type { Reading } from '../../service/reading.ts';
import { needsFullSync } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, ProgressLine, plain } from '../output.ts';
import { engineToAsk, terminalStyle } from './explain.ts';
import { isSyncSession } from './plan.ts';

export interface ForkArguments {
  readonly rules?: string;
  readonly scope?: string;
  readonly object?: string;
  readonly offline?: boolean;
  readonly details?: boolean;
}

export async function planFork(cli: CliContext, options: ForkArguments): Promise<void> {
  using reading = cli.reading();
  const engine = engineToAsk(reading);
  const other = otherConfiguration(reading.config, options.scope);
  const notes = options.scope === undefined ? [] : checkPartitions(reading, reading.config, other, options.scope);
  const job: ForkJob = {
    before: settingsOf(reading, reading.config, undefined),
    after: settingsOf(reading, other, options.rules),
    roles: options.offline || options.object !== undefined ? new Map() : await rolesOf(cli, reading.config),
    isSynchronized: !needsFullSync(engine),
    now: Date.now(),
  };
  if (options.object !== undefined) return showObject(cli, reading, job, options.object);
  const progress = new ProgressLine();
  const stop = new AbortController();
  const onSignal = () => stop.abort(new CliError('cancelled', 'Cancelled; nothing was changed.'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const result = await forkPopulation({
      what: options.rules === undefined ? 'scope' : 'rules',
      from: 'as configured',
      to: [options.rules, options.scope].filter((o) => o !== undefined).join(' with '),
      store: reading.store,
      file: storeFile(reading.config),
      job,
      deletionThreshold: engine.limits.deletionThreshold,
      approximations: [
        ...notes,
        ...(job.isSynchronized
          ? []
          : ['The rules in force were not fully synchronized yet; the comparison is with what they would give.']),
      ],
      signal: stop.signal,
      progress: (done, total) => {
        if (!cli.json) progress.update({ connector: 'plan', step: 'identities', done, total });
      },
    });
    progress.finish();
    cli.answer(result, () => forkText(result, { style: terminalStyle, details: options.details === true }));
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function showObject(cli: CliContext, reading: Reading, job: ForkJob, reference: string): void {
  const found = findObjects(reading.store, reference);
  if (found.length !== 1) {
    const { summary, candidates } = explainUnknown(engineToAsk(reading), reference, found);
    const list = candidates.map((c) => `\n  ${c.reference}  ${c.type} ${c.name}`).join('');
    const hint = found.length === 0 && list !== '' ? ' Did you mean:' : '';
    throw new CliError(
      found.length === 0 ? 'unknown-object' : 'ambiguous-reference',
      `${summary.join(' ')}${hint}${plainLines(list)}`,
    );
  }
  const object = forkObject(new ForkSession(reading.store, job), found[0]!);
  cli.answer(object, () => forkObjectText(object, terminalStyle));
}

/** Names come from directories; only the line breaks are ours. */
const plainLines = (text: string): string => text.split('\n').map(plain).join('\n');

function settingsOf(reading: Reading, config: LoadedConfiguration, rules: string | undefined): ForkSettings {
  const schemas = connectedSchemas(reading.store, config);
  const loaded = loadRuleSet(config, { schemas, ...(rules === undefined ? {} : { directory: resolve(rules) }) });
  return {
    rules: loaded.rules,
    schema: loaded.schema,
    connectedSchemas: schemas,
    connectors: describeConnectors(config).map(({ connector, objectTypes, partitions, groupFilter }) => ({
      name: connector.name,
      type: connector.type,
      objectTypes,
      partitions,
      ...(groupFilter === undefined ? {} : { groupFilter }),
    })),
  };
}

const dn = z.string().min(1);
const scopeFile = z.looseObject({
  connectors: z
    .array(
      z.looseObject({
        name: z.string(),
        partitions: z
          .array(z.looseObject({ base: dn, include: z.array(dn).optional(), exclude: z.array(dn).optional() }))
          .optional(),
        objectClasses: z.array(z.string()).optional(),
        groupFilter: dn.optional(),
      }),
    )
    .min(1),
});

/** The configuration with the scope of another file over it: a whole configuration, or only names and scopes of connectors. */
function otherConfiguration(config: LoadedConfiguration, file: string | undefined): LoadedConfiguration {
  if (file === undefined) return config;
  const document = readScope(file);
  const parsed = scopeFile.safeParse(document.toJS());
  if (!parsed.success) throw new CliError('bad-scope', problemText(file, document, parsed.error));
  const names = config.settings.connectors.map((c) => c.name);
  const unknown = parsed.data.connectors.find((c) => !names.includes(c.name));
  if (unknown)
    throw new CliError(
      'unknown-connector',
      `${file} names the connector "${unknown.name}". Connectors: ${names.join(', ')}.`,
    );
  const connectors = config.settings.connectors.map((c) => {
    const other = parsed.data.connectors.find((o) => o.name === c.name);
    if (!other || c.type === 'entra') return c;
    const { partitions, objectClasses, groupFilter } = other;
    return {
      ...c,
      ...(partitions
        ? { partitions: partitions.map(({ base, include, exclude }) => ({ base, include, exclude })) }
        : {}),
      ...(objectClasses ? { objectClasses } : {}),
      ...(groupFilter ? { groupFilter } : {}),
    };
  });
  return { ...config, settings: { ...config.settings, connectors } };
}

function readScope(file: string): YamlDocument {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(
      'no-scope',
      `The scope ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? error}).`,
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem) throw new CliError('bad-scope', `${file}:${lines.linePos(problem.pos[0]).line}: ${problem.message}`);
  return { toJS: () => document.toJS() as unknown, lineOf: (path) => lineOf(document, lines, path) };
}

interface YamlDocument {
  toJS(): unknown;
  lineOf(path: readonly PropertyKey[]): number;
}

/** The line of the member, or of the nearest one around it. */
function lineOf(document: ReturnType<typeof parseDocument>, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
    if (node?.range?.[0] !== undefined) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

const problemText = (file: string, document: YamlDocument, { issues }: z.ZodError): string =>
  issues
    .slice(0, 5)
    .map((i) => `${file}:${document.lineOf(i.path)}: ${i.path.map(String).join('.') || 'the file'}: ${i.message}.`)
    .join('\n');

/** Partitions that the other scope names and nobody knows, refused; and those that it leaves out, as sentences. */
function checkPartitions(
  reading: Reading,
  config: LoadedConfiguration,
  other: LoadedConfiguration,
  file: string,
): string[] {
  const notes: string[] = [];
  for (const c of other.settings.connectors) {
    if (c.type === 'entra') continue;
    const row = reading.store.records.connectors().find((r) => r.name === c.name);
    const before = config.settings.connectors.find((o) => o.name === c.name);
    const configured = before && before.type !== 'entra' ? (before.partitions ?? []).map((p) => p.base) : [];
    const imported = row ? reading.store.records.partitions(row.id).map((p) => p.name) : [];
    const known = new Map([...imported, ...configured].map((name) => [dnKey(name), name]));
    const asked = new Set((c.partitions ?? []).map((p) => dnKey(p.base)));
    const unknown = (c.partitions ?? []).find((p) => !known.has(dnKey(p.base)));
    if (unknown && known.size > 0)
      throw new CliError(
        'bad-scope',
        `${file} names the partition "${unknown.base}" of ${c.name}, of which nothing was ever imported. Partitions: ${[...known.values()].join('; ')}.`,
      );
    if (asked.size === 0) continue;
    for (const [key, name] of known)
      if (!asked.has(key))
        notes.push(
          `${c.name}: the other scope leaves out the partition ${name}. What was imported from it stays as it is; nothing of it is imported any more.`,
        );
  }
  return notes;
}

/** Milliseconds that the tenants may take to say who holds roles. */
const rolesMs = 15_000;

async function rolesOf(cli: CliContext, config: LoadedConfiguration): Promise<ReadonlyMap<string, readonly string[]>> {
  const roles = new Map<string, readonly string[]>();
  const signal = AbortSignal.timeout(rolesMs);
  for (const c of config.settings.connectors.filter((one) => one.type === 'entra')) {
    try {
      const connector = makeConnectors(config).find((m) => m.connector.name === c.name)?.connector;
      await using session = await connector?.open(signal);
      if (isSyncSession(session))
        for (const [id, names] of await readTenantRoles(session, signal)) roles.set(id, names);
    } catch (error) {
      const isKnown =
        error instanceof ConnectorError || error instanceof ConfigurationError || error instanceof TenantReadError;
      if (!isKnown) throw error;
      cli.note(`${mark('warning')} ${plain(error.message)} Who holds roles in the cloud is not known.`);
    }
  }
  return roles;
}
