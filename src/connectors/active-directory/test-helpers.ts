/** Entries, a small schema and a scripted domain controller, for tests of what Samba never does. */
import { dirSync, readDirSync } from '../../ldap/controls.ts';
import { LdapError, resultError } from '../../ldap/errors.ts';
import type {
  LdapAttribute,
  LdapConnection,
  LdapControl,
  LdapEntry,
  LdapResult,
  SearchRequest,
} from '../../ldap/types.ts';
import { guidBytes } from '../../model/guid.ts';
import type { DomainController } from './locator.ts';
import type { AdPartition } from './partitions.ts';
import type { RootDse } from './root-dse.ts';
import { type AdSchema, parseSchema } from './schema.ts';
import { makeSelection, type Selection } from './selection.ts';

/** `name` or `name;options` to values. */
export type Values = Readonly<Record<string, readonly (string | Buffer)[]>>;

export function entryOf(dn: string, values: Values): LdapEntry {
  const attributes = Object.entries(values).map(([key, list]): LdapAttribute => {
    const [name = '', ...options] = key.split(';');
    return { name, options: options.join(';'), values: list.map((v) => (typeof v === 'string' ? Buffer.from(v) : v)) };
  });
  return { dn, attributes };
}

/** A GUID that ends in this number. */
export const guid = (n: number): string => `00000000-0000-0000-0000-${n.toString(16).padStart(12, '0')}`;
export const guidValue = (n: number): Buffer => guidBytes(guid(n)) as Buffer;
export const base = 'DC=corp,DC=example,DC=com';
/** The extended name of an object below the base. */
export const extended = (n: number, cn: string): string => `<GUID=${guid(n)}>;CN=${cn},${base}`;

const attribute = (name: string, syntax: string, more: Values = {}): LdapEntry =>
  entryOf(`CN=${name}`, { lDAPDisplayName: [name], attributeSyntax: [syntax], isSingleValued: ['TRUE'], ...more });
const type = (name: string, superior: string, category = '1'): LdapEntry =>
  entryOf(`CN=${name}`, { lDAPDisplayName: [name], subClassOf: [superior], objectClassCategory: [category] });
const many = { isSingleValued: ['FALSE'] };

export const schemaEntries: readonly LdapEntry[] = [
  type('top', 'top', '2'),
  type('person', 'top', '0'),
  type('organizationalPerson', 'person', '0'),
  type('user', 'organizationalPerson'),
  type('inetOrgPerson', 'user'),
  type('computer', 'user'),
  type('msDS-GroupManagedServiceAccount', 'computer'),
  type('group', 'top'),
  type('organizationalUnit', 'top'),
  type('mailRecipient', 'top', '3'),
  attribute('objectGUID', '2.5.5.10', { systemFlags: ['19'] }),
  attribute('cn', '2.5.5.12'),
  attribute('ou', '2.5.5.12', many),
  attribute('mail', '2.5.5.12'),
  attribute('proxyAddresses', '2.5.5.12', many),
  attribute('userAccountControl', '2.5.5.9'),
  attribute('pwdLastSet', '2.5.5.16'),
  attribute('isCriticalSystemObject', '2.5.5.8'),
  attribute('objectSid', '2.5.5.17'),
  attribute('whenCreated', '2.5.5.11', { systemFlags: ['18'] }),
  attribute('member', '2.5.5.1', { ...many, linkID: ['2'] }),
  attribute('memberOf', '2.5.5.1', { ...many, linkID: ['3'] }),
  attribute('manager', '2.5.5.1', { linkID: ['42'] }),
  attribute('directReports', '2.5.5.1', { ...many, linkID: ['43'] }),
  attribute('seeAlso', '2.5.5.1', many),
  attribute('canonicalName', '2.5.5.12', { systemFlags: ['134217748'] }),
  attribute('lastLogon', '2.5.5.16', { systemFlags: ['17'] }),
  attribute('odd', '2.5.5.99'),
  attribute('gone', '2.5.5.12', { isDefunct: ['TRUE'] }),
  attribute('__proto__', '2.5.5.12'),
];
export const schema: AdSchema = parseSchema(schemaEntries);

