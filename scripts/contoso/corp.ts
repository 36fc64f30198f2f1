/** The account forest of the sample organization, corp.contoso.com. */
import { corpCast, serviceAccounts } from './cast.ts';
import type { Entry } from './entry.ts';
import { containers, type Forest, makeComputer, makeContact, makeGroup, makePerson, type Person } from './forest.ts';
import { cities, departments } from './organization.ts';

type Pairs = Iterator<{ readonly given: string; readonly family: string }>;

export interface Corp {
  readonly entries: Readonly<
    Record<'containers' | 'people' | 'services' | 'groups' | 'contacts' | 'computers', readonly Entry[]>
  >;
  readonly people: readonly Person[];
  /** People whose mailbox is in the resource forest. */
  readonly linked: readonly Person[];
}

const offices = [cities.berlin, cities.lisbon, cities.toronto, cities.nairobi, cities.singapore];

export function makeCorp(corp: Forest, pairs: Pairs): Corp {
  const next = () => pairs.next().value as { readonly given: string; readonly family: string };
  const chief = makePerson(corp, {
    given: 'Amara',
    family: 'Okafor',
    title: 'Chief Executive',
    department: 'Executive',
    city: cities.berlin,
  });
  const people: Person[] = [chief];
  const heads = new Map<string, Person>();
  const leads = new Map<string, Person[]>();
  let office = 0;
  const hire = (title: string, department: string, managerDn: string, withoutMail = false): Person => {
    const person = makePerson(
      corp,
      { ...next(), title, department, city: offices[office++ % offices.length]!, managerDn },
      { withoutMail },
    );
    people.push(person);
    return person;
  };
  for (const [department, [head, lead]] of Object.entries(departments)) {
    const boss = hire(head, department, chief.dn);
    heads.set(department, boss);
    leads.set(department, [hire(lead, department, boss.dn), hire(lead, department, boss.dn)]);
  }
  const ana = makePerson(
    corp,
    {
      given: 'Ana',
      family: 'Sousa',
      title: 'Product Designer',
      department: 'Design',
      city: cities.lisbon,
      managerDn: heads.get('Design')!.dn,
    },
    { comment: "try: change Ana's title or department, save, and look at her in the cloud two seconds later." },
  );
  people.unshift(ana);
  const linked: Person[] = [];
  for (let i = 0; i < 22; i++) {
    for (const [department, [, , ...titles]] of Object.entries(departments)) {
      const boss = leads.get(department)![i % 2]!;
      // The newest five of every department were given their mailbox by Fabrikam.
      const person = hire(titles[i % titles.length]!, department, boss.dn, i >= 17);
      if (i >= 17) linked.push(person);
    }
  }
  const cast = corpCast(corp, { of: (department) => heads.get(department)!.dn });
  const everybody = [...people, ...cast];
  return {
    people: everybody,
    linked,
    entries: {
      containers: containers(corp, [
        'OU=Staff',
        'OU=Executive,OU=Staff',
        ...Object.keys(departments).map((d) => `OU=${d},OU=Staff`),
        ...['OU=Former Staff', 'OU=Service Accounts', 'OU=Groups', 'OU=Contacts', 'OU=Computers'],
      ]),
      people: everybody.map((p) => p.entry),
      services: serviceAccounts(corp),
      groups: groupsOf(corp, everybody, { ana, chief, heads, leads }),
      contacts: contactsOf(corp),
      computers: computersOf(corp),
    },
  };
}

interface Leaders {
  readonly ana: Person;
  readonly chief: Person;
  readonly heads: ReadonlyMap<string, Person>;
  readonly leads: ReadonlyMap<string, readonly Person[]>;
}

