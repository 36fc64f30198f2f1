/** A tenant with two apps that people sign in to, and a browser as far as it matters. */
import assert from 'node:assert/strict';
import * as oauth from 'openid-client';
import { type ServedTenant, serveTenant } from '../../src/tenant/serve.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { tenantId, testTenant } from './support.ts';

export const web = { appId: '00000000-0000-0000-0000-0000000000aa', secret: 'the-secret-of-the-web-app' };
export const native = { appId: '00000000-0000-0000-0000-0000000000bb' };
export const callback = 'https://app.example/signed-in';
export const withQuery = 'https://app.example/signed-in?from=tenant';
export const password = 'Tr0ub4dor&3';
/** The tenant of these tests, its address and its time. */
export const lab = { now: Date.now() } as { now: number; tenant: Tenant; served: ServedTenant };

export async function startLab(): Promise<void> {
  lab.tenant = testTenant({
    clock: () => lab.now,
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
  lab.served = await serveTenant(lab.tenant, { listen: '127.0.0.1:0' });
}
export async function stopLab(): Promise<void> {
  await lab.served.close();
  lab.tenant.close();
}

/** A browser as far as it matters here: it keeps one cookie and fills in forms. */
export class Browser {
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
export const plain = (text = '') => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

export const discover = (client: { appId: string; secret?: string }) =>
  oauth.discovery(
    new URL(`${lab.served.url}/${tenantId}/v2.0`),
    client.appId,
    client.secret,
    client.secret === undefined ? oauth.None() : undefined,
    {
      execute: [oauth.allowInsecureRequests],
    },
  );

export async function begin(config: oauth.Configuration, change: Record<string, string> = {}) {
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

interface Redeem {
  readonly code: string;
  readonly verifier: string;
}
export async function code(
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
export async function redeem(form: Record<string, string>) {
  const all = {
    grant_type: 'authorization_code',
    client_id: web.appId,
    client_secret: web.secret,
    redirect_uri: callback,
    ...form,
  };
  const body = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  const response = await fetch(`${lab.served.url}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const answer = (await response.json()) as { error?: string; error_codes?: number[]; refresh_token?: string };
  return {
    status: response.status,
    ...answer,
    outcome: answer.error ? `${answer.error} ${answer.error_codes?.[0]}` : 'ok',
  };
}
