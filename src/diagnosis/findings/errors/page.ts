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
  /** What usually leads to it, as sentences, the most frequent one first; none where the meaning is the cause. */
  readonly causes: readonly string[];
  readonly remedy: string;
  /** Commands that show it, as they are typed; REF stands for the object. */
  readonly commands?: readonly string[];
  /** What else is known of an error of the cloud. */
  readonly cloud?: CloudFacts;
  /** False for a classic name that this product never gives, kept for whoever knows it from elsewhere. */
  readonly given?: boolean;
}

export interface CloudFacts {
  /** Section of the report of export errors. */
  readonly category: string;
  /** When the program sends the object again, as a sentence. */
  readonly retried: string;
  /** Text of the answer; `{part}` stands for a fact, `«…»` for text that is left out without its facts. */
  readonly message: string;
  /** Numbers that the service gives with it. */
  readonly numbers: readonly string[];
}

/** Title, meaning, remedy. */
export type Told = readonly [title: string, meaning: string, remedy: string];
/** One to four sentences, the most frequent cause first. */
export type Causes =
  | readonly [string]
  | readonly [string, string]
  | readonly [string, string, string]
  | readonly [string, string, string, string];
type CausesByCode = Readonly<Record<string, Causes>>;

/** The sentences of a code; empty for one that is not in the table. */
export const causesOf = (causes: CausesByCode, code: string): readonly string[] =>
  Object.hasOwn(causes, code) ? (causes[code] ?? []) : [];

export const pagesOf = (kind: ErrorKind, told: Readonly<Record<string, Told>>, causes: CausesByCode): ErrorPage[] =>
  Object.entries(told).map(([code, [title, meaning, remedy]]) => ({
    code,
    kind,
    title,
    meaning,
    causes: causesOf(causes, code),
    remedy,
  }));
