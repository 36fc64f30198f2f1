import { createEntraSyncConnector, type EntraSyncConfig } from '../../src/connectors/entra/sync.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import { createTenant, type Tenant } from '../../src/tenant/tenant.ts';

export const tenantId = '11111111-2222-3333-4444-555555555555';
export const syncApp = { appId: '00000000-0000-0000-0000-000000000001', secret: 'the-secret-of-the-engine' };
export const graphApp = { appId: '00000000-0000-0000-0000-000000000002', secret: 'the-secret-of-the-reader' };
export const base = 'http://tenant.test';

const everything = [
  'User.ReadWrite.All',
  'User-PasswordProfile.ReadWrite.All',
  'Group.ReadWrite.All',
  'Device.ReadWrite.All',
  'OrgContact.Read.All',
  'Directory.ReadWrite.All',
  'RoleManagement.ReadWrite.Directory',
  'Domain.ReadWrite.All',
  'Organization.ReadWrite.All',
  'OnPremDirectorySynchronization.ReadWrite.All',
  'User-OnPremisesSyncBehavior.ReadWrite.All',
  'Group-OnPremisesSyncBehavior.ReadWrite.All',
  'Contacts-OnPremisesSyncBehavior.ReadWrite.All',
  'LicenseAssignment.ReadWrite.All',
  'Application.ReadWrite.All',
  'AdministrativeUnit.ReadWrite.All',
  'Member.Read.Hidden',
];

/** A tenant in memory with a synchronization client and a Graph client, whose clock starts at a fixed time. */
export function testTenant(
  options: { settings?: Partial<TenantSettings>; seed?: TenantSeed; permissions?: string[]; clock?: () => number } = {},
): Tenant {
  let state = 1;
  return createTenant({
    settings: {
      tenantId,
      initialDomain: 'contoso.onmicrosoft.com',
      verifiedDomains: ['contoso.com'],
      ...options.settings,
    },
    ...(options.seed ? { seed: options.seed } : {}),
    apps: [
      { ...syncApp, displayName: 'Causeway', permissions: ['ADSynchronization.ReadWrite.All'] },
      { ...graphApp, displayName: 'Reader', permissions: options.permissions ?? everything },
    ],
    clock: options.clock ?? (() => Date.UTC(2026, 0, 1, 12)),
    random: (count) => {
      // A linear congruential generator: ids are the same in every run.
      const bytes = Buffer.alloc(count);
      for (let i = 0; i < count; i++) {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        bytes[i] = state >>> 16;
      }
      return bytes;
    },
    report: (error) => {
      throw error;
    },
  });
}

export async function tokenFor(tenant: Tenant, app: { appId: string; secret: string }): Promise<string> {
  const response = await tenant.fetch(
    new Request(`${base}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: app.appId,
        client_secret: app.secret,
        scope: 'https://graph.microsoft.com/.default',
      }),
    }),
  );
  return ((await response.json()) as { access_token: string }).access_token;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly body: any;
}
export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

/** A function that calls the tenant with the token of the app. */
export async function caller(tenant: Tenant, app = graphApp, root = `${base}/v1.0`): Promise<Call> {
  const token = await tokenFor(tenant, app);
  return async (method, path, body, headers = {}) => {
    const response = await tenant.fetch(
      new Request(path.startsWith('http') ? path : `${root}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
  };
}

export const syncCaller = (tenant: Tenant): Promise<Call> => caller(tenant, syncApp, base);

export function connectorTo(tenant: Tenant, changes: Partial<EntraSyncConfig> = {}) {
  return createEntraSyncConnector({
    name: 'contoso.onmicrosoft.com',
    url: base,
    tenantId,
    clientId: syncApp.appId,
    secret: syncApp.secret,
    fetch: (request) => tenant.fetch(request),
    ...changes,
  });
}
