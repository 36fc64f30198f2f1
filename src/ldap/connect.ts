/** Opening a connection: TCP, TLS, sign-in. */
import { startNtlm } from '../model/crypto/ntlm.ts';
import { Channel } from './channel.ts';
import { Connection } from './connection.ts';
import { type Endpoint, isLoopback, parseLdapUrl } from './endpoint.ts';
import { bindError, LdapError, resultError } from './errors.ts';
import { DEFAULT_MAX_MESSAGE_BYTES } from './frames.ts';
import { extendedOperation, OID, saslBindOperation, simpleBindOperation } from './requests.ts';
import { RESPONSE } from './responses.ts';
import { ntlmLayer } from './sasl-layer.ts';
import { openTcp, openTls } from './transport.ts';
import type { LdapBind, LdapConnection, LdapConnectOptions } from './types.ts';

const SASL_IN_PROGRESS = 14;

/**
 * An open connection, signed in if `bind` is given. Rejects with an `LdapError` whose reason says what to do about it;
 * nothing stays open then.
 */
export async function connectLdap(options: LdapConnectOptions): Promise<LdapConnection> {
  const endpoint = parseLdapUrl(options.url);
  const encrypted = endpoint.tls || options.startTls === true;
  if (options.bind) checkBind(options.bind, endpoint, encrypted, options.allowClearTextPassword === true);
  const timeoutMs = options.connectTimeoutMs ?? 5000;
  const tcp = await openTcp(endpoint, timeoutMs);
  const socket = endpoint.tls ? await openTls(endpoint, tcp, options, timeoutMs) : tcp;
  const maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const channel = new Channel(socket, {
    name: endpoint.name,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    maxMessageBytes,
  });
  try {
    if (options.startTls && !endpoint.tls) await startTls(channel, endpoint, options, timeoutMs);
    if (options.bind?.kind === 'simple') await bindSimple(channel, options.bind.user, options.bind.password);
    if (options.bind?.kind === 'ntlm') await bindNtlm(channel, endpoint, options.bind, maxMessageBytes);
  } catch (error) {
    await channel.close();
    throw error;
  }
  return new Connection(channel, endpoint);
}

/** Refuses what would be unsafe or cannot work, before anything is sent. */
function checkBind(bind: LdapBind, endpoint: Endpoint, encrypted: boolean, allowClear: boolean): void {
  if (bind.user === '') throw new LdapError('refused', 'A user name is needed to sign in to a directory.');
  if (bind.password === '') {
    // RFC 4513 s.5.1.2: a name without a password is an anonymous bind on many servers, and succeeds.
    throw new LdapError(
      'refused',
      `The password of ${bind.user} is empty; directories take that for an anonymous bind.`,
    );
  }
  if (bind.kind === 'ntlm' && encrypted) {
    const problem = `${endpoint.name} is reached through TLS, where a sealed NTLM bind is not allowed`;
    throw new LdapError('refused', `${problem}: use a simple bind there, or ldap:// without StartTLS for NTLM.`);
  }
  if (bind.kind === 'simple' && !encrypted && !allowClear && !isLoopback(endpoint.host)) {
    const problem = `The password of ${bind.user} would travel to ${endpoint.name} readable for everybody`;
    throw new LdapError('refused', `${problem}: use ldaps://, StartTLS or a sealed NTLM bind.`);
  }
}

async function startTls(
  channel: Channel,
  endpoint: Endpoint,
  options: LdapConnectOptions,
  timeoutMs: number,
): Promise<void> {
  const result = await channel.request('StartTLS', RESPONSE.extended, extendedOperation(OID.startTls));
  if (result.code !== 0) throw resultError('StartTLS', endpoint.name, result);
  const tls = await openTls(endpoint, channel.detach(), options, timeoutMs);
  channel.attach(tls);
}

async function bindSimple(channel: Channel, user: string, password: string): Promise<void> {
  const result = await channel.request(`the bind of ${user}`, RESPONSE.bind, simpleBindOperation(user, password));
  if (result.code !== 0) throw bindError(user, channel.name, result);
}

/** GSS-SPNEGO with raw NTLM tokens (active-directory s.1.4), then everything is signed and sealed. */
async function bindNtlm(
  channel: Channel,
  endpoint: Endpoint,
  bind: Extract<LdapBind, { kind: 'ntlm' }>,
  maxBytes: number,
): Promise<void> {
  const user = bind.domain === '' ? bind.user : `${bind.domain}\\${bind.user}`;
  const ask = (token: Buffer): ReturnType<Channel['request']> =>
    channel.request(`the bind of ${user}`, RESPONSE.bind, saslBindOperation('GSS-SPNEGO', token));
  const exchange = startNtlm(bind, { targetName: `ldap/${endpoint.host}` });
  try {
    const challenge = await ask(exchange.negotiate);
    if (challenge.code !== SASL_IN_PROGRESS) throw bindError(user, channel.name, challenge);
    const { token, session } = exchange.authenticate(challenge.serverCredentials ?? Buffer.alloc(0));
    const answer = await ask(token);
    if (answer.code !== 0) {
      session.wipe();
      throw bindError(user, channel.name, answer);
    }
    channel.secure(ntlmLayer(session, maxBytes));
  } finally {
    exchange.wipe();
  }
}
