/** The cloud's side as the running engine sees it: who is an administrator there, and the tenant's switch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connector } from '../../src/connectors/contract.ts';
import { createEntraSyncConnector } from '../../src/connectors/entra/sync.ts';
import { LeaseError } from '../../src/scheduler/lease.ts';
import { PasswordCloud } from '../../src/service/passwords/cloud.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { base, graphApp, syncApp, syncCaller, tenantId, testTenant, tokenFor } from '../tenant/support.ts';

const signal = new AbortController().signal;
const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';
const directoryReaders = '88d8e3e3-8f55-4a1e-953a-9b9898b8876b';

interface CloudWorld {
  readonly tenant: Tenant;
  readonly cloud: PasswordCloud;
  readonly remembered: { text: string | undefined };
  /** Cloud anchors by name. */
  readonly anchors: ReadonlyMap<string, string>;
  clockMs: number;
  lease: boolean;
  graph(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

async function world(
  options: { permissions?: string[]; remembered?: string; feature?: boolean } = {},
): Promise<CloudWorld> {
  const features = options.feature === false ? {} : { settings: { features: { passwordSyncEnabled: true } } };
  const tenant = testTenant(features);
  tenant.registerApp({
    ...syncApp,
    displayName: 'Causeway',
    permissions: ['ADSynchronization.ReadWrite.All', ...(options.permissions ?? ['Directory.Read.All'])],
  });
  const call = await syncCaller(tenant);
  const objects = ['ana', 'bob', 'eve'].map((name) => ({
    operation: 'Add',
    objectType: 'User',
    sourceAnchor: Buffer.from(name.padEnd(16)).toString('base64'),
    properties: { userPrincipalName: `${name}@contoso.com`, displayName: name, accountEnabled: true },
  }));
  const { body } = await call('POST', '/sync/v1/provision', { objects });
  const anchors = new Map(
    body.results.map((r: { cloudAnchor: string }, i: number) => [['ana', 'bob', 'eve'][i], r.cloudAnchor]),
  ) as ReadonlyMap<string, string>;
  const token = await tokenFor(tenant, graphApp);
  const connector: Connector = createEntraSyncConnector({
    name: 'cloud',
    url: base,
    tenantId,
    clientId: syncApp.appId,
    secret: syncApp.secret,
    fetch: (request) => tenant.fetch(request),
  });
  const made: CloudWorld = {
    tenant,
    anchors,
    remembered: { text: options.remembered },
    clockMs: 0,
    lease: true,
    cloud: new PasswordCloud({
      connector,
      endpoint: base,
      assertLease: () => {
        if (!made.lease) throw new LeaseError('lease-over', 'The lease of this engine is over.');
      },
      now: () => made.clockMs,
      remembered: {
        read: () => made.remembered.text,
        write(text) {
          made.remembered.text = text;
        },
      },
    }),
    async graph(method, path, body) {
      const response = await tenant.fetch(
        new Request(`${base}/v1.0${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
    },
  };
  return made;
}
const idOf = (w: CloudWorld, name: string): string => w.anchors.get(name)!.replace(/^User_/, '');
const assign = async (w: CloudWorld, name: string, roleDefinitionId: string): Promise<void> => {
  const body = { principalId: idOf(w, name), roleDefinitionId, directoryScopeId: '/' };
  const { status } = await w.graph('POST', '/roleManagement/directory/roleAssignments', body);
  assert.equal(status, 201);
};
const administrators = (w: CloudWorld): string[] =>
  [...w.anchors].filter(([, anchor]) => w.cloud.isAdministrator(anchor)).map(([name]) => name);

test('holders of roles are administrators, readers of the directory are not', async () => {
  const w = await world();
  await assign(w, 'ana', globalAdministrator);
  await assign(w, 'bob', directoryReaders);
  await w.cloud.refreshAdministrators(signal);
  assert.deepEqual(administrators(w), ['ana']);
  w.tenant.close();
});

test('roles are asked for again after ten minutes', async () => {
  const w = await world();
  await w.cloud.refreshAdministrators(signal);
  await assign(w, 'eve', globalAdministrator);
  await w.cloud.refreshAdministrators(signal);
  assert.deepEqual(administrators(w), []);
  w.clockMs += 600_001;
  await w.cloud.refreshAdministrators(signal);
  assert.deepEqual(administrators(w), ['eve']);
  w.tenant.close();
});

test('while the roles cannot be read nobody is guessed to be none, and the way out is named', async () => {
  const w = await world({ permissions: [] });
  await w.cloud.refreshAdministrators(signal);
  assert.throws(() => administrators(w), {
    code: 'password-sync-cloud-failure',
    remedy: /RoleManagement\.Read\.Directory.*excludeCloudAdministrators: false/,
  });
  w.tenant.close();
});

test('what was known before a restart holds while the roles cannot be read', async () => {
  const known = await world();
  await assign(known, 'ana', globalAdministrator);
  await known.cloud.refreshAdministrators(signal);
  const w = await world({ permissions: [], remembered: JSON.stringify([idOf(known, 'ana')]) });
  await w.cloud.refreshAdministrators(signal);
  assert.equal(w.cloud.isAdministrator(known.anchors.get('ana')!), true);
  assert.equal(w.cloud.isAdministrator(known.anchors.get('bob')!), false);
  known.tenant.close();
  w.tenant.close();
});

test('the feature is switched on once; a heartbeat says when it is off', async () => {
  const w = await world({ feature: false });
  assert.equal(await w.cloud.needsActivation(signal), true);
  await assert.rejects(w.cloud.target.send({ credentials: [] }, signal), { code: 'password-sync-disabled' });
  await w.cloud.activate(signal);
  assert.deepEqual(await w.cloud.target.send({ credentials: [] }, signal), { results: [] });
  w.tenant.close();
});

test('nothing leaves once the lease is over (law 5)', async () => {
  const w = await world({ feature: false });
  w.lease = false;
  await assert.rejects(w.cloud.target.send({ credentials: [] }, signal), { code: 'lease-over' });
  await assert.rejects(w.cloud.activate(signal), { code: 'lease-over' });
  w.tenant.close();
});
