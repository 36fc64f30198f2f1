/** Ways to a directory or a tenant that are broken and repaired while somebody looks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { getRequestListener } from '@hono/node-server';
import type { Tenant } from '../../../src/tenant/tenant.ts';

export interface Way extends AsyncDisposable {
  readonly port: number;
}

const opened = async (server: Server, port = 0): Promise<Way> => {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** Leads to another address, byte for byte. */
export function forward(host: string, to: number, port?: number): Promise<Way> {
  const server = createTcpServer((socket) => {
    const other = connect({ host, port: to });
    // Either end may leave at any time; the other one is told by the end of the pipe.
    socket.on('error', () => other.destroy()).on('close', () => other.destroy());
    other.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(other).pipe(socket);
  });
  return opened(server, port);
}

/** A tenant behind HTTP, or behind TLS with a certificate. `answer` may answer instead. */
export function front(
  tenant: Tenant,
  options: { port?: number; tls?: { key: string; cert: string }; answer?: () => number | undefined } = {},
): Promise<Way> {
  const whole = getRequestListener((request) => tenant.fetch(request));
  const listener: RequestListener = (request, response) => {
    const status = options.answer?.();
    if (status === undefined) return void whole(request, response);
    response.writeHead(status, { 'proxy-authenticate': 'NTLM' }).end();
  };
  const server = options.tls ? createHttpsServer({ ...options.tls }, listener) : createServer(listener);
  server.on('tlsClientError', () => undefined);
  return opened(server, options.port);
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const way = await opened(createTcpServer());
  await way[Symbol.asyncDispose]();
  return way.port;
}

// A socket that never takes a connection out of its full queue: the kernel drops what comes then, as a firewall does.
const deaf = `
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', 0))
s.listen(0)
waiting = [socket.socket() for _ in range(3)]
for w in waiting:
    w.setblocking(False)
    w.connect_ex(s.getsockname())
print(s.getsockname()[1], flush=True)
sys.stdin.read()
`;

/** A port that swallows what is sent to it. */
export async function deafPort(): Promise<Way> {
  const child: ChildProcess = spawn('/usr/bin/python3', ['-c', deaf], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return {
    port: Number(line),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
