/**
 * Directory extensions through Microsoft Graph: an app writes values of those that somebody has defined, and nothing defines
 * itself (entra-directory s.5.13).
 */
import { z } from 'zod';
import { isDirectoryExtension } from '../../entra/properties.ts';
import { type AttributeValue, canonicalValues, type Value } from '../../model/value.ts';
import type { AttributeSchema, ExportError, ExportRequest, Instead } from '../contract.ts';
import type { GraphAnswer, GraphClient } from './graph-client.ts';
import { obstacleText } from './graph-obstacles.ts';
import { definitionsNeed, missingPermissions } from './graph-permissions.ts';
import { readError } from './graph-read.ts';

/** Names of the metadata of Graph (extensionProperty). */
const definitionForm = z.object({
  name: z.string(),
  dataType: z.string(),
  isMultiValued: z.boolean().nullish(),
  targetObjects: z.array(z.string()),
});
export type ExtensionDefinition = z.infer<typeof definitionForm>;

/** By the spelling of the rules. */
export type Extensions = ReadonlyMap<string, ExtensionDefinition>;
export const noExtensions: Extensions = new Map();

/** Which attributes are read, and what is known of the directory extensions among them. */
export interface Wanted {
  has(name: string): boolean;
  readonly extensions: Extensions;
}
export const wantedOf = (names: { has(name: string): boolean }, extensions: Extensions): Wanted => ({
  has: (name) => names.has(name),
  extensions,
});

/** The directory extensions that the rules name. */
export const extensionsIn = (attributes: ReadonlySet<string> | undefined): string[] =>
  [...(attributes ?? [])].filter(isDirectoryExtension);

/** Those of the named extensions that the tenant defines. Throws a ConnectorError if it does not say. */
export async function readExtensions(
  client: GraphClient,
  names: readonly string[],
  app: string,
  signal: AbortSignal,
): Promise<Extensions> {
  if (names.length === 0) return noExtensions;
  const request = { method: 'POST', path: '/directoryObjects/getAvailableExtensionProperties', body: {} } as const;
  const first = await client.call(request, signal);
  signal.throwIfAborted();
  if (first.kind === 'refused' && (first.status === 403 || first.status === 401))
    throw missingPermissions(app, [definitionsNeed]);
  const found = new Map<string, ExtensionDefinition>();
  const take = (answer: GraphAnswer) => {
    if (answer.kind !== 'ok') throw readError(answer);
    const read = z.object({ value: z.array(definitionForm) }).safeParse(answer.body);
    if (!read.success) throw readError({ kind: 'lost', detail: 'The answer has no list of extension properties.' });
    for (const one of read.data.value) found.set(one.name.toLowerCase(), one);
    const link = (answer.body as { '@odata.nextLink'?: unknown })['@odata.nextLink'];
    return typeof link === 'string' ? client.pathOf(link) : undefined;
  };
  const next = take(first);
  if (next !== undefined) for await (const page of client.pages(next, signal)) take(page);
  return extensionsNamed(names, [...found.values()]);
}

/** The definitions under the names of the rules, which may differ from theirs in letter case. */
export function extensionsNamed(names: readonly string[], definitions: readonly ExtensionDefinition[]): Extensions {
  const byName = new Map(definitions.map((one) => [one.name.toLowerCase(), one]));
  return new Map(
    names.flatMap((name) => {
      const found = byName.get(name.toLowerCase());
      return found ? [[name, found] as const] : [];
    }),
  );
}

const types: Readonly<Record<string, AttributeSchema['type']>> = {
  Binary: 'binary',
  Boolean: 'boolean',
  DateTime: 'time',
  Integer: 'integer',
  LargeInteger: 'integer',
};
const classes = { user: 'User', group: 'Group' } as const;

/** Whether objects of the class have the extension. */
export const belongsTo = (definition: ExtensionDefinition, objectClass: string): boolean =>
  (objectClass === 'user' || objectClass === 'group') && definition.targetObjects.includes(classes[objectClass]);

/** Defined extensions as the engine sees them; the others take what they are given, and are told when it is exported. */
export const extensionSchema = (extensions: Extensions): AttributeSchema[] =>
  [...extensions].map(([name, { dataType, isMultiValued }]) => ({
    name,
    type: types[dataType] ?? 'string',
    multiValued: isMultiValued === true,
  }));

/** The value of an extension in an object of Graph; null: it has none. */
export function extensionValue(definition: ExtensionDefinition, value: unknown): AttributeValue | null {
  const list = (Array.isArray(value) ? value : [value]).flatMap((one) => importedValue(definition.dataType, one) ?? []);
  if (list.length === 0) return null;
  return definition.isMultiValued ? canonicalValues(list) : (list[0] as Value);
}

function importedValue(type: string, value: unknown): Value | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '') return undefined;
  if (type === 'Binary') return { base64: value };
  if (type !== 'DateTime') return value;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : { date: new Date(at).toISOString() };
}

export interface WithoutPlace {
  readonly request: ExportRequest;
  readonly warnings: readonly ExportError[];
  readonly instead: readonly Instead[];
}

/** The request without extensions that the tenant does not define for such objects, and what to tell of them. */
export function withoutPlace(request: ExportRequest, extensions: Extensions): WithoutPlace {
  const open = Object.keys(request.attributes).filter((name) => {
    if (!isDirectoryExtension(name)) return false;
    const definition = extensions.get(name);
    return definition === undefined || !belongsTo(definition, request.objectType);
  });
  if (open.length === 0) return { request, warnings: [], instead: [] };
  const kept = Object.entries(request.attributes).filter(([name]) => !open.includes(name));
  const told = open
    .filter((name) => request.attributes[name] !== null)
    .map((name) => ({ name, error: notDefined(name, request.objectType, extensions.has(name)) }));
  return {
    request: { ...request, attributes: Object.fromEntries(kept) },
    warnings: told.map(({ error }) => error),
    instead: told.map(({ name, error }) => ({
      attribute: name,
      became: null,
      obstacle: obstacleText({ kind: 'definition', name }),
      told: error,
    })),
  };
}

function notDefined(name: string, objectType: string, isDefined: boolean): ExportError {
  const target = objectType === 'group' ? 'Group' : 'User';
  const application = name.slice(10, 42).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const what = isDefined
    ? `The tenant defines the directory extension ${name}, but not for objects of type ${target}.`
    : `The tenant does not define the directory extension ${name}.`;
  return {
    code: 'not-offered-by-target',
    detail: `${what} Define it with POST /applications(appId='${application}')/extensionProperties {"name": "${name.slice(43)}", "dataType": "String", "targetObjects": ["${target}"]}, with the type of its values; the next cycle then writes it. Or take it out of the rules.`,
    attribute: name,
    retry: 'never',
  };
}

/** Several values are cleared by an empty list. */
export function settleExtensions(body: unknown, extensions: Extensions): void {
  if (typeof body !== 'object' || body === null) return;
  const values = body as Record<string, unknown>;
  for (const [name, definition] of extensions) if (values[name] === null && definition.isMultiValued) values[name] = [];
}