function groupsOf(corp: Forest, everybody: readonly Person[], { ana, chief, heads, leads }: Leaders): Entry[] {
  // Conflict objects and impostors are in no group.
  const staff = everybody.filter((p) => !/CNF:|\(2\)|Former Staff/.test(p.dn));
  const of = (test: (p: Person) => boolean) => staff.filter(test).map((p) => p.dn);
  const dn = (name: string) => `CN=${name},OU=Groups,${corp.base}`;
  const teams = Object.keys(departments).map((department) =>
    makeGroup(corp, `Team ${department}`, {
      description: `Everybody in ${department}`,
      managedBy: heads.get(department)!.dn,
      members: of((p) => p.department === department),
    }),
  );
  const officeGroups = offices.map((city) =>
    makeGroup(corp, `Office ${city.name}`, {
      description: `Everybody who works in ${city.name}`,
      members: of((p) => p.city === city),
    }),
  );
  const bosses = [...heads.values()].map((p) => p.dn);
  const seniors = [...leads.values()].flat().map((p) => p.dn);
  const some = (start: number, step: number) => staff.filter((_, i) => i % step === start).map((p) => p.dn);
  const club = (name: string, description: string, members: readonly string[], mail: string) =>
    makeGroup(corp, name, { type: 'distribution', description, members, mail });
  return [
    makeGroup(corp, 'Design Reviewers', {
      description: 'Look at every design before it leaves the house',
      members: [ana.dn, heads.get('Design')!.dn],
      comment: 'try: add a line "member: " with another person\'s DN, save, and see the membership in the cloud.',
    }),
    ...teams,
    ...officeGroups,
    makeGroup(corp, 'All Teams', {
      type: 'universalSecurity',
      description: 'All teams',
      members: [chief.dn, ...teams.map((t) => t.dn)],
    }),
    makeGroup(corp, 'All Offices', {
      type: 'universalSecurity',
      description: 'All offices',
      members: officeGroups.map((t) => t.dn),
    }),
    makeGroup(corp, 'Heads', { description: 'Heads of department', members: [chief.dn, ...bosses] }),
    makeGroup(corp, 'Leads', { description: 'Leads of teams', members: seniors }),
    makeGroup(corp, 'Management', {
      type: 'universalSecurity',
      description: 'Everybody with a team',
      members: [dn('Heads'), dn('Leads')],
    }),
    makeGroup(corp, 'VPN Users', { description: 'May work from anywhere', members: [dn('All Teams')] }),
    makeGroup(corp, 'Ledger Readers', {
      description: 'May read the books',
      members: [dn('Team Finance'), dn('Heads')],
    }),
    makeGroup(corp, 'Source Code', {
      description: 'May read the source code',
      members: [dn('Team Engineering'), dn('Team Support'), ana.dn],
    }),
    makeGroup(corp, 'Backup Operators Berlin', {
      description: 'Restore files for their colleagues',
      members: [dn('Team Support'), `CN=svc-backup,OU=Service Accounts,${corp.base}`],
      comment: 'unresolved-reference: a service account, which is not synchronized, is a member.',
    }),
    makeGroup(corp, 'Project Orion', { description: 'The project', members: [dn('Orion Reviewers'), ...some(3, 29)] }),
    makeGroup(corp, 'Orion Reviewers', {
      description: 'Contains the group that contains it',
      members: [dn('Project Orion'), ...some(5, 53)],
    }),
    club(
      'Press Office',
      'Answers journalists',
      of((p) => p.title === 'Copywriter'),
      'press@contoso.com',
    ),
    club('Company News', 'News for everybody', [dn('All Teams')], 'news@contoso.com'),
    club('Running Club', 'Runs on Thursdays', some(2, 17), 'running@contoso.com'),
    club('Choir', 'Sings on Tuesdays', some(7, 23), 'choir@contoso.com'),
    club('Book Circle', 'Reads on Sundays', some(11, 31), 'books@contoso.com'),
    club('Travel Desk', 'Books journeys', some(4, 61), 'travel@contoso.com'),
    makeGroup(corp, 'Badge Access Berlin', {
      description: 'Opens the doors in Berlin',
      members: [dn('Office Berlin'), dn('Heads')],
    }),
    makeGroup(corp, 'Mentors', { description: 'Help newcomers', members: [...seniors.slice(0, 6), ana.dn] }),
    makeGroup(corp, 'Chess Club', { description: 'Plays at lunch time', members: [] }),
  ].map((group) =>
    group.attributes.cn === 'Press Office'
      ? { ...group, comment: 'object-type-mismatch: a contact that was made in the cloud has this address.' }
      : group,
  );
}

