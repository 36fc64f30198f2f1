/** Outbound flow: what an identity should look like in every target, and the pending exports that make it so. */
import { attributeDelta, parseAttributes, parseDelta } from '../connector-space/hologram.ts';
import { dnKey } from '../model/dn.ts';
import { type Attributes, type AttributeValue, canonicalText, type Value } from '../model/value.ts';
import type { CompiledRule } from '../rules/compiled.ts';
import { type Contribution, contribute, type ReferenceBinding } from '../rules/contribute.ts';
import { inScope } from '../rules/in-scope.ts';
import { joiningRule, mayProvision } from '../rules/join.ts';
import type { TraceCollector } from '../rules/trace.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { ExportRow } from '../store/exports.ts';
import type { LinkRow } from '../store/metaverse.ts';
import type { Engine, EngineConnector } from './context.ts';
import { deprovision } from './deprovision.ts';
import { noteEcho, noteGain, noteLoss } from './feedback.ts';
import { findTarget } from './join.ts';
import { addLink, unlink } from './link.ts';
import { flowReferences, removeFlow } from './reference-flows.ts';
import { ruleErrorFacts, type SyncRun } from './sync-run.ts';
import { heldAttributes, MvView } from './views.ts';

/** Brings the outbound side of one identity up to date in all targets. */
export function flowOutbound(run: SyncRun, mvId: number): void {
  const { engine } = run;
  const row = engine.store.mv.get(mvId);
  if (!row) return;
  const view = new MvView(engine.store, row);
  let failed = false;
  for (const connector of engine.all) {
    if (connector.canExport && flowToConnector(run, view, connector) === 'failed') failed = true;
  }
  // It stays marked, so that the next run tries again.
  if (failed) engine.store.mv.markDirty(mvId);
}

type Outcome = 'done' | 'failed';

function flowToConnector(run: SyncRun, view: MvView, connector: EngineConnector): Outcome {
  const { store, ruleSet } = run.engine;
  const types = ruleSet.outboundTypes(connector.settings.connector.name, view.objectType);
  if (types.length === 0) {
    withdraw(run, view, connector);
    return 'done';
  }
  const rules = new Map<string, JoiningOne | undefined>();
  for (const type of types) {
    const joining = joiningRule(rulesFor(run, view, connector, type));
    if (joining.kind === 'several') return conflictingRules(run, view, connector, joining.rules);
    rules.set(type, joining.kind === 'one' ? joining : undefined);
  }
  const link = store.mv.linkIn(view.id, connector.row.id);
  if (link) {
    const row = store.cs.get(link.cs);
    if (!row) return 'done';
    const kept = flowToLinked(run, view, connector, rules.get(row.object_type ?? ''), { row, link });
    if (kept !== 'left') return kept;
  }
  return flowToUnlinked(
    run,
    view,
    connector,
    [...rules.values()].filter((r) => r !== undefined),
  );
}

type JoiningOne = Extract<ReturnType<typeof joiningRule>, { kind: 'one' }>;

function conflictingRules(
  run: SyncRun,
  view: MvView,
  connector: EngineConnector,
  rules: readonly CompiledRule[],
): Outcome {
  run.fail(sourceOf(run, view), 'sync', {
    code: 'rule-conflict',
    message: `Several joining rules to ${connector.settings.connector.name} are in scope for this object: ${rules.map((r) => r.rule.name).join(', ')}. Narrow their scopes so that only one applies.`,
  });
  return 'failed';
}

/** The object an administrator looks for in her directory: errors of an identity hang on it, not on a target. */
function sourceOf(run: SyncRun, view: MvView): number {
  const links = run.engine.store.mv.links(view.id);
  return (links.find((l) => l.origin === 'projection' || l.origin === 'join') ?? links[0])?.cs ?? 0;
}

/** `left`: the identity has no object there any more, another may be found or made. */
function flowToLinked(
  run: SyncRun,
  view: MvView,
  connector: EngineConnector,
  joining: JoiningOne | undefined,
  { row, link }: { readonly row: CsRow; readonly link: LinkRow },
): Outcome | 'left' {
  const { store } = run.engine;
  if (!joining && link.owned) {
    deprovision(run, row.id, 'out-of-scope');
    noteLoss(run, link.mv);
    return 'left';
  }
  if (!joining && link.origin === 'outbound-join') {
    unlink(run, row.id, 'out-of-scope');
    store.exports.remove(row.id);
    noteLoss(run, link.mv);
    return 'left';
  }
  if (joining?.provisioner && !link.owned) store.mv.own(row.id);
  const outcome = flowAttributes(run, view, connector, row);
  if (outcome !== 'other-object') return outcome;
  deprovision(run, row.id, 'other-object');
  return 'left';
}

