import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { appInternal, findApp } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import { personClaims } from './claims.ts';
import { clip } from './client.ts';
import { TokenError } from './errors.ts';
import type { SigningKeys } from './keys.ts';

/** Seconds a token lives. */
export const tokenLifetime = 3599;
/** Scopes that are answered by the token endpoint itself and belong to no resource. */
export const openidScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);
export const scopesOf = (scope: string): string[] => scope.split(' ').filter((part) => part !== '');

const seconds = (context: TenantContext) => Math.floor(context.clock.now() / 1000);

/** A signed access token, form 1.0, as Graph takes it (entra-directory s.5.13). */
export function accessToken(
  context: TenantContext,
  keys: SigningKeys,
  audience: string,
  claims: Record<string, unknown>,
): Promise<string> {
  const tenant = context.company.state.tenantId;
  const now = seconds(context);
  return new SignJWT({ ...claims, tid: tenant, ver: '1.0', uti: context.random.bytes(16).toString('base64url') })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keys.keyId })
    .setIssuer(`https://sts.windows.net/${tenant}/`)
    .setAudience(audience)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + tokenLifetime)
    .sign(keys.privateKey);
}

/** An access token with which the app acts for the person. */
export function delegatedToken(
  context: TenantContext,
  keys: SigningKeys,
  grant: { readonly app: StoredObject; readonly person: StoredObject; readonly scope: string; readonly origin: string },
): Promise<string> {
  const { app, person, scope, origin } = grant;
  const asked = scopesOf(scope).filter((part) => openidScopes.has(part));
  return accessToken(context, keys, audienceOf(context, scope, origin) ?? graphResource, {
    appid: app.body.appId,
    app_displayname: app.body.displayName,
    appidacr: '0',
    idtyp: 'user',
    oid: person.id,
    sub: pairwiseSubject(context, app, person),
    upn: person.body.userPrincipalName,
    name: person.body.displayName,
    scp: [...asked, ...appInternal(app).permissions].join(' '),
  });
}

/** An id token, form 2.0. `extra` holds what came with the request: nonce, session, time of the sign-in. */
export function idToken(
  context: TenantContext,
  keys: SigningKeys,
  grant: {
    readonly app: StoredObject;
    readonly person: StoredObject;
    readonly scope: string;
    readonly issuer: string;
    readonly extra?: Record<string, unknown>;
  },
): Promise<string> {
  const { app, person, scope, issuer, extra = {} } = grant;
  const now = seconds(context);
  const claims = personClaims(context, { app, person, scopes: scopesOf(scope), origin: new URL(issuer).origin });
  return new SignJWT({ ...claims, ...extra, uti: context.random.bytes(16).toString('base64url'), ver: '2.0' })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keys.keyId })
    .setIssuer(issuer)
    .setSubject(pairwiseSubject(context, app, person))
    .setAudience(String(app.body.appId))
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + tokenLifetime)
    .sign(keys.privateKey);
}

/** Who the person is to this app: the same in every token, another one for every app. */
export const pairwiseSubject = (context: TenantContext, app: StoredObject, person: StoredObject): string =>
  createHash('sha256')
    .update(`${context.company.state.tenantId} ${String(app.body.appId)} ${person.id}`)
    .digest('base64url');

export const graphResource = 'https://graph.microsoft.com';
const graphNames: ReadonlySet<string> = new Set([
  graphResource,
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
  '00000003-0000-0000-c000-000000000000',
]);

/**
 * The resource of a scope such as `https://graph.microsoft.com/.default`: Graph under any of its names, the tenant itself by
 * its address, or an app of the tenant. Undefined if no part of the scope names a resource. Throws a TokenError for
 * a resource that is not in the tenant.
 */
export function audienceOf(context: TenantContext, scope: string, origin: string): string | undefined {
  for (const part of scopesOf(scope)) {
    if (openidScopes.has(part)) continue;
    const at = part.lastIndexOf('/');
    if (at <= 0) continue; // a permission of Graph by its short name
    const resource = part.slice(0, at).replace(/\/$/, '');
    if (graphNames.has(resource) || resource === origin) return resource;
    const id = resource.replace(/^api:\/\//, '');
    if (findApp(context, id)) return resource;
    throw new TokenError(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${clip(resource)} was not found in the tenant named ${context.company.state.displayName}.`,
    );
  }
  return undefined;
}
