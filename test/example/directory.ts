/**
 * An independent reading of the sample directories: what the cloud should hold, worked out from the LDIF text with a few
 * plain statements and none of the engine's code.
 */
import { X509Certificate } from 'node:crypto';

export interface Entry {
  readonly dn: string;
  /** Values as bytes, by lower-case name. */
  readonly values: ReadonlyMap<string, readonly Buffer[]>;
}

/** The entries of an LDIF text without change records. */
export function readEntries(text: string): Entry[] {
  const records = text
    .replace(/\r?\n /g, '')
    .split(/\n\s*\n/)
    .map((record) => record.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
    .filter((lines) => lines[0]?.startsWith('dn:'));
  return records.map((lines) => {
    const values = new Map<string, Buffer[]>();
    for (const line of lines) {
      const [, name = '', colons, rest = ''] = /^([^:]+)(::?) ?(.*)$/.exec(line) ?? [];
      const value = colons === '::' ? Buffer.from(rest, 'base64') : Buffer.from(rest);
      values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value]);
    }
    return { dn: String(values.get('dn')![0]), values };
  });
}

export const textOf = (entry: Entry, name: string): string | undefined =>
  entry.values.get(name.toLowerCase())?.[0]?.toString('utf8');
const bytesOf = (entry: Entry, name: string) => entry.values.get(name.toLowerCase())?.[0];
const listOf = (entry: Entry, name: string) => (entry.values.get(name.toLowerCase()) ?? []).map(String);
const hex = (entry: Entry, name: string) => bytesOf(entry, name)?.toString('hex');

const is = (entry: Entry, ...classes: readonly string[]) => classes.includes(listOf(entry, 'objectClass').at(-1) ?? '');

export interface ExpectedObject {
  /** Compared with Graph as they are. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys of other expected objects. */
  readonly members: readonly string[];
  readonly manager: string | undefined;
}
export interface Expectation {
  /** By source anchor. */
  readonly users: ReadonlyMap<string, ExpectedObject>;
  /** By display name. */
  readonly groups: ReadonlyMap<string, ExpectedObject>;
  /** By mail address. */
  readonly contacts: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** By display name. */
  readonly devices: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** The cloud that two forests call for; `refused` are the DNs of objects whose mistakes keep them out of it. */
export function expectCloud(
  corp: readonly Entry[],
  resource: readonly Entry[],
  refused: ReadonlySet<string>,
): Expectation {
  const inScope = [...corp.filter((e) => !e.dn.includes('OU=Service Accounts,')), ...resource].filter(
    (e) => !e.dn.includes('\\0ACNF:') && !refused.has(e.dn) && !textOf(e, 'adminDescription')?.startsWith('User_'),
  );
  const accounts = inScope.filter((e) => is(e, 'user') && textOf(e, 'msExchRecipientTypeDetails') !== '2');
  const mailboxes = new Map(
    inScope
      .filter((e) => textOf(e, 'msExchRecipientTypeDetails') === '2')
      .map((e) => [hex(e, 'msExchMasterAccountSid'), e]),
  );
  const anchors = anchorsByDn(inScope, accounts);
  const users = new Map<string, ExpectedObject>();
  for (const account of accounts) {
    const mailbox = mailboxes.get(hex(account, 'objectSid'));
    users.set(anchorOf(account), {
      values: userValues(account, mailbox),
      members: [],
      manager: anchors.get((textOf(account, 'manager') ?? '').toLowerCase()),
    });
  }
  const groups = inScope
    .filter((e) => is(e, 'group'))
    .map((group): [string, ExpectedObject] => [
      textOf(group, 'displayName')!,
      {
        values: {
          description: textOf(group, 'description'),
          mail: textOf(group, 'mail') ?? null,
          securityEnabled: Number(textOf(group, 'groupType')) < 0,
        },
        members: listOf(group, 'member')
          .map((dn) => anchors.get(dn.toLowerCase()))
          .filter((anchor) => anchor !== undefined)
          .sort(),
        manager: undefined,
      },
    ]);
  const contacts = new Map(
    inScope.filter((e) => is(e, 'contact')).map((e) => [textOf(e, 'mail')!, { displayName: textOf(e, 'displayName') }]),
  );
  const devices = inScope
    .filter((e) => is(e, 'computer') && hasJoined(e))
    .map((e): [string, Record<string, unknown>] => [
      textOf(e, 'displayName')!,
      { operatingSystem: textOf(e, 'operatingSystem'), accountEnabled: true, trustType: 'ServerAd' },
    ]);
  return { users, groups: new Map(groups), contacts, devices: new Map(devices) };
}

const anchorOf = (entry: Entry): string =>
  (bytesOf(entry, 'mS-DS-ConsistencyGuid') ?? bytesOf(entry, 'objectGUID')!).toString('base64');

/** What a DN stands for in the cloud: the account of a mailbox or of a foreign principal, a group by its name. */
function anchorsByDn(inScope: readonly Entry[], accounts: readonly Entry[]): ReadonlyMap<string, string> {
  const bySid = new Map(accounts.map((e) => [hex(e, 'objectSid'), anchorOf(e)]));
  const of = (e: Entry): string | undefined => {
    if (is(e, 'foreignSecurityPrincipal')) return bySid.get(hex(e, 'objectSid'));
    if (textOf(e, 'msExchRecipientTypeDetails') === '2') return bySid.get(hex(e, 'msExchMasterAccountSid'));
    if (is(e, 'group')) return textOf(e, 'displayName');
    return is(e, 'user') ? anchorOf(e) : undefined;
  };
  return new Map(inScope.flatMap((e) => (of(e) === undefined ? [] : [[e.dn.toLowerCase(), of(e)!]])));
}

function userValues(account: Entry, mailbox: Entry | undefined): Record<string, unknown> {
  const shown = (name: string) => (mailbox && textOf(mailbox, name)) ?? textOf(account, name) ?? null;
  return {
    accountEnabled: (Number(textOf(account, 'userAccountControl')) & 2) === 0,
    userPrincipalName: textOf(account, 'userPrincipalName'),
    onPremisesSamAccountName: shown('sAMAccountName'),
    displayName: shown('displayName'),
    jobTitle: shown('title'),
    department: shown('department'),
    companyName: shown('company'),
    city: shown('l'),
    country: shown('co'),
    mail: shown('mail'),
    businessPhones: [shown('telephoneNumber')],
  };
}

/** A computer that joined: Windows 10 or newer with a valid certificate for its own GUID. */
function hasJoined(computer: Entry): boolean {
  const guid = Buffer.from(bytesOf(computer, 'objectGUID')!);
  guid.subarray(0, 4).reverse();
  guid.subarray(4, 6).reverse();
  guid.subarray(6, 8).reverse();
  const name = guid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return (
    !textOf(computer, 'operatingSystemVersion')?.startsWith('6.') &&
    (computer.values.get('usercertificate') ?? []).some((der) => {
      const certificate = new X509Certificate(der);
      return certificate.subject.toLowerCase() === `cn=${name}` && Date.parse(certificate.validTo) > Date.now();
    })
  );
}
