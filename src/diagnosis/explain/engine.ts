/**
 * An engine that only reads (law 8). Creating an engine writes what is new in the configuration to the store (connectors,
 * names of rules and attributes); here such names get numbers of their own that exist in memory only.
 */
import type { NameTable } from '../../store/names.ts';
import type { ConnectorRow } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { createEngine, type Engine, type EngineEnvironment } from '../../sync/context.ts';

/** The engine of this environment for looking things up and computing. Nothing it does changes the store. */
export const readingEngine = (env: EngineEnvironment, options: { readonly isFrozen?: boolean } = {}): Engine =>
  createEngine({ ...env, store: readingStore(env.store, options.isFrozen) });

/**
 * The store, without the three functions that write although one only asks. `isFrozen`: nobody writes as long as it is used, so a
 * name that is not there need not be looked for again.
 */
export function readingStore(store: Store, isFrozen = false): Store {
  const made = new Map<string, ConnectorRow>();
  const connector = (name: string, type: string): ConnectorRow => {
    const known = store.records.connectors().find((c) => c.name === name) ?? made.get(name);
    const row = known ?? { id: -1 - made.size, name, type };
    if (!known) made.set(name, row);
    return { ...row, type };
  };
  return {
    ...store,
    records: { ...store.records, connector },
    attributes: readingNames(store.attributes, isFrozen),
    rules: readingNames(store.rules, isFrozen),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

function readingNames(table: NameTable, isFrozen: boolean): NameTable {
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  const absent = new Set<string>();
  const find = (name: string): number | undefined => {
    if (absent.has(name)) return undefined;
    const id = table.find(name);
    if (id === undefined && isFrozen) absent.add(name);
    return id;
  };
  return {
    ...table,
    find,
    name: (id) => names.get(id) ?? table.name(id),
    id(name) {
      const known = find(name) ?? ids.get(name);
      if (known !== undefined) return known;
      const id = -1 - ids.size;
      ids.set(name, id);
      names.set(id, name);
      return id;
    },
  };
}

/** Runs reads that belong together on one state of the store, whatever another process writes meanwhile. */
export function onOneState<T>(store: Store, work: () => T): T {
  if (store.db.isTransaction) return work();
  store.db.exec('BEGIN');
  try {
    return work();
  } finally {
    store.db.exec('ROLLBACK');
  }
}
