/** A Samba domain with a connector to it, the hand that changes it, and an independent eye on it. */

import type { ActiveDirectoryConfig } from '../../src/connectors/active-directory/config.ts';
import {
  type ActiveDirectoryConnector,
  createActiveDirectoryConnector,
} from '../../src/connectors/active-directory/connector.ts';
import type { ActiveDirectorySession, Environment } from '../../src/connectors/active-directory/session.ts';
import { Replica } from '../../src/connectors/conformance-replica.ts';
import type { ImportItem, ImportRequest } from '../../src/connectors/contract.ts';
import { connectLdap } from '../../src/ldap/connect.ts';
import { showDeleted } from '../../src/ldap/controls.ts';
import type { LdapConnection } from '../../src/ldap/types.ts';
import { guidText } from '../../src/model/guid.ts';
import { run } from '../support/child.ts';
import { type Samba, type SambaOptions, startSamba } from '../support/samba.ts';

export const attributes = [
  ...['objectGUID', 'objectSid', 'cn', 'name', 'sAMAccountName', 'userPrincipalName', 'mail', 'displayName', 'info'],
  ...[
    'proxyAddresses',
    'description',
    'userAccountControl',
    'groupType',
    'pwdLastSet',
    'manager',
    'member',
    'managedBy',
  ],
  ...['mS-DS-ConsistencyGuid', 'userCertificate', 'isCriticalSystemObject', 'thumbnailPhoto', 'accountExpires', 'ou'],
];

export interface Directory extends AsyncDisposable {
  readonly samba: Samba;
  /** Signed in as the administrator. */
  readonly admin: LdapConnection;
  readonly people: string;
  connector(config?: Partial<ActiveDirectoryConfig>, environment?: Partial<Environment>): ActiveDirectoryConnector;
  createUser(
    name: string,
    more?: Readonly<Record<string, readonly (string | Buffer)[]>>,
    parent?: string,
  ): Promise<string>;
  createGroup(name: string, members?: readonly string[], parent?: string): Promise<string>;
  set(dn: string, attribute: string, ...values: (string | Buffer)[]): Promise<void>;
  change(operation: 'add' | 'delete', dn: string, attribute: string, ...values: string[]): Promise<void>;
  /** Brings a deleted object back under this DN. */
  restore(anchor: string, dn: string): Promise<void>;
}

export async function startDirectory(options: SambaOptions = {}): Promise<Directory> {
  const samba = await startSamba(options);
  const bind = { user: samba.adminUser, password: samba.adminPassword };
  const admin = await connectLdap({ url: samba.ldapsUrl, ca: samba.caPem, bind: { kind: 'simple', ...bind } });
  const people = `OU=People,${samba.baseDn}`;
  await admin.add(people, { objectClass: ['organizationalUnit'] });
  return {
    samba,
    admin,
    people,
    connector: (config, environment) =>
      createActiveDirectoryConnector(
        { name: 'corp', servers: [samba.ldapsUrl], tls: { ca: samba.caPem }, bind, ...config },
        environment,
      ),
    async createUser(name, more = {}, parent = people) {
      const dn = `CN=${name},${parent}`;
      const account = { sAMAccountName: [name.slice(0, 20)], userAccountControl: ['546'] };
      await admin.add(dn, { objectClass: ['user'], ...account, ...more });
      return dn;
    },
    async createGroup(name, members = [], parent = people) {
      const dn = `CN=${name},${parent}`;
      const member = members.length > 0 ? { member: members } : {};
      await admin.add(dn, { objectClass: ['group'], sAMAccountName: [name], ...member });
      return dn;
    },
    async set(dn, attribute, ...values) {
      await admin.modify(dn, [{ operation: 'replace', attribute, values }]);
    },
    async change(operation, dn, attribute, ...values) {
      await admin.modify(dn, [{ operation, attribute, values }]);
    },
    async restore(anchor, dn) {
      const [tombstone] = await admin.searchAll({
        base: `<GUID=${anchor}>`,
        scope: 'base',
        filter: { present: 'objectClass' },
        attributes: ['name'],
        controls: [showDeleted()],
      });
      await admin.modify(
        tombstone?.dn ?? '',
        [
          { operation: 'delete', attribute: 'isDeleted', values: [] },
          { operation: 'replace', attribute: 'distinguishedName', values: [dn] },
        ],
        [showDeleted()],
      );
    },
    async [Symbol.asyncDispose]() {
      await admin.close();
      await samba.stop();
    },
  };
}

/** Imports the first partition again and again, keeping what it got and where it stands. */
export class Importer {
  readonly session: ActiveDirectorySession;
  readonly warnings: { code: string; detail: string }[] = [];
  replica = new Replica();
  watermark: string | undefined;
  attributes: readonly string[] = attributes;
  objectTypes: readonly string[] = [
    'user',
    'inetOrgPerson',
    'group',
    'contact',
    'computer',
    'foreignSecurityPrincipal',
  ];