/** Joins an object that is there; otherwise the rule that provisions makes one. */
function flowToUnlinked(
  run: SyncRun,
  view: MvView,
  connector: EngineConnector,
  joining: readonly JoiningOne[],
): Outcome {
  for (const { rule } of run.heldNothing(connector.row.id) ? [] : joining) {
    const found = findTarget(run.engine, connector.row.id, rule, view);
    if (found.kind !== 'one') continue;
    const row = run.engine.store.cs.get(found.id)!;
    addLink(run, found.id, view.id, connector.row.id, 'outbound-join', rule);
    noteGain(run, connector, row);
    return settled(flowAttributes(run, view, connector, row));
  }
  for (const { provisioner } of joining) {
    if (provisioner && mayProvision(provisioner, view)) return provision(run, view, connector, provisioner);
  }
  return 'done';
}

/** The outbound rules in scope that write to objects of this type. */
export function rulesFor(
  run: { readonly engine: Engine },
  view: MvView,
  connector: EngineConnector,
  type: string,
): readonly CompiledRule[] {
  const rules = run.engine.ruleSet.outbound(connector.settings.connector.name, view.objectType, type);
  return inScope(rules, view, connector.evaluation(null));
}

/** Makes the object that is to be created in a target, or adopts the one that holds its DN already. */
function provision(run: SyncRun, view: MvView, connector: EngineConnector, rule: CompiledRule): Outcome {
  const { store } = run.engine;
  const type = rule.rule.targetObjectType;
  const rules = rulesFor(run, view, connector, type);
  const { result, wanted } = computeOutbound(run, view, connector, rules, undefined);
  if (reportErrors(run, view, result)) return 'failed';
  const dn = result.values.dn;
  if (typeof dn !== 'string') {
    run.fail(sourceOf(run, view), 'sync', {
      code: 'missing-provisioning-attribute',
      message: `The rule "${rule.rule.name}" creates an object in ${connector.settings.connector.name} but no flow gives its dn.`,
      rule: rule.rule.name,
    });
    return 'failed';
  }
  const key = dnKey(dn);
  const same = store.cs.byDn(connector.row.id, key).filter((r) => r.object_type === type);
  const existing = same.find((r) => !store.mv.link(r.id));
  const source = sourceOf(run, view);
  const taken = existing ? undefined : same.find((r) => r.anchor !== null || store.exports.get(r.id));
  if (taken) return anchorTaken(run, connector, source, taken, dn);
  run.clearErrorOf(source, 'sync', 'duplicate-source-anchor');
  if (existing) {
    addLink(run, existing.id, view.id, connector.row.id, 'outbound-join', rule);
    noteGain(run, connector, existing);
    return settled(flowAttributes(run, view, connector, existing));
  }
  const row: Omit<CsRow, 'id'> = {
    connector: connector.row.id,
    partition: null,
    anchor: null,
    dn,
    object_type: type,
    attributes: null,
  };
  const cs = store.cs.insert(row, key);
  addLink(run, cs, view.id, connector.row.id, 'provision', rule);
  store.exports.set(cs, connector.row.id, 'add', JSON.stringify(wanted), run.id);
  run.markExporting(connector.row.id);
  flowReferences(run, view, connector, cs, result, rules, true);
  rememberGiven(run, view, connector, rules, cs);
  run.counters.add('provisioned-add-flow', cs);
  return 'done';
}

/** What carries the anchor of another identity must not be sent: the target would write it over that one's object. */
function anchorTaken(run: SyncRun, connector: EngineConnector, source: number, taken: CsRow, dn: string): Outcome {
  const owner = run.engine.store.mv.link(taken.id);
  const other = owner ? run.engine.store.mv.links(owner.mv).find((l) => l.connector !== taken.connector) : undefined;
  const otherDn = (other ? run.engine.store.cs.get(other.cs)?.dn : undefined) ?? taken.dn;
  run.fail(source, 'sync', {
    code: 'duplicate-source-anchor',
    message: `The object ${dn} of ${connector.settings.connector.name} belongs to ${otherDn}, which has the same source anchor. Give one of them another anchor.`,
    facts: { otherDn },
  });
  return 'failed';
}

