/** Calls Microsoft Graph: one request, all pages of a list, or many requests in batches (entra-directory s.5.1, 5.7, 5.12). */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { TokenSource } from './graph-credentials.ts';
import type { QuotaPlanner } from './graph-quota.ts';
import { type Fetch, transportFailure } from './sync-transport.ts';

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the version, with its query: `/users?$top=1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Resource units it costs; default 1. */
  readonly units?: number;
  /** Default `v1.0`. */
  readonly version?: 'v1.0' | 'beta';
  /** Whoever asks would rather hear that the service is busy than wait. */
  readonly once?: boolean;
}

export type GraphAnswer =
  | { readonly kind: 'ok'; readonly status: number; readonly body: unknown }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly message: string;
      /** The property that the service names, if it names one. */
      readonly target?: string;
      /** What limit was reached, in the service's words, for an answer 429. */
      readonly throttle?: string;
    }
  /** Nothing reached the service. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** The request left, and whether it was carried out is not known. */
  | { readonly kind: 'lost'; readonly detail: string };

export interface GraphClientOptions {
  /** `https://graph.microsoft.com`, without a slash at the end. */
  readonly url: string;
  readonly tokens: TokenSource;
  readonly quota: QuotaPlanner;
  readonly fetch: Fetch;
  /** Milliseconds until a call without an answer counts as lost. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Most batches that travel at a time; default 8. */
  readonly concurrency?: number;
}

/** Requests in one batch (entra-directory s.5.7). */
export const batchSize = 20;
/** How often a request is sent while the service says that it is busy, and the longest single wait in ms. */
const busyAttempts = 8;
const longestWait = 300_000;
/** How often a read is sent that got no answer, or 500, 502 or 504: over a long import these come and go. */
const readAttempts = 4;
/** Batches that travel at a time unless told otherwise. */
const usualConcurrency = 8;

export const timerWait = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

interface RawAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: unknown;
}
/** What came of sending a request. */
type Sent = RawAnswer | Extract<GraphAnswer, { kind: 'lost' | 'unreachable' }>;
const noPart: Sent = { kind: 'lost', detail: 'The batch has no answer for it.' };

export class GraphClient {
  readonly url: string;
  readonly quota: QuotaPlanner;
  readonly #options: GraphClientOptions;
  /** Batches that travel at a time: one more after each good round, half after a refusal. */
  #inFlight: number;
  /** Whether a batch of writes came through: before, one goes alone, because others may have used up the quota. */
  #hasWritten = false;

  constructor(options: GraphClientOptions) {
    this.#options = options;
    this.#inFlight = Math.min(2, this.#most);
    this.url = options.url;
    this.quota = options.quota;
  }

