/** The published types of Graph, read from the declarations of the generated SDK that is installed for tests. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const declarations = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve('@microsoft/msgraph-sdk/package.json')), 'models', 'index.d.ts'),
  'utf8',
);
const starts = new Map<string, number>();
for (const match of declarations.matchAll(/^export (?:interface|declare const) (\w+)/gm))
  starts.set(match[1] as string, match.index);

const block = (name: string): string | undefined => {
  const start = starts.get(name);
  return start === undefined ? undefined : declarations.slice(start, declarations.indexOf('\n}', start));
};

const known = new Map<string, ReadonlyMap<string, string> | undefined>();
/** Property name to type of a declared interface and those it extends; undefined if there is no such interface. */
export function publishedType(name: string): ReadonlyMap<string, string> | undefined {
  if (known.has(name)) return known.get(name);
  const text = block(name);
  const head = text === undefined ? null : /^export interface \w+ extends ([^{]+)\{/.exec(text);
  if (text === undefined || !head) {
    known.set(name, undefined);
    return undefined;
  }
  const properties = new Map<string, string>();
  for (const parent of head[1]!.split(',').map((p) => p.trim())) {
    for (const [property, type] of publishedType(parent) ?? []) properties.set(property, type);
  }
  for (const [, property, type] of text.matchAll(/^ {4}(\w+)\?: (.+);$/gm)) {
    // What the SDK adds for itself.
    if (property === 'backingStoreEnabled' || property === 'odataType' || property === 'additionalData') continue;
    properties.set(property!, type!.replace(' | null', ''));
  }
  known.set(name, properties);
  return properties;
}

const enumValues = (name: string): string[] | undefined => {
  const text = block(`${name}Object`);
  return text === undefined ? undefined : [...text.matchAll(/: "([^"]*)"/g)].map((m) => m[1] as string);
};

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What of the JSON value does not fit the published type, as `path: what`. Members of later editions are named in `newer`. */
export function misfits(value: unknown, type: string, at: string, newer: ReadonlySet<string>): string[] {
  if (type.endsWith('[]')) {
    // Collections are never null in an answer: an empty one is an empty list.
    if (!Array.isArray(value)) return [`${at}: ${JSON.stringify(value)} is no list`];
    return value.flatMap((item, i) => misfits(item, type.slice(0, -2), `${at}[${i}]`, newer));
  }
  if (value === null) return [];
  const wrong = [`${at}: ${JSON.stringify(value)} is no ${type}`];
  switch (type) {
    case 'string':
      return typeof value === 'string' ? [] : wrong;
    case 'Guid':
      return typeof value === 'string' && guid.test(value) ? [] : wrong;
    case 'ArrayBuffer':
      return typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value ? [] : wrong;
    case 'boolean':
    case 'number':
      return typeof value === type ? [] : wrong;
    case 'Date':
      return typeof value === 'string' && instant.test(value) ? [] : wrong;
    default: {
      const values = enumValues(type);
      if (values) return typeof value === 'string' && values.includes(value) ? [] : wrong;
      if (typeof value !== 'object' || Array.isArray(value)) return wrong;
      return objectMisfits(value as Record<string, unknown>, type, at, newer);
    }
  }
}

function objectMisfits(value: Record<string, unknown>, type: string, at: string, newer: ReadonlySet<string>): string[] {
  const properties = publishedType(type);
  if (!properties) return [`${at}: there is no published type ${type}`];
  return Object.entries(value).flatMap(([name, member]) => {
    if (name.startsWith('@') || newer.has(name) || /^extension_/.test(name)) return [];
    // The SDK avoids names of its own language.
    const expected = properties.get(name) ?? properties.get(`${name}Escaped`);
    return expected === undefined
      ? [`${at}.${name}: ${type} has no such property`]
      : misfits(member, expected, `${at}.${name}`, newer);
  });
}