export const selectionOf = (
  attributes: readonly string[] = [
    'cn',
    'ou',
    'mail',
    'proxyAddresses',
    'userAccountControl',
    'member',
    'manager',
    'seeAlso',
  ],
  objectTypes: readonly string[] = ['user', 'group', 'inetOrgPerson', 'computer'],
): Selection => makeSelection(schema, { attributes: new Set(attributes), objectTypes: new Set(objectTypes) });

export interface ScriptedAnswer {
  readonly entries?: readonly LdapEntry[];
  readonly code?: number;
  readonly message?: string;
  readonly controls?: readonly LdapControl[];
}
export interface ScriptedServer {
  readonly connection: LdapConnection;
  readonly requests: SearchRequest[];
}

/** A server that answers searches as the function says; everything else is refused. */
export function scriptedServer(answer: (request: SearchRequest) => ScriptedAnswer): ScriptedServer {
  const requests: SearchRequest[] = [];
  const search: LdapConnection['search'] = (request) => {
    requests.push(request);
    const { entries = [], code = 0, message = '', controls = [] } = answer(request);
    const result: LdapResult = { code, matchedDn: '', message, referrals: [], controls };
    const failure = code === 0 ? undefined : resultError('the search', 'ldap://scripted', result);
    const settled = failure ? Promise.reject(failure) : Promise.resolve(result);
    settled.catch(() => undefined);
    return {
      references: [],
      result: settled,
      async *[Symbol.asyncIterator]() {
        if (entries.length > 0) yield entries;
        if (failure) throw failure;
      },
    };
  };
  const refuse = async (): Promise<never> => {
    throw new LdapError('refused', 'The scripted server only searches.');
  };
  const connection: LdapConnection = {
    server: { host: 'scripted', port: 389 },
    closed: false,
    search,
    searchPaged: search,
    async searchAll(request) {
      const all: LdapEntry[] = [];
      for await (const batch of search(request)) all.push(...batch);
      return all;
    },
    modify: refuse,
    add: refuse,
    delete: refuse,
    rename: refuse,
    extended: refuse,
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { connection, requests };
}

/** The control of a DirSync reply: same form as that of the request. */
export const dirSyncReply = (more: boolean, cookie: string): LdapControl =>
  dirSync({ flags: more ? 1 : 0, maxBytes: 0, cookie: Buffer.from(cookie) });
/** The cookie a DirSync search was sent with; undefined for other searches. */
export const dirSyncCookie = (request: SearchRequest): string | undefined =>
  readDirSync(request.controls ?? [])?.cookie.toString();

export const rootDse: RootDse = {
  defaultNamingContext: base,
  rootDomainNamingContext: base,
  configurationNamingContext: `CN=Configuration,${base}`,
  schemaNamingContext: `CN=Schema,CN=Configuration,${base}`,
  namingContexts: [base],
  dnsHostName: 'dc1.corp.example.com',
  dsServiceName: 'CN=NTDS Settings,CN=DC1',
  highestCommittedUsn: 100n,
  isSynchronized: true,
  isReadOnly: false,
  isActiveDirectory: true,
  currentTimeMs: undefined,
  vendor: '',
};
export const partition: AdPartition = { name: base, base, guid: guid(1), parameters: {}, tombstoneLifetimeDays: 180 };
export const controllerOf = (connection: LdapConnection): DomainController => ({
  url: 'ldap://scripted',
  connection,
  rootDse,
  invocationId: guid(9),
  [Symbol.asyncDispose]: async () => undefined,
});
export const jobOf = (server: ScriptedServer, selection = selectionOf()) => ({
  dc: controllerOf(server.connection),
  partition,
  selection,
  signal: new AbortController().signal,
});
