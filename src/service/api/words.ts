/** What is wrong with an input, in the words of a person: name, what it has to be, what it is. Pure. */
import { z } from 'zod';
import { suggestion } from '../../rules/nearest-name.ts';

export interface InputProblem {
  readonly path: readonly PropertyKey[];
  /** A whole sentence. */
  readonly message: string;
}
export type ReadInput<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

/** Reads an input by its schema. `where`: what the whole is called, e.g. `The body`. */
export function readInput<T>(schema: z.ZodType<T>, value: unknown, where: string): ReadInput<T> {
  const parsed = schema.safeParse(value, { error: (issue) => phraseOf(issue as z.core.$ZodRawIssue, schema, value) });
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = path.length === 0 ? where : path.map(String).join('.');
    // Messages of schemas are such phrases, too.
    return { path, message: `${name} ${message}${/[.?]$/.test(message) ? '' : '.'}` };
  });
  return { ok: false, problems };
}

type Facts = Readonly<Record<string, unknown>>;

/** What follows the name. */
function phraseOf(issue: z.core.$ZodRawIssue, schema: z.ZodType, whole: unknown): string {
  const facts = issue as unknown as Facts;
  const path = (issue.path ?? []) as readonly PropertyKey[];
  // A text that was to become a number is not one any more.
  const given = Number.isNaN(issue.input) ? at(whole, path) : issue.input;
  const lost = Number.isNaN(issue.input) && typeof given === 'object';
  if (given === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `has to be ${kinds[String(facts.expected)] ?? String(facts.expected)}${lost ? '' : `, not ${shown(given)}`}`;
    case 'invalid_value':
      return `has to be ${choices(facts.values as readonly unknown[])}, not ${shown(given)}`;
    case 'unrecognized_keys':
      return unknownKeys(facts.keys as readonly string[], knownKeys(schema, path));
    case 'invalid_format':
      return `has to be ${formats[String(facts.format)] ?? `of the form ${String(facts.format)}`}, not ${shown(given)}`;
    case 'too_small':
      return size(facts, 'at least', facts.minimum, given);
    case 'too_big':
      return size(facts, 'at most', facts.maximum, given);
    case 'invalid_union':
      return ((facts.errors as readonly (readonly { message: string }[])[] | undefined) ?? [])
        .flatMap((form) => form[0]?.message ?? [])
        .join(', or ');
    default:
      return `is not what it should be: ${shown(given)}`;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};
const formats: Readonly<Record<string, string>> = {
  datetime: 'an instant such as 2026-01-31T12:00:00Z',
  guid: 'a GUID such as 6a1d4d0e-7c35-4b0a-9a52-0d6f2f5c9e01',
  url: 'an address such as https://example.com',
};

function size(facts: Facts, bound: string, limit: unknown, given: unknown): string {
  const exactly = facts.exact === true ? 'exactly' : bound;
  if (facts.origin === 'string') {
    if (given === '') return 'is empty';
    return `has to have ${exactly} ${String(limit)} characters, not ${String(given).length}`;
  }
  if (facts.origin === 'array' || facts.origin === 'set')
    return `has to have ${exactly} ${String(limit)} entries, not ${(given as readonly unknown[]).length}`;
  return `has to be ${exactly} ${String(limit)}, not ${shown(given)}`;
}

const longestShown = 60;

/** A given value as text: data, cut off where it gets long. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function listed(values: readonly unknown[]): string {
  const all = values.map((v) => JSON.stringify(v));
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** All the ways to write a truth are more than anybody wants to read. */
const choices = (values: readonly unknown[]): string =>
  values.includes('true') && values.includes('false') ? 'true or false' : listed(values);

function unknownKeys(given: readonly string[], known: readonly string[]): string {
  const [first = ''] = given;
  const names = given.map((k) => `"${k.slice(0, longestShown)}"`).join(', ');
  const takes = known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`;
  return `does not take ${names}. ${takes}${suggestion(first.slice(0, longestShown), known)}`;
}

/** The value at a path, of own members only. */
function at(whole: unknown, path: readonly PropertyKey[]): unknown {
  let value = whole;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** Members of the object at a path. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Facts;
  let node: Facts | undefined = json;
  for (const step of path) {
    const properties: Facts = (node?.properties ?? {}) as Facts;
    node = (typeof step === 'number' ? node?.items : properties[String(step)]) as Facts | undefined;
  }
  const names = (node?.propertyNames as { readonly enum?: readonly string[] } | undefined)?.enum;
  return [...(names ?? Object.keys((node?.properties ?? {}) as Facts))];
}
