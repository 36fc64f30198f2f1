/** Section A of the casebook: built in a real directory and a running tenant, diagnosed, repaired, healed. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Finding } from '../../../src/diagnosis/findings/finding.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

let dc: Samba;
let clinic: Clinic;
const ou = () => `OU=People,${dc.baseDn}`;
const dn = (name: string) => `CN=${name},${ou()}`;
const suffix = 'corp.example.com';
const person = (name: string, attributes: Record<string, string | number | string[]> = {}) => ({
  name,
  parent: ou(),
  attributes: {
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    userAccountControl: 544,
    ...attributes,
  },
});
const names = (f: Finding, role: string) => f.objects.filter((o) => o.role === role).map((o) => o.userPrincipalName);

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
});
after(() => dc.stop());
afterEach(async () => {
  clinic?.[Symbol.dispose]();
  await remove(...made);
});

/** A fresh engine and tenant over the same directory. */
const open = (options: ConstructorParameters<typeof Clinic>[1] = {}) => {
  clinic = new Clinic([dc], { scope: { include: [ou()], exclude: [] }, ...options });
  return clinic;
};
const made: string[] = [];
const add = async (people: readonly ReturnType<typeof person>[]) => {
  await dc.addUsers(people);
  made.push(...people.map((p) => p.name));
};
const remove = async (...which: string[]) => {
  for (const name of which) {
    if (made.includes(name)) made.splice(made.indexOf(name), 1);
    await dc.ldapModify(`dn: ${dn(name)}
changetype: delete

`);
  }
};

test('duplicate-proxy-address: the primary address of a new user belongs to another synced user', async () => {
  const c = open();
  const mailbox = { msExchMailboxGuid: 'AAAAAAAAAAAAAAAA' };
  await add([person('first', { mailNickname: 'first', proxyAddresses: ['SMTP:shared@corp.example.com'], ...mailbox })]);
  await c.cycle('initial');
  await add([
    person('second', { mailNickname: 'second', proxyAddresses: ['SMTP:Shared@corp.example.com'], ...mailbox }),
  ]);
  await c.cycle();
  const finding = await c.one('duplicate-proxy-address');
  assert.equal(finding.errorCode, 'AttributeValueMustBeUnique');
  assert.equal(finding.attribute, 'proxyAddresses');
  assert.match(finding.value ?? '', /shared@corp/i);
  assert.deepEqual(names(finding, 'incoming'), [`second@${suffix}`]);
  assert.deepEqual(names(finding, 'holder'), [`first@${suffix}`]);
  assert.match(finding.objects.find((o) => o.role === 'holder')?.cloudId ?? '', /^[0-9a-f-]{36}$/);
  assert.match(finding.summary, /older|undecided|alike/);
  assert.match(
    finding.fix[0]?.text ?? '',
    /^dn: CN=second,.*\nchangetype: modify\ndelete: proxyAddresses\nproxyAddresses: SMTP:Shared@corp\.example\.com\n-$/,
  );
  await c.heal(finding);
  assert.ok(await c.user(`second@${suffix}`));
});

test('stale-proxy-address and quarantined-attribute: a withheld address, the export said success', async () => {
  const c = open();
  const mailbox = { msExchMailboxGuid: 'AAAAAAAAAAAAAAAA' };
  await add([
    person('left', { mailNickname: 'left', userAccountControl: 546, proxyAddresses: ['smtp:sales@corp.example.com'] }),
    person('holder', { mailNickname: 'holder', proxyAddresses: ['smtp:info@corp.example.com'] }),
  ]);
  await c.cycle('initial');
  await add([
    person('works', { mailNickname: 'works', proxyAddresses: ['smtp:sales@corp.example.com'], ...mailbox }),
    person('wants', { mailNickname: 'wants', proxyAddresses: ['smtp:info@corp.example.com'] }),
  ]);
  assert.equal((await c.cycle()).outcome, 'clean');
  const stale = await c.one('stale-proxy-address', 'sales@');
  assert.deepEqual([names(stale, 'incoming'), names(stale, 'holder')], [[`works@${suffix}`], [`left@${suffix}`]]);
  assert.match(stale.summary, /left@corp\.example\.com was left behind/);
  assert.match(stale.summary, /works@corp\.example\.com should keep it, because its account is enabled/);
  assert.equal(stale.objects.find((o) => o.role === 'holder')?.facts?.account, 'disabled');
  const plain = await c.one('duplicate-proxy-address', 'info@');
  assert.equal(plain.errorCode, 'QuarantinedAttributeValueMustBeUnique');
  assert.deepEqual([names(plain, 'incoming'), names(plain, 'holder')], [[`wants@${suffix}`], [`holder@${suffix}`]]);
  assert.match(plain.value ?? '', /smtp:info@corp\.example\.com/);
  for (const finding of [stale, plain]) await c.heal(finding);
  const waiting = await c.one('quarantined-attribute', 'sales@');
  assert.equal(waiting.severity, 'info');
  assert.match(waiting.summary, /within an hour/);
  c.tenant.advance(3_700_000);
  await c.gone('quarantined-attribute');
  assert.deepEqual(await c.findings(), []);
  assert.match(JSON.stringify(await c.user(`works@${suffix}`)), /sales@corp/);
});

