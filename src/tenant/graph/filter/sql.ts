import type { SQLInputValue } from 'node:sqlite';
import { isoSeconds } from '../../clock.ts';
import { linkKinds } from '../../store/links.ts';
import { fold, type Kind, propertyNumber } from '../../store/properties.ts';
import { badRequest } from '../request.ts';
import type { ExtensionLookup, PropertySpec } from '../schema.ts';
import type { CompareOperator, Filter, Literal, Path } from './ast.ts';
import { propertyOf } from './check.ts';

/** A piece of SQL and its parameters. Text of a request never becomes part of `text`. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SQLInputValue[];
}
export const sql = (text: string, ...values: SQLInputValue[]): Sql => ({ text, values });
export const joinSql = (parts: readonly Sql[], separator: string): Sql => ({
  text: parts.map((p) => p.text).join(separator),
  values: parts.flatMap((p) => p.values),
});
const wrap = (before: string, inner: Sql, after: string): Sql => ({
  text: before + inner.text + after,
  values: inner.values,
});

export interface CompileOptions {
  readonly kind: Kind;
  /** Whether the lookup table knows the objects: not those in the recycle bin. */
  readonly indexed: boolean;
  readonly extensions?: ExtensionLookup;
}

/** A condition on the row `o` of the object table that is 1 or 0, never null: absence is not equal to anything. */
export function compileFilter(filter: Filter, options: CompileOptions): Sql {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return wrap(
        '(',
        joinSql(
          filter.parts.map((part) => compileFilter(part, options)),
          ` ${filter.kind.toUpperCase()} `,
        ),
        ')',
      );
    case 'not':
      return wrap('NOT (', compileFilter(filter.part, options), ')');
    case 'compare':
      return comparePath(filter.path, filter.operator, filter.value, options);
    case 'in':
      return wrap(
        '(',
        joinSql(
          filter.values.map((value) => comparePath(filter.path, 'eq', value, options)),
          ' OR ',
        ),
        ')',
      );
    case 'text':
      return textCondition(columnOf(filter.path, options), filter.name, filter.value);
    case 'lambda':
      return lambda(filter, options);
  }
}

function comparePath(path: Path, operator: CompareOperator, value: Literal, options: CompileOptions): Sql {
  if (path.length === 2 && path[0]?.toLowerCase() === 'manager') return managerIs(operator, value);
  const { name, spec } = propertyOf(path, options.kind, options.extensions);
  const literal = checkLiteral(value, path, name, spec);
  const number = options.indexed && path.length === 1 ? propertyNumber(options.kind, name) : undefined;
  if (number !== undefined && literal !== null && (operator === 'eq' || operator === 'ne')) {
    const found = sql(
      'EXISTS (SELECT 1 FROM lookup x WHERE x.property = ? AND x.value = ? AND x.object = o.seq)',
      number,
      fold(String(literal)),
    );
    return operator === 'eq' ? found : wrap('NOT ', found, '');
  }
  return compareValue(columnOf(path, options), operator, literal);
}

function managerIs(operator: CompareOperator, value: Literal): Sql {
  const found = sql(
    'EXISTS (SELECT 1 FROM link k JOIN object m ON m.seq = k.target WHERE k.source = o.seq AND k.kind = ? AND m.id = ?)',
    linkKinds.manager,
    String(value).toLowerCase(),
  );
  return operator === 'ne' ? wrap('NOT ', found, '') : found;
}

/** SQL of the folded value of a path, on the row `o`. */
function columnOf(path: Path, { kind, extensions }: CompileOptions): Sql {
  const { name, spec } = propertyOf(path, kind, extensions);
  const rest = path.slice(1);
  if (rest.at(-1) === '$count') {
    return sql('ifnull(json_array_length(o.body, ?), 0)', jsonPath([name]));
  }
  if (rest.length === 0) {
    if (name === 'id') return sql('o.id');
    if (name === 'onPremisesSyncEnabled') return sql('o.sync');
    if (name === 'onPremisesImmutableId') return sql('o.anchor');
    if (name === 'deletedDateTime') return sql("strftime('%Y-%m-%dt%H:%M:%Sz', o.deleted_at / 1000, 'unixepoch')");
  } else if (spec.type !== 'complex' || rest.length > 1) {
    throw badRequest(`'${path.join('/').slice(0, 100)}' is not a path to a value.`);
  }
  return sql('fold(json_extract(o.body, ?))', jsonPath([name, ...rest]));
}

