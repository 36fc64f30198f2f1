/** A small OpenID Connect provider for tests: one user after the other signs in without being asked. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Claims of the next person who signs in. */
  next: Readonly<Record<string, unknown>>;
  /** What the provider does wrong, for tests of the client. */
  mistake?: 'nonce' | 'audience' | undefined;
}

export async function startProvider(clientId: string, clientSecret: string): Promise<OpenIdProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, { nonce: string; challenge: string; claims: OpenIdProvider['next'] }>();
  let issuer = '';
  const provider: OpenIdProvider = {
    get issuer() {
      return issuer;
    },
    next: {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((request, response) => {
    void answer(request).then(({ status, headers, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  });
  type Answer = { status: number; headers?: Record<string, string>; body?: unknown };

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '', issuer);
    if (url.pathname === '/.well-known/openid-configuration') {
      return {
        status: 200,
        body: {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          id_token_signing_alg_values_supported: ['RS256'],
          subject_types_supported: ['public'],
          code_challenge_methods_supported: ['S256'],
        },
      };
    }
    if (url.pathname === '/keys') return { status: 200, body: { keys: [jwk] } };
    if (url.pathname === '/authorize') return authorize(url.searchParams);
    if (url.pathname === '/token') return token(new URLSearchParams(await bodyOf(request)));
    return { status: 404 };
  }

  function authorize(query: URLSearchParams): Answer {
    const code = `code-${codes.size + 1}`;
    codes.set(code, {
      nonce: query.get('nonce') ?? '',
      challenge: query.get('code_challenge') ?? '',
      claims: provider.next,
    });
    const back = new URL(query.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({ code, state: query.get('state') ?? '' }).toString();
    return { status: 302, headers: { location: back.href } };
  }

  async function token(form: URLSearchParams): Promise<Answer> {
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!code || code.challenge !== challenge || form.get('client_secret') !== clientSecret)
      return { status: 400, body: { error: 'invalid_grant' } };
    const idToken = await new SignJWT({
      ...code.claims,
      nonce: provider.mistake === 'nonce' ? 'another' : code.nonce,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience(provider.mistake === 'audience' ? 'another' : clientId)
      .setSubject(String(code.claims.sub ?? 'somebody'))
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    return {
      status: 200,
      body: { access_token: 'x', token_type: 'Bearer', expires_in: 300, id_token: idToken },
    };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return provider;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
