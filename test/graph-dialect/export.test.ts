/** What the dialect writes, as an administrator sees it in the tenant afterwards (entra-directory s.1, 5, 8.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addGroup,
  addUser,
  anchorOf,
  change,
  codesOf,
  graphConnector,
  graphWorld,
  idOf,
  members,
  remove,
  signal,
} from './support.ts';

const select =
  '$select=id,displayName,userPrincipalName,mail,mailNickname,jobTitle,businessPhones,proxyAddresses,accountEnabled,onPremisesImmutableId,onPremisesSyncEnabled,onPremisesExtensionAttributes';

test('a user is made with every attribute, changed, cleared, disabled and deleted', async () => {
  using world = await graphWorld();
  const ada = addUser('ada', {
    mail: 'ada@contoso.com',
    title: 'Engineer',
    telephoneNumber: '1',
    extensionAttribute3: 'x',
  });
  const [made] = await world.send(ada);
  assert.deepEqual(codesOf(made), []);
  const path = `/users/${idOf(made)}`;
  const first = (await world.graph('GET', `${path}?${select}`)).body;
  assert.equal(first.onPremisesImmutableId, 'ada');
  assert.equal(first.onPremisesSyncEnabled, null);
  assert.deepEqual(
    [first.jobTitle, first.businessPhones, first.proxyAddresses, first.mailNickname, first.accountEnabled],
    ['Engineer', ['1'], ['SMTP:ada@contoso.com'], 'ada', true],
  );
  assert.equal(first.onPremisesExtensionAttributes.extensionAttribute3, 'x');
  const changed = change(ada, anchorOf(made), {
    attributes: {
      title: null,
      telephoneNumber: null,
      accountEnabled: false,
      userPrincipalName: 'ada.l@contoso.com',
      extensionAttribute3: null,
    },
  });
  assert.deepEqual(codesOf((await world.send(changed))[0]), []);
  const second = (await world.graph('GET', `${path}?${select}`)).body;
  assert.deepEqual(
    [second.jobTitle, second.businessPhones, second.accountEnabled, second.userPrincipalName],
    [null, [], false, 'ada.l@contoso.com'],
  );
  assert.equal(second.onPremisesExtensionAttributes.extensionAttribute3, null);
  assert.deepEqual(codesOf((await world.send(remove(ada, anchorOf(made))))[0]), []);
  assert.equal((await world.graph('GET', path)).status, 404);
  const again = await world.send(remove(ada, anchorOf(made)));
  assert.deepEqual(again[0]?.outcome, 'success', 'what is gone already is deleted');
});

test('a user who comes back is restored from the recycle bin with the same id', async () => {
  using world = await graphWorld();
  const ben = addUser('ben', { mail: 'ben@contoso.com' });
  const [made] = await world.send(ben);
  await world.send(remove(ben, anchorOf(made)));
  const [back] = await world.send(addUser('ben', { mail: 'ben@contoso.com', title: 'Back' }));
  assert.equal(anchorOf(back), anchorOf(made));
  const user = (await world.graph('GET', `/users/${idOf(back)}?${select}`)).body;
  assert.deepEqual([user.jobTitle, user.mail, user.userPrincipalName], ['Back', 'ben@contoso.com', 'ben@contoso.com']);
});

test('members come in twenties, "already there" and "not there" count as done', async () => {
  using world = await graphWorld();
  const people = await world.send(...Array.from({ length: 45 }, (_, i) => addUser(`p${i}`)));
  const anchors = people.map(anchorOf);
  const staff = addGroup('staff');
  const [made] = await world.send(staff);
  const group = anchorOf(made);
  const count = async () =>
    (await world.graph('GET', `/groups/${idOf(made)}/members?$select=id&$top=999`)).body.value.length as number;
  assert.deepEqual(
    codesOf((await world.send(change(staff, group, { references: members(anchors.slice(0, 45)) })))[0]),
    [],
  );
  assert.equal(await count(), 45);
  // One of them is there already: the rest arrives all the same.
  await world.graph('DELETE', `/groups/${idOf(made)}/members/${anchors[3]?.split('_')[1]}/$ref`);
  const repeated = await world.send(change(staff, group, { references: members(anchors.slice(0, 10)) }));
  assert.deepEqual(codesOf(repeated[0]), []);
  assert.equal(await count(), 45);
  const gone = change(staff, group, { references: members([], anchors.slice(0, 2)) });
  assert.deepEqual(codesOf((await world.send(gone))[0]), []);
  assert.deepEqual(codesOf((await world.send(gone))[0]), []);
  assert.equal(await count(), 43);
});

test('a member that is not in the tenant is an error of the group; the others are added', async () => {
  using world = await graphWorld();
  const [one, two] = await world.send(addUser('one'), addUser('two'));
  const staff = addGroup('staff');
  const [made] = await world.send(staff);
  await world.graph('DELETE', `/users/${idOf(two)}`);
  const [result] = await world.send(
    change(staff, anchorOf(made), { references: members([anchorOf(one), anchorOf(two)]) }),
  );
  assert.deepEqual(codesOf(result), ['failure: cd-missing-object']);
  assert.equal((await world.graph('GET', `/groups/${idOf(made)}/members`)).body.value.length, 1);
});

test('manager and owner are set, replaced and taken away', async () => {
  using world = await graphWorld();
  const [ada, ben, cy] = [addUser('ada'), addUser('ben'), addUser('cy')];
  const [a, b, c] = (await world.send(ada, ben, cy)).map(anchorOf) as [string, string, string];
  const manager = async () => (await world.graph('GET', `/users/${a.slice(5)}/manager?$select=id`)).body.id;
  const set = (added: string[], removed: string[]) =>
    world.send(
      change(ada, a, {
        references: {
          manager: { added: added.map((anchor) => ({ anchor })), removed: removed.map((anchor) => ({ anchor })) },
        },
      }),
    );
  await set([b], []);
  assert.equal(await manager(), b.slice(5));
  await set([c], [b]);
  assert.equal(await manager(), c.slice(5));
  await set([], [c]);
  assert.equal(await manager(), undefined);
  assert.deepEqual(codesOf((await set([], [c]))[0]), []);
  const staff = addGroup('staff');
  const [made] = await world.send(staff);
  const owners = { managedBy: { added: [{ anchor: a }], removed: [] } };
  assert.deepEqual(codesOf((await world.send(change(staff, anchorOf(made), { references: owners })))[0]), []);
  assert.equal((await world.graph('GET', `/groups/${idOf(made)}/owners`)).body.value[0].id, a.slice(5));
});

test('a group carries its source anchor in uniqueName and is made once, however often it is sent', async () => {
  using world = await graphWorld();
  const [one] = await world.send(addGroup('a+b/c=='));
  const [two] = await world.send(addGroup('a+b/c==', { displayName: 'renamed' }));
  assert.equal(anchorOf(two), anchorOf(one));
  const groups = (await world.graph('GET', '/groups')).body.value;
  assert.deepEqual(
    groups.map((g: { uniqueName: string; displayName: string }) => [g.uniqueName, g.displayName]),
    [['a+b/c==', 'renamed']],
  );
});

test('what Graph offers to nobody is told once and is no failure', async () => {
  using world = await graphWorld();
  const contact = { ...addUser('con'), objectType: 'contact' };
  const device = { ...addUser('dev'), objectType: 'device' };
  const results = await world.send(
    contact,
    device,
    addGroup('list', { securityEnabled: false }),
    addGroup('mailed', { mail: 'm@contoso.com' }),
  );
  for (const result of results) {
    assert.deepEqual(codesOf(result), ['not-offered-by-target']);
    assert.equal(result.outcome === 'success' && result.anchor, undefined);
  }
  assert.equal((await world.graph('GET', '/groups')).body.value.length, 0);
  const [user] = await world.send(addUser('eve', { proxyAddresses: ['smtp:other@contoso.com'] }));
  assert.deepEqual(codesOf(user), ['not-offered-by-target']);
  assert.ok(anchorOf(user));
});

test('somebody who is there is found by anchor, by address, by name, in this order, and taken over', async () => {
  using world = await graphWorld({
    seed: {
      users: [
        {
          displayName: 'By anchor',
          userPrincipalName: 'x1@contoso.com',
          onPremisesImmutableId: 'one',
          jobTitle: 'old',
        },
        { displayName: 'By address', userPrincipalName: 'x2@contoso.com', mail: 'two@contoso.com' },
        { displayName: 'By name', userPrincipalName: 'three@contoso.com' },
      ],
    },
  });
  const people = (await world.graph('GET', '/users')).body.value as { id: string; displayName: string }[];
  const id = (name: string) => people.find((p) => p.displayName === name)?.id;
  const results = await world.send(
    addUser('one', { title: 'new' }),
    addUser('two', { mail: 'two@contoso.com' }),
    addUser('three'),
  );
  assert.deepEqual(results.map(idOf), [id('By anchor'), id('By address'), id('By name')]);
  for (const anchor of ['one', 'two', 'three']) {
    const found = (await world.graph('GET', `/users?$filter=onPremisesImmutableId eq '${anchor}'&${select}`)).body
      .value[0];
    assert.deepEqual([found.displayName, found.userPrincipalName], [anchor, `${anchor}@contoso.com`]);
  }
});

test('the block switches of the tenant bind this exporter too', async () => {
  using world = await graphWorld({
    settings: { features: { blockSoftMatchEnabled: true, blockCloudObjectTakeoverThroughHardMatchEnabled: true } },
    seed: {
      users: [
        { displayName: 'Anchored', userPrincipalName: 'x1@contoso.com', onPremisesImmutableId: 'one' },
        { displayName: 'Named', userPrincipalName: 'two@contoso.com' },
      ],
    },
  });
  const [hard, soft] = await world.send(addUser('one'), addUser('two'));
  assert.deepEqual(codesOf(hard), ['failure: InvalidHardMatch']);
  assert.deepEqual(codesOf(soft), ['QuarantinedAttributeValueMustBeUnique']);
  const user = (await world.graph('GET', `/users/${idOf(soft)}?${select}`)).body;
  assert.match(user.userPrincipalName, /^two\d{4}@contoso\.onmicrosoft\.com$/);
});

test('what another engine masters and who holds a role are left alone', async () => {
  using world = await graphWorld({
    seed: {
      users: [
        {
          displayName: 'Synced',
          userPrincipalName: 's@contoso.com',
          onPremisesSyncEnabled: true,
          onPremisesImmutableId: 'syn',
        },
        { displayName: 'Admin', userPrincipalName: 'adm@contoso.com', roles: ['Global Administrator'] },
        { displayName: 'Eligible', userPrincipalName: 'eli@contoso.com', eligibleRoles: ['User Administrator'] },
        { displayName: 'Later', userPrincipalName: 'later@contoso.com', onPremisesImmutableId: 'later' },
      ],
    },
  });
  const later = addUser('later');
  const results = await world.send(addUser('syn'), addUser('adm'), addUser('eli'), later);
  assert.deepEqual(
    results.map((r) => codesOf(r)),
    [
      ['failure: mastered-by-another-engine'],
      ['failure: ExistingAdminRoleConflict'],
      ['failure: ExistingAdminRoleConflict'],
      [],
    ],
  );
  const role = (
    await world.graph('POST', '/roleManagement/directory/roleAssignments', {
      principalId: idOf(results[3]),
      roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
      directoryScopeId: '/',
    })
  ).status;
  assert.equal(role, 201);
  world.tenant.advance(61_000);
  const update = await world.send(
    change(later, anchorOf(results[3]), { attributes: { title: 'x' } }),
    remove(later, anchorOf(results[3])),
  );
  assert.deepEqual(
    update.map((r) => codesOf(r)),
    [['failure: ExistingAdminRoleConflict'], ['failure: ExistingAdminRoleConflict']],
  );
});

test('values that somebody has are set aside, refused for another anchor with the same address', async () => {
  using world = await graphWorld({
    seed: {
      users: [
        {
          displayName: 'Other',
          userPrincipalName: 'other@contoso.com',
          mail: 'taken@contoso.com',
          onPremisesImmutableId: 'other',
        },
      ],
      groups: [{ displayName: 'News', mail: 'news@contoso.com' }],
    },
  });
  const [same, name, twin, group] = await world.send(
    addUser('a', { mail: 'taken@contoso.com' }),
    addUser('b', { userPrincipalName: 'other@contoso.com' }),
    addUser('c', { userPrincipalName: 'c@contoso.com' }),
    addUser('d', { userPrincipalName: 'c@contoso.com' }),
  );
  assert.deepEqual(codesOf(same), ['failure: AttributeValueMustBeUnique']);
  assert.deepEqual(codesOf(name), ['QuarantinedAttributeValueMustBeUnique']);
  assert.deepEqual(codesOf(twin), []);
  assert.deepEqual(codesOf(group), ['QuarantinedAttributeValueMustBeUnique'], 'two of one batch');
  const [type] = await world.send(addUser('e', { mail: 'news@contoso.com' }));
  assert.deepEqual(codesOf(type), ['failure: ObjectTypeMismatch']);
});

test('a name whose domain is not verified becomes one of the initial domain', async () => {
  using world = await graphWorld();
  const eve = addUser('eve', { userPrincipalName: 'eve@corp.local' });
  const [made] = await world.send(eve);
  assert.deepEqual(codesOf(made), ['user-principal-name-not-verified']);
  const user = (await world.graph('GET', `/users/${idOf(made)}`)).body;
  assert.equal(user.userPrincipalName, 'eve@contoso.onmicrosoft.com');
});

test('bad values are refused before anything is sent, with the classic codes', async () => {
  using world = await graphWorld();
  const results = await world.send(
    addUser('a', { userPrincipalName: 'Siân@contoso.com' }),
    addUser('b', { department: 'x'.repeat(65) }),
    addUser('c', { usageLocation: 'XX' }),
    { ...addUser('d'), dn: 'CN=nobody', attributes: {} },
  );
  assert.deepEqual(
    results.flatMap((r) => codesOf(r)),
    [
      'failure: IdentityDataValidationFailed',
      'failure: ExceededAllowedLength',
      'failure: DataValidationFailed',
      'failure: invalid-dn',
    ],
  );
  assert.equal((await world.graph('GET', '/users')).body.value.length, 0);
});

test('an object whose anchor was changed in the cloud is not written any more', async () => {
  using world = await graphWorld();
  const ada = addUser('ada');
  const [made] = await world.send(ada);
  await world.graph('PATCH', `/users/${idOf(made)}`, { onPremisesImmutableId: 'somebody' });
  const results = await world.send(
    change(ada, anchorOf(made), { attributes: { title: 'x' } }),
    remove(ada, anchorOf(made)),
  );
  assert.deepEqual(
    results.flatMap((r) => codesOf(r)),
    ['failure: AttributeUpdateNotAllowed', 'failure: AttributeUpdateNotAllowed'],
  );
});

test('a create whose answer is lost is unknown, is found by reading back, and is never sent twice', async () => {
  using world = await graphWorld();
  let creates = 0;
  const losing = await graphConnector(world.tenant, {
    fetch: async (request) => {
      const text = request.method === 'POST' ? await request.clone().text() : '';
      const answer = await world.tenant.fetch(request);
      if (!text.includes('"url":"/users"')) return answer;
      creates++;
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    },
  }).open(signal);
  const ada = addUser('ada', { mail: 'ada@contoso.com' });
  const [result] = (await losing.export?.([ada], signal)) ?? [];
  assert.equal(result?.outcome, 'unknown');
  assert.equal(creates, 1);
  const missing = addUser('nobody');
  const [back, none] = (await losing.readBack?.([ada, missing], signal)) ?? [];
  assert.equal(back?.object?.attributes.mail, 'ada@contoso.com');
  assert.deepEqual(none, { id: missing.id });
});