  get #most(): number {
    return this.#options.concurrency ?? usualConcurrency;
  }

  /** An access token as it is sent with every call. Throws a ConnectorError `no-start-…` if there is none to be had. */
  readonly token = (): Promise<string> => this.#options.tokens.token();

  get concurrency(): number {
    return this.#inFlight;
  }

  /** One call, repeated only where the answer says that nothing was done, and reads also when the answer was lost. */
  async call(request: GraphRequest, signal: AbortSignal): Promise<GraphAnswer> {
    for (let attempt = 1; ; attempt++) {
      await this.quota.acquire(costOf([request]), signal);
      const sent = await this.#send(request, signal);
      if (signal.aborted || request.once || !mayRepeat(request, sent, attempt)) return answerOf(request, sent);
      this.#slowDown(sent, attempt);
    }
  }

  /** Every object of a list. Yields page by page; ends with the answer that was no page, if there was one. */
  async *pages(path: string, signal: AbortSignal, units = 1): AsyncGenerator<GraphAnswer> {
    for (let next: string | undefined = path; next !== undefined; ) {
      const answer: GraphAnswer = await this.call({ method: 'GET', path: next, units }, signal);
      yield answer;
      if (answer.kind !== 'ok') return;
      const link = (answer.body as { '@odata.nextLink'?: unknown })['@odata.nextLink'];
      const following = typeof link === 'string' ? this.pathOf(link) : undefined;
      if (following === next) return yield { kind: 'lost', detail: 'A page of a list leads to itself.' };
      next = following;
    }
  }

  /** The path of a link of this very service; undefined for any other, because the token must not go there. */
  pathOf(link: string): string | undefined {
    const base = `${this.url}/v1.0`;
    return link.startsWith(`${base}/`) ? link.slice(base.length) : undefined;
  }

  /** Many requests that do not depend on each other. Answers in their order; never rejects but for the signal. */
  async batch(requests: readonly GraphRequest[], signal: AbortSignal): Promise<GraphAnswer[]> {
    const answers = new Array<GraphAnswer>(requests.length);
    let open = requests.map((_, index) => index);
    for (let attempt = 1; open.length > 0; attempt++) {
      const again: number[] = [];
      const chunks = chunked(open, batchSize);
      let next = 0;
      if (!this.#hasWritten && requests.some(isWrite) && chunks[0]) {
        next = 1;
        again.push(...(await this.#sendChunk(requests, chunks[0], answers, attempt, signal)));
        this.#hasWritten = true;
      }
      const worker = async (): Promise<void> => {
        for (let chunk = chunks[next++]; chunk; chunk = chunks[next++]) {
          again.push(...(await this.#sendChunk(requests, chunk, answers, attempt, signal)));
        }
      };
      const workers = Math.min(this.#inFlight, chunks.length - next);
      await Promise.all(Array.from({ length: workers }, worker));
      if (again.length === 0) this.#inFlight = Math.min(this.#most, this.#inFlight + 1);
      open = again.sort((a, b) => a - b);
    }
    return answers;
  }

  /** Sends one batch; returns those to send again. */
  async #sendChunk(
    requests: readonly GraphRequest[],
    chunk: readonly number[],
    answers: GraphAnswer[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<number[]> {
    const items = chunk.map((index) => requests[index] as GraphRequest);
    await this.quota.acquire(costOf(items), signal);
    const body = { requests: items.map((item, id) => batchItem(item, String(id))) };
    const sent = await this.#send({ method: 'POST', path: '/$batch', body }, signal);
    // One request that the service cannot read spoils a batch, which then is not carried out at all.
    if (!('kind' in sent) && (sent.status === 400 || sent.status === 413) && chunk.length > 1) {
      const half = chunk.length >> 1;
      const first = await this.#sendChunk(requests, chunk.slice(0, half), answers, attempt, signal);
      return [...first, ...(await this.#sendChunk(requests, chunk.slice(half), answers, attempt, signal))];
    }
    const isAnswered = !('kind' in sent) && sent.status === 200;
    const parts = isAnswered ? (readParts(sent.body) ?? new Map<string, RawAnswer>()) : undefined;
    const again: number[] = [];
    const waits = new Map<number, Sent>();
    chunk.forEach((index, id) => {
      const own: Sent = parts ? (parts.get(String(id)) ?? noPart) : sent;
      if (!signal.aborted && mayRepeat(items[id] as GraphRequest, own, attempt)) {
        waits.set(this.#waitOf(own, attempt), own);
        again.push(index);
      } else answers[index] = answerOf(items[id] as GraphRequest, own);
    });
    const longest = waits.get(Math.max(...waits.keys()));
    if (longest) this.#slowDown(longest, attempt);
    return again;
  }

  /** What the service asks for; otherwise a pause that doubles from one second. In ms. */
  #waitOf(answer: Sent, attempt: number): number {
    const asked = waitAsked(answer, this.#options.now());
    return Math.min(Number.isNaN(asked) ? 1000 * 2 ** (attempt - 1) : asked, longestWait);
  }

  #slowDown(answer: Sent, attempt: number): void {
    this.#inFlight = Math.max(1, this.#inFlight >> 1);
    const wait = this.#waitOf(answer, attempt);
    if ('kind' in answer || answer.status !== 429) this.quota.busy(wait);
    else {
      const information = answer.header('x-ms-throttle-information') ?? '';
      const kind = information.startsWith('Write')
        ? 'writes'
        : information.startsWith('ResourceUnit')
          ? 'units'
          : 'unknown';
      this.quota.refused(kind, wait);
    }
  }

  async #send(request: GraphRequest, signal: AbortSignal): Promise<Sent> {
    for (let attempt = 1; ; attempt++) {
      const token = await this.#options.tokens.token();
      const answer = await this.#exchange(request, token, signal);
      // A refused token was never looked at any further, so the request may go out again with a new one.
      if ('kind' in answer || answer.status !== 401 || attempt > 1) return answer;
      this.#options.tokens.forget();
    }
  }

  async #exchange(request: GraphRequest, token: string, signal: AbortSignal): Promise<Sent> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
    const init: RequestInit = {
      method: request.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: limit,
    };
    try {
      const response = await this.#options.fetch(
        new Request(`${this.url}/${request.version ?? 'v1.0'}${request.path}`, init),
      );
      const text = await response.text();
      const body = text === '' ? undefined : parse(text);
      if (response.ok && text !== '' && body === undefined)
        return { kind: 'lost', detail: 'The answer was cut off or is no JSON.' };
      return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, body };
    } catch (error) {
      const { sent, detail } = transportFailure(error);
      return { kind: sent ? 'lost' : 'unreachable', detail };
    }
  }
}

export const isWrite = (request: GraphRequest): boolean => request.method !== 'GET';

const costOf = (requests: readonly GraphRequest[]) => ({
  writes: requests.filter(isWrite).length,
  units: requests.reduce((sum, request) => sum + (request.units ?? 1), 0),
});

const isBusy = (status: number): boolean => status === 429 || status === 503;
/** The service broke off: whether the request was carried out is not known. */
const isBroken = (status: number): boolean => status === 408 || (status >= 500 && status !== 503 && status !== 501);
/** Twice does not do what once did: an object made, or brought back. */
const isOnce = ({ method, path }: GraphRequest): boolean => method === 'POST' && !path.endsWith('/$ref');

/** Whether the request may go out again: nothing was done, or doing it twice does no harm. */
function mayRepeat(request: GraphRequest, sent: Sent, attempt: number): boolean {
  const isRead = !isWrite(request);
  if ('kind' in sent) return isRead && sent.kind === 'lost' && attempt < readAttempts;
  if (isBroken(sent.status)) return isRead && attempt < readAttempts;
  if (!isBusy(sent.status) || attempt >= busyAttempts) return false;
  // Somebody on the way may say 503 although the service went on; the service itself says when to come back.
  return sent.status === 429 || sent.header('retry-after') !== undefined || !isOnce(request);
}

/** Milliseconds that `Retry-After` asks for, in seconds or as a time of the service's clock (RFC 9110 s.10.2.3); NaN if it does not. */
function waitAsked(answer: Sent, now: number): number {
  const header = 'kind' in answer ? '' : (answer.header('retry-after') ?? '').trim();
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  const date = 'kind' in answer ? undefined : answer.header('date');
  return Math.max(0, Date.parse(header) - (date === undefined ? now : Date.parse(date)));
}

const batchItem = (request: GraphRequest, id: string) => ({
  id,
  method: request.method,
  url: request.path,
  ...(request.body === undefined && request.headers === undefined
    ? {}
    : {
        headers: { ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }), ...request.headers },
      }),
  ...(request.body === undefined ? {} : { body: request.body }),
});

const batchAnswer = z.object({
  responses: z.array(
    z.object({
      id: z.coerce.string(),
      status: z.number(),
      headers: z.record(z.string(), z.unknown()).optional(),
      body: z.unknown().optional(),
    }),
  ),
});

function readParts(body: unknown): Map<string, RawAnswer> | undefined {
  const read = batchAnswer.safeParse(body);
  if (!read.success) return undefined;
  return new Map(
    read.data.responses.map((part) => {
      const headers = new Map(Object.entries(part.headers ?? {}).map(([n, v]) => [n.toLowerCase(), String(v)]));
      return [part.id, { status: part.status, header: (name) => headers.get(name), body: part.body }];
    }),
  );
}

const errorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.array(z.looseObject({ target: z.string().nullish() })).nullish(),
  }),
});

