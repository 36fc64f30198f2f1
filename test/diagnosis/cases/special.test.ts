/** Cases that need something special: rights denied on one attribute, a group filter, limits, a step that fails between two others. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { createActiveDirectoryConnector } from '../../../src/connectors/active-directory/connector.ts';
import { compileRuleSet } from '../../../src/rules/compile.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { groupFilterRules } from '../../../src/rules/out-of-box/group-filter.ts';
import { outOfBoxRules } from '../../../src/rules/out-of-box/options.ts';
import { runProfile } from '../../../src/sync/cycle.ts';
import { type Samba, type SambaObject, startSamba } from '../../support/samba.ts';
import { changeDirectory, fixOf, grant, writeRuleFile } from './by-hand.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';
import { replaceRaw } from './raw-directory.ts';

everyCaseHeals();

let dc: Samba;
let clinic: Clinic | undefined;
const suffix = 'corp.example.com';
const password = 'Passw0rd.of-the-account';
const ou = () => `OU=People,${dc.baseDn}`;
const made: string[] = [];
const user = (name: string, attributes: SambaObject['attributes'] = {}): SambaObject => ({
  dn: `CN=${name},${ou()}`,
  attributes: {
    objectClass: 'user',
    sAMAccountName: name.slice(0, 20),
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    userAccountControl: 544,
    ...attributes,
  },
});
const group = (name: string, member: string[]): SambaObject => ({
  dn: `CN=${name},${ou()}`,
  attributes: { objectClass: 'group', sAMAccountName: name, displayName: name, groupType: -2147483646, member },
});
const add = async (...objects: SambaObject[]) => {
  await dc.addObjects(objects);
  made.push(...objects.map((o) => o.dn));
};
const remove = async (dn: string) => {
  made.splice(made.indexOf(dn), 1);
  await dc.ldapModify(`dn: ${dn}\nchangetype: delete\n\n`);
};
const open = (options: ConstructorParameters<typeof Clinic>[1] = {}) => {
  clinic = new Clinic([dc], { scope: { include: [ou()], exclude: [] }, ...options });
  return clinic;
};
/** The directory is read by an account without rights of its own. */
function asService(c: Clinic): void {
  const connector = createActiveDirectoryConnector({
    name: suffix,
    servers: [dc.ldapsUrl],
    bind: { user: `svc@${suffix}`, password },
    tls: { ca: dc.caPem },
  });
  c.env = { ...c.env, connectors: c.env.connectors.map((x, i) => (i === 0 ? { ...x, connector } : x)) };
  const endpoint = { connector: suffix, kind: 'directory' as const, urls: [dc.ldapsUrl], user: `svc@${suffix}` };
  c.facts = { ...c.facts, sourceAnchor: 'objectGUID', endpoints: [endpoint] };
}

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.createAccount('svc', password);
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
});
after(() => dc.stop());
afterEach(async () => {
  clinic?.[Symbol.dispose]();
  clinic = undefined;
  const records = made
    .splice(0)
    .reverse()
    .map((dn) => `dn: ${dn}\nchangetype: delete\n\n`);
  if (records.length > 0) await dc.ldapModify(records.join(''));
});

/** For everything in the container: what is granted on an object itself counts before it. */
const accountControl = 'bf967a68-0de6-11d0-a285-00aa003049e2';
const denyBelow = `(OD;CIIO;RP;${accountControl};;%s)`;

test('no-account-enabled: userAccountControl cannot be read, and the grant that the finding shows', async () => {
  const locked = `OU=Locked,${ou()}`;
  await add({ dn: locked, attributes: { objectClass: 'organizationalUnit' } });
  await dc.setAce('add', denyBelow, 'svc', locked);
  const anna = `CN=anna,${locked}`;
  await add({ ...user('anna'), dn: anna }, user('bert'));
  const c = open({ rules: { sourceAnchor: 'objectGUID' } });
  asService(c);
  await c.cycle('initial');
  const finding = await c.one('no-account-enabled');
  assert.deepEqual([finding.affected, finding.attribute], [1, 'userAccountControl']);
  assert.equal(finding.objects[0]?.dn, anna);
  assert.match(JSON.stringify(finding.evidence), /accountEnabled is absent/);
  assert.equal((await c.one('no-account-enabled', '', `anna@${suffix}`)).code, 'no-account-enabled');
  const right = fixOf(finding, 'powershell');
  assert.match(right.title, /causeway sync --policy initial/);
  await grant(dc, right, { userAccountControl: accountControl });
  await c.cycle('initial');
  await c.gone('no-account-enabled', '', { cycle: false });
  assert.ok(await c.user(`anna@${suffix}`));
});

