/** Entries of the sample directories, and how they are written: for people who edit them by hand. */
import { createHash } from 'node:crypto';
import { guidText } from '../../src/model/guid.ts';
import { sidBytes } from '../../src/model/sid.ts';

export type EntryValue = string | number | boolean | Buffer | readonly (string | Buffer)[];

export interface Entry {
  readonly dn: string;
  readonly classes: readonly string[];
  /** In the order in which they are written. Undefined and empty values are left out. */
  readonly attributes: Readonly<Record<string, EntryValue | undefined>>;
  /** Lines above the entry. */
  readonly comment?: string;
}

/** The first 16 bytes of a hash of the text: the same name has the same GUID in every run. */
export const guidOf = (name: string): Buffer =>
  createHash('sha256').update(`contoso sample object ${name}`).digest().subarray(0, 16);
export const guidNameOf = (name: string): string => guidText(guidOf(name));

export const sidOf = (domain: string, rid: number): Buffer => sidBytes(`${domain}-${rid}`)!;

/** 100 ns since 1601 of a day in UTC. */
export const filetime = (day: string): string =>
  String((BigInt(Date.parse(`${day}T08:00:00Z`)) + 11644473600000n) * 10000n);

const classes: Readonly<Record<string, readonly string[]>> = {
  user: ['top', 'person', 'organizationalPerson', 'user'],
  contact: ['top', 'person', 'organizationalPerson', 'contact'],
  computer: ['top', 'person', 'organizationalPerson', 'user', 'computer'],
  group: ['top', 'group'],
  organizationalUnit: ['top', 'organizationalUnit'],
  container: ['top', 'container'],
  domainDNS: ['top', 'domain', 'domainDNS'],
  foreignSecurityPrincipal: ['top', 'foreignSecurityPrincipal'],
};

export const entry = (type: string, dn: string, attributes: Entry['attributes'], comment?: string): Entry => ({
  dn,
  classes: classes[type]!,
  attributes: { ...attributes, objectGUID: guidOf(dn) },
  ...(comment === undefined ? {} : { comment }),
});

/** The entry as LDIF. Text stays readable: UTF-8 as it is, which Causeway takes although RFC 2849 wants base64 for it. */
export function writeEntry({ dn, classes, attributes, comment }: Entry): string {
  const lines = (comment ?? '')
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => `# ${l}`);
  lines.push(...line('dn', dn), ...classes.flatMap((c) => line('objectClass', c)));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === '') continue;
    const values = Array.isArray(value) ? (value as readonly (string | Buffer)[]) : [value as string | Buffer];
    for (const one of values) lines.push(...line(name, one));
  }
  return `${lines.join('\n')}\n`;
}

function line(name: string, value: string | number | boolean | Buffer): string[] {
  if (typeof value === 'boolean') return [`${name}: ${value ? 'TRUE' : 'FALSE'}`];
  if (Buffer.isBuffer(value)) return folded(`${name}:: ${value.toString('base64')}`);
  const text = String(value);
  // What an editor would not show, or would change on saving, is written in base64.
  const isPlain = !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', '')) && !/^[ :<]| $/.test(text);
  return isPlain ? [`${name}: ${text}`] : folded(`${name}:: ${Buffer.from(text).toString('base64')}`);
}

/** Long base64 in several lines; text never, because folded text is hard to edit. */
function folded(text: string): string[] {
  const parts = [text.slice(0, 100)];
  for (let at = 100; at < text.length; at += 99) parts.push(` ${text.slice(at, at + 99)}`);
  return parts;
}
