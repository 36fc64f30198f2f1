/** Inbound flow: the metaverse object as a function of the connector-space objects linked to it and of the rules. */
import { type Attributes, type AttributeValue, sameValue, valuesOf } from '../model/value.ts';
import type { CompiledRule } from '../rules/compiled.ts';
import { type Contribution, contribute, type PreviousState, type ReferenceBinding } from '../rules/contribute.ts';
import { inScope } from '../rules/in-scope.ts';
import { joinKey } from '../rules/join.ts';
import type { TraceCollector } from '../rules/trace.ts';
import type { MvRow } from '../store/metaverse.ts';
import type { Engine } from './context.ts';
import { ruleErrorFacts, type SyncRun } from './sync-run.ts';
import { CsView, type Provenance } from './views.ts';

export interface InboundSource {
  readonly view: CsView;
  readonly rules: readonly CompiledRule[];
}

/** The inbound rules whose scope an object meets, best precedence first. */
export function rulesInScope(engine: Engine, view: CsView): readonly CompiledRule[] {
  const connector = engine.byId.get(view.row.connector);
  if (!connector || view.row.object_type === null) return [];
  const rules = engine.ruleSet.inbound(connector.settings.connector.name, view.row.object_type);
  return inScope(rules, view, connector.evaluation(view.row.partition));
}

/** The objects linked to an identity with the rules that apply to them; `fresh` saves reading one of them again. */
export function sourcesOf(
  engine: Engine,
  mv: MvRow,
  isExporting: (connector: number) => boolean,
  fresh?: InboundSource,
): InboundSource[] {
  const sources: InboundSource[] = [];
  for (const link of engine.store.mv.links(mv.id)) {
    if (fresh && link.cs === fresh.view.row.id) {
      sources.push(fresh);
      continue;
    }
    const row = engine.store.cs.get(link.cs);
    if (!row || row.attributes === null || engine.store.cs.pending(link.cs)?.kind === 'delete') continue;
    const view = new CsView(engine.store, row, isExporting(row.connector));
    sources.push({ view, rules: rulesInScope(engine, view) });
  }
  return sources;
}

/** Computes an identity. Pure but for what the views read. */
export function computeInbound(
  engine: Engine,
  mv: MvRow,
  sources: readonly InboundSource[],
  trace?: TraceCollector,
): { result: Contribution; alive: boolean } {
  const result = contribute(
    sources.map((s) => ({
      sourceId: s.view.row.id,
      view: s.view,
      rules: fitting(s.rules, mv.type),
      ctx: engine.byId.get(s.view.row.connector)!.evaluation(s.view.row.partition),
    })),
    new PreviousIdentity(engine, mv),
    { isNew: mv.provenance === '{}', ...(trace ? { trace } : {}) },
  );
  const alive = sources.some((s) => fitting(s.rules, mv.type).some((r) => r.rule.linkType !== 'Join'));
  return { result, alive };
}

const fittingCache = new WeakMap<readonly CompiledRule[], Map<string, readonly CompiledRule[]>>();

/** The rules that write to this metaverse type. The same array for the same question: flow plans hang on it. */
function fitting(rules: readonly CompiledRule[], type: string): readonly CompiledRule[] {
  if (rules.every((r) => r.rule.targetObjectType === type)) return rules;
  const byType = fittingCache.get(rules) ?? new Map<string, readonly CompiledRule[]>();
  fittingCache.set(rules, byType);
  const made =
    byType.get(type) ?? rules.filter((r) => r.rule.targetObjectType === type || r.rule.targetObjectType === '*');
  byType.set(type, made);
  return made;
}

/** What an identity was, read only if a flow that applies once or not at all asks for it. */
class PreviousIdentity implements PreviousState {
  readonly #engine: Engine;
  readonly #mv: MvRow;

  constructor(engine: Engine, mv: MvRow) {
    this.#engine = engine;
    this.#mv = mv;
  }

