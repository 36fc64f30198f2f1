/** What a real tenant refuses or does otherwise, through the engine: failures, warnings, and no harm to others. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../support/temp.ts';
import { DialectLab, Directory } from './lab.ts';

test('conflicts, administrators, contacts and lists are told per object; everybody else arrives', async () => {
  const folder = tempDirectory('graph-conflicts');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  directory.user('ada', { mail: 'ada@contoso.com' });
  directory.user('twin', { mail: 'ada@contoso.com' });
  directory.user('adm');
  directory.user('synced');
  directory.user('taken', { mail: 'taken@contoso.com' });
  directory.put('con', { objectClass: ['top', 'contact'], cn: 'con', displayName: 'Con', mail: 'c@else.com' });
  directory.group('List', ['ada'], {
    groupType: '2',
    mail: 'list@contoso.com',
    proxyAddresses: ['SMTP:list@contoso.com'],
  });
  directory.group('Staff', ['ada', 'taken']);
  directory.save();
  const seed = {
    users: [
      { displayName: 'Admin', userPrincipalName: 'adm@contoso.com', roles: ['Global Administrator'], jobTitle: 'kept' },
      {
        displayName: 'Synced',
        userPrincipalName: 'synced@contoso.com',
        onPremisesImmutableId: 'else',
        onPremisesSyncEnabled: true,
      },
      { displayName: 'Taken', userPrincipalName: 'taken@contoso.com', jobTitle: 'cloud' },
    ],
  };
  using sync = await new DialectLab('sync', path, seed).open();
  await sync.cycle();
  assert.deepEqual(sync.errors(), [
    'AttributeValueMustBeUnique', // twin
    'ExistingAdminRoleConflict', // adm: a second user is made, and the match is reported
    'QuarantinedAttributeValueMustBeUnique', // synced
  ]);
  const hybrid = (await sync.cloud()) as Record<string, Record<string, unknown>>;
  assert.match(String(hybrid['User adm']?.userPrincipalName), /@contoso\.onmicrosoft\.com$/);
  assert.equal(hybrid.Admin?.userPrincipalName, 'adm@contoso.com');
  assert.ok('List' in hybrid);
  assert.equal((await sync.graph('GET', '/contacts')).body.value.length, 1);
  using lab = await new DialectLab('graph', path, seed).open();
  const taken = (await lab.graph('GET', '/users/taken@contoso.com')).body.id;
  const first = await lab.cycle();
  assert.equal(first.outcome, 'object-errors');
  assert.deepEqual(lab.errors(), [
    'AttributeValueMustBeUnique', // twin: the address of ada, who was first
    'ExistingAdminRoleConflict', // adm
    'QuarantinedAttributeValueMustBeUnique', // synced: somebody else's sign-in name
    'not-offered-by-target', // con
    'not-offered-by-target', // List
  ]);
  assert.equal((await lab.graph('GET', '/contacts')).body.value.length, 0);
  const cloud = (await lab.cloud()) as Record<string, Record<string, unknown>>;
  assert.deepEqual([cloud.Admin?.jobTitle, cloud.Admin?.onPremisesImmutableId], ['kept', null]);
  assert.equal(cloud.Synced?.onPremisesImmutableId, 'else');
  assert.equal((await lab.graph('GET', `/users/${taken}`)).body.displayName, 'User taken');
  assert.deepEqual(cloud.Staff?.members, ['User ada', 'User taken']);
  assert.ok(!('List' in cloud) && !('User adm' in cloud));
  // The reasons go: the next cycle writes what was refused.
  directory.change('twin', { mail: 'twin@contoso.com' });
  directory.save();
  const roles = (await lab.graph('GET', '/roleManagement/directory/roleAssignments')).body.value;
  await lab.graph('DELETE', `/roleManagement/directory/roleAssignments/${roles[0].id}`);
  lab.tenant.advance(120_000);
  await lab.cycle();
  const after = (await lab.cloud()) as Record<string, Record<string, unknown>>;
  assert.equal(after['User twin']?.mail, 'twin@contoso.com');
  assert.equal(after['User adm']?.userPrincipalName, 'adm@contoso.com');
  assert.ok(
    !lab.errors().includes('AttributeValueMustBeUnique') && !lab.errors().includes('ExistingAdminRoleConflict'),
  );
  folder.remove();
});
