/** Access tokens for Microsoft Graph (entra-directory s.5.13), and where the proof of the app's identity comes from. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importPKCS8 } from 'jose';
import * as oauth from 'openid-client';
import { z } from 'zod';
import { ConnectorError } from '../contract.ts';
import { type Fetch, transportFailure } from './sync-transport.ts';

export type GraphCredential =
  | { readonly secret: string }
  /** PEM text with the certificate and its private key. */
  | { readonly certificate: string }
  /** Path of a file with a token of another issuer, read anew each time (workload identity federation). */
  | { readonly federatedTokenFile: string }
  /** The identity of the machine; an id chooses among several that a user assigned. */
  | { readonly managedIdentity: true | string };

export interface TokenOptions {
  readonly tenantId: string;
  readonly clientId: string;
  readonly credential: GraphCredential;
  /** `https://login.microsoftonline.com`, without a slash at the end. */
  readonly authority: string;
  /** `https://graph.microsoft.com` */
  readonly resource: string;
  readonly fetch: Fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Gives the access token, fetching it when there is none or it soon ends. Throws a ConnectorError `no-start-…`. */
export interface TokenSource {
  token(): Promise<string>;
  /** Forgets the token after the service refused it. */
  forget(): void;
}

interface Token {
  readonly text: string;
  /** Epoch ms. */
  readonly until: number;
}

/** A token is renewed that many ms before it ends. */
const margin = 120_000;

export function tokenSource(options: TokenOptions): TokenSource {
  const fetchToken = 'managedIdentity' in options.credential ? identityToken : grantedToken;
  let held: Token | undefined;
  let asked: Promise<Token> | undefined;
  return {
    async token() {
      if (held && held.until >= options.now()) return held.text;
      // All calls that wait share one request; a failed one is not kept.
      asked ??= fetchToken(options).finally(() => {
        asked = undefined;
      });
      try {
        held = await asked;
      } catch (error) {
        // In the middle of a long run: the one there is serves until it really ends, and the next call asks again.
        if (held && held.until + margin > options.now()) return held.text;
        throw error;
      }
      return held.text;
    },
    forget() {
      held = undefined;
    },
  };
}

async function grantedToken(options: TokenOptions): Promise<Token> {
  const endpoint = `${options.authority}/${options.tenantId}/oauth2/v2.0/token`;
  const server = { issuer: `${options.authority}/${options.tenantId}/v2.0`, token_endpoint: endpoint };
  const config = new oauth.Configuration(server, options.clientId, {}, await clientProof(options, endpoint));
  // Which addresses may be plain HTTP was decided when the connector was made.
  if (endpoint.startsWith('http:')) oauth.allowInsecureRequests(config);
  config[oauth.customFetch] = (url, init) => options.fetch(new Request(url, init as RequestInit));
  try {
    const answer = await oauth.clientCredentialsGrant(config, { scope: `${options.resource}/.default` });
    return { text: answer.access_token, until: options.now() + (answer.expires_in ?? 3600) * 1000 - margin };
  } catch (error) {
    throw await refusal(options, error);
  }
}

/** How the app proves that it is the app. */
async function clientProof(options: TokenOptions, endpoint: string): Promise<oauth.ClientAuth> {
  const { credential } = options;
  if ('secret' in credential) return oauth.ClientSecretPost(credential.secret);
  if ('certificate' in credential) return certificateProof(options, credential.certificate, endpoint);
  if ('federatedTokenFile' in credential) {
    const token = await readTokenFile(credential.federatedTokenFile);
    return (_server, client, body) => {
      body.set('client_id', client.client_id);
      body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      body.set('client_assertion', token);
    };
  }
  throw new TypeError('a managed identity needs no proof of its own');
}

async function certificateProof(options: TokenOptions, pem: string, endpoint: string): Promise<oauth.ClientAuth> {
  try {
    const key = createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }) as string;
    const thumbprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
    return oauth.PrivateKeyJwt(await importPKCS8(key, 'PS256'), {
      [oauth.modifyAssertion]: (header, payload) => {
        header.typ = 'JWT';
        header['x5t#S256'] = thumbprint;
        payload.aud = endpoint;
      },
    });
  } catch (error) {
    throw noCredentials(
      `The certificate of app ${options.clientId} cannot be used: it must be a PEM file with an RSA certificate and its private key, without a password.`,
      'Check the file that credential.certificate names.',
      error,
    );
  }
}

