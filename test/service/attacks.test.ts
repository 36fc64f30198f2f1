/** The API as somebody sees it who wants more than he may: every operation, every role, every trick of the list. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endpoints } from '../../src/service/api/endpoints.ts';
import { loadConfiguration } from '../../src/service/configuration/configuration.ts';
import { mayAct, type Role, roles } from '../../src/service/sign-in/roles.ts';
import { waitFor } from '../support/wait.ts';
import * as attacker from './attacker.ts';
import { clientSecret, createWorld, type RunningService, startWorld, type World } from './world.ts';

let world: World;
let running: RunningService;
const providerSecret = 'planted-secret-of-the-provider';
const hookSecret = 'planted-secret-of-the-web-hook';

before(async () => {
  world = await createWorld({ users: 3 });
  world.write('provider-secret', providerSecret);
  world.write('hook-secret', hookSecret);
  world.configure((settings) => {
    Object.assign(settings, {
      service: {
        listen: '127.0.0.1:0',
        signIn: { issuer: 'http://127.0.0.1:9/none', clientId: 'x', clientSecret: { file: './provider-secret' } },
      },
      notifications: {
        channels: [{ name: 'hook', type: 'webhook', url: 'http://127.0.0.1:9/x', secret: { file: './hook-secret' } }],
      },
    });
  });
  running = await startWorld(world);
  await running.service.cycle('initial');
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

type Rest<F> = F extends (running: RunningService, ...rest: infer R) => unknown ? R : never;
const person = (...rest: Rest<typeof attacker.person>) => attacker.person(running, ...rest);
const send = (...rest: Rest<typeof attacker.send>) => attacker.send(running, ...rest);
const raw = (...rest: Rest<typeof attacker.raw>) => attacker.raw(running, ...rest);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly role: Role;
}
async function operations(): Promise<Operation[]> {
  const document = (await (await fetch(`${running.service.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { 'x-role': Role }>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, o]) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{(\w+)\}/g, (_, name) => (/id|version/.test(name) ? '99999' : 'none')),
      role: o['x-role'],
    })),
  );
}
/** Every endpoint refuses it, so that trying does no harm; those that take no body are harmless by themselves. */
const nonsense = { nonsense: 1 };
const code = async (response: Response) =>
  ((await response.json()) as { error?: { code?: string; facts?: { needed?: string } } }).error;

test('every operation of the OpenAPI document: who may not, is refused; who may, is not', async () => {
  const all = await operations();
  assert.equal(all.length, endpoints.length);
  const people = new Map<Role, attacker.Person>();
  for (const role of roles) people.set(role, await person([role]));
  for (const { method, path, role } of all) {
    const what = `${method} ${path}`;
    const body = method === 'GET' ? undefined : nonsense;
    const anonymous = await send(undefined, method, path, body);
    assert.equal(anonymous.status, 401, `${what} as nobody`);
    assert.ok(roles.includes(role), what);
    for (const [held, who] of people) {
      // Of those who may, the one whose role it takes is enough.
      if (mayAct([held], role) && held !== role) continue;
      const response = await send(who, method, path, body);
      const may = mayAct([held], role);
      if (may) {
        assert.ok(![401, 403].includes(response.status), `${what} as ${held}: ${response.status}`);
        assert.ok(response.status < 500 || response.status === 503, `${what} as ${held}: ${await response.text()}`);
      } else {
        assert.equal(response.status, 403, `${what} as ${held}`);
        assert.equal((await code(response))?.facts?.needed, role, what);
      }
      if (!response.bodyUsed) await response.body?.cancel();
    }
  }
});

