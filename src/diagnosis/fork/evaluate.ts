/**
 * One identity under one configuration: its objects that still belong to it, its values, and what each target should hold. The
 * engine's own functions compute it (`sync/inbound.ts`, `sync/outbound.ts`); here is only what they would write, as data.
 */

import { applyDelta, attributeDelta, parseDelta } from '../../connector-space/hologram.ts';
import { structuralTypes } from '../../connector-space/scope.ts';
import { dnKey } from '../../model/dn.ts';
import type { Attributes, AttributeValue } from '../../model/value.ts';
import type { CompiledRule, RuleError } from '../../rules/compiled.ts';
import { joiningRule, joinMatches, joinQueries, mayProvision } from '../../rules/join.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { LinkRow, MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { computeInbound, type InboundSource, provenanceText, rulesInScope } from '../../sync/inbound.ts';
import { findTarget } from '../../sync/join.ts';
import { computeOutbound, rulesFor } from '../../sync/outbound.ts';
import { CsView, MvView, type Provenance } from '../../sync/views.ts';

/** One configuration over the store. */
export interface Side {
  readonly engine: Engine;
  isExporting(connector: number): boolean;
}

export const sideOf = (engine: Engine): Side => {
  const known = new Map<number, boolean>();
  return {
    engine,
    isExporting(connector) {
      let exporting = known.get(connector);
      if (exporting === undefined) {
        const { exports } = engine.store;
        const counts = exports.counts(connector);
        exporting = counts.add + counts.update + counts.delete > 0 || exports.unconfirmedCount(connector) > 0;
        known.set(connector, exporting);
      }
      return exporting;
    },
  };
};

export type Loss = 'scope' | 'rules' | 'gone';
export interface LostObject {
  readonly row: CsRow;
  readonly why: Loss;
}
export interface TargetState {
  readonly connector: EngineConnector;
  /** The connector-space object; undefined for one that would be made. */
  readonly row: CsRow | undefined;
  readonly type: string;
  /** What the target will hold of the attributes that rules manage, and of others. */
  readonly values: Attributes;
  /** What is to be written; for a new object everything. */
  readonly delta: Readonly<Record<string, AttributeValue | null>>;
  /** Name of the rule that gives a value, where it is known. */
  ruleOf(attribute: string): string | undefined;
  /** Reference attributes: whose edges they take over. */
  readonly bindings: ReadonlyMap<string, { readonly cs: number; readonly attribute: string }>;
}
/** The inbound half: who belongs to the identity, and its values. */
export interface Identity {
  /** Something keeps the identity. */
  readonly alive: boolean;
  readonly lost: readonly LostObject[];
  /** The objects that contribute. */
  readonly sources: readonly CsRow[];
  /** As it will be stored. */
  readonly mv: MvRow;
  readonly values: Attributes;
  ruleOf(attribute: string): string | undefined;
  readonly errors: readonly RuleError[];
}
export interface Evaluation extends Identity {
  readonly targets: ReadonlyMap<number, TargetState>;
}

/** Whether the configuration lets an object into the connector space. */
export function isSelected(connector: EngineConnector, row: CsRow): boolean {
  const type = row.object_type ?? '';
  if (structuralTypes.has(type)) return true;
  const { objectTypes } = connector.settings;
  if (objectTypes.length > 0 && !objectTypes.includes(type)) return false;
  const scope = connector.scopeOf(connector.partitionOf(row.partition)?.name ?? '');
  return scope?.includes(dnKey(row.dn)) ?? true;
}

/** `joining`: objects without an identity that this configuration would join to it. */
export function evaluate(side: Side, mv: MvRow, joining: readonly InboundSource[] = []): Evaluation {
  return evaluateOutbound(side, evaluateInbound(side, mv, side.engine.store.mv.links(mv.id), joining));
}

export function evaluateInbound(
  side: Side,
  mv: MvRow,
  links: readonly LinkRow[],
  joining: readonly InboundSource[] = [],
): Identity {
  const { engine } = side;
  const lost: LostObject[] = [];
  const sources: InboundSource[] = [];
  for (const link of links) {
    const source = sourceOf(side, link, lost);
    if (source) sources.push(source);
  }
  sources.push(...joining);
  const first = flowIn(engine, mv, sources);
  const again = first.alive ? lost.filter((l) => isJoinedAgain(side, first.mv, l)) : [];
  sources.push(...again.map(({ row }) => sourceIn(side, row)));
  const { result, alive, mv: becomes } = again.length > 0 ? flowIn(engine, mv, sources) : first;
  return {
    alive,
    lost: lost.filter((l) => !again.includes(l)),
    sources: sources.map((s) => s.view.row),
    mv: becomes,
    values: result.values,
    ruleOf: (attribute) => result.provenance[attribute]?.rule.rule.name,
    errors: result.errors,
  };
}

