/**
 * Twice changes nothing (law 6), also where the tenant could not take what was asked: Graph has no resiliency of its own,
 * so what was set aside is remembered here, and healed when the obstacle goes (entra-directory s.2.3, 2.4).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import { tempDirectory } from '../support/temp.ts';
import { DialectLab, Directory } from './lab.ts';

interface World {
  readonly directory: Directory;
  readonly lab: DialectLab;
}

async function world(t: TestContext, fill: (directory: Directory) => void, seed?: TenantSeed): Promise<World> {
  const folder = tempDirectory('graph-settles');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  fill(directory);
  directory.save();
  const lab = await new DialectLab('graph', path, seed).open();
  t.after(() => {
    lab[Symbol.dispose]();
    folder.remove();
  });
  return { directory, lab };
}

/** Settles, and then a delta and an initial cycle send nothing at all. */
async function settles(lab: DialectLab, codes: readonly string[]): Promise<void> {
  await lab.settle();
  lab.writes.length = 0;
  await lab.cycle();
  await lab.cycle('initial');
  assert.deepEqual(lab.writes, []);
  assert.equal(lab.pending(), 0);
  assert.deepEqual(lab.errors(), codes);
}

const names = async (lab: DialectLab) => {
  const { value } = (await lab.graph('GET', '/users?$select=displayName,userPrincipalName,mail,mailNickname')).body;
  return Object.fromEntries(
    (value as Record<string, string>[]).map((u) => [u.displayName, [u.userPrincipalName, u.mail]]),
  );
};

test('a sign-in name whose domain is not verified, until it is', async (t) => {
  const { lab } = await world(t, (d) => d.user('eve', { userPrincipalName: 'eve@fabrikam.com' }));
  await settles(lab, ['user-principal-name-not-verified']);
  assert.deepEqual(await names(lab), { 'User eve': ['eve@contoso.onmicrosoft.com', null] });
  assert.equal((await lab.graph('POST', '/domains', { id: 'fabrikam.com' })).status, 201);
  await settles(lab, ['user-principal-name-not-verified']);
  assert.equal((await lab.graph('POST', '/domains/fabrikam.com/verify')).status, 200);
  await lab.cycle();
  assert.deepEqual(await names(lab), { 'User eve': ['eve@fabrikam.com', null] });
  await settles(lab, []);
});

test('names and addresses that others have, until they give them up', async (t) => {
  const { directory, lab } = await world(
    t,
    (d) => {
      d.user('ada', { mail: 'news@contoso.com' });
      d.user('ben', { userPrincipalName: 'other@contoso.com', mail: 'ben@contoso.com' });
      d.user('cy', { userPrincipalName: 'same@contoso.com' });
      d.user('dee', { userPrincipalName: 'same@contoso.com' });
    },
    {
      users: [{ displayName: 'Other', userPrincipalName: 'other@contoso.com', onPremisesImmutableId: 'somebody' }],
    },
  );
  await lab.graph('POST', '/users', {
    displayName: 'Holder',
    accountEnabled: true,
    mailNickname: 'holder',
    userPrincipalName: 'holder@contoso.com',
    onPremisesImmutableId: 'holder',
    passwordProfile: { password: 'Xx1!aaaaaaaa' },
  });
  // Ada's address is changed to one that somebody has only after she is there: a person who comes with it is refused.
  directory.change('ada', { mail: 'ada@contoso.com' });
  directory.save();
  const setAside = 'QuarantinedAttributeValueMustBeUnique';
  await settles(lab, [setAside, setAside]);
  directory.change('ada', { mail: 'holder@contoso.com' });
  directory.save();
  await settles(lab, [setAside, setAside, setAside]);
  const before = await names(lab);
  assert.deepEqual(before['User ada'], ['ada@contoso.com', 'ada@contoso.com']);
  assert.match(String(before['User ben']?.[0]), /^other\d{4}@contoso\.onmicrosoft\.com$/);
  const twins = [before['User cy']?.[0], before['User dee']?.[0]].sort();
  assert.equal(twins[1], 'same@contoso.com');
  // They give them up, one after the other: each heals with the next cycle.
  await lab.graph('PATCH', '/users/holder@contoso.com', { userPrincipalName: 'away@contoso.com' });
  await settles(lab, [setAside, setAside]);
  await lab.graph('DELETE', '/users/other@contoso.com');
  await settles(lab, [setAside]);
  const loser = twins[1] === before['User cy']?.[0] ? 'dee' : 'cy';
  directory.change(loser === 'dee' ? 'cy' : 'dee', { userPrincipalName: 'winner@contoso.com' });
  directory.save();
  await settles(lab, []);
  const after = await names(lab);
  assert.deepEqual(after['User ada'], ['ada@contoso.com', 'holder@contoso.com']);
  assert.deepEqual(after['User ben'], ['other@contoso.com', 'ben@contoso.com']);
  assert.equal(after[`User ${loser}`]?.[0], 'same@contoso.com');
});