test('duplicate-upn in quarantine: a placeholder name, and the new one', async () => {
  const c = open();
  c.seed({
    users: [
      {
        displayName: 'Old',
        userPrincipalName: `bob@${suffix}`,
        onPremisesSyncEnabled: true,
        onPremisesImmutableId: 'b2xkb2xkb2xkb2xkb2xkbw==',
      },
    ],
  });
  await add([person('other', { userPrincipalName: `bob@${suffix}` })]);
  await c.cycle('initial');
  await c.cycle();
  const [finding] = await c.findings();
  assert.equal(finding?.attribute, 'userPrincipalName');
  assert.equal(finding?.value, `bob@${suffix}`);
  assert.match(
    finding?.objects.find((o) => o.role === 'incoming')?.facts?.['signs in as'] ?? '',
    /@contoso\.onmicrosoft\.com$/,
  );
  assert.match(finding?.code ?? '', /^anchor-changed-/);
});

test('cloud-only-owner: not by primary address, so no match; joined by a hard match', async () => {
  const c = open();
  c.seed({
    users: [{ displayName: 'Person carl', userPrincipalName: 'carl@contoso.onmicrosoft.com', mail: `carl@${suffix}` }],
  });
  await add([
    person('carl', { mailNickname: 'carl', proxyAddresses: [`SMTP:carl.new@${suffix}`, `smtp:carl@${suffix}`] }),
  ]);
  await c.cycle('initial');
  await c.cycle();
  const finding = await c.one('cloud-only-owner');
  assert.deepEqual(names(finding, 'holder'), ['carl@contoso.onmicrosoft.com']);
  assert.match(JSON.stringify(finding.evidence), /made in the cloud.*only the primary address/);
  const holder = finding.objects.find((o) => o.role === 'holder')?.cloudId;
  await c.heal(finding);
  assert.equal(
    (await c.user(`carl@${suffix}`))?.id,
    holder,
    'the cloud user of before is the one that is synchronized',
  );
  assert.deepEqual(await c.findings(), []);
});

test('invalid-soft-match: the match is tied to another anchor (a tenant without resiliency)', async () => {
  const c = open();
  c.tenant.setSwitches({ resiliency: false });
  c.seed({
    users: [
      {
        displayName: 'Person dora',
        userPrincipalName: `dora@${suffix}`,
        onPremisesImmutableId: 'YW5vdGhlcmFuY2hvcjEyMw==',
      },
    ],
  });
  await add([person('dora')]);
  await c.cycle('initial');
  const finding = await c.one('invalid-soft-match');
  assert.equal(finding.errorCode, 'InvalidSoftMatch');
  const anchors = finding.objects.map((o) => o.sourceAnchor);
  assert.ok(anchors.includes('YW5vdGhlcmFuY2hvcjEyMw==') && new Set(anchors).size === 2, JSON.stringify(anchors));
  await c.heal(finding);
  assert.equal((await c.user(`dora@${suffix}`))?.onPremisesSyncEnabled, true);
});

