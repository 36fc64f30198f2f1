/** The service's HTTP server. */
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type LoadedConfiguration, pathOf } from './configuration/configuration.ts';
import { Refusal } from './refusal.ts';

export interface ListeningServer {
  /** With the port that was taken, without a slash at the end. */
  readonly url: string;
  /** Stops listening; answers under way get `graceMs` (default 2 s) to end. */
  close(graceMs?: number): Promise<void>;
}

/** Milliseconds in which the head, and the whole, of a request has to arrive. */
const headersMs = 15_000;
const requestMs = 120_000;
const mostConnections = 1000;

/** Listens where the configuration says. Throws a Refusal if the address is taken or a certificate cannot be read. */
export async function listen(
  config: LoadedConfiguration,
  fetch: (request: Request, env: Record<string, unknown>) => Response | Promise<Response>,
): Promise<ListeningServer> {
  const { listen: address, tls } = config.settings.service;
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at);
  const listener = getRequestListener((request, env) => fetch(request, env as unknown as Record<string, unknown>), {
    overrideGlobalObjects: false,
  });
  const server: Server = tls
    ? (createHttps({ cert: read(config, tls.certificate), key: read(config, tls.key) }, listener) as unknown as Server)
    : createHttp(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(inWords(error, address)));
    server.listen(Number(address.slice(at + 1)), host.replace(/^\[|\]$/g, ''), resolve);
  });
  // Whoever sends slowly does not hold a connection for long; answers that last, as events do, are not concerned.
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  server.maxConnections = mostConnections;
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    close: (graceMs = 2000) =>
      new Promise<void>((resolve) => {
        const force = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function read(config: LoadedConfiguration, path: string): string {
  try {
    return readFileSync(pathOf(config, path), 'utf8');
  } catch (error) {
    throw new Refusal(
      'unavailable',
      `The file ${pathOf(config, path)} for the TLS of the service cannot be read (${(error as NodeJS.ErrnoException).code ?? error}).`,
    );
  }
}

function inWords(error: NodeJS.ErrnoException, address: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new Refusal(
      'unavailable',
      `The address ${address} is taken: another program listens there. Stop it, or change "service.listen".`,
      { code: 'address-taken' },
    );
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new Refusal(
      'unavailable',
      `The service cannot listen on ${address} (${error.code}). Change "service.listen".`,
      { code: 'address-not-usable' },
    );
  }
  return error;
}
