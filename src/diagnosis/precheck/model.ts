/**
 * Data quality before anything is exported: the vocabulary of `precheck`. Attribute names are those of the directory.
 * One row is one value of one attribute of one object, as in the grid of IdFix (operations s.2.1).
 */
import type { Attributes } from '../../model/value.ts';
import type { DirectoryChange } from '../fix/action.ts';

/** Which of the two rule sets of IdFix (operations s.2.4, 2.5). Both are followed by the checks of this product. */
export type RuleSetName = 'multi-tenant' | 'dedicated';

/** One object as the connector space has it. */
export interface PrecheckObject {
  /** Handle by which the source finds it again; a positive 31-bit integer. */
  readonly id: number;
  /** The same number for objects that are one identity, e.g. an account and its linked mailbox. A 32-bit integer. */
  readonly identity: number;
  readonly connector: string;
  readonly dn: string;
  /** objectGUID as text; null if there is none. */
  readonly anchor: string | null;
  /** `user`, `inetOrgPerson`, `group`, `contact`, `computer`, … */
  readonly type: string;
  readonly attributes: Attributes;
  /** Number of members of a group. */
  readonly memberCount?: number;
  /** Number of security groups that a person is in, directly and through others; good once all objects were read. */
  readonly memberships?: () => number;
  /** Source anchor of the identity, for an object that has none of its own (linked mailboxes). */
  readonly identityAnchor?: string;
}

/** Where objects come from. They are read twice, so that every value can be judged against all the others. */
export interface PrecheckSource {
  objects(): Iterable<PrecheckObject>;
  /** One of them again; undefined if it is gone. */
  object(id: number): PrecheckObject | undefined;
}

/** The names of IdFix (operations s.2.6); below the line those of this product. */
export const errorNames = [
  'Format',
  'Blank',
  'Duplicate',
  'Character',
  'TopLevelDomain',
  'DomainPart',
  'LocalPart',
  'Length',
  'MailMatch',
  // ---
  'Invisible',
  'LookAlike',
  'DomainNotVerified',
  'Anchor',
  'Certificate',
  'Size',
  'Cloud',
  'ConflictObject',
] as const;
export type ErrorName = (typeof errorNames)[number];

/**
 * What is proposed (operations s.2.7). EDIT: write UPDATE in place of VALUE. REMOVE: take VALUE away. COMPLETE: leave it,
 * it is the rightful one. Nothing: somebody has to decide.
 */
export type Action = 'EDIT' | 'REMOVE' | 'COMPLETE';
export const actions: readonly Action[] = ['EDIT', 'REMOVE', 'COMPLETE'];

/** How sure the suggestion is. `high`: can be applied without looking; `low`: a guess to start from. */
export type Confidence = 'high' | 'medium' | 'low';

/** Something wrong with one value. */
export interface Problem {
  readonly errors: readonly ErrorName[];
  /** A case of the casebook, or one of `cases.ts`. */
  readonly code: string;
  readonly attribute: string;
  /** As it is; the empty text for a value that is missing. */
  readonly value: string;
  /** As it should be; undefined if there is nothing to suggest, the empty text to take it away. */
  readonly update?: string | undefined;
  readonly action?: Action | undefined;
  readonly confidence?: Confidence | undefined;
  /** One plain sentence. */
  readonly reason: string;
  /** Problems with the same code and root are one finding; default: object, attribute and value. */
  readonly root?: string;
  readonly severity?: 'error' | 'warning' | 'info';
  /** Error that the cloud would answer with. */
  readonly errorCode?: string;
  /** Where the value is bytes: the change that mends it. */
  readonly changes?: readonly DirectoryChange[];
  /** Cloud object on the other side. */
  readonly cloud?: CloudSide;
}
export interface CloudSide {
  readonly cloudId: string;
  readonly objectType: string;
  readonly userPrincipalName?: string;
  readonly displayName?: string;
  readonly sourceAnchor?: string;
  readonly facts?: Readonly<Record<string, string>>;
}

/** A problem and whose it is. */
export interface Row extends Problem {
  readonly object: PrecheckObject;
}
