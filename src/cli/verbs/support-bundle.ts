/**
 * `causeway support-bundle`: what support needs (operations s.7.1), without secrets and, unless asked for, without the
 * names and values of people: each is replaced by a word that is the same throughout the bundle and means nothing outside.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { findingFacts, objectFacts, valuesOfObjects, vocabularyOf } from '../../diagnosis/bundle/content.ts';
import { makePseudonyms } from '../../diagnosis/bundle/pseudonyms.ts';
import type { Found } from '../../diagnosis/find.ts';
import { stateDirectory } from '../../service/engine/open-engine.ts';
import { auditPage } from '../../service/facts/audit.ts';
import { versionPage } from '../../service/facts/configuration.ts';
import { configurationReport } from '../../service/facts/configuration-report.ts';
import { objectCounts } from '../../service/facts/counts.ts';
import { type ErrorFacts, errorPage, errorSummary } from '../../service/facts/errors.ts';
import { requireObject } from '../../service/facts/objects.ts';
import { runPage } from '../../service/facts/runs.ts';
import { scrubber, secretsOf } from '../../service/log.ts';
import { programVersion } from '../../service/program-version.ts';
import type { Reading } from '../../service/reading.ts';
import type { Engine } from '../../sync/context.ts';
import type { CliContext } from '../context.ts';
import { tarOf } from '../tar.ts';
import { runDiagnosis } from './diagnose.ts';
import { engineToAsk } from './explain.ts';
import { readStatus } from './status.ts';

/** Characters of the end of the log. */
const logTail = 500_000;

interface BundleArguments {
  readonly output?: string;
  readonly names?: boolean;
  readonly object: readonly string[];
}

export function registerSupportBundle(program: Command, context: () => CliContext): void {
  program
    .command('support-bundle')
    .description('collect what support needs, without secrets')
    .option('--output <file>', 'where to write it; default causeway-support-<time>.tar.gz')
    .option('--names', 'leave names and values of objects as they are')
    .option('--object <reference>', 'an object that it is about; may be given several times', append, [])
    .action(async (options: BundleArguments) => {
      const cli = context();
      using reading = cli.reading();
      const status = await readStatus(cli);
      const asked = options.object.map((reference) => ({ reference, found: requireObject(reading.store, reference) }));
      const clean = scrubber(secretsOf(reading.config));
      const engine = reading.isNew ? undefined : engineToAsk(reading);
      const spared = engine ? vocabularyOf(engine) : new Set<string>();
      const names = makePseudonyms(randomBytes(32), engine ? knownValues(engine, asked, spared) : [], spared);
      const keep = options.names === true;
      const files = new Map<string, string>();
      const put = (name: string, text: string) => files.set(name, clean(keep ? text : names.text(text)));
      // Facts about objects are replaced member by member, so that no value is overlooked.
      const putObjects = (name: string, facts: unknown) =>
        files.set(name, clean(pretty(keep ? facts : names.json(plainJson(facts)))));
      put('status.json', pretty(status));
      for (const [name, facts] of Object.entries(stateFacts(reading, keep))) put(name, pretty(facts));
      putObjects('audit.json', auditPage(reading.store, { limit: 200 }).items);
      const diagnosis = reading.isNew ? undefined : await runDiagnosis(cli, undefined, true);
      if (diagnosis?.kind === 'diagnosis')
        putObjects('findings.json', keep ? diagnosis.findings : diagnosis.findings.map(findingFacts));
      asked.forEach(({ reference, found }, i) => {
        if (engine) putObjects(`object-${i + 1}.json`, objectFacts(engine, reference, found));
      });
      // Rules hold no values of objects, and without them nobody can tell what happened.
      files.set('configuration.md', clean(configurationReport(reading.config, reading.rules())));
      const log = join(stateDirectory(reading.config), 'causeway.log');
      if (existsSync(log)) put('causeway.log', readFileSync(log, 'utf8').slice(-logTail));
      files.set('README.txt', readme(files, keep));
      files.set('manifest.json', manifest(files, keep));
      const now = Date.now();
      const name = `causeway-support-${new Date(now).toISOString().replace(/[:.]/g, '-')}.tar.gz`;
      const path = resolve(options.output ?? name);
      writeFileSync(path, gzipSync(tarOf(files, now / 1000)), { mode: 0o600 });
      cli.answer({ file: path, files: [...files.keys()], names: keep }, () =>
        [
          `Written: ${path}`,
          ...[...files].map(([n, t]) => `  ${n}  ${t.length} characters`),
          keep
            ? 'It holds names and values of objects, but no secrets.'
            : 'Names and values of objects are replaced by words that mean nothing outside; secrets are not in it.',
        ].join('\n'),
      );
    });
}

