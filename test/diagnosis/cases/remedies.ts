/** Carries out literally what a finding shows. What Windows would do with a command is done to the Samba of the test. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { run } from '../../support/child.ts';
import type { Samba } from '../../support/samba.ts';

/** The only value of an attribute in the database of a domain controller. */
async function lookUp(dc: Samba, base: string, filter: string, attribute: string): Promise<string> {
  const text = await dc.ldbsearch('-b', base, filter, attribute);
  const values = [...text.matchAll(new RegExp(`^${attribute}: (.*)$`, 'gim'))].map((m) => m[1] as string);
  assert.equal(values.length, 1, `${filter} below ${base} finds ${values.length}`);
  return values[0] as string;
}
/** Names of Windows (MS-ADTS s.5.1.3.2.1), which Samba shows otherwise, and of the objects that stand for the rights. */
const extendedRights: Readonly<Record<string, string>> = {
  'Replicating Directory Changes': 'DS-Replication-Get-Changes',
  'Replicating Directory Changes All': 'DS-Replication-Get-Changes-All',
};
const extendedRight = (dc: Samba, name: string) =>
  lookUp(dc, `CN=Extended-Rights,CN=Configuration,${dc.baseDn}`, `(cn=${extendedRights[name] ?? name})`, 'rightsGuid');
const schemaGuid = (dc: Samba, name: string) =>
  lookUp(dc, `CN=Schema,CN=Configuration,${dc.baseDn}`, `(lDAPDisplayName=${name})`, 'schemaIDGUID');

const nameOf = (account: string): string => account.replace(/^.*\\/, '').replace(/@.*$/, '');

/**
 * The grants of a finding: `dsacls "OBJECT" [/I:S] /G "ACCOUNT:RIGHTS[;RIGHT OR ATTRIBUTE[;CLASS]]"`, every name of which is
 * looked up in this directory; and the command for Samba, which is run as it stands.
 */
export async function grant(dc: Samba, text: string): Promise<void> {
  for (const line of text.split('\n')) {
    if (line.startsWith('printf ')) {
      await grantOnSamba(dc, line);
      continue;
    }
    const [, dn, inherit, account = '', rights, object, kind] =
      /^dsacls "([^"]+)"(?: \/I:([ST]))? \/G "([^":]+):([A-Z]+)(?:;([^;"]+))?(?:;([^;"]+))?"$/.exec(line) ?? [];
    assert.ok(dn && rights, `this is no command that dsacls takes: ${line}`);
    const flags = inherit === 'S' ? 'CIIO' : inherit === 'T' ? 'CI' : '';
    const guid =
      object === undefined ? '' : rights === 'CA' ? await extendedRight(dc, object) : await schemaGuid(dc, object);
    const inherited = kind === undefined ? '' : await schemaGuid(dc, kind);
    const type = guid === '' ? 'A' : 'OA';
    const ace = `(${type};${flags};${rights === 'CA' ? 'CR' : rights};${guid};${inherited};%s)`;
    await dc.setAce('add', ace, nameOf(account), dn);
  }
}

async function grantOnSamba(dc: Samba, line: string): Promise<void> {
  const [, command = '', account = ''] =
    /^(.*) \(as root on the domain controller, with the objectSid of (\S+) for <SID>\)$/.exec(line) ?? [];
  assert.ok(command !== '', line);
  const sid = await lookUp(dc, dc.baseDn, `(sAMAccountName=${nameOf(account)})`, 'objectSid');
  const here = command.replace('<SID>', sid).replace('/var/lib/samba/private/sam.ldb', join(dc.dir, 'private/sam.ldb'));
  await run('sh', ['-c', here]);
}

const cmdlets: Readonly<Record<string, (dc: Samba, dn: string, name: string) => Promise<string[] | undefined>>> = {
  'Enable-ADAccount': async () => ['replace: userAccountControl', 'userAccountControl: 512'],
  'Clear-ADAccountExpiration': async () => ['replace: accountExpires', 'accountExpires: 0'],
  'Unlock-ADAccount': async () => ['replace: lockoutTime', 'lockoutTime: 0'],
  'Set-ADUser -PasswordNeverExpires $true -PassThru': async () => [
    'replace: userAccountControl',
    'userAccountControl: 66048',
  ],
  'Set-ADUser -ChangePasswordAtLogon $false -PassThru': async () => ['replace: pwdLastSet', 'pwdLastSet: -1'],
};

/** `Get-ADUser -LDAPFilter '…' | …`; a new password is the one that is given. */
export async function powershell(dc: Samba, text: string, newPassword: string): Promise<void> {
  const [first = '', ...rest] = text.split(' | ');
  const [, filter] = /^Get-ADUser -LDAPFilter '([^']+)'$/.exec(first) ?? [];
  assert.ok(filter, `this finds no account: ${text}`);
  const dn = await lookUp(dc, dc.baseDn, filter, 'distinguishedName');
  for (const cmdlet of rest) {
    if (cmdlet === 'Set-ADAccountPassword -Reset -NewPassword (Read-Host -AsSecureString)') {
      const name = await lookUp(dc, dc.baseDn, filter, 'sAMAccountName');
      await dc.sambaTool(
        'user',
        'setpassword',
        name,
        `--newpassword=${newPassword}`,
        '-H',
        join(dc.dir, 'private/sam.ldb'),
      );
      continue;
    }
    const lines = await cmdlets[cmdlet]?.(dc, dn, newPassword);
    assert.ok(lines, `no cmdlet is called so: ${cmdlet}`);
    await dc.ldapModify(`dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n\n`);
  }
}
