/** Loopback addresses, one for each domain controller, shared out among all test processes of this machine. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Whoever listens on this port of an address owns it; the system gives it back when the owner dies. */
const CLAIM_PORT = 48_389;

export interface LoopbackAddress {
  readonly address: string;
  release(): Promise<void>;
}

/** An address 127.0.0.2 … 127.0.0.254 that nobody else uses; Error if there is none. */
export async function claimLoopbackAddress(): Promise<LoopbackAddress> {
  const first = process.pid % 200;
  for (let i = 0; i < 253; i++) {
    const address = `127.0.0.${2 + ((first + i) % 253)}`;
    const claim = createServer((socket) => socket.destroy());
    claim.unref();
    const claimed = await new Promise<boolean>((resolve) => {
      claim.once('error', () => resolve(false));
      claim.listen({ host: address, port: CLAIM_PORT, exclusive: true }, () => resolve(true));
    });
    if (!claimed) continue;
    // A server whose owner was just killed may need a moment longer than the claim.
    if ((await answers(address, 389)) || (await answers(address, 135))) {
      claim.close();
      continue;
    }
    return {
      address,
      release: async () => {
        claim.close();
        await once(claim, 'close');
      },
    };
  }
  throw new Error('There is no free loopback address 127.0.0.x: are old test servers still running?');
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}
