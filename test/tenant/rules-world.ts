/** A tenant with both planes, in the few words that tests of its rules need. */
import assert from 'node:assert/strict';
import type { ProvisionResult } from '../../src/entra/sync-protocol.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import { caller, syncCaller, testTenant } from './support.ts';

export const hour = 3600 * 1000;

export async function world(seed: TenantSeed = {}, settings: Partial<TenantSettings> = {}) {
  const tenant = testTenant({ seed, settings });
  let sync = await syncCaller(tenant);
  let graph = await caller(tenant);
  const provision = async (
    operation: 'Add' | 'Set' | 'Delete',
    type: string,
    anchor: string,
    properties: object = {},
    links?: object,
  ): Promise<ProvisionResult> => {
    const object = { operation, objectType: type, sourceAnchor: anchor, properties, ...(links ? { links } : {}) };
    const answer = await sync('POST', '/sync/v1/provision', { objects: [object] });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.results[0];
  };
  return {
    tenant,
    provision,
    graph: (...call: Parameters<typeof graph>) => graph(...call),
    user: async (key: string, select: string) => (await graph('GET', `/users/${key}?$select=${select}`)).body,
    pass: async (milliseconds: number) => {
      tenant.advance(milliseconds);
      sync = await syncCaller(tenant);
      graph = await caller(tenant);
    },
  };
}
export const person = (name: string, more: object = {}) => ({
  displayName: name,
  userPrincipalName: `${name}@contoso.com`,
  accountEnabled: true,
  ...more,
});
export const idOf = (result: ProvisionResult) => result.cloudAnchor?.split('_')[1] as string;
