/** Section C of the casebook, and what else is seen in state: scope, rules, references, anchors, containers. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type Samba, type SambaObject, startSamba } from '../../support/samba.ts';
import { changeDirectory, fixOf, writeRuleFile } from './by-hand.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

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

test('object-type-not-selected: the types that are, and the one more', async () => {
  const c = open();
  const without = (types: readonly string[]) => types.filter((t) => t !== 'contact');
  c.env = { ...c.env, connectors: c.env.connectors.map((x) => ({ ...x, objectTypes: without(x.objectTypes) })) };
  const supplier = `CN=supplier,${ou()}`;
  await add([
    { dn: supplier, attributes: { objectClass: 'contact', displayName: 'Supplier', mail: 'supplier@fabrikam.com' } },
  ]);
  await c.cycle('initial');
  const finding = await c.one('object-type-not-selected', '', supplier);
  assert.match(finding.summary, /contact are not selected for corp\.example\.com; selected are user,/);
  await c.heal(finding, undefined, supplier);
  const contacts = await c.lab.graph<{ displayName: string }>('/contacts');
  assert.deepEqual(
    contacts.map((x) => x.displayName),
    ['Supplier'],
  );
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
  assert.match(outside.attribute ?? '', /member.*manager|manager.*member/);
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

test('linked-mailbox-without-account: converted by the change record that the finding shows', async () => {
  const c = open();
  const master = Buffer.from('010500000000000515000000010000000200000003000000e8030000', 'hex').toString('base64');
  const mailbox = { mailNickname: 'hans', msExchRecipientTypeDetails: 2, msExchMasterAccountSid: { base64: master } };
  await add([user('hans', mailbox)]);
  await c.cycle('initial');
  const finding = await c.one('linked-mailbox-without-account');
  assert.equal(finding.objects[0]?.dn, `CN=hans,${ou()}`);
  assert.match(
    JSON.stringify(finding.evidence),
    /msExchRecipientTypeDetails is 2.*the account S-1-5-21-1-2-3-1000 of CN=hans/,
  );
  assert.match(
    fixOf(finding, 'powershell').text,
    /^Set-User -Identity 'hans@corp\.example\.com' -LinkedMasterAccount \$null$/,
  );
  await changeDirectory(dc, fixOf(finding, 'ldif'));
  await c.gone('linked-mailbox-without-account');
  assert.ok(await c.user(`hans@${suffix}`));
});

test('no-anchor: one finding for everybody whose anchor attribute is empty, and values that nobody has', async () => {
  const c = open({ rules: { sourceAnchor: 'employeeID' }, facts: { sourceAnchor: 'employeeID' } });
  await add([user('ines'), user('jana'), user('karl', { employeeID: 'k1' })]);
  await c.cycle('initial');
  const finding = await c.one('no-anchor');
  assert.deepEqual([finding.affected, finding.attribute], [2, 'employeeID']);
  assert.match(JSON.stringify(finding.evidence), /sourceAnchor is absent/);
  await changeDirectory(dc, fixOf(finding, 'ldif'));
  await c.gone('no-anchor');
  assert.ok((await c.user(`ines@${suffix}`)) && (await c.user(`jana@${suffix}`)));
});

test('no-anchor of everybody, before anything was exported: another attribute is read', async () => {
  const c = open({ rules: { sourceAnchor: 'employeeID' }, facts: { sourceAnchor: 'employeeID' } });
  await add([user('ines')]);
  await c.cycle('initial');
  await c.heal(await c.one('no-anchor'));
  assert.ok(await c.user(`ines@${suffix}`));
});

test('anchor-attribute-changed: one finding for all objects, and the attribute of before', async () => {
  const c = open();
  await add(Array.from({ length: 25 }, (_, i) => user(`mass${i}`, { employeeID: `e${i}` })));
  await c.cycle('initial');
  await c.cycle();
  c.useRules('', { sourceAnchor: 'employeeID' });
  c.facts = { ...c.facts, sourceAnchor: 'employeeID' };
  await c.cycle();
  const finding = await c.one('anchor-attribute-changed');
  assert.equal(finding.affected, 25);
  assert.match(
    finding.summary,
    /read from employeeID now, but the cloud's objects were made with mS-DS-ConsistencyGuid/,
  );
  assert.equal((await c.planned()).find((f) => f.code === finding.code)?.id, finding.id, 'plan tells it before');
  assert.match(JSON.stringify(finding.evidence), /20 of 20 anchors of the cloud are in mS-DS-ConsistencyGuid/);
  assert.equal((await c.findings()).filter((f) => /anchor/.test(f.code)).length, 1);
  await c.heal(finding);
  assert.deepEqual(await c.findings(), []);
});

test('rule-error: rule, flow, the failing part marked, the input values; the value or the rule is corrected', async () => {
  const c = open();
  await add([user('lisa', { title: 'not a number' }), user('mona', { title: '41' })]);
  await c.cycle('initial');
  const broken = `
rules:
  - name: Broken
    direction: inbound
    connector: corp.example.com
    source: user
    target: person
    precedence: 50
    flows:
      - { target: employeeType, expression: "IIF(IsPresent([title]), CStr(CNum([title]) + 1), NULL)" }
`;
  c.useRules(broken);
  await c.cycle();
  const finding = await c.one('rule-error');
  assert.equal(finding.affected, 1);
  assert.equal(finding.attribute, 'employeeType');
  assert.match(JSON.stringify(finding.evidence), /»CNum\(\[title\]\)«.*title = \\"not a number\\"/);
  assert.deepEqual(
    finding.objects.map((o) => o.userPrincipalName ?? o.name),
    [`lisa@${suffix}`, 'Broken'],
  );
  writeRuleFile(c, fixOf(finding, 'text', 'leave alone whoever has such a value'));
  await c.gone('rule-error');
  c.useRules(broken);
  await c.cycle();
  await c.heal(await c.one('rule-error'));
  assert.deepEqual(await c.findings(), []);
});

test('rule-conflict: two joining rules in one scope; either of them yields', async () => {
  const c = open();
  await c.cycle('initial');
  await add([user('nora')]);
  const second = `
rules:
  - name: Second join
    direction: inbound
    connector: corp.example.com
    source: user
    target: person
    link: Join
    precedence: 60
    join: [[{ cs: mail, mv: mail }]]
    flows:
      - { target: employeeType, constant: Staff }
`;
  c.useRules(second);
  await c.cycle();
  const finding = await c.one('rule-conflict');
  assert.ok(
    finding.objects.some((o) => o.name === 'Second join') &&
      finding.objects.some((o) => o.name === 'In from AD - User Join'),
  );
  assert.equal(finding.fix.length, 2);
  writeRuleFile(c, fixOf(finding, 'text', '"Second join" only contributes values'));
  await c.gone('rule-conflict');
  assert.ok(await c.user(`nora@${suffix}`));
  assert.deepEqual(await c.findings(), []);
});

test('rule-precedence-override: both rules, both values; the value is corrected, or the order', async () => {
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
  const title = async () => (await c.user(`otto@${suffix}`))?.jobTitle;
  writeRuleFile(c, fixOf(finding, 'text', /should win$/));
  await c.gone('rule-precedence-override', 'title is "Boss"', { reference: `otto@${suffix}` });
  assert.equal(await title(), 'Engineer');
  c.useRules(c.rules.replace(/precedenceAfter: .*/, 'precedence: 50'));
  await c.cycle();
  const again = await c.one('rule-precedence-override', '', `otto@${suffix}`);
  await c.heal(again, undefined, `otto@${suffix}`);
  assert.equal(await title(), 'Engineer');
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
  assert.equal((await c.planned()).find((f) => f.code === finding.code)?.id, finding.id, 'plan tells it before');
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
  assert.equal((await c.planned()).find((f) => f.code === finding.code)?.id, finding.id, 'plan tells it before');
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
  assert.match(mastered.summary, /mastered by the cloud/);
  await c.heal(mastered);
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
});
