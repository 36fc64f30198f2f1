/**
 * The store with what was read kept until it is told to forget: both configurations ask for the same objects of one identity, some
 * of them several times. For reads of one state only; nothing may be written meanwhile.
 */
import type { Store } from '../../store/store.ts';

export interface CachedStore {
  readonly store: Store;
  forget(): void;
}

/** Answers kept of each kind; whoever never says "forget" does not fill the memory either. */
const mostKept = 2000;

/** Remembers the answers of a function by its number. */
function kept<T>(ask: (id: number) => T, all: Map<number, T>[]): (id: number) => T {
  const known = new Map<number, T>();
  all.push(known);
  return (id) => {
    const answer = known.get(id);
    if (answer !== undefined || known.has(id)) return answer as T;
    const asked = ask(id);
    if (known.size >= mostKept) known.clear();
    known.set(id, asked);
    return asked;
  };
}

export function cachedStore(store: Store): CachedStore {
  const all: Map<number, unknown>[] = [];
  const { cs, mv, exports, references } = store;
  const keep = <T>(ask: (id: number) => T): ((id: number) => T) => kept(ask, all as Map<number, T>[]);
  const links = keep(mv.links);
  return {
    store: {
      ...store,
      cs: { ...cs, get: keep(cs.get), pending: keep(cs.pending) },
      mv: {
        ...mv,
        links,
        linkIn: (identity, connector) => links(identity).find((l) => l.connector === connector),
      },
      exports: { ...exports, get: keep(exports.get), unconfirmed: keep(exports.unconfirmed) },
      references: { ...references, counts: keep(references.counts), flows: keep(references.flows) },
      [Symbol.dispose]: () => store[Symbol.dispose](),
    },
    forget() {
      for (const known of all) known.clear();
    },
  };
}
