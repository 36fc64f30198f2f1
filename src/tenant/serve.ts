import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Tenant } from './tenant.ts';

export interface ServeOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** PEM texts. Without them the tenant speaks plain HTTP, which identity libraries refuse. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}
export interface ServedTenant extends AsyncDisposable {
  /** `https://127.0.0.1:8441`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const notAllowed = JSON.stringify({
  error: { code: 'Request_BadRequest', message: 'The HTTP method is not allowed.' },
});

/** Serves the tenant until it is closed. Rejects if the port is taken. */
export async function serveTenant(tenant: Tenant, options: ServeOptions): Promise<ServedTenant> {
  const at = options.listen.lastIndexOf(':');
  const host = options.listen.slice(0, at).replace(/^\[|\]$/g, '');
  const answer = getRequestListener((request) => tenant.fetch(request));
  const listener: RequestListener = (request, response) => {
    // A Request object cannot be made of others, TRACE for example.
    if (methods.has(request.method ?? '')) answer(request, response);
    else response.writeHead(405, { 'content-type': 'application/json' }).end(notAllowed);
  };
  const server: Server = options.tls
    ? (createHttps({ cert: options.tls.certificate, key: options.tls.key }, listener) as unknown as Server)
    : createHttp(listener);
  server.requestTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(options.listen.slice(at + 1)), host, resolve);
  });
  const timer = setInterval(() => tenant.maintain(), 60_000);
  timer.unref();
  const { port, address, family } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  const close = () =>
    new Promise<void>((resolve, reject) => {
      clearInterval(timer);
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeAllConnections();
    });
  return { url: `${options.tls ? 'https' : 'http'}://${name}:${port}`, close, [Symbol.asyncDispose]: close };
}
