import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import { TokenError } from './errors.ts';
import type { PersonGrant } from './grants.ts';
import { isRevokedSince, livingPerson } from './person.ts';
import { sealer } from './sealed.ts';

/** Days without use after which a refresh token ends. */
const lifetimeMs = 90 * 24 * 3600 * 1000;

/** A refresh token. It holds everything itself, so that it outlives a restart; each use answers with a fresh one. */
export const sealRefreshToken = (context: TenantContext, { app, person, scope }: PersonGrant): string =>
  `1.${sealer(context, 'refresh').seal({ app: app.body.appId, person: person.id, scope, at: context.clock.now() })}`;

/** Whom and what the token was made for. Throws a TokenError if it is not good for this app, or no longer. */
export function openRefreshToken(
  context: TenantContext,
  token: string,
  app: StoredObject,
): { readonly person: StoredObject; readonly scope: string } {
  const content = token.startsWith('1.') ? sealer(context, 'refresh').open(token.slice(2)) : undefined;
  if (!content || content.app !== app.body.appId) {
    throw refuse(
      9002313,
      'Invalid request. Request is malformed or invalid: the refresh token was not given to this app.',
    );
  }
  const at = Number(content.at);
  if (at + lifetimeMs <= context.clock.now()) {
    throw refuse(700082, 'The refresh token has expired due to inactivity. Sign in again.');
  }
  const person = livingPerson(context, String(content.person));
  if (isRevokedSince(person, at)) {
    throw refuse(50173, 'The provided grant has expired due to it being revoked, a fresh auth token is needed.');
  }
  return { person, scope: String(content.scope) };
}

const refuse = (code: number, message: string) => new TokenError(400, 'invalid_grant', code, message);
