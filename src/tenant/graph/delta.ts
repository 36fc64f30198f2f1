import { RequestError } from '../errors.ts';
import { readChanges } from '../store/changes.ts';
import { type LinkChangeRow, type LinkKind, linkKinds } from '../store/links.ts';
import { objectColumns } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import type { Literal } from './filter/ast.ts';
import { parseFilter } from './filter/parser.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import { badRequest, type GraphAnswer, type GraphRequest, methodNotAllowed, unsupportedQuery } from './request.ts';
import { readSelections } from './select.ts';

/** How long a token serves, in ms [M] (entra-directory s.5.11). */
const tokenLifetime = 7 * 24 * 3600 * 1000;
/** Objects and links in one page. */
const pageSize = 200;
const linksPerPage = 2000;

/** What a delta reader follows; travels in its tokens. */
interface Follow {
  /** Path of the collection. */
  readonly p: string;
  /** Property names; absent is the standard set. */
  readonly s?: readonly string[];
  /** Whether links are followed. */
  readonly l: boolean;
  /** Ids, if only some objects are followed. */
  readonly f?: readonly string[];
  /** When the round began, ms. */
  readonly t: number;
  /** Life of the store. */
  readonly e: string;
}
/** A first round enumerates (sequence number `a`, links of one object from `k` on); later ones read the log from `d`. */
type State = Follow &
  (
    | { readonly r: 'all'; readonly start: number; readonly a: number; readonly k?: number }
    | { readonly r: 'log'; readonly d: number; readonly u: number }
  );

const followed: Readonly<Partial<Record<Kind, { readonly link: LinkKind; readonly member: string }>>> = {
  user: { link: 'manager', member: 'manager@delta' },
  group: { link: 'member', member: 'members@delta' },
  directoryRole: { link: 'member', member: 'members@delta' },
};

/** GET /users/delta and its like (entra-directory s.5.11). */
export function deltaQuery(plane: GraphPlane, request: GraphRequest, kind: Kind, path: string): GraphAnswer {
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const skip = request.query.get('$skiptoken');
  const token = request.query.get('$deltatoken');
  if (token?.toLowerCase() === 'latest') {
    const state = begin(plane, request, kind, path);
    return answer(plane, request, state, [], { ...state, r: 'log', d: plane.context.objects.lastChange, u: 0 }, true);
  }
  const state = (skip ?? token) ? resume(plane, path, (skip ?? token) as string) : begin(plane, request, kind, path);
  return state.r === 'all' ? enumerate(plane, request, kind, state) : follow(plane, request, kind, state);
}

function begin(plane: GraphPlane, request: GraphRequest, kind: Kind, path: string): Extract<State, { r: 'all' }> {
  for (const option of ['$top', '$orderby', '$expand', '$search', '$count']) {
    if (request.query.has(option))
      throw unsupportedQuery(`The query option '${option}' is not supported by delta queries.`);
  }
  const select = request.query.get('$select');
  const names = select === undefined ? undefined : readSelections(request, [kind]).namesOf(kind);
  const relation = followed[kind]?.member.replace('@delta', '');
  const asked = select?.split(',').map((part) => part.trim().toLowerCase());
  // Without $select groups show their members; users their manager only when asked [M].
  const links = relation !== undefined && (asked ? asked.includes(relation) : relation === 'members');
  const filter = request.query.get('$filter');
  return {
    p: path,
    ...(names ? { s: names } : {}),
    l: links,
    ...(filter === undefined ? {} : { f: readIds(filter) }),
    t: plane.context.clock.now(),
    e: String(plane.context.settings.get('epoch')),
    r: 'all',
    start: plane.context.objects.lastChange,
    a: 0,
  };
}

/** `id eq '…' or id eq '…'`, at most 50 [M]. */
function readIds(text: string): string[] {
  const filter = parseFilter(text);
  const parts = filter.kind === 'or' ? filter.parts : [filter];
  const ids: Literal[] = [];
  for (const part of parts) {
    const isId =
      part.kind === 'compare' &&
      part.operator === 'eq' &&
      part.path.length === 1 &&
      part.path[0]?.toLowerCase() === 'id';
    if (!isId) throw unsupportedQuery("Delta queries support $filter by id only: id eq '…' or id eq '…'.");
    ids.push(part.value);
  }
  if (ids.length > 50) throw unsupportedQuery('Delta queries follow at most 50 ids.');
  return ids.map((id) => String(id).toLowerCase());
}

function resume(plane: GraphPlane, path: string, token: string): State {
  const state = plane.tokens.open(token) as unknown as State | undefined;
  if (!state || state.p !== path || (state.r !== 'all' && state.r !== 'log')) {
    throw badRequest('Badly formed token.');
  }
  const { clock, settings } = plane.context;
  const floor = Number(settings.get('tombstoneFloor') ?? 0);
  const from = state.r === 'all' ? state.start : state.d;
  if (clock.now() - state.t > tokenLifetime || state.e !== settings.get('epoch') || from < floor) {
    throw new RequestError(
      410,
      'syncStateNotFound',
      'The delta token is no longer valid; start again with a query without a token.',
      {
        headers: { location: `/v1.0/${path}/delta` },
      },
    );
  }
  return state;
}

