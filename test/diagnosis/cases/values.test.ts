/** Section B of the casebook: values the cloud refuses for what they are. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';
import { type Samba, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

let dc: Samba;
let clinic: Clinic | undefined;
const suffix = 'corp.example.com';
const ou = () => `OU=People,${dc.baseDn}`;
const dn = (name: string) => `CN=${name},${ou()}`;
const person = (name: string, attributes: Parameters<Samba['addUsers']>[0][number]['attributes'] = {}) => ({
  name,
  parent: ou(),
  attributes: {
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    userAccountControl: 544,
    ...attributes,
  },
});
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

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
});
after(() => dc.stop());
afterEach(async () => {
  clinic?.[Symbol.dispose]();
  await remove(...made);
});

test('invalid-upn: one finding for all with the same character, the position marked, all corrected at once', async () => {
  const c = open();
  await add([
    person('anna', { userPrincipalName: `an na@${suffix}` }),
    person('bert', { userPrincipalName: `be rt@${suffix}` }),
    person('cora', { userPrincipalName: `co(ra@${suffix}` }),
  ]);
  await c.cycle('initial');
  const space = await c.one('invalid-upn', 'an na');
  assert.equal(space.affected, 2);
  assert.equal(space.errorCode, 'IdentityDataValidationFailed');
  assert.equal(space.attribute, 'userPrincipalName');
  assert.match(JSON.stringify(space.evidence), /an\[ \]na@corp/);
  assert.deepEqual(space.objects.map((o) => o.facts?.suggestion).sort(), [`an_na@${suffix}`, `be_rt@${suffix}`]);
  const paren = await c.one('invalid-upn', 'co(ra');
  await c.heal(space);
  await c.heal(paren);
  assert.ok(
    (await c.user(`an_na@${suffix}`)) && (await c.user(`be_rt@${suffix}`)) && (await c.user(`co_ra@${suffix}`)),
  );
  assert.deepEqual(await c.findings(), []);
});

test('invalid-mail, invalid-proxy-address, invalid-characters', async () => {
  const c = open();
  await add([
    person('dirk', { mail: `dirk o@${suffix}` }),
    person('emma', { mailNickname: 'emma', targetAddress: 'SMTP:emma(at)fabrikam.com' }),
    person('finn', { mailNickname: 'fi nn', proxyAddresses: [`SMTP:finn@${suffix}`] }),
  ]);
  await c.cycle('initial');
  const mail = await c.one('invalid-mail');
  assert.deepEqual(
    [mail.attribute, mail.value, mail.objects[0]?.facts?.suggestion],
    ['mail', `dirk o@${suffix}`, `dirko@${suffix}`],
  );
  const target = await c.one('invalid-proxy-address');
  assert.equal(target.attribute, 'targetAddress');
  const alias = await c.one('invalid-characters');
  assert.deepEqual([alias.attribute, alias.value], ['mailNickname', 'fi nn']);
  assert.match(JSON.stringify(mail.evidence), /dirk\[ \]o@corp/);
  assert.match(JSON.stringify(target.evidence), /SMTP:emma\[\(\]at\[\)\]fabrikam\.com \(there is no @\)/);
  assert.match(JSON.stringify(alias.evidence), /fi\[ \]nn/);
  for (const f of [mail, target, alias]) await c.heal(f);
  assert.equal((await c.user(`dirk@${suffix}`))?.mail, `dirko@${suffix}`);
  assert.deepEqual(await c.findings(), []);
});

test('value-too-long: the length, the limit, a trimmed suggestion', async () => {
  const c = open();
  await add([person('gina', { mailNickname: 'gina', info: 'x', title: 't'.repeat(128) })]);
  await add([
    person('hans', { mailNickname: 'hans', extensionAttribute1: 'e'.repeat(1024), telephoneNumber: '1'.repeat(64) }),
  ]);
  await add([person('ines', { userPrincipalName: `${'i'.repeat(70)}@${suffix}` })]);
  await c.cycle('initial');
  const extension = await c.one('value-too-long', 'extensionAttribute1');
  assert.deepEqual([extension.attribute, extension.errorCode], ['extensionAttribute1', 'mv-constraint-violation']);
  assert.match(JSON.stringify(extension.evidence), /extensionAttribute1 of CN=hans.* has 1024 characters/);
  await c.heal(extension);
  const finding = await c.one('value-too-long', 'iiii');
  assert.equal(finding.errorCode, 'ExceededAllowedLength');
  assert.match(finding.summary, /allowed length of 64; it has 70/);
  assert.equal(finding.attribute, 'userPrincipalName');
  await c.heal(finding);
  assert.deepEqual(await c.findings(), []);
});

test('too-many-certificates: expired ones are named and removed', async () => {
  const c = open();
  const certificate = (days: number): { base64: string } => {
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      '/dev/null',
    ];
    const pem = execFileSync('openssl', [...args, '-subj', `/CN=c${days}`, '-days', String(days)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { base64: pem.toString().replace(/-----[^-]+-----|\s/g, '') };
  };
  await add([
    person('jana', {
      mailNickname: 'jana',
      userCertificate: Array.from({ length: 17 }, (_, i) => certificate(30 + i)),
    }),
  ]);
  await c.cycle('initial');
  const finding = await c.one('too-many-certificates');
  assert.deepEqual([finding.attribute, finding.affected], ['userCertificate', 1]);
  assert.match(finding.summary, /17/);
  assert.match(JSON.stringify(finding.evidence), /none has expired; first will CN=c30 \(\d{4}-/);
  // Ten days after the first of them has ended.
  c.clockMs = 40.5 * 86_400_000;
  assert.match(JSON.stringify((await c.one('too-many-certificates')).evidence), /11 have expired, for example CN=c30/);
  c.clockMs = 0;
  await c.heal(finding);
  assert.deepEqual(await c.findings(), []);
});

test('photo-too-large and object-too-large', async () => {
  const c = open();
  // Active Directory itself takes no thumbnailPhoto of that size, but a rule may send another attribute.
  c.useRules(`
rules:
  - name: Out photo
    direction: outbound
    connector: cloud
    source: person
    target: user
    precedence: 50
    flows:
      - { target: thumbnailPhoto, direct: photo }
`);
  await add([
    person('karl', { photo: { base64: Buffer.alloc(103_000, 7).toString('base64') } }),
    person('lisa', {
      mailNickname: 'lisa',
      proxyAddresses: [`SMTP:lisa@${suffix}`, ...Array.from({ length: 340 }, (_, i) => `smtp:lisa${i}@${suffix}`)],
    }),
  ]);
  await c.cycle('initial');
  const photo = await c.one('photo-too-large');
  assert.deepEqual([photo.attribute, photo.errorCode], ['photo', 'LargeObject']);
  const large = await c.one('object-too-large');
  assert.equal(large.attribute, 'proxyAddresses');
  assert.match(photo.summary, /103000 where 102400 are allowed/);
  assert.match(JSON.stringify(large.evidence), /what weighs most: proxyAddresses \(341 values, \d+ bytes\)/);
  for (const f of [photo, large]) await c.heal(f);
  const kept = (await c.user(`lisa@${suffix}`))?.proxyAddresses as string[];
  assert.ok(kept.includes(`SMTP:lisa@${suffix}`) && kept.length <= 332);
  assert.deepEqual(await c.findings(), []);
});

test('federated-domain-change: in two steps, by way of the initial domain', async () => {
  const c = open();
  c.tenant.company.update({
    domains: [
      ...c.tenant.company.state.domains,
      { name: 'fed1.example', verified: true, authentication: 'Federated' },
      { name: 'fed2.example', verified: true, authentication: 'Federated' },
    ],
  });
  await add([person('mona', { userPrincipalName: 'mona@fed1.example' })]);
  await c.cycle('initial');
  await dc.ldapModify(
    `dn: ${dn('mona')}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: mona@fed2.example\n\n`,
  );
  await c.cycle();
  const finding = await c.one('federated-domain-change');
  assert.equal(finding.errorCode, 'FederatedDomainChangeError');
  assert.equal(finding.value, 'mona@fed2.example');
  await c.heal(finding);
  assert.ok(await c.user('mona@fed2.example'));
  assert.deepEqual(await c.findings(), []);
});

test('unroutable-upn-suffix: one finding a suffix, with the sign-in name that the cloud made instead', async () => {
  const c = open();
  await add(['nora', 'otto'].map((n) => person(n, { userPrincipalName: `${n}@corp.local` })));
  await c.cycle('initial');
  const finding = await c.one('unroutable-upn-suffix');
  assert.equal(finding.affected, 2);
  assert.equal(finding.value, 'corp.local');
  assert.match(JSON.stringify(finding.objects), /nora@contoso\.onmicrosoft\.com/);
  assert.match(finding.fix.map((f) => f.text).join('\n'), /nora@corp\.example\.com/);
  await c.heal(finding);
  assert.ok((await c.user(`nora@${suffix}`)) && (await c.user(`otto@${suffix}`)));
  assert.deepEqual(await c.findings(), []);
});

test('missing-usage-location: only where others have one', async () => {
  const c = open();
  await add([person('pia'), person('ralf')]);
  await c.cycle('initial');
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
  const [pia, ralf] = [await c.user(`pia@${suffix}`), await c.user(`ralf@${suffix}`)];
  assert.equal(await c.graph('PATCH', `/v1.0/users/${pia?.id}`, { usageLocation: 'DE' }), 200);
  const finding = await c.one('missing-usage-location');
  assert.deepEqual(
    finding.objects.map((o) => o.userPrincipalName),
    [`ralf@${suffix}`],
  );
  await c.heal(finding);
  assert.ok(ralf);
  assert.deepEqual(await c.findings(), []);
});
