/**
 * Objects that have no identity, under the other configuration: whom they would join, and who would become an identity of their
 * own. In the order of the engine, because whoever comes first can be joined by those who follow (sync-engine s.2.4).
 */
import type { Attributes } from '../../model/value.ts';
import { valuesOf } from '../../model/value.ts';
import type { CompiledRule } from '../../rules/compiled.ts';
import { joiningRule, joinKey, joinMatches, joinQueries, mayProvision } from '../../rules/join.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import { type InboundSource, rulesInScope } from '../../sync/inbound.ts';
import { CsView } from '../../sync/views.ts';
import type { Comparison } from './compare.ts';
import { type Evaluation, evaluate, isSelected, type Side } from './evaluate.ts';
import type { ForkPart } from './groups.ts';

/** Objects without identity that a configuration would give one, in the order in which the engine would take them. */
export function newcomersOf(side: Side): number[] {
  const { engine } = side;
  const found: { readonly id: number; readonly order: number; readonly connector: number; readonly type: string }[] =
    [];
  for (const connector of engine.all) {
    for (const type of engine.store.cs.types(connector.row.id)) {
      const rules = engine.ruleSet.inbound(connector.row.name, type);
      const order = rules.find((r) => r.rule.join.length > 0)?.order ?? Number.MAX_SAFE_INTEGER;
      if (rules.length === 0) continue;
      for (const row of unlinked(side, connector.row.id, type)) {
        if (!isSelected(connector, row) || !joins(side, row)) continue;
        found.push({ id: row.id, order, connector: row.connector, type });
      }
    }
  }
  return found
    .sort(
      (a, b) =>
        a.order - b.order || a.connector - b.connector || (a.type < b.type ? -1 : a.type > b.type ? 1 : a.id - b.id),
    )
    .map((f) => f.id);
}

function* unlinked({ engine }: Side, connector: number, type: string): Generator<CsRow> {
  const { cs, mv } = engine.store;
  for (let after = 0; ; ) {
    const rows = cs.page(connector, type, after, 1000);
    if (rows.length === 0) return;
    for (const row of rows)
      if (row.attributes !== null && !mv.link(row.id) && cs.pending(row.id)?.kind !== 'delete') yield row;
    after = rows.at(-1)!.id;
  }
}

const viewOf = (side: Side, row: CsRow): CsView => new CsView(side.engine.store, row, side.isExporting(row.connector));
const joins = (side: Side, row: CsRow): boolean =>
  joiningRule(rulesInScope(side.engine, viewOf(side, row))).kind === 'one';

/** Look-ups of identities by join keys as they will be: the index of the store, with what changes laid over it. */
class JoinIndex {
  readonly #side: Side;
  readonly #indexed: ReadonlySet<string>;
  readonly #overlay = new Map<string, Map<string, Set<number>>>();
  readonly #replaced = new Map<string, Set<number>>();

  constructor(side: Side, indexed: ReadonlySet<string>, changes: ForkPart['joinValues']) {
    this.#side = side;
    this.#indexed = indexed;
    for (const [mv, attribute, keys] of changes) {
      this.#of(this.#replaced, attribute).add(mv);
      this.put(attribute, keys, mv);
    }
    const missing = [...side.engine.ruleSet.metaverseJoinAttributes()].filter((name) => !indexed.has(name));
    if (missing.length > 0) this.#scan(missing);
  }

  #of(sets: Map<string, Set<number>>, name: string): Set<number> {
    const known = sets.get(name) ?? new Set<number>();
    sets.set(name, known);
    return known;
  }

  /** Attributes that no rule joined by until now are in no index. */
  #scan(names: readonly string[]): void {
    for (let after = 0; ; ) {
      const rows = this.#side.engine.store.mv.page(after, 2000);
      if (rows.length === 0) return;
      for (const row of rows) {
        const values = JSON.parse(row.attributes) as Attributes;
        for (const name of names)
          if (!this.#replaced.get(name)?.has(row.id)) this.put(name, keysOf(values, name), row.id);
      }
      after = rows.at(-1)!.id;
    }
  }

  put(attribute: string, keys: readonly string[], mv: number): void {
    const byKey = this.#overlay.get(attribute) ?? new Map<string, Set<number>>();
    this.#overlay.set(attribute, byKey);
    for (const key of keys) this.#of(byKey, key).add(mv);
  }

  find(attribute: string, key: string): readonly number[] {
    const over = this.#overlay.get(attribute)?.get(key) ?? [];
    const id = this.#indexed.has(attribute) ? this.#side.engine.store.attributes.find(attribute) : undefined;
    const replaced = this.#replaced.get(attribute);
    const below =
      id === undefined ? [] : this.#side.engine.store.mv.findKey(id, key).filter((mv) => !replaced?.has(mv));
    return [...new Set([...below, ...over])];
  }
}