test('what another engine masters and who holds a role is refused once, and written when that ends', async (t) => {
  const { lab } = await world(
    t,
    (d) => {
      d.user('adm');
      d.user('ben');
      d.group('Staff', ['adm', 'ben']);
    },
    { users: [{ displayName: 'Admin', userPrincipalName: 'adm@contoso.com', roles: ['Global Administrator'] }] },
  );
  assert.equal((await lab.cycle()).outcome, 'object-errors');
  lab.writes.length = 0;
  await lab.cycle();
  await lab.cycle();
  assert.deepEqual(lab.writes, []);
  assert.equal(lab.pending(), 0);
  assert.deepEqual(lab.errors(), ['ExistingAdminRoleConflict']);
  const [role] = (await lab.graph('GET', '/roleManagement/directory/roleAssignments')).body.value;
  await lab.graph('DELETE', `/roleManagement/directory/roleAssignments/${role.id}`);
  lab.tenant.advance(61_000);
  await settles(lab, []);
  const cloud = (await lab.cloud()) as Record<string, { members: string[] }>;
  assert.deepEqual(cloud.Staff?.members, ['User adm', 'User ben']);
});

test('contacts, lists and owners that are no users are left out once, with those who refer to them', async (t) => {
  const { directory, lab } = await world(t, (d) => {
    d.user('ada');
    d.put('con', { objectClass: ['top', 'contact'], cn: 'con', displayName: 'Con', mail: 'c@else.com' });
    d.group('Owners', ['ada']);
    d.group('Staff', ['ada', 'con'], { managedBy: d.dn('Owners') });
    d.group('List', ['ada'], { groupType: '2', mail: 'l@contoso.com', proxyAddresses: ['SMTP:l@contoso.com'] });
  });
  await settles(lab, ['not-offered-by-target', 'not-offered-by-target', 'not-offered-by-target']);
  const cloud = (await lab.cloud()) as Record<string, { members: string[] }>;
  assert.deepEqual(cloud.Staff?.members, ['User ada']);
  directory.change('Staff', { managedBy: directory.dn('ada') });
  directory.save();
  await settles(lab, ['not-offered-by-target', 'not-offered-by-target']);
  const staff = (await lab.graph('GET', "/groups?$filter=displayName eq 'Staff'&$expand=owners")).body.value[0];
  assert.deepEqual(
    staff.owners.map((o: { displayName: string }) => o.displayName),
    ['User ada'],
  );
});

test('groups have a description and users have none; what Graph does not clear stays', async (t) => {
  const { directory, lab } = await world(t, (d) => {
    d.user('ada', { description: 'nothing for the cloud', mailNickname: 'countess' });
    d.group('Staff', ['ada'], { description: 'Everybody here' });
  });
  await settles(lab, []);
  const group = async () => (await lab.graph('GET', '/groups?$select=description')).body.value[0].description;
  const user = async () => {
    const { value } = (await lab.graph('GET', '/users?$select=mailNickname')).body;
    return value[0].mailNickname;
  };
  assert.equal(await group(), 'Everybody here');
  assert.equal(await user(), 'countess');
  directory.change('ada', { mailNickname: 'lovelace' });
  directory.change('Staff', { description: undefined });
  directory.save();
  await settles(lab, []);
  assert.equal(await group(), null);
  assert.equal(await user(), 'lovelace');
  directory.change('ada', { mailNickname: undefined });
  directory.save();
  await settles(lab, []);
  assert.equal(await user(), 'lovelace');
});
