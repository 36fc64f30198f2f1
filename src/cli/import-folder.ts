/** Takes over an exported Entra Connect configuration: a folder of XML files, or a policy as JSON. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { ImportedConfiguration } from '../rules/entra-connect/configuration.ts';
import { ImportError, importConfiguration } from '../rules/entra-connect/import.ts';
import { importPolicy } from '../rules/entra-connect/import-policy.ts';
import { toCauseway } from '../rules/entra-connect/to-causeway.ts';
import { writeRules } from '../rules/entra-connect/write-yaml.ts';
import { type CliContext, CliError } from './context.ts';
import { mark, paint, plain } from './output.ts';

/** Files of an export at most; bytes of one of them. */
const mostFiles = 10_000;
const longestFile = 20 * 1024 * 1024;

export interface ImportOptions {
  /** Only the rules, not the configuration file. */
  readonly rulesOnly: boolean;
  /** Folder to write to; absent: the text is printed. */
  readonly output?: string | undefined;
}

/** Whether a path is an exported configuration rather than one of ours. */
export const isExport = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** The exported configuration in a folder. Throws a CliError in words. */
export function readExport(path: string): ImportedConfiguration {
  try {
    return importConfiguration(folderFiles(resolve(path)));
  } catch (error) {
    if (error instanceof ImportError) throw new CliError('bad-export', `${path}: ${error.message}`);
    throw error;
  }
}

export function importAll(cli: CliContext, path: string, options: ImportOptions): void {
  if (!existsSync(path)) throw new CliError('no-such-file', `There is no ${path}.`);
  const isFolder = statSync(path).isDirectory();
  const taken = isFolder ? fromFolder(path) : fromPolicy(path);
  const files = options.rulesOnly ? { 'rules/imported.yaml': taken.rules } : taken.files;
  const written = options.output === undefined ? [] : writeFiles(resolve(options.output), files);
  cli.answer({ ...taken.report, files, written }, () =>
    [
      reportText(taken.report),
      '',
      ...(written.length > 0 ? written.map((f) => `Written: ${f}`) : Object.values(files)),
    ].join('\n'),
  );
}

interface Taken {
  readonly rules: string;
  readonly files: Readonly<Record<string, string>>;
  readonly report: {
    readonly rules: {
      readonly total: number;
      readonly equal: number;
      readonly older: number;
      readonly customised: number;
      readonly own: number;
    };
    readonly comparisons: ImportedConfiguration['report']['rules'];
    readonly notTaken: readonly { readonly name: string; readonly part: string; readonly reason: string }[];
    readonly notes: readonly string[];
  };
}

function fromFolder(path: string): Taken {
  const imported = readExport(path);
  const rules = writeRules(imported.rules, imported.metaverseSchema);
  const { yaml, notes } = toCauseway(imported);
  const status = (s: string) => imported.report.rules.filter((r) => r.status === s).length;
  return {
    rules,
    files: { 'causeway.yaml': yaml, 'rules/imported.yaml': rules },
    report: {
      rules: {
        total: imported.rules.length,
        equal: status('equal'),
        older: status('older'),
        customised: status('customised'),
        own: status('own'),
      },
      comparisons: imported.report.rules,
      notTaken: imported.report.notTaken,
      notes: [...imported.report.notes, ...notes],
    },
  };
}

function fromPolicy(path: string): Taken {
  let policy: ReturnType<typeof importPolicy>;
  try {
    policy = importPolicy(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof ImportError || error instanceof SyntaxError)
      throw new CliError('bad-export', `${path}: ${error.message}`);
    throw error;
  }
  const rules = writeRules(policy.customRules);
  return {
    rules,
    files: { 'rules/imported.yaml': rules },
    report: {
      rules: { total: policy.customRules.length, equal: 0, older: 0, customised: 0, own: policy.customRules.length },
      comparisons: [],
      notTaken: policy.notTaken,
      notes: [
        `The policy names ${policy.standardRules.length} standard rules; Causeway's own take their place.`,
        ...policy.standardRules
          .filter((r) => r.disabled)
          .map((r) => `The standard rule "${r.name}" is disabled there: write its tag under "disable".`),
      ],
    },
  };
}

function folderFiles(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.xml$/i.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    if (files.size >= mostFiles) throw new CliError('bad-export', `${folder} holds more than ${mostFiles} files.`);
    if (statSync(path).size > longestFile)
      throw new CliError('bad-export', `${path} is longer than ${longestFile / 1024 / 1024} MB.`);
    files.set(relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8'));
  }
  return files;
}

/** Writes files below a folder. Nothing that is there already is overwritten. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): string[] {
  const paths = Object.keys(files).map((name) => join(folder, name));
  const there = paths.find((p) => existsSync(p));
  if (there !== undefined)
    throw new CliError('file-exists', `${there} is there already. Name another folder with --output, or move it away.`);
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  });
}

function reportText({ rules, comparisons, notTaken, notes }: Taken['report']): string {
  const lines = [
    `${mark('ok')} ${rules.total} rules: ${rules.equal} as shipped, ${rules.older} as an older build shipped them, ${rules.customised} customised, ${rules.own} of your own.`,
  ];
  for (const c of comparisons.filter((r) => r.status === 'customised'))
    lines.push(
      `  ${paint('bold', plain(c.rule))}: ${c.differences
        .filter((d) => d.known === undefined)
        .map((d) => plain(`${d.part}${d.attribute ? ` ${d.attribute}` : ''}`))
        .join(', ')}`,
    );
  for (const n of notTaken) lines.push(`${mark('warning')} ${plain(`${n.name}, ${n.part}: ${n.reason}`)}`);
  for (const n of notes) lines.push(`${mark('none')} ${plain(n)}`);
  return lines.join('\n');
}
