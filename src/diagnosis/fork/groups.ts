/** Counting what differs: equal differences are one group with a few samples, and groups of several workers add up. */
import type { PlanSample, PrivilegeChange } from '../plan/model.ts';

const samplesKept = 10;

export interface Tally<T> {
  readonly of: T;
  count: number;
  readonly samples: PlanSample[];
}

export class Tallies<T> {
  readonly #groups = new Map<string, Tally<T>>();

  /** `sample` is asked for only while samples are wanted. */
  add(of: T, sample: () => PlanSample, by = 1): void {
    const key = JSON.stringify(of);
    let found = this.#groups.get(key);
    if (!found) {
      found = { of, count: 0, samples: [] };
      this.#groups.set(key, found);
    }
    found.count += by;
    if (found.samples.length < samplesKept) found.samples.push(sample());
  }

  merge(others: readonly Tally<T>[]): void {
    for (const other of others)
      other.samples.forEach((sample, i) => void this.add(other.of, () => sample, i === 0 ? other.count : 0));
  }

  list(): Tally<T>[] {
    return [...this.#groups.values()].sort(
      (a, b) => b.count - a.count || (JSON.stringify(a.of) < JSON.stringify(b.of) ? -1 : 1),
    );
  }
}

/** What one part of the population gives. Crosses the border between threads. */
export interface ForkPart {
  readonly entering: readonly Tally<Crossing>[];
  readonly leaving: readonly Tally<Crossing>[];
  readonly joins: readonly Tally<Join>[];
  readonly values: readonly Tally<ValueChange>[];
  readonly references: readonly Tally<ReferenceChange>[];
  readonly errors: readonly Tally<FlowError>[];
  readonly privilege: readonly PrivilegeChange[];
  readonly deletes: Readonly<Record<string, number>>;
  readonly identities: number;
  readonly changed: number;
  /** Values of join attributes that identities would have: identity, attribute, keys. */
  readonly joinValues: readonly (readonly [mv: number, attribute: string, keys: readonly string[]])[];
}
export interface Crossing {
  readonly connector: string;
  readonly objectType: string;
  readonly kind: 'rule' | 'container' | 'object-type' | 'join' | 'error' | 'unknown';
  readonly rule?: string;
  readonly decidedBy?: string;
}
export interface Join {
  readonly what: 'won' | 'lost' | 'not-made-again';
  readonly connector: string;
  readonly rule: string;
}
export interface ValueChange {
  readonly where: string;
  readonly objectType: string;
  readonly attribute: string;
  readonly change: 'set' | 'changed' | 'cleared';
  readonly rule: string;
}
export interface ReferenceChange {
  readonly connector: string;
  readonly attribute: string;
  readonly change: 'added' | 'removed';
}
export interface FlowError {
  readonly code: string;
  readonly rule: string;
  readonly attribute: string;
  readonly message: string;
}
