/** The naming contexts an import covers, and what the forest says of them. */

import { LdapError } from '../../ldap/errors.ts';
import { attributeOf, text } from '../../ldap/text.ts';
import type { LdapConnection, LdapEntry } from '../../ldap/types.ts';
import { dnKey, parseDn } from '../../model/dn.ts';
import { guidText } from '../../model/guid.ts';
import { permissionError } from './errors.ts';
import type { DomainController } from './locator.ts';
import { namingContext } from './root-dse.ts';

export interface AdPartition {
  /** As configured. */
  readonly name: string;
  /** DN as the server writes it. */
  readonly base: string;
  readonly guid: string;
  /** `Domain.FQDN` and its like (sync-engine s.3.4). */
  readonly parameters: Readonly<Record<string, string>>;
  readonly tombstoneLifetimeDays: number;
}

const anything = { present: 'objectClass' } as const;
/** What an absent tombstoneLifetime means (MS-ADTS s.6.1.1.2.4.1.1). */
const DEFAULT_TOMBSTONE_DAYS = 60;

/** DNS name of a domain from its DN: `DC=corp,DC=contoso,DC=com` is corp.contoso.com; undefined for other contexts. */
export function domainOfDn(dn: string): string | undefined {
  const parts = parseDn(dn);
  if (!parts || parts.length === 0 || parts.some((p) => p.type.toLowerCase() !== 'dc')) return undefined;
  return parts.map((p) => p.value).join('.');
}

/** Reads what has to be known of a partition. Throws a ConnectorError if the account may not read its root. */
export async function readPartition(dc: DomainController, name: string): Promise<AdPartition> {
  const { connection, rootDse } = dc;
  const base = namingContext(rootDse, name) ?? name;
  const root = await readEntry(connection, base, ['objectGUID']);
  const guid = root && attributeOf(root, 'objectGUID')?.values[0];
  if (guid?.length !== 16) {
    throw permissionError(
      'start',
      `The account may not read "${base}" on ${dc.url}.`,
      `Give it the right to read: dsacls "${base}" /I:T /G "<account>:GR".`,
    );
  }
  return {
    name,
    base,
    guid: guidText(guid),
    parameters: await readParameters(dc, base),
    tombstoneLifetimeDays: await readTombstoneLifetime(dc),
  };
}

/** The entry; undefined if it is not there or may not be read. */
async function readEntry(
  connection: LdapConnection,
  base: string,
  attributes: readonly string[],
): Promise<LdapEntry | undefined> {
  try {
    return (await connection.searchAll({ base, scope: 'base', filter: anything, attributes }))[0];
  } catch (error) {
    if (error instanceof LdapError && (error.code === 32 || error.code === 50)) return undefined;
    throw error;
  }
}

/** NetBIOS and DNS names are in the cross-references of the forest. */
async function readParameters(dc: DomainController, base: string): Promise<Record<string, string>> {
  const { rootDse } = dc;
  const found = await dc.connection.searchAll({
    base: `CN=Partitions,${rootDse.configurationNamingContext}`,
    scope: 'one',
    filter: { equal: ['objectClass', 'crossRef'] },
    attributes: ['nCName', 'nETBIOSName', 'dnsRoot'],
  });
  const crossReference = (dn: string): LdapEntry | undefined => {
    const key = dnKey(dn);
    return found.find((entry) => dnKey(text(entry, 'nCName') ?? '') === key);
  };
  const names = (prefix: string, dn: string): Record<string, string> => {
    const entry = crossReference(dn);
    const fqdn = (entry && text(entry, 'dnsRoot')) ?? domainOfDn(dn) ?? '';
    const netbios = (entry && text(entry, 'nETBIOSName')) ?? '';
    return { [`${prefix}.Netbios`]: netbios, [`${prefix}.FQDN`]: fqdn, [`${prefix}.LDAP`]: dn };
  };
  return { ...names('Domain', base), ...names('Forest', rootDse.rootDomainNamingContext) };
}

async function readTombstoneLifetime(dc: DomainController): Promise<number> {
  const base = `CN=Directory Service,CN=Windows NT,CN=Services,${dc.rootDse.configurationNamingContext}`;
  const entry = await readEntry(dc.connection, base, ['tombstoneLifetime']);
  const days = Number((entry && text(entry, 'tombstoneLifetime')) ?? Number.NaN);
  // Values below 2 days are not honoured by a domain controller either.
  return Number.isInteger(days) && days >= 2 ? days : DEFAULT_TOMBSTONE_DAYS;
}
