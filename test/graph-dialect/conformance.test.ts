/** The contract of connectors, against the tenant's public Graph plane. */
import assert from 'node:assert/strict';
import { connectorConformance } from '../../src/connectors/conformance.ts';
import { dnOfSourceAnchor, sourceAnchorOfDn } from '../../src/connectors/entra/sync-names.ts';
import { caller, graphApp, testTenant } from '../tenant/support.ts';
import { app, graphConnector, permissions } from './support.ts';

// Everybody else in the tenant: without a source anchor nobody of them may ever be seen.
const strangers = {
  users: [{ displayName: 'Cloud only', userPrincipalName: 'cloud@contoso.com' }],
  groups: [{ displayName: 'Cloud group', members: ['cloud@contoso.com'] }],
};

connectorConformance('entra, dialect graph', async () => {
  const tenant = testTenant({ settings: { dirSyncEnabled: false }, seed: strangers });
  tenant.registerApp({ ...app, displayName: 'Causeway', permissions });
  const graph = await caller(tenant, graphApp);
  const groups = new Set<string>();
  const pathOf = async (dn: string): Promise<string> => {
    const [collection, property] = groups.has(dn) ? ['groups', 'uniqueName'] : ['users', 'onPremisesImmutableId'];
    const filter = encodeURIComponent(`${property} eq '${sourceAnchorOfDn(dn)}'`);
    return `/${collection}/${(await graph('GET', `/${collection}?$filter=${filter}`)).body.value[0].id}`;
  };
  const done = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { status, body: answer } = await graph(method, path, body);
    assert.ok(status < 300, JSON.stringify(answer));
  };
  const reference = async (dn: string) => ({
    '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${(await pathOf(dn)).split('/')[2]}`,
  });
  const addMember = async (group: string, member: string) =>
    done('POST', `${await pathOf(group)}/members/$ref`, await reference(member));
  return {
    connector: graphConnector(tenant),
    person: { type: 'user', text: 'title', texts: 'otherMailsThatAreNot' },
    group: { type: 'group', members: 'member' },
    async createPerson(name) {
      await done('POST', '/users', {
        displayName: name,
        userPrincipalName: `${name}@contoso.com`,
        mailNickname: name,
        accountEnabled: true,
        onPremisesImmutableId: name,
        jobTitle: `${name}!`,
        passwordProfile: { password: 'Tr0ub4dor&3', forceChangePasswordNextSignIn: true },
      });
      return dnOfSourceAnchor(name);
    },
    async createGroup(name, members) {
      const dn = dnOfSourceAnchor(name);
      groups.add(dn);
      const body = { displayName: name, mailNickname: name, mailEnabled: false, securityEnabled: true };
      await done('POST', '/groups', { ...body, uniqueName: name });
      for (const member of members) await addMember(dn, member);
      return dn;
    },
    setText: async (dn, text) => done('PATCH', await pathOf(dn), { jobTitle: text }),
    setTexts: async () => undefined,
    addMember,
    removeMember: async (group, member) =>
      done('DELETE', `${await pathOf(group)}/members/${(await pathOf(member)).split('/')[2]}/$ref`),
    async rename(dn, name) {
      await done('PATCH', await pathOf(dn), { onPremisesImmutableId: name });
      return dnOfSourceAnchor(name);
    },
    async remove(dn) {
      const path = await pathOf(dn);
      await done('DELETE', path);
      if (!groups.has(dn)) await done('DELETE', `/directory/deletedItems/${path.split('/')[2]}`);
    },
    async [Symbol.asyncDispose]() {
      tenant.close();
    },
  };
});
