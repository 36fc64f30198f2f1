/**
 * Two configurations side by side, identity by identity: what the next full synchronization would make of it under the rules in
 * force, and under the others. What is the same as stored is not looked at twice.
 */

import type { Attributes } from '../../model/value.ts';
import { canonicalText, sameValue, valuesOf } from '../../model/value.ts';
import { joiningRule, joinKey, joinMatches } from '../../rules/join.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { LinkRow, MvRow } from '../../store/metaverse.ts';
import type { EngineConnector } from '../../sync/context.ts';
import type { InboundSource } from '../../sync/inbound.ts';
import { rulesInScope } from '../../sync/inbound.ts';
import { CsView } from '../../sync/views.ts';
import type { Fact } from '../explain/model.ts';
import type { PlanSample } from '../plan/model.ts';
import { nameOf } from '../plan/names.ts';
import { closedBy } from './cause.ts';
import {
  type Evaluation,
  evaluate,
  evaluateInbound,
  evaluateOutbound,
  type Identity,
  type Side,
  storedEvaluation,
  storedIdentity,
  type TargetState,
} from './evaluate.ts';
import type { ForkPart } from './groups.ts';
import { ForkNotes } from './notes.ts';

export interface CompareOptions {
  /** Roles by id of the object in the cloud. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  /** The store is what the rules in force give: they were there at the last full synchronization. */
  readonly isSynchronized: boolean;
}

export class Comparison {
  readonly #before: Side;
  readonly #after: Side;
  readonly #roles: ReadonlyMap<string, readonly string[]>;
  readonly #notes = new ForkNotes();
  readonly #joinAttributes: readonly string[];
  /** Join rules that look for something else than before. */
  readonly #otherJoins: ReadonlySet<string>;
  readonly #dirty: ReadonlySet<number>;
  readonly #isSynchronized: boolean;
  readonly #sameScope: boolean;
  readonly #anyPending: boolean;
  readonly #same = new Map<string, { readonly inbound: boolean; readonly outbound: boolean }>();
  #identities = 0;
  #changed = 0;

