/** Import by delta queries of users, groups with their members, and devices (entra-directory s.5.11). */
import { z } from 'zod';
import type { AttributeValue } from '../../model/value.ts';
import {
  ConnectorError,
  type ImportBatch,
  type ImportItem,
  type ImportRequest,
  type ReferenceChange,
} from '../contract.ts';
import type { GraphAnswer, GraphClient } from './graph-client.ts';
import type { Wanted } from './graph-extensions.ts';
import {
  anchorOf,
  attributesOf,
  collectionOf,
  type GraphClass,
  type Json,
  objectTypes,
  relations,
  selectOf,
} from './graph-names.ts';
import {
  anchorOfId,
  partsOfAnchor,
  query,
  readError,
  readObjects,
  readOwners,
  targetsOf,
  wholeObject,
} from './graph-read.ts';
import { dnOfSourceAnchor } from './sync-names.ts';

/** What is remembered between imports: where each delta query goes on, and what a full import has to look at again. */
const watermarkForm = z.strictObject({
  graph: z.strictObject({ user: z.string().optional(), group: z.string().optional(), device: z.string().optional() }),
  /** Anchors that changed while they were enumerated: read, or found gone, by the next delta import. */
  again: z.array(z.string()).optional(),
  /** Directory extensions that the delta links follow: they tell what was asked for when they were made. */
  extensions: z.array(z.string()).optional(),
});
type Watermark = z.infer<typeof watermarkForm>;

/** An import that knows the directory extensions it reads. */
export type GraphImport = Omit<ImportRequest, 'attributes'> & { readonly attributes: Wanted };

/** Everything, or what changed since the links in the watermark. */
export function importObjects(client: GraphClient, request: GraphImport): AsyncIterable<ImportBatch> {
  return request.mode === 'full' ? importFull(client, request) : importDelta(client, request);
}

async function* importFull(client: GraphClient, request: GraphImport): AsyncIterable<ImportBatch> {
  const links: Partial<Record<GraphClass, string>> = {};
  const again = new Set<string>();
  for (const objectClass of wantedTypes(request)) {
    const begun = new Set<string>();
    for await (const page of deltaPages(client, objectClass, firstPath(objectClass, request), request.signal)) {
      if (page.deltaLink !== undefined) links[objectClass] = page.deltaLink;
      yield { items: await fullItems(client, objectClass, page.objects, request, begun, again) };
    }
  }
  const more = again.size > 0 ? { again: [...again] } : {};
  yield { items: [], watermark: JSON.stringify({ graph: links, ...more, ...followed(request) }) };
}

/** The extensions that this import reads, as a member of the watermark; nothing without any. */
function followed({ attributes }: GraphImport): Pick<Watermark, 'extensions'> {
  const names = [...attributes.extensions.keys()].filter((name) => attributes.has(name)).sort();
  return names.length > 0 ? { extensions: names } : {};
}

/** The classes to ask about: for others the app may lack the permission. */
const wantedTypes = (request: GraphImport): GraphClass[] => objectTypes.filter((c) => request.objectTypes.has(c));

/** One page of the first round. An object that comes a second time has changed meanwhile, unless it only goes on. */
async function fullItems(
  client: GraphClient,
  objectClass: GraphClass,
  objects: readonly Json[],
  request: GraphImport,
  begun: Set<string>,
  again: Set<string>,
): Promise<ImportItem[]> {
  const fresh = objects.filter((o) => typeof anchorOf(objectClass, o) === 'string' && !begun.has(String(o.id)));
  const owners =
    objectClass === 'group' && request.attributes.has('managedBy') && fresh.length > 0
      ? await readOwners(
          client,
          fresh.map((o) => String(o.id)),
          request.signal,
        )
      : undefined;
  const items: ImportItem[] = [];
  for (const object of objects) {
    const id = String(object.id);
    const links = linksOf(objectClass, object);
    const removesLinks = Object.values(links).some((change) => change.removed.length > 0);
    if (begun.has(id) && ('@removed' in object || removesLinks || !isContinuation(objectClass, object))) {
      again.add(anchorOfId(objectClass, id));
    } else if (begun.has(id)) {
      const references = Object.fromEntries(Object.entries(links).map(([name, change]) => [name, change.added]));
      items.push({
        kind: 'more-references',
        anchor: anchorOfId(objectClass, id),
        references: only(request, references),
      });
    } else if (!('@removed' in object)) {
      const references = {
        ...Object.fromEntries(Object.entries(links).map(([name, change]) => [name, change.added])),
        ...(owners ? { managedBy: owners.get(id) ?? [] } : {}),
      };
      const whole = wholeObject(objectClass, object, request.attributes, references);
      if (!whole) continue;
      begun.add(id);
      items.push(whole);
    }
  }
  return items;
}

