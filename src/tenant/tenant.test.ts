import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tenantSectionSchema } from './config.ts';
import type { TenantSeed } from './seed.ts';
import { createTenant, type TenantOptions } from './tenant.ts';

const settings = { initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: ['contoso.com'] };
const app = {
  appId: '00000000-0000-0000-0000-000000000001',
  secret: 's',
  permissions: ['ADSynchronization.ReadWrite.All', 'User.Read.All'],
};
const base = 'http://tenant.test';

async function open(options: Partial<TenantOptions> = {}) {
  const tenant = createTenant({
    settings,
    apps: [app],
    report: (error) => {
      throw error;
    },
    ...options,
  });
  const form = {
    grant_type: 'client_credentials',
    client_id: app.appId,
    client_secret: app.secret,
    scope: 'https://graph.microsoft.com/.default',
  };
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const request = new Request(`${base}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body instanceof URLSearchParams ? body : JSON.stringify(body) }),
    });
    const response = await tenant.fetch(request);
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  };
  const token = async () =>
    (await call('POST', `/${tenant.tenantId}/oauth2/v2.0/token`, new URLSearchParams(form))).body.access_token;
  let authorization = `Bearer ${await token()}`;
  return {
    tenant,
    call: (method: string, path: string, body?: unknown) => call(method, path, body, { authorization }),
    renew: async () => {
      authorization = `Bearer ${await token()}`;
    },
  };
}

test('a tenant keeps its data, its identity and its clock over a restart, and old cookies serve on', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-tenant-'));
  const clock = () => Date.UTC(2026, 0, 1);
  const seed: TenantSeed = { users: [{ displayName: 'Ana', userPrincipalName: 'ana@contoso.com' }] };
  const first = await open({ directory, clock, seed });
  const add = (n: number) => ({
    operation: 'Add',
    objectType: 'User',
    sourceAnchor: `a${n}`,
    properties: { displayName: `U${n}`, userPrincipalName: `u${n}@contoso.com`, accountEnabled: true },
  });
  await first.call('POST', '/sync/v1/provision', { objects: [add(1)] });
  const { cookie } = (await first.call('POST', '/sync/v1/read-back', {})).body;
  first.tenant.advance(3600_000);
  first.tenant.close();
  const second = await open({
    directory,
    clock,
    seed: { users: [{ displayName: 'Other', userPrincipalName: 'other@contoso.com' }] },
  });
  assert.equal(second.tenant.tenantId, first.tenant.tenantId);
  assert.equal(second.tenant.now(), clock() + 3600_000);
  const users = (await second.call('GET', '/v1.0/users')).body.value;
  assert.deepEqual(
    users.map((u: { displayName: string }) => u.displayName),
    ['Ana', 'U1'],
    'the seed is for a new tenant only',
  );
  await second.call('POST', '/sync/v1/provision', { objects: [add(2)] });
  const delta = (await second.call('POST', '/sync/v1/read-back', { cookie })).body;
  assert.deepEqual(
    delta.objects.map((o: { sourceAnchor: string }) => o.sourceAnchor),
    ['a2'],
  );
  second.tenant.close();
  rmSync(directory, { recursive: true });
});

test('history older than a month is forgotten, numbers are not used again, and old cookies ask for a full read', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-tenant-'));
  const clock = () => Date.UTC(2026, 0, 1);
  const world = await open({ directory, clock });
  const contact = (operation: string) => ({
    objects: [{ operation, objectType: 'Contact', sourceAnchor: 'c', properties: { displayName: 'C' } }],
  });
  const { cookie } = (await world.call('POST', '/sync/v1/read-back', {})).body;
  await world.call('POST', '/sync/v1/provision', contact('Add'));
  await world.call('POST', '/sync/v1/provision', contact('Delete'));
  const after = (await world.call('POST', '/sync/v1/read-back', { cookie })).body;
  assert.equal(after.objects[0].deleted, true);
  for (let i = 0; i < 33; i++) world.tenant.advance(24 * 3600_000);
  await world.renew();
  assert.equal((await world.call('POST', '/sync/v1/read-back', { cookie })).status, 410);
  assert.equal((await world.call('POST', '/sync/v1/read-back', { cookie: after.cookie })).status, 200);
  world.tenant.close();
  const again = await open({ directory, clock });
  await again.call('POST', '/sync/v1/provision', contact('Add'));
  const delta = (await again.call('POST', '/sync/v1/read-back', { cookie: after.cookie })).body;
  assert.deepEqual(
    delta.objects.map((o: { sourceAnchor: string }) => o.sourceAnchor),
    ['c'],
    'a new change has a new number',
  );
  again.tenant.close();
  rmSync(directory, { recursive: true });
});

test('a seed that is wrong says which entry and why, and nothing of it stays', async () => {
  const { tenant, call } = await open();
  const refuse = (seed: unknown, message: RegExp) => assert.throws(() => tenant.seed(seed as TenantSeed), message);
  const ana = { displayName: 'Ana', userPrincipalName: 'ana@contoso.com' };
  refuse({ people: [] }, /people/);
  refuse({ users: [{ displayName: 'x' }] }, /userPrincipalName/);
  refuse({ users: [ana, { ...ana }] }, /ana@contoso\.com.*another user has/);
  refuse({ users: [{ ...ana, shoeSize: 44 }] }, /'shoeSize'/);
  refuse({ users: [{ ...ana, roles: ['King'] }] }, /'King'/);
  refuse({ apps: [{ appId: crypto.randomUUID(), redirectUris: ['javascript:alert(1)'] }] }, /redirectUris/);
  refuse(
    { apps: [{ appId: crypto.randomUUID(), appRoles: [{ value: 'R', members: ['nobody'] }] }] },
    /app '.*' refers to 'nobody', which does not exist/,
  );
  refuse({ users: [{ ...ana, manager: 'nobody' }] }, /refers to 'nobody', which does not exist/);
  refuse(
    { groups: [{ displayName: 'G' }, { displayName: 'G' }, { displayName: 'H', members: ['G'] }] },
    /more than one object/,
  );
  assert.deepEqual((await call('GET', '/v1.0/users')).body.value, []);
  tenant.seed({ users: [ana] });
  assert.equal((await call('GET', '/v1.0/users')).body.value.length, 1);
  tenant.reset({ users: [{ displayName: 'New', userPrincipalName: 'new@contoso.com' }] });
  assert.deepEqual(
    (await call('GET', '/v1.0/users')).body.value.map((u: { displayName: string }) => u.displayName),
    ['New'],
  );
});

test('the section of the configuration names what is wrong with it', () => {
  const section = { listen: '127.0.0.1:8441', initialDomain: 'contoso.onmicrosoft.com' };
  assert.ok(tenantSectionSchema.safeParse(section).success);
  const wrong = [
    { ...section, initalDomain: 'x.y' },
    { ...section, listen: '8441' },
    { ...section, initialDomain: 'no domain' },
    { ...section, features: { nope: true } },
    { ...section, switches: { throttling: 'XL' } },
  ];
  for (const value of wrong) assert.ok(!tenantSectionSchema.safeParse(value).success, JSON.stringify(value));
});

test('the clock only moves forward', async () => {
  const { tenant } = await open();
  assert.throws(() => tenant.advance(-1), /only moves forward/);
});
