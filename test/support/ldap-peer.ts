/** A scripted LDAP server on a loopback port, for what real servers do rarely or never. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BerReader } from '../../src/ldap/ber-reader.ts';
import { BerWriter } from '../../src/ldap/ber-writer.ts';
import { FrameReader } from '../../src/ldap/frames.ts';
import { encodeMessage } from '../../src/ldap/requests.ts';
import type { LdapControl } from '../../src/ldap/types.ts';

export interface PeerRequest {
  readonly id: number;
  readonly operation: 'bind' | 'unbind' | 'search' | 'modify' | 'add' | 'delete' | 'rename' | 'abandon' | 'extended';
  /** Of a search; empty otherwise. */
  readonly base: string;
  readonly attributes: readonly string[];
  readonly controls: readonly LdapControl[];
  /** The id that an abandon is about; 0 otherwise. */
  readonly abandons: number;
  /** 1 for the first request of the whole peer. */
  readonly count: number;
}

export interface PeerReply {
  entry(dn: string, attributes?: Readonly<Record<string, readonly (string | Buffer)[]>>): void;
  reference(...uris: string[]): void;
  /** The last word on the request, with the tag that belongs to it unless another is given. */
  result(
    code?: number,
    options?: { message?: string; tag?: number; referrals?: readonly string[]; controls?: readonly LdapControl[] },
  ): void;
  /** Notice of disconnection. */
  notice(code: number, message: string): void;
  raw(bytes: Buffer | string): void;
  /** RST. */
  reset(): void;
  /** FIN. */
  end(): void;
  /** Bytes that the client has not taken yet. */
  readonly pendingBytes: number;
}

export interface LdapPeer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly PeerRequest[];
  /** Waits until that many requests have come. */
  received(count: number): Promise<void>;
}

const OPERATIONS: Readonly<Record<number, PeerRequest['operation']>> = {
  96: 'bind',
  66: 'unbind',
  99: 'search',
  102: 'modify',
  104: 'add',
  74: 'delete',
  108: 'rename',
  80: 'abandon',
  119: 'extended',
};
const RESPONSE_TAGS: Partial<Record<PeerRequest['operation'], number>> = {
  bind: 0x61,
  search: 0x65,
  modify: 0x67,
  add: 0x69,
  delete: 0x6b,
  rename: 0x6d,
  extended: 0x78,
};

/** Starts a peer that calls `script` for every request. */
export async function startLdapPeer(script: (request: PeerRequest, reply: PeerReply) => void): Promise<LdapPeer> {
  const requests: PeerRequest[] = [];
  const sockets = new Set<Socket>();
  let wake = (): void => undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    // The client may hang up on us at any time: that is what the tests are about.
    socket.on('error', () => undefined);
    const frames = new FrameReader();
    socket.on('data', (chunk) => {
      frames.push(chunk, (buffer, from, to) => {
        const request = readRequest(new BerReader(buffer, from, to), requests.length + 1);
        requests.push(request);
        wake();
        script(request, replyTo(request, socket));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The peer has no port.');
  return {
    url: `ldap://127.0.0.1:${address.port}`,
    requests,
    received: async (count) => {
      while (requests.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function readRequest(reader: BerReader, count: number): PeerRequest {
  reader.enter(0x30);
  const id = reader.integer();
  const tag = reader.peek();
  const operation = OPERATIONS[tag];
  if (operation === undefined) throw new Error(`The peer got the unknown operation 0x${tag.toString(16)}.`);
  let base = '';
  let abandons = 0;
  const attributes: string[] = [];
  if (operation === 'abandon') abandons = reader.integer(tag);
  else if (operation === 'search') {
    const outer = reader.enter(tag);
    base = reader.text();
    for (let i = 0; i < 6; i++) reader.skip();
    const list = reader.enter(0x30);
    while (reader.peek() >= 0) attributes.push(reader.text());
    reader.leave(list);
    reader.leave(outer);
  } else reader.skip();
  return { id, operation, base, attributes, controls: readControls(reader), abandons, count };
}

function readControls(reader: BerReader): LdapControl[] {
  const controls: LdapControl[] = [];
  if (reader.peek() !== 0xa0) return controls;
  reader.enter(0xa0);
  while (reader.peek() >= 0) {
    const outer = reader.enter(0x30);
    const oid = reader.text();
    const critical = reader.peek() === 0x01 ? reader.boolean() : false;
    const value = reader.peek() === 0x04 ? { value: Buffer.from(reader.octets()) } : {};
    controls.push({ oid, critical, ...value });
    reader.leave(outer);
  }
  return controls;
}

function replyTo(request: PeerRequest, socket: Socket): PeerReply {
  const send = (id: number, write: (w: BerWriter) => void, controls?: readonly LdapControl[]): void => {
    const writer = new BerWriter();
    write(writer);
    socket.write(encodeMessage(id, writer.bytes(), controls));
  };
  return {
    entry: (dn, attributes = {}) =>
      send(request.id, (w) => {
        const start = w.begin(0x64);
        w.octets(dn);
        const list = w.begin(0x30);
        for (const [name, values] of Object.entries(attributes)) {
          const attribute = w.begin(0x30);
          w.octets(name);
          const set = w.begin(0x31);
          for (const value of values) w.octets(value);
          w.end(set);
          w.end(attribute);
        }
        w.end(list);
        w.end(start);
      }),
    reference: (...uris) => send(request.id, (w) => writeTexts(w, 0x73, uris)),
    result: (code = 0, options = {}) =>
      send(
        request.id,
        (w) => {
          const start = w.begin(options.tag ?? RESPONSE_TAGS[request.operation] ?? 0x78);
          w.enumerated(code);
          w.octets('');
          w.octets(options.message ?? '');
          if (options.referrals) writeTexts(w, 0xa3, options.referrals);
          w.end(start);
        },
        options.controls,
      ),
    notice: (code, message) =>
      send(0, (w) => {
        const start = w.begin(0x78);
        w.enumerated(code);
        w.octets('');
        w.octets(message);
        w.octets('1.3.6.1.4.1.1466.20036', 0x8a);
        w.end(start);
      }),
    raw: (bytes) => void socket.write(bytes),
    reset: () => void socket.resetAndDestroy(),
    end: () => void socket.end(),
    get pendingBytes() {
      return socket.writableLength;
    },
  };
}

function writeTexts(writer: BerWriter, tag: number, texts: readonly string[]): void {
  const start = writer.begin(tag);
  for (const text of texts) writer.octets(text);
  writer.end(start);
}
