import { isDirectoryExtension } from '../../entra/properties.ts';
import type { ReadBackObject, ReadBackRequest, ReadBackResponse } from '../../entra/sync-protocol.ts';
import { syncPaths } from '../../entra/sync-protocol.ts';
import { type AttributeValue, canonicalValues, type Value, valuesOf } from '../../model/value.ts';
import {
  ConnectorError,
  type ConnectorSchema,
  type ImportBatch,
  type ImportedDelete,
  type ImportedObject,
  type ImportItem,
  type ImportRequest,
  type ReferenceChange,
  type ReferenceTarget,
} from '../contract.ts';
import type { Answer, SyncClient } from './sync-client.ts';
import { dnOfSourceAnchor, objectTypeOf } from './sync-names.ts';

/** What an import reads with. */
export interface Reader {
  readonly client: SyncClient;
  readonly schema: ConnectorSchema;
  readonly pageSize: number;
}

/** Which attributes the rules read. */
interface Wanted {
  has(name: string): boolean;
}

/** Everything, or what changed since the cookie in the watermark. */
export async function* importObjects(reader: Reader, request: ImportRequest): AsyncIterable<ImportBatch> {
  let cookie = request.mode === 'delta' ? cookieOf(request.watermark) : undefined;
  const begun = new Set<string>();
  for (;;) {
    const page = await readPage(reader, { ...(cookie === undefined ? {} : { cookie }), top: reader.pageSize }, request);
    const items = page.objects
      .filter((o) => request.objectTypes.has(objectTypeOf(o.objectType)))
      .map((o) => (page.full ? fullItem(reader, request, o, begun) : deltaItem(reader, request, o)));
    cookie = page.cookie;
    // A cookie in the middle of a full read cannot be continued by a delta import, so only the last one is a watermark.
    const watermark = JSON.stringify({ cookie });
    yield page.more && page.full ? { items } : { items, watermark };
    if (!page.more) return;
  }
}

/** Whole objects by cloud anchor. */
export async function readObjects(
  reader: Reader,
  anchors: readonly string[],
  request: ImportRequest,
): Promise<(ImportedObject | ImportedDelete)[]> {
  const wanted = anchors.map((cloudAnchor) => ({ cloudAnchor }));
  const found = await readByAnchors(reader, wanted, request.signal);
  const byAnchor = new Map(found.map((o) => [o.cloudAnchor, o]));
  return anchors.map((anchor) => {
    const object = byAnchor.get(anchor);
    return object ? wholeObject(reader.schema, request.attributes, object) : { kind: 'delete', anchor };
  });
}

/** The objects with these anchors that are there, whole. Throws a ConnectorError if they cannot be read. */
export async function readByAnchors(
  reader: Reader,
  anchors: NonNullable<ReadBackRequest['anchors']>,
  signal: AbortSignal,
): Promise<ReadBackObject[]> {
  const found: ReadBackObject[] = [];
  for (let next = 0; next < anchors.length; ) {
    const part = anchors.slice(next, next + Math.min(reader.pageSize, 500));
    const page = await readPage(reader, { anchors: part }, { signal });
    found.push(...page.objects);
    next += page.more ? Number(page.cookie) : part.length;
  }
  return found;
}

function cookieOf(watermark: string | undefined): string {
  const cookie = (parseWatermark(watermark) as { cookie?: unknown } | null | undefined)?.cookie;
  if (typeof cookie === 'string') return cookie;
  throw fullImportRequired('There is no cookie of an import before this one.');
}

function parseWatermark(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // not ours: the caller asks for a full import
  }
}

const fullImportRequired = (why: string): ConnectorError =>
  new ConnectorError('full-import-required', why, {
    status: 'stopped-unexpected-data',
    remedy: 'Run a full import; a cycle does so by itself.',
  });

async function readPage(
  reader: Reader,
  body: ReadBackRequest,
  { signal }: { readonly signal: AbortSignal },
): Promise<ReadBackResponse> {
  signal.throwIfAborted();
  // Reading twice does no harm, so a lost answer is asked for once more.
  let answer = await reader.client.call<ReadBackResponse>('POST', syncPaths.readBack, body, signal);
  if (answer.kind === 'lost' && !signal.aborted) {
    answer = await reader.client.call<ReadBackResponse>('POST', syncPaths.readBack, body, signal);
  }
  if (answer.kind === 'ok') return answer.value;
  signal.throwIfAborted();
  if (answer.kind === 'refused' && answer.status === 410) throw fullImportRequired(answer.message);
  throw readError(answer);
}

