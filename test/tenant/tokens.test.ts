import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'openid-client';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { hashPassword, verifyPassword } from '../../src/tenant/tokens/pph1.ts';
import { base, caller, graphApp, syncCaller, tenantId, testTenant } from './support.ts';

async function token(
  tenant: Tenant,
  form: Record<string, string>,
  options: { tenant?: string; headers?: Record<string, string> } = {},
) {
  const response = await tenant.fetch(
    new Request(`${base}/${options.tenant ?? tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: options.headers ?? {},
    }),
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const client = {
  grant_type: 'client_credentials',
  client_id: graphApp.appId,
  client_secret: graphApp.secret,
  scope: 'https://graph.microsoft.com/.default',
};

test('the transformation has the published values (s.6.1)', () => {
  const salt = Buffer.from('00010203040506070809', 'hex');
  const vectors = {
    password: '52baa8631e9b338e4800896113f174acbbfe422b2b8dd47e01a455a7fb8fb83c',
    Password1: '4c56ba69061e56881a10372f6dc5d382ff937ccb36b6b94bd6159d1fc17dc223',
    'P@ssw0rd!': '1a90087e47f6b993cfb36ac5cce70b0a8fca8c50bf0f2b2910bf04832ec9340c',
  };
  for (const [password, hash] of Object.entries(vectors)) {
    const text = `v1;PPH1_MD4,00010203040506070809,1000,${hash};`;
    assert.equal(hashPassword(password, salt), text);
    assert.ok(verifyPassword(password, text) && !verifyPassword(`${password}x`, text));
  }
});

test('client credentials: every refusal has its AADSTS number (s.5.13)', async () => {
  const tenant = testTenant();
  const refused = async (change: Record<string, string | undefined>, options = {}): Promise<string> => {
    const form = Object.fromEntries(
      Object.entries({ ...client, ...change }).filter(([, v]) => v !== undefined),
    ) as Record<string, string>;
    const { status, body } = await token(tenant, form, options);
    assert.match(
      String(body.error_description),
      new RegExp(`^AADSTS${(body.error_codes as number[])[0]}: .*Trace ID: .*Correlation ID`),
    );
    return `${status} ${body.error} ${(body.error_codes as number[])[0]}`;
  };
  assert.equal(await refused({ client_secret: 'wrong' }), '401 invalid_client 7000215');
  assert.equal(await refused({ client_id: crypto.randomUUID() }), '400 unauthorized_client 700016');
  assert.equal(await refused({ scope: 'User.Read' }), '400 invalid_scope 1002012');
  assert.equal(await refused({ scope: undefined }), '400 invalid_request 900144');
  assert.equal(await refused({ client_secret: undefined }), '401 invalid_client 7000218');
  assert.equal(
    await refused({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code' }),
    '400 unsupported_grant_type 70003',
  );
  assert.equal(await refused({}, { tenant: crypto.randomUUID() }), '400 invalid_request 90002');
  const assertion = {
    client_secret: undefined,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'a.b.c',
  };
  assert.equal(await refused(assertion), '400 invalid_request 50027');
  tenant.advance(3 * 365 * 24 * 3600 * 1000);
  assert.equal(await refused({}), '401 invalid_client 7000222');
});

test('tokens carry the documented claims, by the published key, by name of the tenant and by HTTP Basic too', async () => {
  const tenant = testTenant();
  const basic = `Basic ${Buffer.from(`${graphApp.appId}:${graphApp.secret}`).toString('base64')}`;
  const { grant_type, scope } = client;
  const answer = await token(
    tenant,
    { grant_type, scope },
    { tenant: 'contoso.com', headers: { authorization: basic } },
  );
  assert.equal(answer.status, 200);
  assert.deepEqual([answer.body.token_type, answer.body.expires_in], ['Bearer', 3599]);
  const keys = await (await tenant.fetch(new Request(`${base}/${tenantId}/discovery/v2.0/keys`))).json();
  const { payload } = await jwtVerify(String(answer.body.access_token), createLocalJWKSet(keys as never), {
    issuer: `https://sts.windows.net/${tenantId}/`,
    audience: 'https://graph.microsoft.com',
    currentDate: new Date(tenant.now()),
  });
  assert.equal(payload.idtyp, 'app');
  assert.equal(payload.app_displayname, 'Reader');
  assert.ok((payload.roles as string[]).includes('User.ReadWrite.All'));
});

test('openid-client works from the discovery document on, and people sign in with their synced password (s.6)', async () => {
  const tenant = testTenant({ settings: { features: { passwordSyncEnabled: true } }, clock: Date.now });
  const sync = await syncCaller(tenant);
  const upn = 'ana@contoso.com';
  const add = {
    operation: 'Add',
    objectType: 'User',
    sourceAnchor: 'a',
    properties: { displayName: 'Ana', userPrincipalName: upn, accountEnabled: true },
  };
  await sync('POST', '/sync/v1/provision', { objects: [add] });
  const hash = hashPassword('Corréct horse', Buffer.alloc(10, 7));
  const credential = { sourceAnchor: 'a', hash, changedAt: '2026-01-01T10:00:00Z' };
  const stored = await sync('POST', '/sync/v1/credentials', { credentials: [credential] });
  assert.deepEqual(stored.body.results, [{ sourceAnchor: 'a', resultCode: 'Success' }]);
  const config = await oauth.discovery(
    new URL(`${base}/${tenantId}/v2.0`),
    graphApp.appId,
    graphApp.secret,
    oauth.ClientSecretPost(graphApp.secret),
    {
      execute: [oauth.allowInsecureRequests],
      [oauth.customFetch]: (url, options) => tenant.fetch(new Request(url, options as RequestInit)),
    },
  );
  config[oauth.customFetch] = (url, options) => tenant.fetch(new Request(url, options as RequestInit));
  const parameters = { username: upn, password: 'Corréct horse', scope: 'openid https://graph.microsoft.com/.default' };
  const granted = await oauth.genericGrantRequest(config, 'password', parameters);
  assert.equal(granted.claims()?.preferred_username, upn);
  const me = await tenant.fetch(
    new Request(`${base}/v1.0/me`, { headers: { authorization: `Bearer ${granted.access_token}` } }),
  );
  assert.equal(((await me.json()) as { userPrincipalName: string }).userPrincipalName, upn);
  const graph = await caller(tenant);
  const read = await graph('GET', `/users/${upn}?$select=passwordPolicies,lastPasswordChangeDateTime`);
  assert.deepEqual(
    [read.body.passwordPolicies, read.body.lastPasswordChangeDateTime],
    ['DisablePasswordExpiration', '2026-01-01T10:00:00Z'],
  );
});

