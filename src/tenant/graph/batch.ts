import { errorBody, RequestError } from '../errors.ts';
import { parseJson } from '../http.ts';
import { badRequest, type GraphAnswer, type GraphRequest, parsePath, parseQuery } from './request.ts';

/** Requests in one batch (entra-directory s.5.7). */
const mostRequests = 20;

interface Item {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: unknown;
  readonly dependsOn: readonly string[];
}
interface ItemAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** POST /$batch. `answer` carries out one request, refusals included. */
export function answerBatch(request: GraphRequest, answer: (item: GraphRequest) => GraphAnswer): GraphAnswer {
  const items = readItems(request.body());
  const done = new Map<string, ItemAnswer>();
  const byId = new Map(items.map((item) => [item.id.toLowerCase(), item]));
  const open = new Set<string>();
  const carryOut = (item: Item): ItemAnswer => {
    const key = item.id.toLowerCase();
    const before = done.get(key);
    if (before) return before;
    if (open.has(key)) throw badRequest('The dependsOn properties of the batch form a circle.');
    open.add(key);
    const failed = item.dependsOn.some((id) => carryOut(byId.get(id.toLowerCase()) as Item).status >= 400);
    const result = failed ? failedDependency(item) : answerItem(request, item, answer);
    done.set(key, result);
    return result;
  };
  for (const item of items) carryOut(item);
  return { status: 200, body: { responses: items.map((item) => done.get(item.id.toLowerCase())) } };
}

function readItems(body: unknown): Item[] {
  const requests = (body as { requests?: unknown } | null | undefined)?.requests;
  if (!Array.isArray(requests)) throw badRequest("Invalid batch payload format: the member 'requests' must be a list.");
  if (requests.length === 0) throw badRequest('Invalid batch payload format: there are no requests.');
  if (requests.length > mostRequests) {
    throw badRequest(`Number of batch request steps exceeds the maximum value of ${mostRequests}.`);
  }
  const items = requests.map(readItem);
  const ids = new Set(items.map((item) => item.id.toLowerCase()));
  if (ids.size < items.length) throw badRequest('Invalid batch payload format: request ids must be unique.');
  for (const item of items) {
    const unknown = item.dependsOn.find((id) => !ids.has(id.toLowerCase()));
    if (unknown !== undefined)
      throw badRequest(`The request '${item.id}' depends on '${unknown.slice(0, 64)}', which is not in the batch.`);
  }
  return items;
}

const methods = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']);

function readItem(value: unknown): Item {
  const item = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  // Some clients number their requests (entra-directory s.10).
  const id = typeof item.id === 'number' ? String(item.id) : item.id;
  if (typeof id !== 'string' || id === '' || id.length > 256)
    throw badRequest('Invalid batch payload format: every request needs an id.');
  const method = typeof item.method === 'string' ? item.method.toUpperCase() : '';
  if (!methods.has(method))
    throw badRequest(`Invalid batch payload format: the method of request '${id}' is not valid.`);
  if (typeof item.url !== 'string') throw badRequest(`Invalid batch payload format: request '${id}' has no url.`);
  const headers = new Map<string, string>();
  if (typeof item.headers === 'object' && item.headers !== null) {
    for (const [name, header] of Object.entries(item.headers)) headers.set(name.toLowerCase(), String(header));
  }
  const dependsOn = item.dependsOn ?? [];
  if (!Array.isArray(dependsOn) || !dependsOn.every((d) => typeof d === 'string' || typeof d === 'number')) {
    throw badRequest(`Invalid batch payload format: dependsOn of request '${id}' must be a list of ids.`);
  }
  return { id, method, url: item.url, headers, body: item.body, dependsOn: dependsOn.map(String) };
}

function answerItem(request: GraphRequest, item: Item, answer: (item: GraphRequest) => GraphAnswer): ItemAnswer {
  const [path = '', query = ''] = splitUrl(item.url);
  let result: GraphAnswer;
  try {
    const hasBody = item.body !== undefined && item.body !== null;
    // Content-Type is mandatory with a body (s.5.7), yet one client drops all headers of such items (s.10).
    if (hasBody && item.headers.size > 0 && !item.headers.has('content-type')) {
      throw badRequest(`Write request id : ${item.id} does not contain Content-Type header or body.`);
    }
    result = answer({
      method: item.method,
      version: request.version,
      segments: parsePath(path),
      query: parseQuery(query),
      header: (name) => item.headers.get(name),
      body: () => (hasBody ? bodyOf(item) : undefined),
      bytes: () => Buffer.from(typeof item.body === 'string' ? item.body : '', 'base64url'),
      principal: request.principal,
      base: request.base,
      extensions: request.extensions,
    });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const ids = { requestId: item.id, clientRequestId: item.id, date: '' };
    result = { status: error.status, headers: error.headers, body: errorBody(error, ids) };
  }
  const headers = {
    ...(result.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...capitalized(result.headers),
  };
  // Bytes travel as base64 (s.5.7).
  const body = result.body instanceof Uint8Array ? Buffer.from(result.body).toString('base64') : result.body;
  return { id: item.id, status: result.status, headers, ...(body === undefined ? {} : { body }) };
}

/** The same client writes what it sends as bytes: base64 of JSON, and no Content-Type that would say so (s.10). */
const bodyOf = (item: Item): unknown =>
  typeof item.body === 'string' && !item.headers.has('content-type')
    ? parseJson(Buffer.from(item.body, 'base64').toString('utf8'))
    : item.body;

/** `users?$top=1`, with or without a slash before it. */
function splitUrl(url: string): [string, string] {
  const relative = url.replace(/^https?:\/\/[^/]*\/(v1\.0|beta)/i, '');
  const at = relative.indexOf('?');
  return at < 0 ? [relative, ''] : [relative.slice(0, at), relative.slice(at + 1)];
}

const capitalized = (headers: GraphAnswer['headers'] = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase()), value]),
  );

function failedDependency(item: Item): ItemAnswer {
  const body = errorBody(
    { code: 'FailedDependency', message: 'A request that this one depends on failed.' },
    { requestId: item.id, clientRequestId: item.id, date: '' },
  );
  return { id: item.id, status: 424, headers: { 'Content-Type': 'application/json' }, body };
}
