/** What `causeway.yaml` says of an Active Directory connector, with secrets resolved and files read. */

export interface ActiveDirectoryPartition {
  /** DN of the naming context, e.g. `DC=corp,DC=contoso,DC=com`. */
  readonly base: string;
  /** Containers; the engine scopes by them (`connector-space/scope.ts`), the connector does not. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface ActiveDirectoryConfig {
  readonly name: string;
  /** `ldaps://host[:636]` or `ldap://host[:389]`, tried in this order. Either this or `domain`. */
  readonly servers?: readonly string[];
  /** DNS name of the domain, whose controllers are found through DNS. */
  readonly domain?: string;
  /** Active Directory site whose controllers are tried first; only with `domain`. */
  readonly site?: string;
  /** DNS names of controllers that are tried before the others; only with `domain`. */
  readonly preferredServers?: readonly string[];
  readonly bind: {
    /** `user@realm`, `DOMAIN\user` or a DN (`ntlm`: not a DN). */
    readonly user: string;
    readonly password: string;
    /** `ntlm` signs and seals without TLS, for `ldap://`. Default `simple`. */
    readonly method?: 'simple' | 'ntlm';
  };
  readonly tls?: {
    /** PEM text of the authorities to trust instead of the system's. */
    readonly ca?: string;
    readonly startTls?: boolean;
    /** Name to check the certificate against if it differs from the host in the address. */
    readonly serverName?: string;
    /** SHA-256 fingerprints of the only certificates that are accepted; then neither authority nor name is looked at. */
    readonly fingerprints?: readonly string[];
  };
  /** Lets a password travel unencrypted; for labs. */
  readonly allowClearTextPassword?: boolean;
  /** Default: the default naming context of the server. */
  readonly partitions?: readonly ActiveDirectoryPartition[];
  /** Default `defaultObjectClasses`. What holds the hierarchy together is imported besides. */
  readonly objectClasses?: readonly string[];
  /** How changes are found. `auto`: DirSync where the account may, otherwise uSNChanged. */
  readonly changeTracking?: 'auto' | 'dirsync' | 'usn';
  /**
   * How everything is read when changes are tracked by DirSync. `dirsync`: in one pass with the right to replicate, which
   * on Windows no access list narrows. `search`: by an ordinary search. `auto`: `search` on Samba, where it is 1.7 times as
   * fast and loses nothing (neither
   * way sees what an access list hides), `dirsync` elsewhere.
   */
  readonly fullImport?: 'auto' | 'dirsync' | 'search';
  /**
   * Milliseconds after which a delta import gives way to a full one. Default: never if the domain controller reports
   * deletions to the account, otherwise an hour, because only full imports find them then.
   */
  readonly fullImportEveryMs?: number;
  /** Entries in one page of a search; default 1000, the limit of Windows. */
  readonly pageSize?: number;
  /** Milliseconds; default 5000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds without a byte of an answer; default 120000, because a server may search long before it answers. */
  readonly idleTimeoutMs?: number;
  /** Milliseconds between two looks at the server while waiting for a change; default 500. */
  readonly pollIntervalMs?: number;
}

export const defaultObjectClasses: readonly string[] = [
  'user',
  'inetOrgPerson',
  'group',
  'contact',
  'computer',
  'foreignSecurityPrincipal',
  'msDS-Device',
];

/** A DNS SRV record, in the shape of `node:dns/promises`. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}
