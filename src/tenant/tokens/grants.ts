import { appInternal } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { signIn } from '../sign-in.ts';
import type { StoredObject } from '../store/objects.ts';
import { authenticateApp, clip, type GrantRequest, identifyApp, parameter } from './client.ts';
import type { CodeStore } from './codes.ts';
import { TokenError } from './errors.ts';
import { accessToken, audienceOf, delegatedToken, idToken, scopesOf, tokenLifetime } from './issue.ts';
import type { SigningKeys } from './keys.ts';
import { redeemCode } from './redeem-code.ts';
import { openRefreshToken, sealRefreshToken } from './refresh.ts';

export interface TokenAnswer {
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly ext_expires_in: number;
  readonly access_token: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}
/** What the grants work with. */
export interface GrantTools {
  readonly context: TenantContext;
  readonly keys: SigningKeys;
  readonly codes: CodeStore;
}
/** A person who let an app act for them. */
export interface PersonGrant {
  readonly app: StoredObject;
  readonly person: StoredObject;
  readonly scope: string;
  /** Claims of the id token that come from the sign-in, e.g. `nonce`. */
  readonly extra?: Record<string, unknown>;
}

/** Answers a token request, or throws a TokenError (entra-directory s.5.13). */
export async function grantToken(tools: GrantTools, request: GrantRequest): Promise<TokenAnswer> {
  const grant = parameter(request.form, 'grant_type');
  switch (grant) {
    case 'client_credentials':
      return grantToApp(tools, request);
    case 'password':
      return grantByPassword(tools, request);
    case 'authorization_code':
      return grantToPerson(tools, request, await redeemCode(tools, request));
    case 'refresh_token':
      return grantToPerson(tools, request, await refresh(tools, request));
    default:
      throw new TokenError(
        400,
        'unsupported_grant_type',
        70003,
        `The app requested an unsupported grant type '${clip(grant)}'.`,
      );
  }
}

async function grantToApp({ context, keys }: GrantTools, request: GrantRequest): Promise<TokenAnswer> {
  const app = await authenticateApp(context, request);
  const scope = parameter(request.form, 'scope');
  const audience = audienceOf(context, scope, new URL(request.endpoint).origin);
  if (!audience || !scopesOf(scope).every((part) => part.endsWith('/.default'))) {
    throw new TokenError(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${clip(scope)} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const internal = appInternal(app);
  const access_token = await accessToken(context, keys, audience, {
    appid: app.body.appId,
    app_displayname: app.body.displayName,
    appidacr: internal.secrets.length > 0 ? '1' : '2',
    idtyp: 'app',
    oid: internal.servicePrincipalId,
    sub: internal.servicePrincipalId,
    roles: internal.permissions,
  });
  return { token_type: 'Bearer', expires_in: tokenLifetime, ext_expires_in: tokenLifetime, access_token };
}

async function grantByPassword(tools: GrantTools, request: GrantRequest): Promise<TokenAnswer> {
  const app = await identifyApp(tools.context, request);
  const name = parameter(request.form, 'username');
  const verdict = signIn(tools.context, name, parameter(request.form, 'password'));
  if (verdict.kind === 'refused') throw new TokenError(400, 'invalid_grant', verdict.code, verdict.message);
  return grantToPerson(tools, request, {
    app,
    person: verdict.person,
    scope: parameter(request.form, 'scope'),
  });
}

async function refresh({ context }: GrantTools, request: GrantRequest): Promise<PersonGrant> {
  const app = await identifyApp(context, request);
  const kept = openRefreshToken(context, parameter(request.form, 'refresh_token'), app);
  const asked = scopesOf(request.form.get('scope') ?? '');
  // Another resource may be asked for; what was granted for the person's own claims stays.
  const scope = asked.length > 0 ? [...new Set([...asked, ...scopesOf(kept.scope)])].join(' ') : kept.scope;
  return { app, person: kept.person, scope };
}

/** The tokens of a person: an id token and a refresh token where they were asked for. */
async function grantToPerson(
  { context, keys }: GrantTools,
  request: GrantRequest,
  grant: PersonGrant,
): Promise<TokenAnswer> {
  const { app, person, scope, extra } = grant;
  const scopes = scopesOf(scope);
  const origin = new URL(request.endpoint).origin;
  return {
    token_type: 'Bearer',
    scope,
    expires_in: tokenLifetime,
    ext_expires_in: tokenLifetime,
    access_token: await delegatedToken(context, keys, { app, person, scope, origin }),
    ...(scopes.includes('offline_access') ? { refresh_token: sealRefreshToken(context, grant) } : {}),
    ...(scopes.includes('openid')
      ? {
          id_token: await idToken(context, keys, {
            app,
            person,
            scope,
            issuer: request.issuer,
            ...(extra ? { extra } : {}),
          }),
        }
      : {}),
  };
}
