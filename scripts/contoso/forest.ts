/** The two forests of the sample organization, and people, groups, contacts and computers in them. */
import { sidBytes } from '../../src/model/sid.ts';
import { makeCertificate } from './certificate.ts';
import { type Entry, type EntryValue, entry, filetime, guidNameOf, sidOf } from './entry.ts';
import { addressPart } from './names.ts';
import type { City } from './organization.ts';

export interface Forest {
  readonly base: string;
  readonly company: string;
  readonly mailDomain: string;
  readonly sid: string;
  nextRid(): number;
  /** A name of at most 20 characters that nobody in the forest has. */
  accountName(given: string, family: string): string;
}

export function makeForest(base: string, company: string, mailDomain: string, sid: string, firstRid: number): Forest {
  let rid = firstRid;
  const taken = new Set<string>();
  return {
    base,
    company,
    mailDomain,
    sid,
    nextRid: () => rid++,
    accountName(given, family) {
      const stem = `${addressPart(given).slice(0, 1)}${addressPart(family)}`.slice(0, 18);
      let name = stem;
      for (let n = 2; taken.has(name); n++) name = `${stem}${n}`;
      taken.add(name);
      return name;
    },
  };
}

export interface Job {
  readonly given: string;
  readonly family: string;
  readonly title: string;
  readonly department: string;
  readonly city: City;
  readonly managerDn?: string | undefined;
}
export interface Person extends Job {
  readonly dn: string;
  readonly account: string;
  readonly mail: string;
  readonly sid: Buffer;
  readonly entry: Entry;
}
export interface PersonOptions {
  /** Common name if it is not `given family`. */
  readonly cn?: string;
  readonly container?: string;
  /** No mailbox in this forest. */
  readonly withoutMail?: boolean;
  /** Attributes that replace or, with undefined, remove others. */
  readonly attributes?: Readonly<Record<string, EntryValue | undefined>>;
  readonly comment?: string;
}

export const enabledAccount = 512;
export const disabledAccount = 514;

/** A person with account and, unless told otherwise, a mailbox in this forest. */
export function makePerson(forest: Forest, job: Job, options: PersonOptions = {}): Person {
  const { given, family, city } = job;
  const name = `${given} ${family}`;
  const rid = forest.nextRid();
  const account = forest.accountName(given, family);
  const mail = `${addressPart(given)}.${addressPart(family)}@${forest.mailDomain}`;
  const dn = `CN=${options.cn ?? name},${options.container ?? `OU=${job.department},OU=Staff`},${forest.base}`;
  const sid = sidOf(forest.sid, rid);
  const mailbox = {
    mail,
    mailNickname: account,
    proxyAddresses: [`SMTP:${mail}`, `smtp:${account}@${forest.mailDomain}`],
  };
  const attributes = {
    cn: options.cn ?? name,
    givenName: given,
    sn: family,
    displayName: name,
    title: job.title,
    department: job.department,
    company: forest.company,
    ...officeOf(city),
    telephoneNumber: `${city.phone} ${String(rid).padStart(4, '0')}`,
    employeeID: `${forest.company.slice(0, 1)}${10_000 + rid}`,
    manager: job.managerDn,
    sAMAccountName: account,
    userPrincipalName: mail,
    ...(options.withoutMail ? {} : mailbox),
    userAccountControl: enabledAccount,
    pwdLastSet: filetime(`2026-0${1 + (rid % 9)}-${10 + (rid % 18)}`),
    objectSid: sid,
    ...options.attributes,
  };
  return { ...job, dn, account, mail, sid, entry: entry('user', dn, attributes, options.comment) };
}

const officeOf = (city: City): Entry['attributes'] => ({
  streetAddress: city.street,
  postalCode: city.postalCode,
  l: city.name,
  st: city.state,
  co: city.country,
  c: city.code,
  countryCode: city.countryCode,
  preferredLanguage: city.language,
});

/** Kinds of groups by their groupType. */
export const groupTypes = { globalSecurity: -2147483646, universalSecurity: -2147483640, distribution: 8 } as const;

export interface GroupOptions {
  readonly type?: keyof typeof groupTypes;
  readonly description: string;
  readonly members: readonly string[];
  readonly managedBy?: string;
  /** Address; makes the group mail-enabled. */
  readonly mail?: string;
  readonly attributes?: Readonly<Record<string, EntryValue | undefined>>;
  readonly comment?: string;
}

export function makeGroup(forest: Forest, name: string, options: GroupOptions): Entry {
  const { mail } = options;
  const dn = `CN=${name},OU=Groups,${forest.base}`;
  return entry(
    'group',
    dn,
    {
      cn: name,
      displayName: name,
      description: options.description,
      sAMAccountName: name,
      groupType: groupTypes[options.type ?? 'globalSecurity'],
      mail,
      mailNickname: mail?.split('@')[0],
      proxyAddresses: mail === undefined ? undefined : [`SMTP:${mail}`],
      managedBy: options.managedBy,
      member: options.members,
      objectSid: sidOf(forest.sid, forest.nextRid()),
      ...options.attributes,
    },
    options.comment,
  );
}

export function makeContact(
  forest: Forest,
  name: string,
  company: string,
  mail: string,
  title: string,
  comment?: string,
): Entry {
  const [given = '', ...family] = name.split(' ');
  return entry(
    'contact',
    `CN=${name},OU=Contacts,${forest.base}`,
    {
      cn: name,
      givenName: given,
      sn: family.join(' '),
      displayName: `${name} (${company})`,
      title,
      company,
      mail,
      mailNickname: mail.replace('@', '.').replaceAll(/[^a-z.]/g, ''),
      proxyAddresses: [`SMTP:${mail}`],
      targetAddress: `SMTP:${mail}`,
    },
    comment,
  );
}

export interface ComputerOptions {
  readonly system?: readonly [name: string, version: string];
  /** Last day of the certificate with which the computer joined the cloud; null if it never did. */
  readonly certificateUntil?: string | null;
  readonly comment?: string;
}

export function makeComputer(forest: Forest, name: string, options: ComputerOptions = {}): Entry {
  const dn = `CN=${name},OU=Computers,${forest.base}`;
  const [system, version] = options.system ?? ['Windows 11 Enterprise', '10.0 (26100)'];
  const until = options.certificateUntil === undefined ? '2046-06-30' : options.certificateUntil;
  return entry(
    'computer',
    dn,
    {
      cn: name,
      displayName: `${name}$`,
      sAMAccountName: `${name}$`,
      dNSHostName: `${name.toLowerCase()}.${forest.base.replaceAll(/,?DC=/g, '.').slice(1)}`,
      operatingSystem: system,
      operatingSystemVersion: version,
      userAccountControl: 4096,
      objectSid: sidOf(forest.sid, forest.nextRid()),
      userCertificate:
        until === null
          ? undefined
          : [makeCertificate({ name: guidNameOf(dn), notBefore: '2024-01-02', notAfter: until })],
    },
    options.comment,
  );
}

/** The containers of a forest, outermost first. */
export function containers(forest: Forest, names: readonly string[]): Entry[] {
  const [label = ''] = forest.base.replace('DC=', '').split(',');
  return [
    entry('domainDNS', forest.base, { dc: label, objectSid: sidBytes(forest.sid)! }),
    ...names.map((name) => {
      const rdn = name.split(',')[0]!;
      const [type, value] = rdn.split('=') as [string, string];
      return type === 'OU'
        ? entry('organizationalUnit', `${name},${forest.base}`, { ou: value })
        : entry('container', `${name},${forest.base}`, { cn: value });
    }),
  ];
}
