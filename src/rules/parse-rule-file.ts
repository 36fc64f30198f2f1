/** Reads the text of one rule file: its content, or what is wrong with file and line. */
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { RuleProblem } from './compiled.ts';
import { nearestName, suggestion } from './nearest-name.ts';
import { knownKeys, type RuleFileContent, ruleFileSchema } from './rule-file-schema.ts';

type Path = readonly PropertyKey[];
export type ParsedRuleFile =
  | { readonly ok: true; readonly content: RuleFileContent; readonly lineOf: (path: Path) => number }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/** The checked content; `lineOf` gives the line of what lies at a path, or of the nearest thing around it. */
export function parseRuleFile(file: string, text: string): ParsedRuleFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return {
        code: 'invalid-yaml' as const,
        message: `${error.message}.`.replace(/\.\.$/, '.'),
        file,
        line,
        column: col,
      };
    });
    return { ok: false, problems };
  }
  const lineOf = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    // Too many aliases: the one thing that only shows when the document is expanded.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problems: [{ code: 'invalid-yaml', message: `${message}.`, file, line: 1 }] };
  }
  const checked = ruleFileSchema.safeParse(raw ?? {});
  if (checked.success) return { ok: true, content: checked.data, lineOf };
  const problems = checked.error.issues.flatMap((issue) => problemsOf(issue, raw, file, lineOf));
  return { ok: false, problems };
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, raw: unknown, file: string, lineOf: (path: Path) => number): RuleProblem[] {
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue.errors, at(raw, issue.path));
    if (branch !== undefined) {
      const nested = branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
      return nested.flatMap((inner) => problemsOf(inner, raw, file, lineOf));
    }
  }
  const rule = nameOfRule(raw, issue.path);
  const common = { file, ...(rule === undefined ? {} : { rule }) };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...common,
      code: 'unknown-key',
      message: unknownKey(key, issue.path),
      line: lineOfKey(lineOf, issue.path, key),
    }));
  }
  const place = issue.path.length === 0 ? 'The file' : `"${issue.path.map(String).join('.')}"`;
  const message = `${place}: ${issue.message}${hintOf(issue, at(raw, issue.path))}`;
  return [{ ...common, code: 'invalid-rule-file', message, line: lineOf(issue.path) }];
}

function hintOf(issue: Issue, value: unknown): string {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return '';
  return suggestion(value, issue.values.map(String));
}

const lineOfKey = (lineOf: (path: Path) => number, path: Path, key: string): number => lineOf([...path, key]);

/** Of the alternatives of a union the one that the writer meant: text or a mapping. */
function bestBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  const kind = typeof value === 'object' && value !== null ? 'object' : 'string';
  return branches.find((issues) => {
    const whole = issues.find((issue) => issue.path.length === 0 && issue.code === 'invalid_type');
    return whole === undefined && kind === (issues.some((i) => i.path.length > 0 || 'keys' in i) ? 'object' : 'string');
  });
}

function at(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function nameOfRule(raw: unknown, path: Path): string | undefined {
  if (path[0] !== 'rules' || path.length < 2) return undefined;
  const name = at(raw, [...path.slice(0, 2), 'name']);
  return typeof name === 'string' ? name : undefined;
}

function unknownKey(key: string, path: Path): string {
  const level = knownKeys[levelOf(path)] ?? [];
  const nearest = nearestName(key, level) ?? nearestName(key, knownKeys.flat());
  const hint = nearest === undefined ? ` Known keys here: ${level.join(', ')}.` : ` Did you mean "${nearest}"?`;
  return `There is no key "${key}" here.${hint}`;
}

/** Which list of `knownKeys` applies at a path. */
function levelOf(path: Path): number {
  if (path.length === 0) return 0;
  if (path[0] === 'metaverse') return 5;
  if (path.length === 2) return 1;
  return path[2] === 'flows' ? 2 : path[2] === 'scope' ? 3 : 4;
}
