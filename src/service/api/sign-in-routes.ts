/** Getting in and out: one-time links, OpenID Connect, the session itself. */
import type { Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { Refusal } from '../refusal.ts';
import type { ServiceContext } from '../service-context.ts';
import { AttemptLimiter } from '../sign-in/limiter.ts';
import type { OpenIdFlow } from '../sign-in/openid-connect.ts';
import type { Role } from '../sign-in/roles.ts';
import { type Session, sessionMs } from '../sign-in/session.ts';
import { actorOf, addressOf, cookieName, type Env, requireOwnPage, requireSession } from './security.ts';

interface Surroundings {
  readonly isSecure: boolean;
  readonly session: (c: Context<Env>) => Promise<Session | undefined>;
}
const flowCookie = 'causeway-sign-in';
/** Milliseconds that signing in at the provider may take. */
const flowMs = 600_000;

export function signInRoutes(app: Hono<Env>, context: ServiceContext, around: Surroundings): void {
  const { isSecure } = around;
  const links = new AttemptLimiter(context.now);
  const arrivals = new AttemptLimiter(context.now);
  /** Every departure costs the provider a request. */
  const departures = new AttemptLimiter(context.now, 60);
  const begin = async (c: Context<Env>, name: string, roles: readonly Role[], method: 'link' | 'openid-connect') => {
    const { session, cookie } = await context.sessions.begin(name, roles, method);
    setCookie(c, cookieName(isSecure), cookie, {
      httpOnly: true,
      sameSite: 'Strict',
      secure: isSecure,
      path: '/',
      maxAge: sessionMs / 1000,
    });
    const entry = { action: 'sign-in', subject: method, after: { roles } };
    await context.change({ who: name, how: 'console' }, { kind: 'note', entry });
    return session;
  };

  const end = async (session: Session) => {
    context.sessions.end(session);
    try {
      const { id, expires } = session;
      await context.change(actorOf(session), { kind: 'end-session', session: id, expires });
      context.sessions.saved(id);
    } catch (error) {
      // It is over all the same; the service writes it down as soon as the engine is back.
      if (!(error instanceof Refusal)) throw error;
      context.log.warn({ who: session.name, reason: error.message }, 'The end of a session is not written down yet');
    }
  };

  app.get('/api/v1/session', async (c) => {
    c.header('cache-control', 'no-store');
    const methods = ['link', ...(context.openId ? ['openid-connect'] : [])];
    const session = await around.session(c);
    if (!session) return c.json({ signedIn: false, methods });
    const { name, roles, method, csrf, expires } = session;
    return c.json({ signedIn: true, methods, name, roles, method, csrf, expires: new Date(expires).toISOString() });
  });
  app.delete('/api/v1/session', async (c) => {
    const session = requireSession(await around.session(c));
    requireOwnPage(c, session);
    if (session.method !== 'token') await end(session);
    deleteCookie(c, cookieName(isSecure), { path: '/', secure: isSecure });
    return c.json({ signedIn: false });
  });

  app.get('/sign-in/link', async (c) => {
    const address = addressOf(c);
    links.check(address);
    const name = context.links.use(c.req.query('code') ?? '');
    if (name === undefined) {
      links.failed(address);
      return page(
        c,
        403,
        'This link is not good',
        'It was used already, or it is older than an hour. "causeway sign-in" makes a new one.',
      );
    }
    links.succeeded(address);
    await begin(c, name, ['admin'], 'link');
    return c.redirect('/', 303);
  });

  app.get('/sign-in/openid-connect', async (c) => {
    departures.check(addressOf(c));
    departures.failed(addressOf(c));
    const { url, flow } = await requireOpenId(context).leave();
    const sealed = await context.sealer.seal('sign-in', { ...flow }, context.now() + flowMs);
    // Lax, because the provider sends the browser back from another site.
    setCookie(c, flowCookie, sealed, {
      httpOnly: true,
      sameSite: 'Lax',
      secure: isSecure,
      path: '/sign-in',
      maxAge: flowMs / 1000,
    });
    return c.redirect(url, 303);
  });
  app.get('/sign-in/callback', async (c) => {
    const address = addressOf(c);
    arrivals.check(address);
    const sealed = getCookie(c, flowCookie);
    deleteCookie(c, flowCookie, { path: '/sign-in', secure: isSecure });
    const flow = sealed === undefined ? undefined : await context.sealer.open('sign-in', sealed);
    try {
      if (!flow)
        throw new Refusal('not-signed-in', 'This sign-in was not begun here, or it took too long. Begin again.', {
          code: 'sign-in-failed',
        });
      const query = new URL(c.req.url).searchParams;
      const { name, roles } = await requireOpenId(context).arrive(query, flow as unknown as OpenIdFlow);
      await begin(c, name, roles, 'openid-connect');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      arrivals.failed(address);
      context.log.warn({ code: error.code, reason: error.message }, 'A sign-in failed');
      return page(c, error.status, 'You could not be signed in', error.message);
    }
    arrivals.succeeded(address);
    // A redirect would still count as coming from the other site, and the strict cookie would stay behind.
    return page(c, 200, 'Signed in', 'The console opens.', '/');
  });
}

function requireOpenId(context: ServiceContext) {
  if (context.openId) return context.openId;
  throw new Refusal(
    'not-found',
    'Sign-in with OpenID Connect is not set up; see service.signIn in the configuration. The local administrator gets a link with "causeway sign-in".',
  );
}

function page(c: Context<Env>, status: 200 | 403 | 401 | number, title: string, text: string, next?: string): Response {
  const safe = (s: string) => s.replace(/[&<>"']/g, (ch) => `&#${ch.charCodeAt(0)};`);
  const refresh = next === undefined ? '' : `<meta http-equiv="refresh" content="0; url=${safe(next)}">`;
  const link = `<p><a href="${safe(next ?? '/')}">To the console</a></p>`;
  c.header('cache-control', 'no-store');
  return c.html(
    `<!doctype html><html lang="en"><meta charset="utf-8">${refresh}<title>${safe(title)}</title><h1>${safe(title)}</h1><p>${safe(text)}</p>${link}</html>`,
    status as 200,
  );
}
