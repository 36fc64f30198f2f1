import assert from 'node:assert/strict';
import { connectorConformance } from '../../src/connectors/conformance.ts';
import { dnOfSourceAnchor, sourceAnchorOfDn } from '../../src/connectors/entra/sync-names.ts';
import type { ProvisionObject, ProvisionResult } from '../../src/entra/sync-protocol.ts';
import { caller, connectorTo, syncCaller, testTenant } from './support.ts';

connectorConformance('entra, dialect sync', async () => {
  const tenant = testTenant();
  const sync = await syncCaller(tenant);
  const graph = await caller(tenant);
  const provision = async (object: Omit<ProvisionObject, 'sourceAnchor'> & { readonly dn: string }): Promise<void> => {
    const { dn, ...rest } = object;
    const answer = await sync('POST', '/sync/v1/provision', {
      objects: [{ ...rest, sourceAnchor: sourceAnchorOfDn(dn) }],
    });
    const result = answer.body.results[0] as ProvisionResult;
    assert.equal(result.resultCode, 'Success', result.errorDescription);
  };
  const idOf = async (dn: string): Promise<string> => {
    const filter = encodeURIComponent(`onPremisesImmutableId eq '${sourceAnchorOfDn(dn)}'`);
    return (await graph('GET', `/users?$filter=${filter}`)).body.value[0].id;
  };
  const types = new Map<string, 'User' | 'Group'>();
  const typeOf = (dn: string) => types.get(dn) as 'User' | 'Group';
  const links = (dns: readonly string[], operation: 'add' | 'remove') => ({
    member: dns.map((dn) => ({
      anchor: sourceAnchorOfDn(dn) as string,
      anchorType: 'sourceAnchor' as const,
      operation,
    })),
  });
  const set = (dn: string, properties: ProvisionObject['properties'], more: Partial<ProvisionObject> = {}) =>
    provision({ operation: 'Set', objectType: typeOf(dn), dn, properties, ...more });
  return {
    connector: connectorTo(tenant, { pageSize: 3 }),
    person: { type: 'user', text: 'info', texts: 'otherTelephone' },
    group: { type: 'group', members: 'member' },
    async createPerson(name) {
      const dn = dnOfSourceAnchor(name);
      types.set(dn, 'User');
      const userPrincipalName = `${name}@contoso.com`;
      const properties = { displayName: name, userPrincipalName, accountEnabled: true, info: `${name}!` };
      await provision({ operation: 'Add', objectType: 'User', dn, properties });
      return dn;
    },
    async createGroup(name, members) {
      const dn = dnOfSourceAnchor(name);
      types.set(dn, 'Group');
      await provision({
        operation: 'Add',
        objectType: 'Group',
        dn,
        properties: { displayName: name, info: `${name}!`, securityEnabled: true },
        links: links(members, 'add'),
      });
      return dn;
    },
    setText: (dn, text) => set(dn, { info: text }),
    setTexts: (dn, texts) => set(dn, { otherTelephone: texts }),
    addMember: (group, member) => set(group, {}, { links: links([member], 'add') }),
    removeMember: (group, member) => set(group, {}, { links: links([member], 'remove') }),
    // The name is the source anchor; Graph may change it once the object is mastered by the cloud.
    async rename(dn, name) {
      const id = await idOf(dn);
      await provision({ operation: 'Delete', objectType: 'User', dn, properties: {} });
      assert.equal((await graph('POST', `/directory/deletedItems/${id}/restore`)).status, 200);
      assert.equal((await graph('PATCH', `/users/${id}`, { onPremisesImmutableId: name })).status, 204);
      return dnOfSourceAnchor(name);
    },
    // A user that comes again would be the one in the recycle bin (entra-directory s.1.2, step 2.5).
    async remove(dn) {
      const id = typeOf(dn) === 'User' ? await idOf(dn) : undefined;
      await provision({ operation: 'Delete', objectType: typeOf(dn), dn, properties: {} });
      if (id) assert.equal((await graph('DELETE', `/directory/deletedItems/${id}`)).status, 204);
    },
    async [Symbol.asyncDispose]() {
      tenant.close();
    },
  };
});
