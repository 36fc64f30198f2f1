/**
 * Calls over DCE/RPC, with NTLMv2 at packet-privacy level: every fragment is signed together with its header and
 * encrypted (MS-RPCE s.3.3.1.5.2, s.2.2.2.11). Calls run one after the other, because the key stream is one.
 */
import { timingSafeEqual } from 'node:crypto';
import { type NtlmIdentity, startNtlm } from '../../../model/crypto/ntlm.ts';
import { NtlmMessageError } from '../../../model/crypto/ntlm-messages.ts';
import { type NtlmSession, NtlmSignatureError } from '../../../model/crypto/ntlm-session.ts';
import { protocolError, ReplicationError } from './errors.ts';
import { NdrError } from './ndr.ts';
import type { Fragment } from './rpc-framing.ts';
import {
  type AuthTrailer,
  bindBody,
  bindNakReason,
  encodePdu,
  faultStatus,
  headerSize,
  maxFragment,
  parseBindAck,
  pduFlags,
  pduType,
  type RpcInterface,
  requestHead,
  responseHeadSize,
  trailerSize,
} from './rpc-pdu.ts';
import { Transport, type TransportOptions } from './transport.ts';

const ntlmTrailer: AuthTrailer = { type: 10, level: 6, contextId: 0 };
const signatureSize = 16;
/** An answer larger than this is refused: a reply is asked for with at most 4 MiB. */
const maxAnswer = 64 * 1024 * 1024;

