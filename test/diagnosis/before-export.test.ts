/**
 * What an export will be refused is told before it, by the same case and under the same id as afterwards: the cases that the
 * casebook marks with P, all in one directory and one tenant.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CaseCode } from '../../src/diagnosis/findings/cases.ts';
import type { Finding } from '../../src/diagnosis/findings/finding.ts';
import { guidBytes } from '../../src/model/guid.ts';
import { type Samba, type SambaObject, startSamba } from '../support/samba.ts';
import { changeDirectory, fixOf } from './cases/by-hand.ts';
import { Clinic } from './cases/clinic.ts';

let dc: Samba;
const suffix = 'corp.example.com';
const ou = () => `OU=People,${dc.baseDn}`;
const user = (name: string, attributes: SambaObject['attributes'] = {}): SambaObject => ({
  dn: `CN=${name},${ou()}`,
  attributes: {
    objectClass: 'user',
    sAMAccountName: name,
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    userAccountControl: 544,
    ...attributes,
  },
});
/** With a mail nickname, and with these addresses. */
const mailUser = (name: string, proxyAddresses: readonly string[], more: SambaObject['attributes'] = {}): SambaObject =>
  user(name, { mailNickname: name, proxyAddresses, ...more });

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
});
after(() => dc.stop());

const certificates = Array.from({ length: 17 }, (_, i) => ({
  base64: Buffer.from(`no certificate ${i}`).toString('base64'),
}));
const mailbox = { msExchMailboxGuid: 'AAAAAAAAAAAAAAAA' };
const rules = `
rules:
  - name: Out photo
    direction: outbound
    connector: cloud
    source: person
    target: user
    precedence: 50
    flows:
      - { target: thumbnailPhoto, direct: photo }
  - name: Second join
    direction: inbound
    connector: ${suffix}
    source: user
    target: person
    link: Join
    precedence: 60
    scope: [['displayName EQUAL Person twice']]
    join: [[{ cs: mail, mv: mail }]]
    flows: []
  - name: Broken
    direction: inbound
    connector: ${suffix}
    source: user
    target: person
    precedence: 61
    flows:
      - { target: employeeType, expression: 'IIF(IsPresent([info]), CStr(CNum([info]) + 1), NULL)' }
`;

/** Who is in the cloud already, and has what others want. */
const settled = (): SambaObject[] => [
  mailUser('first', [`SMTP:shared@${suffix}`], mailbox),
  mailUser('left', [`smtp:sales@${suffix}`], { userAccountControl: 546 }),
  mailUser('lena', [`SMTP:lena@${suffix}`, `SIP:talk@${suffix}`]),
  user('kate', { mailNickname: 'kate', mail: `mail@${suffix}` }),
  user('mona', { userPrincipalName: 'mona@fed1.example' }),
  user('alive'),
];
/** Who comes, by the case that follows from it. */
const incoming = (anchor: string): SambaObject[] => [
  mailUser('second', [`SMTP:Shared@${suffix}`], mailbox),
  mailUser('works', [`smtp:sales@${suffix}`], mailbox),
  mailUser('luis', [`SMTP:luis@${suffix}`, `sip:talk@${suffix}`]),
  user('kurt', { mailNickname: 'kurt', mail: `mail@${suffix}` }),
  mailUser('carl', [`SMTP:carl.new@${suffix}`, `smtp:carl@${suffix}`]),
  user('dora'),
  mailUser('erin', [`SMTP:erin@${suffix}`]),
  user('bert'),
  user('copied', { userAccountControl: 546, 'mS-DS-ConsistencyGuid': { base64: anchor } }),
  user('grace'),
  mailUser('hugo', [`SMTP:team@${suffix}`]),
  user('ida'),
  user('quin'),
  user('olaf', { title: 'Engineer' }),
  user('anna', { userPrincipalName: `an na@${suffix}` }),
  user('nora', { userPrincipalName: 'nora@corp.local' }),
  user('dirk', { mail: `dirk o@${suffix}` }),
  user('emma', { mailNickname: 'emma', targetAddress: 'SMTP:emma(at)fabrikam.com' }),
  mailUser('finn', [`SMTP:finn@${suffix}`], { mailNickname: 'fi nn' }),
  user('ines', { userPrincipalName: `${'i'.repeat(70)}@${suffix}` }),
  user('jana', { mailNickname: 'jana', userCertificate: certificates }),
  user('karl', { photo: { base64: Buffer.alloc(103_000, 7).toString('base64') } }),
  mailUser('lisa', [`SMTP:lisa@${suffix}`, ...Array.from({ length: 340 }, (_, i) => `smtp:lisa${i}@${suffix}`)]),
  user('twice'),
  user('wrong', { info: 'no number' }),
  {
    dn: `CN=Everybody,${ou()}`,
    attributes: {
      objectClass: 'group',
      sAMAccountName: 'Everybody',
      displayName: 'Everybody',
      groupType: -2147483646,
      member: ['first', 'left', 'lena', 'kate', 'alive'].map((n) => `CN=${n},${ou()}`),
    },
  },
];

