/** What an import reports about one object of a connected directory. */
import type { Attributes, AttributeValue } from './value.ts';

/** The other end of a reference. At least one of the two is given; the anchor wins. */
export interface ReferenceTarget {
  readonly anchor?: string;
  readonly dn?: string;
}

/** A whole object as it is now. Reference attributes are in `references` only, everything else in `attributes`. */
export interface ImportedObject {
  readonly kind: 'object';
  /** Immutable key inside the connected directory: objectGUID text for AD, cloudAnchor for Entra. */
  readonly anchor: string;
  readonly dn: string;
  readonly objectType: string;
  readonly attributes: Attributes;
  readonly references: Readonly<Record<string, readonly ReferenceTarget[]>>;
}

/** What changed on an object that the connected directory reported incrementally. Absent means unchanged. */
export interface ImportedChange {
  readonly kind: 'change';
  readonly anchor: string;
  readonly dn?: string;
  readonly objectType?: string;
  /** New values; `null` says the attribute has no value any more. */
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
  readonly references: Readonly<Record<string, ReferenceChange>>;
}
/** Either the whole new set of targets, or what was added and removed (removals apply first). */
export type ReferenceChange =
  | { readonly all: readonly ReferenceTarget[] }
  | { readonly added: readonly ReferenceTarget[]; readonly removed: readonly ReferenceTarget[] };

export interface ImportedDelete {
  readonly kind: 'delete';
  readonly anchor: string;
}
/** More targets of the object delivered just before: large groups arrive in pieces, one after the other. Only in full imports. */
export interface ImportedMoreReferences {
  readonly kind: 'more-references';
  readonly anchor: string;
  readonly references: Readonly<Record<string, readonly ReferenceTarget[]>>;
}
/** One object could not be read; the rest of the import goes on (sync-engine s.1.11, discovery errors). */
export interface DiscoveryError {
  readonly kind: 'error';
  readonly code: string;
  readonly detail: string;
  readonly dn?: string;
  readonly anchor?: string;
  readonly attribute?: string;
}
export type ImportItem = ImportedObject | ImportedChange | ImportedDelete | ImportedMoreReferences | DiscoveryError;
