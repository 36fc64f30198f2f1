import { RequestError } from '../errors.ts';
import type { Principal } from '../tokens/principal.ts';
import type { ExtensionLookup } from './schema.ts';

/** One step of a resource path: `users`, `groups(uniqueName='x')`, `delta()`. */
export interface Segment {
  /** As written. */
  readonly text: string;
  /** Lower case: names are matched without regard to letter case (entra-directory s.10). */
  readonly name: string;
  /** Between parentheses: `name` is absent for a plain key. */
  readonly key?: { readonly name?: string; readonly value: string };
}

/** A request to the Graph plane, from HTTP or from an item of a batch. */
export interface GraphRequest {
  readonly method: string;
  readonly version: 'v1.0' | 'beta';
  readonly segments: readonly Segment[];
  /** Options by lower-case name with the `$`. */
  readonly query: ReadonlyMap<string, string>;
  /** Header by lower-case name. */
  header(name: string): string | undefined;
  /** The parsed JSON body; undefined if there was none. Throws a RequestError if it is not JSON. */
  body(): unknown;
  /** The body as it came, of requests whose path ends in `$value`; in a batch what its base64 text stands for. */
  bytes?(): Uint8Array;
  readonly principal: Principal;
  /** `https://host/v1.0` */
  readonly base: string;
  /** Directory extensions that are defined. */
  readonly extensions: ExtensionLookup;
}

export interface GraphAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent for 204. */
  readonly body?: unknown;
}

export const badRequest = (message: string): RequestError => new RequestError(400, 'Request_BadRequest', message);
export const unsupportedQuery = (message: string): RequestError =>
  new RequestError(400, 'Request_UnsupportedQuery', message);
export const notFound = (id: string): RequestError =>
  new RequestError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id.slice(0, 200)}' does not exist or one of its queried reference-property objects are not present.`,
  );
/** For what the real service has and this one has not: never a wrong 200. */
export const notImplemented = (what: string): RequestError =>
  new RequestError(501, 'NotImplemented', `The local tenant does not implement ${what.slice(0, 200)}.`);
export const methodNotAllowed = (method: string): RequestError =>
  new RequestError(
    405,
    'Request_BadRequest',
    `The HTTP method ${method.slice(0, 20)} is not allowed for this resource.`,
  );
export const segmentNotFound = (segment: string): RequestError =>
  new RequestError(400, 'BadRequest', `Resource not found for the segment '${segment.slice(0, 200)}'.`);

const longestPath = 8192;
const mostSegments = 12;

/** The segments of an encoded path below the version, e.g. `/users('a%40b')/manager/$ref`. */
export function parsePath(path: string): Segment[] {
  if (path.length > longestPath) throw badRequest('The request URI is too long.');
  const parts = splitOutsideQuotes(path).filter((part) => part !== '');
  if (parts.length > mostSegments) throw badRequest(`The request path has more than ${mostSegments} segments.`);
  return parts.map((part) => parseSegment(decode(part)));
}

function splitOutsideQuotes(path: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < path.length; i++) {
    if (path[i] === "'") quoted = !quoted;
    else if (path.startsWith('%27', i)) quoted = !quoted;
    else if (path[i] === '/' && !quoted) {
      parts.push(path.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(path.slice(start));
  return parts;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest('The request URI is not valid: it has a percent sign that no two hexadecimal digits follow.');
  }
}

function parseSegment(text: string): Segment {
  const open = text.indexOf('(');
  if (open <= 0 || !text.endsWith(')')) return { text, name: text.toLowerCase() };
  const name = text.slice(0, open);
  const inside = text.slice(open + 1, -1).trim();
  if (inside === '') return { text: name, name: name.toLowerCase() };
  return { text: name, name: name.toLowerCase(), key: parseKey(inside) };
}

function parseKey(inside: string): NonNullable<Segment['key']> {
  const named = /^([A-Za-z]\w{0,63})\s*=\s*(.*)$/s.exec(inside);
  const literal = named ? named[2]! : inside;
  const value = /^'(.*)'$/s.exec(literal)?.[1]?.replaceAll("''", "'") ?? literal;
  return named ? { name: named[1]!.toLowerCase(), value } : { value };
}

const knownOptions = new Set([
  '$select',
  '$top',
  '$skip',
  '$filter',
  '$orderby',
  '$expand',
  '$count',
  '$search',
  '$skiptoken',
  '$deltatoken',
  '$format',
  '@id',
]);

/** The query options of the encoded text after `?`. Options may be written without the `$`; others are ignored. */
export function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  if (text === '') return query;
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at))
      .trim()
      .toLowerCase();
    const value = at < 0 ? '' : decode(pair.slice(at + 1).replaceAll('+', ' '));
    // `DELETE …/$ref?@id=…` names the reference that goes; no option with a `$`.
    const option = name.startsWith('$') || name === '@id' ? name : `$${name}`;
    if (!knownOptions.has(option)) {
      if (name.startsWith('$')) throw badRequest(`The query parameter '${name.slice(0, 64)}' is not supported.`);
      continue;
    }
    if (query.has(option))
      throw badRequest(`Query option '${option}' was specified more than once, but it must be specified at most once.`);
    query.set(option, value);
  }
  return query;
}

export const wantsEventual = (request: GraphRequest): boolean =>
  request.header('consistencylevel')?.toLowerCase() === 'eventual';

/** `Prefer: return=minimal`: the caller does without what it knows already (RFC 7240 s.4.2). */
export const prefersMinimal = (request: GraphRequest): boolean =>
  /(^|[,;])\s*return\s*=\s*"?minimal"?\s*($|[,;])/i.test(request.header('prefer') ?? '');
