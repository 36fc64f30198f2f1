/** Rule tests: reads files of cases, runs them and tells how what came out differs from what was expected. */
import { parse } from 'yaml';
import { type AttributeValue, canonicalValues, type Value, valuesOf } from '../model/value.ts';
import { type CaseResult, type ResultObject, runCase } from './case-run.ts';
import { caseFileSchema, type RuleCase } from './case-schema.ts';
import type { CompiledRuleSet } from './compile.ts';

export interface Difference {
  /** What was looked at, e.g. `metaverse.displayName` or `exports[cloud].accountEnabled`. */
  readonly at: string;
  /** As JSON; `absent` for nothing. */
  readonly expected: string;
  readonly actual: string;
}
export interface CaseOutcome {
  readonly name: string;
  readonly file: string;
  readonly passed: boolean;
  readonly differences: readonly Difference[];
}
export type ReadCases =
  | { readonly ok: true; readonly cases: readonly RuleCase[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The cases of a file, or whole sentences about what is wrong with it. */
export function readCases(file: string, text: string): ReadCases {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    return { ok: false, problems: [`${file}: ${error instanceof Error ? error.message : String(error)}`] };
  }
  const checked = caseFileSchema.safeParse(raw);
  if (checked.success) return { ok: true, cases: checked.data.cases };
  return {
    ok: false,
    problems: checked.error.issues.map((i) => `${file}, ${i.path.map(String).join('.')}: ${i.message}.`),
  };
}

/** Runs the cases of a file one by one. */
export function testCases(ruleSet: CompiledRuleSet, file: string, cases: readonly RuleCase[]): CaseOutcome[] {
  return cases.map((ruleCase) => {
    const differences = compareCase(ruleCase, runCase(ruleSet, ruleCase));
    return { name: ruleCase.name, file, passed: differences.length === 0, differences };
  });
}

/** How the result differs from what the case expects; empty if it does not. */
export function compareCase({ expect }: RuleCase, result: CaseResult): Difference[] {
  const differences: Difference[] = [];
  if (expect.metaverse === 'none') {
    if (result.metaverse !== undefined) differences.push(difference('metaverse', 'none', result.metaverse.type));
  } else if (expect.metaverse !== undefined) {
    differences.push(...compareObject('metaverse', expect.metaverse, result.metaverse));
  }
  for (const wanted of expect.exports ?? []) {
    const of = (type: string | undefined) =>
      result.exports.find((e) => e.connector === wanted.connector && (type ?? e.type) === e.type);
    const found = of(wanted.type);
    const at = `exports[${wanted.connector}${wanted.type === undefined ? '' : ` ${wanted.type}`}]`;
    if (wanted.none !== true) differences.push(...compareObject(at, wanted, found));
    else if (found !== undefined) differences.push(difference(at, 'none', found.type));
  }
  differences.push(...compareErrors(expect.errors ?? [], result));
  for (const name of expect.rules ?? []) {
    if (!result.rules.has(name)) differences.push(difference(`rule "${name}"`, 'in scope', 'not in scope'));
  }
  for (const name of expect.notRules ?? []) {
    if (result.rules.has(name)) differences.push(difference(`rule "${name}"`, 'not in scope', 'in scope'));
  }
  return differences;
}

interface ExpectedObject {
  readonly type?: string | undefined;
  readonly attributes?: Readonly<Record<string, AttributeValue | null>> | undefined;
  readonly references?: Readonly<Record<string, readonly string[]>> | undefined;
}

function compareObject(at: string, expected: ExpectedObject, actual: ResultObject | undefined): Difference[] {
  if (actual === undefined) return [difference(at, expected.type ?? 'an object', 'none')];
  const differences: Difference[] = [];
  if (expected.type !== undefined && expected.type !== actual.type) {
    differences.push(difference(`${at}.type`, expected.type, actual.type));
  }
  for (const [name, wanted] of Object.entries(expected.attributes ?? {})) {
    const [left, right] = [textOf(wanted), textOf(actual.attributes[name])];
    if (left !== right) differences.push({ at: `${at}.${name}`, expected: left, actual: right });
  }
  for (const [name, wanted] of Object.entries(expected.references ?? {})) {
    const [left, right] = [wanted, actual.references[name] ?? []].map((dns) => JSON.stringify([...dns].sort()));
    if (left !== right) differences.push({ at: `${at}.${name}`, expected: left as string, actual: right as string });
  }
  return differences;
}

function compareErrors(expected: readonly string[], { errors }: CaseResult): Difference[] {
  const [left, right] = [[...expected].sort(), errors.map((error) => error.code).sort()];
  if (left.join() === right.join()) return [];
  const told = errors.map((e) => `${e.code} (${e.rule.rule.name}, ${e.attribute}: ${e.message})`);
  return [difference('errors', left.join(', ') || 'none', told.join('; ') || 'none')];
}

const difference = (at: string, expected: string, actual: string): Difference => ({ at, expected, actual });

/** A value as it is compared: the order of several values does not matter. */
function textOf(value: AttributeValue | null | undefined): string {
  if (value === undefined || value === null) return 'absent';
  if (!Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(canonicalValues(valuesOf(value as readonly Value[])));
}

/** The outcome for people: a line for each case, expected and actual below those that failed. */
export function formatOutcomes(outcomes: readonly CaseOutcome[]): string {
  const lines = outcomes.flatMap(({ name, file, passed, differences }) => [
    `${passed ? 'ok  ' : 'FAIL'} ${file}: ${name}`,
    ...differences.flatMap(({ at, expected, actual }) => [`     ${at}`, `       - ${expected}`, `       + ${actual}`]),
  ]);
  const failed = outcomes.filter(({ passed }) => !passed).length;
  return [...lines, `${outcomes.length} cases, ${failed} failed`].join('\n');
}
