import { RequestError } from '../errors.ts';
import type { LinkKind } from '../store/links.ts';
import type { Kind } from '../store/properties.ts';
import type { Literal } from './filter/ast.ts';
import { parseFilter } from './filter/parser.ts';
import type { GraphPlane } from './plane.ts';
import { badRequest, type GraphRequest, unsupportedQuery } from './request.ts';
import { kindOfTypeName } from './schema.ts';
import { readSelections } from './select.ts';

/** What a delta query is about. */
export interface DeltaSource {
  /** Path of the collection. */
  readonly path: string;
  readonly kinds: readonly Kind[];
}
/** What a delta reader follows; travels in its tokens. */
interface Follow {
  /** Path of the collection. */
  readonly p: string;
  /** Text of `$select`; absent is the standard set. */
  readonly s?: string;
  /** Whether links are followed. */
  readonly l: boolean;
  /** Ids, if only some objects are followed. */
  readonly f?: readonly string[];
  /** Kinds, if only some of those of the collection are followed. */
  readonly o?: readonly Kind[];
  /** When the round began, ms. */
  readonly t: number;
  /** Life of the store. */
  readonly e: string;
}
/** A first round enumerates (sequence number `a`, links of one object from `k` on); later ones read the log from `d`. */
export type DeltaState = Follow &
  (
    | { readonly r: 'all'; readonly start: number; readonly a: number; readonly k?: number }
    | { readonly r: 'log'; readonly d: number; readonly u: number }
  );
export type FirstRound = Extract<DeltaState, { r: 'all' }>;
export type LaterRound = Extract<DeltaState, { r: 'log' }>;

/** How long a token serves, in ms [M] (entra-directory s.5.11). */
const tokenLifetime = 7 * 24 * 3600 * 1000;

/** Links that a delta query of the kind can follow, and the member that shows them. */
export const followedLinks: Readonly<Partial<Record<Kind, { readonly link: LinkKind; readonly member: string }>>> = {
  user: { link: 'manager', member: 'manager@delta' },
  group: { link: 'member', member: 'members@delta' },
  directoryRole: { link: 'member', member: 'members@delta' },
  administrativeUnit: { link: 'unitMember', member: 'members@delta' },
};

/** The state of a reader who begins with this request. */
export function beginDelta(plane: GraphPlane, request: GraphRequest, source: DeltaSource): FirstRound {
  for (const option of ['$top', '$orderby', '$expand', '$search', '$count']) {
    if (request.query.has(option))
      throw unsupportedQuery(`The query option '${option}' is not supported by delta queries.`);
  }
  const select = request.query.get('$select');
  if (select !== undefined) readSelections(request, source.kinds);
  const filter = request.query.get('$filter');
  return {
    p: source.path,
    ...(select === undefined ? {} : { s: select }),
    l: followsLinks(source, select),
    ...(filter === undefined ? {} : readFilter(filter, source)),
    t: plane.context.clock.now(),
    e: String(plane.context.settings.get('epoch')),
    r: 'all',
    start: plane.context.objects.newestChange(),
    a: 0,
  };
}

/** Without `$select` groups and roles show their members; users their manager only when asked [M]. */
function followsLinks({ kinds }: DeltaSource, select: string | undefined): boolean {
  const relation = kinds.length === 1 ? followedLinks[kinds[0] as Kind]?.member.replace('@delta', '') : undefined;
  if (relation === undefined) return false;
  if (select === undefined) return relation === 'members';
  return select.split(',').some((part) => part.trim().toLowerCase() === relation);
}

/** `id eq '…' or id eq '…'`, at most 50 [M]; of directoryObjects also types: `isof('microsoft.graph.user')`. */
function readFilter(text: string, { kinds }: DeltaSource): Pick<Follow, 'f' | 'o'> {
  const types = kinds.length > 1 ? readTypes(text) : undefined;
  if (types) return { o: types };
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
  return { f: ids.map((id) => String(id).toLowerCase()) };
}

function readTypes(text: string): Kind[] | undefined {
  if (!/^\s*isof\(/i.test(text)) return undefined;
  return text.split(/\s+or\s+/i).map((part) => {
    const name = /^\s*isof\(\s*'(?:microsoft\.)?graph\.(\w{1,64})'\s*\)\s*$/i.exec(part)?.[1];
    const kind = name === undefined ? undefined : kindOfTypeName(name);
    if (!kind) throw badRequest(`Invalid filter clause: '${part.slice(0, 100)}' names no type of object.`);
    return kind;
  });
}

/** The state in a token. Throws 400 for a token of somebody else, 410 for one that is too old. */
export function resumeDelta(plane: GraphPlane, source: DeltaSource, token: string): DeltaState {
  const state = plane.tokens.open(token) as unknown as DeltaState | undefined;
  if (!state || state.p !== source.path || (state.r !== 'all' && state.r !== 'log')) {
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
      { headers: { location: `/v1.0/${source.path}/delta` } },
    );
  }
  return state;
}

/** The same reader in the log: everything up to `d` was delivered; the round goes up to `u`, or 0 for the newest. */
export const inLog = (state: DeltaState, d: number, u: number): LaterRound => {
  const { p, s, l, f, o, t, e } = state;
  return { p, ...(s ? { s } : {}), l, ...(f ? { f } : {}), ...(o ? { o } : {}), t, e, r: 'log', d, u };
};

export const isFollowed = (state: DeltaState, source: DeltaSource, object: { kind: Kind; id: string }): boolean =>
  source.kinds.includes(object.kind) &&
  (state.f === undefined || state.f.includes(object.id)) &&
  (state.o === undefined || state.o.includes(object.kind));