/**
 * Computes the target's attributes and stages what differs from what it holds. `other-object`: what was to be created
 * never was, and by now the rules mean another object (its source anchor was corrected): that one may be there already.
 */
function flowAttributes(run: SyncRun, view: MvView, connector: EngineConnector, row: CsRow): Outcome | 'other-object' {
  const { store } = run.engine;
  const rules = rulesFor(run, view, connector, row.object_type ?? '');
  const pending = run.isExporting(row.connector) ? store.exports.get(row.id) : undefined;
  if (rules.length === 0) {
    withdrawUpdate(run, connector, row, pending);
    return 'done';
  }
  const { result, wanted, held, managed } = computeOutbound(run, view, connector, rules, row);
  if (reportErrors(run, view, result)) return 'failed';
  if (pending?.operation === 'add' && row.anchor === null) {
    const { dn } = result.values;
    if (pending.state === 0 && typeof dn === 'string' && dnKey(dn) !== dnKey(row.dn)) return 'other-object';
    const text = JSON.stringify(wanted);
    if (text !== pending.attributes) store.exports.set(row.id, connector.row.id, 'add', text, run.id);
  } else {
    stageUpdate(run, connector, row, attributeDelta(held, wanted, managed), pending);
  }
  flowReferences(run, view, connector, row.id, result, rules, false);
  rememberGiven(run, view, connector, rules, row.id);
  return 'done';
}

/** No rule speaks of such identities in this target any more: what was never made is given up, what is there stays as it is. */
function withdraw(run: SyncRun, view: MvView, connector: EngineConnector): void {
  const { store } = run.engine;
  const link = store.mv.linkIn(view.id, connector.row.id);
  const row = link && store.cs.get(link.cs);
  if (!row) return;
  const pending = run.isExporting(row.connector) ? store.exports.get(row.id) : undefined;
  if (pending?.operation === 'add' && pending.state === 0 && row.anchor === null)
    deprovision(run, row.id, 'out-of-scope');
  else withdrawUpdate(run, connector, row, pending);
}

/** No rule wants anything of an object that is there: changes that wait for it are wanted by nobody. */
function withdrawUpdate(run: SyncRun, connector: EngineConnector, row: CsRow, pending: ExportRow | undefined): void {
  const { references } = run.engine.store;
  if (pending?.operation === 'update' && pending.state === 0) {
    stageUpdate(run, connector, row, {}, pending);
  }
  for (const { attribute } of references.flows(row.id)) removeFlow(run, row.id, attribute);
}

/** For an object that is there: nothing of it waits to be created. */
const settled = (outcome: Outcome | 'other-object'): Outcome => (outcome === 'other-object' ? 'done' : outcome);

/** Targets of merging flows: the object keeps what others gave it, and loses only what these rules gave before. */
function mergedTargets(rules: readonly CompiledRule[]): readonly string[] {
  let merged = mergedCache.get(rules);
  if (!merged) {
    merged = rules.flatMap((r) => r.flows.filter((f) => f.combination !== 'best').map((f) => f.target));
    mergedCache.set(rules, merged);
  }
  return merged;
}
const mergedCache = new WeakMap<readonly CompiledRule[], readonly string[]>();

/** Writes down what merging flows give an object, so that they can take it back (sync-engine s.2.7). */
function rememberGiven(
  run: SyncRun,
  view: MvView,
  connector: EngineConnector,
  rules: readonly CompiledRule[],
  cs: number,
): void {
  const merged = mergedTargets(rules);
  if (merged.length === 0) return;
  const { exports } = run.engine.store;
  const { values } = contribute(
    [{ sourceId: view.id, view, rules, ctx: connector.evaluation(null) }],
    { values: {}, references: noReferences },
    { isNew: false },
  );
  const given = canonicalText(
    Object.fromEntries(merged.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]))),
  );
  if (given === (exports.given(cs) ?? '{}')) return;
  if (given === '{}') exports.removeGiven(cs);
  else exports.setGiven(cs, given);
}

