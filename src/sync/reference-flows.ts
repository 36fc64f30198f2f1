/** Reference flows: which edges of which source become the references of a target object. Nothing is copied. */
import type { CompiledRule } from '../rules/compiled.ts';
import type { Contribution } from '../rules/contribute.ts';
import type { EngineConnector } from './context.ts';
import type { SyncRun } from './sync-run.ts';
import type { MvView } from './views.ts';

/**
 * Keeps `reference_flow` of one target object equal to the winning bindings. An attribute that is managed, has no
 * binding and holds references gets a flow from nowhere, so that it becomes empty.
 */
export function flowReferences(
  run: SyncRun,
  view: MvView,
  connector: EngineConnector,
  cs: number,
  result: Contribution,
  rules: readonly CompiledRule[],
  isNew: boolean,
): void {
  const { store } = run.engine;
  const current = new Map(isNew ? [] : store.references.flows(cs).map((f) => [f.attribute, f]));
  const wanted = wantedFlows(run, view, cs, result, rules, isNew);
  for (const [attribute, flow] of wanted) {
    const now = current.get(attribute);
    current.delete(attribute);
    if (flow === 'keep' || (now && now.source === flow.source && now.source_attribute === flow.sourceAttribute))
      continue;
    store.references.setFlow({
      cs,
      attribute,
      connector: connector.row.id,
      source: flow.source,
      source_attribute: flow.sourceAttribute,
    });
    recompute(run, cs, attribute);
  }
  for (const attribute of current.keys()) removeFlow(run, cs, attribute);
}

/** The references of this attribute come from nowhere any more, and nobody wants them changed. */
export function removeFlow(run: SyncRun, cs: number, attribute: number): void {
  run.engine.store.references.removeFlow(cs, attribute);
  recompute(run, cs, attribute);
}

function recompute(run: SyncRun, cs: number, attribute: number): void {
  if (!run.bulk) run.engine.store.references.recomputeAttribute(cs, attribute);
}

type Flow = 'keep' | { readonly source: number | null; readonly sourceAttribute: number | null };

function wantedFlows(
  run: SyncRun,
  view: MvView,
  cs: number,
  result: Contribution,
  rules: readonly CompiledRule[],
  isNew: boolean,
): Map<number, Flow> {
  const { store } = run.engine;
  const wanted = new Map<number, Flow>();
  for (const [name, binding] of result.references) {
    const attribute = store.attributes.id(name);
    const from = view.binding(binding.attribute);
    if (from) wanted.set(attribute, { source: from.cs, sourceAttribute: store.attributes.id(from.attribute) });
  }
  for (const name of result.kept) wanted.set(store.attributes.id(name), 'keep');
  if (isNew) return wanted;
  const held = store.references.counts(cs);
  if (held.length === 0) return wanted;
  const managed = new Set(
    rules.flatMap((r) => r.flows.filter((f) => f.binds).map((f) => store.attributes.id(f.target))),
  );
  for (const { attribute } of held) {
    if (managed.has(attribute) && !wanted.has(attribute))
      wanted.set(attribute, { source: null, sourceAttribute: null });
  }
  return wanted;
}
