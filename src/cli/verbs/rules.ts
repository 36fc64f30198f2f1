/** `causeway rules list|show|lint|test|import`: sync rules. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type CaseOutcome, readCases, testCases } from '../../rules/cases.ts';
import type { LintFinding } from '../../rules/lint.ts';
import { pathOf } from '../../service/configuration/configuration.ts';
import { yamlFiles } from '../../service/configuration/rule-set.ts';
import { lintFindings, type RuleFacts, type RuleSummary, ruleFacts, ruleList } from '../../service/facts/rules.ts';
import { type CliContext, CliError } from '../context.ts';
import { importAll } from '../import-folder.ts';
import { mark, paint, plain, table } from '../output.ts';
import { registerEval } from './rules-eval.ts';

interface ListOptions {
  readonly direction?: string;
  readonly connector?: string;
  readonly attribute?: string;
  readonly type?: string;
  readonly rules?: string;
}

export function registerRules(program: Command, context: () => CliContext): void {
  const rules = program.command('rules').description('sync rules: list, show, lint, test, import, eval');
  rules
    .command('list')
    .description('all rules in pipeline order')
    .option('--direction <direction>', 'inbound or outbound')
    .option('--connector <name>', 'only of this connector')
    .option('--attribute <name>', 'only rules that read or write this attribute')
    .option('--type <type>', 'only rules for this object type')
    .option('--rules <folder>', 'the rule files of another folder')
    .action((options: ListOptions) => {
      const cli = context();
      const { direction } = options;
      if (direction !== undefined && direction !== 'inbound' && direction !== 'outbound')
        throw new CliError('bad-argument', `--direction is inbound or outbound, not "${direction}".`);
      using reading = cli.reading();
      const list = ruleList(reading.rules({ directory: options.rules }), {
        direction,
        connector: options.connector,
        attribute: options.attribute,
        type: options.type,
      });
      cli.answer(list, () => listText(list));
    });
  rules
    .command('show <reference>')
    .description('one rule by name, tag or identity')
    .option('--rules <folder>', 'the rule files of another folder')
    .action((reference: string, options: ListOptions) => {
      const cli = context();
      using reading = cli.reading();
      const loaded = reading.rules({ directory: options.rules });
      const rule = ruleFacts(loaded, reference, lintFindings(loaded, reading.store, reading.config));
      cli.answer(rule, () => ruleText(rule));
    });
  rules
    .command('lint')
    .description('find what is allowed but hardly meant')
    .option('--rules <folder>', 'the rule files of another folder')
    .option('--strict', 'exit with 1 if there is a warning')
    .action((options: ListOptions & { strict?: boolean }) => {
      const cli = context();
      using reading = cli.reading();
      const findings = lintFindings(reading.rules({ directory: options.rules }), reading.store, reading.config);
      if (options.strict && findings.some((f) => f.severity === 'warning')) process.exitCode = 1;
      cli.answer(findings, () => lintText(findings));
    });
  rules
    .command('test [paths...]')
    .description('run rule tests; default: the folder "tests" beside the rule files')
    .option('--rules <folder>', 'the rule files of another folder')
    .action((paths: string[], options: ListOptions) => {
      const cli = context();
      using reading = cli.reading();
      const { ruleSet } = reading.rules({ directory: options.rules });
      const files = caseFiles(cli, paths, options.rules);
      const outcomes = files.flatMap((file) => {
        const read = readCases(file, readFileSync(file, 'utf8'));
        if (!read.ok) throw new CliError('bad-case-file', read.problems.join('\n'));
        return testCases(ruleSet, file, read.cases);
      });
      const failed = outcomes.filter((o) => !o.passed).length;
      process.exitCode = failed > 0 ? 1 : 0;
      cli.answer({ passed: outcomes.length - failed, failed, cases: outcomes }, () => testText(outcomes));
    });
  rules
    .command('import <path>')
    .description('take over rules of an exported Entra Connect configuration (folder of XML files, or policy JSON)')
    .option('--output <folder>', 'write rules/imported.yaml there instead of printing it')
    .action((path: string, options: { output?: string }) => {
      const cli = context();
      importAll(cli, path, { rulesOnly: true, output: options.output });
    });
  registerEval(rules, context);
}

function caseFiles(cli: CliContext, paths: readonly string[], rules: string | undefined): string[] {
  if (paths.length > 0) {
    return paths.flatMap((given) => {
      const path = resolve(given);
      if (!existsSync(path)) throw new CliError('no-such-file', `There is no ${given}.`);
      return statSync(path).isDirectory() ? yamlFiles(path) : [path];
    });
  }
  const config = cli.config();
  const directory = rules ?? config.settings.rules.directory;
  const folder = directory === undefined ? undefined : join(pathOf(config, directory), 'tests');
  if (folder === undefined || !existsSync(folder)) {
    throw new CliError(
      'no-cases',
      folder === undefined
        ? 'Name files with rule tests, or set "rules.directory": tests are then in its folder "tests".'
        : `There is no folder ${folder}. Make it, or name files with rule tests.`,
    );
  }
  return yamlFiles(folder);
}

const listText = (rules: readonly RuleSummary[]): string =>
  rules.length === 0
    ? 'No rule is like that.'
    : table(
        ['', 'Precedence', 'Direction', 'Name', 'Connector', 'Source', 'Target', 'Link', 'Flows', 'Origin'],
        rules.map((r) => [
          r.disabled ? '○' : '●',
          String(r.precedence),
          r.direction,
          r.name,
          r.connector,
          r.source,
          r.target,
          r.link,
          String(r.flows),
          r.origin === 'custom' ? `${r.file ?? ''}${r.line === null ? '' : `:${r.line}`}` : r.origin,
        ]),
      );

function ruleText(r: RuleFacts): string {
  const lines = [
    `${paint('bold', plain(r.name))}${r.disabled ? '  (disabled)' : ''}`,
    `${r.direction}, ${plain(r.connector)}, ${r.source} → ${r.target}, ${r.link}, precedence ${r.precedence}`,
    paint('gray', plain(`${r.id}${r.tag ? `, ${r.tag}` : ''}${r.file ? `, ${r.file}:${r.line ?? 1}` : ''}`)),
  ];
  if (r.description) lines.push(plain(r.description));
  if (r.scope.length > 0) {
    lines.push('', 'In scope (any group, all its clauses):');
    lines.push(
      ...r.scope.map(
        (g) => `  ${g.map((c) => plain(`${c.attribute} ${c.operator} ${c.value ?? ''}`.trim())).join('  and  ')}`,
      ),
    );
  }
  if (r.join.length > 0) {
    lines.push('', 'Joins by (groups in order):');
    lines.push(...r.join.map((g) => `  ${g.map((c) => plain(`${c.cs} = ${c.mv}`)).join('  and  ')}`));
  }
  if (r.mappings.length > 0) lines.push('', 'Flows:');
  for (const m of r.mappings) {
    const flags = [m.merge === 'Update' ? '' : m.merge, m.executeOnce ? 'once' : ''].filter(Boolean).join(', ');
    lines.push(`  ${m.target.padEnd(32)} ${m.kind.padEnd(10)} ${plain(m.source)}${flags ? `  (${flags})` : ''}`);
  }
  if (r.findings.length > 0) lines.push('', lintText(r.findings as readonly LintFinding[]));
  return lines.join('\n');
}

function lintText(findings: readonly LintFinding[]): string {
  if (findings.length === 0) return `${mark('ok')} Nothing questionable was found.`;
  return findings
    .map((f) => {
      const where = `${f.rule}${f.flow ? `, flow to ${f.flow}` : ''}${f.file ? ` (${f.file}${f.line ? `:${f.line}` : ''})` : ''}`;
      return `${mark(f.severity === 'warning' ? 'warning' : 'none')} ${plain(where)}\n  ${f.code}: ${plain(f.message)}`;
    })
    .join('\n');
}

function testText(outcomes: readonly CaseOutcome[]): string {
  const lines = outcomes.flatMap((o) =>
    o.passed
      ? []
      : [
          `FAIL ${plain(o.file)}: ${plain(o.name)}`,
          ...o.differences.flatMap((d) => [
            `     ${plain(d.at)}`,
            `       - ${plain(d.expected)}`,
            `       + ${plain(d.actual)}`,
          ]),
        ],
  );
  const passed = outcomes.filter((o) => o.passed).length;
  return [...lines, `${passed} passed, ${outcomes.length - passed} failed`].join('\n');
}
