/** What `causeway fix --apply` can carry out. Data, so that a fix is shown, sent over the API and applied as one thing. */

/** Bytes as `{base64}`. */
export type LdapValue = string | { readonly base64: string };
export interface DirectoryChange {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  readonly values: readonly LdapValue[];
}
export interface GraphCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the service root, e.g. `/v1.0/users/…`. */
  readonly path: string;
  readonly body?: unknown;
}

/** Changes one place of `causeway.yaml`. */
export interface ConfigurationChange {
  readonly kind: 'configuration';
  readonly path: readonly (string | number)[];
  /** An entry of the list at the path that goes, and one that comes. */
  readonly from?: string;
  readonly to?: string;
  /** Instead of both: what stands at the path then, as JSON; null takes the key away. */
  readonly value?: unknown;
}

export type FixAction =
  /** One modify request. A `delete` names the values it expects, so that it fails if they changed meanwhile. */
  | {
      readonly kind: 'directory';
      readonly connector: string;
      readonly dn: string;
      readonly changes: readonly DirectoryChange[];
    }
  /** Deletes one object, by its GUID where that is known. */
  | { readonly kind: 'directory-delete'; readonly connector: string; readonly dn: string; readonly guid?: string }
  /** Calls one after the other; `after` once the cycle has run, to put back what was only lifted for it. */
  | {
      readonly kind: 'cloud';
      readonly connector: string;
      readonly calls: readonly GraphCall[];
      readonly after?: readonly GraphCall[];
      /** Permissions that the app registration needs. */
      readonly permissions: readonly string[];
    }
  /** A field of the scheduler. */
  | { readonly kind: 'scheduler'; readonly field: string; readonly value: string }
  /** Approves exactly the deletes that are pending now. */
  | { readonly kind: 'approve-deletes'; readonly connector: string; readonly hash: string }
  | ConfigurationChange
  /** One after the other; the first that fails ends it. */
  | { readonly kind: 'sequence'; readonly actions: readonly FixAction[] }
  /** A cycle, and nothing else. */
  | { readonly kind: 'cycle'; readonly policy: 'delta' | 'initial' };