  constructor(before: Side, after: Side, options: CompareOptions) {
    this.#before = before;
    this.#after = after;
    this.#roles = options.roles;
    this.#isSynchronized = options.isSynchronized;
    this.#sameScope = scopeText(before) === scopeText(after);
    this.#anyPending = before.engine.store.cs.anyPending();
    this.#joinAttributes = [...after.engine.ruleSet.metaverseJoinAttributes()];
    const criteria = new Map(before.engine.ruleSet.rules.map((r) => [r.id, r.joinCriteria]));
    this.#otherJoins = new Set(
      after.engine.ruleSet.rules
        .filter((r) => r.rule.join.length > 0 && criteria.get(r.id) !== r.joinCriteria)
        .map((r) => r.id),
    );
    this.#dirty = dirtyIdentities(before);
  }

  /** Compares one identity. What cannot differ is not computed. */
  identity(mv: MvRow): void {
    this.#identities++;
    const { store } = this.#after.engine;
    const links = store.mv.links(mv.id);
    const isStale = !this.#isSynchronized || this.#isStale(mv, links);
    const same = this.#sameRules(mv.type);
    const told =
      same.inbound && !isStale ? storedIdentity(this.#after, mv, links) : evaluateInbound(this.#after, mv, links);
    if (this.#otherJoins.size > 0) this.#checkLinks(told, links);
    const isKept = told.alive && told.lost.length === 0 && told.errors.length === 0 && isSameRow(told.mv, mv);
    if (isKept && same.outbound && !isStale) return;
    this.#noteJoinValues(mv, told);
    const after = evaluateOutbound(this.#after, told);
    if (!isStale && isKept && this.#isAsStored(links, after)) return;
    this.difference(isStale ? evaluate(this.#before, mv) : storedEvaluation(this.#before, mv, links), after);
  }

  /** Whether the rules for identities of a type are the same in both configurations. */
  #sameRules(type: string): { readonly inbound: boolean; readonly outbound: boolean } {
    const known = this.#same.get(type);
    if (known) return known;
    const text = (side: Side, direction: string) =>
      JSON.stringify(
        side.engine.ruleSet.rules
          .map(({ rule }) => rule)
          .filter(
            (r) =>
              r.direction === direction &&
              [r.sourceObjectType, r.targetObjectType].some((t) => t === type || t === '*'),
          )
          // The number is not what counts but the order, which is that of the list.
          .map(({ precedence: _, origin: __, description: ___, ...rule }) => rule),
      );
    const same = (direction: string) => text(this.#before, direction) === text(this.#after, direction);
    const made = { inbound: this.#sameScope && same('inbound'), outbound: same('outbound') };
    this.#same.set(type, made);
    return made;
  }

  /** Notes everything in which two states of one identity differ. */
  difference(before: Evaluation, after: Evaluation): void {
    const noted = this.#noteValues(before, after) + this.#noteTargets(before, after) + this.#noteLost(before, after);
    const news = after.errors.filter((e) => !before.errors.some((b) => b.code === e.code && b.rule.id === e.rule.id));
    for (const e of news)
      this.#notes.errors.add(
        { code: e.code, rule: e.rule.rule.name, attribute: e.attribute, message: e.message },
        this.sampleOf(after),
      );
    if (noted + news.length > 0) this.#changed++;
  }

  #isStale(mv: MvRow, links: readonly LinkRow[]): boolean {
    if (this.#dirty.has(mv.id)) return true;
    return this.#anyPending && links.some((l) => this.#before.engine.store.cs.pending(l.cs) !== undefined);
  }

  /** The targets are to be what they are, or are about to be. */
  #isAsStored(links: readonly LinkRow[], after: Evaluation): boolean {
    const { store } = this.#after.engine;
    let seen = 0;
    for (const link of links) {
      const state = after.targets.get(link.connector);
      const connector = this.#after.engine.byId.get(link.connector);
      if (state?.row?.id === link.cs) seen++;
      if (!connector?.canExport) continue;
      if (state?.row?.id !== link.cs) {
        if (link.owned || state) return false;
        continue;
      }
      const pending = store.exports.get(link.cs);
      if (pending?.operation === 'delete' || pending?.state === 1) return false;
      if (canonicalText(state.delta as Attributes) !== (pending?.attributes ?? '{}')) return false;
      if (!this.#isBoundAsStored(state)) return false;
    }
    return after.targets.size === seen;
  }

  #isBoundAsStored({ row, bindings }: TargetState): boolean {
    const { references, attributes } = this.#after.engine.store;
    const flows = references.flows(row!.id).filter((f) => f.source !== null);
    if (flows.length !== bindings.size) return false;
    return flows.every((f) => {
      const bound = bindings.get(attributes.name(f.attribute));
      return bound?.cs === f.source && attributes.find(bound!.attribute) === f.source_attribute;
    });
  }

  #noteJoinValues(mv: MvRow, after: Identity): void {
    if (after.mv.attributes === mv.attributes) return;
    const stored = JSON.parse(mv.attributes) as Attributes;
    for (const name of this.#joinAttributes) {
      if (sameValue(stored[name], after.values[name])) continue;
      this.#notes.joinValues.push([mv.id, name, valuesOf(after.values[name]).flatMap((v) => joinKey(v) ?? [])]);
    }
  }

  /** Links stay when the join changes; told is which of them would not come about again. */
  #checkLinks(after: Identity, links: readonly LinkRow[]): void {
    const { store } = this.#after.engine;
    for (const link of links) {
      if (link.origin !== 'join' || after.lost.some((l) => l.row.id === link.cs)) continue;
      const row = store.cs.get(link.cs);
      const connector = row && this.#after.engine.byId.get(row.connector);
      if (!row || !connector) continue;
      const view = new CsView(store, row, this.#after.isExporting(row.connector));
      const joining = joiningRule(rulesInScope(this.#after.engine, view));
      if (joining.kind !== 'one' || !this.#otherJoins.has(joining.rule.id)) continue;
      const { rule } = joining.rule;
      if (rule.join.some((group) => joinMatches(group, view, { values: after.values }))) continue;
      this.#notes.joins.add(
        { what: 'not-made-again', connector: connector.row.name, rule: rule.name },
        this.sampleOf(after, row),
      );
    }
  }

  #noteLost(before: Evaluation, after: Evaluation): number {
    if (!after.alive) return before.alive ? 1 : 0;
    const { store } = this.#after.engine;
    const fresh = after.lost.filter((l) => !before.lost.some((b) => b.row.id === l.row.id));
    for (const { row } of fresh) {
      const link = store.mv.link(row.id);
      const rule = link ? (this.#before.engine.ruleByNumber(link.rule)?.rule.name ?? store.rules.name(link.rule)) : '';
      const connector = this.#after.engine.byId.get(row.connector)?.row.name ?? '';
      this.#notes.joins.add({ what: 'lost', connector, rule }, this.sampleOf(after, row));
    }
    return fresh.length;
  }

  /** An object without identity joins one that exists. */
  joined(connector: string, rule: string, after: Evaluation, source: InboundSource): void {
    this.#notes.joins.add({ what: 'won', connector, rule }, this.sampleOf(after, source.view.row));
  }

  #noteValues(before: Evaluation, after: Evaluation): number {
    if (!before.alive || !after.alive || after.errors.length > 0) return 0;
    return this.#compareValues('metaverse', after.mv.type, before, after, this.sampleOf(after));
  }

  #compareValues(
    where: string,
    objectType: string,
    before: Pick<Identity, 'values' | 'ruleOf'>,
    after: Pick<Identity, 'values' | 'ruleOf'>,
    sample: () => PlanSample,
  ): number {
    let noted = 0;
    for (const attribute of new Set([...Object.keys(before.values), ...Object.keys(after.values)])) {
      const [b, a] = [before.values[attribute], after.values[attribute]];
      if (sameValue(b, a)) continue;
      const change = a === undefined ? 'cleared' : b === undefined ? 'set' : 'changed';
      const rule = after.ruleOf(attribute) ?? before.ruleOf(attribute) ?? '';
      const values = { before: (b ?? null) as Fact, after: (a ?? null) as Fact };
      this.#notes.values.add({ where, objectType, attribute, change, rule }, () => ({ ...sample(), ...values }));
      noted++;
    }
    return noted;
  }

  #noteTargets(before: Evaluation, after: Evaluation): number {
    let noted = 0;
    for (const id of new Set([...before.targets.keys(), ...after.targets.keys()])) {
      const [b, a] = [before.targets.get(id), after.targets.get(id)];
      const connector = (a ?? b)!.connector;
      if (a && b) noted += this.#compareTarget(connector, b, a, after);
      else if (a?.row) noted += this.#adopts(connector, a, before, after);
      else if (a) noted += this.#enters(connector, a, before, after);
      else if (b && this.#isTakenAway(b)) noted += this.#leaves(connector, b, before, after);
    }
    return noted;
  }

  /** An object that a target had before and that no rule made there is only let go. */
  #isTakenAway({ row }: TargetState): boolean {
    return row === undefined || this.#before.engine.store.mv.link(row.id)?.owned === 1;
  }

  #compareTarget(connector: EngineConnector, before: TargetState, after: TargetState, told: Evaluation): number {
    const sample = this.sampleOf(told, after.row);
    const name = connector.row.name;
    const noted = this.#compareValues(name, after.type, before, after, sample);
    const roles = this.#rolesOf(after.row?.anchor);
    if (noted > 0 && roles.length > 0)
      this.#notes.privileged(connector.row.name, 'changes-role-holder', sample(), roles, 'values');
    let rebound = 0;
    for (const attribute of new Set([...before.bindings.keys(), ...after.bindings.keys()])) {
      const [b, a] = [before.bindings.get(attribute), after.bindings.get(attribute)];
      if (b?.cs === a?.cs && b?.attribute === a?.attribute) continue;
      rebound++;
      if (b) this.#notes.references.add({ connector: name, attribute, change: 'removed' }, sample, this.#edges(b));
      if (a) this.#notes.references.add({ connector: name, attribute, change: 'added' }, sample, this.#edges(a));
      if (roles.length > 0)
        this.#notes.privileged(
          connector.row.name,
          'no-member-of-role-group',
          sample(),
          roles,
          `${attribute} from another source`,
        );
    }
    return noted + rebound;
  }

  #edges({ cs, attribute }: { cs: number; attribute: string }): number {
    const { references, attributes } = this.#after.engine.store;
    const id = attributes.find(attribute);
    return references.counts(cs).find((c) => c.attribute === id)?.count ?? 0;
  }

  /** The target has the object already: it is joined, and gets the values that the rules give it. */
  #adopts(connector: EngineConnector, state: TargetState, before: Evaluation, after: Evaluation): number {
    const row = state.row!;
    const isOwn = after.sources.some((r) => r.id === row.id);
    if (!isOwn)
      this.#notes.joins.add({ what: 'won', connector: connector.row.name, rule: '' }, this.sampleOf(after, row));
    const held = { values: JSON.parse(row.attributes ?? '{}') as Attributes, ruleOf: before.ruleOf };
    return Number(!isOwn) + this.#compareValues(connector.row.name, state.type, held, state, this.sampleOf(after, row));
  }

  #enters(connector: EngineConnector, state: TargetState, before: Evaluation, after: Evaluation): number {
    const cause = closedBy(this.#before, before, connector);
    const sample = this.sampleOf(after);
    this.#notes.entering.add({ connector: connector.row.name, objectType: state.type, ...cause }, sample);
    for (const row of after.sources) this.#noteEdges(connector, row.id, 'added', sample);
    return 1;
  }

  #leaves(connector: EngineConnector, state: TargetState, before: Evaluation, after: Evaluation): number {
    const name = connector.row.name;
    const sample = this.sampleOf(before, state.row);
    this.#notes.leaving.add(
      { connector: name, objectType: state.type, ...closedBy(this.#after, after, connector) },
      sample,
    );
    if (!state.row) return 1;
    if (state.row.anchor !== null) this.#notes.deleted(name);
    const roles = this.#rolesOf(state.row.anchor);
    if (roles.length > 0) this.#notes.privileged(connector.row.name, 'deletes-role-holder', sample(), roles, '');
    this.#noteEdges(connector, state.row.id, 'removed', sample);
    return 1;
  }

  /** Memberships that come or go with an object: edges to it in the target (removed) or in its source (added). */
  #noteEdges(connector: EngineConnector, cs: number, change: 'added' | 'removed', sample: () => PlanSample): void {
    const { store } = this.#after.engine;
    for (const edge of store.references.to(cs)) {
      const holder = change === 'removed' ? edge.cs : this.#inTarget(edge.cs, connector.row.id);
      if (holder === undefined) continue;
      const attribute = store.attributes.name(edge.attribute);
      this.#notes.references.add({ connector: connector.row.name, attribute, change }, () =>
        this.#edgeSample(holder, sample(), change),
      );
      const roles = attribute === 'member' ? this.#rolesOf(store.cs.get(holder)?.anchor) : [];
      const what = change === 'added' ? 'member-of-role-group' : 'no-member-of-role-group';
      if (roles.length > 0)
        this.#notes.privileged(connector.row.name, what, sample(), roles, store.cs.get(holder)?.dn ?? '');
    }
  }

  /** The object that has the reference, and whom it loses or gains. */
  #edgeSample(holder: number, { name, dn }: PlanSample, change: 'added' | 'removed'): PlanSample {
    const who = {
      cs: holder,
      dn: this.#after.engine.store.cs.get(holder)?.dn ?? '',
      name: nameOf(this.#after.engine, holder),
    };
    return { ...who, ...(change === 'removed' ? { before: name || dn } : { after: name || dn }) };
  }

  #inTarget(cs: number, connector: number): number | undefined {
    const { mv } = this.#after.engine.store;
    const link = mv.link(cs);
    return link && mv.linkIn(link.mv, connector)?.cs;
  }

  #rolesOf(anchor: string | null | undefined): readonly string[] {
    if (!anchor || this.#roles.size === 0) return [];
    return this.#roles.get(anchor.slice(anchor.indexOf('_') + 1)) ?? [];
  }

  /** How people know the identity: an object of a directory, and a name. */
  sampleOf(told: Identity, row?: CsRow): () => PlanSample {
    return () => this.#sample(told, row ?? this.#anyRow(told));
  }

  #sample(told: Identity, row: CsRow | undefined): PlanSample {
    const { userPrincipalName, mail, displayName, cn } = told.values as Readonly<Record<string, unknown>>;
    const stored = JSON.parse(told.mv.attributes) as Record<string, unknown>;
    const name =
      userPrincipalName ?? mail ?? displayName ?? cn ?? stored.userPrincipalName ?? stored.displayName ?? stored.cn;
    return { cs: row?.id ?? 0, dn: row?.dn ?? '', name: String(name ?? '') };
  }

  #anyRow(told: Identity) {
    const { store } = this.#after.engine;
    const links = store.mv.links(told.mv.id);
    const link = links.find((l) => l.origin === 'projection') ?? links[0];
    return (link && store.cs.get(link.cs)) ?? told.sources[0] ?? told.lost[0]?.row;
  }

  part(): ForkPart {
    return this.#notes.part(this.#identities, this.#changed);
  }
}

const isSameRow = (a: MvRow, b: MvRow): boolean => a.attributes === b.attributes && a.provenance === b.provenance;

const scopeText = ({ engine }: Side): string =>
  JSON.stringify(
    engine.all.map(({ settings: { objectTypes, partitions, groupFilter } }) => [objectTypes, partitions, groupFilter]),
  );

function dirtyIdentities({ engine }: Side): ReadonlySet<number> {
  const dirty = new Set<number>();
  for (let after = 0; ; ) {
    const page = engine.store.mv.dirtyPage(after, 5000);
    if (page.length === 0) return dirty;
    for (const id of page) dirty.add(id);
    after = page.at(-1)!;
  }
}
