/** A domain controller that says what a test tells it to, on a port of its own. Speaks DCE/RPC and NTLMv2. */
import { createHmac } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { NdrWriter } from '../../src/connectors/active-directory/replication/ndr.ts';
import { FragmentReader } from '../../src/connectors/active-directory/replication/rpc-framing.ts';
import { encodePdu, pduFlags, pduType } from '../../src/connectors/active-directory/replication/rpc-pdu.ts';
import { ntHash } from '../../src/model/crypto/md4.ts';
import { responseKey } from '../../src/model/crypto/ntlm.ts';
import { clientFlags, encodeAvPairs } from '../../src/model/crypto/ntlm-messages.ts';
import { NtlmSession } from '../../src/model/crypto/ntlm-session.ts';
import { rc4 } from '../../src/model/crypto/rc4.ts';

export interface Call {
  readonly operation: number;
  readonly parameters: Buffer;
  readonly sessionKey: Buffer;
}
/** Parameters to answer with, the status of a fault, or nothing at all: the connection is cut. */
export type Answer = Buffer | { readonly fault: number } | 'cut' | 'silence';

export interface Script {
  readonly password?: string;
  readonly answer: (call: Call) => Answer;
  /** Changes a sealed fragment on its way out; `index` counts the fragments of the connection. May return several. */
  readonly onTheWire?: (fragment: Buffer, index: number) => readonly Buffer[];
  /** Changes the answer to the bind. */
  readonly onBind?: (ack: Buffer) => Buffer;
  /** FILETIME that the challenge tells. */
  readonly clock?: bigint;
  /** Largest fragment it sends. */
  readonly fragment?: number;
}
export interface ScriptedDc extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
}

const challenge = Buffer.from('0123456789abcdef', 'hex');