test('every change: not without the token of the page, not from another site, not with a cookie alone', async () => {
  const admin = await person(['admin']);
  const changes = (await operations()).filter((o) => o.method !== 'GET');
  assert.ok(changes.length > 25);
  for (const { method, path } of [...changes, { method: 'DELETE', path: '/api/v1/session' }]) {
    for (const headers of [
      { 'x-csrf-token': '' },
      { 'x-csrf-token': 'x'.repeat(32) },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const response = await send(
        { ...admin, csrf: headers['x-csrf-token'] ?? admin.csrf },
        method,
        path,
        nonsense,
        headers,
      );
      assert.equal(response.status, 403, `${method} ${path} ${JSON.stringify(headers)}`);
      assert.match((await code(response))?.code ?? '', /^(csrf|cross-site)$/);
    }
  }
  assert.equal((await send(admin, 'GET', '/api/v1/status')).status, 200, 'and is still signed in');
  const form = await send(admin, 'POST', '/api/v1/cycles', undefined, { 'content-type': 'text/plain' });
  assert.ok(form.status < 500);
});

/** One good call of every operation that changes something, and what the audit log then says. */
const good: readonly (readonly [method: string, path: string, body: unknown, action: string])[] = [
  ['PATCH', '/scheduler', { MaintenanceEnabled: false }, 'set-scheduler'],
  ['POST', '/cycles', { policy: 'delta' }, 'start-cycle'],
  ['POST', '/runs', { connector: 'corp', profile: 'delta-import' }, 'run-profile'],
  ['POST', '/work/stop', {}, 'stop'],
  ['PUT', '/drafts/{name}', { text: 'rules: []' }, 'save-draft'],
  ['POST', '/drafts/{name}/publish', { reason: 'test' }, 'publish-rules'],
  ['PUT', '/drafts/{name}', { text: 'rules: []' }, 'save-draft'],
  ['DELETE', '/drafts/{name}', {}, 'remove-draft'],
  ['POST', '/configuration/versions/{version}/restore', { reason: 'test' }, 'restore-rules'],
  ['PATCH', '/configuration', { path: ['scheduler', 'interval'], value: '25m' }, 'change-configuration'],
  ['POST', '/configuration/reload', {}, 'change-configuration'],
  ['PATCH', '/tenant/switches', {}, 'set-tenant-switches'],
  ['POST', '/tenant/clock', { forward: '1s' }, 'move-tenant-clock'],
  ['POST', '/sign-in-links', { name: 'vera' }, 'make-sign-in-link'],
  ['POST', '/alerts/{id}/acknowledgement', { note: 'x' }, 'acknowledge-alert'],
  ['DELETE', '/alerts/{id}/acknowledgement', {}, 'reopen-alert'],
  ['POST', '/alerts/{id}/mute', { until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'x' }, 'mute-alert'],
  ['DELETE', '/alerts/{id}/mute', {}, 'unmute-alert'],
  ['POST', '/notifications/{channel}/test', {}, 'test-notification'],
];
/** Written down elsewhere: by tests of their own (plans, approvals, fixes, passwords), or nothing is changed. */
const elsewhere = new Set([
  'POST /plan-runs',
  'POST /forecast/{id}/run',
  'POST /plan/{connector}/approval',
  'DELETE /plan/{connector}/approval',
  'PUT /configuration/file',
  'POST /findings/{finding}/fix',
  'POST /precheck/{id}/apply',
  'POST /precheck/apply',
  'POST /passwords/sync',
  'POST /passwords/resync',
]);
const changesNothing = new Set([
  'POST /jobs',
  'DELETE /jobs/{id}',
  'POST /evaluate',
  'POST /drafts/{name}/check',
  'POST /what-if',
  'POST /configuration/what-if',
  'POST /forecast',
  'POST /precheck',
  'POST /precheck/{id}/table',
  'POST /precheck/decisions',
  'POST /passwords/check',
]);

test('every change is in the audit log: who, what, before, after', async () => {
  const covered = new Set([...good.map(([method, path]) => `${method} ${path}`), ...elsewhere, ...changesNothing]);
  const all = endpoints.filter((e) => e.method !== 'get').map((e) => `${e.method.toUpperCase()} ${e.path}`);
  assert.deepEqual(
    all.filter((o) => !covered.has(o)),
    [],
    'an operation that nobody looked at',
  );
  const admin = await person(['admin']);
  const alert = await waitFor('an alert', async () =>
    (await running.get<{ items: { id: number; code: string }[] }>('/alerts')).items.find(
      (a) => a.code === 'scheduler-off',
    ),
  );
  type Row = { id: number; who: string; how: string; action: string; outcome: string; before: unknown; after: unknown };
  const newest = async () => (await running.get<{ items: Row[] }>('/audit?limit=5')).items;
  // Nothing was running before the first of them is ordered; so that there is something to stop, the queue is filled.
  for (const [method, path, body, action] of good) {
    const [last] = await newest();
    const real = path
      .replace('{name}', 'audited')
      .replace('{version}', '1')
      .replace('{id}', String(alert.id))
      .replace('{channel}', 'hook');
    if (action === 'stop')
      for (let i = 0; i < 3; i++)
        await send(admin, 'POST', '/api/v1/runs', { connector: 'cloud', profile: 'full-import' });
    const response = await send(admin, method, `/api/v1${real}`, body);
    assert.ok(response.status < 300, `${method} ${real}: ${response.status} ${await response.text()}`);
    const row = (await newest()).find((r) => r.action === action && r.id > (last?.id ?? 0));
    assert.ok(row, `${method} ${real} is not in the audit log`);
    assert.deepEqual([row.who, row.how], ['the admin', 'console'], action);
    if (/^(set|save|move|mute|acknowledge)/.test(action)) assert.ok(row.after !== null, `${action}: after`);
    if (/^(reopen|unmute|remove|restore|set)/.test(action)) assert.ok(row.before !== null, `${action}: before`);
  }
  assert.equal((await send(admin, 'DELETE', '/api/v1/session', {})).status, 200);
  assert.equal((await newest())[0]?.action, 'sign-out');
  assert.equal((await running.get<{ brokenAt?: number }>('/audit/chain')).brokenAt, undefined);
});

test('no answer and no line of the log tells a secret', async () => {
  const token = running.token;
  const key = world.read('state/session-key').trim();
  const link = new URL(running.service.signInLink());
  const arrived = await fetch(link, { redirect: 'manual' });
  const cookie = arrived.headers.getSetCookie()[0]!.split(';')[0]!.split('=')[1]!;
  await fetch(`${running.service.url}/api/v1/status`, { headers: { authorization: `Bearer ${token.slice(0, -2)}xx` } });
  await fetch(`${running.service.url}/sign-in/openid-connect`, { redirect: 'manual' });
  const secrets = {
    clientSecret,
    providerSecret,
    hookSecret,
    token,
    key,
    cookie,
    link: link.searchParams.get('code')!,
  };
  const tell = (text: string, where: string) => {
    for (const [name, secret] of Object.entries(secrets)) {
      for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)])
        assert.ok(!text.includes(form), `${where} tells the ${name}`);
    }
  };
  let answers = 0;
  const more = [
    '/explain?reference=user1',
    '/objects/user1',
    '/objects/user1/history',
    '/configuration/diff?from=1',
    '/runs/1',
  ];
  const read = endpoints.filter((e) => e.method === 'get' && !e.path.includes('{')).map((e) => e.path);
  for (const path of [...read, ...more, '/configuration/versions/1', '/session', '/openapi.json']) {
    const response = await running.fetch(`/api/v1${path}`);
    tell(await response.text(), path);
    for (const [name, value] of response.headers) if (name !== 'set-cookie') tell(value, `${path}, header ${name}`);
    answers++;
  }
  assert.ok(answers > 35, `${answers} answers`);
  tell(world.read('state/causeway.log'), 'the log');
  tell(JSON.stringify(running.told), 'the terminal');
});

