/** People sign in through a browser: authorization code with PKCE, by the openid-client library as it is. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import fc from 'fast-check';
import * as oauth from 'openid-client';
import { type ServedTenant, serveTenant } from '../../src/tenant/serve.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { base, caller, tenantId, testTenant } from './support.ts';

const web = { appId: '00000000-0000-0000-0000-0000000000aa', secret: 'the-secret-of-the-web-app' };
const native = { appId: '00000000-0000-0000-0000-0000000000bb' };
const callback = 'https://app.example/signed-in';
const withQuery = 'https://app.example/signed-in?from=tenant';
const password = 'Tr0ub4dor&3';
let now = Date.now();
let tenant: Tenant;
let served: ServedTenant;

before(async () => {
  tenant = testTenant({
    clock: () => now,
    seed: {
      users: [
        {
          displayName: 'Ana Admin',
          givenName: 'Ana',
          userPrincipalName: 'ana@contoso.com',
          mail: 'ana@contoso.com',
          password,
          roles: ['Global Administrator'],
        },
        { displayName: 'Bo <b>', userPrincipalName: 'bo@contoso.com', password },
        { displayName: 'Cy', userPrincipalName: 'cy@contoso.com', password },
      ],
      groups: [
        { displayName: 'Staff', members: ['Everybody'] },
        { displayName: 'Everybody', members: ['ana@contoso.com'] },
        { displayName: 'News', mail: 'news@contoso.com', members: ['ana@contoso.com'] },
      ],
      apps: [
        {
          ...web,
          displayName: 'Web <i>app</i>',
          permissions: ['User.Read.All'],
          redirectUris: [callback, withQuery, 'https://app.example/signed-out'],
          groupMembershipClaims: 'SecurityGroup',
          appRoles: [
            { value: 'Causeway.Operators', members: ['ana@contoso.com'] },
            { value: 'Causeway.Editors', members: ['Everybody'] },
            { value: 'Nested', members: ['Staff'] },
          ],
        },
        {
          ...native,
          displayName: 'Native',
          redirectUris: ['http://127.0.0.1/back', 'msal-native://auth'],
          groupMembershipClaims: 'All',
        },
      ],
    },
  });
  served = await serveTenant(tenant, { listen: '127.0.0.1:0' });
});
after(async () => {
  await served.close();
  tenant.close();
});

/** A browser as far as it matters here: it keeps one cookie and fills in forms. */
class Browser {
  cookie = '';
  async open(url: string | URL, form?: Record<string, string>, headers: Record<string, string> = {}) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: this.cookie, ...headers },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie())
      this.cookie = /max-age=0/i.test(line) ? '' : (line.split(';')[0] as string);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
  /** Fills in the form at the address and returns where it leads to. */
  async signIn(url: URL, username = 'ana@contoso.com'): Promise<URL> {
    const form = await this.open(url);
    assert.equal(form.status, 200);
    const fields = Object.fromEntries(
      [...form.text.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map((m) => [plain(m[1]), plain(m[2])]),
    );
    const action = new URL(url.pathname, url);
    const answer = await this.open(action, { ...fields, username, password }, { origin: action.origin });
    assert.equal(answer.status, 302, answer.text);
    return new URL(answer.headers.get('location') as string);
  }
}
const plain = (text = '') => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

const discover = (client: { appId: string; secret?: string }) =>
  oauth.discovery(
    new URL(`${served.url}/${tenantId}/v2.0`),
    client.appId,
    client.secret,
    client.secret === undefined ? oauth.None() : undefined,
    {
      execute: [oauth.allowInsecureRequests],
    },
  );

async function begin(config: oauth.Configuration, change: Record<string, string> = {}) {
  const verifier = oauth.randomPKCECodeVerifier();
  const nonce = oauth.randomNonce();
  const state = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile email offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
    ...change,
  });
  const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true };
  return { url, checks };
}

