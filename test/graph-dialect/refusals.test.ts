/** Whom the connector never writes to: what another engine masters, and who holds a role (entra-directory s.1.2, 5.9, 8.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportRequest } from '../../src/connectors/contract.ts';
import { addGroup, addUser, anchorOf, change, codesOf, graphWorld, idOf, members, remove } from './support.ts';

const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';
type World = Awaited<ReturnType<typeof graphWorld>>;

/** The writes that reached the tenant while the requests were carried out, and what was answered. */
async function sendWatched(world: World, ...requests: readonly ExportRequest[]) {
  const state = async () =>
    JSON.stringify([
      (await world.graph('GET', '/users?$select=id,displayName,jobTitle,onPremisesImmutableId&$expand=manager')).body
        .value,
      (await world.graph('GET', '/groups?$select=id,displayName,description&$expand=members')).body.value,
      (await world.graph('GET', '/groups?$select=id&$expand=owners')).body.value,
    ]);
  const before = await state();
  const results = await world.send(...requests);
  assert.equal(await state(), before, 'something was written');
  return results.map((result) => codesOf(result));
}

/** Everything that can be asked of an object that the engine holds. */
function everything(added: ExportRequest, anchor: string, other: string): ExportRequest[] {
  const changes = [
    change(added, anchor, { attributes: { displayName: 'other' } }),
    added.objectType === 'user'
      ? change(added, anchor, { references: { manager: { added: [{ anchor: other }], removed: [] } } })
      : change(added, anchor, { references: members([other]) }),
    remove(added, anchor),
  ];
  return changes;
}

test('a user who is mastered by another engine by now is not changed, not referred from, not deleted', async () => {
  using world = await graphWorld({
    seed: {
      users: [
        {
          displayName: 'Synced',
          userPrincipalName: 's@contoso.com',
          onPremisesSyncEnabled: true,
          onPremisesImmutableId: 'syn',
        },
      ],
      groups: [{ displayName: 'Synced group', uniqueName: 'grp', onPremisesSyncEnabled: true }],
    },
  });
  const [other] = await world.send(addUser('other'));
  const [user] = (await world.graph('GET', "/users?$filter=displayName eq 'Synced'")).body.value;
  const [group] = (await world.graph('GET', '/groups')).body.value;
  const refused = ['failure: mastered-by-another-engine'];
  const asked = [
    ...everything(addUser('syn'), `User_${user.id}`, anchorOf(other)),
    ...everything(addGroup('grp'), `Group_${group.id}`, anchorOf(other)),
    addUser('syn'),
    addGroup('grp'),
  ];
  assert.deepEqual(
    await sendWatched(world, ...asked),
    asked.map(() => refused),
  );
});

test('who holds a role through a group, and groups that can hold roles', async () => {
  using world = await graphWorld({
    seed: {
      users: [{ displayName: 'Soon', userPrincipalName: 'soon@contoso.com', onPremisesImmutableId: 'soon' }],
      groups: [
        { displayName: 'Keys', uniqueName: 'keys', isAssignableToRole: true, members: ['soon@contoso.com'] },
        { displayName: 'Plain', uniqueName: 'plain' },
      ],
    },
  });
  const [ada] = await world.send(addUser('ada'));
  const [soon] = (await world.graph('GET', "/users?$filter=displayName eq 'Soon'")).body.value;
  const groups = (await world.graph('GET', '/groups')).body.value as { id: string; displayName: string }[];
  const keys = groups.find((g) => g.displayName === 'Keys')?.id as string;
  const plain = groups.find((g) => g.displayName === 'Plain')?.id as string;
  const refused = ['failure: ExistingAdminRoleConflict'];
  // The group is refused although nobody gave it a role yet: whoever is a member of it tomorrow would get one.
  assert.deepEqual(await sendWatched(world, ...everything(addGroup('keys'), `Group_${keys}`, anchorOf(ada))), [
    refused,
    refused,
    refused,
  ]);
  const grant = { principalId: keys, roleDefinitionId: globalAdministrator, directoryScopeId: '/' };
  assert.equal((await world.graph('POST', '/roleManagement/directory/roleAssignments', grant)).status, 201);
  world.tenant.advance(61_000);
  assert.deepEqual(
    await sendWatched(world, ...everything(addUser('soon'), `User_${soon.id}`, anchorOf(ada)), addUser('soon')),
    // Taken over by its anchor it would be, too: the protection of July 2026 (s.1.2, 2.3).
    [refused, refused, refused, ['failure: InvalidHardMatch']],
    'a member of a group with a role',
  );
  const [ok] = await world.send(change(addGroup('plain'), `Group_${plain}`, { attributes: { description: 'fine' } }));
  assert.deepEqual(codesOf(ok), []);
  assert.equal(idOf(ok), plain);
});