test('anchor-changed-recreated: deleted and made again while the cloud object stayed', async () => {
  const c = open();
  await add([person('erin', { mailNickname: 'erin', proxyAddresses: [`SMTP:erin@${suffix}`] })]);
  await c.cycle('initial');
  await c.cycle();
  const before = await c.user(`erin@${suffix}`);
  const sid = /objectSid: (S-\S+)/.exec(await dc.ldbsearch('(sAMAccountName=erin)', 'objectSid'))?.[1] ?? '';
  // The cloud object stays: its deletion is held back together with others.
  c.lab[Symbol.dispose]();
  const d = open();
  d.seed({
    users: [
      {
        displayName: 'Person erin',
        userPrincipalName: `erin@${suffix}`,
        proxyAddresses: [`SMTP:erin@${suffix}`],
        onPremisesSyncEnabled: true,
        onPremisesImmutableId: String(before?.onPremisesImmutableId),
        onPremisesSecurityIdentifier: sid,
        onPremisesDomainName: suffix,
        shadow: { sourceAnchor: String(before?.onPremisesImmutableId), proxyAddresses: [`SMTP:erin@${suffix}`] },
      },
    ],
  });
  const cloudId = (await d.user(`erin@${suffix}`))?.id;
  await remove('erin');
  await add([person('erin', { mailNickname: 'erin', proxyAddresses: [`SMTP:erin@${suffix}`] })]);
  // What an engine writes down that saw the account go.
  const gone = { type: 'person', attributes: { sourceAnchor: before?.onPremisesImmutableId } };
  d.lab.store.records.journal(Date.now(), null, 'identity-removed', null, 1, JSON.stringify(gone));
  await d.cycle('initial');
  const finding = await d.one('anchor-changed-recreated');
  assert.match(JSON.stringify(finding.evidence), /the identity with the anchor .* went \d{4}-.*CN=erin,.* came \d{4}-/);
  assert.match(finding.fix[0]?.text ?? '', /replace: mS-DS-ConsistencyGuid\nmS-DS-ConsistencyGuid:: /);
  await d.heal(finding);
  const now = await d.user(`erin@${suffix}`);
  assert.equal(now?.id, cloudId, 'the person keeps the cloud object');
  assert.deepEqual(await d.findings(), []);
});

test('duplicate-source-anchor: the copy is cleared on the abandoned object only', async () => {
  const c = open();
  await add([person('alive')]);
  await c.cycle('initial');
  await c.cycle();
  const anchor = String((await c.user(`alive@${suffix}`))?.onPremisesImmutableId);
  await dc.addObjects([
    {
      dn: dn('copied'),
      attributes: {
        objectClass: 'user',
        sAMAccountName: 'copied',
        userAccountControl: 546,
        displayName: 'Copied',
        userPrincipalName: `copied@${suffix}`,
        'mS-DS-ConsistencyGuid': { base64: anchor },
      },
    },
  ]);
  await c.cycle();
  const finding = await c.one('duplicate-source-anchor');
  assert.equal(finding.value, anchor);
  assert.deepEqual([names(finding, 'incoming'), names(finding, 'holder')], [[`copied@${suffix}`], [`alive@${suffix}`]]);
  assert.match(finding.fix[0]?.text ?? '', /^dn: CN=copied,/);
  await c.heal(finding);
  assert.equal((await c.user(`alive@${suffix}`))?.onPremisesImmutableId, anchor);
  assert.equal((await c.user(`alive@${suffix}`))?.displayName, 'Person alive');
  assert.ok(await c.user(`copied@${suffix}`));
  assert.deepEqual(await c.findings(), []);
});

test('invalid-hard-match: the tenant blocks it; a role protects it', async () => {
  const c = open();
  await add([person('frank'), person('grace')]);
  await c.cycle('initial');
  await c.cycle();
  const anchors = await Promise.all(
    ['frank', 'grace'].map(async (n) => String((await c.user(`${n}@${suffix}`))?.onPremisesImmutableId)),
  );
  const d = open();
  d.seed({
    users: [
      {
        displayName: 'Frank',
        userPrincipalName: 'frank@contoso.onmicrosoft.com',
        onPremisesImmutableId: anchors[0] as string,
      },
      {
        displayName: 'Grace',
        userPrincipalName: 'grace@contoso.onmicrosoft.com',
        onPremisesImmutableId: anchors[1] as string,
        roles: ['User Administrator'],
      },
    ],
  });
  await d.cycle('initial');
  const role = await d.one('invalid-hard-match', 'grace');
  assert.match(role.summary, /User Administrator/);
  await d.heal(role);
  assert.equal((await d.user(`grace@${suffix}`))?.onPremisesSyncEnabled, true);
  assert.deepEqual(
    (await d.lab.graph<{ displayName: string }>(`/users/${(await d.user(`grace@${suffix}`))?.id}/memberOf`)).map(
      (r) => r.displayName,
    ),
    ['User Administrator'],
  );
  d[Symbol.dispose]();
  const e = open();
  e.tenant.company.update({
    features: { ...e.tenant.company.state.features, blockCloudObjectTakeoverThroughHardMatchEnabled: true },
  });
  e.seed({
    users: [
      {
        displayName: 'Frank',
        userPrincipalName: 'frank@contoso.onmicrosoft.com',
        onPremisesImmutableId: anchors[0] as string,
      },
    ],
  });
  await e.cycle('initial');
  const blocked = await e.one('invalid-hard-match', 'frank');
  assert.match(blocked.summary, /tenant blocks/);
  await e.heal(blocked);
  assert.equal(
    e.tenant.company.state.features.blockCloudObjectTakeoverThroughHardMatchEnabled,
    true,
    'the block is back',
  );
});