test('openid-client signs a person in, refreshes, reads the person and signs out', async () => {
  const config = await discover(web);
  const { url, checks } = await begin(config);
  const browser = new Browser();
  const back = await browser.signIn(url);
  assert.equal(`${back.origin}${back.pathname}`, 'https://app.example/signed-in');
  const granted = await oauth.authorizationCodeGrant(config, back, checks);
  const claims = granted.claims() as oauth.IDToken;
  const graph = await caller(tenant);
  const ana = (await graph('GET', '/users/ana@contoso.com')).body;
  const groups = (await graph('GET', '/groups?$select=id,displayName')).body.value as {
    id: string;
    displayName: string;
  }[];
  const idOf = (name: string) => groups.find((g) => g.displayName === name)?.id;
  assert.deepEqual(
    [claims.oid, claims.preferred_username, claims.name, claims.given_name, claims.email, claims.tid, claims.ver],
    [ana.id, 'ana@contoso.com', 'Ana Admin', 'Ana', 'ana@contoso.com', tenantId, '2.0'],
  );
  assert.deepEqual(
    new Set(claims.groups as string[]),
    new Set([idOf('Staff'), idOf('Everybody')]),
    'nested groups, no lists',
  );
  assert.deepEqual(claims.roles, ['Causeway.Operators', 'Causeway.Editors'], 'a role of a group is for direct members');
  assert.equal(claims.wids, undefined);
  assert.equal(granted.expires_in, 3599);

  const me = await fetch(`${served.url}/v1.0/me`, { headers: { authorization: `Bearer ${granted.access_token}` } });
  assert.equal(((await me.json()) as { id: string }).id, ana.id);
  const info = await oauth.fetchUserInfo(config, granted.access_token, claims.sub);
  assert.deepEqual([info.name, info.email], ['Ana Admin', 'ana@contoso.com']);

  const again = await oauth.refreshTokenGrant(config, String(granted.refresh_token));
  assert.equal(again.claims()?.sub, claims.sub);
  assert.equal(again.claims()?.nonce, undefined);
  assert.ok(again.refresh_token);

  const silent = await begin(config, { prompt: 'none' });
  const known = await browser.open(silent.url);
  assert.equal(known.status, 302, 'the session of the browser is enough');
  assert.ok(new URL(known.headers.get('location') as string).searchParams.has('code'));
  const out = oauth.buildEndSessionUrl(config, {
    post_logout_redirect_uri: 'https://app.example/signed-out',
    state: 's',
  });
  const left = await browser.open(out);
  assert.equal(left.headers.get('location'), 'https://app.example/signed-out?state=s');
  assert.equal(browser.cookie, '');
  const nobody = await browser.open((await begin(config, { prompt: 'none' })).url);
  const refused = new URL(nobody.headers.get('location') as string).searchParams;
  assert.equal(refused.get('error'), 'login_required');
  assert.match(String(refused.get('error_description')), /^AADSTS50058: /);
});

test('a public client needs no secret, its loopback port is free, and another client gets another subject', async () => {
  const config = await discover(native);
  const redirect_uri = 'http://127.0.0.1:53211/back';
  const { url, checks } = await begin(config, { redirect_uri, max_age: '60' });
  const granted = await oauth.authorizationCodeGrant(config, await new Browser().signIn(url), checks);
  const claims = granted.claims() as oauth.IDToken;
  assert.equal((claims.groups as string[]).length, 3, 'lists too');
  assert.deepEqual(claims?.wids, ['62e90394-69f5-4237-9190-012177145e10']);
  assert.equal(claims?.auth_time, Math.floor(now / 1000));
  const other = await discover(web);
  const second = await begin(other);
  const there = await oauth.authorizationCodeGrant(other, await new Browser().signIn(second.url), second.checks);
  assert.notEqual(there.claims()?.sub, claims?.sub);
  assert.equal(there.claims()?.oid, claims?.oid);
});

afterEach(() => {
  now = Date.now();
});

