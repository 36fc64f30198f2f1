/** Who asks, and whether the request may be what it says: session, token, origin, host. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Actor } from '../../health/audit.ts';
import { Refusal } from '../refusal.ts';
import type { ServiceContext } from '../service-context.ts';
import { sameSecret } from '../service-token.ts';
import type { AttemptLimiter } from '../sign-in/limiter.ts';
import { mayAct, type Role, roleTitle } from '../sign-in/roles.ts';
import type { Session } from '../sign-in/session.ts';

export interface Env {
  Bindings: Partial<HttpBindings>;
}

/** With TLS the browser itself keeps the cookie from being set by anybody else. */
export const cookieName = (isSecure: boolean): string => (isSecure ? '__Host-causeway-session' : 'causeway-session');

/** Address of the other end; requests in process have none. */
export const addressOf = (c: Context<Env>): string => c.env?.incoming?.socket?.remoteAddress ?? 'in-process';

/** The session of a cookie or a token; undefined if there is none. Throws a Refusal after too many wrong tokens. */
export async function sessionOf(
  c: Context<Env>,
  context: ServiceContext,
  limiter: AttemptLimiter,
  isSecure: boolean,
): Promise<Session | undefined> {
  const bearer = /^Bearer (\S{1,512})$/.exec(c.req.header('authorization') ?? '')?.[1];
  if (bearer === undefined) return context.sessions.find(getCookie(c, cookieName(isSecure)));
  if (!sameSecret(bearer, context.token)) {
    const address = addressOf(c);
    limiter.check(address);
    limiter.failed(address);
    return undefined;
  }
  const given = c.req.header('x-causeway-user') ?? '';
  const name = /^[\w.@\\-]{1,128}$/.test(given) ? given : 'command line';
  return { id: 'token', name, roles: ['admin'], method: 'token', csrf: '', expires: 8_640_000_000_000_000 };
}

export const actorOf = (session: Session): Actor => ({
  who: session.name,
  how: session.method === 'token' ? 'command-line' : 'console',
});

export function requireSession(session: Session | undefined): Session {
  if (session) return session;
  throw new Refusal(
    'not-signed-in',
    'You are not signed in. Open the console and sign in; the local administrator gets a link with "causeway sign-in".',
  );
}

export function requireRole(session: Session, needed: Role, what: string): void {
  if (mayAct(session.roles, needed)) return;
  throw new Refusal(
    'forbidden',
    `${session.name} may not do this (${what.replace(/\.$/, '')}): it takes ${roleTitle(needed)} or an administrator.`,
    { facts: { needed } },
  );
}

/** A browser that changes something has to show that the page of this service made it do so. */
export function requireOwnPage(c: Context<Env>, session: Session): void {
  if (session.method === 'token') return;
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin')
    throw new Refusal('forbidden', 'The request comes from another site.', { code: 'cross-site' });
  if (sameSecret(c.req.header('x-csrf-token') ?? '', session.csrf)) return;
  throw new Refusal('forbidden', 'The header x-csrf-token is missing or wrong. Load the page again.', { code: 'csrf' });
}

/** How the service is reached by browsers. */
export interface Reach {
  /** Browsers come over TLS: its own, or that of a proxy in front of it (`service.publicUrl`). */
  readonly isSecure: boolean;
  /** Served over TLS itself. */
  readonly hasTls: boolean;
  /** Address for browsers, without a slash at the end. */
  readonly publicUrl: () => string;
}

/**
 * Names by which this service may be asked. Without TLS any web page could have its own name point to the loopback
 * address and read what is here (DNS rebinding), so only names that no page can own are good, and the published one.
 */
export function requireHost(c: Context<Env>, { hasTls, publicUrl }: Reach): void {
  if (hasTls) return;
  const given = c.req.header('host') ?? new URL(c.req.url).host;
  const host = given.replace(/:\d+$/, '');
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)) return;
  const published = publicUrl();
  if (URL.canParse(published) && given.toLowerCase() === new URL(published).host) return;
  throw new Refusal(
    'wrong-host',
    `This service does not answer for "${host.slice(0, 100)}". Use its loopback address, give it TLS, or name the address of its proxy in service.publicUrl.`,
  );
}

/** Sent with everything. */
export function securityHeaders(isSecure: boolean): Readonly<Record<string, string>> {
  return {
    // What may be kept says so itself.
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}
