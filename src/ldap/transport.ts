/** Opening sockets: TCP, TLS on top, and why it did not work. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { Endpoint } from './endpoint.ts';
import { LdapError, type SeenCertificate } from './errors.ts';

export interface TlsSettings {
  readonly ca?: string;
  /** Name the certificate must carry; default the host of the address. */
  readonly serverName?: string;
  /** SHA-256 fingerprints of the only certificates that are accepted; then neither authority nor name is looked at. */
  readonly fingerprints?: readonly string[];
}

/** An open TCP connection. Rejects with an `LdapError` after `timeoutMs` at the latest. */
export function openTcp(endpoint: Endpoint, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: endpoint.host, port: endpoint.port });
    socket.setNoDelay(true);
    // Finds the other end gone even where nothing is asked for a long time.
    socket.setKeepAlive(true, 30_000);
    const timer = setTimeout(() => {
      const tried = `no answer within ${timeoutMs} ms`;
      fail(new LdapError('port-blocked', `Nothing answers at ${endpoint.name} (${tried}): ${WAY_OUT.blocked}`));
    }, timeoutMs);
    const fail = (error: LdapError): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const onError = (error: Error): void => fail(tcpError(endpoint, error));
    socket.on('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError).on('error', leaveToOwner);
      resolve(socket);
    });
  });
}

/** TLS over an open connection, with the certificate checked. Rejects with an `LdapError`; the socket is gone then. */
export function openTls(
  endpoint: Endpoint,
  socket: Socket,
  settings: TlsSettings,
  timeoutMs: number,
): Promise<TLSSocket> {
  const name = settings.serverName ?? endpoint.host;
  return new Promise((resolve, reject) => {
    // The check is done below, and before anything is sent: only so can the chain be shown that was not trusted.
    const tls = connectTls({
      socket,
      host: name,
      rejectUnauthorized: false,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(settings.ca === undefined ? {} : { ca: settings.ca }),
    });
    const fail = (error: LdapError): void => {
      clearTimeout(timer);
      tls.destroy();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      const problem = `did not finish the TLS handshake within ${timeoutMs} ms`;
      fail(new LdapError('tls-failed', `${endpoint.name} ${problem}: is this port really one for TLS?`));
    }, timeoutMs);
    const onError = (error: Error): void =>
      fail(new LdapError('tls-failed', `TLS with ${endpoint.name} failed: ${plainText(error)}.`, { cause: error }));
    tls.on('error', onError);
    const onClose = (): void => onError(new Error('the server closed the connection'));
    tls.once('close', onClose);
    tls.once('secureConnect', () => {
      const { fingerprints } = settings;
      if (fingerprints ? !isPinned(tls, fingerprints) : !tls.authorized) {
        fail(fingerprints ? notPinned(endpoint, tls) : untrusted(endpoint, name, tls, settings.ca !== undefined));
        return;
      }
      clearTimeout(timer);
      tls.off('close', onClose).off('error', onError).on('error', leaveToOwner);
      resolve(tls);
    });
  });
}

/** An error between two owners of a socket must not end the process; the next owner sees that the socket is gone. */
const leaveToOwner = (): void => undefined;

const WAY_OUT = {
  blocked: 'is the address right, is the server running, does a firewall between here and there let this port through?',
} as const;

function tcpError(endpoint: Endpoint, error: Error): LdapError {
  const code = errorCode(error);
  const facts = { cause: error };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL' || code === 'EAI_NODATA') {
    const problem = `The name ${endpoint.host} cannot be resolved (${code})`;
    return new LdapError('dns-failure', `${problem}: check its spelling and the DNS servers of this machine.`, facts);
  }
  if (code === 'ECONNREFUSED') {
    const problem = `${endpoint.name} refuses the connection`;
    return new LdapError('connection-refused', `${problem}: no directory listens on this port.`, facts);
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return new LdapError('port-blocked', `There is no way to ${endpoint.name} (${code}): ${WAY_OUT.blocked}`, facts);
  }
  return new LdapError('connection-lost', `The connection to ${endpoint.name} failed: ${plainText(error)}.`, facts);
}

