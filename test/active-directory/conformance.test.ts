/** The promises of every connector, kept on a real domain controller: with DirSync, by search and by uSNChanged. */

import type { ActiveDirectoryConfig } from '../../src/connectors/active-directory/config.ts';
import { type ConformanceFixture, connectorConformance } from '../../src/connectors/conformance.ts';
import { startDirectory } from './directory.ts';

async function makeFixture(config: Partial<ActiveDirectoryConfig>): Promise<ConformanceFixture> {
  const directory = await startDirectory();
  const { admin } = directory;
  return {
    connector: directory.connector(config),
    person: { type: 'user', text: 'displayName', texts: 'proxyAddresses' },
    group: { type: 'group', members: 'member' },
    attributes: ['cn', 'mail', 'objectSid', 'userAccountControl', 'manager', 'managedBy', 'pwdLastSet', 'description'],
    createPerson: (name) => directory.createUser(name, { displayName: [`${name}!`] }),
    createGroup: (name, members) => directory.createGroup(name, members),
    setText: (dn, text) => directory.set(dn, 'displayName', ...(text === null ? [] : [text])),
    setTexts: (dn, texts) => directory.set(dn, 'proxyAddresses', ...texts),
    addMember: (group, member) => directory.change('add', group, 'member', member),
    removeMember: (group, member) => directory.change('delete', group, 'member', member),
    async rename(dn, name) {
      await admin.rename(dn, { rdn: `CN=${name}` });
      return `CN=${name},${directory.people}`;
    },
    async remove(dn) {
      await admin.delete(dn);
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

connectorConformance('Active Directory, DirSync', () => makeFixture({ fullImport: 'dirsync' }));
connectorConformance('Active Directory, full import by search', () => makeFixture({ fullImport: 'search' }));
connectorConformance('Active Directory, uSNChanged', () => makeFixture({ changeTracking: 'usn' }));
