/** Cases between two forests: two real domain controllers, one tenant. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type Samba, type SambaObject, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';

let corp: Samba;
let fab: Samba;
let clinic: Clinic | undefined;
const made: [Samba, string][] = [];
const suffix = 'corp.example.com';
const user = (dc: Samba, name: string, attributes: SambaObject['attributes'] = {}): SambaObject => ({
  dn: `CN=${name},CN=Users,${dc.baseDn}`,
  attributes: {
    objectClass: 'user',
    sAMAccountName: name,
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${dc.realm.toLowerCase()}`,
    userAccountControl: 544,
    ...attributes,
  },
});
const add = async (dc: Samba, ...objects: SambaObject[]) => {
  await dc.addObjects(objects);
  made.push(...objects.map((o): [Samba, string] => [dc, o.dn]));
};
const remove = async (dc: Samba, dn: string) => {
  await dc.ldapModify(`dn: ${dn}\nchangetype: delete\n\n`);
  const at = made.findIndex(([d, n]) => d === dc && n === dn);
  if (at >= 0) made.splice(at, 1);
};
const open = (options: ConstructorParameters<typeof Clinic>[1] = {}) => {
  clinic = new Clinic([corp, fab], options);
  return clinic;
};

before(async () => {
  corp = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  fab = await startSamba({ realm: 'FAB.EXAMPLE.COM', domain: 'FAB', extendedSchema: true });
});
after(async () => {
  await corp?.stop();
  await fab?.stop();
});
afterEach(async () => {
  clinic?.[Symbol.dispose]();
  clinic = undefined;
  for (const [dc, dn] of [...made]) await remove(dc, dn);
});

test('duplicate-upn across forests: both forests, a new name that is free', async () => {
  const c = open();
  await add(corp, user(corp, 'anna', { userPrincipalName: `anna@${suffix}` }));
  await c.cycle('initial');
  await add(fab, user(fab, 'anna2', { userPrincipalName: `ANNA@${suffix}` }));
  await c.cycle();
  const finding = await c.one('duplicate-upn');
  assert.equal(finding.attribute, 'userPrincipalName');
  assert.deepEqual(
    finding?.objects.map((o) => [o.role, o.connector]),
    [
      ['incoming', 'fab.example.com'],
      ['holder', 'corp.example.com'],
    ],
  );
  assert.match(finding?.fix[0]?.text ?? '', /userPrincipalName: ANNA2@corp\.example\.com/);
  if (finding) await c.apply(finding, 1);
  c.tenant.advance(3_700_000);
  assert.deepEqual(
    (await c.findings()).filter((f) => f.attribute === 'userPrincipalName'),
    [],
  );
  assert.ok(await c.user(`anna2@${suffix}`));
});

test('anchor-changed-forest-move: the account came from another forest, the person keeps the cloud object', async () => {
  const c = open();
  await add(fab, user(fab, 'bert', { userPrincipalName: `bert@${suffix}` }));
  await c.cycle('initial');
  await c.cycle();
  const before = await c.user(`bert@${suffix}`);
  const anchor = String(before?.onPremisesImmutableId);
  c[Symbol.dispose]();
  // Moved by a tool, and the state of the engine is new: the cloud object is all that is left of the old account.
  await remove(fab, `CN=bert,CN=Users,${fab.baseDn}`);
  await add(corp, user(corp, 'bert'));
  const d = open();
  d.seed({
    users: [
      {
        displayName: 'Person bert',
        userPrincipalName: `bert@${suffix}`,
        onPremisesSyncEnabled: true,
        onPremisesImmutableId: anchor,
        onPremisesSecurityIdentifier: 'S-1-5-21-9-8-7-1105',
        onPremisesDomainName: 'fab.example.com',
        shadow: { sourceAnchor: anchor, userPrincipalName: `bert@${suffix}`, dnsDomainName: 'fab.example.com' },
      },
    ],
  });
  const id = (await d.user(`bert@${suffix}`))?.id;
  await d.cycle('initial');
  const finding = await d.one('anchor-changed-forest-move');
  assert.match(JSON.stringify(finding.fix), new RegExp(`mS-DS-ConsistencyGuid:: ${anchor.replace(/[+/=]/g, '.')}`));
  await d.heal(finding);
  assert.equal((await d.user(`bert@${suffix}`))?.id, id);
  assert.equal((await d.user(`bert@${suffix}`))?.onPremisesImmutableId, anchor);
  assert.deepEqual(await d.findings(), []);
});

test('duplicate-person: the pair, what agrees, and the join rule that unites them', async () => {
  const c = open({ rules: { userJoin: 'once' } });
  await add(corp, user(corp, 'cora', { displayName: 'Cora Cole' }));
  await add(fab, user(fab, 'cora', { displayName: 'Cora Cole' }));
  await c.cycle('initial');
  await c.cycle();
  const finding = await c.one('duplicate-person');
  assert.deepEqual(finding.objects.map((o) => o.connector).sort(), ['corp.example.com', 'fab.example.com']);
  assert.match(finding.summary, /accountName cora.*displayName Cora Cole|displayName Cora Cole/);
  assert.match(finding.fix[0]?.text ?? '', /userJoin: accountName/);
});

test('linked-mailbox-without-account: gone once the account of the other forest is there', async () => {
  const c = open();
  await add(corp, user(corp, 'dora', { userPrincipalName: `dora@${suffix}` }));
  const sid = /objectSid: (S-\S+)/.exec(await corp.ldbsearch('(sAMAccountName=dora)', 'objectSid'))?.[1] ?? '';
  const bytes = Buffer.concat([
    Buffer.from([1, 5, 0, 0, 0, 0, 0, 5]),
    ...sid
      .split('-')
      .slice(3)
      .map((part) => {
        const b = Buffer.alloc(4);
        b.writeUInt32LE(Number(part));
        return b;
      }),
  ]);
  await remove(corp, `CN=dora,CN=Users,${corp.baseDn}`);
  const mailbox = { mailNickname: 'dora', msExchRecipientTypeDetails: 2, userAccountControl: 546 };
  await add(fab, user(fab, 'dora', { ...mailbox, msExchMasterAccountSid: { base64: bytes.toString('base64') } }));
  await c.cycle('initial');
  const finding = await c.one('linked-mailbox-without-account');
  assert.equal(finding.objects[0]?.connector, 'fab.example.com');
});

test('ambiguous-join: two objects of one forest claim one identity', async () => {
  const c = open({ rules: { userJoin: 'mail' } });
  await add(corp, user(corp, 'emil', { mail: `shared@${suffix}` }));
  await c.cycle('initial');
  await add(corp, user(corp, 'emma', { mail: `shared@${suffix}` }));
  await c.cycle();
  const finding = await c.one('ambiguous-join');
  assert.equal(finding.attribute, 'mail');
  assert.deepEqual(
    finding.objects.map((o) => o.userPrincipalName ?? o.name),
    [`emma@${suffix}`, `emil@${suffix}`, 'In from AD - User Join'],
  );
  await corp.ldapModify(
    `dn: CN=emma,CN=Users,${corp.baseDn}\nchangetype: modify\nreplace: mail\nmail: emma@${suffix}\n\n`,
  );
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('rule-precedence-override between forests: the value of the other forest does not arrive', async () => {
  const c = open({ rules: { userJoin: 'mail' } });
  const mail = `fred@${suffix}`;
  await add(corp, user(corp, 'fred', { mail, title: 'Engineer' }));
  await add(fab, user(fab, 'fred', { mail, title: 'Manager', userAccountControl: 546 }));
  await c.cycle('initial');
  const finding = await c.one('rule-precedence-override', '', `fred@${suffix}`);
  assert.equal(finding.attribute, 'title');
  assert.match(finding.summary, /"Engineer".*corp\.example\.com.*"Manager" of fab\.example\.com loses/);
});
