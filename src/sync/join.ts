/** Finding the other half of an identity through the join rules (sync-engine s.2.4). Only the indexes are asked. */
import type { Attributes } from '../model/value.ts';
import type { CompiledRule } from '../rules/compiled.ts';
import type { ObjectView } from '../rules/evaluation.ts';
import { type JoinKeys, type JoinQuery, joinMatches, joinQueries } from '../rules/join.ts';
import type { Engine } from './context.ts';
import type { MvView } from './views.ts';

export type JoinOutcome =
  | { readonly kind: 'one'; readonly id: number }
  | { readonly kind: 'none' }
  /** The last group that found anything found several. */
  | { readonly kind: 'several'; readonly ids: readonly number[] };

type Lookup = (attribute: string, key: string, limit: number) => readonly number[];

/** Objects looked at for one key. More share a value only if it says nothing, and then another clause tells them apart. */
const usual = 200;

/** Candidates of each group in order: exactly one ends the search, zero or several go on to the next group. */
function search(
  rule: CompiledRule,
  source: ObjectView,
  lookup: Lookup,
  fits: (id: number, query: JoinQuery) => boolean,
): JoinOutcome {
  let several: readonly number[] = [];
  for (const query of joinQueries(rule, source)) {
    const ids = candidates(query, lookup).filter((id) => fits(id, query));
    if (ids.length === 1) return { kind: 'one', id: ids[0]! };
    if (ids.length > 1) several = ids;
  }
  return several.length > 0 ? { kind: 'several', ids: several } : { kind: 'none' };
}

/** Objects that may have a key of every clause: those of the clauses that few have; if all are common, of all of them. */
function candidates({ all }: JoinQuery, lookup: Lookup): number[] {
  const find =
    (limit: number) =>
    (result: Set<number> | undefined, { attribute, keys }: JoinKeys) => {
      if (result?.size === 0) return result;
      const found = keys.flatMap((key) => lookup(attribute, key, limit));
      if (found.length >= limit && all.length > 1) return result;
      return new Set(result ? found.filter((id) => result.has(id)) : found);
    };
  const none: Set<number> | undefined = undefined;
  const result = all.reduce(find(usual), none) ?? all.reduce(find(Number.MAX_SAFE_INTEGER), none) ?? [];
  return [...result].sort((a, b) => a - b);
}

/** Metaverse objects that the rule joins a connector-space object to. */
export function findIdentity(engine: Engine, rule: CompiledRule, view: ObjectView): JoinOutcome {
  const { store } = engine;
  const lookup: Lookup = (attribute, key, limit) => store.mv.findKey(store.attributes.id(attribute), key, limit);
  return search(rule, view, lookup, (id, query) => {
    const row = store.mv.get(id);
    if (!row || (rule.rule.targetObjectType !== '*' && row.type !== rule.rule.targetObjectType)) return false;
    return joinMatches(query.group, view, { values: JSON.parse(row.attributes) as Attributes });
  });
}

/** Connector-space objects without a link that an outbound rule joins a metaverse object to. */
export function findTarget(engine: Engine, connector: number, rule: CompiledRule, view: MvView): JoinOutcome {
  const { store } = engine;
  const lookup: Lookup = (attribute, key, limit) =>
    store.cs.findKey(connector, store.attributes.id(attribute), key, limit);
  return search(rule, view, lookup, (id, query) => {
    const row = store.cs.get(id);
    if (row?.object_type !== rule.rule.targetObjectType || store.mv.link(id)) return false;
    return joinMatches(query.group, { values: JSON.parse(row.attributes ?? '{}') as Attributes, dn: row.dn }, view);
  });
}