interface Redeem {
  readonly code: string;
  readonly verifier: string;
}
async function code(
  change: Record<string, string> = {},
  client: { appId: string; secret?: string } = web,
  username = 'ana@contoso.com',
): Promise<Redeem> {
  const verifier = 'v'.repeat(43);
  const config = await discover(client);
  const { url } = await begin(config, { code_challenge: await oauth.calculatePKCECodeChallenge(verifier), ...change });
  const back = await new Browser().signIn(url, username);
  return { code: back.searchParams.get('code') as string, verifier };
}
async function redeem(form: Record<string, string>) {
  const all = {
    grant_type: 'authorization_code',
    client_id: web.appId,
    client_secret: web.secret,
    redirect_uri: callback,
    ...form,
  };
  const body = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  const response = await fetch(`${served.url}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const answer = (await response.json()) as { error?: string; error_codes?: number[]; refresh_token?: string };
  return {
    status: response.status,
    ...answer,
    outcome: answer.error ? `${answer.error} ${answer.error_codes?.[0]}` : 'ok',
  };
}

test('a code is good once, for ten minutes, for its client, its address and its verifier', async () => {
  const first = await code();
  const form = { code: first.code, code_verifier: first.verifier };
  assert.equal((await redeem(form)).outcome, 'ok');
  assert.equal((await redeem(form)).outcome, 'invalid_grant 54005');
  const refused = async (change: Record<string, string>): Promise<string> => {
    const fresh = await code();
    return (await redeem({ code: fresh.code, code_verifier: fresh.verifier, ...change })).outcome;
  };
  assert.equal(await refused({ code_verifier: 'w'.repeat(43) }), 'invalid_grant 501481');
  assert.equal(await refused({ code_verifier: 'short' }), 'invalid_grant 501491');
  assert.equal(await refused({ code_verifier: '' }), 'invalid_grant 50148');
  assert.equal(await refused({ redirect_uri: 'https://app.example/signed-out' }), 'invalid_grant 500112');
  assert.equal(await refused({ redirect_uri: '' }), 'invalid_request 900144');
  assert.equal(await refused({ code: '0.guessed' }), 'invalid_grant 70000');
  assert.equal(await refused({ code: '' }), 'invalid_request 900144');
  assert.equal(await refused({ client_secret: 'wrong' }), 'invalid_client 7000215');
  assert.equal(await refused({ client_secret: '' }), 'invalid_client 7000218');
  assert.equal(await refused({ client_id: native.appId, client_secret: '' }), 'invalid_grant 70000');
  assert.equal(await refused({ client_id: native.appId }), 'invalid_client 700025');
  const failed = await code();
  await redeem({ code: failed.code, code_verifier: 'w'.repeat(43) });
  assert.equal(
    (await redeem({ code: failed.code, code_verifier: failed.verifier })).outcome,
    'invalid_grant 54005',
    'one try',
  );
  const late = await code();
  now += 10 * 60_000 + 1;
  assert.equal((await redeem({ code: late.code, code_verifier: late.verifier })).outcome, 'invalid_grant 70008');
  const bare = await code({ code_challenge: 'p'.repeat(43), code_challenge_method: 'plain' });
  assert.equal((await redeem({ code: bare.code, code_verifier: 'p'.repeat(43) })).outcome, 'ok');
});

test('a refresh token ends with the account, the password, the sessions and time, and belongs to one client', async () => {
  const token = async (username = 'cy@contoso.com') => {
    const fresh = await code({}, web, username);
    return String((await redeem({ code: fresh.code, code_verifier: fresh.verifier })).refresh_token);
  };
  const use = (refresh_token: string, change: Record<string, string> = {}) =>
    redeem({ grant_type: 'refresh_token', refresh_token, redirect_uri: '', ...change }).then((r) => r.outcome);
  const graph = await caller(tenant);
  const kept = await token();
  assert.equal(await use(kept), 'ok');
  assert.equal(await use(kept), 'ok', 'using it does not end it');
  assert.equal(await use(kept, { client_id: native.appId, client_secret: '' }), 'invalid_grant 9002313');
  assert.equal(await use(`${kept.slice(0, -2)}AA`), 'invalid_grant 9002313');
  assert.equal(await use('1.x'), 'invalid_grant 9002313');
  assert.equal(await use(kept, { scope: `api://${web.appId}/.default` }), 'ok');
  assert.equal(await use(kept, { scope: 'api://elsewhere/.default' }), 'invalid_resource 500011');
  now += 2000;
  assert.equal((await graph('POST', '/users/cy@contoso.com/revokeSignInSessions')).status, 200);
  assert.equal(await use(kept), 'invalid_grant 50173');
  now += 2000;
  const second = await token();
  now += 2000;
  await graph('PATCH', '/users/cy@contoso.com', { accountEnabled: false });
  assert.equal(await use(second), 'invalid_grant 50057');
  await graph('PATCH', '/users/cy@contoso.com', { accountEnabled: true });
  assert.equal(await use(second), 'ok');
  await graph('PATCH', '/users/cy@contoso.com', {
    passwordProfile: { password: 'An0ther one!', forceChangePasswordNextSignIn: false },
  });
  assert.equal(await use(second), 'invalid_grant 50173');
  const third = await token('bo@contoso.com');
  now += 91 * 24 * 3600_000;
  assert.equal(await use(third), 'invalid_grant 700082');
  const renewed = await caller(tenant);
  const fourth = await token('bo@contoso.com');
  await renewed('DELETE', '/users/bo@contoso.com');
  assert.equal(await use(fourth), 'invalid_grant 50034');
});

