import { request as httpsRequest } from 'node:https';

/** Sends one HTTP request. `fetch` of the platform, the tenant's own in a test, or one that trusts a given CA. */
export type Fetch = (request: Request) => Promise<Response>;

/** A fetch that trusts the certificates of the PEM text and nobody else. */
export function fetchTrusting(ca: string): Fetch {
  return async (request) => {
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        request.url,
        { method: request.method, headers: Object.fromEntries(request.headers), ca, signal: request.signal },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const headers = new Headers();
            for (const [name, value] of Object.entries(incoming.headers)) {
              if (typeof value === 'string') headers.set(name, value);
            }
            const status = incoming.statusCode ?? 500;
            const empty = status === 204 || status === 304;
            resolve(new Response(empty ? null : Buffer.concat(chunks), { status, headers }));
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
}

/** What went wrong with a request that has no answer. */
export interface TransportFailure {
  /** Whether the request may have reached the other side: then nobody knows whether it was carried out. */
  readonly sent: boolean;
  readonly detail: string;
}

const notSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Reads the error of a fetch. Only errors that come before the first byte leaves count as not sent. */
export function transportFailure(error: unknown): TransportFailure {
  const chain = [error, (error as { cause?: unknown } | undefined)?.cause];
  const codes = chain.flatMap((e) => {
    const { code, errors } = (e ?? {}) as { code?: unknown; errors?: { code?: unknown }[] };
    return [code, ...(errors ?? []).map((inner) => inner.code)];
  });
  const code = codes.find((c) => typeof c === 'string') as string | undefined;
  const message = chain
    .map((e) => (e instanceof Error ? e.message : ''))
    .filter((m) => m !== '' && m !== 'fetch failed');
  return {
    sent: code === undefined || !notSent.has(code),
    detail: [...new Set(message), code].filter(Boolean).join('; '),
  };
}
