/**
 * The client side of NTLMv2 with extended session security, key exchange and a message integrity code
 * (MS-NLMP s.3.1.5.1 and s.3.3.2). Pure: time and randomness are passed in, tokens go in and out.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { ntHash } from './md4.ts';
import {
  type AvPair,
  authenticateMessage,
  avId,
  clientFlags,
  encodeAvPairs,
  micOffset,
  NtlmMessageError,
  negotiateMessage,
  ntlmFlags,
  parseChallenge,
} from './ntlm-messages.ts';
import { NtlmSession } from './ntlm-session.ts';
import { rc4 } from './rc4.ts';

export interface NtlmIdentity {
  /** NetBIOS or DNS name; empty if `user` is a user principal name. */
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}
export interface NtlmOptions {
  readonly workstation?: string;
  /** Service principal name, e.g. `ldap/dc1.corp.contoso.com`; lets the server notice a relayed authentication. */
  readonly targetName?: string;
  /** MD5 of the channel bindings where the exchange runs inside TLS (active-directory s.1.4). */
  readonly channelBindings?: Buffer;
  readonly random?: (size: number) => Buffer;
  /** FILETIME of now, used only if the server sends no time. */
  readonly now?: () => bigint;
}
export interface NtlmOutcome {
  readonly token: Buffer;
  readonly session: NtlmSession;
  /** FILETIME of the server's clock, if it sent it. */
  readonly serverTime?: bigint;
}
export interface NtlmExchange {
  /** The first token. */
  readonly negotiate: Buffer;
  /**
   * The last token, and the session that starts with it, for the challenge the server answered. May be called once.
   * Throws `NtlmMessageError` if the challenge is malformed or offers less than 128-bit signing and sealing.
   */
  authenticate(challenge: Buffer): NtlmOutcome;
  /** Forgets the password hash if the exchange ends before `authenticate`. */
  wipe(): void;
}

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer => {
  const mac = createHmac('md5', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** Upper case letter by letter as Windows does it: letters whose upper case is longer stay (`ß`). */
const upperCase = (text: string): string =>
  Array.from(text, (c) => (c.toUpperCase().length === c.length ? c.toUpperCase() : c)).join('');

/** NTOWFv2 (MS-NLMP s.3.3.2): the key of all responses of this identity. */
export function responseKey(hash: Uint8Array, user: string, domain: string): Buffer {
  return hmac(hash, Buffer.from(upperCase(user) + domain, 'utf16le'));
}

/** NTLMv2 response and session base key (MS-NLMP s.3.3.2, ComputeResponse). `time` is a FILETIME in 8 bytes. */
export function ntlmV2Response(
  key: Uint8Array,
  serverChallenge: Uint8Array,
  clientChallenge: Uint8Array,
  time: Uint8Array,
  targetInfo: Uint8Array,
): { response: Buffer; baseKey: Buffer } {
  const blob = Buffer.alloc(28 + targetInfo.length + 4);
  blob[0] = 1;
  blob[1] = 1;
  blob.set(time, 8);
  blob.set(clientChallenge, 16);
  blob.set(targetInfo, 28);
  const proof = hmac(key, serverChallenge, blob);
  return { response: Buffer.concat([proof, blob]), baseKey: hmac(key, proof) };
}

/** Starts an authentication. The password itself is not kept, only its hash until the exchange is over. */
export function startNtlm(identity: NtlmIdentity, options: NtlmOptions = {}): NtlmExchange {
  if (identity.password === '')
    throw new NtlmMessageError('An empty password is refused: it would sign in anonymously.');
  const hash = ntHash(identity.password);
  const negotiate = negotiateMessage();
  let done = false;
  return {
    negotiate,
    authenticate(challenge) {
      if (done) throw new NtlmMessageError('This NTLM exchange is over; start a new one.');
      done = true;
      const key = responseKey(hash, identity.user, identity.domain);
      try {
        return answer(identity, key, negotiate, challenge, options);
      } finally {
        key.fill(0);
        hash.fill(0);
      }
    },
    wipe() {
      done = true;
      hash.fill(0);
    },
  };
}

function answer(
  identity: NtlmIdentity,
  key: Buffer,
  negotiate: Buffer,
  challenge: Buffer,
  options: NtlmOptions,
): NtlmOutcome {
  const { flags, serverChallenge, targetInfo } = parseChallenge(challenge);
  const random = options.random ?? randomBytes;
  const serverTime = targetInfo.find((p) => p.id === avId.timestamp)?.value;
  const time = serverTime ?? fromFiletime(options.now);
  if (time.length !== 8) throw new NtlmMessageError('The NTLM challenge has a malformed time stamp.');
  const info = encodeAvPairs(clientPairs(targetInfo, options));
  const { response, baseKey } = ntlmV2Response(key, serverChallenge, random(8), time, info);
  const sessionKey = Buffer.from(random(16));
  const token = authenticateMessage({
    flags: (flags & clientFlags & ~ntlmFlags.requestTarget) >>> 0,
    lmResponse: Buffer.alloc(24),
    ntResponse: response,
    domain: identity.domain,
    user: identity.user,
    workstation: options.workstation ?? '',
    encryptedSessionKey: rc4(baseKey, sessionKey),
  });
  baseKey.fill(0);
  token.set(hmac(sessionKey, negotiate, challenge, token), micOffset);
  const session = new NtlmSession(sessionKey);
  return serverTime ? { token, session, serverTime: serverTime.readBigUInt64LE() } : { token, session };
}

/** What the server sent, and that a MIC follows (flag 2), whom the client means and in which TLS channel. */
function clientPairs(server: readonly AvPair[], options: NtlmOptions): AvPair[] {
  const own: AvPair[] = [{ id: avId.flags, value: Buffer.from([2, 0, 0, 0]) }];
  if (options.channelBindings) own.push({ id: avId.channelBindings, value: options.channelBindings });
  if (options.targetName) own.push({ id: avId.targetName, value: Buffer.from(options.targetName, 'utf16le') });
  return [...server.filter((p) => own.every((o) => o.id !== p.id)), ...own];
}

function fromFiletime(now: (() => bigint) | undefined): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(now ? now() : (BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n);
  return time;
}
