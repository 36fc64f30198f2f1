/** `causeway rules eval`: expressions on attribute values. Needs no configuration. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ExpressionCase, type ExpressionCaseResult, evaluateCase } from '../../rules/expression/evaluate-case.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, plain } from '../output.ts';
import { valueText } from '../value-text.ts';

const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ date: z.iso.datetime({ offset: true }) }),
  z.strictObject({ dn: z.string() }),
  z.strictObject({ int: z.string().regex(/^-?\d{1,20}$/) }),
]);
const attributes = z.record(z.string(), z.union([value, z.array(value), z.null()]));
const caseSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String).optional(),
  expression: z.string(),
  attributes: attributes.optional(),
  parameters: z.record(z.string(), value).optional(),
  importedAttributes: attributes.optional(),
});

interface EvalOptions {
  readonly attributes?: string;
  readonly parameters?: string;
  readonly importedAttributes?: string;
  readonly cases?: string;
}

export function registerEval(rules: Command, context: () => CliContext): void {
  rules
    .command('eval [expression]')
    .description('evaluate expressions on attribute values')
    .option('--attributes <json>', 'values that [attribute] has, for example {"sn":"Costa"}')
    .option('--parameters <json>', 'values that %parameter% has')
    .option('--imported-attributes <json>', 'values that ImportedValue sees')
    .option('--cases <file>', 'evaluate the cases of a JSON or YAML file; - reads standard input')
    .action((expression: string | undefined, options: EvalOptions) => {
      const cli = context();
      if (options.cases !== undefined) {
        const results = readCaseFile(options.cases).map(evaluate);
        cli.answer(results, () => results.map(resultText).join('\n'));
        return;
      }
      if (expression === undefined)
        throw new CliError(
          'bad-argument',
          'Give an expression, for example causeway rules eval \'Left([sn], 3)\' --attributes \'{"sn":"Costa"}\', or --cases FILE.',
        );
      const given = {
        expression,
        ...(options.attributes === undefined ? {} : { attributes: readJson('--attributes', options.attributes) }),
        ...(options.parameters === undefined ? {} : { parameters: readJson('--parameters', options.parameters) }),
        ...(options.importedAttributes === undefined
          ? {}
          : { importedAttributes: readJson('--imported-attributes', options.importedAttributes) }),
      };
      const result = evaluate(checked(given, 'the arguments'));
      cli.answer(result, () => resultText(result));
      if (result.kind === 'error' && !cli.json) process.exitCode = 1;
    });
}

const evaluate = (given: ExpressionCase): ExpressionCaseResult =>
  evaluateCase(given, { now: Date.now, random: Math.random, guid: () => crypto.randomUUID() });

function readJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('bad-argument', `${option} is not JSON: ${(error as Error).message}.`);
  }
}

/** A list of cases, an object with the member `cases`, or one case a line. */
function readCaseFile(file: string): ExpressionCase[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError('no-such-file', `The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const raw = parseCases(file, text);
  const list = Array.isArray(raw) ? raw : ((raw as { cases?: unknown } | null)?.cases ?? [raw]);
  if (!Array.isArray(list)) throw new CliError('bad-case-file', `${file}: "cases" is no list.`);
  return list.map((one, i) => checked(one, `${file}, case ${i + 1}`));
}

function parseCases(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No single JSON document: lines of JSON, or YAML, which says itself what is wrong.
  }
  const lines = text.split(/\r?\n/).filter((l) => l.trim() !== '');
  try {
    if (lines.length > 0 && lines.every((l) => l.trimStart().startsWith('{')))
      return lines.map((l) => JSON.parse(l) as unknown);
    return parse(text) as unknown;
  } catch (error) {
    throw new CliError('bad-case-file', `${file}: ${(error as Error).message}`);
  }
}

function checked(raw: unknown, where: string): ExpressionCase {
  const parsed = caseSchema.safeParse(raw);
  if (parsed.success) return parsed.data as ExpressionCase;
  const told = parsed.error.issues.map((i) => `${i.path.map(String).join('.') || 'it'}: ${i.message}`).join('; ');
  throw new CliError('bad-case', `${where} is no case: ${told}.`);
}

function resultText(result: ExpressionCaseResult): string {
  const id = result.id === undefined ? '' : `${plain(result.id)}: `;
  if (result.kind === 'value') return `${id}${valueText(result.value)}`;
  if (result.kind !== 'error') return `${id}(${result.kind})`;
  const { code, message, line, column } = result.error ?? { code: '', message: '' };
  const at = line === undefined ? '' : ` (line ${line}, column ${column})`;
  return `${id}${mark('error')} ${code}${at}: ${plain(message)}`;
}
