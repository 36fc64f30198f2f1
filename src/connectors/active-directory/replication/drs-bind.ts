/** IDL_DRSBind (MS-DRSR s.4.1.3) and the extensions both sides announce (MS-DRSR s.5.39). */
import { guidBytes } from '../../../model/guid.ts';
import { NdrReader, NdrWriter } from './ndr.ts';
import type { RpcInterface } from './rpc-pdu.ts';

export const drsuapi: RpcInterface = { uuid: 'e3514235-4b06-11d1-ab04-00c04fc2dcd2', major: 4, minor: 0 };
export const drsOperation = { bind: 0, getNcChanges: 3 } as const;

/** Identifies an ordinary client that is no domain controller (MS-DRSR chapter 5, NTDSAPI_CLIENT_GUID). */
const clientGuid = 'e24d201a-4fd6-11d1-a3da-0000f875ae0d';

const extension = {
  base: 0x00000001,
  linkedValues: 0x00000400,
  strongEncryption: 0x00008000,
  postBeta3: 0x00080000,
  requestV8: 0x01000000,
  replyV6: 0x04000000,
} as const;
/** What must not be missing at the server: without strong encryption it would withhold the secrets. */
const needed = ['strongEncryption', 'requestV8', 'replyV6'] as const;
const extensionSize = 28;

/** Parameters of the call. Compression is not announced, so that no answer can be compressed. */
export function bindRequest(replicationEpoch = 0): Buffer {
  const flags = Object.values(extension).reduce((all, flag) => all | flag, 0);
  const writer = new NdrWriter().pointer(true).bytes(guidBytes(clientGuid)!);
  writer.pointer(true).u32(extensionSize).u32(extensionSize).u32(flags);
  return writer.bytes(Buffer.alloc(16)).u32(0).u32(replicationEpoch).finish();
}

export interface DrsBinding {
  /** Context handle for the calls that follow; only valid on this connection. */
  readonly handle: Buffer;
  readonly replicationEpoch: number;
  /** Names of required extensions that the server does not have. */
  readonly missing: readonly string[];
  /** Windows error code; 0 is success. */
  readonly status: number;
}

export function parseBindAnswer(answer: Buffer): DrsBinding {
  const reader = new NdrReader(answer);
  let flags = 0;
  let replicationEpoch = 0;
  if (reader.pointer('the extensions')) {
    reader.count('the extensions', 1);
    const size = reader.count('the extensions', 1);
    const bytes = reader.bytes(size, 'the extensions');
    if (size >= 4) flags = bytes.readUInt32LE();
    if (size >= extensionSize) replicationEpoch = bytes.readUInt32LE(24);
  }
  reader.align(4);
  const handle = Buffer.from(reader.bytes(20, 'the context handle'));
  const status = reader.u32('the status');
  return { handle, replicationEpoch, status, missing: needed.filter((name) => (flags & extension[name]) === 0) };
}
