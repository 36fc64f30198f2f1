/** The authorization and logout endpoints against what browsers and others may send. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import fc from 'fast-check';
import * as oauth from 'openid-client';
import {
  Browser,
  begin,
  callback,
  discover,
  lab,
  password,
  plain,
  redeem,
  startLab,
  stopLab,
  web,
  withQuery,
} from './sign-in-lab.ts';
import { base, tenantId } from './support.ts';

before(startLab);
after(stopLab);
afterEach(() => {
  lab.now = Date.now();
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
  lab.now += 61_000;
  assert.equal((await browser.open((await begin(config, { max_age: '60' })).url)).status, 200);
  assert.equal((await browser.open((await begin(config, { login_hint: 'cy@contoso.com' })).url)).status, 200);
  lab.now += 25 * 3600_000;
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
  const logout = `${lab.served.url}/${tenantId}/oauth2/v2.0/logout`;
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
      const { status } = await fetch(`${lab.served.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
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
        const { status, headers } = await lab.tenant.fetch(request);
        assert.ok([200, 302, 400, 401].includes(status), String(status));
        const location = headers.get('location');
        if (location !== null) assert.ok(location.startsWith('https://app.example/'), location);
      },
    ),
    { numRuns: 300 },
  );
});