test('object-type-mismatch: a group of the cloud has the address', async () => {
  const c = open();
  c.seed({ groups: [{ displayName: 'Team', mail: `team@${suffix}` }] });
  await add([person('hugo', { mailNickname: 'hugo', proxyAddresses: [`SMTP:team@${suffix}`] })]);
  await c.cycle('initial');
  const finding = await c.one('object-type-mismatch');
  assert.equal(finding.errorCode, 'ObjectTypeMismatch');
  assert.equal(finding.objects.find((o) => o.role === 'holder')?.objectType, 'group');
  await c.heal(finding);
  assert.ok(await c.user(`hugo@${suffix}`));
});

test('existing-admin-role-conflict: the four steps in order', async () => {
  const c = open();
  c.seed({ users: [{ displayName: 'Admin', userPrincipalName: `ida@${suffix}`, roles: ['Global Administrator'] }] });
  const admin = (await c.user(`ida@${suffix}`))?.id;
  await add([person('ida')]);
  await c.cycle('initial');
  await c.cycle();
  const finding = await c.one('existing-admin-role-conflict');
  assert.match(JSON.stringify(finding.objects), /Global Administrator/);
  assert.match(finding.fix[0]?.text ?? '', /DELETE .*directoryRoles.*\n\nDELETE .*users.*\n\nDELETE .*deletedItems/s);
  await c.heal(finding);
  const now = await c.user(`ida@${suffix}`);
  assert.equal(now?.id, admin);
  assert.equal(now?.onPremisesSyncEnabled, true);
  assert.deepEqual(await c.findings(), []);
});

test('cloud-only-protected: a delete aimed at an object that the cloud masters', async () => {
  const c = open();
  await add([person('jack')]);
  await c.cycle('initial');
  await c.cycle();
  const id = String((await c.user(`jack@${suffix}`))?.id);
  await remove('jack');
  // Restored in the cloud before the engine heard of it: the object belongs to the cloud now.
  const restore = async () => {
    for (const [method, path] of [
      ['DELETE', `/v1.0/users/${id}`],
      ['POST', `/v1.0/directory/deletedItems/${id}/restore`],
    ] as const) {
      const r = await c.graph(method, path);
      assert.ok(r < 300, `${method} ${path}: ${r}`);
    }
  };
  await restore();
  await c.cycle();
  const finding = (await c.findings()).find((f) => f.code === 'cloud-only-protected');
  assert.ok(finding, JSON.stringify(await c.findings(), undefined, 1));
  assert.equal(finding.errorCode, 'DeletingCloudOnlyObjectNotAllowed');
  await c.heal(finding);
});

test('duplicate-sip, duplicate-mail: what is never set aside', async () => {
  const c = open();
  await add([
    person('kate', { mail: `mail@${suffix}`, mailNickname: 'kate' }),
    person('lena', { mailNickname: 'lena', proxyAddresses: [`SMTP:lena@${suffix}`, `SIP:talk@${suffix}`] }),
  ]);
  await c.cycle('initial');
  await add([
    person('kurt', { mail: `mail@${suffix}`, mailNickname: 'kurt' }),
    person('luis', { mailNickname: 'luis', proxyAddresses: [`SMTP:luis@${suffix}`, `sip:talk@${suffix}`] }),
  ]);
  await c.cycle();
  const sip = await c.one('duplicate-sip');
  assert.match(sip.value ?? '', /talk@/);
  assert.deepEqual([names(sip, 'incoming'), names(sip, 'holder')], [[`luis@${suffix}`], [`lena@${suffix}`]]);
  await c.heal(sip);
  const mail = (await c.findings()).find((f) => f.code === 'duplicate-mail');
  assert.ok(mail, JSON.stringify((await c.findings()).map((f) => [f.code, f.summary])));
  assert.equal(mail.attribute, 'mail');
  await c.heal(mail);
  assert.ok((await c.user(`luis@${suffix}`)) && (await c.user(`kurt@${suffix}`)));
});
