/** Two domains in two forests that share people: an account forest and a resource forest, joined by mail. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Samba, startSamba } from '../support/samba.ts';
import { dialects, Lab } from './lab.ts';

let account: Samba;
let resource: Samba;
let lab: Lab;

type User = {
  id: string;
  displayName: string;
  jobTitle: string | null;
  accountEnabled: boolean;
  userPrincipalName: string;
  mail: string | null;
  telephoneNumber?: string;
};
const users = async () =>
  new Map(
    (
      await lab.graph<User>('/users?$select=id,displayName,jobTitle,accountEnabled,userPrincipalName,mail&$top=500')
    ).map((u) => [u.userPrincipalName.split('@')[0]!, u]),
  );
const membersOf = async (group: string) => {
  const found = (await lab.graph<{ id: string; displayName: string }>('/groups?$select=id,displayName&$top=500')).find(
    (g) => g.displayName === group,
  );
  assert.ok(found, `no group ${group}`);
  return (await lab.graph<{ id: string }>(`/groups/${found.id}/members?$select=id&$top=999`)).map((m) => m.id).sort();
};
const modify = (dc: Samba, dn: string, ...lines: string[]) =>
  dc.ldapModify(`dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n\n`);
const person = (dc: Samba, name: string) => `CN=${name},OU=People,${dc.baseDn}`;

for (const dialect of dialects)
  describe(`dialect ${dialect}`, () => {
    before(async () => {
      [account, resource] = await Promise.all([
        startSamba({ realm: 'ACCOUNT.EXAMPLE.COM', domain: 'ACCOUNT', extendedSchema: true }),
        startSamba({ realm: 'RESOURCE.EXAMPLE.NET', domain: 'RESOURCE', extendedSchema: true }),
      ]);
      for (const dc of [account, resource])
        await dc.addObjects(
          ['People', 'Groups'].map((n) => ({
            dn: `OU=${n},${dc.baseDn}`,
            attributes: { objectClass: 'organizationalUnit' },
          })),
        );
      const names = Array.from({ length: 12 }, (_, i) => `shared${i}`);
      await account.addUsers(
        names.map((name, i) => ({
          name,
          parent: `OU=People,${account.baseDn}`,
          password: 'Sommer.2026!x',
          attributes: {
            displayName: `Account ${i}`,
            title: 'Engineer',
            mail: `${name}@account.example.com`,
            userPrincipalName: `${name}@account.example.com`,
            userAccountControl: 512,
          },
        })),
      );
      await account.addUsers([
        {
          name: 'only-a',
          parent: `OU=People,${account.baseDn}`,
          attributes: { displayName: 'Only A', userPrincipalName: 'only-a@account.example.com' },
        },
      ]);
      await resource.addUsers(
        names.map((name, i) => ({
          name: `mbx${i}`,
          parent: `OU=People,${resource.baseDn}`,
          attributes: {
            displayName: `Mailbox ${i}`,
            mailNickname: name,
            physicalDeliveryOfficeName: `Room ${i}`,
            mail: `${name}@account.example.com`,
            userAccountControl: 514,
            userPrincipalName: `mbx${i}@resource.example.net`,
          },
        })),
      );
      await resource.addUsers([
        {
          name: 'only-b',
          parent: `OU=People,${resource.baseDn}`,
          attributes: { displayName: 'Only B', userPrincipalName: 'only-b@resource.example.net' },
        },
      ]);
      await resource.addObjects([
        {
          dn: `CN=Mailboxes,OU=Groups,${resource.baseDn}`,
          attributes: {
            objectClass: 'group',
            sAMAccountName: 'mailboxes',
            displayName: 'Mailboxes',
            groupType: -2147483646,
            member: [...names.map((_, i) => person(resource, `mbx${i}`)), person(resource, 'only-b')],
          },
        },
      ]);
      await account.addObjects([
        {
          dn: `CN=Accounts,OU=Groups,${account.baseDn}`,
          attributes: {
            objectClass: 'group',
            sAMAccountName: 'accounts',
            displayName: 'Accounts',
            groupType: -2147483646,
            member: names.map((n) => person(account, n)),
          },
        },
      ]);
      lab = new Lab([account, resource], { dialect, rules: { userJoin: 'mail' }, limits: { collapseShare: 0.9 } });
    });
    after(async () => {
      lab[Symbol.dispose]();
      await Promise.all([account.stop(), resource.stop()]);
    });

    test('a shared person is one cloud user: signs in with the enabled account, shows the mailbox in the address list', async () => {
      await lab.cycle('initial');
      await lab.settle();
      const all = await users();
      assert.equal(all.size, 14);
      const shared = all.get('shared3')!;
      assert.equal(shared.accountEnabled, true);
      assert.equal(shared.userPrincipalName, 'shared3@account.example.com');
      assert.equal(shared.displayName, 'Mailbox 3', 'address list attributes come from the forest with the mailbox');
      assert.equal(shared.jobTitle, 'Engineer', 'what only the account has comes from there');
      assert.equal(all.get('only-b')!.userPrincipalName, 'only-b@resource.example.net');
    });

    test('groups of either forest have the shared people as members', async () => {
      const all = await users();
      const ids = Array.from({ length: 12 }, (_, i) => all.get(`shared${i}`)!.id);
      assert.deepEqual(await membersOf('Accounts'), [...ids].sort());
      assert.deepEqual(await membersOf('Mailboxes'), [...ids, all.get('only-b')!.id].sort());
    });

    test('changes in either forest arrive; when one side goes the other keeps the person', async () => {
      await modify(resource, person(resource, 'mbx1'), 'replace: displayName', 'displayName: Renamed');
      await modify(account, person(account, 'shared1'), 'replace: title', 'title: Director');
      await lab.cycle();
      let user = (await users()).get('shared1')!;
      assert.deepEqual([user.displayName, user.jobTitle], ['Renamed', 'Director']);
      const { id } = user;
      await resource.ldapModify(`dn: ${person(resource, 'mbx1')}\nchangetype: delete\n\n`);
      await lab.settle();
      user = (await users()).get('shared1')!;
      assert.deepEqual([user.id, user.displayName], [id, 'Account 1']);
      assert.equal((await membersOf('Mailboxes')).includes(id), false);
    });

    test('an order of arrival does not matter: a mailbox made later joins, an account made later takes over', async () => {
      await resource.addUsers([
        {
          name: 'late',
          parent: `OU=People,${resource.baseDn}`,
          attributes: {
            displayName: 'Late Mailbox',
            mailNickname: 'late',
            mail: 'late@account.example.com',
            userAccountControl: 514,
            userPrincipalName: 'late@resource.example.net',
          },
        },
      ]);
      await lab.cycle();
      const before = (await users()).get('late')!;
      assert.equal(before.accountEnabled, false);
      await account.addUsers([
        {
          name: 'late-account',
          parent: `OU=People,${account.baseDn}`,
          password: 'Sommer.2026!x',
          attributes: {
            displayName: 'Late Account',
            mail: 'late@account.example.com',
            userPrincipalName: 'late@account.example.com',
            userAccountControl: 512,
          },
        },
      ]);
      const result = await lab.cycle().catch((error: Error) => error);
      // The anchor of a person who is in the cloud already never changes silently (sync-engine s.4.5).
      if (result instanceof Error) assert.match(result.message, /SourceAnchor attribute has changed/);
      else assert.equal((await users()).get('late')?.id, before.id);
    });
  });