function flowIn(engine: Engine, mv: MvRow, sources: readonly InboundSource[]) {
  const { result, alive } = computeInbound(engine, mv, sources);
  if (!alive || result.errors.length > 0) return { result, alive, mv };
  const attributes = JSON.stringify(result.values);
  const provenance = provenanceText(engine, result, JSON.parse(mv.provenance) as Provenance);
  return { result, alive, mv: { ...mv, attributes, provenance } };
}

/** Whether an outbound rule joins an object that its inbound rules let go: then it gives what it has (sync/feedback.ts). */
function isJoinedAgain(side: Side, mv: MvRow, { row, why }: LostObject): boolean {
  const connector = side.engine.byId.get(row.connector);
  if (why !== 'rules' || !connector?.canExport) return false;
  const view = new MvView(side.engine.store, mv);
  const joining = joiningRule(rulesFor(side, view, connector, row.object_type ?? ''));
  if (joining.kind !== 'one') return false;
  const held = { values: JSON.parse(row.attributes ?? '{}') as Attributes, dn: row.dn };
  return joinQueries(joining.rule, view).some(({ group }) => joinMatches(group, held, view));
}

function sourceIn(side: Side, row: CsRow): InboundSource {
  const view = new CsView(side.engine.store, row, side.isExporting(row.connector));
  return { view, rules: rulesInScope(side.engine, view) };
}

/** The outbound half. An identity whose inbound half failed keeps its values, and flows out with them. */
export function evaluateOutbound(side: Side, told: Identity): Evaluation {
  if (!told.alive) return { ...told, targets: new Map() };
  const lost = new Set(told.lost.map((l) => l.row.id));
  const { targets, errors } = evaluateTargets(side, told, lost);
  return { ...told, targets, errors: [...told.errors, ...errors] };
}

/** The identity as it is stored: what its own rules give, if nothing waits for a synchronization (law 2). */
export function storedIdentity(side: Side, mv: MvRow, links: readonly LinkRow[]): Identity {
  const { engine } = side;
  const provenance = JSON.parse(mv.provenance) as Provenance;
  return {
    alive: true,
    lost: [],
    get sources() {
      return links.flatMap((l) => engine.store.cs.get(l.cs) ?? []);
    },
    mv,
    values: JSON.parse(mv.attributes) as Attributes,
    ruleOf(attribute) {
      const from = provenance[attribute];
      return from && engine.ruleByNumber(from[0])?.rule.name;
    },
    errors: [],
  };
}
export const storedEvaluation = (side: Side, mv: MvRow, links: readonly LinkRow[]): Evaluation =>
  Object.assign(storedIdentity(side, mv, links), { targets: keptTargets(side, mv, links) });

/** What an object still gives to its identity; notes it among the lost ones if it leaves. */
function sourceOf(side: Side, link: LinkRow, lost: LostObject[]): InboundSource | undefined {
  const { engine } = side;
  const row = engine.store.cs.get(link.cs);
  if (!row || row.attributes === null) return undefined;
  const connector = engine.byId.get(row.connector);
  if (engine.store.cs.pending(link.cs)?.kind === 'delete') {
    lost.push({ row, why: 'gone' });
    return undefined;
  }
  if (!connector || !isSelected(connector, row)) {
    lost.push({ row, why: 'scope' });
    return undefined;
  }
  const source = sourceIn(side, row);
  const madeOutbound = link.origin === 'outbound-join' || link.origin === 'provision';
  if (!madeOutbound && joiningRule(source.rules).kind === 'none') {
    lost.push({ row, why: 'rules' });
    return undefined;
  }
  return source;
}

/** The target as it is and as it is about to be anyway: for objects that no flow touches, or whose flow failed. */
function keptState(side: Side, connector: EngineConnector, row: CsRow): TargetState | undefined {
  const pending = side.engine.store.exports.get(row.id);
  if (pending?.operation === 'delete') return undefined;
  const delta = parseDelta(pending?.attributes);
  const values = applyDelta(JSON.parse(row.attributes ?? '{}') as Attributes, delta);
  return {
    connector,
    row,
    type: row.object_type ?? '',
    values,
    delta,
    ruleOf: (attribute) => writerOf(side, connector, row, attribute),
    bindings: boundBefore(side, row),
  };
}

