import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DirectoryExtensions } from '../../src/rules/out-of-box/extensions.ts';
import { type Samba, startSamba } from '../support/samba.ts';
import { dialects, guidOf, Lab, ldapsearch } from './lab.ts';

/** An application of the tenant; what is synced as an extension of it. */
const application = '0f5a6f6e-1111-4222-8333-444455556666';
const directoryExtensions: DirectoryExtensions = {
  application,
  attributes: [
    { attribute: 'employeeType', objects: ['user'] },
    { attribute: 'otherPager', multiValued: true, objects: ['user'] },
    { attribute: 'adminCount', type: 'integer', objects: ['user'] },
    { attribute: 'msTSAllowLogon', type: 'boolean', objects: ['user'] },
    { attribute: 'jpegPhoto', type: 'binary', multiValued: true, objects: ['user'] },
    { attribute: 'msTSExpireDate', type: 'date', objects: ['user'] },
    { attribute: 'adminDescription', objects: ['group'] },
  ],
};
/** As an administrator defines them for an app that writes through Graph. */
const definitions = [
  { name: 'employeeType', dataType: 'String', targetObjects: ['User'] },
  { name: 'otherPager', dataType: 'String', isMultiValued: true, targetObjects: ['User'] },
  { name: 'adminCount', dataType: 'Integer', targetObjects: ['User'] },
  { name: 'msTSAllowLogon', dataType: 'Boolean', targetObjects: ['User'] },
  { name: 'jpegPhoto', dataType: 'Binary', isMultiValued: true, targetObjects: ['User'] },
  { name: 'msTSExpireDate', dataType: 'DateTime', targetObjects: ['User'] },
  { name: 'adminDescription', dataType: 'String', targetObjects: ['Group'] },
];

