import type { TenantContext } from '../context.ts';
import { readBody } from '../http.ts';
import { signIn } from '../sign-in.ts';
import { type Asking, type Parameters, readAsking, readWish, type Wish } from './authorize.ts';
import { clip } from './client.ts';
import type { CodeStore } from './codes.ts';
import { TokenError } from './errors.ts';
import { audienceOf } from './issue.ts';
import { formPostPage, messagePage, signInPage } from './pages.ts';
import { type Session, sessionCookie, sessionOf } from './session.ts';

const maxForm = 64 * 1024;
const credentials = new Set(['username', 'password']);

/**
 * Answers the authorization endpoint: a form, or the way back to the app with a code or an error (RFC 6749 s.4.1).
 * Apps have the consent of an administrator here, so nobody is asked for theirs.
 */
export async function answerAuthorize(context: TenantContext, codes: CodeStore, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const form = new Map(request.method === 'POST' ? new URLSearchParams(await readBody(request, maxForm)) : []);
  const parameters: Parameters = new Map([...url.searchParams, ...form].filter(([name]) => !credentials.has(name)));
  let asking: Asking;
  try {
    asking = readAsking(context, parameters);
  } catch (error) {
    if (error instanceof TokenError) return messagePage(error.status, 'Sign in', describe(error));
    throw error;
  }
  try {
    const wish = readWish(parameters);
    audienceOf(context, wish.scope, url.origin); // a resource nobody knows is refused before anybody types a password
    return authorize({ context, codes, request, url, asking, wish, parameters }, form);
  } catch (error) {
    if (error instanceof TokenError) return sendBack(asking, errorFields(error));
    throw error;
  }
}

interface Visit {
  readonly context: TenantContext;
  readonly codes: CodeStore;
  readonly request: Request;
  readonly url: URL;
  readonly asking: Asking;
  readonly wish: Wish;
  readonly parameters: Parameters;
}

function authorize(visit: Visit, form: ReadonlyMap<string, string>): Response {
  const { context, request, url, wish } = visit;
  const name = form.get('username');
  if (name !== undefined) {
    if (!isFromHere(request, url)) throw new TokenError(400, 'invalid_request', 90014, 'The form came from elsewhere.');
    const verdict = signIn(context, name, form.get('password') ?? '');
    if (verdict.kind === 'refused') return askForPassword(visit, name, `AADSTS${verdict.code}: ${verdict.message}`);
    const session = { person: verdict.person, id: context.random.guid(), signedInAt: context.clock.now() };
    const answer = sendCode(visit, session);
    answer.headers.append('set-cookie', sessionCookie(context, session, url.protocol === 'https:'));
    return answer;
  }
  const session = usableSession(visit);
  if (session) return sendCode(visit, session);
  if (wish.prompt.has('none')) {
    throw new TokenError(400, 'login_required', 50058, 'A silent sign-in request was sent but no user is signed in.');
  }
  return askForPassword(visit, wish.loginHint ?? '');
}

/** The session of the browser, unless the app wants the person to be asked again or means somebody else. */
function usableSession({ context, request, wish }: Visit): Session | undefined {
  if (wish.prompt.has('login') || wish.prompt.has('select_account')) return undefined;
  const session = sessionOf(context, request);
  if (!session) return undefined;
  if (wish.maxAge !== undefined && session.signedInAt + wish.maxAge * 1000 <= context.clock.now()) return undefined;
  const own = String(session.person.body.userPrincipalName).toLowerCase();
  return wish.loginHint === undefined || wish.loginHint.toLowerCase() === own ? session : undefined;
}

/** A form of another site must not sign anybody in. Browsers say where a form came from, other clients need not. */
function isFromHere(request: Request, url: URL): boolean {
  const origin = request.headers.get('origin');
  if (origin === null) return true;
  return URL.canParse(origin) && new URL(origin).host === url.host;
}

function askForPassword({ context, asking, parameters }: Visit, name: string, error?: string): Response {
  return signInPage({
    tenant: context.company.state.displayName,
    app: String(asking.app.body.displayName),
    parameters,
    redirectUri: asking.redirectUri,
    name: clip(name),
    ...(error === undefined ? {} : { error }),
  });
}

function sendCode({ codes, asking, wish }: Visit, session: Session): Response {
  const code = codes.issue({
    appId: String(asking.app.body.appId),
    personId: session.person.id,
    redirectUri: asking.redirectUri,
    scope: wish.scope,
    ...(wish.nonce === undefined ? {} : { nonce: wish.nonce }),
    ...(wish.challenge ? { challenge: wish.challenge } : {}),
    sessionId: session.id,
    signedInAt: session.signedInAt,
    wantsAuthTime: wish.maxAge !== undefined,
  });
  return sendBack(asking, { code, session_state: session.id });
}

const describe = (error: TokenError) => `AADSTS${error.aadsts}: ${error.message}`;
const errorFields = (error: TokenError) => ({ error: error.error, error_description: describe(error) });

/** The browser's way back to the app. */
function sendBack({ redirectUri, mode, state }: Asking, answer: Record<string, string>): Response {
  const fields = new URLSearchParams({ ...answer, ...(state === undefined ? {} : { state }) });
  if (mode === 'form_post') return formPostPage(redirectUri, fields);
  const joint = mode === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?';
  return new Response(null, {
    status: 302,
    headers: {
      location: `${redirectUri}${joint}${fields}`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
  });
}
