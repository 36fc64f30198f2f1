import { fold, type Kind, propertyNumber } from '../store/properties.ts';
import { joinSql, type Sql, sql } from './filter/sql.ts';
import { badRequest, unsupportedQuery } from './request.ts';
import { findProperty } from './schema.ts';

const searchable: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  user: [
    'displayName',
    'givenName',
    'surname',
    'mail',
    'mailNickname',
    'userPrincipalName',
    'otherMails',
    'proxyAddresses',
  ],
  group: ['displayName', 'description', 'mail', 'mailNickname', 'proxyAddresses'],
  contact: ['displayName', 'givenName', 'surname', 'mail', 'mailNickname', 'proxyAddresses'],
  device: ['displayName'],
  application: ['displayName'],
  servicePrincipal: ['displayName'],
  administrativeUnit: ['displayName', 'description'],
};
/** Whose words are matched one by one; elsewhere the text must begin the value. */
const wordwise = new Set(['displayName', 'description']);
const maxLength = 2000;

/**
 * `"displayName:al" AND ("mail:bo" OR "mail:cy")` as a condition on the row `o` (entra-directory s.5.8). `indexed`:
 * the lookup table knows the objects, so that only those are read that have the text somewhere in the property.
 */
export function compileSearch(text: string, kind: Kind, indexed: boolean): Sql {
  if (text.length > maxLength) throw badRequest(`The $search is longer than ${maxLength} characters.`);
  // Linear: a quoted clause, a bracket, or a word.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g) ?? [];
  const parser: Parser = { tokens, next: 0, kind, indexed };
  const condition = parseOr(parser, 0);
  if (parser.next < tokens.length) throw syntaxError(text);
  return condition;
}

interface Parser {
  readonly tokens: readonly string[];
  next: number;
  readonly kind: Kind;
  readonly indexed: boolean;
}
const syntaxError = (text: string) =>
  badRequest(
    `Syntax error in the $search '${text.slice(0, 100)}': clauses have the form "property:text" and are joined by AND or OR.`,
  );

function parseOr(parser: Parser, depth: number): Sql {
  const parts = [parseAnd(parser, depth)];
  while (parser.tokens[parser.next] === 'OR') {
    parser.next += 1;
    parts.push(parseAnd(parser, depth));
  }
  return group(parts, ' OR ');
}
function parseAnd(parser: Parser, depth: number): Sql {
  const parts = [parseClause(parser, depth)];
  for (;;) {
    const token = parser.tokens[parser.next];
    if (token === 'AND') parser.next += 1;
    else if (token === undefined || token === 'OR' || token === ')') return group(parts, ' AND ');
    parts.push(parseClause(parser, depth));
  }
}
const group = (parts: Sql[], separator: string): Sql => {
  const joined = joinSql(parts, separator);
  return parts.length === 1 ? joined : { text: `(${joined.text})`, values: joined.values };
};

function parseClause(parser: Parser, depth: number): Sql {
  const token = parser.tokens[parser.next];
  if (token === undefined || depth > 20) throw syntaxError(parser.tokens.join(' '));
  parser.next += 1;
  if (token === '(') {
    const inner = parseOr(parser, depth + 1);
    if (parser.tokens[parser.next] !== ')') throw syntaxError(parser.tokens.join(' '));
    parser.next += 1;
    return inner;
  }
  if (!token.startsWith('"')) throw syntaxError(parser.tokens.join(' '));
  const clause = token.slice(1, -1).replace(/\\(.)/g, '$1');
  const colon = clause.indexOf(':');
  if (colon < 1) throw syntaxError(token);
  return condition(clause.slice(0, colon).trim(), clause.slice(colon + 1).trim(), parser);
}

function condition(asked: string, text: string, { kind, indexed }: Parser): Sql {
  const property = findProperty(kind, asked);
  if (!property || !searchable[kind]?.includes(property.name)) {
    throw unsupportedQuery(`Property '${asked.slice(0, 100)}' is not supported in $search.`);
  }
  const { name, spec } = property;
  const words = fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const isWordwise = wordwise.has(name);
  const exact = isWordwise ? allWords(name, words) : spec.type === 'texts' ? anyBegins(name, text) : begins(name, text);
  const longest = isWordwise ? words.reduce((a, b) => (b.length > a.length ? b : a), '') : fold(text);
  const number = indexed ? propertyNumber(kind, name) : undefined;
  if (number === undefined || longest === '') return exact;
  const candidates = 'SELECT object FROM lookup WHERE property = ? AND instr(value, ?) > 0';
  return {
    text: `(o.seq IN (${candidates}) AND ${exact.text})`,
    values: [number, longest, ...exact.values],
  };
}

const pathOf = (name: string): string => `$."${name}"`;

function allWords(name: string, words: readonly string[]): Sql {
  if (words.length === 0) return sql('1');
  const one = "ifnull(instr(' ' || wordsof(json_extract(o.body, ?)), ?) > 0, 0)";
  return group(
    words.map((word) => sql(one, pathOf(name), ` ${word}`)),
    ' AND ',
  );
}

function begins(name: string, text: string): Sql {
  const folded = fold(text);
  return sql('ifnull(substr(fold(json_extract(o.body, ?)), 1, ?) = ?, 0)', pathOf(name), [...folded].length, folded);
}

/** A value of the list, or what follows its prefix: `smtp:`. */
function anyBegins(name: string, text: string): Sql {
  const folded = fold(text);
  const { length } = [...folded];
  return sql(
    'EXISTS (SELECT 1 FROM json_each(o.body, ?) e WHERE substr(fold(e.value), 1, ?) = ? OR substr(fold(e.value), instr(e.value, char(58)) + 1, ?) = ?)',
    pathOf(name),
    length,
    folded,
    length,
    folded,
  );
}
