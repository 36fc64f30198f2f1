import type { TenantContext } from '../context.ts';
import { errorBody, RequestError } from '../errors.ts';
import { extensionOf } from '../extensions.ts';
import { parseJson, readBody, readBytes } from '../http.ts';
import type { TokenVerdict } from '../tokens/principal.ts';
import { answerBatch } from './batch.ts';
import { dispatch } from './dispatch.ts';
import { metadataDocument } from './metadata.ts';
import type { GraphPlane } from './plane.ts';
import {
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  parsePath,
  parseQuery,
  wantsEventual,
} from './request.ts';

const contentType =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
/** Also the limit of a photo (entra-directory s.4.2). */
const maxBody = 4 * 1024 * 1024;

/** Answers one HTTP request under /v1.0 or /beta; every error becomes the documented error body. */
export async function answerGraph(
  plane: GraphPlane,
  verify: (header: string | null) => Promise<TokenVerdict>,
  request: Request,
  version: 'v1.0' | 'beta',
): Promise<Response> {
  const ids = requestIds(plane.context, request);
  try {
    const metadata = metadataAnswer(request, version);
    if (metadata) return respond(metadata, ids);
    const verdict = await verify(request.headers.get('authorization'));
    if (verdict.kind === 'refused') throw new RequestError(401, 'InvalidAuthenticationToken', verdict.message);
    const { origin, path, query } = splitUrl(request.url, version);
    const isRaw = request.method !== 'GET' && /\/(\$|%24)value\/?$/i.test(path);
    const bytes = isRaw ? await readBytes(request, maxBody) : undefined;
    const text = isRaw || request.method === 'GET' ? '' : await readBody(request, maxBody);
    const graphRequest: GraphRequest = {
      method: request.method,
      version,
      segments: parsePath(path),
      query: parseQuery(query),
      header: (name) => request.headers.get(name) ?? undefined,
      body: () => (text === '' ? undefined : parseJson(text)),
      ...(bytes ? { bytes: () => bytes } : {}),
      principal: verdict.principal,
      base: `${origin}/${version}`,
      extensions: (kind, name) => extensionOf(plane.context, kind, name),
    };
    return respond(answer(plane, graphRequest, ids), ids);
  } catch (error) {
    return respond(refusal(error, ids), ids);
  }
}

/** The metadata document is for everybody, without a token. */
function metadataAnswer(request: Request, version: 'v1.0' | 'beta'): GraphAnswer | undefined {
  const { path } = splitUrl(request.url, version);
  if (!/^\/(\$|%24)metadata\/?$/i.test(path)) return undefined;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: metadataDocument(version) };
}

function answer(plane: GraphPlane, request: GraphRequest, ids: RequestIds): GraphAnswer {
  const isBatch = request.segments.length === 1 && request.segments[0]?.name === '$batch';
  if (!isBatch) return throttled(plane, request);
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  return answerBatch(request, (item) => {
    try {
      return throttled(plane, item);
    } catch (error) {
      return refusal(error, ids);
    }
  });
}

function throttled(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  const headers = plane.throttle.take(request);
  try {
    const result = mayBeStale(request)
      ? plane.context.past.read(() => dispatch(plane, request))
      : dispatch(plane, request);
    return { ...result, headers: { ...headers, ...result.headers } };
  } catch (error) {
    throw error instanceof RequestError ? error.withHeaders(headers) : error;
  }
}

/** Lists and delta queries come from copies; an object by its key does so only if the caller accepts it (s.5.1). */
function mayBeStale(request: GraphRequest): boolean {
  if (request.method !== 'GET') return false;
  const isUnit = request.segments[1]?.name === 'administrativeunits';
  const [first, second, third] = isUnit ? request.segments.slice(1) : request.segments;
  const isByKey = first?.key ? second === undefined : second !== undefined && third === undefined;
  const isList = !isByKey || second?.name === 'delta' || second?.name === '$count';
  return isList || wantsEventual(request);
}

/** The answer to a request that failed. What is not a RequestError is a defect: it answers 500 without its text. */
export function refusal(error: unknown, ids: RequestIds): GraphAnswer {
  if (error instanceof RequestError) {
    return { status: error.status, headers: error.headers, body: errorBody(error, ids) };
  }
  ids.report(error);
  const plain = { code: 'Service_InternalServerError', message: 'Encountered an internal server error.' };
  return { status: 500, body: errorBody(plain, ids) };
}

export interface RequestIds {
  readonly requestId: string;
  readonly clientRequestId: string;
  readonly date: string;
  report(error: unknown): void;
}

export function requestIds(context: TenantContext, request: Request): RequestIds {
  const requestId = context.random.guid();
  const asked = request.headers.get('client-request-id') ?? '';
  return {
    requestId,
    clientRequestId: /^[\w.:{}-]{1,128}$/.test(asked) ? asked : requestId,
    date: new Date(context.clock.now()).toISOString().slice(0, 19),
    report: context.report,
  };
}

export function respond(answer: GraphAnswer, ids: RequestIds): Response {
  const headers: Record<string, string> = {
    'request-id': ids.requestId,
    'client-request-id': ids.clientRequestId,
    'x-ms-ags-diagnostic':
      '{"ServerInfo":{"DataCenter":"local","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"causeway"}}',
    'odata-version': '4.0',
    'cache-control': 'no-cache',
    date: new Date(`${ids.date}Z`).toUTCString(),
  };
  if (answer.body === undefined)
    return new Response(null, { status: answer.status, headers: { ...headers, ...answer.headers } });
  const isPlain = typeof answer.body === 'string' || answer.body instanceof Uint8Array;
  return new Response(isPlain ? (answer.body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(answer.body), {
    status: answer.status,
    headers: { ...headers, 'content-type': contentType, ...answer.headers },
  });
}

function splitUrl(url: string, version: string): { origin: string; path: string; query: string } {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const origin = url.slice(0, start);
  const rest = url.slice(start + 1 + version.length).split('#', 1)[0] as string;
  const at = rest.indexOf('?');
  return at < 0 ? { origin, path: rest, query: '' } : { origin, path: rest.slice(0, at), query: rest.slice(at + 1) };
}
