import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importX509,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { appInternal, checkSecret, type FederatedCredential, findApp } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { signIn } from '../sign-in.ts';
import type { StoredObject } from '../store/objects.ts';
import { TokenError } from './errors.ts';
import type { SigningKeys } from './keys.ts';

export interface TokenAnswer {
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly ext_expires_in: number;
  readonly access_token: string;
  readonly id_token?: string;
  readonly scope?: string;
}
export interface GrantRequest {
  readonly form: ReadonlyMap<string, string>;
  /** Client id and secret of an HTTP Basic header. */
  readonly basic?: { readonly id: string; readonly secret: string };
  /** URL of the token endpoint as the client knows it: the audience of assertions. */
  readonly endpoint: string;
  /** `https://host/<tenant>/v2.0`. */
  readonly issuer: string;
}

/** Seconds a token lives. */
const lifetime = 3599;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Answers a token request, or throws a TokenError (entra-directory s.5.13). */
export async function grantToken(
  context: TenantContext,
  keys: SigningKeys,
  request: GrantRequest,
): Promise<TokenAnswer> {
  const grant = parameter(request.form, 'grant_type');
  if (grant === 'client_credentials') return grantToApp(context, keys, request);
  if (grant === 'password') return grantToPerson(context, keys, request);
  throw new TokenError(
    400,
    'unsupported_grant_type',
    70003,
    `The app requested an unsupported grant type '${clip(grant)}'.`,
  );
}

async function grantToApp(context: TenantContext, keys: SigningKeys, request: GrantRequest): Promise<TokenAnswer> {
  const app = await authenticateApp(context, request);
  const scope = parameter(request.form, 'scope');
  const audience = audienceOf(scope);
  if (!audience) {
    throw new TokenError(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${clip(scope)} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const internal = appInternal(app);
  const access_token = await sign(context, keys, audience, {
    appid: app.body.appId,
    app_displayname: app.body.displayName,
    appidacr: internal.secrets.length > 0 ? '1' : '2',
    idtyp: 'app',
    oid: internal.servicePrincipalId,
    sub: internal.servicePrincipalId,
    roles: internal.permissions,
  });
  return { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token };
}

async function grantToPerson(context: TenantContext, keys: SigningKeys, request: GrantRequest): Promise<TokenAnswer> {
  const clientId = request.basic?.id ?? parameter(request.form, 'client_id');
  const app = knownApp(context, clientId);
  if (appInternal(app).secrets.length > 0) await authenticateApp(context, request);
  const name = parameter(request.form, 'username');
  const verdict = signIn(context, name, parameter(request.form, 'password'));
  if (verdict.kind === 'refused') throw new TokenError(400, 'invalid_grant', verdict.code, verdict.message);
  const person = verdict.person;
  const scope = parameter(request.form, 'scope');
  const graph = 'https://graph.microsoft.com/';
  const granted = appInternal(app).permissions.join(' ');
  const access_token = await sign(context, keys, audienceOf(scope) ?? graph.slice(0, -1), {
    appid: app.body.appId,
    app_displayname: app.body.displayName,
    appidacr: '0',
    idtyp: 'user',
    oid: person.id,
    sub: person.id,
    upn: person.body.userPrincipalName,
    name: person.body.displayName,
    scp: granted,
  });
  const answer = { token_type: 'Bearer', scope, expires_in: lifetime, ext_expires_in: lifetime, access_token } as const;
  if (!scope.split(' ').includes('openid')) return answer;
  const id_token = await new SignJWT({
    oid: person.id,
    tid: context.company.state.tenantId,
    preferred_username: person.body.userPrincipalName,
    name: person.body.displayName,
    ver: '2.0',
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keys.keyId })
    .setIssuer(request.issuer)
    .setSubject(person.id)
    .setAudience(String(app.body.appId))
    .setIssuedAt(seconds(context))
    .setNotBefore(seconds(context))
    .setExpirationTime(seconds(context) + lifetime)
    .sign(keys.privateKey);
  return { ...answer, id_token };
}

const seconds = (context: TenantContext) => Math.floor(context.clock.now() / 1000);

async function sign(
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
    .setExpirationTime(now + lifetime)
    .sign(keys.privateKey);
}

/** The resource of a scope such as `https://graph.microsoft.com/.default`; undefined if no part of it is one. */
function audienceOf(scope: string): string | undefined {
  const part = scope.split(' ').find((p) => p.endsWith('/.default'));
  const resource = part?.slice(0, -'/.default'.length).replace(/\/$/, '');
  return resource ? resource : undefined;
}

function parameter(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name);
  if (value) return value;
  throw new TokenError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  );
}
const clip = (text: string) => text.slice(0, 200);

