/** The endpoint mapper on TCP 135 (C706 appendix O, MS-RPCE s.2.2.1.2): on which port an interface listens. */
import { guidBytes } from '../../../model/guid.ts';
import { protocolError, ReplicationError } from './errors.ts';
import { NdrError, NdrReader, NdrWriter } from './ndr.ts';
import { RpcConnection } from './rpc-connection.ts';
import { ndrSyntax, type RpcInterface } from './rpc-pdu.ts';
import type { TransportOptions } from './transport.ts';

const mapper: RpcInterface = { uuid: 'e1af8308-5d1f-11c9-91a4-08002b14a0fa', major: 3, minor: 0 };
const mapOperation = 3;
const maxTowers = 4;
/** `ept_s_not_registered`. */
const notRegistered = 0x16c9a0d6;

function floor(left: Buffer, right: Buffer): Buffer {
  const out = new NdrWriter().bytes(u16(left.length)).bytes(left).bytes(u16(right.length)).bytes(right);
  return out.finish();
}
const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);

/** A tower of five floors: interface, NDR, connection-oriented RPC, TCP, IP (C706 appendix L). */
function tower(rpcInterface: RpcInterface): Buffer {
  const syntax = (i: RpcInterface): Buffer =>
    floor(Buffer.concat([Buffer.from([0x0d]), guidBytes(i.uuid)!, u16(i.major)]), u16(i.minor));
  return Buffer.concat([
    u16(5),
    syntax(rpcInterface),
    syntax(ndrSyntax),
    floor(Buffer.from([0x0b]), u16(0)),
    floor(Buffer.from([0x07]), u16(135)),
    floor(Buffer.from([0x09]), Buffer.alloc(4)),
  ]);
}

/** Parameters of `ept_map`. */
export function mapRequest(rpcInterface: RpcInterface): Buffer {
  const bytes = tower(rpcInterface);
  const writer = new NdrWriter().pointer(true).bytes(Buffer.alloc(16));
  writer.pointer(true).u32(bytes.length).u32(bytes.length).bytes(bytes).align(4);
  return writer.bytes(Buffer.alloc(20)).u32(maxTowers).finish();
}

/** The TCP port in the answer of `ept_map`; undefined if the interface is not registered. */
export function parseMapAnswer(answer: Buffer): number | undefined {
  const reader = new NdrReader(answer);
  reader.bytes(20, 'the entry handle');
  const towers = reader.count('the number of towers', 4);
  if (towers > maxTowers) throw new NdrError(`there are ${towers} towers instead of at most ${maxTowers}.`);
  reader.u32('the room for towers');
  if (reader.u32('the offset of the towers') !== 0) throw new NdrError('the array of towers has an offset.');
  reader.conformance(towers, 'the array of towers');
  let present = 0;
  for (let i = 0; i < towers; i++) if (reader.pointer('a tower')) present++;
  for (let i = 0; i < present; i++) {
    const size = reader.count('a tower', 1);
    reader.conformance(size, 'a tower');
    const port = tcpPort(reader.bytes(size, 'a tower'));
    if (port !== undefined) return port;
    reader.align(4);
  }
  const status = reader.u32('the status');
  if (status !== 0 && status !== notRegistered) throw new NdrError(`the endpoint mapper failed with ${status}.`);
  return undefined;
}

function tcpPort(bytes: Buffer): number | undefined {
  const limit = new NdrReader(bytes);
  const read = (what: string): Buffer => {
    const length = limit.bytes(2, what).readUInt16LE();
    return limit.bytes(length, what);
  };
  const floors = limit.bytes(2, 'the number of floors').readUInt16LE();
  for (let i = 0; i < floors; i++) {
    const left = read('a floor');
    const right = read('a floor');
    if (left[0] === 0x07 && right.length === 2) return right.readUInt16BE() || undefined;
  }
  return undefined;
}

/** The port on which the interface listens on that host. `port` is that of the endpoint mapper, normally 135. */
export async function findPort(options: TransportOptions, rpcInterface: RpcInterface): Promise<number> {
  const connection = await RpcConnection.open(options, mapper);
  try {
    const port = parseMapAnswer(await connection.call(mapOperation, mapRequest(rpcInterface)));
    if (port !== undefined) return port;
  } catch (error) {
    throw error instanceof NdrError ? protocolError(connection.endpoint, error.message, error) : error;
  } finally {
    connection.close();
  }
  throw new ReplicationError('no-endpoint', `${connection.endpoint} offers no directory replication.`, {
    endpoint: connection.endpoint,
    retry: 'reconnect',
    remedy: 'Check that this host is a domain controller and that its directory service runs.',
  });
}
