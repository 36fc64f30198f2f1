import { jwtVerify } from 'jose';
import { findApp } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { readBody } from '../http.ts';
import { isRegistered } from './authorize.ts';
import type { SigningKeys } from './keys.ts';
import { messagePage } from './pages.ts';
import { endedCookie } from './session.ts';

/**
 * Ends the browser's session. It goes on to `post_logout_redirect_uri` if that belongs to the app that the request names by
 * `client_id` or `id_token_hint`; otherwise it stays on a page that says so (OpenID Connect RP-Initiated Logout 1.0 s.2).
 */
export async function answerLogout(context: TenantContext, keys: SigningKeys, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const form = request.method === 'POST' ? new URLSearchParams(await readBody(request, 64 * 1024)) : [];
  const parameters = new Map([...url.searchParams, ...form]);
  const target = parameters.get('post_logout_redirect_uri');
  const appId = parameters.get('client_id') ?? (await audienceOfHint(keys, parameters.get('id_token_hint')));
  const app = appId === undefined ? undefined : findApp(context, appId);
  const answer =
    target !== undefined && app && isRegistered(app, target)
      ? new Response(null, { status: 302, headers: { location: withState(target, parameters.get('state')) } })
      : messagePage(200, 'Signed out', `You signed out of ${context.company.state.displayName}.`);
  answer.headers.append('set-cookie', endedCookie(url.protocol === 'https:'));
  return answer;
}

const withState = (target: string, state: string | undefined): string =>
  state === undefined ? target : `${target}${target.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;

async function audienceOfHint(keys: SigningKeys, hint: string | undefined): Promise<string | undefined> {
  if (hint === undefined) return undefined;
  try {
    // An id token that has expired still says who asks.
    const { payload } = await jwtVerify(hint, keys.publicKey, { currentDate: new Date(0), clockTolerance: 1e12 });
    return typeof payload.aud === 'string' ? payload.aud : undefined;
  } catch {
    return undefined; // not one of the tenant's tokens: the session ends all the same
  }
}
