import { findApp } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import { readBody } from '../http.ts';
import { answerAuthorize } from './authorize-route.ts';
import { nameClaims } from './claims.ts';
import type { GrantRequest } from './client.ts';
import type { CodeStore } from './codes.ts';
import { answerConsent } from './consent.ts';
import { instanceDiscovery, openidConfiguration } from './discovery.ts';
import { TokenError, tokenErrorBody } from './errors.ts';
import { grantToken } from './grants.ts';
import { pairwiseSubject } from './issue.ts';
import type { SigningKeys } from './keys.ts';
import { answerLogout } from './logout.ts';
import type { TokenVerdict } from './principal.ts';

const maxForm = 64 * 1024;
const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', pragma: 'no-cache' },
  });

/** What the token endpoints work with. */
export interface TokenPlane {
  readonly context: TenantContext;
  readonly codes: CodeStore;
  keys(): Promise<SigningKeys>;
  verify(header: string | null): Promise<TokenVerdict>;
}

/** Answers what lies below `/{tenant}/`, `/common/`, `/discovery/` and `/oidc/`; undefined if the path is none of these. */
export async function answerTokens(plane: TokenPlane, request: Request): Promise<Response | undefined> {
  const { context, keys } = plane;
  const url = new URL(request.url);
  const [tenant = '', ...rest] = url.pathname.slice(1).split('/');
  const path = rest.join('/').toLowerCase();
  if (url.pathname === '/discovery/v2.0/keys') return json(200, { keys: [(await keys()).publicJwk] });
  if (url.pathname === '/oidc/userinfo') return answerUserInfo(plane, request);
  if (tenant === 'common' && path === 'discovery/instance') return json(200, instanceDiscovery(url));
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  if (!endpoint) return undefined;
  if (!isOwnTenant(context, tenant) && endpoint !== serveKeys) return unknownTenant(context, request, tenant);
  try {
    return await endpoint(plane, request, { origin: url.origin, tenant });
  } catch (error) {
    return refuse(context, request, error);
  }
}

type Endpoint = (
  plane: TokenPlane,
  request: Request,
  address: { readonly origin: string; readonly tenant: string },
) => Promise<Response>;
const serveKeys: Endpoint = async ({ keys }) => json(200, { keys: [(await keys()).publicJwk] });
const serveConfiguration: Endpoint = async (_plane, _request, address) => json(200, openidConfiguration(address));
const authorize: Endpoint = ({ context, codes }, request) => answerAuthorize(context, codes, request);
const consent: Endpoint = ({ context }, request) => answerConsent(context, request);
const logout: Endpoint = async ({ context, keys }, request) => answerLogout(context, await keys(), request);
/** By path in lower case below the tenant. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  'v2.0/.well-known/openid-configuration': serveConfiguration,
  '.well-known/openid-configuration': serveConfiguration,
  'discovery/v2.0/keys': serveKeys,
  'discovery/keys': serveKeys,
  'oauth2/v2.0/token': answerToken,
  'oauth2/token': answerToken,
  'oauth2/v2.0/authorize': authorize,
  'oauth2/authorize': authorize,
  adminconsent: consent,
  'v2.0/adminconsent': consent,
  'oauth2/v2.0/logout': logout,
  'oauth2/logout': logout,
};

function isOwnTenant(context: TenantContext, name: string): boolean {
  return name.toLowerCase() === context.company.state.tenantId || context.company.isVerified(name);
}

async function answerToken(
  { context, codes, keys }: TokenPlane,
  request: Request,
  { origin, tenant }: { readonly origin: string; readonly tenant: string },
): Promise<Response> {
  if (request.method !== 'POST') {
    throw new TokenError(400, 'invalid_request', 900561, 'The endpoint only accepts POST requests.');
  }
  const form = new Map(new URLSearchParams(await readBody(request, maxForm)));
  const basic = readBasic(request.headers.get('authorization'));
  const endpoint = `${origin}/${tenant}/oauth2/v2.0/token`;
  const issuer = `${origin}/${tenant}/v2.0`;
  const grant: GrantRequest = { form, ...(basic ? { basic } : {}), endpoint, issuer };
  return json(200, await grantToken({ context, codes, keys: await keys() }, grant));
}

/** Claims of the person whose token it is (OpenID Connect Core 1.0 s.5.3). */
async function answerUserInfo({ context, verify }: TokenPlane, request: Request): Promise<Response> {
  const verdict = await verify(request.headers.get('authorization'));
  const principal = verdict.kind === 'ok' ? verdict.principal : undefined;
  const app = principal && findApp(context, principal.appId);
  const person = principal?.kind === 'user' ? context.objects.byId(principal.objectId) : undefined;
  if (!app || !person || person.deletedAt !== undefined) {
    const refused = json(401, {
      error: 'invalid_token',
      error_description: 'The access token is not one of a person.',
    });
    refused.headers.set('www-authenticate', 'Bearer error="invalid_token"');
    return refused;
  }
  const mail = typeof person.body.mail === 'string' ? { email: person.body.mail } : {};
  return json(200, { sub: pairwiseSubject(context, app, person), ...nameClaims(person), ...mail });
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
