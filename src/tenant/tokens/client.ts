import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, importX509, type JSONWebKeySet, jwtVerify } from 'jose';
import { appInternal, checkSecret, type FederatedCredential, findApp } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import { TokenError } from './errors.ts';

/** A request to the token endpoint. */
export interface GrantRequest {
  readonly form: ReadonlyMap<string, string>;
  /** Client id and secret of an HTTP Basic header. */
  readonly basic?: { readonly id: string; readonly secret: string };
  /** URL of the token endpoint as the client knows it: the audience of assertions. */
  readonly endpoint: string;
  /** `https://host/<tenant>/v2.0`. */
  readonly issuer: string;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The parameter, or a TokenError that names what is missing. */
export function parameter(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name);
  if (value) return value;
  throw new TokenError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  );
}
/** Text of a client as it may appear in an answer. */
export const clip = (text: string) => text.slice(0, 200);

/** The app registration, or a TokenError. */
export function knownApp(context: TenantContext, clientId: string): StoredObject {
  const app = findApp(context, clientId);
  if (app) return app;
  throw new TokenError(
    400,
    'unauthorized_client',
    700016,
    `Application with identifier '${clip(clientId)}' was not found in the directory '${context.company.state.displayName}'. This can happen if the application has not been installed by the administrator of the tenant.`,
  );
}

/** The app that proved who it is by secret or assertion. Throws a TokenError. */
export async function authenticateApp(context: TenantContext, request: GrantRequest): Promise<StoredObject> {
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

/** Apps without any credential are public clients: nobody can prove to be one of them. */
export const isPublicClient = (app: StoredObject): boolean => {
  const { secrets, certificates, federated } = appInternal(app);
  return secrets.length + certificates.length + federated.length === 0;
};

/** The app that asks on behalf of a person: a public client just says who it is, others prove it. Throws a TokenError. */
export async function identifyApp(context: TenantContext, request: GrantRequest): Promise<StoredObject> {
  const { form, basic } = request;
  const assertion = form.get('client_assertion');
  if (assertion !== undefined && !form.has('client_id')) return authenticateApp(context, request);
  const app = knownApp(context, basic?.id ?? parameter(form, 'client_id'));
  if (!isPublicClient(app)) return authenticateApp(context, request);
  if (basic?.secret || form.has('client_secret') || assertion !== undefined) {
    throw new TokenError(
      401,
      'invalid_client',
      700025,
      "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    );
  }
  return app;
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
