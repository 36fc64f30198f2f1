/** `causeway config set|apply|reload|export|import|diff|report|versions`: the configuration as a whole. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { toCauseway } from '../../rules/entra-connect/to-causeway.ts';
import { writeRules } from '../../rules/entra-connect/write-yaml.ts';
import { loadConfiguration } from '../../service/configuration/configuration.ts';
import { loadRuleSet } from '../../service/configuration/rule-set.ts';
import { type VersionContent, versionContent } from '../../service/configuration/versions.ts';
import { versionOf, versionPage } from '../../service/facts/configuration.ts';
import {
  type Comparable,
  type ConfigurationDiff,
  configurationDiff,
  type RuleChange,
} from '../../service/facts/configuration-diff.ts';
import { configurationReport } from '../../service/facts/configuration-report.ts';
import { type CliContext, CliError } from '../context.ts';
import { exportFolder } from '../export-folder.ts';
import { importAll, isExport, readExport, writeFiles } from '../import-folder.ts';
import { paint, plain, table } from '../output.ts';
import { valueText } from '../value-text.ts';
import { registerConfigChanges } from './config-change.ts';

const formats = ['json', 'yaml', 'entra-connect'] as const;

export function registerConfig(program: Command, context: () => CliContext): void {
  const config = program
    .command('config')
    .description('the configuration: set, apply, reload, export, import, diff, report, versions');
  registerConfigChanges(config, context);
  config
    .command('export')
    .description('settings and all rules as one document, or as the folder that Entra Connect tools read')
    .option('--format <format>', formats.join(', '), 'json')
    .option('--output <path>', 'write there instead of printing; a folder for entra-connect')
    .action((options: { format: string; output?: string }) => exportConfig(context(), options));
  config
    .command('import <path>')
    .description('take over an exported Entra Connect configuration as causeway.yaml and rules')
    .option('--output <folder>', 'write the files there instead of printing them')
    .action((path: string, options: { output?: string }) =>
      importAll(context(), path, { rulesOnly: false, output: options.output }),
    );
  config
    .command('diff <from> [to]')
    .description(
      'what differs: a version number, "current", a causeway.yaml, an exported JSON or an Entra Connect folder',
    )
    .action((from: string, to = 'current') => {
      const cli = context();
      const diff = configurationDiff(side(cli, from), side(cli, to));
      cli.answer(diff, () => diffText(diff));
    });
  config
    .command('report')
    .description('the whole configuration as a document (Markdown)')
    .option('--output <file>', 'write there instead of printing')
    .action((options: { output?: string }) => {
      const cli = context();
      using reading = cli.reading();
      const report = configurationReport(reading.config, reading.rules());
      if (options.output !== undefined) writeFileSync(options.output, report);
      cli.answer({ report, written: options.output ?? null }, () =>
        options.output === undefined ? report : `Written: ${resolve(options.output)}`,
      );
    });
  config
    .command('versions')
    .description('what the configuration was, and when')
    .option('--cursor <cursor>', 'go on after a page')
    .action((options: { cursor?: string }) => {
      const cli = context();
      using reading = cli.reading();
      const page = versionPage(reading.store, { limit: 50, cursor: options.cursor });
      cli.answer(page, () =>
        page.items.length === 0
          ? 'No version is kept yet; the first cycle and every change keep one.'
          : table(
              ['Version', 'Time', 'Who', 'Reason'],
              page.items.map((v) => [String(v.version), v.time, v.who, v.reason]),
            ),
      );
    });
}

function exportConfig(cli: CliContext, options: { format: string; output?: string }): void {
  const format = formats.find((f) => f === options.format);
  if (!format) throw new CliError('bad-argument', `--format is ${formats.join(', ')}, not "${options.format}".`);
  using reading = cli.reading();
  const loaded = reading.rules();
  if (format === 'entra-connect') {
    if (options.output === undefined)
      throw new CliError('bad-argument', 'The format entra-connect is a folder of files: name it with --output.');
    const written = writeFiles(resolve(options.output), Object.fromEntries(exportFolder(reading.config, loaded)));
    cli.answer({ written }, () => `Written: ${written.length} files below ${resolve(options.output ?? '')}`);
    return;
  }
  const content = versionContent(reading.config, loaded);
  const text = format === 'json' ? JSON.stringify(content, undefined, 2) : writeRules(loaded.rules, loaded.schema);
  if (options.output === undefined) process.stdout.write(`${text}\n`);
  else {
    writeFileSync(options.output, `${text}\n`);
    cli.answer({ written: [resolve(options.output)] }, () => `Written: ${resolve(options.output ?? '')}`);
  }
}

/** A configuration by number of a version, name or path. */
function side(cli: CliContext, reference: string): Comparable {
  if (reference === 'current' || /^\d+$/.test(reference)) {
    using reading = cli.reading();
    const version = reference === 'current' ? reference : Number(reference);
    return versionOf(reading.store, reading.config, version, () => reading.rules());
  }
  if (!existsSync(reference))
    throw new CliError('no-such-file', `"${reference}" is neither a version, nor "current", nor a file or folder.`);
  if (isExport(reference)) {
    const imported = readExport(reference);
    return { settings: parse(toCauseway(imported).yaml), rules: imported.rules };
  }
  if (/\.ya?ml$/i.test(reference)) {
    const config = loadConfiguration(reference);
    return versionContent(config, loadRuleSet(config));
  }
  try {
    const content = JSON.parse(readFileSync(reference, 'utf8')) as VersionContent;
    if (Array.isArray(content.rules)) return content;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CliError('bad-export', `${reference} is no configuration that "causeway config export" wrote.`);
}

export function diffText({ settings, rules }: ConfigurationDiff): string {
  if (settings.length === 0 && rules.length === 0) return '= Nothing differs in meaning.';
  const lines: string[] = [];
  for (const s of settings) {
    const symbol = s.before === undefined ? '+' : s.after === undefined ? '-' : '~';
    const before = s.before === undefined ? '' : `${valueText(s.before)} `;
    lines.push(`${symbol} ${plain(s.path)}: ${before}${s.after === undefined ? '' : `→ ${valueText(s.after)}`}`);
  }
  for (const r of rules) lines.push(...ruleText(r));
  const count = (kind: RuleChange['kind']) => rules.filter((r) => r.kind === kind).length;
  lines.push(
    '',
    `${settings.length} settings differ; rules: ${count('added')} added, ${count('changed')} changed, ${count('removed')} removed.`,
  );
  return lines.join('\n');
}

const symbols = { added: '+', changed: '~', removed: '-' } as const;
const ruleText = (r: RuleChange): string[] => [
  `${symbols[r.kind]} ${paint('bold', plain(r.rule))} (${plain(r.connector)})`,
  ...r.parts.flatMap((p) => [
    `    ${p.part}${p.attribute ? ` ${plain(p.attribute)}` : ''}`,
    ...(p.before === undefined ? [] : [`      - ${valueText(p.before)}`]),
    ...(p.after === undefined ? [] : [`      + ${valueText(p.after)}`]),
  ]),
];
