import type { TenantContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import { readBody } from '../http.ts';
import { TokenError, tokenErrorBody } from './errors.ts';
import { grantToken } from './grants.ts';
import type { SigningKeys } from './keys.ts';

const maxForm = 64 * 1024;
const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', pragma: 'no-cache' },
  });

/** Answers what lies below `/{tenant}/`, `/common/` and `/discovery/`; undefined if the path is none of these. */
export async function answerTokens(
  context: TenantContext,
  keys: () => Promise<SigningKeys>,
  request: Request,
): Promise<Response | undefined> {
  const url = new URL(request.url);
  const [tenant = '', ...rest] = url.pathname.slice(1).split('/');
  const path = rest.join('/').toLowerCase();
  if (url.pathname === '/discovery/v2.0/keys') return json(200, { keys: [(await keys()).publicJwk] });
  if (tenant === 'common' && path === 'discovery/instance') return json(200, instanceDiscovery(url));
  const own = isOwnTenant(context, tenant);
  const address = { origin: url.origin, tenant };
  switch (path) {
    case 'v2.0/.well-known/openid-configuration':
    case '.well-known/openid-configuration':
      return own ? json(200, openidConfiguration(address)) : unknownTenant(context, request, tenant);
    case 'discovery/v2.0/keys':
    case 'discovery/keys':
      return json(200, { keys: [(await keys()).publicJwk] });
    case 'oauth2/v2.0/token':
    case 'oauth2/token':
      return own ? answerToken(context, keys, request, address) : unknownTenant(context, request, tenant);
    default:
      return undefined;
  }
}

function isOwnTenant(context: TenantContext, name: string): boolean {
  return name.toLowerCase() === context.company.state.tenantId || context.company.isVerified(name);
}

async function answerToken(
  context: TenantContext,
  keys: () => Promise<SigningKeys>,
  request: Request,
  { origin, tenant }: { origin: string; tenant: string },
): Promise<Response> {
  try {
    if (request.method !== 'POST') {
      throw new TokenError(400, 'invalid_request', 900561, 'The endpoint only accepts POST requests.');
    }
    const form = new Map(new URLSearchParams(await readBody(request, maxForm)));
    const basic = readBasic(request.headers.get('authorization'));
    const endpoint = `${origin}/${tenant}/oauth2/v2.0/token`;
    const issuer = `${origin}/${tenant}/v2.0`;
    return json(200, await grantToken(context, await keys(), { form, ...(basic ? { basic } : {}), endpoint, issuer }));
  } catch (error) {
    return refuse(context, request, error);
  }
}

function unknownTenant(context: TenantContext, request: Request, tenant: string): Response {
  const message = `Tenant '${tenant.slice(0, 100)}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  return refuse(context, request, new TokenError(400, 'invalid_request', 90002, message));
}

function refuse(context: TenantContext, request: Request, error: unknown): Response {
  const asked = request.headers.get('client-request-id') ?? '';
  const correlationId = /^[\w-]{1,64}$/.test(asked) ? asked : context.random.guid();
  const facts = { now: context.clock.now(), traceId: context.random.guid(), correlationId };
  if (error instanceof TokenError) return json(error.status, tokenErrorBody(error, facts));
  if (error instanceof RequestError) {
    return json(error.status, tokenErrorBody(new TokenError(400, 'invalid_request', 9002313, error.message), facts));
  }
  context.report(error);
  return json(
    500,
    tokenErrorBody(new TokenError(400, 'server_error', 90033, 'A transient error has occurred.'), facts),
  );
}

function readBasic(header: string | null): { id: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,4096})$/i.exec(header ?? '')?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 0) return undefined;
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part; // not every client encodes as RFC 6749 s.2.3.1 says
    }
  };
  return { id: decode(text.slice(0, at)), secret: decode(text.slice(at + 1)) };
}

function openidConfiguration({ origin, tenant }: { origin: string; tenant: string }) {
  const base = `${origin}/${tenant}`;
  return {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    userinfo_endpoint: `${origin}/oidc/userinfo`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    grant_types_supported: ['client_credentials', 'password'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'oid', 'tid', 'name', 'preferred_username', 'ver'],
    tenant_region_scope: null,
    cloud_instance_name: new URL(origin).host,
    msgraph_host: new URL(origin).host,
  };
}

function instanceDiscovery(url: URL) {
  return {
    tenant_discovery_endpoint: `${url.origin}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: url.host, preferred_cache: url.host, aliases: [url.host] }],
  };
}
