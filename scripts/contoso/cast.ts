/**
 * The people, groups and computers of the sample organization with a story: each carries one of the mistakes that
 * administrators really meet (the casebook), told in `examples/contoso/README.md`.
 */
import { makeCertificate } from './certificate.ts';
import { type Entry, entry, guidOf, sidOf } from './entry.ts';
import { disabledAccount, type Forest, type Job, makePerson, type Person, type PersonOptions } from './forest.ts';
import { cities } from './organization.ts';

export interface Heads {
  /** DN of the head of a department. */
  of(department: string): string;
}

const former = 'OU=Former Staff';

/** People of the account forest with a story, in the order of the file. */
export function corpCast(corp: Forest, heads: Heads): Person[] {
  const cast = (
    given: string,
    family: string,
    job: Partial<Job> & Pick<Job, 'title' | 'department'>,
    options?: PersonOptions,
  ) => makePerson(corp, { given, family, city: cities.berlin, managerDn: heads.of(job.department), ...job }, options);
  return [
    cast('Ben', 'Carter', { title: 'Account Manager', department: 'Sales', city: cities.toronto }),
    cast(
      'Bettina',
      'Krüger',
      { title: 'Account Manager', department: 'Sales' },
      {
        comment: "duplicate-proxy-address: looked after Ben's customers while he was away, and kept his address.",
        attributes: {
          proxyAddresses: [
            'SMTP:bettina.krueger@contoso.com',
            'smtp:bkrueger@contoso.com',
            'smtp:ben.carter@contoso.com',
          ],
        },
      },
    ),
    cast(
      'Tomás',
      'Novák',
      { title: 'Customs Specialist', department: 'Logistics', managerDn: undefined },
      {
        comment:
          'stale-proxy-address: the account from before he moved to Fabrikam. It is disabled but kept his address.',
        container: former,
        attributes: { userAccountControl: disabledAccount, userPrincipalName: 'tomas.novak.old@contoso.com' },
      },
    ),
    cast(
      'Marco',
      'Rossi',
      { title: 'Sales Engineer', department: 'Sales', city: cities.lisbon },
      {
        comment: 'duplicate-upn: another Marco Rossi works for Fabrikam (resource.ldif) and has the same sign-in name.',
      },
    ),
    cast(
      'Priya',
      'Raman',
      { title: 'Market Analyst', department: 'Marketing', city: cities.singapore },
      { comment: 'cloud-only-owner: her cloud account is older than this one. It is taken over (soft match).' },
    ),
    cast(
      'Lars',
      'Nygård',
      { title: 'Supply Planner', department: 'Logistics' },
      { comment: 'invalid-soft-match: his cloud account is tied to the anchor of another directory.' },
    ),
    cast(
      'Olga',
      'Petrova',
      { title: 'Site Reliability Engineer', department: 'Engineering' },
      {
        comment: 'existing-admin-role-conflict: her cloud account is a Global Administrator, so it is not taken over.',
      },
    ),
    cast(
      'Nadia',
      'Karim',
      { title: 'Payroll Specialist', department: 'Finance', city: cities.nairobi },
      { comment: 'anchor-changed-recreated: her account was deleted and made again; the cloud still has the old one.' },
    ),
    cast(
      'Events',
      'Desk',
      { title: 'Shared mailbox', department: 'Marketing' },
      {
        comment: 'object-type-mismatch: a mail-enabled group of the cloud has this address.',
        attributes: {
          mail: 'events@contoso.com',
          userPrincipalName: 'events@contoso.com',
          mailNickname: 'events',
          proxyAddresses: ['SMTP:events@contoso.com'],
          userAccountControl: disabledAccount,
        },
      },
    ),
    cast(
      'Siân',
      'Okonkwo',
      { title: 'Learning Specialist', department: 'People' },
      {
        comment: 'invalid-upn: a space in the sign-in name.',
        attributes: { userPrincipalName: 'sian okonkwo@contoso.com' },
      },
    ),
    cast(
      'Jürgen',
      'Weiß',
      { title: 'Accountant', department: 'Finance' },
      { comment: 'invalid-mail: an address with ß.', attributes: { mail: 'juergen.weiß@contoso.com' } },
    ),
    cast(
      'Yuki',
      'Tanaka',
      { title: 'UX Researcher', department: 'Design', city: cities.singapore },
      {
        comment: 'invalid-proxy-address: between "yuki" and "@" of the second address is a zero width space.',
        attributes: { proxyAddresses: ['SMTP:yuki.tanaka@contoso.com', 'smtp:yuki\u200b@contoso.com'] },
      },
    ),
    cast(
      'Hanna',
      'Lindqvist',
      { title: 'Event Manager', department: 'Marketing' },
      {
        comment: 'value-too-long: a department of more than 64 characters.',
        attributes: { department: 'Marketing, Communications, Sponsoring and Events for the Nordic Countries' },
      },
    ),
    cast(
      'Farid',
      'Haddad',
      { title: 'Financial Analyst', department: 'Finance' },
      {
        comment: 'too-many-certificates: 17 of them, 12 have expired.',
        attributes: { userCertificate: certificatesOf('Farid Haddad') },
      },
    ),
    cast(
      'Keiko',
      'Mori',
      { title: 'Illustrator', department: 'Design', city: cities.singapore },
      { attributes: { 'mS-DS-ConsistencyGuid': guidOf('anchor of Keiko Mori') } },
    ),
    cast(
      'Keiko',
      'Mori-Admin',
      { title: 'Administrator account', department: 'Design', city: cities.singapore },
      {
        comment: "duplicate-source-anchor: made by copying Keiko Mori's account, mS-DS-ConsistencyGuid included.",
        withoutMail: true,
        attributes: { 'mS-DS-ConsistencyGuid': guidOf('anchor of Keiko Mori') },
      },
    ),
    cast('Lena', 'Vogel', { title: 'Support Engineer', department: 'Support' }),
    cast(
      'Lena',
      'Vogel',
      { title: 'Support Engineer', department: 'Support' },
      {
        comment: 'conflict-object: made on two domain controllers at the same time; this is the loser.',
        cn: 'Lena Vogel\\0ACNF:3f2a6c1e-9b7d-4c58-a1f0-6d2e8b4c9a17',
        attributes: {
          cn: 'Lena Vogel\nCNF:3f2a6c1e-9b7d-4c58-a1f0-6d2e8b4c9a17',
          sAMAccountName: '$DUPLICATE-44d',
          userPrincipalName: undefined,
        },
      },
    ),
    cast(
      'Omar',
      'Saleh',
      {
        title: 'Support Engineer',
        department: 'Support',
        managerDn: `CN=Viktor Lang,OU=Support,OU=Staff,${corp.base}`,
      },
      { comment: 'unresolved-reference: the account of his former manager is gone from the file.' },
    ),
    cast('Chiara', 'Conti', { title: 'Recruiter', department: 'People', city: cities.lisbon }, { withoutMail: true }),
    cast(
      'Аnа',
      'Sоusа',
      { title: 'Product Designer', department: 'Design', city: cities.lisbon },
      {
        comment: 'invalid-characters: a, o are Cyrillic letters here. Somebody wants to be taken for Ana Sousa.',
        withoutMail: true,
        cn: 'Ana Sousa (2)',
        attributes: { sAMAccountName: 'asousa.ext', userPrincipalName: 'asousa.ext@contoso.com' },
      },
    ),
    cast(
      'Rehearsal',
      'Account',
      { title: 'Test account', department: 'Support' },
      {
        comment: 'filtered-by-rule: adminDescription begins with "User_", so it stays out of the cloud.',
        attributes: { adminDescription: 'User_do-not-synchronize' },
      },
    ),
    ...['Bola Adeyemi', 'Dušan Petrović', 'Ella Virtanen', 'Ravi Nair', 'Mateja Horvat'].map((name, i) => {
      const [given, family] = name.split(' ') as [string, string];
      const suffix = { comment: 'unroutable-upn-suffix: contoso.local is no domain of the tenant.' };
      const person = cast(
        given,
        family,
        { title: 'Warehouse Operator', department: 'Logistics' },
        i === 0 ? suffix : {},
      );
      const upn = person.mail.replace('@contoso.com', '@contoso.local');
      return {
        ...person,
        entry: { ...person.entry, attributes: { ...person.entry.attributes, userPrincipalName: upn } },
      };
    }),
    cast(
      'Ingrid',
      'Dahl',
      { title: 'Test Engineer', department: 'Engineering' },
      {
        comment: 'duplicate-person: she has an account of her own at Fabrikam, too; only the employeeID tells.',
        attributes: { employeeID: 'X70021' },
      },
    ),
  ];
}

