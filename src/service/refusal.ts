/** Something that was asked for and cannot be done: the same sentence on the command line and in the API. */

/** HTTP status of each kind of refusal. */
const statuses = {
  'bad-argument': 400,
  'not-signed-in': 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'wrong-host': 421,
  'rule-problems': 422,
  'too-many-requests': 429,
  'unexpected-error': 500,
  unavailable: 503,
} as const;
export type RefusalKind = keyof typeof statuses;

export class Refusal extends Error {
  readonly kind: RefusalKind;
  /** Stable; the kind, unless something more exact is known. */
  readonly code: string;
  /** Facts that go along, e.g. the problems of a rule. Plain JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(kind: RefusalKind, message: string, options: { code?: string; facts?: Record<string, unknown> } = {}) {
    super(message);
    this.name = 'Refusal';
    this.kind = kind;
    this.code = options.code ?? kind;
    this.facts = options.facts ?? {};
  }
  get status(): (typeof statuses)[RefusalKind] {
    return statuses[this.kind];
  }
}