test('filtered-by-group: which group, and membership as the fix', async () => {
  await add(user('cora'), user('dirk'), group('Pilot', [`CN=dirk,${ou()}`]));
  const pilot = `CN=Pilot,${ou()}`;
  const c = open();
  const connectors = c.env.connectors.map((x) => ({ name: x.connector.name, type: x.connector.type }));
  const loaded = loadRules({ outOfBox: [...outOfBoxRules(), ...groupFilterRules([suffix])], connectors });
  assert.ok(loaded.ok);
  const compiled = compileRuleSet(loaded.rules, loaded.schema);
  assert.ok(compiled.ok);
  const filtered = c.env.connectors.map((x, i) => (i === 0 ? { ...x, groupFilter: pilot } : x));
  c.env = { ...c.env, connectors: filtered, ruleSet: compiled.ruleSet };
  await c.cycle('initial');
  assert.ok(await c.user(`dirk@${suffix}`));
  const finding = await c.one('filtered-by-group', '', `cora@${suffix}`);
  assert.match(finding.summary, /Only direct members of CN=Pilot/);
  assert.match(finding.fix[0]?.text ?? '', /^dn: CN=Pilot,.*\nchangetype: modify\nadd: member\nmember: CN=cora,/);
  await c.heal(finding, undefined, `cora@${suffix}`);
  assert.ok(await c.user(`cora@${suffix}`));
});

test('group-too-large: told before the export and after it, and split as the finding shows it', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `member${i}`);
  const everybody = `CN=Everybody,${ou()}`;
  await add(
    ...names.map((n) => user(n)),
    group(
      'Everybody',
      names.map((n) => `CN=${n},${ou()}`),
    ),
  );
  // Nobody fills a group with 250,000 members for a test: this tenant takes ten, and says so to whoever asks.
  const c = open();
  c.tenant.setSwitches({ groupMembers: 10 });
  c.stage(true);
  await c.cycle('initial');
  const predicted = await c.one('group-too-large');
  assert.deepEqual([predicted.attribute, predicted.value, predicted.predicted], ['member', '12', true]);
  assert.match(predicted.summary, /12 values of member; the cloud takes 10 in one group, so it will refuse the others/);
  c.stage(false);
  await c.cycle();
  const reported = await c.one('group-too-large');
  assert.deepEqual([reported.id, reported.errorCode], [predicted.id, 'ExceededAllowedLength']);
  const split = fixOf(reported, 'ldif');
  assert.match(split.title, /move 3 members to a group of at most 10 members in it/);
  await changeDirectory(dc, split);
  made.push(`CN=Everybody 2,${ou()}`);
  await c.gone('group-too-large');
  const groups = await c.lab.graph<{ id: string; displayName: string }>('/groups?$select=id,displayName');
  const sizes: Record<string, number> = {};
  for (const g of groups) sizes[g.displayName] = (await c.lab.graph(`/groups/${g.id}/members?$select=id`)).length;
  assert.deepEqual(sizes, { Everybody: 10, 'Everybody 2': 3 });
  assert.match(await dc.ldbsearch('-b', everybody, 'member'), /member: CN=Everybody 2,/);
  assert.deepEqual(await c.findings(), []);
});

test('dn-attributes-failure: the object that a reference points to is deleted between two steps', async () => {
  await add(user('boss'), user('emma', { assistant: `CN=boss,${ou()}` }));
  const c = open({ rules: { sourceAnchor: 'objectGUID' }, facts: { sourceAnchor: 'objectGUID' } });
  c.useRules(`
rules:
  - name: In assistant
    direction: inbound
    connector: ${suffix}
    source: user
    target: person
    precedence: 50
    flows:
      - { target: manager, direct: assistant }
  - name: Out manager
    direction: outbound
    connector: ${suffix}
    source: person
    target: user
    precedence: 60
    flows:
      - { target: manager, direct: manager }
`);
  const step = (profile: Parameters<typeof runProfile>[1], connector: string | null) =>
    runProfile(c.env, profile, connector, { cycle: null, retryAll: true }, new AbortController().signal);
  await step('full-import', suffix);
  await step('full-import', 'cloud');
  await step('full-sync', null);
  await remove(`CN=boss,${ou()}`);
  await step('export', suffix);
  const finding = await c.one('dn-attributes-failure');
  assert.equal(finding.attribute, 'manager');
  assert.match(JSON.stringify(finding), /CN=emma,.*CN=boss,/);
  assert.match(finding.summary, /tried again every cycle/);
  await c.heal(finding);
  assert.ok(!(await c.findings()).some((f) => f.code === 'dn-attributes-failure'));
});