/** `$."a"."b"`: quoted, so that no part of a name is read as syntax. Names have passed the schema or a word pattern. */
const jsonPath = (names: readonly string[]): string =>
  `$${names.map((name) => `."${name.replaceAll('"', '')}"`).join('')}`;

function compareValue(left: Sql, operator: CompareOperator, value: Literal): Sql {
  if (value === null) {
    if (operator === 'eq') return wrap('(', left, ' IS NULL)');
    if (operator === 'ne') return wrap('(', left, ' IS NOT NULL)');
    return sql('0');
  }
  const right = typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? foldFor(left, value) : value;
  const sign = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' }[operator];
  const missing = operator === 'ne' ? 1 : 0;
  return { text: `ifnull(${left.text} ${sign} ?, ${missing})`, values: [...left.values, right] };
}
/** The source anchor is the one text whose letter case matters (entra-directory s.1.6). */
const foldFor = (left: Sql, value: string): string => (left.text === 'o.anchor' ? value : fold(value));

function textCondition(left: Sql, name: 'startswith' | 'endswith' | 'contains', value: string): Sql {
  const folded = foldFor(left, value);
  if (name === 'startswith') {
    return { text: `ifnull(substr(${left.text}, 1, ?) = ?, 0)`, values: [...left.values, [...folded].length, folded] };
  }
  if (name === 'endswith' && folded !== '') {
    return { text: `ifnull(substr(${left.text}, ?) = ?, 0)`, values: [...left.values, -[...folded].length, folded] };
  }
  return { text: `ifnull(instr(${left.text}, ?) > 0, 0)`, values: [...left.values, folded] };
}

function lambda(filter: Extract<Filter, { kind: 'lambda' }>, options: CompileOptions): Sql {
  const { name } = propertyOf(filter.path, options.kind, options.extensions);
  const each = sql('json_each(o.body, ?) e', jsonPath([name]));
  if (!filter.part) return wrap('EXISTS (SELECT 1 FROM ', each, ')');
  const inner = insideLambda(filter.part);
  if (filter.name === 'all') {
    return joinSql([sql('NOT EXISTS (SELECT 1 FROM'), each, sql('WHERE NOT ('), inner, sql('))')], ' ');
  }
  const number = options.indexed ? propertyNumber(options.kind, name) : undefined;
  const single = filter.part;
  if (
    number !== undefined &&
    single.kind === 'compare' &&
    single.operator === 'eq' &&
    typeof single.value === 'string' &&
    single.path.length === 1
  ) {
    return sql(
      'EXISTS (SELECT 1 FROM lookup x WHERE x.property = ? AND x.value = ? AND x.object = o.seq)',
      number,
      fold(single.value),
    );
  }
  return joinSql([sql('EXISTS (SELECT 1 FROM'), each, sql('WHERE'), inner, sql(')')], ' ');
}

function insideLambda(filter: Filter): Sql {
  const value = (path: Path): Sql =>
    path.length === 1 ? sql('fold(e.value)') : sql('fold(json_extract(e.value, ?))', jsonPath(path.slice(1)));
  switch (filter.kind) {
    case 'and':
    case 'or':
      return wrap('(', joinSql(filter.parts.map(insideLambda), ` ${filter.kind.toUpperCase()} `), ')');
    case 'not':
      return wrap('NOT (', insideLambda(filter.part), ')');
    case 'compare':
      return compareValue(value(filter.path), filter.operator, normalizeTime(filter.value));
    case 'in':
      return wrap(
        '(',
        joinSql(
          filter.values.map((v) => compareValue(value(filter.path), 'eq', v)),
          ' OR ',
        ),
        ')',
      );
    case 'text':
      return textCondition(value(filter.path), filter.name, filter.value);
    case 'lambda':
      throw badRequest('A lambda within a lambda is not supported.');
  }
}

function checkLiteral(value: Literal, path: Path, name: string, spec: PropertySpec): Literal {
  if (value === null || path.length > 1) return value;
  const wrong = () =>
    badRequest(
      `A binary operator with incompatible types was detected: the property '${name}' is not of the type of its operand.`,
    );
  switch (spec.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong();
      return value;
    case 'integer':
      if (typeof value !== 'number') throw wrong();
      return value;
    case 'time':
      if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw wrong();
      return isoSeconds(Date.parse(value));
    default:
      // Numbers and GUIDs stand for their text; the real service is as lenient with ids.
      if (typeof value === 'boolean') throw wrong();
      return typeof value === 'number' ? String(value) : value;
  }
}

const normalizeTime = (value: Literal): Literal =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT/i.test(value) && !Number.isNaN(Date.parse(value))
    ? isoSeconds(Date.parse(value))
    : value;
