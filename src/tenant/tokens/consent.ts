/** The consent of an administrator to the permissions that an app asks for (entra-directory s.5.13). */
import { appInternal, findApp, grantRequested } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { readBody } from '../http.ts';
import { rolesHeld } from '../roles.ts';
import { signIn } from '../sign-in.ts';
import type { StoredObject } from '../store/objects.ts';
import { isRegistered } from './authorize.ts';
import { clip } from './client.ts';
import { consentPage, messagePage, signInPage } from './pages.ts';
import { sessionCookie, sessionOf } from './session.ts';

const maxForm = 64 * 1024;
/** Who may consent to application permissions of Graph. */
const consenting = new Set(['Global Administrator', 'Privileged Role Administrator']);
/** Fields of the forms; everything else of a request is a parameter. */
const own = new Set(['username', 'password', 'decision']);

interface Visit {
  readonly context: TenantContext;
  readonly app: StoredObject;
  readonly redirectUri: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly origin: string;
}

/** Answers `/adminconsent`: a form to sign in, one to decide, and the way back to the app if it named one. */
export async function answerConsent(context: TenantContext, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const isForm = request.method === 'POST';
  const form = new Map(isForm ? new URLSearchParams(await readBody(request, maxForm)) : []);
  const parameters = new Map([...url.searchParams, ...form].filter(([name]) => !own.has(name)));
  const clientId = parameters.get('client_id') ?? '';
  const app = clientId === '' ? undefined : findApp(context, clientId);
  if (!app) return refused(`AADSTS700016: There is no application '${clip(clientId)}' in the directory.`);
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri !== undefined && !isRegistered(app, redirectUri))
    return refused(`AADSTS50011: The redirect URI '${clip(redirectUri)}' is none of the application.`);
  if (isForm && !isFromHere(request, url)) return refused('AADSTS90014: The form came from elsewhere.');
  const visit: Visit = { context, app, redirectUri, parameters, origin: url.origin };
  const name = form.get('username');
  if (name !== undefined) {
    const verdict = signIn(context, name, form.get('password') ?? '');
    if (verdict.kind === 'refused') return askWho(visit, name, `AADSTS${verdict.code}: ${verdict.message}`);
    const session = { person: verdict.person, id: context.random.guid(), signedInAt: context.clock.now() };
    const answer = decide(visit, session.person, undefined);
    answer.headers.append('set-cookie', sessionCookie(context, session, url.protocol === 'https:'));
    return answer;
  }
  const session = sessionOf(context, request);
  return session ? decide(visit, session.person, isForm ? form.get('decision') : undefined) : askWho(visit, '');
}

const refused = (text: string): Response => messagePage(400, 'Consent', text);

/** The cookie says who it is, so a form must come from this very page. */
function isFromHere(request: Request, url: URL): boolean {
  const origin = request.headers.get('origin');
  return origin === null || (URL.canParse(origin) && new URL(origin).host === url.host);
}

function askWho({ context, app, redirectUri, parameters, origin }: Visit, name: string, error?: string): Response {
  return signInPage({
    tenant: context.company.state.displayName,
    app: String(app.body.displayName),
    parameters,
    redirectUri: redirectUri ?? origin,
    name: clip(name),
    ...(error === undefined ? {} : { error }),
  });
}

function decide(visit: Visit, person: StoredObject, decision: string | undefined): Response {
  const { context, app, parameters, redirectUri, origin } = visit;
  const { requestedPermissions = [], permissions } = appInternal(app);
  if (!rolesHeld(context, person).some((role) => consenting.has(role.displayName)))
    return messagePage(
      403,
      'Consent',
      `AADSTS90094: ${String(person.body.userPrincipalName)} may not consent for the organization. A Global Administrator or a Privileged Role Administrator may.`,
    );
  if (decision === 'accept') {
    context.write(() => grantRequested(context, app));
    return sendBack(visit, { admin_consent: 'True', tenant: context.company.state.tenantId }, 'Consent is given.');
  }
  if (decision !== undefined) {
    const error_description = 'AADSTS65004: The administrator declined to consent to access the app.';
    return sendBack(visit, { error: 'access_denied', error_subcode: 'cancel', error_description }, error_description);
  }
  return consentPage({
    tenant: context.company.state.displayName,
    app: String(app.body.displayName),
    person: String(person.body.userPrincipalName),
    asked: requestedPermissions.filter((name) => !permissions.includes(name)),
    has: permissions,
    parameters,
    redirectUri: redirectUri ?? origin,
  });
}

function sendBack({ redirectUri, parameters }: Visit, answer: Record<string, string>, text: string): Response {
  if (redirectUri === undefined) return messagePage(200, 'Consent', text);
  const state = parameters.get('state');
  const fields = new URLSearchParams({ ...answer, ...(state === undefined ? {} : { state }) });
  const location = `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${fields}`;
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
  return new Response(null, { status: 302, headers });
}
