import { createHash } from 'node:crypto';

const style = `body{font:16px/1.5 system-ui,sans-serif;background:#f2f2f2;color:#1b1b1b;margin:0}
main{max-width:24rem;margin:12vh auto 0;background:#fff;padding:2rem 2.5rem;box-shadow:0 2px 6px #0003}
h1{font-size:1.4rem;margin:.5rem 0 1rem}label{display:block;margin-top:1rem}p{margin:.5rem 0}
input{box-sizing:border-box;width:100%;font:inherit;padding:.4rem .5rem;border:1px solid #666}
button{margin-top:1.5rem;font:inherit;padding:.4rem 2rem;border:0;background:#0b5cab;color:#fff;cursor:pointer}
.error{color:#a80000;overflow-wrap:anywhere}.quiet{color:#555;font-size:.9rem}
@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#eee}main{background:#2b2b2b}.error{color:#ff9b9b}.quiet{color:#bbb}}`;
const styleHash = createHash('sha256').update(style).digest('base64');

/** Text made harmless for HTML, in elements and in quoted attributes. */
const harmless = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const hidden = (fields: Iterable<readonly [string, string]>): string =>
  Array.from(
    fields,
    ([name, value]) => `<input type="hidden" name="${harmless(name)}" value="${harmless(value)}">`,
  ).join('');

/** A page without scripts. `formTo` is where its form, or what answers the form, may lead besides this tenant. */
function page(status: number, title: string, content: string, formTo = ''): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${harmless(title)}</title><style>${style}</style></head><body><main>${content}</main></body></html>`;
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'${formTo}; base-uri 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
  });
}

/** ` https://app.example` for a policy; the scheme alone for addresses of programs. */
function sourceOf(uri: string): string {
  const url = new URL(uri);
  return url.origin === 'null' ? ` ${url.protocol}` : ` ${url.origin}`;
}

/** The form that asks who is there. It carries the parameters of the request with it. */
export function signInPage(facts: {
  readonly tenant: string;
  readonly app: string;
  readonly parameters: Iterable<readonly [string, string]>;
  readonly redirectUri: string;
  readonly name: string;
  readonly error?: string;
}): Response {
  const { tenant, app, name, error } = facts;
  const message = error === undefined ? '' : `<p class="error" role="alert">${harmless(error)}</p>`;
  return page(
    200,
    `Sign in to ${tenant}`,
    `<p class="quiet">${harmless(tenant)}</p><h1>Sign in</h1><p>to continue to ${harmless(app)}</p>${message}
<form method="post">${hidden(facts.parameters)}
<label for="username">User name</label>
<input id="username" name="username" value="${harmless(name)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${name ? '' : ' autofocus'}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${name ? ' autofocus' : ''}>
<button type="submit">Sign in</button></form>
<p class="quiet">A local tenant of Causeway, not Microsoft.</p>`,
    sourceOf(facts.redirectUri),
  );
}

/** What an app asks of the whole organization, with two ways to answer. */
export function consentPage(facts: {
  readonly tenant: string;
  readonly app: string;
  readonly person: string;
  /** Permissions that it has not. */
  readonly asked: readonly string[];
  readonly has: readonly string[];
  readonly parameters: Iterable<readonly [string, string]>;
  readonly redirectUri: string;
}): Response {
  const list = (names: readonly string[]) => `<ul>${names.map((name) => `<li>${harmless(name)}</li>`).join('')}</ul>`;
  const { tenant, app, person, asked, has } = facts;
  return page(
    200,
    `Consent for ${tenant}`,
    `<p class="quiet">${harmless(tenant)}</p><h1>Consent for the organization</h1>
<p>${harmless(app)} asks for ${asked.length === 0 ? 'nothing that it has not.' : `these permissions of Microsoft Graph:</p>${list(asked)}<p>`}</p>
${has.length === 0 ? '' : `<p class="quiet">It has already:</p>${list(has)}`}
<form method="post">${hidden(facts.parameters)}
<button type="submit" name="decision" value="accept">Accept</button> <button type="submit" name="decision" value="cancel">Cancel</button></form>
<p class="quiet">Signed in as ${harmless(person)}. A local tenant of Causeway, not Microsoft.</p>`,
    sourceOf(facts.redirectUri),
  );
}

/** The answer of `response_mode=form_post`: without scripts the person sends it on. */
export function formPostPage(redirectUri: string, fields: Iterable<readonly [string, string]>): Response {
  return page(
    200,
    'Continue',
    `<h1>Continue</h1><p>Signed in. Continue to the application.</p>
<form method="post" action="${harmless(redirectUri)}">${hidden(fields)}<button type="submit" autofocus>Continue</button></form>`,
    sourceOf(redirectUri),
  );
}

/** A page that says one thing. */
export function messagePage(status: number, title: string, text: string): Response {
  return page(
    status,
    title,
    `<h1>${harmless(title)}</h1><p${status < 400 ? '' : ' class="error"'}>${harmless(text)}</p>`,
  );
}