/** One forest, from the first cycle to the last change, with each dialect; the directory is the same kind for both. */
for (const dialect of dialects)
  describe(`dialect ${dialect}`, () => {
    let dc: Samba;
    let lab: Lab;
    const ou = (name: string) => `OU=${name},${dc.baseDn}`;
    const dn = (name: string, where = 'People') => `CN=${name},${ou(where)}`;
    const modify = (target: string, ...lines: string[]) =>
      dc.ldapModify(`dn: ${target}\nchangetype: modify\n${lines.join('\n')}\n\n`);
    const move = (target: string, rdn: string, superior: string) =>
      dc.ldapModify(`dn: ${target}\nchangetype: modrdn\nnewrdn: ${rdn}\ndeleteoldrdn: 1\nnewsuperior: ${superior}\n\n`);

    const cloudUser = async (name: string) =>
      (await lab.graph<{ id: string; userPrincipalName: string }>('/users?$select=id,userPrincipalName&$top=500')).find(
        (u) => u.userPrincipalName === name,
      );

    before(async () => {
      dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
      await dc.addObjects(
        ['People', 'Groups', 'Outside', 'Sales'].map((name) => ({
          dn: ou(name),
          attributes: { objectClass: 'organizationalUnit' },
        })),
      );
      await dc.addUsers(
        Array.from({ length: 40 }, (_, i) => ({
          name: `user${i}`,
          parent: ou('People'),
          attributes: {
            displayName: `User ${i}`,
            givenName: 'User',
            sn: `Number ${i}`,
            title: 'Engineer',
            userPrincipalName: `user${i}@corp.example.com`,
          },
        })),
      );
      await dc.addObjects([
        {
          dn: dn('All', 'Groups'),
          attributes: {
            objectClass: 'group',
            sAMAccountName: 'all',
            displayName: 'All',
            groupType: -2147483646,
            member: Array.from({ length: 30 }, (_, i) => dn(`user${i}`)),
          },
        },
        {
          dn: dn('Nested', 'Groups'),
          attributes: {
            objectClass: 'group',
            sAMAccountName: 'nested',
            displayName: 'Nested',
            groupType: -2147483646,
            member: [dn('All', 'Groups'), dn('user39')],
          },
        },
      ]);
      lab = new Lab([dc], {
        dialect,
        rules: { directoryExtensions },
        scope: { include: [ou('People'), ou('Groups'), ou('Sales')], exclude: [`OU=Secret,${ou('People')}`] },
        limits: { collapseShare: 0.9 },
      });
      if (dialect === 'graph') await lab.define(application, definitions);
    });
    after(async () => {
      lab[Symbol.dispose]();
      await dc.stop();
    });

    test('the first cycle brings users, groups, members and the source anchor write-back', async () => {
      await lab.cycle('initial');
      await lab.compare();
      await lab.settle();
      await lab.compare();
      const anchors = await ldapsearch(dc, '(&(objectClass=user)(sAMAccountName=user*))');
      assert.ok(
        anchors.length >= 40 && anchors.every((e) => e.attributes.some((a) => a.name === 'mS-DS-ConsistencyGuid')),
        'the source anchor was not written back',
      );
    });

    test('directory extensions of every type: written, changed and cleared', async () => {
      const short = (name: string) => `extension_${application.replaceAll('-', '')}_${name}`;
      const extensions = async (path: string, names: readonly string[]) => {
        const [found] = await lab.graph<Record<string, unknown>>(`${path}$select=${names.map(short).join(',')}`);
        return names.map((name) => found?.[short(name)] ?? null);
      };
      const ofUser = () =>
        extensions(
          '/users/user11@corp.example.com?',
          definitions.slice(0, 6).map(({ name }) => name),
        );
      const ofGroup = () => extensions("/groups?$filter=displayName eq 'All'&", ['adminDescription']);
      await modify(
        dn('user11'),
        ...['replace: employeeType', 'employeeType: permanent', '-'],
        ...['replace: otherPager', 'otherPager: 11', 'otherPager: 12', '-'],
        ...['replace: adminCount', 'adminCount: 5', '-'],
        ...['replace: msTSAllowLogon', 'msTSAllowLogon: TRUE', '-'],
        ...['replace: jpegPhoto', 'jpegPhoto:: AQID', '-'],
        ...['replace: msTSExpireDate', 'msTSExpireDate: 20270131093000.0Z'],
      );
      await modify(dn('All', 'Groups'), 'replace: adminDescription', 'adminDescription: everybody');
      await lab.settle();
      const [type, pager, count, logon, picture, expires] = await ofUser();
      assert.deepEqual([type, pager, count, logon, picture], ['permanent', ['11', '12'], 5, true, ['AQID']]);
      assert.equal(new Date(String(expires)).toISOString(), '2027-01-31T09:30:00.000Z');
      assert.deepEqual(await ofGroup(), ['everybody']);
      await modify(
        dn('user11'),
        ...['replace: employeeType', 'employeeType: temporary', '-', 'replace: otherPager', 'otherPager: 13', '-'],
        ...['replace: adminCount', '-', 'replace: msTSAllowLogon', 'msTSAllowLogon: FALSE', '-'],
        ...['replace: jpegPhoto', '-', 'replace: msTSExpireDate'],
      );
      await modify(dn('All', 'Groups'), 'replace: adminDescription');
      await lab.settle();
      assert.deepEqual(
        (await ofUser()).map((value) => (Array.isArray(value) && value.length === 0 ? null : value)),
        ['temporary', ['13'], null, false, null, null],
      );
      assert.deepEqual(await ofGroup(), [null]);
    });

    test('attributes: modified, cleared, disabled', async () => {
      await modify(
        dn('user0'),
        'replace: title',
        'title: Director',
        '-',
        'delete: givenName',
        '-',
        'replace: userAccountControl',
        'userAccountControl: 514',
      );
      await modify(dn('user1'), 'replace: manager', `manager: ${dn('user0')}`);
      await lab.cycle();
      await lab.compare();
      await modify(dn('user1'), 'delete: manager');
      await lab.cycle();
      await lab.compare();
    });

    test('renamed, moved within scope, out of scope and back', async () => {
      await move(dn('user2'), 'CN=user2 renamed', ou('People'));
      await move(dn('user3'), 'CN=user3', ou('Sales'));
      await move(dn('user4'), 'CN=user4', ou('Outside'));
      await lab.cycle();
      await lab.compare();
      await move(dn('user4', 'Outside'), 'CN=user4', ou('People'));
      await lab.cycle();
      await lab.compare();
    });

    test('a container is renamed, moved out of scope and back with everything below it', async () => {
      await dc.addObjects([{ dn: `OU=Team,${ou('People')}`, attributes: { objectClass: 'organizationalUnit' } }]);
      await move(dn('user5'), 'CN=user5', `OU=Team,${ou('People')}`);
      await move(dn('user6'), 'CN=user6', `OU=Team,${ou('People')}`);
      await lab.cycle();
      await lab.compare();
      await move(`OU=Team,${ou('People')}`, 'OU=Crew', ou('People'));
      await lab.cycle();
      await lab.compare();
      await move(`OU=Crew,${ou('People')}`, 'OU=Crew', ou('Outside'));
      await lab.cycle();
      await lab.compare();
      await move(`OU=Crew,${ou('Outside')}`, 'OU=Crew', ou('People'));
      await lab.cycle();
      await lab.compare();
    });

    test('members added and removed, a group deleted', async () => {
      await modify(
        dn('All', 'Groups'),
        'add: member',
        `member: ${dn('user35')}`,
        `member: ${dn('user36')}`,
        '-',
        'delete: member',
        `member: ${dn('user7')}`,
      );
      await lab.cycle();
      await lab.compare();
      await modify(dn('Nested', 'Groups'), 'delete: member');
      await lab.cycle();
      await lab.compare();
      await dc.ldapModify(`dn: ${dn('Nested', 'Groups')}\nchangetype: delete\n\n`);
      await lab.cycle();
      await lab.compare();
    });

    test('deleted, restored with its own identity, created again with another', async () => {
      const [victim] = await ldapsearch(dc, '(sAMAccountName=user8)');
      const guid = guidOf(victim!);
      const before = await cloudUser('user8@corp.example.com');
      await dc.ldapModify(`dn: ${dn('user8')}\nchangetype: delete\n\n`);
      await lab.cycle();
      await lab.compare();
      await dc.ldapModify(
        `dn: CN=user8\\0ADEL:${guid},CN=Deleted Objects,${dc.baseDn}\ncontrol: 1.2.840.113556.1.4.417 true\nchangetype: modify\ndelete: isDeleted\n-\nreplace: distinguishedName\ndistinguishedName: ${dn('user8')}\n\n`,
      );
      await modify(
        dn('user8'),
        'replace: displayName',
        'displayName: User 8 restored',
        '-',
        'replace: userPrincipalName',
        'userPrincipalName: user8@corp.example.com',
        '-',
        'replace: userAccountControl',
        'userAccountControl: 546',
      );
      await lab.cycle();
      // Out of the recycle bin comes what was in it; what the directory has no more is cleared after the next import.
      if (dialect === 'graph') await lab.cycle();
      await lab.compare();
      const restored = await cloudUser('user8@corp.example.com');
      assert.equal(restored?.id, before?.id, 'the restored account is another cloud user');
      await dc.ldapModify(`dn: ${dn('user9')}\nchangetype: delete\n\n`);
      await lab.cycle();
      await dc.addUsers([
        {
          name: 'user9',
          parent: ou('People'),
          attributes: { displayName: 'User 9 again', userPrincipalName: 'user9@corp.example.com' },
        },
      ]);
      await lab.cycle();
      await lab.compare();
    });

    const mass = dialect === 'sync' ? 1700 : 1000;
    test(`a group of ${mass}: one member more costs one reference`, async () => {
      await dc.addUsers(
        Array.from({ length: mass }, (_, i) => ({
          name: `mass${i}`,
          parent: ou('Sales'),
          attributes: { displayName: `Mass ${i}`, userPrincipalName: `mass${i}@corp.example.com` },
        })),
      );
      await dc.addObjects([
        {
          dn: dn('Big', 'Groups'),
          attributes: {
            objectClass: 'group',
            sAMAccountName: 'big',
            displayName: 'Big',
            groupType: -2147483646,
            member: Array.from({ length: mass }, (_, i) => dn(`mass${i}`, 'Sales')),
          },
        },
      ]);
      await lab.cycle();
      await lab.settle();
      await lab.compare();
      await modify(
        dn('Big', 'Groups'),
        'add: member',
        `member: ${dn('user10')}`,
        '-',
        'delete: member',
        `member: ${dn('mass5', 'Sales')}`,
      );
      const result = await lab.cycle();
      assert.equal(
        result.runs.find((r) => r.profile === 'export' && r.connector === 'cloud')?.counters['export-references'],
        2,
      );
      await lab.compare();
    });

    test('after it all a full cycle exports nothing', async () => {
      await lab.settle();
      const result = await lab.cycle('initial');
      const exports = result.runs.filter((r) => r.profile === 'export');
      assert.deepEqual(
        exports.map((r) => r.status),
        ['completed-no-objects', 'completed-no-objects'],
      );
      await lab.compare();
    });
  });
