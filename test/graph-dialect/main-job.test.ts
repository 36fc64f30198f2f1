/** The main job with both dialects side by side: the same directory, and what differs in the cloud (docs/entra.md). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Connector } from '../../src/connectors/contract.ts';
import { tempDirectory } from '../support/temp.ts';
import { anchorOfName, DialectLab, Directory } from './lab.ts';

const folder = tempDirectory('graph-main-job');
const path = join(folder.path, 'corp.ldif');
const directory = new Directory(path);
let labs: readonly [sync: DialectLab, graph: DialectLab];

/** Both settle, and both clouds hold the same. */
async function settleBoth(): Promise<Record<string, unknown>> {
  directory.save();
  for (const lab of labs) await lab.settle();
  const [sync, graph] = [await labs[0].cloud(), await labs[1].cloud()];
  assert.deepEqual(graph, sync);
  return graph;
}

before(async () => {
  for (const name of ['ada', 'ben', 'cy', 'dee', 'eve', 'finn']) {
    directory.user(name, {
      title: 'Engineer',
      department: 'R&D',
      mail: `${name}@contoso.com`,
      telephoneNumber: '+1 1',
    });
  }
  directory.user('nomail');
  directory.change('ada', { manager: directory.dn('ben') });
  directory.group('Staff', ['ada', 'ben', 'cy', 'nomail']);
  directory.group('Everybody', ['Staff', 'dee']);
  directory.group('Empty', []);
  labs = [await new DialectLab('sync', path).open(), await new DialectLab('graph', path).open()];
});
after(() => {
  for (const lab of labs) lab[Symbol.dispose]();
  folder.remove();
});

test('everybody arrives, with groups in groups and managers; the second time nothing happens', async () => {
  const cloud = await settleBoth();
  assert.equal(Object.keys(cloud).length, 10);
  assert.deepEqual(cloud.Everybody, {
    displayName: 'Everybody',
    securityEnabled: true,
    members: ['Staff', 'User dee'],
  });
  assert.deepEqual(cloud['User ada'], {
    displayName: 'User ada',
    userPrincipalName: 'ada@contoso.com',
    mail: 'ada@contoso.com',
    jobTitle: 'Engineer',
    department: 'R&D',
    accountEnabled: true,
    businessPhones: ['+1 1'],
    onPremisesImmutableId: anchorOfName('ada'),
    manager: 'User ben',
  });
});

test('values change and are cleared, accounts are disabled, names change in place', async () => {
  directory.change('ada', { title: 'Lead', department: undefined, telephoneNumber: undefined });
  directory.change('ben', { userAccountControl: '514' });
  directory.change('cy', { cn: 'cyrus', displayName: 'User cyrus', userPrincipalName: 'cyrus@contoso.com' });
  directory.members('Staff', ['ada', 'ben', 'cy']);
  directory.change('ada', { manager: directory.dn('cy') });
  const cloud = (await settleBoth()) as Record<string, Record<string, unknown>>;
  assert.deepEqual(
    [cloud['User ada']?.jobTitle, cloud['User ada']?.department, cloud['User ada']?.manager],
    ['Lead', null, 'User cyrus'],
  );
  assert.equal(cloud['User ben']?.accountEnabled, false);
  assert.equal(cloud['User cyrus']?.userPrincipalName, 'cyrus@contoso.com');
  assert.deepEqual(cloud.Staff?.members, ['User ada', 'User ben', 'User cyrus']);
});

test('who leaves goes to the recycle bin, who comes back has the same id and memberships', async () => {
  const idOf = async (lab: DialectLab) =>
    (await lab.graph('GET', '/users/dee@contoso.com?$select=id')).body.id as string;
  const ids = await Promise.all(labs.map(idOf));
  const dee = directory.take('dee');
  directory.members('Everybody', ['Staff']);
  directory.take('Empty');
  const without = await settleBoth();
  assert.ok(!('User dee' in without) && !('Empty' in without));
  for (const lab of labs) {
    const bin = (await lab.graph('GET', '/directory/deletedItems/microsoft.graph.user?$select=id')).body.value;
    assert.equal(bin.length, 1, lab.dialect);
  }
  directory.put('dee', dee);
  directory.members('Everybody', ['Staff', 'dee']);
  const back = (await settleBoth()) as Record<string, Record<string, unknown>>;
  assert.deepEqual(back.Everybody?.members, ['Staff', 'User dee']);
  assert.deepEqual(await Promise.all(labs.map(idOf)), ids);
});

test('what an administrator changes in the cloud is set right', async () => {
  const [, lab] = labs;
  await lab.graph('PATCH', '/users/ada@contoso.com', { jobTitle: 'Changed in the cloud' });
  await lab.settle();
  assert.deepEqual(await lab.cloud(), await labs[0].cloud());
});

test('a group grows and shrinks by hundreds', async () => {
  const crowd = Array.from({ length: 130 }, (_, i) => `crowd${i}`);
  for (const name of crowd) directory.user(name);
  directory.group('Crowd', crowd);
  await settleBoth();
  directory.members('Crowd', crowd.slice(100).concat('ada'));
  const cloud = (await settleBoth()) as Record<string, { members: string[] }>;
  assert.equal(cloud.Crowd?.members.length, 31);
});

test('what only the sync plane can do: the hybrid properties and who masters the object', async () => {
  const hybrid =
    'onPremisesSyncEnabled,onPremisesSamAccountName,onPremisesDistinguishedName,onPremisesSecurityIdentifier';
  const pick = async (lab: DialectLab) =>
    Object.values((await lab.graph('GET', `/users/ada@contoso.com?$select=${hybrid}`)).body).filter(
      (_, index, all) => index >= all.length - 5,
    );
  const [sync, graph] = await Promise.all(labs.map(pick));
  assert.ok(sync?.includes(true) && sync.includes('ada'));
  assert.ok(graph?.includes(null) && !graph.includes('ada') && !graph.includes(true));
  const [byName, byAnchor] = await Promise.all(
    labs.map(
      async (lab) =>
        (await lab.graph('GET', "/groups?$filter=displayName eq 'Staff'&$select=uniqueName")).body.value[0],
    ),
  );
  assert.equal(byName.uniqueName, null);
  assert.equal(byAnchor.uniqueName, anchorOfName('Staff'));
});

test('what only the sync plane can do: every address, and passwords', async () => {
  const all = ['SMTP:eve@contoso.com', 'smtp:eve.old@contoso.com'];
  directory.change('eve', { proxyAddresses: all, mail: 'eve@contoso.com' });
  directory.save();
  const addresses = await Promise.all(
    labs.map(async (lab) => {
      await lab.settle();
      const { proxyAddresses } = (await lab.graph('GET', '/users/eve@contoso.com?$select=proxyAddresses')).body;
      return (proxyAddresses as string[]).sort();
    }),
  );
  assert.deepEqual(addresses, [all, ['SMTP:eve@contoso.com']]);
  const sendsPasswords = await Promise.all(
    labs.map(async (lab) => {
      const { connector } = lab.env.connectors[1] as { connector: Connector };
      await using session = await connector.open(new AbortController().signal);
      // The way to the sync plane, over which passwords travel.
      return 'client' in session;
    }),
  );
  assert.deepEqual(sendsPasswords, [true, false]);
});

test('the cloud takes a changed title of a Graph-written user and refuses that of a synchronized one', async () => {
  const statuses = await Promise.all(
    labs.map(async (lab) => (await lab.graph('PATCH', '/users/ben@contoso.com', { jobTitle: 'x' })).status),
  );
  assert.deepEqual(statuses, [400, 204]);
  await labs[1].settle();
});
