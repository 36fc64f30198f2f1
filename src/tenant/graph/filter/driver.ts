import { fold, type Kind, propertyNumber } from '../../store/properties.ts';
import type { Filter, Literal, Path } from './ast.ts';
import { propertyOf } from './check.ts';
import { type Sql, sql } from './sql.ts';

/**
 * How to find the objects that can match without looking at all of them. `equal` streams in the order of sequence
 * numbers; `set` is a subquery of sequence numbers. The condition itself is checked again on what is found.
 */
export type Driver = { readonly cost: number } & (
  | { readonly kind: 'equal'; readonly property: number; readonly value: string }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'anchor'; readonly anchor: string }
  | { readonly kind: 'set'; readonly query: Sql }
);

/** Properties whose values say little: half of all objects may have one. */
const coarse = new Set([
  'accountEnabled',
  'userType',
  'onPremisesSyncEnabled',
  'mailEnabled',
  'securityEnabled',
  'usageLocation',
  'creationType',
  'country',
  'groupTypes',
  'operatingSystem',
  'trustType',
]);
const unique = new Set([
  'userPrincipalName',
  'proxyAddresses',
  'onPremisesSecurityIdentifier',
  'mail',
  'deviceId',
  'uniqueName',
  'employeeId',
]);

/** The cheapest driver of the filter; undefined if every object has to be looked at. */
export function findDriver(filter: Filter, kind: Kind): Driver | undefined {
  switch (filter.kind) {
    case 'and':
      return filter.parts
        .map((part) => findDriver(part, kind))
        .filter((driver) => driver !== undefined)
        .sort((a, b) => a.cost - b.cost)[0];
    case 'or':
      return union(filter.parts.map((part) => findDriver(part, kind)));
    case 'in':
      return union(filter.values.map((value) => equal(filter.path, value, kind)));
    case 'compare':
      return filter.operator === 'eq'
        ? equal(filter.path, filter.value, kind)
        : filter.operator === 'ge' || filter.operator === 'le'
          ? range(filter.path, filter.operator, filter.value, kind)
          : undefined;
    case 'text':
      return filter.name === 'startswith'
        ? prefix(filter.path, filter.value, kind)
        : filter.name === 'endswith'
          ? suffix(filter.path, filter.value, kind)
          : undefined;
    case 'lambda':
      return insideAny(filter, kind);
    case 'not':
      return undefined;
  }
}

function equal(path: Path, value: Literal, kind: Kind): Driver | undefined {
  if (path.length !== 1 || value === null) return undefined;
  const { name } = propertyOf(path, kind);
  if (name === 'id') return { cost: 0, kind: 'id', id: String(value).toLowerCase() };
  if (name === 'onPremisesImmutableId') return { cost: 0, kind: 'anchor', anchor: String(value) };
  const property = propertyNumber(kind, name);
  if (property === undefined) return undefined;
  const cost = unique.has(name) ? 0 : coarse.has(name) ? 4 : 1;
  return { cost, kind: 'equal', property, value: fold(String(value)) };
}

function prefix(path: Path, value: string, kind: Kind): Driver | undefined {
  if (path.length !== 1 || value === '') return undefined;
  const property = propertyNumber(kind, propertyOf(path, kind).name);
  return property === undefined ? undefined : { cost: 2, kind: 'set', query: prefixQuery(property, value) };
}

function suffix(path: Path, value: string, kind: Kind): Driver | undefined {
  if (path.length !== 1 || value === '') return undefined;
  const property = propertyNumber(kind, propertyOf(path, kind).name);
  return property === undefined ? undefined : { cost: 5, kind: 'set', query: suffixQuery(property, value) };
}

/** Every value of the property is looked at, but no object is read for it: some 20 ms for 100,000. */
const suffixQuery = (property: number, value: string): Sql =>
  sql(
    'SELECT object FROM lookup WHERE property = ? AND substr(value, ?) = ?',
    property,
    -[...fold(value)].length,
    fold(value),
  );

/** No text that begins with the prefix sorts after the prefix followed by the last code point there is. */
const prefixQuery = (property: number, value: string): Sql =>
  sql(
    'SELECT object FROM lookup WHERE property = ? AND value >= ? AND value <= ?',
    property,
    fold(value),
    `${fold(value)}\u{10FFFF}`,
  );

function range(path: Path, operator: 'ge' | 'le', value: Literal, kind: Kind): Driver | undefined {
  if (path.length !== 1 || typeof value !== 'string') return undefined;
  const { name, spec } = propertyOf(path, kind);
  const property = propertyNumber(kind, name);
  const at = Date.parse(value);
  if (property === undefined || spec.type !== 'time' || Number.isNaN(at)) return undefined;
  const text = fold(`${new Date(at).toISOString().slice(0, 19)}Z`);
  const sign = operator === 'ge' ? '>=' : '<=';
  return {
    cost: 3,
    kind: 'set',
    query: sql(`SELECT object FROM lookup WHERE property = ? AND value ${sign} ?`, property, text),
  };
}

function insideAny(filter: Extract<Filter, { kind: 'lambda' }>, kind: Kind): Driver | undefined {
  const { part, variable, path } = filter;
  if (filter.name !== 'any' || !part || variable === undefined) return undefined;
  const name = propertyOf(path, kind).name;
  const looked = (inner: Path): number | undefined => {
    if (inner.length === 1) return propertyNumber(kind, name);
    return inner.length === 2 ? indexedMember(kind, name, inner[1] as string) : undefined;
  };
  if (part.kind === 'compare' && part.operator === 'eq' && typeof part.value === 'string') {
    const property = looked(part.path);
    return property === undefined ? undefined : { cost: 1, kind: 'equal', property, value: fold(part.value) };
  }
  if (part.kind === 'text' && part.name !== 'contains' && part.value !== '') {
    const property = looked(part.path);
    if (property === undefined) return undefined;
    return part.name === 'startswith'
      ? { cost: 2, kind: 'set', query: prefixQuery(property, part.value) }
      : { cost: 5, kind: 'set', query: suffixQuery(property, part.value) };
  }
  return undefined;
}

function indexedMember(kind: Kind, property: string, member: string): number | undefined {
  const key = `${property}/${member}`.toLowerCase();
  if (key === 'onpremisesprovisioningerrors/category') return propertyNumber(kind, 'provisioningErrorCategory');
  if (key === 'onpremisesprovisioningerrors/propertycausingerror')
    return propertyNumber(kind, 'provisioningErrorProperty');
  return key === 'assignedlicenses/skuid' ? propertyNumber(kind, 'assignedSku') : undefined;
}

function union(parts: readonly (Driver | undefined)[]): Driver | undefined {
  const drivers: Driver[] = [];
  for (const part of parts) {
    if (!part) return undefined;
    drivers.push(part);
  }
  const queries = drivers.map(driverQuery);
  return {
    cost: Math.max(...drivers.map((d) => d.cost)) + 1,
    kind: 'set',
    query: { text: queries.map((q) => q.text).join(' UNION '), values: queries.flatMap((q) => q.values) },
  };
}

/** The driver as a subquery of sequence numbers. */
export function driverQuery(driver: Driver): Sql {
  switch (driver.kind) {
    case 'equal':
      return sql('SELECT object FROM lookup WHERE property = ? AND value = ?', driver.property, driver.value);
    case 'id':
      return sql('SELECT seq FROM object WHERE id = ?', driver.id);
    case 'anchor':
      return sql('SELECT seq FROM object WHERE anchor = ?', driver.anchor);
    case 'set':
      return driver.query;
  }
}
