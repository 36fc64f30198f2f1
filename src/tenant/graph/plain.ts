import type { Filter, Literal } from './filter/ast.ts';
import { parseFilter } from './filter/parser.ts';
import { type GraphAnswer, type GraphRequest, notImplemented, unsupportedQuery, wantsEventual } from './request.ts';
import { selectMembers } from './select.ts';

/** Options that change which entries come, in which order or with what: a list that ignored one would be a wrong answer. */
const options = ['$filter', '$search', '$orderby', '$expand', '$skip', '$skiptoken'];

type Entry = Readonly<Record<string, unknown>>;

/**
 * The answer of a resource that is no list of stored objects, with what the query options make of it: `$select`, `$count`
 * and a `$top` that cuts nothing off. Options that neither this nor the handler (`handled`) takes answer 501.
 */
export function withOptions(request: GraphRequest, answer: GraphAnswer, handled: readonly string[] = []): GraphAnswer {
  if (request.method !== 'GET' || answer.status !== 200 || request.query.size === 0) return answer;
  const where = `/${request.segments.map((s) => s.text).join('/')}`;
  const ignored = options.find((name) => request.query.has(name) && !handled.includes(name));
  if (ignored !== undefined) throw notImplemented(`the query option '${ignored}' of ${where}`);
  if (typeof answer.body !== 'object' || answer.body === null) return answer;
  const body = answer.body as Entry;
  const select = (entry: Entry) => (handled.includes('$select') ? entry : selectEntry(request, entry));
  if (!Array.isArray(body.value)) return { ...answer, body: select(body) };
  const values = body.value as readonly Entry[];
  if (!handled.includes('$top') && values.length > Number(request.query.get('$top') ?? Number.POSITIVE_INFINITY)) {
    throw notImplemented(`the query option '$top' of ${where}`);
  }
  const wantsCount = request.query.get('$count')?.toLowerCase() === 'true' && wantsEventual(request);
  const count = wantsCount && body['@odata.count'] === undefined ? { '@odata.count': values.length } : {};
  return { ...answer, body: { ...body, ...count, value: values.map(select) } };
}

/** `$select` chooses members; what begins with `@` stays. */
function selectEntry(request: GraphRequest, entry: Entry): Entry {
  const [notes, members] = [true, false].map((isNote) =>
    Object.fromEntries(Object.entries(entry).filter(([name]) => name.startsWith('@') === isNote)),
  ) as [Entry, Entry];
  const type = String(entry['@odata.type'] ?? '#microsoft.graph.entity').replace('#microsoft.graph.', '');
  return { ...notes, ...selectMembers(request, type, members) };
}

/** The entries that fit a filter by their own members: `eq`, `ne`, `in`, `startsWith`, `and`, `or`, `not`. */
export function filterEntries<T extends object>(request: GraphRequest, all: readonly T[]): readonly T[] {
  const text = request.query.get('$filter');
  if (text === undefined) return all;
  const filter = parseFilter(text);
  return all.filter((entry) => fits(filter, entry as Entry));
}

function fits(filter: Filter, entry: Entry): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => fits(part, entry));
    case 'or':
      return filter.parts.some((part) => fits(part, entry));
    case 'not':
      return !fits(filter.part, entry);
    case 'in':
      return filter.values.some((value) => folded(value) === memberOf(filter.path, entry));
    case 'compare': {
      if (filter.operator !== 'eq' && filter.operator !== 'ne') break;
      return (folded(filter.value) === memberOf(filter.path, entry)) === (filter.operator === 'eq');
    }
    case 'text': {
      if (filter.name !== 'startswith') break;
      const value = memberOf(filter.path, entry);
      return typeof value === 'string' && value.startsWith(filter.value.toLowerCase());
    }
    case 'lambda':
      break;
  }
  throw unsupportedQuery('This list is filtered by eq, ne, in and startsWith only.');
}

const folded = (value: Literal | unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

function memberOf(path: readonly string[], entry: Entry): unknown {
  const name = Object.keys(entry).find((own) => own.toLowerCase() === path.join('/').toLowerCase());
  if (name === undefined) throw unsupportedQuery(`This list is not filtered by '${path.join('/').slice(0, 100)}'.`);
  return folded(entry[name] ?? null);
}
