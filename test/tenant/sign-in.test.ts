/** People sign in through a browser: authorization code with PKCE, by the openid-client library as it is. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import * as oauth from 'openid-client';
import { Browser, begin, code, discover, lab, native, redeem, startLab, stopLab, web } from './sign-in-lab.ts';
import { caller, tenantId } from './support.ts';

before(startLab);
after(stopLab);
afterEach(() => {
  lab.now = Date.now();
});

test('openid-client signs a person in, refreshes, reads the person and signs out', async () => {
  const config = await discover(web);
  const { url, checks } = await begin(config);
  const browser = new Browser();
  const back = await browser.signIn(url);
  assert.equal(`${back.origin}${back.pathname}`, 'https://app.example/signed-in');
  const granted = await oauth.authorizationCodeGrant(config, back, checks);
  const claims = granted.claims() as oauth.IDToken;
  const graph = await caller(lab.tenant);
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

  const me = await fetch(`${lab.served.url}/v1.0/me`, { headers: { authorization: `Bearer ${granted.access_token}` } });
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
  assert.equal(claims?.auth_time, Math.floor(lab.now / 1000));
  const other = await discover(web);
  const second = await begin(other);
  const there = await oauth.authorizationCodeGrant(other, await new Browser().signIn(second.url), second.checks);
  assert.notEqual(there.claims()?.sub, claims?.sub);
  assert.equal(there.claims()?.oid, claims?.oid);
});

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
  lab.now += 10 * 60_000 + 1;
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
  const graph = await caller(lab.tenant);
  const kept = await token();
  assert.equal(await use(kept), 'ok');
  assert.equal(await use(kept), 'ok', 'using it does not end it');
  assert.equal(await use(kept, { client_id: native.appId, client_secret: '' }), 'invalid_grant 9002313');
  assert.equal(await use(`${kept.slice(0, -2)}AA`), 'invalid_grant 9002313');
  assert.equal(await use('1.x'), 'invalid_grant 9002313');
  assert.equal(await use(kept, { scope: `api://${web.appId}/.default` }), 'ok');
  assert.equal(await use(kept, { scope: 'api://elsewhere/.default' }), 'invalid_resource 500011');
  lab.now += 2000;
  assert.equal((await graph('POST', '/users/cy@contoso.com/revokeSignInSessions')).status, 200);
  assert.equal(await use(kept), 'invalid_grant 50173');
  lab.now += 2000;
  const second = await token();
  lab.now += 2000;
  await graph('PATCH', '/users/cy@contoso.com', { accountEnabled: false });
  assert.equal(await use(second), 'invalid_grant 50057');
  await graph('PATCH', '/users/cy@contoso.com', { accountEnabled: true });
  assert.equal(await use(second), 'ok');
  await graph('PATCH', '/users/cy@contoso.com', {
    passwordProfile: { password: 'An0ther one!', forceChangePasswordNextSignIn: false },
  });
  assert.equal(await use(second), 'invalid_grant 50173');
  const third = await token('bo@contoso.com');
  lab.now += 91 * 24 * 3600_000;
  assert.equal(await use(third), 'invalid_grant 700082');
  const renewed = await caller(lab.tenant);
  const fourth = await token('bo@contoso.com');
  await renewed('DELETE', '/users/bo@contoso.com');
  assert.equal(await use(fourth), 'invalid_grant 50034');
});
