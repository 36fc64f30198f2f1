/** Section A of the casebook: built in a real directory and a running tenant, diagnosed, repaired, healed. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Finding } from '../../../src/diagnosis/finding.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';

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
afterEach(() => clinic?.[Symbol.dispose]());

/** A fresh engine and tenant over the same directory. */
const open = (options: ConstructorParameters<typeof Clinic>[1] = {}) => {
  clinic = new Clinic([dc], { scope: { include: [ou()], exclude: [] }, ...options });
  return clinic;
};
const remove = async (...which: string[]) => {
  for (const name of which) await dc.ldapModify(`dn: ${dn(name)}\nchangetype: delete\n\n`);
};

test('duplicate-proxy-address: the primary address of a new user belongs to another synced user', async () => {
  const c = open();
  const mailbox = { msExchMailboxGuid: 'AAAAAAAAAAAAAAAA' };
  await dc.addUsers([
    person('first', { mailNickname: 'first', proxyAddresses: ['SMTP:shared@corp.example.com'], ...mailbox }),
  ]);
  await c.cycle('initial');
  await dc.addUsers([
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
  await remove('first', 'second');
});