test('what is wrong with a request is shown here or sent back, never to an address that is not registered', async () => {
  const config = await discover(web);
  const { url } = await begin(config);
  const ask = async (change: Record<string, string | undefined>) => {
    const changed = new URL(url);
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) changed.searchParams.delete(name);
      else changed.searchParams.set(name, value);
    }
    const { status, headers, text } = await new Browser().open(changed);
    const location = headers.get('location');
    if (location === null) return `${status} ${/AADSTS\d+/.exec(text)?.[0] ?? 'form'}`;
    assert.ok(location.startsWith(`${callback}?`));
    const { searchParams } = new URL(location);
    assert.equal(searchParams.get('state'), url.searchParams.get('state'));
    return `${searchParams.get('error')} ${/AADSTS\d+/.exec(searchParams.get('error_description') ?? '')?.[0]}`;
  };
  assert.equal(await ask({}), '200 form');
  for (const redirect of [
    'https://app.example/signed-in/',
    `${callback}#x`,
    'https://APP.example/signed-in',
    'https://app.example/signed-in?from=elsewhere',
    'https://evil.example',
    'http://127.0.0.1/back',
    '//',
    'x',
  ])
    assert.equal(await ask({ redirect_uri: redirect }), '400 AADSTS50011', redirect);
  assert.equal(await ask({ redirect_uri: undefined }), '400 AADSTS900144');
  assert.equal(await ask({ client_id: undefined }), '400 AADSTS900144');
  assert.equal(await ask({ client_id: crypto.randomUUID() }), '400 AADSTS700016');
  assert.equal(await ask({ response_type: 'id_token' }), 'unsupported_response_type AADSTS700054');
  assert.equal(await ask({ response_type: undefined }), 'invalid_request AADSTS900144');
  assert.equal(await ask({ scope: undefined }), 'invalid_request AADSTS900144');
  assert.equal(await ask({ scope: 'openid https://nowhere.example/.default' }), 'invalid_resource AADSTS500011');
  assert.equal(await ask({ code_challenge: 'short' }), 'invalid_request AADSTS501491');
  assert.equal(await ask({ code_challenge_method: 'S512' }), 'invalid_request AADSTS501492');
  assert.equal(await ask({ code_challenge: undefined }), 'invalid_request AADSTS900144');
  assert.equal(await ask({ prompt: 'none login' }), 'invalid_request AADSTS90023');
  assert.equal(await ask({ response_mode: 'web_message' }), 'invalid_request AADSTS90014');
  const elsewhere = new URL(url);
  elsewhere.pathname = elsewhere.pathname.replace(tenantId, crypto.randomUUID());
  const stranger = await new Browser().open(elsewhere);
  assert.deepEqual([stranger.status, JSON.parse(stranger.text).error_codes], [400, [90002]]);
});

