/** A tenant seeded, emptied, moved in time and set by orders, whether it runs or not. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { carryOut, giveOrder, takeOrders } from '../../src/tenant/administration.ts';
import { createTenant, type Tenant } from '../../src/tenant/tenant.ts';
import { causeway } from '../cli/command.ts';
import { freePort } from '../support/loopback.ts';
import { type TempDirectory, tempDirectory } from '../support/temp.ts';
import { caller, graphApp, testTenant } from './support.ts';

let directory: TempDirectory;
before(() => {
  directory = tempDirectory('administration');
});
after(() => directory.remove());

const ana = { displayName: 'Ana', userPrincipalName: 'ana@contoso.com' };
const open = (folder?: string): Tenant =>
  createTenant({
    ...(folder === undefined ? {} : { directory: folder }),
    settings: { initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: ['contoso.com'] },
    clock: () => Date.UTC(2026, 0, 1),
  });

test('orders: facts, seed, reset, advance, set; a wrong one says why and changes nothing', () => {
  const tenant = open();
  assert.equal(carryOut(tenant, { kind: 'facts' }).objects.user, 0);
  assert.equal(carryOut(tenant, { kind: 'seed', seed: { users: [ana] } }).objects.user, 1);
  assert.throws(() => carryOut(tenant, { kind: 'seed', seed: { users: [ana] } }), /another user has/);
  assert.throws(() => carryOut(tenant, { kind: 'seed', seed: { people: [] } }), /people/);
  assert.equal(carryOut(tenant, { kind: 'advance', milliseconds: 1000 }).now, '2026-01-01T00:00:01.000Z');
  assert.throws(() => carryOut(tenant, { kind: 'advance', milliseconds: -1 }), />=0/);
  assert.equal(carryOut(tenant, { kind: 'set', switches: { throttling: 'M' } }).switches.throttling, 'M');
  assert.throws(() => carryOut(tenant, { kind: 'set', switches: { throttling: 'XL' } }), /throttling/);
  assert.throws(() => carryOut(tenant, { kind: 'explode' }), /kind/);
  const report = carryOut(tenant, { kind: 'reset', seed: { groups: [{ displayName: 'G' }] } });
  assert.deepEqual(report.objects, { user: 0, group: 1, contact: 0, device: 0 });
  assert.equal(report.switches.throttling, 'M', 'settings stay');
});

test('an app keeps its permissions and directory roles when the tenant is emptied', async () => {
  const tenant = testTenant({ seed: { users: [{ ...ana, roles: ['User Administrator'] }] } });
  tenant.registerApp({ ...graphApp, permissions: ['User.ReadWrite.All'], roles: ['User Administrator'] });
  const seed = { users: [{ ...ana, roles: ['User Administrator'] }] };
  for (let round = 0; round < 2; round++) {
    const graph = await caller(tenant);
    assert.equal(
      (await graph('DELETE', '/users/ana@contoso.com')).status,
      204,
      'only who administers deletes who does',
    );
    tenant.reset(seed);
  }
});

test('a running tenant takes orders from its owner only; one that is gone is not waited for', async () => {
  const folder = directory.path;
  const tenant = open(folder);
  assert.equal(await giveOrder(folder, { kind: 'facts' }), undefined, 'nobody takes orders yet');
  const orders = await takeOrders(tenant, folder);
  const file = join(folder, 'running.json');
  assert.equal(statSync(file).mode & 0o077, 0);
  const text = readFileSync(file, 'utf8');
  const report = await giveOrder(folder, { kind: 'seed', seed: { users: [ana] } });
  assert.equal(report?.objects.user, 1);
  await assert.rejects(giveOrder(folder, { kind: 'seed', seed: { users: [ana] } }), /another user has/);
  const { port } = JSON.parse(text) as { port: number };
  assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"kind":"reset"}' })).status, 401);
  await orders.close();
  assert.equal(await giveOrder(folder, { kind: 'facts' }), undefined);
  writeFileSync(file, text);
  assert.equal(await giveOrder(folder, { kind: 'facts' }), undefined, 'the file of one that died');
  tenant.close();
});

test('causeway tenant: set, seed, reset, advance and status work on the data of a tenant that does not run', async () => {
  const world = tempDirectory('tenant-verbs');
  const port = await freePort();
  writeFileSync(join(world.path, 'secret'), 'sesame');
  writeFileSync(join(world.path, 'seed.json'), JSON.stringify({ users: [ana] }));
  const configuration = {
    stateDirectory: './state',
    connectors: [
      { name: 'corp', type: 'ldif', path: './x.ldif' },
      {
        name: 'cloud',
        type: 'entra',
        dialect: 'sync',
        url: `http://127.0.0.1:${port}`,
        tenantId: '11111111-2222-4333-8444-555555555555',
        clientId: '00000000-0000-4000-8000-000000000001',
        credential: { secret: { file: './secret' } },
      },
    ],
    tenant: { listen: `127.0.0.1:${port}`, initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: ['contoso.com'] },
  };
  const file = join(world.path, 'causeway.yaml');
  writeFileSync(file, JSON.stringify(configuration));
  const order = async (...args: string[]) => {
    const ended = await causeway(['--config', file, '--json', 'tenant', ...args], { cwd: world.path });
    type Answer = {
      objects?: Record<string, number>;
      error?: { code: string };
      switches?: Record<string, unknown>;
      mail?: unknown[];
    };
    return { code: ended.code, ...ended.json<Answer>() };
  };
  assert.equal((await order('status')).error?.code, 'no-tenant-yet');
  assert.equal((await order('seed', 'seed.json')).objects?.user, 1);
  const again = await order('seed', 'seed.json');
  assert.deepEqual([again.code, again.error?.code], [1, 'tenant-order-refused']);
  assert.equal((await order('set', 'throttling=L', 'readDelayMs=500')).code, 0);
  assert.equal((await order('set', 'throttling')).error?.code, 'bad-switch');
  assert.equal((await order('advance', 'soon')).error?.code, 'bad-duration');
  assert.equal((await order('reset')).objects?.user, 0);
  assert.deepEqual((await order('mail')).mail, []);
  const { switches } = await order('status');
  assert.deepEqual([switches?.throttling, switches?.readDelayMs], ['L', 500]);
  world.remove();
});