const afterwards: readonly CaseCode[] = [
  ...([
    'duplicate-proxy-address',
    'stale-proxy-address',
    'duplicate-sip',
    'duplicate-mail',
    'cloud-only-owner',
  ] as const),
  ...(['invalid-soft-match', 'anchor-changed-recreated', 'anchor-changed-forest-move', 'invalid-hard-match'] as const),
  ...(['object-type-mismatch', 'existing-admin-role-conflict', 'duplicate-source-anchor'] as const),
  ...(['invalid-upn', 'unroutable-upn-suffix', 'federated-domain-change', 'invalid-mail'] as const),
  ...(['invalid-proxy-address', 'invalid-characters', 'value-too-long', 'too-many-certificates'] as const),
  ...(['photo-too-large', 'object-too-large', 'group-too-large', 'rule-error', 'rule-conflict'] as const),
];

test('plan tells every case that the export will meet, under the id that it has afterwards', async () => {
  using c = new Clinic([dc], { scope: { include: [ou()], exclude: [] } });
  c.useRules(rules);
  c.tenant.setSwitches({ groupMembers: 4 });
  const federated = ['fed1.example', 'fed2.example'].map((name) => ({
    ...{ name, verified: true, authentication: 'Federated' as const },
  }));
  c.tenant.company.update({ domains: [...c.tenant.company.state.domains, ...federated] });
  const domainSid =
    /objectSid: (S-\S+)/.exec(await dc.ldbsearch('-s', 'base', '-b', dc.baseDn, 'objectSid'))?.[1] ?? '';
  const synced = (name: string, sid: string, domain: string) => ({
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    onPremisesSyncEnabled: true,
    onPremisesImmutableId: Buffer.from(`anchor of ${name}`.padEnd(16)).toString('base64'),
    onPremisesSecurityIdentifier: sid,
    onPremisesDomainName: domain,
    shadow: { userPrincipalName: `${name}@${suffix}`, dnsDomainName: domain },
  });
  c.seed({
    users: [
      { displayName: 'Person carl', userPrincipalName: 'carl@contoso.onmicrosoft.com', mail: `carl@${suffix}` },
      {
        displayName: 'Person dora',
        userPrincipalName: `dora@${suffix}`,
        onPremisesImmutableId: 'YW5vdGhlcmFuY2hvcjEyMw==',
      },
      synced('erin', `${domainSid}-99001`, suffix),
      synced('bert', 'S-1-5-21-9-8-7-1105', 'fab.example.com'),
      { displayName: 'Admin', userPrincipalName: `ida@${suffix}`, roles: ['Global Administrator'] },
      { displayName: 'Person olaf', userPrincipalName: `olaf@${suffix}`, jobTitle: 'Boss' },
      { displayName: 'Person quin', userPrincipalName: 'quin@contoso.onmicrosoft.com' },
    ],
    groups: [{ displayName: 'Team', mail: `team@${suffix}` }],
  });
  await dc.addObjects(settled());
  await c.cycle('initial');
  await c.cycle();
  const anchor = String((await c.user(`alive@${suffix}`))?.onPremisesImmutableId);
  await dc.addObjects(incoming(anchor));
  await dc.ldapModify(
    `dn: CN=mona,${ou()}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: mona@fed2.example\n\n`,
  );
  const guid = /objectGUID: (\S+)/.exec(await dc.ldbsearch('(sAMAccountName=grace)', 'objectGUID'))?.[1] ?? '';
  const grace = guidBytes(guid)?.toString('base64') ?? '';
  const protectedUser = { displayName: 'Grace', userPrincipalName: 'grace@contoso.onmicrosoft.com' };
  c.seed({ users: [{ ...protectedUser, onPremisesImmutableId: grace, roles: ['User Administrator'] }] });
  c.stage(true);
  await c.cycle();
  const planned = await c.planned();
  const told = new Map(planned.map((f) => [f.code, f]));
  const shown = () => planned.map((f) => `${f.code}: ${f.summary}`).join('\n');
  assert.deepEqual(
    [...afterwards, 'no-soft-match-key'].filter((code) => !told.has(code)),
    [],
    shown(),
  );
  assert.ok(planned.every((f) => f.predicted && f.evidence.length > 0));
  // Who is taken over without a word from the cloud: what is overwritten, and how it stays.
  const taken = planned.filter((f) => f.code === 'cloud-only-owner' && f.severity === 'info');
  assert.equal(taken.length, 1, shown());
  assert.match(
    taken[0]?.summary ?? '',
    /olaf@.* takes it over\. These values there are overwritten: .*jobTitle: "Boss" becomes "Engineer"/,
  );
  await changeDirectory(dc, fixOf(taken[0] as Finding, 'ldif'));
  c.stage(false);
  await c.cycle();
  const found = new Map((await c.findings()).map((f) => [f.id, f]));
  assert.equal((await c.user(`olaf@${suffix}`))?.jobTitle, 'Boss');
  const refused = planned.filter((f) => !taken.includes(f));
  const changed = refused.filter((f) => afterwards.includes(f.code as CaseCode) && found.get(f.id)?.code !== f.code);
  assert.deepEqual(
    changed.map((f) => `${f.code}: ${f.summary}`),
    [],
    [...found.values()].map((f) => `${f.code}: ${f.summary}`).join('\n'),
  );
});
