import type { SQLInputValue } from 'node:sqlite';
import { RequestError } from '../errors.ts';
import { objectColumns, StoredObject } from '../store/objects.ts';
import { type Kind, propertyNumber } from '../store/properties.ts';
import { expand, readExpansion } from './expand.ts';
import { checkFilter } from './filter/check.ts';
import { type Driver, driverQuery, findDriver } from './filter/driver.ts';
import { parseFilter } from './filter/parser.ts';
import { compileFilter, joinSql, type Sql, sql } from './filter/sql.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import { badRequest, type GraphAnswer, type GraphRequest, unsupportedQuery, wantsEventual } from './request.ts';
import { findProperty, typeNames } from './schema.ts';
import { compileSearch } from './search.ts';
import { readSelections, readTop } from './select.ts';
import type { Source } from './source.ts';

interface Order {
  readonly property: string;
  readonly descending: boolean;
}
/** Everything a list is made of. Conditions are on the row `o`. */
interface Query {
  readonly source: Source;
  readonly conditions: readonly Sql[];
  readonly driver: Driver | undefined;
  readonly order: Order | undefined;
}

export interface ListOptions {
  /** The path below the version, for the next link: `groups/<id>/members`. */
  readonly path: string;
  /** What comes after `$metadata#`. */
  readonly context: string;
  /** Whether each object says its type. */
  readonly typed: boolean;
}

/** A page of a list with every query option it may have (entra-directory s.5.8). */
export function listObjects(
  plane: GraphPlane,
  request: GraphRequest,
  source: Source,
  options: ListOptions,
): GraphAnswer {
  if (request.query.has('$skip')) throw badRequest("'$skip' is not supported by the service.");
  const selections = readSelections(request, source.kinds);
  const expansion = readExpansion(request, source.kinds);
  const query = readQuery(request, source);
  const top = readTop(request);
  const rows = fetchPage(plane, query, readToken(plane, request, options.path), top + 1);
  const shown = rows.slice(0, top);
  const body: Record<string, unknown> = {
    '@odata.context': `${request.base}/$metadata#${options.context}${selections.suffix}`,
  };
  if (wantsCount(request)) body['@odata.count'] = countRows(plane, query);
  if (rows.length > top)
    body['@odata.nextLink'] = nextLink(plane, request, options.path, shown.at(-1) as Row, query.order);
  body.value = shown.map(({ object }) => ({
    ...(options.typed ? { '@odata.type': odataType(object.kind) } : {}),
    ...renderObject(object, selections.namesOf(object.kind)),
    ...(expansion ? expand(plane, request, object, expansion) : {}),
  }));
  return { status: 200, body };
}

/** The number of objects in the list, for `/$count`. */
export function countObjects(plane: GraphPlane, request: GraphRequest, source: Source): GraphAnswer {
  if (!wantsEventual(request)) throw badRequest('$count is not currently supported.');
  const query = readQuery(request, source, true);
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(countRows(plane, query)) };
}

const wantsCount = (request: GraphRequest): boolean =>
  request.query.get('$count')?.toLowerCase() === 'true' && wantsEventual(request);

function readQuery(request: GraphRequest, source: Source, counting = false): Query {
  const advanced = wantsEventual(request) && (counting || wantsCount(request));
  const kind = source.kinds[0] as Kind;
  const conditions = [source.where];
  const filterText = request.query.get('$filter');
  const searchText = request.query.get('$search');
  const order = readOrder(request, kind, advanced);
  let driver: Driver | undefined;
  if (filterText !== undefined) {
    const filter = parseFilter(filterText);
    checkFilter(filter, kind, advanced, request.extensions);
    const indexed = source.indexed && source.kinds.length === 1;
    conditions.push(compileFilter(filter, { kind, indexed, extensions: request.extensions }));
    if (indexed) driver = findDriver(filter, kind);
  }
  if (searchText !== undefined) {
    if (!wantsEventual(request))
      throw unsupportedQuery(
        "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
      );
    conditions.push(compileSearch(searchText, kind, source.indexed && source.kinds.length === 1));
  }
  if (filterText !== undefined && order && !advanced) {
    throw unsupportedQuery(
      "Sorting and filtering together needs the header 'ConsistencyLevel: eventual' and $count=true.",
    );
  }
  if (advanced && request.query.has('$expand'))
    throw unsupportedQuery('$expand is not supported together with advanced query parameters.');
  return { source, conditions, driver, order };
}