test('paths that try to get out of the console lead nowhere', async () => {
  const tricks = [
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/../../../package.json',
    '/assets/..%5c..%5cpackage.json',
    '//etc/passwd',
    '/%00/etc/passwd',
    '/file:///etc/passwd',
    '/assets/%c0%ae%c0%ae/package.json',
    '/__proto__',
    '/constructor',
  ];
  for (const path of tricks) {
    const { status, text } = await raw(path);
    assert.ok(!/root:|"private": true|"workspaces"/.test(text), path);
    assert.ok(
      status === 404 || status === 400 || text.startsWith('<!doctype html>'),
      `${path}: ${status} ${text.slice(0, 80)}`,
    );
  }
  for (const path of [
    '/api/v1/../../status',
    '/api//v1/status',
    '/API/v1/status',
    '/api/v1/status/',
    '/api/v1/status%2f',
  ])
    assert.ok(!(await raw(path)).text.includes('SyncCycleEnabled'), path);
});

test('only names that no page can own are answered', async () => {
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '0.0.0.0',
    '[::ffff:7f00:1]',
    '2130706433',
  ])
    assert.equal((await raw('/api/v1/session', { headers: { host } })).status, 421, host);
  for (const host of ['localhost', '127.0.0.1:8440', '[::1]:1', '127.3.2.1'])
    assert.equal((await raw('/api/v1/session', { headers: { host } })).status, 200, host);
});