/** A repeatable request that was given up is known not to be carried out; any other may have been. */
function answerOf(request: GraphRequest, sent: Sent): GraphAnswer {
  if ('kind' in sent) return sent;
  const answer = readAnswer(sent);
  return sent.status === 503 && isOnce(request) && sent.header('retry-after') === undefined
    ? { kind: 'lost', detail: answer.kind === 'refused' ? answer.message : 'HTTP status 503' }
    : answer;
}

function readAnswer({ status, body, header }: RawAnswer): GraphAnswer {
  if (status >= 200 && status < 300) return { kind: 'ok', status, body };
  const told = errorAnswer.safeParse(body).data?.error;
  const message = told?.message ?? `HTTP status ${status}`;
  if (isBroken(status)) return { kind: 'lost', detail: message };
  const target = told?.details?.find((d) => typeof d.target === 'string')?.target;
  const limits = ['x-ms-throttle-information', 'x-ms-throttle-scope', 'x-ms-throttle-limit-percentage'];
  const throttle = status === 429 ? limits.flatMap((name) => header(name) ?? []).join(', ') : '';
  const code = told?.code ?? `http-${status}`;
  return { kind: 'refused', status, code, message, ...(target ? { target } : {}), ...(throttle ? { throttle } : {}) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON: the caller reports the HTTP status instead
  }
}

export function chunked<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < list.length; i += size) parts.push(list.slice(i, i + size));
  return parts;
}
