import { readChanges } from '../store/changes.ts';
import { type LinkChangeRow, linkKinds } from '../store/links.ts';
import { objectColumns, type StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import {
  beginDelta,
  type DeltaSource,
  type DeltaState,
  type FirstRound,
  followedLinks,
  inLog,
  isFollowed,
  type LaterRound,
  resumeDelta,
} from './delta-state.ts';
import { seesMembers } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import { type GraphAnswer, type GraphRequest, methodNotAllowed, prefersMinimal } from './request.ts';
import { readSelections } from './select.ts';

/** Objects and links in one page. */
const pageSize = 200;
const linksPerPage = 2000;

/** One request of a delta reader. */
interface Visit {
  readonly plane: GraphPlane;
  readonly request: GraphRequest;
  readonly source: DeltaSource;
}

/** GET /users/delta and its like (entra-directory s.5.11). */
export function deltaQuery(plane: GraphPlane, request: GraphRequest, source: DeltaSource): GraphAnswer {
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const visit: Visit = { plane, request, source };
  const skip = request.query.get('$skiptoken');
  const token = request.query.get('$deltatoken');
  if (token?.toLowerCase() === 'latest') {
    const state = beginDelta(plane, request, source);
    return answer(visit, [], inLog(state, plane.context.objects.newestChange(), 0), true);
  }
  const given = skip ?? token;
  const state = given ? resumeDelta(plane, source, given) : beginDelta(plane, request, source);
  return state.r === 'all' ? enumerate(visit, state) : follow(visit, state);
}

/** The first round: every object as it is. */
function enumerate(visit: Visit, state: FirstRound): GraphAnswer {
  const { plane, source } = visit;
  const { objects, links } = plane.context;
  const kinds = source.kinds.map((kind) => `'${kind}'`).join(', ');
  const rows = objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.kind IN (${kinds}) AND o.deleted_at IS NULL AND o.seq > ? ORDER BY o.seq LIMIT ?`,
    state.k === undefined ? state.a : state.a - 1,
    pageSize,
  );
  const values: object[] = [];
  let room = linksPerPage;
  const { k: _, ...rest } = state;
  for (const object of rows) {
    if (!isFollowed(state, source, object)) continue;
    const from = state.k !== undefined && object.seq === state.a ? state.k : 0;
    const isShown = state.l && seesMembers(plane, visit.request, object);
    const relation = isShown ? followedLinks[object.kind] : undefined;
    const targets = relation ? links.targets(object.seq, relation.link, from, room + 1) : [];
    const shown = targets.slice(0, room);
    values.push({
      ...typed(source, object.kind),
      ...withoutNothing(renderObject(object, namesOf(visit, state, object.kind))),
      ...(relation && shown.length > 0
        ? { [relation.member]: shown.map((t) => ({ '@odata.type': odataType(t.kind), id: t.id })) }
        : {}),
    });
    room -= shown.length;
    if (targets.length > shown.length || room <= 0) {
      const more = targets.length > shown.length ? { k: shown.at(-1)?.seq ?? from } : {};
      return answer(visit, values, { ...rest, a: object.seq, ...more }, false);
    }
  }
  if (rows.length === pageSize) return answer(visit, values, { ...rest, a: rows.at(-1)!.seq }, false);
  return answer(visit, values, inLog(state, state.start, 0), true);
}

/** A later round: what changed since. */
function follow(visit: Visit, state: LaterRound): GraphAnswer {
  const { plane, source } = visit;
  const { context } = plane;
  const until = state.u === 0 ? context.objects.newestChange() : state.u;
  const page = readChanges(
    context.db,
    context.objects,
    { after: state.d, until },
    { top: pageSize, linkRows: linksPerPage },
  );
  const values: object[] = [];
  const shown = new Set<number>();
  for (const object of page.objects) {
    if (!isFollowed(state, source, object)) continue;
    shown.add(object.seq);
    const changed = changedObject(visit, state, object, page);
    if (changed) values.push(changed);
  }
  for (const [seq, rows] of state.l ? page.links : []) {
    const object = shown.has(seq) ? undefined : context.objects.bySeq(seq);
    if (!object || object.deletedAt !== undefined || !isFollowed(state, source, object)) continue;
    const changes = linkMember(visit, state, object, rows);
    if (Object.keys(changes).length > 0) values.push({ ...typed(source, object.kind), id: object.id, ...changes });
  }
  for (const gone of page.gone.filter((t) => isFollowed(state, source, t))) {
    values.push({ ...typed(source, gone.kind), id: gone.id, '@removed': { reason: 'deleted' } });
  }
  const more = page.done < until;
  return answer(visit, values, inLog(state, page.done, more ? until : 0), !more);
}

/** With `Prefer: return=minimal` only what changed since the reader was here last, and nothing if that was not asked for. */
function changedObject(
  visit: Visit,
  state: LaterRound,
  object: StoredObject,
  page: ReturnType<typeof readChanges>,
): object | undefined {
  const type = typed(visit.source, object.kind);
  if (object.deletedAt !== undefined) return { ...type, id: object.id, '@removed': { reason: 'changed' } };
  const names = namesOf(visit, state, object.kind);
  const links = linkMember(visit, state, object, page.links.get(object.seq) ?? []);
  if (!prefersMinimal(visit.request)) return { ...type, ...renderObject(object, names), ...links };
  const changed = visit.plane.context.objects.changedProperties(object, state.d, object.change);
  const shown = changed ? names.filter((name) => name === 'id' || changed.has(name)) : names;
  if (shown.length <= 1 && Object.keys(links).length === 0) return undefined;
  return { ...type, ...renderObject(object, shown), ...links };
}

/** Objects of several kinds say which they are. */
const typed = (source: DeltaSource, kind: Kind): object =>
  source.kinds.length > 1 ? { '@odata.type': odataType(kind) } : {};
const namesOf = ({ request, source }: Visit, state: DeltaState, kind: Kind): readonly string[] =>
  readSelections(request, source.kinds, state.s ?? '').namesOf(kind);

/** In a first round properties without a value are left out. */
const withoutNothing = (rendered: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(rendered).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );

const typeOfAnchor: Readonly<Record<string, string>> = {
  User: 'user',
  Group: 'group',
  Contact: 'orgContact',
  Device: 'device',
};

function linkMember(visit: Visit, state: DeltaState, object: StoredObject, rows: readonly LinkChangeRow[]): object {
  const relation = state.l ? followedLinks[object.kind] : undefined;
  if (!relation || !seesMembers(visit.plane, visit.request, object)) return {};
  const last = new Map<string, boolean>();
  for (const row of rows) {
    if (row.kind === linkKinds[relation.link]) last.set(row.target, row.added === 1);
  }
  if (last.size === 0) return {};
  const changes = [...last].map(([target, added]) => {
    const [type = '', id] = target.split('_');
    const what = { '@odata.type': `#microsoft.graph.${typeOfAnchor[type] ?? type}`, id };
    return added ? what : { ...what, '@removed': { reason: 'deleted' } };
  });
  return { [relation.member]: changes };
}

function answer(
  { plane, request }: Visit,
  values: readonly object[],
  next: DeltaState,
  complete: boolean,
): GraphAnswer {
  const renewed = complete ? { ...next, t: plane.context.clock.now() } : next;
  const token = encodeURIComponent(plane.tokens.seal(renewed));
  const link = `${request.base}/${next.p}/delta?${complete ? '$deltatoken' : '$skiptoken'}=${token}`;
  const body = {
    '@odata.context': `${request.base}/$metadata#${next.p}`,
    [complete ? '@odata.deltaLink' : '@odata.nextLink']: link,
    value: values,
  };
  const headers = prefersMinimal(request) ? { 'preference-applied': 'return=minimal' } : {};
  return { status: 200, headers, body };
}
