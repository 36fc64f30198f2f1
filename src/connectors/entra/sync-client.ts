import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ConnectorError } from '../contract.ts';
import { type Fetch, transportFailure } from './sync-transport.ts';

/** Answer of a call of the sync plane. */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** The other side said no. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string }
  /** Nothing reached the other side. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** The request left and no answer came, or one that says nothing about what was done. */
  | { readonly kind: 'lost'; readonly detail: string };

export interface SyncClientOptions {
  /** `https://host:port`, without a slash at the end. */
  readonly url: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret: string;
  readonly fetch: Fetch;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
  /** Waits that long, in ms, unless the signal is raised. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });
const errorAnswer = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const tokenErrorAnswer = z.object({ error: z.string(), error_description: z.string().optional() });

/** How often a busy answer (429, 503) is waited out, and the longest single wait in ms. */
const busyAttempts = 6;
const longestWait = 60_000;

/** Calls the sync plane with a token that is fetched when needed and waits where the other side asks for patience. */
export class SyncClient {
  readonly #options: SyncClientOptions;
  #token: { readonly text: string; readonly until: number } | undefined;

  constructor(options: SyncClientOptions) {
    this.#options = options;
  }

  /** Fetches a token. Throws a ConnectorError `no-start-…` if that is not possible. */
  async signIn(signal: AbortSignal): Promise<void> {
    const { url, tenantId, clientId, secret } = this.#options;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
      scope: `${url}/.default`,
    });
    const answer = await this.#send(`/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body: form }, signal);
    if ('detail' in answer) throw this.#unreachable(answer.detail);
    const text = await answer.response.text();
    const token = answer.response.ok ? tokenAnswer.safeParse(parse(text)) : undefined;
    if (token?.success) {
      this.#token = { text: token.data.access_token, until: Date.now() + (token.data.expires_in - 120) * 1000 };
      return;
    }
    const told = tokenErrorAnswer.safeParse(parse(text));
    const description = told.data?.error_description ?? `HTTP status ${answer.response.status}`;
    throw new ConnectorError(
      'failed-authentication',
      `${url} refused the credentials of app ${clientId}: ${description}`,
      {
        status: 'no-start-credentials',
        remedy: 'Check tenantId, clientId and the secret of the connector, and that the secret has not expired.',
      },
    );
  }

  #unreachable(detail: string): ConnectorError {
    return new ConnectorError('failed-connection', `${this.#options.url} cannot be reached: ${detail}`, {
      status: 'no-start-connection',
      remedy: 'Check the url of the connector, that the tenant runs, and that its certificate is trusted (tls.ca).',
    });
  }

  /** One call, repeated only where the answer says that nothing was done. */
  async call<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      if (!this.#token || this.#token.until < Date.now()) await this.signIn(signal);
      const sent = await this.#send(
        path,
        {
          method,
          headers: {
            ...headers,
            authorization: `Bearer ${this.#token?.text}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
        signal,
      );
      if ('detail' in sent) return { kind: sent.sent ? 'lost' : 'unreachable', detail: sent.detail };
      const { response } = sent;
      if (response.status === 401 && !renewed) {
        renewed = true;
        this.#token = undefined;
        continue;
      }
      const busy = response.status === 429 || response.status === 503;
      if (busy && attempt < busyAttempts && !signal.aborted) {
        await this.#wait(retryAfter(response, attempt), signal);
        continue;
      }
      return readAnswer<T>(response);
    }
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#options.wait) return this.#options.wait(milliseconds, signal);
    await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #send(
    path: string,
    init: RequestInit,
    signal: AbortSignal,
  ): Promise<{ response: Response } | { detail: string; sent: boolean }> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
    try {
      return {
        response: await this.#options.fetch(new Request(`${this.#options.url}${path}`, { ...init, signal: limit })),
      };
    } catch (error) {
      return transportFailure(error);
    }
  }
}

/** `Retry-After` in ms; without it an increasing pause. */
function retryAfter(response: Response, attempt: number): number {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const wait = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 500 * 2 ** attempt;
  return Math.min(wait, longestWait);
}

async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    return { kind: 'lost', detail: transportFailure(error).detail };
  }
  const value = text === '' ? undefined : parse(text);
  if (response.ok) {
    if (text !== '' && value === undefined) return { kind: 'lost', detail: 'The answer was cut off.' };
    return { kind: 'ok', value: value as T };
  }
  const told = errorAnswer.safeParse(value).data?.error;
  const message = told?.message ?? `HTTP status ${response.status}`;
  // 500, 502 and 504 do not say whether the request was carried out.
  if (response.status >= 500 && response.status !== 503 && response.status !== 501)
    return { kind: 'lost', detail: message };
  return { kind: 'refused', status: response.status, code: told?.code ?? `http-${response.status}`, message };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON: the caller reports the HTTP status instead
  }
}
