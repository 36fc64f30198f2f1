/** Section C of the casebook, and what else is seen in state: scope, rules, references, anchors, containers. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type Samba, type SambaObject, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';

let dc: Samba;
let clinic: Clinic | undefined;
const suffix = 'corp.example.com';
const ou = (name = 'People') => `OU=${name},${dc.baseDn}`;
const made: string[] = [];
const user = (name: string, attributes: SambaObject['attributes'] = {}, where = ou()): SambaObject => ({
  dn: `CN=${name},${where}`,
  attributes: {
    objectClass: 'user',
    sAMAccountName: name.slice(0, 20),
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    userAccountControl: 546,
    ...attributes,
  },
});
const group = (name: string, member: string[], where = ou()): SambaObject => ({
  dn: `CN=${name},${where}`,
  attributes: { objectClass: 'group', sAMAccountName: name, displayName: name, groupType: -2147483646, member },
});
const container = (dn: string): SambaObject => ({ dn, attributes: { objectClass: 'organizationalUnit' } });
const add = async (objects: readonly SambaObject[]) => {
  await dc.addObjects(objects);
  made.push(...objects.map((o) => o.dn));
};
const modify = (dn: string, ...lines: string[]) =>
  dc.ldapModify(`dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n\n`);
const open = (options: ConstructorParameters<typeof Clinic>[1] = {}) => {
  clinic = new Clinic([dc], { scope: { include: [ou()], exclude: [] }, ...options });
  return clinic;
};

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects([container(ou()), container(ou('Outside'))]);
});
after(() => dc.stop());
afterEach(async () => {
  clinic?.[Symbol.dispose]();
  for (const dn of made.splice(0).reverse()) await dc.ldapModify(`dn: ${dn}\nchangetype: delete\n\n`);
});

test('ou-not-in-scope: by name and by DN, with the selection that excludes it and how many share the fate', async () => {
  const c = open();
  await add([user('anna', {}, ou('Outside')), user('bert', {}, ou('Outside'))]);
  await c.cycle('initial');
  const finding = await c.one('ou-not-in-scope', '', `anna@${suffix}`);
  assert.equal(finding.objects[0]?.dn, `CN=anna,${ou('Outside')}`);
  assert.match(finding.summary, /2 objects share that fate/);
  assert.match(JSON.stringify(finding.evidence), /partitions\.0\.include: OU=People/);
  assert.equal((await c.one('ou-not-in-scope', '', `CN=bert,${ou('Outside')}`)).code, 'ou-not-in-scope');
  await c.heal(finding, undefined, `anna@${suffix}`);
  assert.deepEqual(await c.findings(`anna@${suffix}`), []);
  assert.ok(await c.user(`anna@${suffix}`));
});

test('domain-not-in-scope and object-type-not-selected', async () => {
  const c = open();
  await c.cycle('initial');
  const domain = await c.one('domain-not-in-scope', '', 'CN=x,OU=People,DC=sub,DC=fabrikam,DC=com');
  assert.match(domain.summary, /DC=corp,DC=example,DC=com/);
  const printer = { dn: `CN=printer1,${ou()}`, attributes: { objectClass: 'volume', uNCName: '\\\\a\\b' } };
  await add([printer]);
  const type = await c.one('object-type-not-selected', '', printer.dn);
  assert.match(type.summary, /volume/);
});

test('filtered-by-rule: the rule, the clause and the value; the value is corrected and it goes to the cloud', async () => {
  const c = open();
  await add([user('cora', { adminDescription: 'User_from-cloud' }), user('SUPPORT_388945a0')]);
  await c.cycle('initial');
  const finding = await c.one('filtered-by-rule', '', `cora@${suffix}`);
  assert.match(JSON.stringify(finding), /adminDescription NOTSTARTSWITH User_.*User_from-cloud/);
  const byDefault = await c.one('filtered-by-rule', '', `SUPPORT_388945a0@${suffix}`);
  assert.match(JSON.stringify(byDefault), /SUPPORT_388945a0/);
  assert.equal(
    byDefault.fix.some((f) => f.applicable),
    false,
    'a name is no mark that can be cleared',
  );
  await c.heal(finding, undefined, `cora@${suffix}`);
  assert.deepEqual(await c.findings(`cora@${suffix}`), []);
  assert.ok(await c.user(`cora@${suffix}`));
});

test('unresolved-reference: out of scope, filtered, by primary group', async () => {
  const c = open();
  await add([user('dirk', {}, ou('Outside')), user('emma'), user('filt', { adminDescription: 'User_x' })]);
  await add([group('Team', [`CN=dirk,${ou('Outside')}`, `CN=emma,${ou()}`, `CN=filt,${ou()}`])]);
  await modify(`CN=emma,${ou()}`, 'replace: manager', `manager: CN=dirk,${ou('Outside')}`);
  await c.cycle('initial');
  await c.cycle();
  const outside = await c.one('unresolved-reference', 'Outside');
  assert.match(outside.attribute ?? '', /member/);
  assert.match(outside.attribute ?? '', /manager/);
  assert.deepEqual(
    outside.objects.filter((o) => o.role === 'target').map((o) => o.dn),
    [`CN=dirk,${ou('Outside')}`, `CN=dirk,${ou('Outside')}`],
  );
  assert.match(outside.summary, /its container OU=Outside.* is not selected/);
  await c.one('unresolved-reference', 'CN=filt');
  await c.heal(outside);
  await modify(`CN=filt,${ou()}`, 'delete: adminDescription');
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
  const sid = /objectSid: \S+-(\d+)/.exec(await dc.ldbsearch('(sAMAccountName=Team)', 'objectSid'))?.[1] ?? '';
  await modify(`CN=emma,${ou()}`, 'replace: primaryGroupID', `primaryGroupID: ${sid}`);
  await c.cycle();
  const primary = await c.one('unresolved-reference', 'primaryGroupID');
  assert.match(primary.summary, /primary group/);
  await modify(`CN=emma,${ou()}`, 'replace: primaryGroupID', 'primaryGroupID: 513');
});

test('conflict-object: the twin is named, the conflict object deleted', async () => {
  const c = open();
  await add([user('gina')]);
  const guid = '11111111-2222-3333-4444-555555555555';
  const conflict = {
    dn: `CN=gina\\0ACNF:${guid},${ou()}`,
    attributes: { objectClass: 'user', sAMAccountName: '$DUPLICATE-1', userAccountControl: 546, displayName: 'gina' },
  };
  await dc.addObjects([conflict]);
  await c.cycle('initial');
  const finding = await c.one('conflict-object');
  assert.equal(finding.objects.find((o) => o.role === 'holder')?.dn, `CN=gina,${ou()}`);
  await c.heal(finding);
  assert.ok(await c.user(`gina@${suffix}`));
  assert.deepEqual(await c.findings(), []);
});

test('linked-mailbox-without-account, and the account that ends it', async () => {
  const c = open();
  await add([user('hans', { mailNickname: 'hans', msExchRecipientTypeDetails: 2 })]);
  await c.cycle('initial');
  const finding = await c.one('linked-mailbox-without-account');
  assert.equal(finding.objects[0]?.dn, `CN=hans,${ou()}`);
  await modify(`CN=hans,${ou()}`, 'replace: msExchRecipientTypeDetails', 'msExchRecipientTypeDetails: 1');
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('no-anchor: one finding for everybody whose anchor attribute is empty', async () => {
  const c = open({ rules: { sourceAnchor: 'employeeID' }, facts: { sourceAnchor: 'employeeID' } });
  await add([user('ines'), user('jana'), user('karl', { employeeID: 'k1' })]);
  await c.cycle('initial');
  const finding = await c.one('no-anchor');
  assert.deepEqual([finding.affected, finding.attribute], [2, 'employeeID']);
  for (const name of ['ines', 'jana']) await modify(`CN=${name},${ou()}`, 'add: employeeID', `employeeID: id-${name}`);
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('anchor-attribute-changed: one finding for all objects', async () => {
  const c = open();
  await add(Array.from({ length: 25 }, (_, i) => user(`mass${i}`, { employeeID: `e${i}` })));
  await c.cycle('initial');
  await c.cycle();
  c.useRules('', { sourceAnchor: 'employeeID' });
  c.facts = { ...c.facts, sourceAnchor: 'employeeID' };
  await c.cycle();
  const finding = await c.one('anchor-attribute-changed');
  assert.equal(finding.affected, 25);
  assert.equal((await c.findings()).filter((f) => /anchor/.test(f.code)).length, 1);
  c.useRules('', {});
  c.facts = { ...c.facts, sourceAnchor: 'mS-DS-ConsistencyGuid' };
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('rule-error: rule, flow, the failing part marked, the input values', async () => {
  const c = open();
  await add([user('lisa', { title: 'not a number' }), user('mona')]);
  await c.cycle('initial');
  c.useRules(`
rules:
  - name: Broken
    direction: inbound
    connector: corp.example.com
    source: user
    target: person
    precedence: 50
    flows:
      - { target: employeeType, expression: "IIF(IsPresent([title]), CStr(CNum([title]) + 1), NULL)" }
`);
  await c.cycle();
  const finding = await c.one('rule-error');
  assert.equal(finding.affected, 1);
  assert.equal(finding.attribute, 'employeeType');
  assert.match(JSON.stringify(finding.evidence), /»CNum\(\[title\]\)«.*title = \\"not a number\\"/);
  assert.deepEqual(
    finding.objects.map((o) => o.userPrincipalName ?? o.name),
    [`lisa@${suffix}`, 'Broken'],
  );
  await modify(`CN=lisa,${ou()}`, 'replace: title', 'title: 41');
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('rule-conflict: two joining rules in one scope', async () => {
  const c = open();
  await c.cycle('initial');
  await add([user('nora')]);
  c.useRules(`
rules:
  - name: Second join
    direction: inbound
    connector: corp.example.com
    source: user
    target: person
    link: Join
    precedence: 60
    join: [[{ cs: mail, mv: mail }]]
    flows: []
`);
  await c.cycle();
  const finding = await c.one('rule-conflict');
  assert.ok(
    finding.objects.some((o) => o.name === 'Second join') &&
      finding.objects.some((o) => o.name === 'In from AD - User Join'),
  );
  c.useRules('');
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});

test('rule-precedence-override: both rules, both values', async () => {
  const c = open();
  await add([user('otto', { title: 'Engineer', extensionAttribute5: 'Boss', mailNickname: 'otto' })]);
  c.useRules(`
rules:
  - name: Title from elsewhere
    direction: inbound
    connector: corp.example.com
    source: user
    target: person
    precedence: 50
    flows:
      - { target: title, direct: extensionAttribute5 }
`);
  await c.cycle('initial');
  assert.deepEqual(await c.findings(), []);
  const finding = await c.one('rule-precedence-override', '', `otto@${suffix}`);
  assert.match(finding.summary, /title is "Boss" by the rule "Title from elsewhere" \(precedence 50\).*"Engineer"/);
  await modify(`CN=otto,${ou()}`, 'delete: extensionAttribute5');
  await c.cycle();
  assert.deepEqual(await c.findings(`otto@${suffix}`), []);
});

test('needs-full-sync: rules changed, containers changed, and the run that is due', async () => {
  const c = open();
  await add([user('pia')]);
  await c.cycle('initial');
  assert.deepEqual(await c.findings(), []);
  c.useRules('', { userPrincipalName: 'mail' });
  const rules = await c.one('needs-full-sync', 'rules changed');
  await c.heal(rules);
  c.select(['connectors', 0, 'partitions', 0, 'include'], undefined, ou('Outside'));
  const scope = await c.one('needs-full-sync', 'selected containers');
  assert.equal(scope.value, dc.baseDn);
  await c.heal(scope);
  assert.deepEqual(await c.findings(), []);
});

test('ou-renamed: the new name is found, the deletes are held back, and the selection corrected', async () => {
  const sales = `OU=Sales,${dc.baseDn}`;
  await add([container(sales)]);
  await dc.addObjects(Array.from({ length: 8 }, (_, i) => user(`sale${i}`, {}, sales)));
  const c = open({ scope: { include: [sales], exclude: [] }, limits: { deletionThreshold: 5, collapseShare: 0.99 } });
  await c.cycle('initial');
  await c.cycle();
  await dc.ldapModify(`dn: ${sales}\nchangetype: modrdn\nnewrdn: OU=Vertrieb\ndeleteoldrdn: 1\n\n`);
  made[made.length - 1] = `OU=Vertrieb,${dc.baseDn}`;
  await c.cycle();
  const finding = await c.one('ou-renamed');
  assert.deepEqual(
    finding.objects.map((o) => o.dn),
    [sales, `OU=Vertrieb,${dc.baseDn}`],
  );
  assert.equal(finding.affected, 8);
  assert.equal(
    (await c.findings()).some((f) => f.code === 'accidental-delete-threshold'),
    false,
    'one cause, one finding',
  );
  await c.heal(finding);
  assert.ok(await c.user(`sale3@${suffix}`));
  assert.deepEqual(await c.findings(), []);
  for (let i = 0; i < 8; i++) await dc.ldapModify(`dn: CN=sale${i},OU=Vertrieb,${dc.baseDn}\nchangetype: delete\n\n`);
});

test('accidental-delete-threshold: what caused them; approved, or undone', async () => {
  const c = open({ limits: { deletionThreshold: 3, collapseShare: 0.99 } });
  await add(Array.from({ length: 6 }, (_, i) => user(`gone${i}`)));
  await c.cycle('initial');
  await c.cycle();
  for (let i = 0; i < 6; i++)
    await dc.ldapModify(
      `dn: CN=gone${i},${ou()}\nchangetype: modrdn\nnewrdn: CN=gone${i}\ndeleteoldrdn: 1\nnewsuperior: ${ou('Outside')}\n\n`,
    );
  await c.cycle();
  const finding = await c.one('accidental-delete-threshold');
  assert.equal(finding.value, '6');
  assert.match(finding.summary, /still exist, most of them in OU=Outside/);
  for (let i = 0; i < 6; i++)
    await dc.ldapModify(
      `dn: CN=gone${i},${ou('Outside')}\nchangetype: modrdn\nnewrdn: CN=gone${i}\ndeleteoldrdn: 1\nnewsuperior: ${ou()}\n\n`,
    );
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
  for (const dn of made.splice(0)) await dc.ldapModify(`dn: ${dn}\nchangetype: delete\n\n`);
  await c.cycle();
  const again = await c.one('accidental-delete-threshold');
  assert.match(again.summary, /gone from the directory/);
  await c.heal(again);
  assert.equal(await c.user(`gone1@${suffix}`), undefined);
});

test('duplicate-mail-nickname, no-soft-match-key, authoritative-elsewhere', async () => {
  const c = open();
  c.seed({ users: [{ displayName: 'Person quin', userPrincipalName: 'quin@contoso.onmicrosoft.com' }] });
  await add([user('quin'), user('ralf', { mailNickname: 'same' }), user('rosa', { mailNickname: 'Same' })]);
  await c.cycle('initial');
  await c.cycle();
  const nickname = await c.one('duplicate-mail-nickname', '', `rosa@${suffix}`);
  assert.equal(nickname.affected, 2);
  await c.heal(nickname, undefined, `rosa@${suffix}`);
  assert.deepEqual(await c.findings(`rosa@${suffix}`), []);
  const pair = await c.one('no-soft-match-key');
  assert.equal(pair.value, 'quin@contoso.onmicrosoft.com');
  await c.heal(pair);
  assert.equal((await c.user(`quin@${suffix}`))?.onPremisesSyncEnabled, true);
  const id = (await c.user(`ralf@${suffix}`))?.id;
  assert.equal(await c.graph('PATCH', `/v1.0/users/${id}/onPremisesSyncBehavior`, { isCloudManaged: true }), 200);
  await c.cycle();
  const mastered = await c.one('authoritative-elsewhere');
  assert.deepEqual(
    mastered.objects.map((o) => o.userPrincipalName),
    [`ralf@${suffix}`],
  );
  await c.graph('PATCH', `/v1.0/users/${id}/onPremisesSyncBehavior`, { isCloudManaged: false });
  await c.cycle();
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});