test('import-error: which object cannot be read, the attribute and the value', async () => {
  await add(user('fred'), user('gina'));
  const dn = `CN=fred,${ou()}`;
  replaceRaw(dc, dn, 'countryCode', 'abc');
  const c = open();
  await c.cycle('initial');
  const finding = await c.one('import-error');
  assert.deepEqual(
    [finding.errorCode, finding.attribute, finding.affected, finding.objects[0]?.dn],
    ['cs-attribute-type-mismatch', 'countryCode', 1, dn],
  );
  assert.match(finding.summary, /"countryCode" of "CN=fred,.*" violates its schema: "abc" is no integer/);
  await c.heal(finding);
  assert.ok(await c.user(`fred@${suffix}`));
});

test('duplicate-sid: an account that is a copy of another', async () => {
  await add(user('sara'));
  // With the join by SID, which is the default, the two claim one identity (ambiguous-join).
  const c = open({ rules: { userJoin: 'once' } });
  await c.cycle('initial');
  await add(user('silas'));
  const sid = /objectSid: (S-\S+)/.exec(await dc.ldbsearch('(sAMAccountName=sara)', 'objectSid'))?.[1] ?? '';
  const own = /objectSid: (S-\S+)/.exec(await dc.ldbsearch('(sAMAccountName=silas)', 'objectSid'))?.[1] ?? '';
  replaceRaw(dc, `CN=silas,${ou()}`, 'objectSid', sid);
  c.stage(true);
  await c.cycle();
  const planned = (await c.planned()).find((f) => f.code === 'duplicate-sid');
  c.stage(false);
  await c.cycle();
  const finding = await c.one('duplicate-sid');
  assert.equal(planned?.id, finding.id, 'plan tells it before');
  assert.deepEqual(
    finding.objects.map((o) => [o.role, o.userPrincipalName]),
    [
      ['incoming', `silas@${suffix}`],
      ['holder', `sara@${suffix}`],
    ],
  );
  assert.equal(finding.attribute, 'objectSid');
  assert.equal(finding.value, sid);
  assert.deepEqual(
    finding.fix.map((f) => [f.applicable, /Take (\w+)@/.exec(f.title)?.[1]]),
    [
      [true, 'silas'],
      [true, 'sara'],
    ],
  );
  await c.heal(finding);
  assert.ok((await c.user(`sara@${suffix}`)) && !(await c.user(`silas@${suffix}`)));
  replaceRaw(dc, `CN=silas,${ou()}`, 'objectSid', own);
});

test('export-error: a value that the directory does not take, in its own words', async () => {
  await add(user('tina'));
  const c = open({ rules: { sourceAnchor: 'objectGUID' }, facts: { sourceAnchor: 'objectGUID' } });
  const title = (value: string) => `
rules:
  - name: Out title
    direction: outbound
    connector: ${suffix}
    source: person
    target: user
    precedence: 60
    flows:
      - { target: title, constant: "${value}" }
`;
  c.useRules(title('t'.repeat(200)));
  await c.cycle('initial');
  const finding = await c.one('export-error', 'title');
  assert.deepEqual([finding.errorCode, finding.attribute], ['syntax-violation', 'title']);
  assert.equal(finding.objects[0]?.dn, `CN=tina,${ou()}`);
  assert.match(JSON.stringify(finding.evidence), /title takes (\d+) characters, this value has 200/);
  writeRuleFile(c, fixOf(finding, 'text', 'Cut title'));
  await c.gone('export-error');
  assert.match(await dc.ldbsearch('(sAMAccountName=tina)', 'title'), /title: t{64,128}$/m);
});

test('run-failed: a full import that lost too many objects, with the way out', async () => {
  const names = Array.from({ length: 14 }, (_, i) => `lost${i}`);
  await add(...names.map((n) => user(n)));
  const c = open({ limits: { collapseShare: 0.05 } });
  await c.cycle('initial');
  for (const n of names.slice(1)) await remove(`CN=${n},${ou()}`);
  await c.cycle('initial');
  const finding = await c.one('run-failed');
  assert.deepEqual([finding.errorCode, finding.value], ['source-collapse', 'stopped-source-collapse']);
  assert.match(
    finding.summary,
    /full-import of corp\.example\.com ended with stopped-source-collapse: .*13 are missing/,
  );
  await c.heal(finding);
  assert.equal(c.env.limits.collapseShare, 0.05, 'the guard is back');
  assert.equal(await c.user(`lost3@${suffix}`), undefined);
});