async function readTokenFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw noCredentials(
      `The token file ${path} cannot be read (${error.code ?? 'unknown error'}).`,
      'Check the path in credential.federatedToken and that the platform writes the token there.',
      error,
    );
  });
  return text.trim();
}

const noCredentials = (message: string, remedy: string, cause?: unknown): ConnectorError =>
  new ConnectorError('failed-authentication', message, { status: 'no-start-credentials', remedy, cause });

async function refusal(options: TokenOptions, error: unknown): Promise<ConnectorError> {
  if (error instanceof oauth.ResponseBodyError) {
    return noCredentials(
      `${options.authority} refused the credentials of app ${options.clientId}: ${error.error_description ?? error.error}`,
      'Check tenantId, clientId and the credential of the connector, and that the credential has not expired.',
    );
  }
  const cause = (error as { cause?: unknown }).cause;
  if (cause instanceof Response) {
    if (cause.status >= 500 || cause.status === 429)
      return unreachable(options.authority, `it answers with HTTP status ${cause.status} at the moment`);
    return noCredentials(
      `${options.authority} did not give a token to app ${options.clientId}: HTTP status ${cause.status}`,
      'Check tenantId and clientId of the connector.',
    );
  }
  return unreachable(options.authority, transportFailure(error).detail);
}

const unreachable = (where: string, detail: string): ConnectorError =>
  new ConnectorError('failed-connection', `${where} cannot be reached: ${detail}`, {
    status: 'no-start-connection',
    remedy: 'Check the network, the proxy, and that the certificate of the service is trusted (tls.ca).',
  });

const identityAnswer = z.object({
  access_token: z.string(),
  /** Seconds, as text or as a number. */
  expires_in: z.coerce.number().optional(),
  /** Seconds since 1970. */
  expires_on: z.coerce.number().optional(),
});

/**
 * A token of the machine: from the identity endpoint of an app platform if the environment names one, otherwise from
 * the metadata service of a virtual machine, or from whatever stands for it under AZURE_POD_IDENTITY_AUTHORITY_HOST.
 */
async function identityToken(options: TokenOptions): Promise<Token> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = options.environment;
  const { AZURE_POD_IDENTITY_AUTHORITY_HOST: metadata = 'http://169.254.169.254' } = options.environment;
  const platform = endpoint !== undefined && header !== undefined;
  const url = new URL(platform ? endpoint : `${metadata.replace(/\/+$/, '')}/metadata/identity/oauth2/token`);
  url.searchParams.set('api-version', platform ? '2019-08-01' : '2018-02-01');
  url.searchParams.set('resource', options.resource);
  const { credential } = options;
  if ('managedIdentity' in credential && credential.managedIdentity !== true)
    url.searchParams.set('client_id', credential.managedIdentity);
  const headers: Record<string, string> = platform ? { 'x-identity-header': header } : { metadata: 'true' };
  const response = await options
    .fetch(new Request(url, { headers, signal: AbortSignal.timeout(30_000) }))
    .catch((error: unknown) => {
      throw unreachable('The identity endpoint of this machine', transportFailure(error).detail);
    });
  const answer = response.ok ? identityAnswer.safeParse(await response.json().catch(() => undefined)) : undefined;
  if (!answer?.success) {
    throw noCredentials(
      `The identity endpoint of this machine gave no token (HTTP status ${response.status}).`,
      'Check that the machine has a managed identity; with several, name one by its client id.',
    );
  }
  const { access_token, expires_in, expires_on } = answer.data;
  const until = expires_on === undefined ? options.now() + (expires_in ?? 3600) * 1000 : expires_on * 1000;
  return { text: access_token, until: until - margin };
}
