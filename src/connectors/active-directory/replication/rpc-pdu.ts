/** The messages of connection-oriented DCE/RPC (C706 chapter 12, MS-RPCE s.2.2.2), without any I/O. */
import { guidBytes } from '../../../model/guid.ts';
import { NdrError, NdrReader, NdrWriter } from './ndr.ts';

export const pduType = { request: 0, response: 2, fault: 3, bind: 11, bindAck: 12, bindNak: 13, auth3: 16 } as const;
/** `supportHeaderSigning` is the meaning of 4 in a bind (MS-RPCE s.2.2.2.3). */
export const pduFlags = { first: 1, last: 2, supportHeaderSigning: 4 } as const;
export const headerSize = 16;
/** Security trailer in front of the authentication token (MS-RPCE s.2.2.2.11). */
export const trailerSize = 8;
/** Largest fragment offered; what Windows uses over TCP. */
export const maxFragment = 5840;

export interface RpcInterface {
  readonly uuid: string;
  readonly major: number;
  readonly minor: number;
}
/** NDR 2.0 (C706 appendix I). */
export const ndrSyntax: RpcInterface = { uuid: '8a885d04-1ceb-11c9-9fe8-08002b104860', major: 2, minor: 0 };

export interface PduHeader {
  readonly type: number;
  readonly flags: number;
  /** Bytes of the whole fragment, header included. */
  readonly size: number;
  readonly authSize: number;
  readonly callId: number;
}

/** The 16-byte common header (C706 s.12.6.3.1); refuses other versions, byte orders and impossible lengths. */
export function parseHeader(data: Buffer): PduHeader {
  if (data.length < headerSize) throw new NdrError('a fragment header is truncated.');
  if (data[0] !== 5 || data[1]! > 1) throw new NdrError('it does not speak DCE/RPC version 5.');
  if (data[4] !== 0x10) throw new NdrError('it uses a data representation other than little-endian.');
  const size = data.readUInt16LE(8);
  const authSize = data.readUInt16LE(10);
  if (size < headerSize) throw new NdrError(`a fragment of ${size} bytes is shorter than its header.`);
  if (authSize > 0 && headerSize + trailerSize + authSize > size) {
    throw new NdrError('the authentication token is longer than the fragment.');
  }
  return { type: data[2]!, flags: data[3]!, size, authSize, callId: data.readUInt32LE(12) };
}

export interface AuthTrailer {
  /** 10 is NTLM (MS-RPCE s.2.2.1.1.7). */
  readonly type: number;
  /** 6 is packet privacy: signed and encrypted (MS-RPCE s.2.2.1.1.8). */
  readonly level: number;
  readonly contextId: number;
}

/** One fragment. `body` follows the header; a token adds `padding`, the security trailer and room for the token. */
export function encodePdu(
  type: number,
  flags: number,
  callId: number,
  body: Buffer,
  auth?: AuthTrailer & { readonly tokenSize: number; readonly padding: number },
): { pdu: Buffer; trailerAt: number } {
  const trailerAt = headerSize + body.length + (auth?.padding ?? 0);
  const pdu = Buffer.alloc(auth ? trailerAt + trailerSize + auth.tokenSize : trailerAt);
  pdu[0] = 5;
  pdu[2] = type;
  pdu[3] = flags;
  pdu[4] = 0x10;
  pdu.writeUInt16LE(pdu.length, 8);
  pdu.writeUInt16LE(auth?.tokenSize ?? 0, 10);
  pdu.writeUInt32LE(callId, 12);
  pdu.set(body, headerSize);
  if (auth) {
    pdu[trailerAt] = auth.type;
    pdu[trailerAt + 1] = auth.level;
    pdu[trailerAt + 2] = auth.padding;
    pdu.writeUInt32LE(auth.contextId, trailerAt + 4);
  }
  return { pdu, trailerAt };
}

const syntaxId = (writer: NdrWriter, i: RpcInterface): NdrWriter =>
  writer.bytes(guidBytes(i.uuid)!).u32(((i.minor << 16) | i.major) >>> 0);

/** Body of a bind with one presentation context (C706 s.12.6.4.3). */
export function bindBody(abstract: RpcInterface): Buffer {
  const writer = new NdrWriter().u16(maxFragment).u16(maxFragment).u32(0).u32(1).u16(0).u16(1);
  return syntaxId(syntaxId(writer, abstract), ndrSyntax).finish();
}

export interface BindAck {
  /** What the server sends at most, and takes at most, in one fragment. */
  readonly maxTransmit: number;
  readonly maxReceive: number;
  readonly headerSigning: boolean;
  readonly token: Buffer;
}

/** A bind_ack (C706 s.12.6.4.4); throws if the server did not accept the one presentation context. */
export function parseBindAck(pdu: Buffer, header: PduHeader): BindAck {
  const end = pdu.length - (header.authSize > 0 ? header.authSize + trailerSize : 0);
  const reader = new NdrReader(pdu.subarray(0, end), headerSize);
  const maxTransmit = reader.u16('the fragment size');
  const maxReceive = reader.u16('the fragment size');
  reader.u32('the association group');
  reader.bytes(reader.u16('the secondary address'), 'the secondary address');
  reader.align(4);
  const results = reader.u32('the number of results') & 0xff;
  if (results !== 1) throw new NdrError(`the bind was answered with ${results} results instead of 1.`);
  const result = reader.u16('the result');
  const reason = reader.u16('the reason');
  if (result !== 0) throw new NdrError(`the server does not offer the interface (result ${result}, reason ${reason}).`);
  if (maxTransmit < 1024 || maxReceive < 1024) throw new NdrError('the server offers fragments that are too small.');
  return {
    maxTransmit,
    maxReceive,
    headerSigning: (header.flags & pduFlags.supportHeaderSigning) !== 0,
    token: Buffer.from(pdu.subarray(pdu.length - header.authSize)),
  };
}

/** The reason of a bind_nak (C706 s.12.6.4.5) in words. */
export function bindNakReason(pdu: Buffer): string {
  const reason = pdu.length >= headerSize + 2 ? pdu.readUInt16LE(headerSize) : -1;
  const known: Record<number, string> = {
    1: 'temporary congestion',
    2: 'a local limit is exceeded',
    4: 'the protocol version is not supported',
    8: 'the authentication type is not recognized: NTLM may be switched off',
    9: 'the authentication was refused',
  };
  return known[reason] ?? `reason ${reason}`;
}

/** Body of a request before its parameters (C706 s.12.6.4.9). */
export function requestHead(operation: number, hint: number): Buffer {
  return new NdrWriter().u32(hint).u16(0).u16(operation).finish();
}

/** Bytes of a response or fault between the common header and the parameters or the status. */
export const responseHeadSize = 8;
/** The status of a fault (C706 s.12.6.4.7). */
export function faultStatus(body: Buffer): number {
  if (body.length < 12) throw new NdrError('a fault is truncated.');
  return body.readUInt32LE(8);
}
