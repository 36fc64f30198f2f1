import { createHash, timingSafeEqual } from 'node:crypto';
import { clip, type GrantRequest, identifyApp, parameter } from './client.ts';
import type { CodeGrant, CodeStore } from './codes.ts';
import { TokenError } from './errors.ts';
import type { GrantTools, PersonGrant } from './grants.ts';
import { livingPerson } from './person.ts';

const refuse = (code: number, message: string) => new TokenError(400, 'invalid_grant', code, message);

/**
 * What the authorization code of the request stands for, if the app that got it presents it the first time, with the same
 * redirect URI and the verifier of its challenge (RFC 6749 s.4.1.3, RFC 7636 s.4.6). Throws a TokenError.
 */
export async function redeemCode({ context, codes }: GrantTools, request: GrantRequest): Promise<PersonGrant> {
  const { form } = request;
  const app = await identifyApp(context, request);
  const grant = takeCode(codes, parameter(form, 'code'), String(app.body.appId));
  const redirectUri = parameter(form, 'redirect_uri');
  if (redirectUri !== grant.redirectUri) {
    throw refuse(
      500112,
      `The reply address '${clip(redirectUri)}' does not match the reply address '${clip(grant.redirectUri)}' provided when requesting Authorization code.`,
    );
  }
  checkVerifier(grant, form.get('code_verifier'));
  const person = livingPerson(context, grant.personId);
  const extra = {
    ...(grant.nonce === undefined ? {} : { nonce: grant.nonce }),
    ...(grant.wantsAuthTime ? { auth_time: Math.floor(grant.signedInAt / 1000) } : {}),
    sid: grant.sessionId,
  };
  return { app, person, scope: grant.scope, extra };
}

function takeCode(codes: CodeStore, code: string, appId: string): CodeGrant {
  const found = codes.redeem(code);
  if (found.kind === 'used') {
    throw refuse(
      54005,
      'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
    );
  }
  if (found.kind === 'expired') {
    throw refuse(
      70008,
      'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
    );
  }
  if (found.kind !== 'ok' || found.grant.appId !== appId) {
    throw refuse(70000, 'The provided value for the code parameter is not valid.');
  }
  return found.grant;
}

function checkVerifier({ challenge }: CodeGrant, verifier: string | undefined): void {
  if (!challenge) {
    if (verifier === undefined) return;
    // Whoever stole a code made without a challenge must not get away with a verifier of their own (RFC 9700 s.4.8.2).
    throw refuse(501481, 'The Code_Verifier does not match the code_challenge supplied in the authorization request.');
  }
  if (verifier === undefined) {
    throw refuse(50148, 'The code_verifier is missing: the authorization request had a code_challenge.');
  }
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) {
    throw refuse(501491, 'The size of the Code_Verifier parameter must be between 43 and 128 characters.');
  }
  const shown = challenge.method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  const [a, b] = [Buffer.from(shown), Buffer.from(challenge.value)];
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  throw refuse(501481, 'The Code_Verifier does not match the code_challenge supplied in the authorization request.');
}