test('sign-in: wrong, unknown, disabled, must change, locked; hashes only for synced people (s.1.7, 6.3)', async () => {
  const tenant = testTenant({
    settings: { features: { passwordSyncEnabled: true } },
    seed: {
      users: [
        {
          displayName: 'Cloud',
          userPrincipalName: 'cloud@contoso.com',
          password: 'Tr0ub4dor&3',
          onPremisesImmutableId: 'c',
        },
      ],
    },
  });
  const codeFor = async (username: string, password: string) => {
    const { status, body } = await token(tenant, {
      ...client,
      grant_type: 'password',
      username,
      password,
      scope: 'openid',
    });
    return status === 200 ? 'ok' : (body.error_codes as number[])[0];
  };
  assert.equal(await codeFor('cloud@contoso.com', 'Tr0ub4dor&3'), 'ok');
  assert.equal(await codeFor('cloud@contoso.com', 'x'), 50126);
  assert.equal(await codeFor('nobody@contoso.com', 'x'), 50034);
  const sync = await syncCaller(tenant);
  const send = async (credential: object) =>
    (
      await sync('POST', '/sync/v1/credentials', {
        credentials: [
          { hash: hashPassword('secret', Buffer.alloc(10)), changedAt: '2026-01-01T10:00:00Z', ...credential },
        ],
      })
    ).body.results?.[0];
  assert.equal((await send({ sourceAnchor: 'c' })).errorCode, 'PasswordAccessViolation');
  assert.equal((await send({ sourceAnchor: 'nobody' })).errorCode, 'ObjectNotFound');
  const add = {
    operation: 'Add',
    objectType: 'User',
    sourceAnchor: 'a',
    properties: { displayName: 'Ana', userPrincipalName: 'ana@contoso.com', accountEnabled: true },
  };
  await sync('POST', '/sync/v1/provision', { objects: [add] });
  assert.equal((await send({ sourceAnchor: 'a', forceChangeOnLogon: true })).resultCode, 'Success', 'brand-new');
  assert.equal(await codeFor('ana@contoso.com', 'secret'), 50055);
  assert.equal(
    (await send({ sourceAnchor: 'a', forceChangeOnLogon: true })).errorCode,
    'ForcePasswordChangeNotEnabled',
  );
  assert.equal((await send({ sourceAnchor: 'a' })).resultCode, 'Success');
  assert.equal(await codeFor('ana@contoso.com', 'secret'), 'ok');
  await sync('POST', '/sync/v1/provision', {
    objects: [{ ...add, operation: 'Set', properties: { accountEnabled: false } }],
  });
  assert.equal(await codeFor('ana@contoso.com', 'secret'), 50057);
  for (let i = 0; i < 12; i++) await codeFor('cloud@contoso.com', 'the same wrong one');
  assert.equal(await codeFor('cloud@contoso.com', 'Tr0ub4dor&3'), 'ok', 'the same wrong password counts once');
  for (let i = 0; i < 10; i++) await codeFor('cloud@contoso.com', `wrong ${i}`);
  assert.equal(await codeFor('cloud@contoso.com', 'Tr0ub4dor&3'), 50053);
  tenant.advance(61_000);
  assert.equal(await codeFor('cloud@contoso.com', 'Tr0ub4dor&3'), 'ok');
  const off = testTenant();
  const none = await (await syncCaller(off))('POST', '/sync/v1/credentials', {
    credentials: [{ sourceAnchor: 'a', hash: hashPassword('x', Buffer.alloc(10)), changedAt: '2026-01-01T10:00:00Z' }],
  });
  assert.equal(none.body.results[0].errorCode, 'PasswordSyncNotActivated');
});

test('a token of another issuer stands for an app that trusts it, and for no other', async () => {
  const tenant = testTenant();
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const appId = '00000000-0000-0000-0000-000000000009';
  const issuer = 'https://issuer.example';
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }] };
  tenant.registerApp({
    appId,
    permissions: ['User.Read.All'],
    federatedCredentials: [{ issuer, subject: 'job', jwks }],
  });
  const assertion = (subject: string, audience = 'api://AzureADTokenExchange', key = privateKey) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(audience)
      .setExpirationTime(Math.floor(tenant.now() / 1000) + 60)
      .sign(key);
  const ask = async (client_assertion: string) =>
    (
      await token(tenant, {
        grant_type: 'client_credentials',
        client_id: appId,
        scope: client.scope,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion,
      })
    ).status;
  assert.equal(await ask(await assertion('job')), 200);
  assert.equal(await ask(await assertion('other')), 401);
  assert.equal(await ask(await assertion('job', 'somebody else')), 401);
  const stranger = await generateKeyPair('RS256');
  assert.equal(await ask(await assertion('job', undefined, stranger.privateKey)), 401);
});