test('one root cause is one finding: 500 users with one bad suffix', async () => {
  await dc.addUsers(
    Array.from({ length: 500 }, (_, i) => ({
      name: `mass${i}`,
      parent: ou(),
      attributes: { displayName: `Mass ${i}`, userPrincipalName: `mass${i}@old.internal`, userAccountControl: 544 },
    })),
  );
  made.push(...Array.from({ length: 500 }, (_, i) => `CN=mass${i},${ou()}`));
  const c = open();
  await c.cycle('initial');
  const findings = await c.findings();
  assert.deepEqual(
    findings.map((f) => [f.code, f.affected, f.value]),
    [['unroutable-upn-suffix', 500, 'old.internal']],
  );
  const [finding] = findings;
  assert.ok(finding && finding.objects.length <= 20);
  await c.heal(finding);
  assert.deepEqual(await c.findings(), []);
  assert.ok(await c.user(`mass499@${suffix}`));
});

test('text of the directory is data: in change records, commands and filters', async () => {
  const cn = `O'Hara "x" $(reboot) \\; rm -rf ~`;
  const dn = `CN=O'Hara \\"x\\" $(reboot) \\\\\\; rm -rf ~,${ou()}`;
  await add({
    dn,
    attributes: {
      ...user('ohara').attributes,
      cn,
      displayName: `=cmd|' /C calc'!A0 '; Stop-Computer; '`,
      mailNickname: 'ohara',
      proxyAddresses: [`SMTP:o'hara@${suffix}`],
    },
  });
  const c = open();
  await c.cycle('initial');
  await add(
    user('other', { mailNickname: 'other', proxyAddresses: [`SMTP:other@${suffix}`, `smtp:O'Hara@${suffix}`] }),
  );
  await c.cycle();
  // The filter that looks for the present owner has a quote in it.
  const finding = await c.one('duplicate-proxy-address');
  assert.deepEqual(
    finding.objects.map((o) => [o.role, o.userPrincipalName]),
    [
      ['incoming', `other@${suffix}`],
      ['holder', `ohara@${suffix}`],
    ],
  );
  const ofHolder = finding.fix.filter((f) => f.text.includes('reboot'));
  assert.ok(ofHolder.length > 0);
  for (const fix of ofHolder) {
    if (fix.language === 'ldif') assert.match(fix.text, /^dn: CN=O'Hara/);
    // In PowerShell every quote of the name is doubled, so that the literal does not end there.
    else assert.match(fix.text, /-Identity 'CN=O''Hara \\"x\\" \$\(reboot\)/);
  }
  const explained = await c.diagnose(dn);
  assert.equal(explained.kind, 'diagnosis');
  for (const hostile of ['*)(objectClass=*', "x' or 1 eq 1 or '", '\u0000', '(|(cn=*))', '%00'])
    assert.equal((await c.diagnose(hostile)).kind, 'not-found', hostile);
  await c.heal(finding);
});

test('who keeps a value: the facts of both sides', async () => {
  await add(user('first', { mailNickname: 'first', proxyAddresses: [`smtp:desk@${suffix}`] }));
  // The directory tells seconds only, and both are made in one.
  replaceRaw(dc, `CN=first,${ou()}`, 'whenCreated', '20200101000000.0Z');
  const c = open();
  await c.cycle('initial');
  await c.cycle();
  await add(user('second', { mailNickname: 'second', proxyAddresses: [`smtp:desk@${suffix}`] }));
  await c.cycle();
  const finding = await c.one('duplicate-proxy-address');
  for (const role of ['incoming', 'holder']) {
    const facts = finding.objects.find((o) => o.role === role)?.facts ?? {};
    assert.deepEqual(
      ['account', 'mailbox', 'licence', 'created', 'mastered by'].filter((f) => facts[f] === undefined),
      [],
      JSON.stringify(facts),
    );
    assert.equal(facts['mastered by'], suffix);
  }
  assert.match(finding.summary, /first@corp\.example\.com should keep it, because it is the older of the two/);
  // A licence weighs more than age.
  const id = (await c.user(`second@${suffix}`))?.id;
  const skus = await c.lab.graph<{ skuId: string }>('/subscribedSkus');
  if (skus[0]) {
    await c.graph('PATCH', `/v1.0/users/${id}`, { usageLocation: 'DE' });
    const body = { addLicenses: [{ skuId: skus[0].skuId }], removeLicenses: [] };
    assert.equal(await c.graph('POST', `/v1.0/users/${id}/assignLicense`, body), 200);
    const now = await c.one('stale-proxy-address');
    assert.match(now.summary, /second@corp\.example\.com should keep it, because it has a mailbox or a licence/);
    await c.heal(now);
  }
});
