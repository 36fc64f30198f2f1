/** Cases between two forests: two real domain controllers, one tenant. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { readingEngine } from '../../../src/diagnosis/explain/engine.ts';
import { editConfiguration } from '../../../src/diagnosis/fix/configuration.ts';
import { makePlan } from '../../../src/diagnosis/plan/plan.ts';
import { loadConfiguration } from '../../../src/service/configuration/configuration.ts';
import { makeConnectors } from '../../../src/service/engine/make-connectors.ts';
import { type Samba, type SambaObject, startSamba } from '../../support/samba.ts';
import { tempDirectory } from '../../support/temp.ts';
import { fixOf } from './by-hand.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

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
  for (const [dc, dn] of [...made].reverse()) await remove(dc, dn);
});

test('duplicate-upn across forests: both forests, a new name that is free', async () => {
  const c = open();
  await add(corp, user(corp, 'anna', { userPrincipalName: `anna@${suffix}` }));
  await c.cycle('initial');
  await add(fab, user(fab, 'anna2', { userPrincipalName: `ANNA@${suffix}` }));
  c.stage(true);
  await c.cycle();
  const planned = (await c.planned()).find((f) => f.code === 'duplicate-upn');
  c.stage(false);
  await c.cycle();
  const finding = await c.one('duplicate-upn');
  assert.equal(planned?.id, finding.id, 'plan tells it before');
  assert.equal(finding.attribute, 'userPrincipalName');
  assert.deepEqual(
    finding?.objects.map((o) => [o.role, o.connector]),
    [
      ['incoming', 'fab.example.com'],
      ['holder', 'corp.example.com'],
    ],
  );
  assert.match(finding?.fix[0]?.text ?? '', /userPrincipalName: ANNA2@corp\.example\.com/);
  await c.heal(finding);
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

test('duplicate-person: the pair, what agrees, the join rule that unites them, and what plan says of it', async () => {
  const c = open({ rules: { userJoin: 'once' } });
  await add(corp, user(corp, 'cora', { displayName: 'Cora Cole' }));
  await add(fab, user(fab, 'cora', { displayName: 'Cora Cole', userAccountControl: 546 }));
  await c.cycle('initial');
  await c.cycle();
  const finding = await c.one('duplicate-person');
  assert.deepEqual(finding.objects.map((o) => o.connector).sort(), ['corp.example.com', 'fab.example.com']);
  assert.match(finding.summary, /accountName cora.*displayName Cora Cole|displayName Cora Cole/);
  assert.match(JSON.stringify(finding.evidence), /cora@corp\.example\.com should stay, because its account is enabled/);
  const stays = (await c.user(`cora@${suffix}`))?.id;
  // As somebody who wants to see first what it does: the first two steps, in staging mode, and the plan.
  const [unite] = finding.fix;
  assert.match(unite?.text ?? '', /^rules:\n {2}userJoin: accountName$/m);
  assert.equal(unite?.action?.kind, 'sequence');
  const steps = unite?.action?.kind === 'sequence' ? unite.action.actions : [];
  const before = c.configuration();
  for (const step of steps.slice(0, 2))
    if (step.kind === 'configuration') c.configure(editConfiguration(c.configuration(), step));
  c.stage(true);
  await c.cycle();
  const plan = await makePlan(readingEngine(c.env));
  const cloud = plan.connectors.find((x) => x.connector === 'cloud');
  assert.equal(cloud?.counts.delete, 1, JSON.stringify(cloud));
  assert.match(JSON.stringify(cloud?.groups.find((g) => g.operation === 'delete')), /CN=cora.*DC=fab|cora@fab/i);
  c.configure(before);
  await c.cycle();
  c.stage(false);
  await c.cycle();
  await c.heal(await c.one('duplicate-person'));
  await c.cycle();
  assert.equal((await c.user(`cora@${suffix}`))?.id, stays);
  assert.equal(await c.user('cora@fab.example.com'), undefined);
  const joined = await c.diagnose(`CN=cora,CN=Users,${fab.baseDn}`);
  assert.equal(joined.kind, 'diagnosis');
  assert.equal(c.configuration().includes('exclude'), false, 'the selection is what it was');
  assert.deepEqual(await c.findings(), []);
});

test('linked-mailbox-without-account: the account is found in the other forest, and its container is selected', async () => {
  const c = open();
  const accounts = `OU=Accounts,${corp.baseDn}`;
  await add(corp, { dn: accounts, attributes: { objectClass: 'organizationalUnit' } });
  await add(corp, { ...user(corp, 'dora'), dn: `CN=dora,${accounts}` });
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
  const users = { name: corp.baseDn, include: [`CN=Users,${corp.baseDn}`], exclude: [] };
  c.env = { ...c.env, connectors: c.env.connectors.map((x, i) => (i === 0 ? { ...x, partitions: [users] } : x)) };
  const mailbox = { mailNickname: 'dora', msExchRecipientTypeDetails: 2, userAccountControl: 546 };
  await add(fab, user(fab, 'dora', { ...mailbox, msExchMasterAccountSid: { base64: bytes.toString('base64') } }));
  await c.cycle('initial');
  const finding = await c.one('linked-mailbox-without-account');
  assert.equal(finding.objects[0]?.connector, 'fab.example.com');
  assert.match(
    JSON.stringify(finding.evidence),
    new RegExp(`the account ${sid} of CN=dora,CN=Users,DC=fab.* is CN=dora,OU=Accounts`),
  );
  await c.heal(finding);
  assert.ok(await c.user(`dora@${suffix}`));
});

test('domain-not-in-scope: the domain, the referral, and the connector that reads it', async () => {
  const c = new Clinic([corp]);
  clinic = c;
  await add(fab, user(fab, 'gerd'));
  const trust = {
    trustPartner: 'fab.example.com',
    flatName: 'FAB',
    trustDirection: 3,
    trustType: 2,
    trustAttributes: 8,
  };
  await add(corp, {
    dn: `CN=fab.example.com,CN=System,${corp.baseDn}`,
    attributes: { objectClass: 'trustedDomain', ...trust },
  });
  await c.cycle('initial');
  const gerd = `CN=gerd,CN=Users,${fab.baseDn}`;
  const finding = await c.one('domain-not-in-scope', '', gerd);
  assert.match(finding.summary, /No configured connector covers CN=gerd,.*DC=corp,DC=example,DC=com/);
  // Samba refers nobody to a domain that it does not hold; Active Directory would, by its name.
  assert.match(
    JSON.stringify(finding.evidence),
    /it trusts the domain fab\.example\.com \(CN=fab\.example\.com,CN=System/,
  );
  // The text as it is, in a configuration of the product; only where the domain controller is, DNS cannot tell here.
  const shown = parse(fixOf(finding, 'text', 'Configure fab.example.com').text) as {
    connectors: [Record<string, unknown>];
  };
  const { domain: _, ...own } = shown.connectors[0];
  await fab.createAccount('causeway', 'Passw0rd.of-the-lab');
  made.push([fab, `CN=causeway,CN=Users,${fab.baseDn}`]);
  await using temp = tempDirectory('domain');
  const file = join(temp.path, 'causeway.yaml');
  const reach = { servers: [fab.ldapsUrl], tls: { ca: fab.caFile } };
  writeFileSync(file, stringify({ connectors: [{ ...own, ...reach }] }));
  process.env.FAB_EXAMPLE_COM_PASSWORD = 'Passw0rd.of-the-lab';
  const [added] = makeConnectors(loadConfiguration(file));
  assert.ok(added);
  c.env = { ...c.env, connectors: [...c.env.connectors.slice(0, 1), added, ...c.env.connectors.slice(1)] };
  c.useRules('');
  c.tenant.company.update({
    domains: [
      ...c.tenant.company.state.domains,
      { name: 'fab.example.com', verified: true, authentication: 'Managed' },
    ],
  });
  await c.gone('domain-not-in-scope', '', { reference: gerd });
  assert.ok(await c.user('gerd@fab.example.com'));
});

test('ambiguous-join: two objects of one forest claim one identity; one of them gives the value up', async () => {
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
  assert.match(JSON.stringify(finding.evidence), /both have mail = shared@corp\.example\.com/);
  assert.deepEqual(
    finding.fix.map((f) => f.applicable),
    [true, true, true, true],
  );
  assert.equal(fixOf(finding, 'ldif', `If emma@${suffix}`), finding.fix[0]);
  await c.heal(finding, 1);
  assert.ok((await c.user(`emil@${suffix}`)) && (await c.user(`emma@${suffix}`)));
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
  await c.heal(finding, undefined, `fred@${suffix}`);
  assert.equal((await c.user(`fred@${suffix}`))?.jobTitle, 'Manager');
});
