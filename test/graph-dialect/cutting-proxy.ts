/** A proxy before a tenant that cuts the connection: before the tenant heard, after it committed, or in the middle of its answer. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Tenant } from '../../src/tenant/tenant.ts';

export const cuts = ['before', 'after', 'midway'] as const;
export type Cut = (typeof cuts)[number];

export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Requests that the tenant carried out, as `POST /v1.0/$batch` and the body below. */
  readonly passed: string[];
  /** Cuts the next request whose text (method, path, body) the expression matches. */
  cutNext(what: RegExp, how: Cut): void;
  /** Whether the cut that was asked for has happened. */
  hasCut(): boolean;
}

export async function cuttingProxy(tenant: () => Tenant): Promise<CuttingProxy> {
  let next: { readonly what: RegExp; readonly how: Cut } | undefined;
  const passed: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    const text = `${request.method} ${request.url}\n${body}`;
    const cut = next?.what.test(text) ? next.how : undefined;
    if (cut) next = undefined;
    if (cut === 'before') {
      request.socket.destroy();
      return;
    }
    const init = { method: request.method ?? 'GET', headers: headersOf(request), ...(body === '' ? {} : { body }) };
    const answer = await tenant().fetch(new Request(`${url}${request.url}`, init));
    passed.push(text);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (cut === 'after') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, {
      ...Object.fromEntries(answer.headers),
      'content-length': String(bytes.length),
    });
    if (cut === 'midway') response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
    else response.end(bytes);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    passed,
    cutNext: (what, how) => {
      next = { what, how };
    },
    hasCut: () => next === undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const headersOf = (request: IncomingMessage): [string, string][] =>
  Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' && !['connection', 'host', 'content-length'].includes(name) ? [[name, value]] : [],
  );
