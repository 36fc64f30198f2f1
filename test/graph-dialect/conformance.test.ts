/** The contract of connectors, against the tenant's public Graph plane. */
import assert from 'node:assert/strict';
import { connectorConformance } from '../../src/connectors/conformance.ts';
import type { Connector, ConnectorSession, ImportRequest } from '../../src/connectors/contract.ts';
import { dnOfSourceAnchor, sourceAnchorOfDn } from '../../src/connectors/entra/sync-names.ts';
import type { ImportItem } from '../../src/model/change.ts';
import { caller, graphApp, testTenant } from '../tenant/support.ts';
import { app, graphConnector, permissions } from './support.ts';

/** No attribute of the dialect has several values, so the suite gets one: an extension attribute taken apart. */
function withList(connector: Connector): Connector {
  const split = <T extends ImportItem>(item: T): T => {
    if (item.kind !== 'object' && item.kind !== 'change') return item;
    const { extensionAttribute1: text, ...attributes } = item.attributes;
    if (text === undefined) return item;
    return { ...item, attributes: { ...attributes, texts: typeof text === 'string' ? text.split('|').sort() : null } };
  };
  const inside = (request: ImportRequest): ImportRequest => {
    const attributes = [...request.attributes].map((name) => (name === 'texts' ? 'extensionAttribute1' : name));
    return { ...request, attributes: new Set(attributes) };
  };
  return {
    ...connector,
    async open(signal) {
      const session = await connector.open(signal);
      const attributes = new Map(session.schema.attributes);
      attributes.set('texts', { name: 'texts', type: 'string', multiValued: true });
      const wrapped: ConnectorSession = {
        ...session,
        schema: { ...session.schema, attributes },
        async *import(request) {
          for await (const batch of session.import(inside(request))) yield { ...batch, items: batch.items.map(split) };
        },
        read: async (anchors, request) => ((await session.read?.(anchors, inside(request))) ?? []).map(split),
      };
      return wrapped;
    },
  };
}

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
    connector: withList(graphConnector(tenant)),
    person: { type: 'user', text: 'title', texts: 'texts' },
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
    setTexts: async (dn, texts) =>
      done('PATCH', await pathOf(dn), { onPremisesExtensionAttributes: { extensionAttribute1: texts.join('|') } }),
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