const keysOf = (values: Attributes, name: string): string[] => valuesOf(values[name]).flatMap((v) => joinKey(v) ?? []);

/** An identity with the newcomers that joined it. `row.id` is negative for one that did not exist. */
interface Growing {
  readonly row: MvRow;
  readonly sources: InboundSource[];
  told: Evaluation;
}

/** Gives the newcomers identities and notes what follows from it. */
export function settleNewcomers(
  before: Side,
  after: Side,
  ids: readonly number[],
  changes: ForkPart['joinValues'],
  comparison: Comparison,
): void {
  const index = new JoinIndex(after, before.engine.metaverseKeys, changes);
  const growing = new Map<number, Growing>();
  const already = new Set(newcomersOf(before));
  let made = 0;
  for (const id of ids) {
    const row = after.engine.store.cs.get(id)!;
    const view = viewOf(after, row);
    const source = { view, rules: rulesInScope(after.engine, view) };
    const joining = joiningRule(source.rules);
    if (joining.kind !== 'one') continue;
    const found = findIdentity(after, index, growing, joining.rule, view);
    if (found !== undefined) join(before, after, found, source, joining.rule, growing, comparison);
    else if (joining.rule.rule.targetObjectType !== '*' && mayProvision(joining.rule, view)) {
      const fresh: MvRow = { id: --made, type: joining.rule.rule.targetObjectType, attributes: '{}', provenance: '{}' };
      const told = evaluate(after, fresh, [source]);
      growing.set(fresh.id, { row: fresh, sources: [source], told });
      for (const name of after.engine.ruleSet.metaverseJoinAttributes())
        index.put(name, keysOf(told.values, name), fresh.id);
    }
  }
  for (const grown of growing.values()) {
    // What the rules in force would do with it as well is no difference.
    if (grown.row.id < 0 && !grown.sources.some((s) => already.has(s.view.row.id)))
      comparison.difference(nothing(before, grown), grown.told);
  }
}

/** The identity that is not there, and its objects, which the rules in force keep out. */
const nothing = ({ engine }: Side, { row, sources }: Growing): Evaluation => ({
  alive: false,
  lost: sources.map((s) => {
    const connector = engine.byId.get(s.view.row.connector);
    return { row: s.view.row, why: connector && !isSelected(connector, s.view.row) ? 'scope' : 'rules' };
  }),
  sources: [],
  mv: row,
  values: {},
  ruleOf: () => undefined,
  targets: new Map(),
  errors: [],
});

function join(
  before: Side,
  after: Side,
  mvId: number,
  source: InboundSource,
  rule: CompiledRule,
  growing: Map<number, Growing>,
  comparison: Comparison,
): void {
  const known = growing.get(mvId);
  const row = known?.row ?? after.engine.store.mv.get(mvId);
  if (!row) return;
  const sources = [...(known?.sources ?? []), source];
  // One object of a connector is all that an identity can have (law 1).
  const taken = (known?.sources ?? []).some((s) => s.view.row.connector === source.view.row.connector);
  if (taken || (mvId > 0 && after.engine.store.mv.linkIn(mvId, source.view.row.connector))) return;
  const without = known?.told ?? evaluate(after, row);
  const told = evaluate(after, row, sources);
  growing.set(mvId, { row, sources, told });
  if (mvId < 0) return;
  const connector = after.engine.byId.get(source.view.row.connector)?.row.name ?? '';
  if (joins(before, source.view.row)) return;
  comparison.joined(connector, rule.rule.name, told, source);
  comparison.difference(without, told);
}

/** As `sync/join.ts` searches, in the index of what will be. */
function findIdentity(
  side: Side,
  index: JoinIndex,
  growing: ReadonlyMap<number, Growing>,
  rule: CompiledRule,
  view: CsView,
): number | undefined {
  for (const query of joinQueries(rule, view)) {
    let candidates: Set<number> | undefined;
    for (const { attribute, keys } of query.all) {
      const found = new Set(keys.flatMap((key) => index.find(attribute, key)));
      candidates = candidates ? new Set([...candidates].filter((id) => found.has(id))) : found;
    }
    const fitting = [...(candidates ?? [])].filter((id) => {
      const known = growing.get(id);
      const row = known?.row ?? side.engine.store.mv.get(id);
      if (!row || (rule.rule.targetObjectType !== '*' && row.type !== rule.rule.targetObjectType)) return false;
      const values = known?.told.values ?? evaluate(side, row).values;
      return joinMatches(query.group, view, { values });
    });
    if (fitting.length === 1) return fitting[0];
  }
  return undefined;
}
