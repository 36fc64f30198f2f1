/** What a domain controller says of itself (active-directory s.1.2). */
import { attributeOf, text, texts } from '../../ldap/text.ts';
import type { LdapConnection, LdapEntry } from '../../ldap/types.ts';
import { dnKey } from '../../model/dn.ts';
import { generalizedTimeToMs } from '../../model/filetime.ts';
import { guidText } from '../../model/guid.ts';
import { sidText } from '../../model/sid.ts';

export interface RootDse {
  readonly defaultNamingContext: string;
  readonly rootDomainNamingContext: string;
  readonly configurationNamingContext: string;
  readonly schemaNamingContext: string;
  readonly namingContexts: readonly string[];
  readonly dnsHostName: string;
  readonly dsServiceName: string;
  readonly highestCommittedUsn: bigint;
  readonly isSynchronized: boolean;
  readonly isReadOnly: boolean;
  readonly isActiveDirectory: boolean;
  /** Milliseconds since 1970; undefined if the server does not say. */
  readonly currentTimeMs: number | undefined;
  /** Empty for Windows. */
  readonly vendor: string;
}

const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';
const READ_ONLY = '1.2.840.113556.1.4.1920';
const ATTRIBUTES = [
  'defaultNamingContext',
  'rootDomainNamingContext',
  'configurationNamingContext',
  'schemaNamingContext',
  'namingContexts',
  'dnsHostName',
  'dsServiceName',
  'highestCommittedUSN',
  'isSynchronized',
  'supportedCapabilities',
  'currentTime',
  'vendorName',
];
const anything = { present: 'objectClass' } as const;

async function readBase(connection: LdapConnection, attributes: readonly string[]): Promise<LdapEntry> {
  const [entry] = await connection.searchAll({ base: '', scope: 'base', filter: anything, attributes });
  return entry ?? { dn: '', attributes: [] };
}

export async function readRootDse(connection: LdapConnection): Promise<RootDse> {
  const entry = await readBase(connection, ATTRIBUTES);
  const one = (name: string): string => text(entry, name) ?? '';
  const capabilities = texts(entry, 'supportedCapabilities');
  return {
    defaultNamingContext: one('defaultNamingContext'),
    rootDomainNamingContext: one('rootDomainNamingContext'),
    configurationNamingContext: one('configurationNamingContext'),
    schemaNamingContext: one('schemaNamingContext'),
    namingContexts: texts(entry, 'namingContexts'),
    dnsHostName: one('dnsHostName'),
    dsServiceName: one('dsServiceName'),
    highestCommittedUsn: usnOf(entry),
    isSynchronized: one('isSynchronized').toUpperCase() !== 'FALSE',
    isReadOnly: capabilities.includes(READ_ONLY),
    isActiveDirectory: capabilities.includes(ACTIVE_DIRECTORY),
    currentTimeMs: generalizedTimeToMs(one('currentTime')),
    vendor: one('vendorName'),
  };
}

/** Number of the last change this server committed, of any object. */
export async function readHighestUsn(connection: LdapConnection): Promise<bigint> {
  return usnOf(await readBase(connection, ['highestCommittedUSN']));
}

/** The security identifiers of whoever is signed in, its groups and the well-known ones it counts as. */
export async function readOwnSids(connection: LdapConnection): Promise<string[]> {
  const entry = await readBase(connection, ['tokenGroups']);
  return attributeOf(entry, 'tokenGroups')?.values.map((sid) => sidText(sid)) ?? [];
}

/** Identity of the server's copy of the database, which changes when it is restored from a backup; empty if unreadable. */
export async function readInvocationId(connection: LdapConnection, dsServiceName: string): Promise<string> {
  if (dsServiceName === '') return '';
  const [entry] = await connection.searchAll({
    base: dsServiceName,
    scope: 'base',
    filter: anything,
    attributes: ['invocationId'],
  });
  const value = entry && attributeOf(entry, 'invocationId')?.values[0];
  return value?.length === 16 ? guidText(value) : '';
}

/** The naming context of the server with this DN, as the server writes it. */
export function namingContext(rootDse: RootDse, dn: string): string | undefined {
  const key = dnKey(dn);
  return rootDse.namingContexts.find((nc) => dnKey(nc) === key);
}

function usnOf(entry: LdapEntry): bigint {
  const value = text(entry, 'highestCommittedUSN') ?? '';
  return /^\d{1,19}$/.test(value) ? BigInt(value) : 0n;
}