/** The first round: every object as it is. */
function enumerate(
  plane: GraphPlane,
  request: GraphRequest,
  kind: Kind,
  state: Extract<State, { r: 'all' }>,
): GraphAnswer {
  const { objects, links } = plane.context;
  const rows = objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.kind = ? AND o.deleted_at IS NULL AND o.seq > ? ORDER BY o.seq LIMIT ?`,
    kind,
    state.k === undefined ? state.a : state.a - 1,
    pageSize,
  );
  const values: object[] = [];
  let room = linksPerPage;
  for (const object of rows) {
    if (!isFollowed(state, object.id)) continue;
    const from = state.k !== undefined && object.seq === state.a ? state.k : 0;
    const relation = state.l ? followed[kind] : undefined;
    const targets = relation ? links.targets(object.seq, relation.link, from, room + 1) : [];
    const shown = targets.slice(0, room);
    values.push({
      ...withoutNothing(renderObject(object, namesOf(kind, state, request))),
      ...(relation && shown.length > 0
        ? { [relation.member]: shown.map((t) => ({ '@odata.type': odataType(t.kind), id: t.id })) }
        : {}),
    });
    room -= shown.length;
    if (targets.length > shown.length || room <= 0) {
      const rest = targets.length > shown.length ? { k: shown.at(-1)?.seq ?? from } : {};
      const { k: _, ...state0 } = state;
      return answer(plane, request, state, values, { ...state0, a: object.seq, ...rest }, false);
    }
  }
  const { k: _, ...state0 } = state;
  if (rows.length === pageSize) return answer(plane, request, state, values, { ...state0, a: rows.at(-1)!.seq }, false);
  return answer(plane, request, state, values, logState(state, state.start, 0), true);
}

const logState = (state: State, d: number, u: number): State => {
  const { p, s, l, f, t, e } = state;
  return { p, ...(s ? { s } : {}), l, ...(f ? { f } : {}), t, e, r: 'log', d, u };
};

/** A later round: what changed since. */
function follow(
  plane: GraphPlane,
  request: GraphRequest,
  kind: Kind,
  state: Extract<State, { r: 'log' }>,
): GraphAnswer {
  const { context } = plane;
  const until = state.u === 0 ? context.objects.lastChange : state.u;
  const page = readChanges(
    context.db,
    context.objects,
    { after: state.d, until },
    { top: pageSize, linkRows: linksPerPage },
  );
  const values: object[] = [];
  const names = namesOf(kind, state, request);
  const shown = new Set<number>();
  for (const object of page.objects) {
    if (object.kind !== kind || !isFollowed(state, object.id)) continue;
    shown.add(object.seq);
    if (object.deletedAt !== undefined) values.push({ id: object.id, '@removed': { reason: 'changed' } });
    else values.push({ ...renderObject(object, names), ...linkMember(state, kind, page.links.get(object.seq) ?? []) });
  }
  for (const [seq, rows] of state.l ? page.links : []) {
    const object = shown.has(seq) ? undefined : context.objects.bySeq(seq);
    if (object?.kind !== kind || object.deletedAt !== undefined || !isFollowed(state, object.id)) continue;
    const changes = linkMember(state, kind, rows);
    if (Object.keys(changes).length > 0) values.push({ id: object.id, ...changes });
  }
  for (const { id } of page.gone.filter((t) => t.kind === kind && isFollowed(state, t.id))) {
    values.push({ id, '@removed': { reason: 'deleted' } });
  }
  const more = page.done < until;
  return answer(plane, request, state, values, logState(state, page.done, more ? until : 0), !more);
}

const isFollowed = (state: State, id: string): boolean => state.f === undefined || state.f.includes(id);
const namesOf = (kind: Kind, state: State, request: GraphRequest): readonly string[] =>
  state.s ?? readSelections(request, [kind], '').namesOf(kind);

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

function linkMember(state: State, kind: Kind, rows: readonly LinkChangeRow[]): object {
  const relation = state.l ? followed[kind] : undefined;
  if (!relation) return {};
  const last = new Map<string, boolean>();
  for (const row of rows) {
    if (row.kind === linkKinds[relation.link]) last.set(row.target, row.added === 1);
  }
  if (last.size === 0) return {};
  const changes = [...last].map(([target, added]) => {
    const [type = '', id] = target.split('_');
    const typed = { '@odata.type': `#microsoft.graph.${typeOfAnchor[type] ?? type}`, id };
    return added ? typed : { ...typed, '@removed': { reason: 'deleted' } };
  });
  return { [relation.member]: changes };
}

function answer(
  plane: GraphPlane,
  request: GraphRequest,
  state: State,
  values: readonly object[],
  next: State,
  complete: boolean,
): GraphAnswer {
  const renewed = complete ? { ...next, t: plane.context.clock.now() } : next;
  const token = encodeURIComponent(plane.tokens.seal(renewed));
  const link = `${request.base}/${state.p}/delta?${complete ? '$deltatoken' : '$skiptoken'}=${token}`;
  const body = {
    '@odata.context': `${request.base}/$metadata#${state.p}`,
    [complete ? '@odata.deltaLink' : '@odata.nextLink']: link,
    value: values,
  };
  return { status: 200, body };
}
