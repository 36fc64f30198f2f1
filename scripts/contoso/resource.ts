/** The second forest of the sample organization, resource.fabrikam.com: a company that Contoso bought, with its Exchange. */

import { sidText } from '../../src/model/sid.ts';
import { linked as linkedTo, resourceCast } from './cast.ts';
import type { Corp } from './corp.ts';
import { sharedPartners } from './corp.ts';
import { type Entry, entry } from './entry.ts';
import { containers, type Forest, makeComputer, makeContact, makeGroup, makePerson, type Person } from './forest.ts';
import { cities } from './organization.ts';

type Pairs = Iterator<{ readonly given: string; readonly family: string }>;

const jobs: Readonly<Record<string, readonly string[]>> = {
  Workshop: ['Workshop Manager', 'Fitter', 'Machinist', 'Quality Inspector', 'Toolmaker'],
  Office: ['Office Manager', 'Order Clerk', 'Bookkeeper', 'Planner'],
};

export function makeResource(resource: Forest, pairs: Pairs, corp: Corp): readonly Entry[] {
  const next = () => pairs.next().value as { readonly given: string; readonly family: string };
  const own: Person[] = [];
  const heads = new Map<string, Person>();
  for (const [department, [head, ...titles]] of Object.entries(jobs)) {
    const boss = makePerson(resource, { ...next(), title: head!, department, city: cities.gothenburg });
    heads.set(department, boss);
    own.push(boss);
    for (let i = 0; i < (department === 'Workshop' ? 30 : 14); i++) {
      const city = i % 3 === 2 ? cities.osaka : cities.gothenburg;
      own.push(
        makePerson(resource, { ...next(), title: titles[i % titles.length]!, department, city, managerDn: boss.dn }),
      );
    }
  }
  const chiara = corp.people.find((p) => p.given === 'Chiara' && p.family === 'Conti')!;
  const cast = resourceCast(resource, { of: (department) => heads.get(department)!.dn }, chiara);
  const mailboxes = corp.linked.map((account, i) => mailboxOf(resource, account, i));
  const foreign = corp.people.slice(1, 4).map((person) => {
    const sid = sidText(person.sid);
    return entry('foreignSecurityPrincipal', `CN=${sid},CN=ForeignSecurityPrincipals,${resource.base}`, {
      cn: sid,
      objectSid: person.sid,
    });
  });
  return [
    ...containers(resource, [
      ...['OU=Staff', 'OU=Workshop,OU=Staff', 'OU=Office,OU=Staff', 'OU=Linked Mailboxes', 'OU=Groups'],
      ...['OU=Contacts', 'OU=Computers', 'CN=ForeignSecurityPrincipals'],
    ]),
    ...own.map((p) => p.entry),
    ...cast.map((p) => p.entry),
    ...mailboxes,
    ...foreign,
    ...groupsOf(resource, own, mailboxes, foreign),
    ...sharedPartners(resource),
    ...['Astrid Wallin', 'Kaori Shimizu', 'Pontus Ahlgren', 'Emil Sandberg'].map((name) =>
      makeContact(
        resource,
        name,
        'Litware Metal',
        `${name.toLowerCase().replace(' ', '.')}@litwaremetal.com`,
        'Supplier',
      ),
    ),
    ...Array.from({ length: 8 }, (_, i) => makeComputer(resource, `FAB-WS-${i + 1}`)),
  ];
}

/** The mailbox of somebody whose account is in the other forest. It shows a nicer telephone number than the account. */
function mailboxOf(resource: Forest, account: Person, index: number): Entry {
  return makePerson(
    resource,
    { ...account, managerDn: undefined },
    {
      container: 'OU=Linked Mailboxes',
      ...(index === 0
        ? {
            comment: 'Mailboxes of people whose account is in corp.ldif: joined by msExchMasterAccountSid = objectSid.',
          }
        : {}),
      attributes: {
        company: 'Contoso',
        mail: account.mail,
        proxyAddresses: [`SMTP:${account.mail}`, `smtp:${account.account}@fabrikam.com`],
        employeeID: undefined,
        pwdLastSet: undefined,
        ...linkedTo(account.sid),
      },
    },
  ).entry;
}

function groupsOf(
  resource: Forest,
  own: readonly Person[],
  mailboxes: readonly Entry[],
  foreign: readonly Entry[],
): Entry[] {
  const dn = (name: string) => `CN=${name},OU=Groups,${resource.base}`;
  const of = (department: string) => own.filter((p) => p.department === department).map((p) => p.dn);
  return [
    makeGroup(resource, 'Fabrikam Workshop', { description: 'The workshop', members: of('Workshop') }),
    makeGroup(resource, 'Fabrikam Office', { description: 'The office', members: of('Office') }),
    makeGroup(resource, 'Fabrikam Staff', {
      type: 'universalSecurity',
      description: 'Everybody at Fabrikam',
      mail: 'staff@fabrikam.com',
      members: [dn('Fabrikam Workshop'), dn('Fabrikam Office')],
    }),
    makeGroup(resource, 'Safety Officers', {
      description: 'One in every hall',
      members: of('Workshop').filter((_, i) => i % 9 === 4),
    }),
    makeGroup(resource, 'Integration Project', {
      type: 'universalSecurity',
      description: 'Brings the two companies together',
      mail: 'integration@fabrikam.com',
      members: [...foreign.map((f) => f.dn), ...own.slice(0, 3).map((p) => p.dn)],
      comment:
        'Its members from the other forest are foreign security principals: they stand for the accounts with their SIDs.',
    }),
    makeGroup(resource, 'Mailbox Tenants', {
      type: 'distribution',
      description: 'Contoso people with a mailbox at Fabrikam',
      mail: 'tenants@fabrikam.com',
      members: mailboxes.slice(0, 12).map((m) => m.dn),
    }),
  ];
}
