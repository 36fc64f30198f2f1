/** Talks to the service that runs on the same state, if there is one. */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { hostname } from 'node:os';
import { leaseHolder } from '../scheduler/lease.ts';
import { type LoadedConfiguration, pathOf } from '../service/configuration/configuration.ts';
import { stateDirectory } from '../service/engine/open-engine.ts';
import { readServiceToken } from '../service/service-token.ts';
import { CliError } from './context.ts';

export interface ServiceClient {
  readonly url: string;
  /** Path below /api/v1. Throws a CliError with the service's own sentence. */
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Posts a file as it is; default JSON. */
  post<T>(path: string, file: string, type?: string): Promise<T>;
}

/** The running service of this state directory; undefined if none answers. Throws a CliError if it must not be used. */
export async function findService(config: LoadedConfiguration, who: string): Promise<ServiceClient | undefined> {
  const state = stateDirectory(config);
  const holder = leaseHolder(state);
  if (!holder?.url) return undefined;
  if (holder.host !== hostname()) {
    throw new CliError(
      'engine-elsewhere',
      `The state ${state} is used by a service on ${holder.host} (${holder.url}). Run this command there, or use its console.`,
    );
  }
  const token = readServiceToken(state);
  const client = clientOf(config, holder.url, token ?? '', who);
  try {
    const session = await client.get<{ signedIn: boolean }>('/session');
    if (session.signedIn) return client;
  } catch (error) {
    // A note that a killed service left behind: the lease decides whether there really is none.
    if (['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
  throw new CliError(
    'service-refused',
    `The service at ${holder.url} does not take the token of ${state}. Run this command as the user who runs the service.`,
  );
}

function clientOf(config: LoadedConfiguration, url: string, token: string, who: string): ServiceClient {
  const { tls } = config.settings.service;
  const base = new URL(url);
  // A service that listens everywhere is asked on the loopback address; its own certificate is the only one taken.
  const options: RequestOptions & Record<string, unknown> = {
    host: base.hostname.replace(/^\[|\]$/g, '').replace(/^(0\.0\.0\.0|::)$/, '127.0.0.1'),
    port: base.port,
    headers: {
      authorization: `Bearer ${token}`,
      'x-causeway-user': who.replace(/[^\w.@\\-]/g, '-'),
      host: base.host,
    },
    ...(tls
      ? {
          ca: readFileSync(pathOf(config, tls.certificate)),
          allowPartialTrustChain: true,
          checkServerIdentity: () => undefined,
        }
      : {}),
  };
  const call = async <T>(method: string, path: string, body?: string, type = 'application/json'): Promise<T> => {
    const { status, text } = await exchange(tls ? httpsRequest : httpRequest, options, method, path, body, type);
    const answer = parse(text);
    if (status < 400) return answer as T;
    const { code, message } = (answer as { error?: { code?: string; message?: string } })?.error ?? {};
    throw new CliError(code ?? 'service-error', message ?? `The service at ${url} answered ${status}.`);
  };
  return {
    url,
    get: (path) => call('GET', path),
    send: (method, path, body) => call(method, path, JSON.stringify(body ?? {})),
    post: (path, file, type) => call('POST', path, file, type),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function exchange(
  request: typeof httpRequest,
  options: RequestOptions,
  method: string,
  path: string,
  payload: string | undefined,
  type: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...options,
        method,
        path: `/api/v1${path}`,
        headers: {
          ...options.headers,
          ...(payload === undefined
            ? {}
            : { 'content-type': type, 'content-length': String(Buffer.byteLength(payload)) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
