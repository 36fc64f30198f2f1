/** What is known of one code: the same for the program, the documentation and whoever searches for it. */

/** Where a code is met. */
export type ErrorKind =
  | 'case'
  | 'run-status'
  | 'connection'
  | 'synchronization'
  | 'discovery'
  | 'export'
  | 'cloud'
  | 'ldap'
  | 'sign-in'
  | 'program';

export interface ErrorPage {
  /** As it is printed, in its own spelling. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly title: string;
  /** What happened, as a sentence. */
  readonly meaning: string;
  /** What usually leads to it. */
  readonly causes: readonly string[];
  readonly remedy: string;
  /** False for a classic name that this product never gives, kept for whoever knows it from elsewhere. */
  readonly given?: boolean;
}

/** Title, meaning, remedy; causes after them. */
export type Told = readonly [title: string, meaning: string, remedy: string, ...causes: string[]];

export const pagesOf = (kind: ErrorKind, told: Readonly<Record<string, Told>>): ErrorPage[] =>
  Object.entries(told).map(([code, [title, meaning, remedy, ...causes]]) => ({
    code,
    kind,
    title,
    meaning,
    causes,
    remedy,
  }));