  constructor(session: ActiveDirectorySession) {
    this.session = session;
  }

  request(mode: 'full' | 'delta'): ImportRequest {
    return {
      partition: this.session.partitions[0] ?? { name: '' },
      mode,
      attributes: new Set(this.attributes),
      objectTypes: new Set(this.objectTypes),
      signal: new AbortController().signal,
      warn: (code, detail) => this.warnings.push({ code, detail }),
      ...(this.watermark === undefined ? {} : { watermark: this.watermark }),
    };
  }

  async full(): Promise<ImportItem[]> {
    const items = await this.#run(this.request('full'));
    this.replica = Replica.of(items);
    return items;
  }

  async delta(): Promise<ImportItem[]> {
    const request = this.request('delta');
    const items = await this.#run(request);
    await this.replica.apply(items, this.session, request);
    return items;
  }

  async #run(request: ImportRequest): Promise<ImportItem[]> {
    const items: ImportItem[] = [];
    let watermark: string | undefined;
    for await (const batch of this.session.import(request)) {
      items.push(...batch.items);
      watermark = batch.watermark ?? watermark;
    }
    this.watermark = watermark;
    return items;
  }

  anchor(dn: string): string {
    const anchor = this.replica.anchorOf(dn);
    if (anchor === undefined) throw new Error(`${dn} was not imported`);
    return anchor;
  }
}

const filter =
  '(|(objectClass=user)(objectClass=group)(objectClass=contact)(objectClass=foreignSecurityPrincipal)(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS))';
const binary = new Set(['objectGUID', 'objectSid', 'mS-DS-ConsistencyGuid', 'userCertificate', 'thumbnailPhoto']);
const links = new Set(['manager', 'member', 'managedBy']);

/** The directory as OpenLDAP's client sees it: by anchor, DN and values as sorted text, references as anchors. */
export async function readIndependently(samba: Samba, bindUser = samba.adminUser): Promise<Map<string, object>> {
  const bind = ['-x', '-D', bindUser, '-w', samba.adminPassword];
  const output = await run(
    'ldapsearch',
    [
      ...bind,
      '-H',
      samba.ldapsUrl,
      '-LLL',
      '-o',
      'ldif-wrap=no',
      '-b',
      samba.baseDn,
      filter,
      'objectClass',
      ...attributes,
    ],
    { env: { ...process.env, LDAPTLS_CACERT: samba.caFile } },
  );
  const entries = output
    .split('\n\n')
    .map(parseEntry)
    .filter((e) => e.has('objectGUID'));
  const anchors = new Map(entries.map((e) => [lower(e.get('dn')?.[0]), guidText(e.get('objectGUID')?.[0] as Buffer)]));
  return new Map(entries.map((e) => [anchors.get(lower(e.get('dn')?.[0])) as string, plainEntry(e, anchors)]));
}

const lower = (value: Buffer | undefined): string => String(value).toLowerCase();

function parseEntry(text: string): Map<string, Buffer[]> {
  const entry = new Map<string, Buffer[]>();
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z0-9-]+)(::?) (.*)$/.exec(line);
    if (!match) continue;
    const [, name = '', separator, value = ''] = match;
    const bytes = Buffer.from(value, separator === '::' ? 'base64' : 'utf8');
    entry.set(name, [...(entry.get(name) ?? []), bytes]);
  }
  return entry;
}

function plainEntry(entry: Map<string, Buffer[]>, anchors: ReadonlyMap<string, string>): object {
  const values: Record<string, string[]> = {};
  for (const name of attributes) {
    const found = entry.get(name) ?? [];
    const texts = found.map((value) => {
      if (links.has(name)) return anchors.get(lower(value)) ?? lower(value);
      return value.toString(binary.has(name) ? 'base64' : 'utf8');
    });
    if (texts.length > 0) values[name] = texts.sort();
  }
  return { dn: String(entry.get('dn')?.[0]), values };
}

/** The replica in the form of `readIndependently`. */
export function plainReplica(replica: Replica): Map<string, object> {
  const plain = (value: unknown): string => {
    if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
    if (typeof value !== 'object' || value === null) return String(value);
    if ('base64' in value) return String(value.base64);
    return 'int' in value ? String(value.int) : JSON.stringify(value);
  };
  return new Map(
    [...replica.state()].map(([anchor, object]) => {
      const values: Record<string, string[]> = {};
      for (const name of attributes) {
        const value = object.attributes[name];
        const texts =
          value === undefined ? object.references[name] : (Array.isArray(value) ? value : [value]).map(plain);
        if (texts) values[name] = [...texts].sort();
      }
      return [anchor, { dn: object.dn, values }] as const;
    }),
  );
}

/** Both as plain objects, so that a difference is readable. */
export const asObject = (objects: Map<string, object>): object =>
  Object.fromEntries([...objects].sort(([a], [b]) => (a < b ? -1 : 1)));
