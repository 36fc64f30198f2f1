/** Signing in to the service through the local tenant, end to end: form, password, code with PKCE, roles, session. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { appSecret, password, person, signInThroughTenant } from './tenant-sign-in.ts';
import { createWorld, type RunningService, startWorld, type World } from './world.ts';

let world: World;
let running: RunningService;
const approvers = '11111111-0000-4000-8000-000000000001';
const crowds = 201;

before(async () => {
  world = await createWorld({ users: 2 });
  const crowd = Array.from({ length: crowds }, (_, i) => ({
    displayName: `Crowd ${i}`,
    members: ['connie@contoso.com'],
  }));
  signInThroughTenant(
    world,
    {
      users: ['Ada', 'Olga', 'Gina', 'Vera', 'Mallory', 'Connie'].map(person),
      groups: [
        { id: approvers, displayName: 'Approvers of Causeway', members: ['gina@contoso.com'] },
        { displayName: 'Nested', members: ['gina@contoso.com'] },
        ...crowd,
      ],
      app: {
        groupMembershipClaims: 'SecurityGroup',
        appRoles: [
          { value: 'Causeway.Administrators', members: ['ada@contoso.com'] },
          { value: 'Causeway.Operators', members: ['olga@contoso.com', 'gina@contoso.com'] },
          { value: 'Something.Else', members: ['mallory@contoso.com'] },
        ],
      },
    },
    {
      'Causeway.Administrators': 'admin',
      'Causeway.Operators': 'operator',
      [approvers]: 'approver',
      'vera@contoso.com': 'viewer',
    },
  );
  running = await startWorld(world);
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** A browser with a cookie jar for each place; it follows nothing by itself. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>();
  async open(url: string, form?: Record<string, string>): Promise<{ status: number; text: string; to: string }> {
    const { origin } = new URL(url);
    const jar = this.#jars.get(origin) ?? new Map<string, string>();
    this.#jars.set(origin, jar);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '),
        ...(form ? { origin } : {}),
      },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0/i.test(line)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const to = response.headers.get('location') ?? '';
    return { status: response.status, text: await response.text(), to: to && new URL(to, url).href };
  }
}
const plain = (text = '') => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

/** From the button of the console to the page after it. */
async function signIn(name: string, given = password) {
  const browser = new Browser();
  const left = await browser.open(`${running.service.url}/sign-in/openid-connect`);
  assert.equal(left.status, 303);
  const asked = new URL(left.to);
  assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
  const form = await browser.open(left.to);
  assert.equal(form.status, 200, form.text);
  const hidden = [...form.text.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const fields = Object.fromEntries(hidden.map((m) => [plain(m[1]), plain(m[2])]));
  const action = `${asked.origin}${asked.pathname}`;
  const answer = await browser.open(action, { ...fields, username: `${name}@contoso.com`, password: given });
  if (answer.status !== 302) return { browser, answer, arrived: undefined };
  const arrived = await browser.open(answer.to);
  return { browser, answer, arrived };
}
async function session(browser: Browser) {
  const { text } = await browser.open(`${running.service.url}/api/v1/session`);
  return JSON.parse(text) as { signedIn: boolean; name?: string; roles?: string[]; method?: string };
}

test('a role of the app, a group and a name each give their role; several give several', async () => {
  for (const [name, roles] of [
    ['ada', ['admin']],
    ['olga', ['operator']],
    ['gina', ['operator', 'approver']],
    ['vera', ['viewer']],
  ] as const) {
    const { browser, arrived } = await signIn(name);
    assert.equal(arrived?.status, 200, arrived?.text);
    assert.match(arrived.text, /http-equiv="refresh"/);
    const held = await session(browser);
    assert.deepEqual([held.name, held.method], [`${name}@contoso.com`, 'openid-connect']);
    assert.deepEqual(new Set(held.roles), new Set(roles), name);
  }
  const audit = await running.get<{ items: { who: string; action: string }[] }>('/audit?action=sign-in');
  assert.ok(audit.items.some((r) => r.who === 'gina@contoso.com'));
});

test('whoever has no role, too many groups, or a wrong password does not get in, and is told why', async () => {
  const mallory = await signIn('mallory');
  assert.equal(mallory.arrived?.status, 403);
  assert.match(mallory.arrived.text, /mallory@contoso\.com signed in, but has no role here/);
  assert.equal((await session(mallory.browser)).signedIn, false);
  const connie = await signIn('connie');
  assert.equal(connie.arrived?.status, 403);
  assert.match(connie.arrived.text, /so many groups that the provider does not list them/);
  const wrong = await signIn('ada', 'wrong');
  assert.equal(wrong.arrived, undefined);
  assert.match(wrong.answer.text, /incorrect|AADSTS50126|wrong/i);
});

test('an answer is good for the browser that left, once', async () => {
  const { answer, browser } = await signIn('ada');
  const thief = await new Browser().open(answer.to);
  assert.equal(thief.status, 401);
  assert.match(thief.text, /not begun here/);
  const again = await browser.open(answer.to);
  assert.equal(again.status, 401, 'the flow is over');
});

test('the secret of the app and the codes are in no log', () => {
  const log = world.read('state/causeway.log');
  assert.ok(!log.includes(appSecret));
  assert.ok(!/[?&]code=/.test(log));
});