  get values(): Attributes {
    return JSON.parse(this.#mv.attributes) as Attributes;
  }

  get references(): ReadonlyMap<string, ReferenceBinding> {
    const bindings = new Map<string, ReferenceBinding>();
    for (const [name, [number, sourceId, attribute]] of Object.entries(provenanceOf(this.#mv))) {
      const rule = this.#engine.ruleByNumber(number);
      if (attribute !== undefined && rule) bindings.set(name, { rule, sourceId, attribute });
    }
    return bindings;
  }
}

const provenanceOf = (mv: MvRow): Provenance => JSON.parse(mv.provenance) as Provenance;

/**
 * Text of the provenance as it is stored, names in order. Values that were kept keep theirs; `previous` is asked for them
 * alone. Attribute names need no escaping: rules accept only names without quotes and the like (isAttributeName).
 */
export function provenanceText(
  engine: Engine,
  result: Contribution,
  previous: Provenance | (() => Provenance),
): string {
  const { values, contributors, references } = result;
  const beginning = beginningsOf(engine);
  const bound = references.size === 0 ? none : [...references.keys()].sort();
  let next = 0;
  let text = '';
  const bindUpTo = (name: string | undefined) => {
    for (let b = bound[next]; b !== undefined && (name === undefined || b <= name); b = bound[++next]) {
      const { rule, sourceId, attribute } = references.get(b)!;
      text += `,"${b}":[${engine.ruleNumber(rule)},${sourceId},"${attribute}"]`;
    }
  };
  const names = Object.keys(values);
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    bindUpTo(name);
    if (bound[next - 1] === name) continue;
    const from = contributors[i];
    if (from) {
      text += `${beginning(from.rule, name)}${from.sourceId}]`;
      continue;
    }
    const kept = (typeof previous === 'function' ? previous() : previous)[name];
    if (kept) text += `,"${name}":[${kept[0]},${kept[1]}]`;
  }
  bindUpTo(undefined);
  return `{${text.slice(1)}}`;
}

const none: readonly never[] = [];

type Beginning = (rule: CompiledRule, name: string) => string;
const beginnings = new WeakMap<Engine, Beginning>();

/** The text up to the number of the object is the same for every object that a rule gives an attribute to. */
function beginningsOf(engine: Engine): Beginning {
  let known = beginnings.get(engine);
  if (!known) {
    const byRule = new Map<CompiledRule, Map<string, string>>();
    known = (rule, name) => {
      let byName = byRule.get(rule);
      if (!byName) {
        byName = new Map();
        byRule.set(rule, byName);
      }
      let text = byName.get(name);
      if (text === undefined) {
        text = `,"${name}":[${engine.ruleNumber(rule)},`;
        byName.set(name, text);
      }
      return text;
    };
    beginnings.set(engine, known);
  }
  return known;
}

export interface InboundOutcome {
  readonly changed: boolean;
  /** False: nothing keeps the identity any more, the caller removes it. */
  readonly alive: boolean;
  readonly failed: boolean;
}

/** Brings an identity up to date; one that is new is stored with its first values, and not at all if these fail. */
export function flowInbound(run: SyncRun, mvId: number, fresh?: InboundSource, newType?: string): InboundOutcome {
  const { engine } = run;
  const { store } = engine;
  const mv =
    newType === undefined ? store.mv.get(mvId) : { id: mvId, type: newType, attributes: '{}', provenance: '{}' };
  if (!mv) return { changed: false, alive: true, failed: false };
  const sources = newType !== undefined && fresh ? [fresh] : sourcesOf(engine, mv, (c) => run.isExporting(c), fresh);
  const { result, alive } = computeInbound(engine, mv, sources);
  const [error] = result.errors;
  if (alive && error) {
    run.fail(error.sourceId, 'sync', ruleErrorFacts(error));
    return { changed: false, alive: true, failed: true };
  }
  if (!alive) return { changed: true, alive: false, failed: false };
  // `contribute` gives names in order, so this is the canonical text; the law check computes it the long way.
  const attributes = JSON.stringify(result.values);
  const provenance = provenanceText(engine, result, () => provenanceOf(mv));
  for (const s of sources) run.clearError(s.view.row.id, 'sync');
  if (newType !== undefined) store.mv.insert({ id: mvId, type: newType, attributes, provenance });
  else if (attributes === mv.attributes && provenance === mv.provenance)
    return { changed: false, alive: true, failed: false };
  else store.mv.update(mvId, attributes, provenance);
  const before = JSON.parse(mv.attributes) as Attributes;
  rekey(engine, mvId, before, result.values);
  if (mv.provenance !== '{}') journalChanges(run, mvId, before, result);
  return { changed: true, alive: true, failed: false };
}

function journalChanges(run: SyncRun, mv: number, before: Attributes, { values, provenance }: Contribution): void {
  const changes: Record<string, { before?: AttributeValue; after?: AttributeValue; rule?: string }> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(values)])) {
    const [b, a] = [before[name], values[name]];
    if (sameValue(b, a)) continue;
    const rule = provenance[name]?.rule.rule.name;
    changes[name] = {
      ...(b === undefined ? {} : { before: b }),
      ...(a === undefined ? {} : { after: a }),
      ...(rule === undefined ? {} : { rule }),
    };
  }
  if (Object.keys(changes).length > 0) run.journal('identity-changed', null, mv, { changes });
}

/** Keeps the search keys of an identity equal to its values. */
export function rekey(engine: Engine, mv: number, before: Attributes, after: Attributes): void {
  const { store } = engine;
  for (const name of engine.metaverseKeys) {
    const [b, a] = [before[name], after[name]];
    if (b === a) continue;
    const attribute = store.attributes.id(name);
    const had = keysOf(b);
    const has = keysOf(a);
    for (const k of had) if (!has.includes(k)) store.mv.removeKey(attribute, k, mv);
    for (const k of has) if (!had.includes(k)) store.mv.addKey(attribute, k, mv);
  }
}

function keysOf(value: AttributeValue | undefined): readonly string[] {
  if (value === undefined) return none;
  if (typeof value === 'string') return value === '' ? none : [value.toLowerCase()];
  return [...new Set(valuesOf(value).flatMap((v) => joinKey(v) ?? []))];
}
