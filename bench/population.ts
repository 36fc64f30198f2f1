/** A company of any size, made from a seed: the same number gives the same people, groups and memberships. */
import { guidBytes } from '../src/model/guid.ts';
import { sidBytes } from '../src/model/sid.ts';
import { type AttributeValue, binary } from '../src/model/value.ts';

/** Small, fast, seeded random numbers (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const given =
  'Ana Ben Clara David Elif Farid Greta Hugo Ines Jonas Karim Lena Marco Nina Omar Paula Quentin Rosa Samir Tara Umut Vera Wanda Xenia Yara Zoe'.split(
    ' ',
  );
const family =
  'Albrecht Brandt Costa Dietrich Endo Fischer Garcia Hansen Ivanova Jansen Koch Larsen Moreau Novak Okafor Petrov Quispe Rossi Schmidt Tanaka Ueda Vogel Weber Xu Yilmaz Zimmermann'.split(
    ' ',
  );
const departments = 'Sales Engineering Finance People Legal Support Research Logistics'.split(' ');
const cities = ['Berlin', 'Lisbon', 'Oslo', 'Porto', 'Vienna', 'Zurich'];

export interface Person {
  readonly anchor: string;
  readonly dn: string;
  readonly attributes: Record<string, AttributeValue>;
  readonly manager?: string;
}
export interface Group {
  readonly anchor: string;
  readonly dn: string;
  readonly attributes: Record<string, AttributeValue>;
  readonly members: readonly string[];
}
export const baseDn = 'DC=corp,DC=contoso,DC=com';
const domainSid = 'S-1-5-21-1004336348-1177238915-682003330';

const guid = (kind: number, i: number): string =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${i.toString(16).padStart(12, '0')}`;

export const personAnchor = (i: number): string => guid(1, i);

export function person(i: number, count: number): Person {
  const random = seeded(i + 1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const [first, last, department, city] = [pick(given), pick(family), pick(departments), pick(cities)];
  const sam = `${first.slice(0, 3)}${last.slice(0, 3)}${i}`.toLowerCase();
  const mail = `${first}.${last}${i}@contoso.com`.toLowerCase();
  const name = `${first} ${last} ${i}`;
  const manager = i > 0 && random() < 0.9 ? personAnchor(Math.floor(i / 8)) : undefined;
  return {
    anchor: personAnchor(i),
    dn: `CN=${name},OU=${department},OU=People,${baseDn}`,
    ...(manager && i < count ? { manager } : {}),
    attributes: {
      objectGUID: binary(guidBytes(personAnchor(i))!),
      objectSid: binary(sidBytes(`${domainSid}-${1000 + i}`)!),
      sAMAccountName: sam,
      userPrincipalName: mail,
      mail,
      cn: name,
      displayName: name,
      givenName: first,
      sn: last,
      department,
      company: 'Contoso',
      title: `${pick(['Senior ', '', 'Lead '])}${department} Specialist`,
      l: city,
      co: 'Germany',
      c: 'DE',
      countryCode: 276,
      telephoneNumber: `+49 30 ${100000 + i}`,
      mobile: `+49 170 ${1000000 + i}`,
      streetAddress: `Street ${i % 500}`,
      postalCode: `${10000 + (i % 9000)}`,
      physicalDeliveryOfficeName: `B${i % 40}`,
      mailNickname: sam,
      proxyAddresses: [`SMTP:${mail}`, `smtp:${sam}@contoso.com`].sort(),
      employeeID: String(100000 + i),
      userAccountControl: random() < 0.05 ? 514 : 512,
      pwdLastSet: { int: String(133_000_000_000_000_000n + BigInt(i) * 600_000_000n) },
      extensionAttribute1: `cost-${i % 200}`,
    },
  };
}

export function group(i: number, people: number, size: number): Group {
  const random = seeded(i + 1_000_003);
  const members = new Set<string>();
  for (let n = 0; n < size; n++) members.add(personAnchor(Math.floor(random() * people)));
  const name = `Group ${i}`;
  return {
    anchor: guid(2, i),
    dn: `CN=${name},OU=Groups,${baseDn}`,
    attributes: {
      objectGUID: binary(guidBytes(guid(2, i))!),
      objectSid: binary(sidBytes(`${domainSid}-${2_000_000 + i}`)!),
      sAMAccountName: `group${i}`,
      cn: name,
      displayName: name,
      description: [`All of ${name}`],
      groupType: -2147483646,
    },
    members: [...members],
  };
}