function readOrder(request: GraphRequest, kind: Kind, advanced: boolean): Order | undefined {
  const text = request.query.get('$orderby')?.trim();
  if (!text) return undefined;
  const match = /^([\w/]{1,200})(?:\s+(asc|desc))?$/i.exec(text);
  if (!match) throw badRequest(`Invalid $orderby '${text.slice(0, 100)}': one property, and asc or desc.`);
  const property = findProperty(kind, match[1] as string, request.extensions);
  if (
    !property ||
    property.spec.type === 'complex' ||
    property.spec.type === 'complexes' ||
    property.spec.type === 'texts'
  ) {
    throw badRequest(`Could not find a property named '${match[1]}' on type 'microsoft.graph.${typeNames[kind]}'.`);
  }
  const byDefault = property.name === 'displayName' || (kind === 'user' && property.name === 'userPrincipalName');
  if (!advanced && !byDefault) {
    throw unsupportedQuery(
      `Sorting by '${property.name}' needs the header 'ConsistencyLevel: eventual' and $count=true.`,
    );
  }
  return { property: property.name, descending: match[2]?.toLowerCase() === 'desc' };
}

interface Row {
  readonly object: StoredObject;
  /** Sort key, if the list is sorted. */
  readonly key: string | number | null;
}
interface Position {
  readonly after: number;
  readonly key: string | number | null;
}

function fetchPage(plane: GraphPlane, query: Query, position: Position | undefined, limit: number): Row[] {
  const statement = query.order ? sortedPage(query, query.order, position, limit) : plainPage(query, position, limit);
  const rows = plane.context.db.sql(statement.text).all(...(statement.values as SQLInputValue[])) as never[];
  return rows.map(
    (row: ConstructorParameters<typeof StoredObject>[0] & { readonly sort_key?: string | number | null }) => ({
      object: new StoredObject(row),
      key: row.sort_key ?? null,
    }),
  );
}

function plainPage(query: Query, position: Position | undefined, limit: number): Sql {
  const { driver, source } = query;
  const conditions = [...query.conditions, sql(`${source.seq} > ?`, position?.after ?? 0)];
  if (driver?.kind === 'equal' && source.from.text === 'object o') {
    // The lookup table has the sequence numbers of one value in order, so this reads no further than the page.
    const from = sql('lookup d CROSS JOIN object o ON o.seq = d.object');
    const where = [
      sql('d.property = ? AND d.value = ? AND d.object > ?', driver.property, driver.value, position?.after ?? 0),
      ...conditions,
    ];
    return select(from, where, sql('ORDER BY d.object LIMIT ?', limit));
  }
  return select(source.from, [...drivenBy(driver), ...conditions], sql(`ORDER BY ${source.seq} LIMIT ?`, limit));
}

const drivenBy = (driver: Driver | undefined): Sql[] => {
  if (!driver) return [];
  const inner = driverQuery(driver);
  return [{ text: `o.seq IN (${inner.text})`, values: inner.values }];
};

const select = (from: Sql, where: readonly Sql[], end: Sql, columns = objectColumns): Sql =>
  joinSql([sql(`SELECT ${columns} FROM`), from, sql('WHERE'), joinSql(where, ' AND '), end], ' ');