test('a body without end is not read to its end', async () => {
  const chunk = Buffer.alloc(256 * 1024, 0x20);
  const headers = { authorization: `Bearer ${running.token}`, 'content-type': 'application/json' };
  const said = await raw('/api/v1/cycles', {
    method: 'POST',
    headers: { ...headers, 'content-length': '5000000' },
  }).catch((error: NodeJS.ErrnoException) => ({ status: 0, text: String(error.code) }));
  assert.equal(said.status, 413);
  const unsaid = await raw('/api/v1/cycles', { method: 'POST', headers, chunks: Array(8).fill(chunk) }).catch(
    (error: NodeJS.ErrnoException) => ({ status: 413, text: String(error.code) }),
  );
  assert.equal(unsaid.status, 413);
  const deep = `{"policy":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const nested = await running.fetch('/api/v1/cycles', {
    method: 'POST',
    body: deep,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(nested.status, 400);
  const polluted = await running.fetch('/api/v1/evaluate', {
    method: 'POST',
    body: '{"expression":"[a]","attributes":{"__proto__":{"polluted":"yes"},"a":"x"}}',
    headers: { 'content-type': 'application/json' },
  });
  assert.ok(polluted.status < 500);
  assert.equal(({} as { polluted?: string }).polluted, undefined);
  assert.equal((await running.fetch('/api/v1/status')).status, 200);
});

test('a link of an hour ago, or one that is guessed, lets nobody in; guessing is slowed down, good ones are not', async () => {
  const wrong: number[] = [];
  for (let i = 0; i < 12; i++) wrong.push((await send(undefined, 'GET', `/sign-in/link?code=guess${i}`)).status);
  assert.deepEqual([wrong[0], wrong.at(-1)], [403, 429]);
  assert.equal((await send(undefined, 'GET', '/api/v1/session')).status, 200);
  const bearer = { authorization: 'Bearer wrong' };
  const tokens: number[] = [];
  for (let i = 0; i < 12; i++) tokens.push((await send(undefined, 'GET', '/api/v1/status', undefined, bearer)).status);
  assert.equal(tokens.at(-1), 429);
  assert.equal((await running.fetch('/api/v1/status')).status, 200, 'the right token is never locked out');
  const admin = await person(['admin']);
  assert.equal((await send(admin, 'GET', '/api/v1/status')).status, 200, 'nor who is signed in');
});

test('without TLS only a loopback address is listened on', () => {
  for (const listen of [
    '0.0.0.0:8440',
    '[::]:8440',
    '192.168.1.1:8440',
    'server.contoso.com:8440',
    '127.0.0.1.evil.example:8440',
  ]) {
    const text = world.read('causeway.yaml').replace('listen: 127.0.0.1:0', `listen: "${listen}"`);
    assert.throws(() => loadConfiguration('x.yaml', () => text), /which others can reach: that needs "tls/, listen);
  }
});