/** A large group is spread over several occurrences; they bring members, or repeat what was said. */
const isContinuation = (objectClass: GraphClass, object: Json): boolean =>
  objectClass === 'group' && Array.isArray(object['members@delta']);

const only = <T>(request: GraphImport, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => request.attributes.has(name)));

async function* importDelta(client: GraphClient, request: GraphImport): AsyncIterable<ImportBatch> {
  const { graph: links, again } = readWatermark(client, request);
  if (again && again.length > 0) {
    const items = await readObjects(client, again, request);
    yield { items, watermark: JSON.stringify({ graph: links, ...followed(request) }) };
  }
  for (const objectClass of wantedTypes(request)) {
    const path = client.pathOf(links[objectClass] as string) as string;
    for await (const page of deltaPages(client, objectClass, path, request.signal)) {
      const items = await deltaItems(client, objectClass, page.objects, request);
      if (page.deltaLink === undefined) {
        yield { items };
        continue;
      }
      links[objectClass] = page.deltaLink;
      yield { items, watermark: JSON.stringify({ graph: links, ...followed(request) }) };
    }
  }
}

/**
 * One page of changes. Delta queries do not follow owners, so those of the groups on the page are read (entra-directory
 * s.5.11). A group whose owners alone were changed is not on any page: the next change of it, or a full import, brings them.
 */
async function deltaItems(
  client: GraphClient,
  objectClass: GraphClass,
  objects: readonly Json[],
  request: GraphImport,
): Promise<ImportItem[]> {
  const items = objects.map((object) => deltaItem(objectClass, object, request));
  if (objectClass !== 'group' || !request.attributes.has('managedBy')) return items;
  const ids = items.flatMap((item) => (item.kind === 'change' ? (partsOfAnchor(item.anchor)?.id ?? []) : []));
  const owners = await readOwners(client, ids, request.signal);
  return items.map((item) => {
    const all = item.kind === 'change' ? owners.get(partsOfAnchor(item.anchor)?.id ?? '') : undefined;
    return item.kind === 'change' && all ? { ...item, references: { ...item.references, managedBy: { all } } } : item;
  });
}

function deltaItem(objectClass: GraphClass, object: Json, request: GraphImport): ImportItem {
  const anchor = anchorOfId(objectClass, String(object.id));
  const sourceAnchor = anchorOf(objectClass, object);
  // Without a source anchor it never was the engine's, or is no more.
  if ('@removed' in object || sourceAnchor === undefined) return { kind: 'delete', anchor };
  const attributes: Record<string, AttributeValue | null> = attributesOf(objectClass, object, request.attributes);
  if (request.attributes.has('cloudAnchor')) attributes.cloudAnchor = anchor;
  if (request.attributes.has('sourceAnchor') && sourceAnchor !== null) attributes.sourceAnchor = sourceAnchor;
  return {
    kind: 'change',
    anchor,
    objectType: objectClass,
    ...(sourceAnchor === null ? {} : { dn: dnOfSourceAnchor(sourceAnchor) }),
    attributes,
    references: only<ReferenceChange>(request, linksOf(objectClass, object)),
  };
}

