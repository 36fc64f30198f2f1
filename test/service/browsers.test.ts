/** What keeps browsers, and whoever uses one against its owner, in their place. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import { waitFor } from '../support/wait.ts';
import * as attacker from './attacker.ts';
import { createWorld, type RunningService, startWorld, type World } from './world.ts';

let world: World;
let running: RunningService;
const send = (...rest: Parameters<typeof attacker.send> extends [unknown, ...infer R] ? R : never) =>
  attacker.send(running, ...rest);

before(async () => {
  world = await createWorld({ users: 1 });
  running = await startWorld(world);
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test('a path of Graph cannot lead to another plane of the tenant', async () => {
  for (const path of [
    '/v1.0/users/%2e%2e/%2e%2e/sync/v1/capabilities',
    '/v1.0/users/../../sync/v1/capabilities',
    '/v1.0/users/.%2e/.%2E/oauth2/v2.0/token',
    '//evil.example/v1.0/users',
    'http://evil.example/v1.0/users',
    '\\\\evil.example\\v1.0\\users',
    '/v1.0/users\n/../sync',
    '/sync/v1/capabilities',
  ]) {
    const answer = await running.fetch(`/api/v1/tenant/graph?path=${encodeURIComponent(path)}`);
    const { error } = (await answer.json()) as { error?: { message: string } };
    assert.equal(answer.status, 400, path);
    assert.match(error?.message ?? '', /has to be one of Microsoft Graph/, path);
  }
  assert.equal((await running.fetch('/api/v1/tenant/graph?path=/v1.0/users/../groups')).status, 200);
});

test('a stream of events ends with the session', async () => {
  const who = await attacker.person(running, ['viewer']);
  const stream = await send(who, 'GET', '/api/v1/events');
  const reader = stream.body!.getReader();
  await reader.read();
  await send(who, 'DELETE', '/api/v1/session', {});
  await running.send('PATCH', '/scheduler', { MaintenanceEnabled: true });
  running.service.context.bus.publish('log', { level: 'info', message: 'a word for those who may hear it' });
  const other = await attacker.person(running, ['viewer']);
  assert.equal((await send(other, 'GET', '/api/v1/status')).status, 200);
  const next = await Promise.race([
    reader.read().then(({ value }) => new TextDecoder().decode(value)),
    new Promise<string>((resolve) => setTimeout(() => resolve('nothing'), 200)),
  ]);
  assert.ok(!next.includes('a word'), next);
  await reader.cancel();
});

test('every answer has the headers that browsers are to keep to, errors and pages included', async () => {
  for (const path of [
    '/',
    '/objects/mv:1',
    '/api/v1/status',
    '/api/v1/nothing',
    '/assets/none.js',
    '/sign-in/link?code=x',
  ]) {
    const response = await send(undefined, 'GET', path);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/, path);
    assert.ok(!/unsafe|\*|http/.test(policy), path);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer', path);
    assert.equal(response.headers.get('access-control-allow-origin'), null, path);
    assert.equal(response.headers.get('x-powered-by'), null, path);
    assert.match(response.headers.get('cache-control') ?? '', /no-store|no-cache/, path);
  }
});

test('behind a proxy with TLS cookies are secure, and only its name is answered besides', async () => {
  await using other = await createWorld({ users: 1 });
  other.configure((settings) => {
    Object.assign(settings, { service: { listen: '127.0.0.1:0', publicUrl: 'https://sync.contoso.com' } });
  });
  await using proxied = await startWorld(other);
  const listening = await waitFor(
    'the announcement',
    () => (JSON.parse(other.read('state/engine.json')) as { url?: string }).url,
  );
  const { port } = new URL(listening);
  const link = new URL(proxied.service.signInLink());
  assert.equal(link.host, 'sync.contoso.com');
  const ask = (host: string) =>
    new Promise<{ status: number; cookie: string }>((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: link.pathname + link.search, headers: { host } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, cookie: String(response.headers['set-cookie'] ?? '') });
      })
        .on('error', reject)
        .end();
    });
  assert.equal((await ask('other.contoso.com')).status, 421);
  const { status, cookie } = await ask('sync.contoso.com');
  assert.equal(status, 303);
  assert.match(cookie, /^__Host-causeway-session=.*; Secure/);
});
