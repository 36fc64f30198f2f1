/** Talking to the service: one way to read, one way to change, errors as sentences. */

/** An answer that was no success; the message is the service's own sentence. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Whatever else the service told: problems of a rule, the role that is needed. */
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(status: number, code: string, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

let proof = '';
/** Remembers the token that proves that a change comes from this page (CSRF). */
export const setProof = (token: string): void => {
  proof = token;
};

export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

export function apiPath(path: string, parameters: Parameters = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

export function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return ask<T>(apiPath(path, parameters), { ...(signal ? { signal } : {}) });
}

export function send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return ask<T>(apiPath(path), {
    method,
    headers: { 'x-csrf-token': proof, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Posts a file as it is. */
export function sendFile<T>(path: string, text: string, type: string): Promise<T> {
  return ask<T>(apiPath(path), {
    method: 'POST',
    headers: { 'x-csrf-token': proof, 'content-type': type },
    body: text,
  });
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError(0, 'no-connection', 'The service does not answer. The page goes on by itself once it does.');
  }
  const text = await response.text();
  const body: unknown = text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  if (response.ok) return body as T;
  const told = (body as { error?: { code?: string; message?: string } } | undefined)?.error;
  throw new ApiError(
    response.status,
    told?.code ?? `http-${response.status}`,
    told?.message ?? `The service answered with ${response.status} ${response.statusText}.`,
    (told as Record<string, unknown> | undefined) ?? {},
  );
}
