/**
 * `causeway support-bundle`: what support needs (operations s.7.1), without secrets and, unless asked for, without the
 * names and values of people: each is replaced by a word that is the same throughout the bundle and means nothing outside.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { stateDirectory } from '../../service/engine/open-engine.ts';
import { auditPage } from '../../service/facts/audit.ts';
import { versionPage } from '../../service/facts/configuration.ts';
import { configurationReport } from '../../service/facts/configuration-report.ts';
import { objectCounts } from '../../service/facts/counts.ts';
import { type ErrorFacts, errorPage, errorSummary } from '../../service/facts/errors.ts';
import { runPage } from '../../service/facts/runs.ts';
import { scrubber, secretsOf } from '../../service/log.ts';
import { programVersion } from '../../service/program-version.ts';
import type { Reading } from '../../service/reading.ts';
import type { CliContext } from '../context.ts';
import { tarOf } from '../tar.ts';
import { readStatus } from './status.ts';

/** Characters of the end of the log. */
const logTail = 500_000;

export function registerSupportBundle(program: Command, context: () => CliContext): void {
  program
    .command('support-bundle')
    .description('collect what support needs, without secrets')
    .option('--output <file>', 'where to write it; default causeway-support-<time>.tar.gz')
    .option('--names', 'leave names and values of objects as they are')
    .action(async (options: { output?: string; names?: boolean }) => {
      const cli = context();
      using reading = cli.reading();
      const status = await readStatus(cli);
      const clean = scrubber(secretsOf(reading.config));
      const hide = options.names ? (text: string) => text : pseudonyms(randomBytes(32));
      const files = new Map<string, string>();
      const put = (name: string, text: string) => files.set(name, clean(hide(text)));
      put('status.json', pretty(status));
      for (const [name, facts] of Object.entries(stateFacts(reading, options.names === true))) put(name, pretty(facts));
      // Rules hold no values of objects, and without them nobody can tell what happened.
      files.set('configuration.md', clean(configurationReport(reading.config, reading.rules())));
      const log = join(stateDirectory(reading.config), 'causeway.log');
      if (existsSync(log)) put('causeway.log', readFileSync(log, 'utf8').slice(-logTail));
      files.set('manifest.json', manifest(files, options.names === true));
      const now = Date.now();
      const name = `causeway-support-${new Date(now).toISOString().replace(/[:.]/g, '-')}.tar.gz`;
      const path = resolve(options.output ?? name);
      writeFileSync(path, gzipSync(tarOf(files, now / 1000)), { mode: 0o600 });
      cli.answer({ file: path, files: [...files.keys()], names: options.names === true }, () =>
        [
          `Written: ${path}`,
          ...[...files].map(([n, t]) => `  ${n}  ${t.length} characters`),
          options.names
            ? 'It holds names and values of objects, but no secrets.'
            : 'Names and values of objects are replaced by words that mean nothing outside; secrets are not in it.',
        ].join('\n'),
      );
    });
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
    'audit.json': auditPage(store, { limit: 200 }).items,
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

/** What looks like a name of a person or an object, wherever it stands. */
const personal = [
  // Relative names of a DN; the domain components stay, because the structure of the forest matters.
  /(?<=\b(?:CN|OU|UID)=)(?:\\.|[^,"\\])+/gi,
  /[\w.!#$%&'*+/=?^`{|}~-]+(?=@[\w-]+(?:\.[\w-]+)+)/g,
  /(?<="(?:name|displayName|value|before|after|who|subject)": ")(?:[^"\\]|\\.)+/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b[A-Za-z0-9+/]{22}==/g,
];

function pseudonyms(key: Buffer): (text: string) => string {
  const word = (text: string) => `x${createHmac('sha256', key).update(text.toLowerCase()).digest('hex').slice(0, 10)}`;
  return (text) => personal.reduce((t, pattern) => t.replace(pattern, word), text);
}