function knownApp(context: TenantContext, clientId: string): StoredObject {
  const app = findApp(context, clientId);
  if (app) return app;
  throw new TokenError(
    400,
    'unauthorized_client',
    700016,
    `Application with identifier '${clip(clientId)}' was not found in the directory '${context.company.state.displayName}'. This can happen if the application has not been installed by the administrator of the tenant.`,
  );
}

async function authenticateApp(context: TenantContext, request: GrantRequest): Promise<StoredObject> {
  const { form, basic } = request;
  if (form.get('client_assertion_type') === assertionType) return authenticateByAssertion(context, request);
  const app = knownApp(context, basic?.id ?? parameter(form, 'client_id'));
  const secret = basic?.secret ?? form.get('client_secret');
  if (!secret) {
    throw new TokenError(
      401,
      'invalid_client',
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  }
  const verdict = checkSecret(app, secret, context.clock.now());
  if (verdict === 'valid') return app;
  throw verdict === 'expired'
    ? new TokenError(
        401,
        'invalid_client',
        7000222,
        `The provided client secret keys for app '${app.body.appId}' are expired.`,
      )
    : new TokenError(
        401,
        'invalid_client',
        7000215,
        'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.',
      );
}

async function authenticateByAssertion(context: TenantContext, request: GrantRequest): Promise<StoredObject> {
  const assertion = parameter(request.form, 'client_assertion');
  const { header, claims } = readAssertion(assertion);
  const app = knownApp(context, request.form.get('client_id') ?? String(claims.sub ?? ''));
  const federated = appInternal(app).federated.find((f) => f.issuer === claims.iss && f.subject === claims.sub);
  if (federated) return verifyFederated(context, app, assertion, federated);
  const certificate = appInternal(app).certificates.find(
    (c) => c.x5tS256 === header['x5t#S256'] || c.x5t === header.x5t,
  );
  if (!certificate) {
    throw new TokenError(
      401,
      'invalid_client',
      700027,
      'The certificate with identifier used to sign the client assertion is not registered on application.',
    );
  }
  const algorithm = header.alg === 'PS256' ? 'PS256' : 'RS256';
  const key = await importX509(certificate.pem, algorithm);
  try {
    await jwtVerify(assertion, key, {
      algorithms: [algorithm],
      audience: [request.endpoint, request.issuer, request.endpoint.replace('/oauth2/v2.0/token', '/oauth2/token')],
      issuer: String(app.body.appId),
      subject: String(app.body.appId),
      currentDate: new Date(context.clock.now()),
      clockTolerance: 300,
    });
  } catch (error) {
    throw refuseAssertion(error);
  }
  return app;
}

/** A token of another issuer stands for the app (workload identity federation). */
async function verifyFederated(
  context: TenantContext,
  app: StoredObject,
  assertion: string,
  credential: FederatedCredential,
): Promise<StoredObject> {
  try {
    await jwtVerify(assertion, createLocalJWKSet(credential.jwks as unknown as JSONWebKeySet), {
      issuer: credential.issuer,
      subject: credential.subject,
      audience: credential.audience ?? 'api://AzureADTokenExchange',
      currentDate: new Date(context.clock.now()),
    });
  } catch (error) {
    throw refuseAssertion(error);
  }
  return app;
}

function readAssertion(assertion: string) {
  try {
    return {
      header: decodeProtectedHeader(assertion) as Record<string, unknown>,
      claims: decodeJwt(assertion) as Record<string, unknown>,
    };
  } catch {
    throw new TokenError(400, 'invalid_request', 50027, 'JWT token is invalid or malformed.');
  }
}

function refuseAssertion(error: unknown): TokenError {
  const code = (error as { code?: string }).code;
  if (code === 'ERR_JWT_EXPIRED') {
    return new TokenError(401, 'invalid_client', 700024, 'Client assertion is not within its valid time range.');
  }
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') {
    const claim = (error as { claim?: string }).claim;
    if (claim === 'nbf' || claim === 'exp') {
      return new TokenError(401, 'invalid_client', 700024, 'Client assertion is not within its valid time range.');
    }
    return new TokenError(401, 'invalid_client', 700023, `Client assertion has an invalid '${claim}' claim.`);
  }
  return new TokenError(401, 'invalid_client', 700027, 'Client assertion failed signature validation.');
}
