/** A tenant and a connector of the dialect `graph` to it, through its public Graph plane only. */
import type { ExportRequest, ExportResult } from '../../src/connectors/contract.ts';
import {
  createEntraGraphConnector,
  type EntraGraphConfig,
  type EntraGraphSession,
} from '../../src/connectors/entra/graph.ts';
import { dnOfSourceAnchor } from '../../src/connectors/entra/sync-names.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { base, type Call, caller, graphApp, tenantId, testTenant } from '../tenant/support.ts';

/** What docs/entra.md tells an administrator to grant. */
export const permissions = [
  'User.ReadWrite.All',
  'User-PasswordProfile.ReadWrite.All',
  'Group.ReadWrite.All',
  'Device.Read.All',
  'OrgContact.Read.All',
  'Organization.Read.All',
  'OnPremDirectorySynchronization.Read.All',
  'RoleManagement.Read.Directory',
];
export const app = { appId: '00000000-0000-0000-0000-000000000003', secret: 'the-secret-of-the-graph-dialect' };
export const signal = new AbortController().signal;

export function graphConnector(tenant: Tenant, changes: Partial<EntraGraphConfig> = {}) {
  return createEntraGraphConnector({
    name: 'contoso.onmicrosoft.com',
    url: base,
    tenantId,
    clientId: app.appId,
    credential: { secret: app.secret },
    fetch: (request) => tenant.fetch(request),
    now: () => tenant.now(),
    wait: async (milliseconds) => tenant.advance(milliseconds),
    ...changes,
  });
}

export interface GraphWorld extends Disposable {
  readonly tenant: Tenant;
  /** An administrator's own client, with every permission. */
  readonly graph: Call;
  readonly session: EntraGraphSession;
  send(...requests: readonly ExportRequest[]): Promise<readonly ExportResult[]>;
}

export async function graphWorld(
  options: {
    readonly settings?: Partial<TenantSettings>;
    readonly seed?: TenantSeed;
    readonly config?: Partial<EntraGraphConfig>;
    readonly permissions?: readonly string[];
  } = {},
): Promise<GraphWorld> {
  const tenant = testTenant({
    settings: { dirSyncEnabled: false, ...options.settings },
    ...(options.seed ? { seed: options.seed } : {}),
  });
  tenant.registerApp({ ...app, displayName: 'Causeway', permissions: [...(options.permissions ?? permissions)] });
  const session = (await graphConnector(tenant, options.config).open(signal)) as EntraGraphSession;
  return {
    tenant,
    session,
    graph: await caller(tenant, graphApp),
    send: (...requests) => session.export!(requests, signal),
    [Symbol.dispose]: () => tenant.close(),
  };
}

let next = 0;
type Attributes = ExportRequest['attributes'];
const request = (anchor: string, more: Partial<ExportRequest>): ExportRequest => ({
  id: ++next,
  operation: 'add',
  dn: dnOfSourceAnchor(anchor),
  objectType: 'user',
  attributes: {},
  before: {},
  references: {},
  attempt: 0,
  ...more,
});

export const addUser = (
  anchor: string,
  attributes: Attributes = {},
  more: Partial<ExportRequest> = {},
): ExportRequest =>
  request(anchor, {
    attributes: {
      sourceAnchor: anchor,
      displayName: anchor,
      userPrincipalName: `${anchor}@contoso.com`,
      accountEnabled: true,
      ...attributes,
    },
    ...more,
  });
export const addGroup = (anchor: string, attributes: Attributes = {}): ExportRequest =>
  request(anchor, {
    objectType: 'group',
    attributes: { sourceAnchor: anchor, displayName: anchor, securityEnabled: true, ...attributes },
  });
export const change = (added: ExportRequest, anchor: string, more: Partial<ExportRequest>): ExportRequest => ({
  ...added,
  id: ++next,
  operation: 'update',
  anchor,
  attributes: {},
  ...more,
});
export const remove = (added: ExportRequest, anchor: string): ExportRequest =>
  change(added, anchor, { operation: 'delete' });
export const members = (added: readonly string[], removed: readonly string[] = []): ExportRequest['references'] => ({
  member: { added: added.map((anchor) => ({ anchor })), removed: removed.map((anchor) => ({ anchor })) },
});

/** The anchor of a success. */
export function anchorOf(result: ExportResult | undefined): string {
  if (result?.outcome === 'success' && result.anchor !== undefined) return result.anchor;
  throw new Error(`no success with an anchor: ${JSON.stringify(result)}`);
}
export const idOf = (result: ExportResult | undefined): string => anchorOf(result).split('_')[1] as string;
/** Code of a failure, or codes of the warnings of a success. */
export const codesOf = (result: ExportResult | undefined): readonly string[] =>
  result?.outcome === 'failure'
    ? [`failure: ${result.error.code}`]
    : result?.outcome === 'success'
      ? (result.warnings ?? []).map((w) => w.code)
      : [`unknown: ${result?.detail}`];
