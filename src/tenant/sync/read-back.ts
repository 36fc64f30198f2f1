import type { ReadBackObject, ReadBackRequest, ReadBackResponse, SyncObjectType } from '../../entra/sync-protocol.ts';
import type { AttributeValue } from '../../model/value.ts';
import type { TenantContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import { readChanges } from '../store/changes.ts';
import { type LinkChangeRow, linkKindName } from '../store/links.ts';
import { cloudAnchorOf, objectColumns, type StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { checkAnchor, checkType, idOfCloudAnchor, isRecord, kindOf, limits, malformed } from './batch.ts';
import { type Position, readCookie, writeCookie } from './cookie.ts';

const typeOfKind: Readonly<Partial<Record<Kind, SyncObjectType>>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};
const kinds = "('user','group','contact','device')";

/** Links in one answer over all its objects: bounds its size. */
const linksPerAnswer = limits.maxLinks;

/** Graph-only links are not told to the engine. */
const syncLinkName = (kind: number): string | undefined => {
  const name = linkKindName(kind);
  return name === 'owner' || name === 'registeredOwner' || name === 'registeredUser' ? undefined : name;
};

/** Answers a read-back request. Throws a RequestError 410 if the cookie no longer serves. */
export function readBack(context: TenantContext, body: unknown): ReadBackResponse {
  const request = checkRequest(body);
  if (request.anchors) return readByAnchor(context, request.anchors);
  const top = Math.min(request.top ?? limits.maxReadBack, limits.maxReadBack);
  const epoch = String(context.settings.get('epoch'));
  if (request.cookie === undefined) {
    return readFull(context, { kind: 'full', start: context.objects.lastChange, after: 0 }, top, epoch);
  }
  const position = readCookie(request.cookie, epoch);
  const floor = Number(context.settings.get('tombstoneFloor') ?? 0);
  if (!position || (position.kind === 'delta' ? position.done : position.start) < floor) {
    throw new RequestError(
      410,
      'CookieExpired',
      'The cookie is not valid any more; read everything again without one.',
    );
  }
  return position.kind === 'full' ? readFull(context, position, top, epoch) : readDelta(context, position, top, epoch);
}

function checkRequest(body: unknown): ReadBackRequest {
  if (!isRecord(body)) throw malformed('The body must be an object.');
  if (body.cookie !== undefined && typeof body.cookie !== 'string') throw malformed('"cookie" must be text.');
  if (body.top !== undefined && !(Number.isSafeInteger(body.top) && (body.top as number) > 0)) {
    throw malformed('"top" must be a positive whole number.');
  }
  if (body.anchors === undefined) return body as ReadBackRequest;
  if (!Array.isArray(body.anchors) || body.anchors.length > limits.maxObjects) {
    throw malformed(`"anchors" must be a list of at most ${limits.maxObjects} entries.`);
  }
  body.anchors.forEach((entry, index) => {
    if (!isRecord(entry)) throw malformed(`anchors[${index}] is not an object.`);
    if (typeof entry.cloudAnchor === 'string') return;
    checkType(entry.objectType, `anchors[${index}]`);
    checkAnchor(entry.sourceAnchor, `anchors[${index}]`);
  });
  return body as ReadBackRequest;
}

function readByAnchor(context: TenantContext, anchors: NonNullable<ReadBackRequest['anchors']>): ReadBackResponse {
  const objects: ReadBackObject[] = [];
  let links = 0;
  for (const [index, entry] of anchors.entries()) {
    if (links > linksPerAnswer) return { objects, cookie: String(index), more: true, full: false };
    const found = 'cloudAnchor' in entry ? byCloudAnchor(context, entry.cloudAnchor) : bySourceAnchor(context, entry);
    if (!found) continue;
    const page = context.links.page(found.seq, { kind: 0, target: 0 }, -1);
    links += page.length;
    objects.push(describe(found, allLinks(page, false)));
  }
  return { objects, cookie: '', more: false, full: false };
}

function byCloudAnchor(context: TenantContext, cloudAnchor: string): StoredObject | undefined {
  const id = idOfCloudAnchor(cloudAnchor);
  const object = id === undefined ? undefined : context.objects.byId(id);
  return object?.deletedAt === undefined ? object : undefined;
}
const bySourceAnchor = (
  context: TenantContext,
  entry: { readonly objectType: SyncObjectType; readonly sourceAnchor: string },
): StoredObject | undefined =>
  context.objects.byAnchor(entry.sourceAnchor, kindOf(entry.objectType)).find((o) => o.deletedAt === undefined);

function readFull(
  context: TenantContext,
  position: Extract<Position, { kind: 'full' }>,
  top: number,
  epoch: string,
): ReadBackResponse {
  const objects: ReadBackObject[] = [];
  let room = linksPerAnswer;
  let { after, links } = position;
  const rows = context.objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.seq > ? AND o.deleted_at IS NULL AND o.kind IN ${kinds}
     AND (o.anchor IS NOT NULL OR o.sync = 1) ORDER BY o.seq LIMIT ?`,
    links ? links.of - 1 : after,
    top,
  );
  for (const object of rows) {
    const from = links?.of === object.seq ? links : undefined;
    links = undefined;
    const page = context.links.page(object.seq, from ?? { kind: 0, target: 0 }, room + 1);
    const more = page.length > room;
    const part = more ? page.slice(0, room) : page;
    objects.push(describe(object, allLinks(part, more)));
    room -= part.length;
    if (more) {
      const last = part.at(-1) ?? from ?? { kind: 0, target: 0 };
      const rest = { of: object.seq, kind: last.kind, target: last.target };
      const cookie = writeCookie({ kind: 'full', start: position.start, after, links: rest }, epoch);
      return { objects, cookie, more: true, full: true };
    }
    after = object.seq;
    if (room === 0) break;
  }
  const done = rows.length < top && (rows.length === 0 || rows.at(-1)?.seq === after);
  const cookie: Position = done
    ? { kind: 'delta', done: position.start, until: 0 }
    : { kind: 'full', start: position.start, after };
  return { objects, cookie: writeCookie(cookie, epoch), more: !done, full: true };
}

function allLinks(
  page: readonly { readonly kind: number; readonly id: string; readonly objectKind: string }[],
  more: boolean,
): ReadBackObject['links'] {
  const links: Record<string, { all: string[]; more?: boolean }> = {};
  let last: { all: string[]; more?: boolean } | undefined;
  for (const link of page) {
    const name = syncLinkName(link.kind);
    if (name === undefined || !typeOfKind[link.objectKind as Kind]) continue;
    links[name] ??= { all: [] };
    last = links[name];
    last.all.push(cloudAnchorOf(link.objectKind as Kind, link.id));
  }
  if (more) {
    if (last) last.more = true;
    else links.member = { all: [], more: true };
  }
  return links;
}

/**
 * One page of what changed. Objects come with all their properties when one of them changed or a link did; the page
 * ends at the number up to which each of the three sources (objects, links, objects gone for good) was read.
 */
function readDelta(
  context: TenantContext,
  position: Extract<Position, { kind: 'delta' }>,
  top: number,
  epoch: string,
): ReadBackResponse {
  const until = position.until === 0 ? context.objects.lastChange : position.until;
  const page = readChanges(
    context.db,
    context.objects,
    { after: position.done, until },
    { top, linkRows: linksPerAnswer },
  );
  const { done } = page;
  const links = deltaLinks(page.links);
  const objects = page.objects
    .filter(isRelevant)
    .map((o) => (o.deletedAt === undefined ? changedObject(o, links.get(o.seq) ?? {}, position.done) : goneObject(o)));
  const described = new Set(page.objects.map((o) => o.seq));
  for (const [seq, changes] of links) {
    const object = described.has(seq) ? undefined : context.objects.bySeq(seq);
    if (object && object.deletedAt === undefined && isRelevant(object)) objects.push(describe(object, changes));
  }
  objects.push(...page.gone.filter((t) => typeOfKind[t.kind]).map(goneObject));
  const more = done < until;
  const next: Position = more ? { kind: 'delta', done, until } : { kind: 'delta', done: until, until: 0 };
  return { objects, cookie: writeCookie(next, epoch), more, full: false };
}

const changedObject = (object: StoredObject, links: ReadBackObject['links'], since: number): ReadBackObject => ({
  ...describe(object, links),
  ...(object.createdChange > since ? { created: true } : {}),
});

/** Only what synchronization touched: cloud-only objects without an anchor are none of the engine's business. */
const isRelevant = (o: StoredObject): boolean =>
  typeOfKind[o.kind] !== undefined && (o.anchor !== undefined || o.sync !== undefined);

function goneObject(gone: {
  readonly kind: Kind;
  readonly id: string;
  readonly anchor?: string | null | undefined;
}): ReadBackObject {
  return {
    objectType: typeOfKind[gone.kind] as SyncObjectType,
    cloudAnchor: cloudAnchorOf(gone.kind, gone.id),
    ...(gone.anchor === undefined || gone.anchor === null ? {} : { sourceAnchor: gone.anchor }),
    deleted: true,
    properties: {},
    links: {},
  };
}

/** By source: for each target what became of it in the end. */
function deltaLinks(log: ReadonlyMap<number, readonly LinkChangeRow[]>) {
  const bySource = new Map<number, Record<string, { added: string[]; removed: string[] }>>();
  for (const [source, rows] of log) {
    const last = new Map<string, LinkChangeRow>();
    for (const row of rows) last.set(`${row.kind} ${row.target}`, row);
    const links: Record<string, { added: string[]; removed: string[] }> = {};
    for (const row of last.values()) {
      const name = syncLinkName(row.kind);
      if (name === undefined || idOfCloudAnchor(row.target) === undefined) continue;
      links[name] ??= { added: [], removed: [] };
      links[name][row.added === 1 ? 'added' : 'removed'].push(row.target);
    }
    if (Object.keys(links).length > 0) bySource.set(source, links);
  }
  return bySource;
}

/** The object as the engine sees it: shadow values, and what only the cloud knows. */
function describe(object: StoredObject, links: ReadBackObject['links']): ReadBackObject {
  const properties: Record<string, AttributeValue> = { ...(object.shadow as Record<string, AttributeValue>) };
  // An object handed over to the cloud (onPremisesSyncBehavior) is cloud-mastered like one never synced.
  properties.cloudMastered = object.sync !== true || object.internal.isCloudManaged === true;
  return {
    objectType: typeOfKind[object.kind] as SyncObjectType,
    cloudAnchor: object.cloudAnchor,
    ...(object.anchor === undefined ? {} : { sourceAnchor: object.anchor }),
    properties,
    links,
  };
}
