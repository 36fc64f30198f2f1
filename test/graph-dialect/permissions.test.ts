/** What the app may not do is told before anything begins, in words that say what to grant (entra-directory s.5.13). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError } from '../../src/connectors/contract.ts';
import type { EntraGraphConfig } from '../../src/connectors/entra/graph.ts';
import { base, tenantId, testTenant } from '../tenant/support.ts';
import { app, graphConnector, permissions, signal } from './support.ts';

const needed = [
  'Organization.Read.All',
  'User.ReadWrite.All',
  'Group.ReadWrite.All',
  'RoleManagement.Read.Directory',
  'OrgContact.Read.All',
  'Device.Read.All',
];

/** The error of opening a connector whose app has these permissions; undefined if there is none. */
async function problem(granted: readonly string[], changes: Partial<EntraGraphConfig> = {}) {
  const tenant = testTenant({ settings: { dirSyncEnabled: false } });
  tenant.registerApp({ ...app, permissions: [...granted] });
  const real = (request: Request) => tenant.fetch(request);
  const fetch = changes.fetch === opaque ? (request: Request) => opaqueFetch(request, real) : (changes.fetch ?? real);
  const config = { ...changes, fetch };
  try {
    await graphConnector(tenant, config).open(signal);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ConnectorError, String(error));
    return error;
  } finally {
    tenant.close();
  }
}

/** Stands for a service whose tokens nobody but itself can read. */
const opaque = async (): Promise<Response> => Response.error();
const secrets = new Map<string, string>();
async function opaqueFetch(request: Request, fetch: (request: Request) => Promise<Response>): Promise<Response> {
  if (request.url.endsWith('/token')) {
    const answer = (await (await fetch(request)).json()) as { access_token: string };
    secrets.set('opaque', answer.access_token);
    return Response.json({ ...answer, access_token: 'opaque' });
  }
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${secrets.get('opaque')}`);
  const body = request.method === 'GET' ? {} : { body: await request.text() };
  return fetch(new Request(request.url, { method: request.method, headers, ...body }));
}

test('each permission that is missing is named, with what it is for, and what includes it is enough', async () => {
  assert.equal(await problem(needed), undefined);
  assert.equal(await problem(permissions), undefined);
  assert.equal(await problem(['Directory.ReadWrite.All']), undefined);
  for (const missing of needed.filter((p) => p !== 'Organization.Read.All')) {
    const error = await problem(needed.filter((p) => p !== missing));
    assert.deepEqual([error?.code, error?.status], ['failed-permission', 'no-start-credentials'], missing);
    assert.ok(error?.message.includes(`${missing} (to `), error?.message);
    assert.ok(error?.remedy.includes(missing), error?.remedy);
  }
});

test('all that is missing is told at once; read access where write access is needed does not pass', async () => {
  const error = await problem(['Organization.Read.All', 'User.Read.All', 'Group.Read.All']);
  const told = ['User.ReadWrite.All', 'Group.ReadWrite.All', 'RoleManagement.Read.Directory', 'OrgContact.Read.All'];
  for (const name of told) assert.ok(error?.remedy.includes(name), error?.remedy);
  assert.ok(!error?.remedy.includes('Organization.Read.All'));
});

test('a token that cannot be read: the first call that is refused names the permission', async () => {
  assert.equal(await problem(needed, { fetch: opaque }), undefined);
  for (const missing of ['Group.ReadWrite.All', 'OrgContact.Read.All', 'Device.Read.All']) {
    const error = await problem(
      needed.filter((p) => p !== missing),
      { fetch: opaque },
    );
    assert.equal(error?.code, 'failed-permission', missing);
    assert.ok(error?.remedy.includes(missing), error?.remedy);
  }
});

test('who imports no devices needs no permission for them, and asks for none', async () => {
  const tenant = testTenant({ settings: { dirSyncEnabled: false } });
  tenant.registerApp({ ...app, permissions: needed.filter((p) => p !== 'Device.Read.All') });
  const asked: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    asked.push(request.url, request.method === 'POST' ? await request.clone().text() : '');
    return tenant.fetch(request);
  };
  const session = await graphConnector(tenant, { fetch, objectTypes: ['user', 'group'] }).open(signal);
  assert.deepEqual(session.schema.objectTypes, ['user', 'group']);
  const request = {
    partition: { name: tenantId },
    attributes: new Set(['displayName']),
    objectTypes: new Set(session.schema.objectTypes),
    signal,
    warn: () => {},
  };
  let watermark: string | undefined;
  for await (const batch of session.import({ ...request, mode: 'full' })) watermark = batch.watermark ?? watermark;
  assert.ok(watermark !== undefined);
  for await (const _ of session.import({ ...request, mode: 'delta', watermark }));
  assert.ok(!asked.some((text) => text.includes('/devices')));
  // Later they are wanted: what was not read before has to be read whole.
  const more = { ...request, objectTypes: new Set(['user', 'group', 'device']), mode: 'delta' as const, watermark };
  await assert.rejects(
    async () => {
      for await (const _ of session.import(more));
    },
    { code: 'full-import-required' },
  );
  tenant.close();
});

test('hop by hop: no network, no token, no Graph behind the address', async () => {
  const refusing = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
  const down = await problem(needed, { fetch: () => Promise.reject(refusing) });
  assert.deepEqual([down?.code, down?.status], ['failed-connection', 'no-start-connection']);
  const tenant = testTenant({ settings: { dirSyncEnabled: false } });
  tenant.registerApp({ ...app, permissions: needed });
  const html = async (request: Request): Promise<Response> =>
    request.url.startsWith(`${base}/v1.0`) ? new Response('<html>hello', { status: 200 }) : tenant.fetch(request);
  const portal = await problem(needed, { fetch: html });
  assert.equal(portal?.status, 'no-start-connection');
  assert.match(portal?.message ?? '', /\/organization as Microsoft Graph does/);
  tenant.close();
});
