/**
 * The attributes by which objects are looked up follow from the rules, and rules change. Before anything is looked up,
 * what became a key is indexed for all objects that are there already, and what is none any more is forgotten: otherwise
 * a new join rule would find nobody who came before it, and make everybody a second time.
 */
import type { Attributes } from '../model/value.ts';
import { joinKeysOf } from '../rules/join.ts';
import type { Engine, EngineConnector } from './context.ts';
import { breathe, checkStop } from './synchronize.ts';

const pageSize = 2000;

interface Index {
  /** Under this name the setting says which attributes are indexed. */
  readonly setting: string;
  readonly names: ReadonlySet<string>;
  readonly isEmpty: boolean;
  /** Forgets all keys of an attribute. */
  drop(attribute: number): void;
  add(attribute: number, key: string, id: number): void;
  count(attribute: number): number;
  /** The objects after one, and where the next page begins; undefined: there are no more. */
  page(after: Position): { readonly rows: readonly Row[]; readonly next: Position } | undefined;
}
interface Row {
  readonly id: number;
  readonly attributes: string | null;
}
/** The type is empty for identities. */
interface Position {
  readonly type: number;
  readonly id: number;
}

/** Makes the search keys of the connectors, and of the metaverse, those of the rules. */
export async function keepSearchKeys(
  engine: Engine,
  connectors: readonly EngineConnector[],
  signal: AbortSignal,
): Promise<void> {
  for (const index of [metaverse(engine), ...connectors.map((c) => connectorSpace(engine, c))])
    await keep(engine, index, signal);
}

async function keep(engine: Engine, index: Index, signal: AbortSignal): Promise<void> {
  const { store } = engine;
  const wanted = JSON.stringify([...index.names].sort());
  const text = store.records.setting(index.setting);
  if (text === wanted) return;
  // A store of an earlier version does not say; what it has is added again, which changes nothing.
  const had = new Set(text === undefined ? [] : (JSON.parse(text) as string[]));
  const added = [...index.names].filter((name) => !had.has(name));
  store.transaction(() => {
    for (const name of had) if (!index.names.has(name)) index.drop(store.attributes.id(name));
  });
  for (let after: Position | undefined = start; after && added.length > 0 && !index.isEmpty; ) {
    checkStop({ engine }, signal);
    const page = index.page(after);
    store.transaction(() => {
      for (const [id, name, key] of keysIn(page?.rows ?? [], added)) index.add(store.attributes.id(name), key, id);
    });
    after = page?.next;
    await breathe();
  }
  store.transaction(() => store.records.setSetting(index.setting, wanted));
}

function* keysIn(rows: readonly Row[], names: Iterable<string>): Generator<[id: number, name: string, key: string]> {
  const list = [...names];
  for (const row of rows) {
    const values = JSON.parse(row.attributes ?? '{}') as Attributes;
    for (const name of list) for (const key of joinKeysOf({ values, dn: '' }, name)) yield [row.id, name, key];
  }
}

/** Attributes whose keys are not those of the objects that are there. Rules that did not flow yet are left out. */
export function wrongSearchKeys(engine: Engine): string[] {
  const { store } = engine;
  return [metaverse(engine), ...engine.all.map((c) => connectorSpace(engine, c))].flatMap((index) => {
    if (store.records.setting(index.setting) !== JSON.stringify([...index.names].sort())) return [];
    const expected = new Map([...index.names].map((name) => [name, 0]));
    for (let page = index.page(start); page; page = index.page(page.next))
      for (const [, name] of keysIn(page.rows, index.names)) expected.set(name, (expected.get(name) ?? 0) + 1);
    return [...expected].flatMap(([name, n]) =>
      n === index.count(store.attributes.id(name)) ? [] : `${index.setting} ${name}`,
    );
  });
}

const start: Position = { type: 0, id: 0 };

function metaverse({ store, metaverseKeys }: Engine): Index {
  return {
    setting: 'search-keys',
    names: metaverseKeys,
    isEmpty: store.mv.page(0, 1).length === 0,
    drop: (attribute) => store.mv.removeKeysOf(attribute),
    add: (attribute, key, id) => store.mv.addKey(attribute, key, id),
    count: (attribute) => store.mv.countKeys(attribute),
    page({ id }) {
      const rows = store.mv.page(id, pageSize);
      const last = rows.at(-1);
      return last && { rows, next: { type: 0, id: last.id } };
    },
  };
}

function connectorSpace({ store }: Engine, connector: EngineConnector): Index {
  const { id: connectorId, name } = connector.row;
  const types = store.cs.types(connectorId);
  return {
    setting: `search-keys:${name}`,
    names: connector.keys,
    isEmpty: types.length === 0,
    drop: (attribute) => store.cs.removeKeysOf(connectorId, attribute),
    add: (attribute, key, id) => store.cs.addKey(connectorId, attribute, key, id),
    count: (attribute) => store.cs.countKeys(connectorId, attribute),
    page({ type, id }) {
      const typeName = types[type];
      if (typeName === undefined) return undefined;
      const rows = store.cs.page(connectorId, typeName, id, pageSize);
      const last = rows.at(-1);
      return { rows, next: last ? { type, id: last.id } : { type: type + 1, id: 0 } };
    },
  };
}