const append = (value: string, before: readonly string[]): string[] => [...before, value];
const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Objects with errors whose values are looked for in sentences. */
const objectsKnown = 2000;

/** What may stand in the middle of a sentence of the log or of an error: values of the objects that have errors, or are asked about. */
function knownValues(
  engine: Engine,
  asked: readonly { readonly found: Found }[],
  spared: ReadonlySet<string>,
): Set<string> {
  const { store } = engine;
  const failed = store.records
    .errors(objectsKnown)
    .map((e): Found => ({ mv: store.mv.link(e.cs)?.mv ?? null, cs: [e.cs] }));
  return valuesOfObjects(store, [...failed, ...asked.map((a) => a.found)], spared);
}

const contents: Readonly<Record<string, string>> = {
  'status.json': 'scheduler, last cycle, alerts (names as in Get-ADSyncScheduler)',
  'system.json': 'program, operating system, connectors',
  'counts.json': 'objects and pending changes by connector and type',
  'runs.json': 'the last 200 runs with their counters and errors',
  'errors.json': 'object errors: how many of which code, and the latest',
  'audit.json': 'who changed what in the product, the latest 200',
  'versions.json': 'when the configuration changed',
  'findings.json': 'what "causeway diagnose" finds without asking directories and tenant',
  'configuration.md': 'settings and all rules in words; it holds no values of objects',
  'causeway.log': 'the end of the log of the service, one JSON document a line',
};

/** For somebody who does not have the product. */
function readme(files: ReadonlyMap<string, string>, hasNames: boolean): string {
  const lines = [...files.keys()].map(
    (name) =>
      `${name.padEnd(20)} ${contents[name] ?? 'one object: what is stored of it, why it is or is not in the cloud, its past'}`,
  );
  return [
    `Support bundle of Causeway ${programVersion()}. All files are text; times are UTC.`,
    '',
    ...lines,
    `${'manifest.json'.padEnd(20)} SHA-256 of each file`,
    '',
    hasNames
      ? 'Names and values of objects are as they are; secrets are taken out.'
      : 'Names and values of objects are replaced by words such as x1f00c2a9d4: the same value has the same word in all files, whatever its letter case. The key was thrown away, so nobody can turn them back.',
    'Error codes are those of the product and of Entra Connect; each has a page in the documentation.',
    '',
  ].join('\n');
}

const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function stateFacts(reading: Reading, withNames: boolean): Record<string, unknown> {
  const { store, config } = reading;
  const latest = errorPage(store, config, { limit: 200 }).items;
  return {
    'system.json': {
      version: programVersion(),
      node: process.version,
      system: `${platform()} ${release()}`,
      cpus: cpus().length,
      memoryBytes: totalmem(),
      connectors: config.settings.connectors.map(({ name, type }) => ({ name, type })),
    },
    'counts.json': objectCounts(store),
    'runs.json': runPage(store, config, { limit: 200 }).items,
    'errors.json': { summary: errorSummary(store), latest: withNames ? latest : latest.map(withoutValues) },
    'versions.json': versionPage(store, { limit: 50 }).items,
  };
}

/** An error's own words may quote any value of the object. */
const withoutValues = ({ message: _, value: __, facts: ___, ...rest }: ErrorFacts) => rest;

function manifest(files: ReadonlyMap<string, string>, hasNames: boolean): string {
  return pretty({
    made: new Date().toISOString(),
    redaction: hasNames ? 'secrets' : 'secrets, names and values of objects',
    sha256: Object.fromEntries(
      [...files].map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')]),
    ),
  });
}
