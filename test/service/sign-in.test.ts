/** Signing in, roles, and what keeps others out. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OpenIdProvider, startProvider } from './openid-provider.ts';
import { createWorld, type RunningService, startWorld, type World } from './world.ts';

let world: World;
let provider: OpenIdProvider;
let running: RunningService;
const providerSecret = 'the-secret-between-service-and-provider';

before(async () => {
  world = await createWorld({ users: 2 });
  provider = await startProvider('console', providerSecret);
  world.write('provider-secret', providerSecret);
  world.configure((settings) => {
    Object.assign(settings, {
      service: {
        listen: '127.0.0.1:0',
        signIn: {
          issuer: provider.issuer,
          clientId: 'console',
          clientSecret: { file: './provider-secret' },
          roles: {
            'vera@contoso.com': 'viewer',
            'Causeway.Operators': 'operator',
            'Causeway.Editors': 'rule-editor',
            'Causeway.Approvers': 'approver',
          },
        },
      },
    });
  });
  running = await startWorld(world);
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** A browser as far as it matters here: keeps cookies, follows nothing by itself. */
class Browser {
  readonly cookies = new Map<string, string>();
  csrf = '';

  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const url = path.startsWith('http') ? path : `${running.service.url}${path}`;
    const headers = {
      cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; '),
      ...(init.headers as Record<string, string> | undefined),
    };
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0/i.test(line)) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  async session(): Promise<{ signedIn: boolean; name?: string; roles?: string[]; csrf?: string; methods: string[] }> {
    const session = (await (await this.open('/api/v1/session')).json()) as Awaited<ReturnType<Browser['session']>>;
    this.csrf = session.csrf ?? '';
    return session;
  }

  change(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.open(`/api/v1${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'x-csrf-token': this.csrf, ...headers },
    });
  }
}

async function throughProvider(claims: Record<string, unknown>): Promise<{ browser: Browser; arrived: Response }> {
  provider.next = claims;
  const browser = new Browser();
  const left = await browser.open('/sign-in/openid-connect');
  assert.equal(left.status, 303);
  const consent = await fetch(left.headers.get('location')!, { redirect: 'manual' });
  const arrived = await browser.open(consent.headers.get('location')!);
  return { browser, arrived };
}

test('a one-time link signs the local administrator in, once', async () => {
  const link = running.service.signInLink();
  const browser = new Browser();
  assert.deepEqual(await browser.session(), { signedIn: false, methods: ['link', 'openid-connect'] });
  const response = await browser.open(link);
  assert.equal(response.status, 303);
  const [cookie = ''] = response.headers.getSetCookie();
  assert.match(cookie, /^causeway-session=.*HttpOnly/i);
  assert.match(cookie, /SameSite=Strict/i);
  const session = await browser.session();
  assert.deepEqual([session.name, session.roles], ['administrator', ['admin']]);
  const again = await new Browser().open(link);
  assert.equal(again.status, 403);
  assert.match(await again.text(), /used already/);
  assert.equal((await browser.open('/api/v1/status')).status, 200);
});

test('a session ends when one signs out, and a cookie that was tampered with is none', async () => {
  const browser = new Browser();
  await browser.open(running.service.signInLink());
  await browser.session();
  const name = [...browser.cookies.keys()][0]!;
  const good = browser.cookies.get(name)!;
  for (const bad of [`${good.slice(0, -4)}AAAA`, good.slice(20), 'x', 'a'.repeat(9000)]) {
    const other = new Browser();
    other.cookies.set(name, bad);
    assert.equal((await other.open('/api/v1/status')).status, 401, bad.slice(0, 20));
  }
  assert.equal((await browser.change('DELETE', '/session', {})).status, 200);
  const copy = new Browser();
  copy.cookies.set(name, good);
  assert.equal((await copy.open('/api/v1/status')).status, 401);
});

test('a change needs the token of the page and must not come from another site', async () => {
  const browser = new Browser();
  await browser.open(running.service.signInLink());
  await browser.session();
  const set = (headers: Record<string, string>) =>
    browser.change('PATCH', '/scheduler', { MaintenanceEnabled: true }, headers);
  assert.equal((await set({})).status, 200);
  assert.equal((await set({ 'sec-fetch-site': 'same-origin' })).status, 200);
  for (const headers of [{ 'x-csrf-token': '' }, { 'x-csrf-token': 'wrong' }, { 'sec-fetch-site': 'cross-site' }])
    assert.equal((await set(headers as Record<string, string>)).status, 403, JSON.stringify(headers));
});

test('whoever is in the roles gets in through OpenID Connect, with a page and no redirect to the console', async () => {
  const { browser, arrived } = await throughProvider({ sub: '1', preferred_username: 'vera@contoso.com' });
  assert.equal(arrived.status, 200);
  assert.match(await arrived.text(), /http-equiv="refresh"/);
  const session = await browser.session();
  assert.deepEqual([session.name, session.roles], ['vera@contoso.com', ['viewer']]);
});

test('whoever is not, or comes with a wrong answer, does not', async () => {
  const stranger = await throughProvider({ sub: '2', preferred_username: 'mallory@contoso.com', roles: ['Everybody'] });
  assert.equal(stranger.arrived.status, 403);
  assert.match(await stranger.arrived.text(), /mallory@contoso\.com signed in, but has no role here/);
  assert.equal((await stranger.browser.session()).signedIn, false);
  for (const mistake of ['nonce', 'audience'] as const) {
    provider.mistake = mistake;
    const { arrived } = await throughProvider({ sub: '1', preferred_username: 'vera@contoso.com' });
    provider.mistake = undefined;
    assert.equal(arrived.status, 401, mistake);
  }
  const lost = await new Browser().open('/sign-in/callback?code=x&state=y');
  assert.equal(lost.status, 401);
  assert.match(await lost.text(), /not begun here/);
});

test('roles: each may do what it is called and no more, and a refusal says who may', async () => {
  const as = async (role: string) => {
    const { browser } = await throughProvider({
      sub: role,
      preferred_username: `${role}@x`,
      roles: [`Causeway.${role}`],
    });
    await browser.session();
    return browser;
  };
  const viewer = (await throughProvider({ sub: '1', preferred_username: 'vera@contoso.com' })).browser;
  await viewer.session();
  const people = {
    viewer,
    operator: await as('Operators'),
    editor: await as('Editors'),
    approver: await as('Approvers'),
  };
  const draft = ['PUT', '/drafts/mine', { text: 'rules: []' }] as const;
  const cycle = ['POST', '/work/stop', {}] as const;
  const publish = ['POST', '/drafts/none/publish', {}] as const;
  const scheduler = ['PATCH', '/scheduler', { MaintenanceEnabled: true }] as const;
  type Change = readonly [method: string, path: string, body: unknown];
  const allowed: Record<string, readonly Change[]> = { operator: [cycle], editor: [draft], approver: [publish] };
  for (const [who, browser] of Object.entries(people)) {
    assert.equal((await browser.open('/api/v1/status')).status, 200, who);
    for (const change of [draft, cycle, publish, scheduler] satisfies readonly Change[]) {
      const response = await browser.change(change[0], change[1], change[2]);
      const may = allowed[who]?.includes(change) === true;
      // What may be done can still fail for its own reasons, but not because of the role.
      assert.equal(response.status === 403, !may, `${who}: ${change[0]} ${change[1]} gave ${response.status}`);
    }
  }
  const refused = (await (await viewer.change(...scheduler)).json()) as { error: { message: string } };
  assert.match(refused.error.message, /it takes an administrator/);
  const audit = await running.get<{ items: { outcome: string; who: string; action: string }[] }>('/audit?limit=200');
  assert.ok(audit.items.some((r) => r.outcome === 'forbidden' && r.who === 'vera@contoso.com'));
  assert.ok(audit.items.some((r) => r.action === 'sign-in' && r.who === 'Operators@x'));
});

test('without signing in nothing is told, whatever the host is called', async () => {
  for (const path of ['/api/v1/status', '/api/v1/events', '/api/v1/runs', '/api/v1/audit']) {
    assert.equal((await fetch(`${running.service.url}${path}`)).status, 401, path);
  }
  const { port } = new URL(running.service.url);
  const { request } = await import('node:http');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/api/v1/session', headers: { host: 'evil.example' } }, (r) => {
      r.resume();
      resolve(r.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 421);
});

test('pages are sent with a strict policy, and what is not a page is no page', async () => {
  const page = await fetch(`${running.service.url}/`);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.ok(!policy.includes('unsafe'));
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await fetch(`${running.service.url}/assets/nothing.js`)).status, 404);
  assert.equal(
    (await fetch(`${running.service.url}/..%2f..%2fetc/passwd`)).headers.get('content-type')?.includes('html'),
    true,
  );
});

test('who guesses for long has to wait', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 14; i++)
    statuses.push((await running.fetch('/api/v1/status', { headers: { authorization: `Bearer wrong${i}` } })).status);
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  const limited = await running.fetch('/api/v1/status', { headers: { authorization: 'Bearer wrong' } });
  assert.ok(Number(limited.headers.get('retry-after')) > 0);
  assert.equal((await running.fetch('/api/v1/status')).status, 200, 'the right token is never locked out');
});