function sortedPage(query: Query, order: Order, position: Position | undefined, limit: number): Sql {
  const kind = query.source.kinds[0] as Kind;
  const direction = order.descending ? 'DESC' : 'ASC';
  const beyond = order.descending ? '<' : '>';
  const isWhole = query.source.from.text === 'object o' && query.source.indexed && query.source.kinds.length === 1;
  const number = isWhole ? propertyNumber(kind, order.property) : undefined;
  if (
    number !== undefined &&
    !query.driver &&
    (order.property === 'displayName' || order.property === 'userPrincipalName')
  ) {
    // Everybody has one of these, so the lookup table is the sorted list.
    const where = [sql('d.property = ?', number), ...query.conditions];
    if (position) where.push(sql(`(d.value, d.object) ${beyond} (?, ?)`, position.key, position.after));
    const end = sql(`ORDER BY d.value ${direction}, d.object ${direction} LIMIT ?`, limit);
    return select(
      sql('lookup d CROSS JOIN object o ON o.seq = d.object'),
      where,
      end,
      `${objectColumns}, d.value AS sort_key`,
    );
  }
  const key = sortKey(order.property);
  const where = [...drivenBy(query.driver), ...query.conditions];
  if (position)
    where.push({
      text: `(${key.text}, o.seq) ${beyond} (?, ?)`,
      values: [...key.values, position.key, position.after],
    });
  const columns: Sql = { text: `SELECT ${objectColumns}, ${key.text} AS sort_key FROM`, values: key.values };
  const end = sql(`ORDER BY sort_key ${direction}, o.seq ${direction} LIMIT ?`, limit);
  return joinSql([columns, query.source.from, sql('WHERE'), joinSql(where, ' AND '), end], ' ');
}

function sortKey(property: string): Sql {
  if (property === 'id') return sql('o.id');
  if (property === 'deletedDateTime') return sql('ifnull(o.deleted_at, 0)');
  if (property === 'onPremisesSyncEnabled') return sql('ifnull(o.sync, -1)');
  if (property === 'onPremisesImmutableId') return sql("ifnull(o.anchor, '')");
  return sql("ifnull(fold(json_extract(o.body, ?)), '')", `$."${property}"`);
}

function countRows(plane: GraphPlane, query: Query): number {
  const statement = select(
    query.source.from,
    [...drivenBy(query.driver), ...query.conditions],
    sql(''),
    'count(*) AS n',
  );
  return (plane.context.db.sql(statement.text).get(...(statement.values as SQLInputValue[])) as { n: number }).n;
}

/** How long a page token serves, in ms; the real service tells nobody [U] (entra-directory s.5.10). */
const tokenLifetime = 24 * 3600 * 1000;

function readToken(plane: GraphPlane, request: GraphRequest, path: string): Position | undefined {
  const token = request.query.get('$skiptoken');
  if (token === undefined) return undefined;
  const content = plane.tokens.open(token);
  if (content?.p !== path || typeof content.a !== 'number') {
    throw badRequest('The $skiptoken is not valid for this request.');
  }
  const { clock, settings } = plane.context;
  if (content.e !== settings.get('epoch') || clock.now() - Number(content.t) > tokenLifetime) {
    throw new RequestError(
      400,
      'Directory_ExpiredPageToken',
      'The specified page token value has expired and can no longer be included in your request.',
    );
  }
  return { after: content.a, key: (content.k as string | number | null | undefined) ?? null };
}

function nextLink(plane: GraphPlane, request: GraphRequest, path: string, last: Row, order: Order | undefined): string {
  const { clock, settings } = plane.context;
  const life = { e: settings.get('epoch'), t: clock.now() };
  const token = plane.tokens.seal({ p: path, a: last.object.seq, ...(order ? { k: last.key } : {}), ...life });
  const rest = [...request.query].filter(([name]) => name !== '$skiptoken');
  const options = [...rest, ['$skiptoken', token] as const].map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  return `${request.base}/${path}?${options.join('&')}`;
}