export async function startScriptedDc(script: Script): Promise<ScriptedDc> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    new Conversation(socket, script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Conversation {
  readonly #socket: Socket;
  readonly #script: Script;
  readonly #framing = new FragmentReader();
  #session: NtlmSession | undefined;
  #refused = false;
  #parts: Buffer[] = [];
  #sent = 0;

  constructor(socket: Socket, script: Script) {
    this.#socket = socket;
    this.#script = script;
    socket.on('data', (chunk: Buffer) => {
      for (const { header, pdu } of this.#framing.push(chunk)) this.#take(header, pdu);
    });
  }

  #take(header: { type: number; flags: number; authSize: number; callId: number; size: number }, pdu: Buffer): void {
    const token = pdu.subarray(header.size - header.authSize);
    if (header.type === pduType.bind) this.#bind(header.callId, header.authSize > 0);
    else if (header.type === pduType.auth3) this.#authenticate(token);
    else if (header.type === pduType.request) this.#request(header, pdu);
  }

  #bind(callId: number, sealed: boolean): void {
    const body = new NdrWriter().u16(5840).u16(5840).u32(1).u16(4).bytes(Buffer.from('135\0')).align(4).u32(1);
    body.u16(0).u16(0).bytes(Buffer.alloc(20));
    const flags = pduFlags.first | pduFlags.last | (sealed ? pduFlags.supportHeaderSigning : 0);
    const token = sealed ? this.#challenge() : Buffer.alloc(0);
    const auth = { type: 10, level: 6, contextId: 0, tokenSize: token.length, padding: 0 };
    const { pdu } = encodePdu(pduType.bindAck, flags, callId, body.finish(), sealed ? auth : undefined);
    pdu.set(token, pdu.length - token.length);
    this.#socket.write(this.#script.onBind?.(pdu) ?? pdu);
  }

  #challenge(): Buffer {
    const time = Buffer.alloc(8);
    time.writeBigUInt64LE(this.#script.clock ?? (BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n);
    const info = encodeAvPairs([
      { id: 2, value: Buffer.from('CORP', 'utf16le') },
      { id: 7, value: time },
    ]);
    const message = Buffer.alloc(56 + info.length);
    message.write('NTLMSSP\0', 'latin1');
    message.writeUInt32LE(2, 8);
    message.writeUInt32LE(clientFlags, 20);
    message.set(challenge, 24);
    message.writeUInt16LE(info.length, 40);
    message.writeUInt32LE(56, 44);
    message.set(info, 56);
    return message;
  }

  #authenticate(token: Buffer): void {
    const field = (at: number): Buffer =>
      token.subarray(token.readUInt32LE(at + 4), token.readUInt32LE(at + 4) + token.readUInt16LE(at));
    const user = field(36).toString('utf16le');
    const key = responseKey(ntHash(this.#script.password ?? 'secret'), user, field(28).toString('utf16le'));
    const response = field(20);
    const proof = createHmac('md5', key).update(challenge).update(response.subarray(16)).digest();
    this.#refused = !proof.equals(response.subarray(0, 16));
    this.#session = new NtlmSession(rc4(createHmac('md5', key).update(proof).digest(), field(52)), 'server');
  }

  #request(header: { flags: number; authSize: number; callId: number; size: number }, pdu: Buffer): void {
    if (this.#refused) {
      this.#fault(header.callId, 0x1c01000b);
      return;
    }
    let end = header.size;
    if (this.#session) {
      const trailerAt = header.size - header.authSize - 8;
      this.#session.unseal(pdu.subarray(0, trailerAt + 8), pdu.subarray(trailerAt + 8), 24, trailerAt);
      end = trailerAt - pdu[trailerAt + 2]!;
    }
    this.#parts.push(pdu.subarray(24, end));
    if ((header.flags & pduFlags.last) === 0) return;
    const parameters = Buffer.concat(this.#parts);
    this.#parts = [];
    const sessionKey = this.#session?.sessionKey ?? Buffer.alloc(16);
    const answer = this.#script.answer({ operation: pdu.readUInt16LE(22), parameters, sessionKey });
    if (answer === 'cut') this.#socket.destroy();
    else if (Buffer.isBuffer(answer)) this.#respond(header.callId, answer);
    else if (answer !== 'silence') this.#fault(header.callId, answer.fault);
  }

  #fault(callId: number, status: number): void {
    const body = new NdrWriter().u32(0).u32(0).u32(status).u32(0).finish();
    this.#socket.write(encodePdu(pduType.fault, 3, callId, body).pdu);
  }

  #respond(callId: number, parameters: Buffer): void {
    const room = this.#script.fragment ?? 5000;
    for (let at = 0; at === 0 || at < parameters.length; at += room) {
      const flags = (at === 0 ? pduFlags.first : 0) | (at + room >= parameters.length ? pduFlags.last : 0);
      const fragment = this.#sealed(callId, flags, parameters.subarray(at, at + room));
      const index = this.#sent++;
      for (const piece of this.#script.onTheWire?.(fragment, index) ?? [fragment]) this.#socket.write(piece);
    }
  }

  #sealed(callId: number, flags: number, part: Buffer): Buffer {
    const body = Buffer.concat([Buffer.alloc(8), part]);
    if (!this.#session) return encodePdu(pduType.response, flags, callId, body).pdu;
    const padding = -part.length & 15;
    const auth = { type: 10, level: 6, contextId: 0, tokenSize: 16, padding };
    const { pdu, trailerAt } = encodePdu(pduType.response, flags, callId, body, auth);
    pdu.set(this.#session.seal(pdu.subarray(0, trailerAt + 8), 24, trailerAt), trailerAt + 8);
    return pdu;
  }
}

/** Answer of DRSBind that announces everything that is needed. */
export function bindAnswer(
  options: { readonly epoch?: number; readonly flags?: number; readonly status?: number } = {},
): Buffer {
  const w = new NdrWriter()
    .pointer(true)
    .u32(28)
    .u32(28)
    .u32(options.flags ?? 0x2fffff6f);
  w.bytes(Buffer.alloc(16))
    .u32(0)
    .u32(options.epoch ?? 0);
  return w
    .bytes(Buffer.alloc(20, 9))
    .u32(options.status ?? 0)
    .finish();
}