/** The followed relations of an object in a delta answer, by their cloud names. */
function linksOf(objectClass: GraphClass, object: Json): Record<string, Extract<ReferenceChange, { added: unknown }>> {
  const links: Record<string, Extract<ReferenceChange, { added: unknown }>> = {};
  for (const [name, { of, relation, followed }] of Object.entries(relations)) {
    const list = object[`${relation}@delta`];
    if (of !== objectClass || !followed || !Array.isArray(list)) continue;
    const changes = list as Json[];
    links[name] = {
      added: targetsOf(changes.filter((c) => !('@removed' in c))),
      removed: targetsOf(changes.filter((c) => '@removed' in c)),
    };
  }
  return links;
}

function firstPath(objectClass: GraphClass, request: GraphImport): string {
  const names = selectOf(objectClass, request.attributes);
  for (const [name, { of, relation, followed }] of Object.entries(relations)) {
    if (of === objectClass && followed && request.attributes.has(name)) names.push(relation);
  }
  return `/${collectionOf[objectClass]}/delta?${query({ $select: names.join(',') })}`;
}

interface DeltaPage {
  readonly objects: readonly Json[];
  /** On the last page. */
  readonly deltaLink?: string;
}

async function* deltaPages(
  client: GraphClient,
  objectClass: GraphClass,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<DeltaPage> {
  const isResumed = path.includes('token');
  for (let next: string | undefined = path; next !== undefined; ) {
    signal.throwIfAborted();
    const answer: GraphAnswer = await client.call({ method: 'GET', path: next }, signal);
    signal.throwIfAborted();
    if (answer.kind !== 'ok') throw expired(objectClass, answer, isResumed) ?? readError(answer);
    const body = (answer.body ?? {}) as Json;
    const { value, '@odata.nextLink': nextLink, '@odata.deltaLink': deltaLink } = body;
    if (!Array.isArray(value)) throw readError({ kind: 'lost', detail: 'The answer of a delta query has no list.' });
    const before: string = next;
    next = typeof nextLink === 'string' ? client.pathOf(nextLink) : undefined;
    if (next === before) throw readError({ kind: 'lost', detail: 'A page of a delta query leads to itself.' });
    if (next === undefined && (typeof deltaLink !== 'string' || client.pathOf(deltaLink) === undefined)) {
      // Without either link nobody could say whether this was all.
      throw readError({
        kind: 'lost',
        detail: `The list of ${collectionOf[objectClass]} ended without a link of its own.`,
      });
    }
    yield { objects: value as Json[], ...(next === undefined ? { deltaLink: deltaLink as string } : {}) };
  }
}

/** Whether the service no longer knows the token: 410, or a 400 about a token that it once gave (s.5.10). */
function expired(
  objectClass: GraphClass,
  answer: Exclude<GraphAnswer, { kind: 'ok' }>,
  isResumed: boolean,
): ConnectorError | undefined {
  if (answer.kind !== 'refused' || (answer.status !== 410 && !(isResumed && answer.status === 400))) return undefined;
  return fullImportRequired(`The delta query of ${collectionOf[objectClass]} has to start again: ${answer.message}`);
}

const fullImportRequired = (why: string): ConnectorError =>
  new ConnectorError('full-import-required', why, {
    status: 'stopped-unexpected-data',
    remedy: 'Run a full import; a cycle does so by itself.',
  });

function readWatermark(client: GraphClient, request: GraphImport): Watermark {
  const { watermark: text } = request;
  let value: unknown;
  try {
    value = text === undefined ? undefined : JSON.parse(text);
  } catch {
    value = undefined; // not ours: a full import is asked for below
  }
  const read = watermarkForm.safeParse(value);
  if (!read.success) throw fullImportRequired('There is no delta link of an import before this one.');
  if (JSON.stringify(read.data.extensions ?? []) !== JSON.stringify(followed(request).extensions ?? []))
    throw fullImportRequired(
      'The last import did not follow the directory extensions that are defined and wanted now.',
    );
  const links = wantedTypes(request).map((objectClass) => read.data.graph[objectClass]);
  if (links.includes(undefined)) throw fullImportRequired('The last import did not read every type of object.');
  if (links.some((link) => client.pathOf(link as string) === undefined))
    throw fullImportRequired('The delta links of the last import belong to another service.');
  return read.data;
}
