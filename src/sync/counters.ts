/** Counters of the Operations tab (sync-engine s.1.9) and the objects behind them. */
import type { Store } from '../store/store.ts';

export type Counter =
  | 'filtered-objects'
  | 'stage-no-change'
  | 'stage-add'
  | 'stage-update'
  | 'stage-rename'
  | 'stage-delete'
  | 'stage-delete-add'
  | 'stage-failure'
  | 'stage-kept'
  | 'disconnector-filtered'
  | 'disconnector-joined-no-flow'
  | 'disconnector-joined-flow'
  | 'disconnector-projected-no-flow'
  | 'disconnector-projected-flow'
  | 'disconnector-remains'
  | 'connector-filtered-remove-mv'
  | 'connector-filtered-leave-mv'
  | 'connector-flow'
  | 'connector-no-flow'
  | 'connector-delete-remove-mv'
  | 'connector-delete-leave-mv'
  | 'connector-delete-add-processed'
  | 'flow-failure'
  | 'provisioned-add-flow'
  | 'provisioned-disconnect'
  | 'export-attribute-flow'
  | 'references-changed'
  | 'export-add'
  | 'export-update'
  | 'export-rename'
  | 'export-delete'
  | 'export-delete-add'
  | 'export-failure'
  | 'export-references'
  | 'export-left-out'
  | 'export-not-confirmed';

/** The counters whose objects are not kept, because they say that nothing happened. */
const notKept: ReadonlySet<Counter> = new Set<Counter>([
  'stage-no-change',
  'disconnector-remains',
  'connector-no-flow',
  'filtered-objects',
  'references-changed',
  'export-references',
]);
/** Objects kept for one counter of one run; more are counted but not listed. */
const keptObjects = 5000;

export class Counters {
  readonly #counts = new Map<Counter, number>();
  readonly #store: Store;
  readonly #run: number;

  constructor(store: Store, run: number) {
    this.#store = store;
    this.#run = run;
  }

  /** Counts an object. Inside a transaction, so that the list behind the counter is as true as the change. */
  add(counter: Counter, cs?: number, detail?: Readonly<Record<string, unknown>>): void {
    const n = (this.#counts.get(counter) ?? 0) + 1;
    this.#counts.set(counter, n);
    if (cs !== undefined && n <= keptObjects && !notKept.has(counter)) {
      this.#store.records.runObject(this.#run, counter, cs, detail ? JSON.stringify(detail) : null);
    }
  }

  count(counter: Counter, by: number): void {
    if (by > 0) this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + by);
  }

  get(counter: Counter): number {
    return this.#counts.get(counter) ?? 0;
  }

  get total(): number {
    let sum = 0;
    for (const n of this.#counts.values()) sum += n;
    return sum;
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