function readError(answer: Exclude<Answer<unknown>, { kind: 'ok' }>): ConnectorError {
  if (answer.kind === 'refused') {
    const denied = answer.status === 401 || answer.status === 403;
    return new ConnectorError(denied ? 'failed-permission' : answer.code, answer.message, {
      status: denied ? 'stopped-bad-server-credentials' : 'stopped-unexpected-data',
      remedy: denied
        ? 'Give the app registration of the connector the role of a synchronization client.'
        : 'Run the import again; if it stops here again, the tenant and Causeway are of different versions.',
    });
  }
  return new ConnectorError('dropped-connection', `The tenant did not answer: ${answer.detail}`, {
    status: 'stopped-connectivity',
    remedy: 'Check the network and that the tenant runs; the next run begins where this one began.',
  });
}

function fullItem(reader: Reader, request: ImportRequest, object: ReadBackObject, begun: Set<string>): ImportItem {
  if (begun.has(object.cloudAnchor)) {
    return { kind: 'more-references', anchor: object.cloudAnchor, references: targetsOf(object, request.attributes) };
  }
  if (Object.values(object.links).some((l) => 'all' in l && l.more === true)) begun.add(object.cloudAnchor);
  return wholeObject(reader.schema, request.attributes, object);
}

function deltaItem(reader: Reader, request: ImportRequest, object: ReadBackObject): ImportItem {
  const anchor = object.cloudAnchor;
  if (object.deleted) return { kind: 'delete', anchor };
  if (object.created) return wholeObject(reader.schema, request.attributes, object);
  const values = attributesOf(reader.schema, request.attributes, object);
  const attributes: Record<string, AttributeValue | null> = {};
  for (const name of request.attributes) {
    const schema = reader.schema.attributes.get(name);
    if (schema ? schema.type !== 'reference' : isDirectoryExtension(name)) attributes[name] = values[name] ?? null;
  }
  const references: Record<string, ReferenceChange> = {};
  for (const [name, change] of Object.entries(object.links)) {
    if (!request.attributes.has(name)) continue;
    references[name] =
      'all' in change
        ? { all: targets(change.all) }
        : { added: targets(change.added), removed: targets(change.removed) };
  }
  return {
    kind: 'change',
    anchor,
    dn: dnOf(object),
    objectType: objectTypeOf(object.objectType),
    attributes,
    references,
  };
}

/** The object as the engine keeps it. `wanted` are the attributes that the rules read. */
export function wholeObject(schema: ConnectorSchema, wanted: Wanted, object: ReadBackObject): ImportedObject {
  return {
    kind: 'object',
    anchor: object.cloudAnchor,
    dn: dnOf(object),
    objectType: objectTypeOf(object.objectType),
    attributes: attributesOf(schema, wanted, object),
    references: targetsOf(object, wanted),
  };
}

const dnOf = (object: ReadBackObject): string =>
  object.sourceAnchor === undefined ? `CN={${object.cloudAnchor}}` : dnOfSourceAnchor(object.sourceAnchor);
const targets = (anchors: readonly string[]): ReferenceTarget[] => anchors.map((anchor) => ({ anchor }));

function targetsOf(object: ReadBackObject, wanted: Wanted): Record<string, ReferenceTarget[]> {
  const references: Record<string, ReferenceTarget[]> = {};
  for (const [name, links] of Object.entries(object.links)) {
    const anchors = 'all' in links ? links.all : links.added;
    if (wanted.has(name) && anchors.length > 0) references[name] = targets(anchors);
  }
  return references;
}

function attributesOf(schema: ConnectorSchema, wanted: Wanted, object: ReadBackObject): Record<string, AttributeValue> {
  const known: Record<string, AttributeValue> = { ...object.properties, cloudAnchor: object.cloudAnchor };
  if (object.sourceAnchor !== undefined) known.sourceAnchor = object.sourceAnchor;
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(known)) {
    const attribute = schema.attributes.get(name);
    if (!wanted.has(name) || attribute?.type === 'reference' || !(attribute || isDirectoryExtension(name))) continue;
    const values = valuesOf(value);
    // A directory extension is as many values as it was given.
    const isList = attribute ? attribute.multiValued : Array.isArray(value);
    if (values.length > 0) attributes[name] = isList ? canonicalValues(values) : (values[0] as Value);
  }
  return attributes;
}