export class RpcConnection {
  readonly endpoint: string;
  readonly #transport: Transport;
  #session: NtlmSession | undefined;
  #identity: NtlmIdentity | undefined;
  #serverTime: bigint | undefined;
  #maxRequest = maxFragment;
  #callId = 1;
  #calls = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(transport: Transport) {
    this.#transport = transport;
    this.endpoint = transport.endpoint;
  }

  /** Connects and binds to the interface: signed and sealed if there is an identity, otherwise anonymously. */
  static async open(
    options: TransportOptions,
    rpcInterface: RpcInterface,
    identity?: NtlmIdentity,
  ): Promise<RpcConnection> {
    const connection = new RpcConnection(await Transport.connect(options));
    try {
      await (identity ? connection.#bindSealed(rpcInterface, identity) : connection.#bind(rpcInterface));
      return connection;
    } catch (error) {
      connection.close();
      throw connection.#inWords(error);
    }
  }

  /** The session key that secrets are encrypted with (MS-DRSR s.4.1.10.5). Throws on an anonymous connection. */
  get sessionKey(): Buffer {
    if (!this.#session) throw new TypeError('an anonymous connection has no session key');
    return this.#session.sessionKey;
  }
  /** FILETIME of the server's clock at the bind, if it sent it. */
  get serverTime(): bigint | undefined {
    return this.#serverTime;
  }

  /** The parameters of the answer, which the caller wipes if they hold secrets. */
  call(operation: number, parameters: Buffer): Promise<Buffer> {
    const call = this.#queue.then(() => this.#call(operation, parameters));
    this.#queue = call.then(
      () => undefined,
      () => undefined,
    );
    return call;
  }

  close(): void {
    this.#transport.close();
    this.#session?.wipe();
  }

  async #bind(rpcInterface: RpcInterface): Promise<void> {
    const { pdu } = encodePdu(pduType.bind, pduFlags.first | pduFlags.last, this.#callId, bindBody(rpcInterface));
    const ack = await this.#exchangeBind(pdu);
    this.#maxRequest = Math.min(ack.maxReceive, maxFragment);
  }

  async #bindSealed(rpcInterface: RpcInterface, identity: NtlmIdentity): Promise<void> {
    const exchange = startNtlm(identity);
    this.#identity = { ...identity, password: '' };
    try {
      const flags = pduFlags.first | pduFlags.last | pduFlags.supportHeaderSigning;
      const ack = await this.#exchangeBind(
        this.#withToken(pduType.bind, flags, bindBody(rpcInterface), exchange.negotiate),
      );
      if (!ack.headerSigning) throw new NdrError('the server does not sign the headers of its fragments.');
      this.#maxRequest = Math.min(ack.maxReceive, maxFragment);
      const { token, session, serverTime } = exchange.authenticate(ack.token);
      this.#session = session;
      this.#serverTime = serverTime;
      this.#transport.send(this.#withToken(pduType.auth3, pduFlags.first | pduFlags.last, Buffer.alloc(4), token));
    } finally {
      exchange.wipe();
    }
  }

  #withToken(type: number, flags: number, body: Buffer, token: Buffer): Buffer {
    const padding = -body.length & 3;
    const auth = { ...ntlmTrailer, tokenSize: token.length, padding };
    const { pdu, trailerAt } = encodePdu(type, flags, this.#callId, body, auth);
    pdu.set(token, trailerAt + trailerSize);
    return pdu;
  }

  async #exchangeBind(pdu: Buffer): Promise<ReturnType<typeof parseBindAck>> {
    let answer: Fragment | undefined;
    this.#transport.send(pdu);
    await this.#transport.receive((fragment) => {
      answer = fragment;
      return true;
    });
    const { header, pdu: ack } = answer!;
    if (header.type === pduType.bindNak) throw this.#refused(bindNakReason(ack));
    if (header.type === pduType.fault) throw this.#refused(`fault ${hex(faultStatus(ack.subarray(headerSize)))}`);
    if (header.type !== pduType.bindAck || header.callId !== this.#callId) {
      throw new NdrError(`a message of type ${header.type} answers the bind.`);
    }
    return parseBindAck(ack, header);
  }

  async #call(operation: number, parameters: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    try {
      const callId = ++this.#callId;
      let size = 0;
      this.#sendRequest(callId, operation, parameters);
      await this.#transport.receive((fragment) => {
        const part = this.#open(fragment, callId, parts.length === 0);
        size += part.length;
        if (size > maxAnswer) throw new NdrError('the answer is larger than 64 MiB.');
        parts.push(part);
        return (fragment.header.flags & pduFlags.last) !== 0;
      });
      this.#calls++;
      return Buffer.concat(parts, size);
    } catch (error) {
      this.close();
      throw this.#inWords(error);
    } finally {
      for (const part of parts) part.fill(0);
    }
  }

  #sendRequest(callId: number, operation: number, parameters: Buffer): void {
    const overhead = headerSize + responseHeadSize + trailerSize + signatureSize;
    const room = (this.#maxRequest - overhead) & ~15;
    for (let at = 0; at === 0 || at < parameters.length; at += room) {
      const part = parameters.subarray(at, at + room);
      const flags = (at === 0 ? pduFlags.first : 0) | (at + room >= parameters.length ? pduFlags.last : 0);
      const body = Buffer.concat([requestHead(operation, parameters.length - at), part]);
      this.#transport.send(this.#sealed(callId, flags, body));
    }
  }

  #sealed(callId: number, flags: number, body: Buffer): Buffer {
    if (!this.#session) return encodePdu(pduType.request, flags, callId, body).pdu;
    const padding = -(body.length - responseHeadSize) & 15;
    const auth = { ...ntlmTrailer, tokenSize: signatureSize, padding };
    const { pdu, trailerAt } = encodePdu(pduType.request, flags, callId, body, auth);
    const signature = this.#session.seal(
      pdu.subarray(0, trailerAt + trailerSize),
      headerSize + responseHeadSize,
      trailerAt,
    );
    pdu.set(signature, trailerAt + trailerSize);
    return pdu;
  }

  /** The parameters in one fragment of an answer, decrypted and verified. */
  #open({ header, pdu }: Fragment, callId: number, first: boolean): Buffer {
    if (header.callId !== callId) throw new NdrError(`it answers call ${header.callId} instead of ${callId}.`);
    if (header.type === pduType.fault) throw this.#fault(faultStatus(pdu.subarray(headerSize)));
    if (header.type !== pduType.response) throw new NdrError(`a message of type ${header.type} answers a call.`);
    if (((header.flags & pduFlags.first) !== 0) !== first) throw new NdrError('fragments are missing or repeated.');
    const start = headerSize + responseHeadSize;
    if (!this.#session) {
      if (header.authSize !== 0 || header.size < start) throw new NdrError('an anonymous answer is malformed.');
      return pdu.subarray(start);
    }
    const trailerAt = header.size - header.authSize - trailerSize;
    if (header.authSize !== signatureSize || trailerAt < start) throw new NdrError('an answer is not signed.');
    checkTrailer(pdu.subarray(trailerAt, trailerAt + trailerSize));
    const signed = pdu.subarray(0, trailerAt + trailerSize);
    this.#session.unseal(signed, pdu.subarray(trailerAt + trailerSize), start, trailerAt);
    const padding = pdu[trailerAt + 2]!;
    if (padding > trailerAt - start) throw new NdrError('the padding is longer than the fragment.');
    return pdu.subarray(start, trailerAt - padding);
  }

  #fault(status: number): ReplicationError {
    // The last message of NTLM has no answer of its own: a refused sign-in shows as a fault of the first call.
    if (this.#session && this.#calls === 0) return this.#refused(`fault ${hex(status)}`);
    return new ReplicationError('dc-status', `${this.endpoint} refused a call with fault ${hex(status)}.`, {
      endpoint: this.endpoint,
      status32: status,
      retry: 'reconnect',
      remedy: 'It is tried again; if it stays, look at the event logs of the domain controller.',
    });
  }

  #refused(detail: string): ReplicationError {
    const who = this.#identity ? accountName(this.#identity) : 'an anonymous caller';
    return new ReplicationError('ad-bind-failed', `${this.endpoint} refused the sign-in of ${who} (${detail}).`, {
      endpoint: this.endpoint,
      retry: 'later',
      remedy:
        'Check the password of the account, whether it is locked, expired or disabled, may log on over the network, and whether NTLM is allowed for it (Protected Users may not use it).',
    });
  }

  #inWords(error: unknown): unknown {
    if (error instanceof NdrError) return protocolError(this.endpoint, error.message, error);
    if (error instanceof NtlmSignatureError) return protocolError(this.endpoint, error.message, error);
    if (error instanceof NtlmMessageError) return this.#refused(error.message);
    return error;
  }
}

const hex = (status: number): string => `0x${status.toString(16)}`;

/** The account as an administrator writes it: `DOMAIN\user`, or the user principal name. */
export const accountName = (identity: NtlmIdentity): string =>
  identity.domain === '' ? identity.user : `${identity.domain}\\${identity.user}`;

function checkTrailer(trailer: Buffer): void {
  const expected = Buffer.from([ntlmTrailer.type, ntlmTrailer.level, trailer[2]!, trailer[3]!, 0, 0, 0, 0]);
  if (!timingSafeEqual(expected, trailer)) throw new NdrError('an answer has another security context.');
}