const partners: readonly (readonly [name: string, company: string, domain: string, title: string])[] = [
  ['Mira Castellanos', 'Tailspin Toys', 'tailspintoys.com', 'Buyer'],
  ['Johannes Wik', 'Tailspin Toys', 'tailspintoys.com', 'Logistics Manager'],
  ['Pilar Montoya', 'Tailspin Toys', 'tailspintoys.com', 'Accountant'],
  ['Edith Amadi', 'Northwind Traders', 'northwindtraders.com', 'Purchasing Director'],
  ['Samuel Brandão', 'Northwind Traders', 'northwindtraders.com', 'Buyer'],
  ['Yara Haidar', 'Northwind Traders', 'northwindtraders.com', 'Warehouse Manager'],
  ['Ludovic Perrin', 'Wingtip Logistics', 'wingtiplogistics.com', 'Dispatcher'],
  ['Hana Novotná', 'Wingtip Logistics', 'wingtiplogistics.com', 'Key Account Manager'],
  ['Chidi Eze', 'Wingtip Logistics', 'wingtiplogistics.com', 'Customs Agent'],
  ['Rosalind Park', 'Lamna Advisors', 'lamnaadvisors.com', 'Auditor'],
  ['Teodor Ilić', 'Lamna Advisors', 'lamnaadvisors.com', 'Tax Adviser'],
  ['Noemi Farkas', 'Lamna Advisors', 'lamnaadvisors.com', 'Lawyer'],
  ['Adebayo Cole', 'Proseware Print', 'proseware.com', 'Print Manager'],
  ['Isla Fraser', 'Proseware Print', 'proseware.com', 'Typesetter'],
  ['Gustav Ek', 'Proseware Print', 'proseware.com', 'Sales'],
  ['Mei-Ling Tsai', 'Adatum Travel', 'adatumtravel.com', 'Travel Agent'],
  ['Bruno Keller', 'Adatum Travel', 'adatumtravel.com', 'Travel Agent'],
  ['Sunniva Moen', 'Adatum Travel', 'adatumtravel.com', 'Account Manager'],
];

const addressOf = (name: string, domain: string): string =>
  `${name.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replaceAll(' ', '.')}@${domain}`;

const contactsOf = (corp: Forest): Entry[] =>
  partners.map(([name, company, domain, title]) => makeContact(corp, name, company, addressOf(name, domain), title));

/** A partner whom both forests know: the same contact twice, joined by mail. */
export const sharedPartners = (resource: Forest): Entry[] =>
  partners
    .slice(6, 8)
    .map(([name, company, domain, title]) =>
      makeContact(
        resource,
        name,
        company,
        addressOf(name, domain),
        title,
        'Also in corp.ldif: joined by mail, so it is one contact in the cloud.',
      ),
    );

function computersOf(corp: Forest): Entry[] {
  const laptops = Array.from({ length: 18 }, (_, i) => makeComputer(corp, `CON-LT-${String(i + 1).padStart(3, '0')}`));
  return [
    ...laptops,
    makeComputer(corp, 'CON-LT-019', {
      certificateUntil: null,
      comment: 'Has not joined the cloud yet, so it has no certificate and stays out.',
    }),
    makeComputer(corp, 'CON-LT-020', { certificateUntil: null }),
    makeComputer(corp, 'CON-LT-021', {
      certificateUntil: '2025-03-31',
      comment: 'Its certificate has expired: it stays out of the cloud.',
    }),
    makeComputer(corp, 'CON-PC-007', {
      system: ['Windows 7 Professional', '6.1 (7601)'],
      comment: 'Windows before 10 registers in another way: it stays out.',
    }),
  ];
}