test('the form: no scripts, nothing of the request becomes markup, a wrong password is said, other sites cannot send it', async () => {
  const config = await discover(web);
  const { url } = await begin(config, { state: '"><script>alert(1)</script>', login_hint: '"><img src=x>' });
  const browser = new Browser();
  const form = await browser.open(url);
  assert.doesNotMatch(form.text, /<script|<img|<i>/);
  assert.match(
    String(form.headers.get('content-security-policy')),
    /default-src 'none'.*form-action 'self' https:\/\/app\.example;/,
  );
  const wrong = await browser.open(url, { username: 'ana@contoso.com', password: 'x' });
  assert.match(plain(wrong.text), /AADSTS50126: Error validating credentials/);
  assert.equal(browser.cookie, '');
  const foreign = await browser.open(
    url,
    { username: 'ana@contoso.com', password },
    { origin: 'https://evil.example' },
  );
  assert.match(String(foreign.headers.get('location')), /error=invalid_request/);
  const posted = await begin(config, { response_mode: 'form_post' });
  const page = await browser.open(posted.url, { username: 'ana@contoso.com', password });
  assert.match(plain(page.text), /<form method="post" action="https:\/\/app\.example\/signed-in">.*name="code"/s);
  const joined = await browser.open((await begin(config, { redirect_uri: withQuery })).url);
  assert.match(String(joined.headers.get('location')), /^https:\/\/app\.example\/signed-in\?from=tenant&code=/);
  const fragment = await browser.open((await begin(config, { response_mode: 'fragment' })).url);
  assert.match(String(fragment.headers.get('location')), /^https:\/\/app\.example\/signed-in#code=/);
  const login = await browser.open((await begin(config, { prompt: 'login' })).url);
  assert.equal(login.status, 200, 'asked again in spite of the session');
  now += 61_000;
  assert.equal((await browser.open((await begin(config, { max_age: '60' })).url)).status, 200);
  assert.equal((await browser.open((await begin(config, { login_hint: 'cy@contoso.com' })).url)).status, 200);
  now += 25 * 3600_000;
  assert.equal((await browser.open((await begin(config)).url)).status, 200, 'a session lasts a day');
  const foul = new Browser();
  foul.cookie = 'causeway-tenant-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  assert.equal((await foul.open((await begin(config)).url)).status, 200);
});

test('signing out ends the session whatever is asked, and leads only to addresses of the app', async () => {
  const config = await discover(web);
  const browser = new Browser();
  const { url, checks } = await begin(config);
  const back = await browser.signIn(url);
  const granted = await oauth.authorizationCodeGrant(config, back, checks);
  const logout = `${served.url}/${tenantId}/oauth2/v2.0/logout`;
  const evil = await browser.open(`${logout}?client_id=${web.appId}&post_logout_redirect_uri=https://evil.example`);
  assert.deepEqual([evil.status, evil.headers.get('location'), browser.cookie], [200, null, '']);
  const query = new URLSearchParams({
    id_token_hint: String(granted.id_token),
    post_logout_redirect_uri: 'https://app.example/signed-out',
  });
  assert.equal((await browser.open(`${logout}?${query}`)).headers.get('location'), 'https://app.example/signed-out');
  const forged = new URLSearchParams({
    id_token_hint: 'a.b.c',
    post_logout_redirect_uri: 'https://app.example/signed-out',
  });
  assert.equal((await browser.open(`${logout}?${forged}`)).status, 200);
});

test('a token for an app of the tenant opens no plane of the tenant, and an id token none either', async () => {
  const form = { grant_type: 'password', username: 'ana@contoso.com', password, redirect_uri: '' };
  const own = (await redeem({ ...form, scope: `openid api://${web.appId}/.default` })) as {
    access_token?: string;
    id_token?: string;
  };
  for (const token of [own.access_token, own.id_token]) {
    assert.ok(token);
    for (const path of ['/v1.0/me', '/oidc/userinfo', '/sync/v1/capabilities']) {
      const { status } = await fetch(`${served.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(status, 401, path);
    }
  }
});

test('fuzzed: whatever is asked of the endpoints, the answer is a form, a redirection to a known address or a refusal', async () => {
  const names = [
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'scope',
    'state',
    'nonce',
    'prompt',
    'max_age',
    'code_challenge',
    'code_challenge_method',
    'username',
    'password',
    'code',
    'code_verifier',
    'grant_type',
    'refresh_token',
    'id_token_hint',
    'post_logout_redirect_uri',
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      web.appId,
      callback,
      'code',
      'openid',
      'S256',
      'none',
      'authorization_code',
      'refresh_token',
      'ana@contoso.com',
      'https://evil.example',
    ),
  );
  const parameters = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('authorize', 'token', 'logout'),
      fc.boolean(),
      parameters,
      async (endpoint, isPost, pairs) => {
        const text = new URLSearchParams(
          pairs.map(([n, v]): [string, string] => [n.toWellFormed(), v.toWellFormed()]),
        ).toString();
        const url = `${base}/${tenantId}/oauth2/v2.0/${endpoint}`;
        const request = isPost ? new Request(url, { method: 'POST', body: text }) : new Request(`${url}?${text}`);
        const { status, headers } = await tenant.fetch(request);
        assert.ok([200, 302, 400, 401].includes(status), String(status));
        const location = headers.get('location');
        if (location !== null) assert.ok(location.startsWith('https://app.example/'), location);
      },
    ),
    { numRuns: 300 },
  );
});