/** The first rule that writes an attribute of such an object. */
const writerOf = ({ engine }: Side, connector: EngineConnector, row: CsRow, attribute: string): string | undefined =>
  engine.ruleSet.rules.find(
    ({ rule, flows }) =>
      rule.direction === 'outbound' &&
      rule.connector === connector.row.name &&
      rule.targetObjectType === row.object_type &&
      flows.some((f) => f.target === attribute),
  )?.rule.name;

/** The reference flows as they are stored. */
function boundBefore(side: Side, row: CsRow): TargetState['bindings'] {
  const { attributes, references } = side.engine.store;
  const flows = references.flows(row.id).filter((f) => f.source !== null && f.source_attribute !== null);
  return new Map(
    flows.map((f) => [
      attributes.name(f.attribute),
      { cs: f.source!, attribute: attributes.name(f.source_attribute!) },
    ]),
  );
}

/** The targets as they are. */
function keptTargets(
  side: Side,
  mv: MvRow,
  links = side.engine.store.mv.links(mv.id) as readonly LinkRow[],
): Map<number, TargetState> {
  const targets = new Map<number, TargetState>();
  for (const link of links) {
    const connector = side.engine.byId.get(link.connector);
    const row = side.engine.store.cs.get(link.cs);
    const kept = connector?.canExport && row ? keptState(side, connector, row) : undefined;
    if (kept) targets.set(link.connector, kept);
  }
  return targets;
}

function evaluateTargets(
  side: Side,
  told: Identity,
  lost: ReadonlySet<number>,
): { targets: Map<number, TargetState>; errors: readonly RuleError[] } {
  const { engine } = side;
  const view = new MvView(engine.store, told.mv);
  const targets = new Map<number, TargetState>();
  const errors: RuleError[] = [];
  for (const connector of engine.all) {
    if (!connector.canExport) continue;
    const fresh = told.mv.id < 0 ? told.sources.find((row) => row.connector === connector.row.id) : undefined;
    const state = fresh
      ? targetState(side, view, connector, fresh, fresh.object_type ?? '', errors)
      : evaluateTarget(side, view, connector, lost, errors);
    if (state) targets.set(connector.row.id, state);
  }
  return { targets, errors };
}

/** Follows `flowToConnector` of sync/outbound.ts, without writing. */
function evaluateTarget(
  side: Side,
  view: MvView,
  connector: EngineConnector,
  lost: ReadonlySet<number>,
  errors: RuleError[],
): TargetState | undefined {
  const { engine } = side;
  const types = engine.ruleSet.outboundTypes(connector.row.name, view.objectType);
  if (types.length === 0) return undefined;
  const joining = new Map<string, { rule: CompiledRule; provisioner?: CompiledRule }>();
  for (const type of types) {
    const found = joiningRule(rulesFor(side, view, connector, type));
    if (found.kind === 'one') joining.set(type, found);
  }
  const link = engine.store.mv.linkIn(view.id, connector.row.id);
  if (link && !lost.has(link.cs)) {
    const row = engine.store.cs.get(link.cs);
    if (!row) return undefined;
    const stays = joining.has(row.object_type ?? '') || (!link.owned && link.origin !== 'outbound-join');
    if (stays) return targetState(side, view, connector, row, row.object_type ?? '', errors);
  }
  for (const { rule } of joining.values()) {
    const found = findTarget(engine, connector.row.id, rule, view);
    if (found.kind !== 'one') continue;
    const row = engine.store.cs.get(found.id)!;
    return targetState(side, view, connector, row, row.object_type ?? '', errors);
  }
  for (const { provisioner } of joining.values())
    if (provisioner && mayProvision(provisioner, view))
      return targetState(side, view, connector, undefined, provisioner.rule.targetObjectType, errors);
  return undefined;
}

function targetState(
  side: Side,
  view: MvView,
  connector: EngineConnector,
  row: CsRow | undefined,
  type: string,
  errors: RuleError[],
): TargetState | undefined {
  const rules = rulesFor(side, view, connector, type);
  const { result, wanted, held, managed } = computeOutbound(side, view, connector, rules, row);
  if (result.errors.length > 0) {
    errors.push(result.errors[0]!);
    return row && keptState(side, connector, row);
  }
  if (rules.length === 0) return row && keptState(side, connector, row);
  const isNew = row === undefined || row.anchor === null;
  const delta = isNew ? wanted : attributeDelta(held, wanted, managed);
  const bindings = new Map<string, { cs: number; attribute: string }>();
  for (const [name, binding] of result.references) {
    const from = view.binding(binding.attribute);
    if (from) bindings.set(name, from);
  }
  return {
    connector,
    row,
    type,
    values: isNew ? wanted : applyDelta(held, delta),
    delta,
    ruleOf: (attribute) => result.provenance[attribute]?.rule.rule.name,
    bindings,
  };
}
