/** The three messages of NTLM on the wire (MS-NLMP s.2.2.1), read with every length checked. */
export const ntlmFlags = {
  unicode: 0x00000001,
  requestTarget: 0x00000004,
  sign: 0x00000010,
  seal: 0x00000020,
  ntlm: 0x00000200,
  alwaysSign: 0x00008000,
  extendedSessionSecurity: 0x00080000,
  targetInfo: 0x00800000,
  version: 0x02000000,
  key128: 0x20000000,
  keyExchange: 0x40000000,
  key56: 0x80000000,
} as const;

/** What is asked for (MS-NLMP s.2.2.2.5): everything that signing and sealing with 128-bit keys needs. */
export const clientFlags = Object.values(ntlmFlags).reduce((all, flag) => (all | flag) >>> 0, 0);
/** Without these the session would be weaker than it must be. */
const required: readonly (keyof typeof ntlmFlags)[] = [
  'unicode',
  'sign',
  'seal',
  'extendedSessionSecurity',
  'key128',
  'keyExchange',
];

/** Attribute-value pairs of the target information (MS-NLMP s.2.2.2.1). */
export const avId = {
  end: 0,
  netbiosComputer: 1,
  netbiosDomain: 2,
  dnsComputer: 3,
  dnsDomain: 4,
  dnsTree: 5,
  flags: 6,
  timestamp: 7,
  targetName: 9,
  channelBindings: 10,
} as const;
export interface AvPair {
  readonly id: number;
  readonly value: Buffer;
}
export interface NtlmChallenge {
  readonly flags: number;
  readonly serverChallenge: Buffer;
  /** In the order of the server, without the end mark. */
  readonly targetInfo: readonly AvPair[];
}

/** A message of the server that cannot be read, or that offers less security than is required. */
export class NtlmMessageError extends Error {
  override readonly name = 'NtlmMessageError';
}

const signature = Buffer.from('NTLMSSP\0', 'latin1');
/** Windows 10.0, NTLM revision 15: servers only log it (MS-NLMP s.2.2.2.10). */
const version = Buffer.from('0a00000000000f', 'hex');

function header(type: number, size: number): Buffer {
  const message = Buffer.alloc(size);
  message.set(signature);
  message.writeUInt32LE(type, 8);
  return message;
}

/** NEGOTIATE_MESSAGE (MS-NLMP s.2.2.1.1), without names. */
export function negotiateMessage(): Buffer {
  const message = header(1, 40);
  message.writeUInt32LE(clientFlags, 12);
  message.set(version, 32);
  return message;
}

/** CHALLENGE_MESSAGE (MS-NLMP s.2.2.1.2). */
export function parseChallenge(message: Buffer): NtlmChallenge {
  if (message.length < 32 || !message.subarray(0, 8).equals(signature) || message.readUInt32LE(8) !== 2) {
    throw new NtlmMessageError('The server did not answer with an NTLM challenge; it may not accept NTLM.');
  }
  const flags = message.readUInt32LE(20);
  const missing = required.filter((name) => (flags & ntlmFlags[name]) === 0);
  if (missing.length > 0) {
    throw new NtlmMessageError(`The server refuses what a sealed NTLM session needs: ${missing.join(', ')}.`);
  }
  const serverChallenge = Buffer.from(message.subarray(24, 32));
  if ((flags & ntlmFlags.targetInfo) === 0 || message.length < 48) {
    return { flags, serverChallenge, targetInfo: [] };
  }
  const length = message.readUInt16LE(40);
  const offset = message.readUInt32LE(44);
  if (offset + length > message.length) throw new NtlmMessageError('The NTLM challenge is truncated.');
  return { flags, serverChallenge, targetInfo: parseAvPairs(message.subarray(offset, offset + length)) };
}

export function parseAvPairs(bytes: Buffer): AvPair[] {
  const pairs: AvPair[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const id = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (id === avId.end) return pairs;
    if (at + 4 + length > bytes.length) break;
    pairs.push({ id, value: Buffer.from(bytes.subarray(at + 4, at + 4 + length)) });
    at += 4 + length;
  }
  throw new NtlmMessageError('The target information of the NTLM challenge has no end.');
}

/** The pairs on the wire, with the end mark. */
export function encodeAvPairs(pairs: readonly AvPair[]): Buffer {
  return Buffer.concat(
    [...pairs, { id: avId.end, value: Buffer.alloc(0) }].map(({ id, value }) => {
      const pair = Buffer.alloc(4 + value.length);
      pair.writeUInt16LE(id, 0);
      pair.writeUInt16LE(value.length, 2);
      pair.set(value, 4);
      return pair;
    }),
  );
}

export interface AuthenticateFields {
  readonly flags: number;
  readonly lmResponse: Buffer;
  readonly ntResponse: Buffer;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly encryptedSessionKey: Buffer;
}
/** Where the message integrity code lies in an AUTHENTICATE_MESSAGE: zero until `authenticate` has computed it. */
export const micOffset = 72;

/** AUTHENTICATE_MESSAGE (MS-NLMP s.2.2.1.3) with a zero MIC. */
export function authenticateMessage(fields: AuthenticateFields): Buffer {
  const message = header(3, micOffset + 16);
  message.writeUInt32LE(fields.flags, 60);
  message.set(version, 64);
  const payload = [
    fields.lmResponse,
    fields.ntResponse,
    Buffer.from(fields.domain, 'utf16le'),
    Buffer.from(fields.user, 'utf16le'),
    Buffer.from(fields.workstation, 'utf16le'),
    fields.encryptedSessionKey,
  ];
  let offset = message.length;
  payload.forEach((part, i) => {
    message.writeUInt16LE(part.length, 12 + 8 * i);
    message.writeUInt16LE(part.length, 14 + 8 * i);
    message.writeUInt32LE(offset, 16 + 8 * i);
    offset += part.length;
  });
  return Buffer.concat([message, ...payload]);
}