/** Whoever finished the handshake holds the key of the certificate it shows; so it is enough to know that certificate. */
function isPinned(tls: TLSSocket, fingerprints: readonly string[]): boolean {
  const plain = (text: string): string => text.replaceAll(':', '').toUpperCase();
  const shown = plain(tls.getPeerCertificate().fingerprint256 ?? '');
  return shown !== '' && fingerprints.some((known) => plain(known) === shown);
}

function notPinned(endpoint: Endpoint, tls: TLSSocket): LdapError {
  const chain = certificateChain(tls.getPeerCertificate(true));
  const shown = chain[0] ? `"${chain[0].subject}" with the fingerprint ${chain[0].fingerprint256}` : 'no certificate';
  return new LdapError(
    'tls-untrusted',
    `${endpoint.name} shows ${shown}, which is none of the certificates that are accepted. If it was renewed, add this fingerprint after comparing it on the server; otherwise somebody else answers there.`,
    { chain },
  );
}

function untrusted(endpoint: Endpoint, name: string, tls: TLSSocket, ownCa: boolean): LdapError {
  const chain = certificateChain(tls.getPeerCertificate(true));
  const seen = chain.map((c) => `"${c.subject}" issued by "${c.issuer}", valid to ${c.validTo}`).join('; ');
  const problem = authorizationProblem(tls, name);
  const advice = ownCa
    ? 'Does the CA file hold the authority that issued it?'
    : 'If it comes from an authority of your own, name its CA file in the configuration.';
  return new LdapError(
    'tls-untrusted',
    `The certificate of ${endpoint.name} is not trusted: ${problem}. It shows ${seen || 'no certificate'}. ${advice}`,
    { chain },
  );
}

/** Node puts an error or its code there, depending on the version. */
function authorizationProblem(tls: TLSSocket, name: string): string {
  const found: unknown = tls.authorizationError;
  const code = found instanceof Error ? (errorCode(found) ?? found.message) : String(found);
  const known: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: 'it has expired',
    CERT_NOT_YET_VALID: 'it is not valid yet (is the clock right?)',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
    SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in an authority that is not trusted',
    UNABLE_TO_GET_ISSUER_CERT: 'the authority that issued it is unknown',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the authority that issued it is unknown',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the authority that issued it is unknown',
    ERR_TLS_CERT_ALTNAME_INVALID: `it is not for the name ${name}`,
  };
  return known[code] ?? code;
}

/** Leaf first; at most ten, and each once (a root is its own issuer). */
function certificateChain(leaf: DetailedPeerCertificate): SeenCertificate[] {
  const chain: SeenCertificate[] = [];
  let certificate: DetailedPeerCertificate | undefined = leaf;
  while (certificate?.fingerprint256 && chain.length < 10) {
    const { fingerprint256 } = certificate;
    if (chain.some((c) => c.fingerprint256 === fingerprint256)) break;
    const [subject, issuer] = [nameOf(certificate.subject), nameOf(certificate.issuer)];
    chain.push({ subject, issuer, validTo: certificate.valid_to, fingerprint256 });
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

const nameOf = (name: object | undefined): string =>
  Object.entries(name ?? {})
    .map(([type, value]) => `${type}=${String(value)}`)
    .join(', ')
    .slice(0, 200);

export function errorCode(error: Error): string | undefined {
  const own = (error as NodeJS.ErrnoException).code;
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException | undefined) : undefined;
  return own ?? first?.code;
}

/** The end of a sentence: without OpenSSL's source files and without a full stop. */
function plainText(error: Error): string {
  const reason = (error as { reason?: unknown }).reason;
  return (typeof reason === 'string' ? reason : error.message || (errorCode(error) ?? 'unknown')).replace(/\.$/, '');
}
