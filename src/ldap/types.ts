/** The LDAP vocabulary of `src/ldap/` (RFC 4511). Values are bytes until a schema says otherwise. */
export interface LdapAttribute {
  /** As the server wrote it, without options. */
  readonly name: string;
  /** Options after the first `;`, e.g. `range=0-1499`, `binary`; empty if none. */
  readonly options: string;
  /** Zero values are not the same as an absent attribute (DirSync: active-directory s.3.3). */
  readonly values: readonly Buffer[];
}
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: readonly LdapAttribute[];
  /** Controls that came with this entry (RFC 4533 sync state); absent if none. */
  readonly controls?: readonly LdapControl[];
}
export interface LdapControl {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value?: Buffer;
}
export interface LdapResult {
  readonly code: number;
  readonly matchedDn: string;
  readonly message: string;
  readonly referrals: readonly string[];
  readonly controls: readonly LdapControl[];
}
export interface SearchRequest {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** RFC 4515 text, or a structured filter that needs no escaping. */
  readonly filter: string | Filter;
  readonly attributes?: readonly string[];
  readonly typesOnly?: boolean;
  /** Entries; 0 for no limit of ours. */
  readonly sizeLimit?: number;
  readonly timeLimitSeconds?: number;
  readonly controls?: readonly LdapControl[];
  readonly signal?: AbortSignal;
  /** Never ends by itself (change notification, refreshAndPersist): silence is no fault. */
  readonly persistent?: boolean;
  /** IntermediateResponse messages (RFC 4511 s.4.13). */
  readonly onIntermediate?: (oid: string, value: Buffer | undefined) => void;
}
export type Filter =
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter }
  | { readonly present: string }
  | { readonly equal: readonly [attribute: string, value: string | Buffer] }
  | { readonly atLeast: readonly [attribute: string, value: string | Buffer] }
  | { readonly atMost: readonly [attribute: string, value: string | Buffer] }
  | { readonly startsWith: readonly [attribute: string, value: string] };

/**
 * Entries stream with back-pressure: whoever starts a search must consume it or leave its loop. `result` settles when the
 * server's last word has come, which may be after the last entry was taken.
 */
export interface SearchStream extends AsyncIterable<readonly LdapEntry[]> {
  /** Rejects with an LdapError if the result code is not success. References (referrals) are collected, not followed. */
  readonly result: Promise<LdapResult>;
  readonly references: readonly string[];
}
export interface ModifyChange {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  readonly values: readonly (string | Buffer)[];
}
/** An open connection. All operations may run at the same time (they pipeline). Closing it rejects what is under way. */
export interface LdapConnection extends AsyncDisposable {
  readonly server: { readonly host: string; readonly port: number };
  readonly closed: boolean;
  search(request: SearchRequest): SearchStream;
  /** All entries of a small search. */
  searchAll(request: SearchRequest): Promise<LdapEntry[]>;
  /** Paged results (RFC 2696), pages requested ahead of the consumer. */
  searchPaged(request: SearchRequest & { readonly pageSize: number }): SearchStream;
  modify(dn: string, changes: readonly ModifyChange[], controls?: readonly LdapControl[]): Promise<LdapResult>;
  add(
    dn: string,
    attributes: Readonly<Record<string, readonly (string | Buffer)[]>>,
    controls?: readonly LdapControl[],
  ): Promise<LdapResult>;
  delete(dn: string, controls?: readonly LdapControl[]): Promise<LdapResult>;
  rename(dn: string, to: { rdn: string; deleteOldRdn?: boolean; superior?: string }): Promise<LdapResult>;
  extended(oid: string, value?: Buffer): Promise<LdapResult & { readonly oid?: string; readonly value?: Buffer }>;
  close(): Promise<void>;
}
export interface LdapConnectOptions {
  /** `ldap://host:389` or `ldaps://host:636`. */
  readonly url: string;
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly startTls?: boolean;
  /** Name to check the certificate against if it differs from the host in the URL. */
  readonly serverName?: string;
  /** SHA-256 fingerprints of the only certificates that are accepted; then neither authority nor name is looked at. */
  readonly fingerprints?: readonly string[];
  /** Milliseconds; default 5000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds without any byte from the server while something is asked; default 60000. */
  readonly idleTimeoutMs?: number;
  /** Lets a simple bind send its password over a connection without TLS. On a loopback address that is always allowed. */
  readonly allowClearTextPassword?: boolean;
  /** Bytes of one message of the server; default 128 MiB. */
  readonly maxMessageBytes?: number;
  readonly bind?: LdapBind;
}
export type LdapBind =
  | { readonly kind: 'simple'; readonly user: string; readonly password: string }
  /** GSS-SPNEGO with NTLMv2, signed and sealed: works without TLS where the server requires signing. */
  | { readonly kind: 'ntlm'; readonly domain: string; readonly user: string; readonly password: string };
