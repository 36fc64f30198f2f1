/** Reads `causeway.yaml`. Every complaint names file, line and key, and the nearest key that exists. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { suggestion } from '../../rules/nearest-name.ts';
import { activeDirectoryProblems } from './active-directory.ts';
import { type Configuration, configurationSchema, type SecretReference } from './schema.ts';

export class ConfigurationError extends Error {
  readonly code = 'configuration-error';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

export interface LoadedConfiguration {
  readonly file: string;
  /** Folder that relative paths in the file start from. */
  readonly directory: string;
  readonly settings: Configuration;
}

/** The configuration of a file with its defaults; paths stay as written, see `pathOf`. */
export function loadConfiguration(
  file: string,
  read: (path: string) => string = (p) => readFileSync(p, 'utf8'),
): LoadedConfiguration {
  let text: string;
  try {
    text = read(file);
  } catch (error) {
    throw new ConfigurationError([
      `The configuration ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? error}). Name another with --config, or start the sample with "causeway start --example contoso".`,
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map((e) => `${file}:${lines.linePos(e.pos[0]).line}: ${e.message.split('\n')[0]}`),
    );
  }
  const parsed = configurationSchema.safeParse(document.toJS());
  if (!parsed.success) {
    throw new ConfigurationError(
      parsed.error.issues.flatMap((issue) =>
        explain(issue, document, (path) => `${file}:${lineOf(document, lines, path)}`),
      ),
    );
  }
  const problems = crossChecks(parsed.data);
  if (problems.length > 0) throw new ConfigurationError(problems.map((p) => `${file}: ${p}`));
  return { file, directory: dirname(resolve(file)), settings: parsed.data };
}

type Path = readonly PropertyKey[];

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function explain(issue: z.core.$ZodIssue, document: Document, place: (path: Path) => string): string[] {
  const where = issue.path.map(String).join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map(
      (key) => `${place([...issue.path, key])}: ${where} has no key "${key}".${suggestion(key, known)}`,
    );
  }
  if (issue.code === 'invalid_union' && 'discriminator' in issue) {
    const node = document.getIn([...issue.path]);
    const given = isMap(node) ? node.get('type') : undefined;
    const types = issue.path[0] === 'notifications' ? 'webhook, file, stdout' : 'active-directory, ldif, entra';
    return [
      `${place(issue.path)}: ${where} has the unknown type "${isScalar(given) ? given.value : given}". Known types: ${types}.`,
    ];
  }
  if (issue.code === 'invalid_union') {
    // The form that was meant is the one whose kind of value fits; its complaints say more than "invalid".
    const meant = issue.errors.find((form) => form.every((i) => i.code !== 'invalid_type' || i.path.length > 0));
    if (meant) return meant.flatMap((i) => explain({ ...i, path: [...issue.path, ...i.path] }, document, place));
  }
  return [`${place(issue.path)}: ${where}: ${issue.message}.`];
}

/** Keys that may stand at a place, from the schema itself; of every kind of connector together. */
function knownKeys(path: Path): string[] {
  let schemas: unknown[] = [configurationSchema];
  for (const step of path) schemas = schemas.flatMap((s) => children(unwrap(s), step));
  return schemas.flatMap((s) => {
    const inner = unwrap(s);
    return Object.keys(shapeOf(inner) ?? Object.assign({}, ...optionsOf(inner).map((o) => shapeOf(unwrap(o)) ?? {})));
  });
}
const definition = (schema: unknown): Record<string, unknown> =>
  ((schema as { def?: Record<string, unknown> }).def ?? {}) as Record<string, unknown>;
const unwrap = (schema: unknown): unknown =>
  definition(schema).innerType === undefined ? schema : unwrap(definition(schema).innerType);
const shapeOf = (schema: unknown): Record<string, unknown> | undefined =>
  definition(schema).shape as Record<string, unknown> | undefined;
const optionsOf = (schema: unknown): readonly unknown[] => (definition(schema).options as unknown[] | undefined) ?? [];
function children(schema: unknown, step: PropertyKey): unknown[] {
  if (typeof step === 'number') return [definition(schema).element].filter((e) => e !== undefined);
  const shape = shapeOf(schema);
  if (shape) return shape[String(step)] === undefined ? [] : [shape[String(step)]];
  return optionsOf(schema).flatMap((o) => children(unwrap(o), step));
}

function crossChecks(settings: Configuration): string[] {
  const problems: string[] = [];
  const names = settings.connectors.map((c) => c.name);
  for (const name of new Set(names)) {
    if (names.filter((n) => n === name).length > 1)
      problems.push(`two connectors are called "${name}"; every connector needs a name of its own.`);
  }
  for (const c of settings.connectors) {
    if (c.type === 'active-directory') problems.push(...activeDirectoryProblems(c));
    if (c.type === 'entra' && c.dialect === 'sync' && c.quota)
      problems.push(`the connector "${c.name}" has a "quota", which only the dialect "graph" knows; take it out.`);
    if (c.type === 'entra' && !c.url && c.dialect === 'sync')
      problems.push(`the connector "${c.name}" speaks the dialect "sync" but has no "url".`);
  }
  const { channels } = settings.notifications;
  for (const name of new Set(channels.map((c) => c.name))) {
    if (channels.filter((c) => c.name === name).length > 1)
      problems.push(`two channels of notifications are called "${name}"; every channel needs a name of its own.`);
  }
  for (const c of channels) {
    if (c.type === 'webhook' && typeof c.url === 'string' && !isPrivateWay(c.url))
      problems.push(
        `the channel "${c.name}" posts to ${new URL(c.url).origin} without TLS; use https, or a receiver on this machine.`,
      );
  }
  const host = settings.service.listen.slice(0, settings.service.listen.lastIndexOf(':'));
  if (!settings.service.tls && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)) {
    problems.push(
      `service.listen is ${settings.service.listen}, which others can reach: that needs "tls: { certificate: …, key: … }" under "service". Without TLS the service listens on 127.0.0.1 only.`,
    );
  }
  return problems;
}

/** Encrypted, or not leaving this machine. */
const isPrivateWay = (url: string): boolean =>
  url.startsWith('https:') || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);

/** A path of the configuration as an absolute one. */
export const pathOf = (config: LoadedConfiguration, path: string): string => resolve(config.directory, path);

/** The secret behind a reference. The error says where it was looked for, never what was found. */
export function readSecret(
  config: LoadedConfiguration,
  reference: SecretReference,
  what: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  if ('env' in reference) {
    const value = env[reference.env];
    if (value === undefined || value === '') {
      throw new ConfigurationError([
        `The secret "${what}" is expected in the environment variable ${reference.env}, which is not set. Set it, or point to a file with { file: … }.`,
      ]);
    }
    return value;
  }
  const path = pathOf(config, reference.file);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new ConfigurationError([
      `The secret "${what}" is expected in the file ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? error}).`,
    ]);
  }
}