function stageUpdate(
  run: SyncRun,
  connector: EngineConnector,
  row: CsRow,
  delta: Record<string, AttributeValue | null>,
  pending: ExportRow | undefined,
): void {
  const { exports, mv } = run.engine.store;
  const text = JSON.stringify(Object.fromEntries(Object.entries(delta).sort(([a], [b]) => (a < b ? -1 : 1))));
  if (pending?.state === 1) {
    // Its creation was on the way when it was given up, and now it is wanted again: what became of it decides.
    if (pending.operation === 'delete' && row.anchor === null)
      exports.set(row.id, connector.row.id, 'add', text, run.id);
    mv.markDirty(mv.link(row.id)?.mv ?? 0);
    return;
  }
  if (text === '{}' || run.unsettled.has(row.id)) {
    if (pending) {
      exports.remove(row.id);
      noteEcho(run, connector, row, Object.keys(parseDelta(pending.attributes)));
      run.engine.store.obstacles.remove(row.id, '');
      run.engine.store.records.clearError(row.id, 'export');
    }
    return;
  }
  if (pending?.operation === 'update' && pending.attributes === text) return;
  exports.set(row.id, connector.row.id, 'update', text, run.id);
  run.markExporting(connector.row.id);
  noteEcho(run, connector, row, [...Object.keys(delta), ...Object.keys(parseDelta(pending?.attributes))]);
  run.counters.add('export-attribute-flow', row.id);
}

export interface OutboundResult {
  readonly result: Contribution;
  /** The values in the shape of the target's schema, names in order. */
  readonly wanted: Attributes;
  readonly held: Attributes;
  /** Attributes to compare and write; references and `dn` are not among them. */
  readonly managed: readonly string[];
}

/** What the rules make of an identity for a target object; `row` undefined: for one that does not exist yet. */
export function computeOutbound(
  run: { readonly engine: Engine; isExporting(connector: number): boolean },
  view: MvView,
  connector: EngineConnector,
  rules: readonly CompiledRule[],
  row: CsRow | undefined,
  trace?: TraceCollector,
): OutboundResult {
  const { store } = run.engine;
  const imported = parseAttributes(row?.attributes ?? null);
  const held = row && run.isExporting(row.connector) ? heldAttributes(store, row.id, imported) : imported;
  const isNew = row === undefined || (row.anchor === null && row.attributes === null);
  const exported = row && mergedTargets(rules).length > 0 ? store.exports.given(row.id) : undefined;
  const result = contribute(
    [{ sourceId: view.id, view, rules, ctx: connector.evaluation(null) }],
    { values: held, references: noReferences, ...(exported ? { exported: JSON.parse(exported) as Attributes } : {}) },
    { isNew, ...(trace ? { trace } : {}) },
  );
  const type = row?.object_type ?? rules[0]?.rule.targetObjectType ?? '';
  const wanted = inShapeOf(connector, type, result.values);
  const known = (name: string) =>
    hasAttribute(connector, type, name) &&
    (wanted[name] !== undefined || connector.attributes.get(name)?.neverCleared !== true);
  const managed = result.managed.filter((n) => known(n) && !result.references.has(n) && !result.kept.includes(n));
  return { result, wanted, held, managed };
}

const noReferences: ReadonlyMap<string, ReferenceBinding> = new Map();

/** Whether objects of this type have the attribute in the target. Without a schema they have all. */
function hasAttribute(connector: EngineConnector, type: string, name: string): boolean {
  if (name === 'dn') return false;
  if (connector.attributes.size === 0) return true;
  const schema = connector.attributes.get(name);
  if (schema === undefined) return connector.isOpen(name);
  return schema.objectTypes === undefined || schema.objectTypes.includes(type);
}

/** Multi-valued attributes of the target are lists, and what the target does not have is left out. */
function inShapeOf(connector: EngineConnector, type: string, values: Attributes): Attributes {
  const shaped: Record<string, AttributeValue> = {};
  for (const name of Object.keys(values)) {
    if (!hasAttribute(connector, type, name)) continue;
    const value = values[name]!;
    const schema = connector.attributes.get(name);
    shaped[name] = schema?.multiValued && !Array.isArray(value) ? [value as Value] : value;
  }
  return shaped;
}

function reportErrors(run: SyncRun, view: MvView, result: Contribution): boolean {
  const [error] = result.errors;
  if (!error) return false;
  run.fail(sourceOf(run, view), 'sync', ruleErrorFacts(error));
  return true;
}