const certificatesOf = (name: string): Buffer[] =>
  Array.from({ length: 17 }, (_, i) =>
    makeCertificate({
      name,
      notBefore: `${2010 + i}-02-01`,
      notAfter: i < 12 ? `${2012 + i}-02-01` : '2041-02-01',
      serial: i + 1,
    }),
  );

/** People of the resource forest with a story. `chiara` has her account in the other forest. */
export function resourceCast(resource: Forest, heads: Heads, chiara: Person): Person[] {
  const cast = (
    given: string,
    family: string,
    job: Partial<Job> & Pick<Job, 'title' | 'department'>,
    options?: PersonOptions,
  ) =>
    makePerson(
      resource,
      { given, family, city: cities.gothenburg, managerDn: heads.of(job.department), ...job },
      options,
    );
  const mailboxOf = (alias: string, sid: Buffer, extra: PersonOptions = {}): PersonOptions => ({
    ...extra,
    container: 'OU=Linked Mailboxes',
    attributes: {
      mail: `${alias}@contoso.com`,
      mailNickname: alias.replace('.', ''),
      proxyAddresses: [`SMTP:${alias}@contoso.com`],
      ...linked(sid),
    },
  });
  return [
    cast(
      'Tomás',
      'Novák',
      { title: 'Customs Specialist', department: 'Workshop' },
      {
        comment: 'stale-proxy-address: wants the address that his disabled account in corp.ldif still has.',
        attributes: {
          mail: 'tomas.novak@contoso.com',
          userPrincipalName: 'tomas.novak@contoso.com',
          proxyAddresses: ['SMTP:tomas.novak@contoso.com', 'smtp:tomas.novak@fabrikam.com'],
        },
      },
    ),
    cast(
      'Marco',
      'Rossi',
      { title: 'Fitter', department: 'Workshop' },
      {
        comment: 'duplicate-upn: the sign-in name belongs to the other Marco Rossi (corp.ldif).',
        attributes: { userPrincipalName: 'marco.rossi@contoso.com' },
      },
    ),
    cast(
      'Ingrid',
      'Dahl',
      { title: 'Test Engineer', department: 'Workshop' },
      {
        comment: 'duplicate-person: her second account; see corp.ldif.',
        attributes: { employeeID: 'X70021' },
      },
    ),
    cast(
      'Chiara',
      'Conti',
      { title: 'Recruiter', department: 'Office', managerDn: undefined },
      mailboxOf('chiara.conti', chiara.sid),
    ),
    cast(
      'Chiara',
      'Conti',
      { title: 'Recruiter', department: 'Office', managerDn: undefined },
      mailboxOf('chiara.conti2', chiara.sid, {
        cn: 'Chiara Conti (new mailbox)',
        comment: 'ambiguous-join: a second mailbox linked to the same account.',
      }),
    ),
    cast(
      'Front',
      'Desk',
      { title: 'Shared mailbox', department: 'Office', managerDn: undefined },
      mailboxOf('front.desk', sidOf('S-1-5-21-3623811015-3361044348-30300820', 1013), {
        comment: 'linked-mailbox-without-account: its account was in a forest that is gone.',
      }),
    ),
  ];
}

/** What makes an object the mailbox of an account in another forest (sync-engine s.4.4). */
export const linked = (sid: Buffer): Entry['attributes'] => ({
  userPrincipalName: undefined,
  userAccountControl: disabledAccount,
  msExchRecipientTypeDetails: 2,
  msExchRecipientDisplayType: 1073741824,
  msExchMasterAccountSid: sid,
});

const services = ['backup', 'causeway', 'monitoring', 'print', 'scanner', 'telephony'] as const;

/** Accounts of programs. Their organizational unit is left out in causeway.yaml. */
export const serviceAccounts = (corp: Forest): Entry[] =>
  services.map((name) =>
    entry('user', `CN=svc-${name},OU=Service Accounts,${corp.base}`, {
      cn: `svc-${name}`,
      displayName: `Service ${name}`,
      sAMAccountName: `svc-${name}`,
      userPrincipalName: `svc-${name}@corp.contoso.com`,
      userAccountControl: 66048,
      objectSid: sidOf(corp.sid, corp.nextRid()),
    }),
  );
