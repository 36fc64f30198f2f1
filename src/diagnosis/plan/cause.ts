/** Why each pending export is there. Equal causes are one group, so that ten thousand changes are one line. */
import { parseAttributes, parseDelta } from '../../connector-space/hologram.ts';
import { parentDn } from '../../model/dn.ts';
import type { AttributeValue } from '../../model/value.ts';
import { attributesOf } from '../../rules/compile-flow.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { ExportRow } from '../../store/exports.ts';
import type { LinkRow } from '../../store/metaverse.ts';
import type { JournalRow } from '../../store/records.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { computeOutbound, rulesFor } from '../../sync/outbound.ts';
import { heldAttributes, MvView } from '../../sync/views.ts';
import { traceInbound } from '../explain/flows.ts';
import { explainInbound } from '../explain/inbound.ts';
import type { Fact } from '../explain/model.ts';
import { explainOutbound } from '../explain/outbound.ts';
import { explainScope } from '../explain/scope.ts';
import type { PlanCause, PlanGroup, PlannedOperation, PlanSample } from './model.ts';
import { nameOf } from './names.ts';

const samplesKept = 10;

/** Collects equal causes. */
export class PlanGroups {
  readonly #groups = new Map<
    string,
    { group: Omit<PlanGroup, 'count' | 'samples'>; count: number; samples: PlanSample[] }
  >();

  add(operation: PlannedOperation, objectType: string, cause: PlanCause, sample: () => PlanSample): void {
    const key = JSON.stringify([operation, objectType, cause]);
    let found = this.#groups.get(key);
    if (!found) {
      found = { group: { operation, objectType, cause }, count: 0, samples: [] };
      this.#groups.set(key, found);
    }
    found.count++;
    if (found.samples.length < samplesKept) found.samples.push(sample());
  }

  /** Deletes first, then the largest. */
  list(): PlanGroup[] {
    return [...this.#groups.values()]
      .map(({ group, count, samples }) => ({ ...group, count, samples }))
      .sort((a, b) => Number(b.operation === 'delete') - Number(a.operation === 'delete') || b.count - a.count);
  }
}

/** Finds causes of one connector. Deletes are looked into one by one, but only so many. */
const explainedDeletes = 2000;

export class CauseFinder {
  readonly #engine: Engine;
  readonly #target: EngineConnector;
  #deletes = 0;

  constructor(engine: Engine, target: EngineConnector) {
    this.#engine = engine;
    this.#target = target;
  }

  /** Adds one pending export to the groups; an update once for every attribute. `links` are those of its identity. */
  collect(row: ExportRow, cs: CsRow, links: readonly LinkRow[], groups: PlanGroups): void {
    const type = cs.object_type ?? '';
    const sample = (): PlanSample => ({ cs: cs.id, dn: cs.dn, name: nameOf(this.#engine, cs.id) });
    if (row.operation === 'add') groups.add('add', type, this.#causeOfAdd(cs, links), sample);
    else if (row.operation === 'delete') groups.add('delete', type, this.#causeOfDelete(cs), sample);
    else this.#collectUpdate(row, cs, groups, sample);
  }

  #causeOfAdd(cs: CsRow, links: readonly LinkRow[]): PlanCause {
    const link = links.find((l) => l.cs === cs.id);
    if (!link) return { kind: 'unknown' };
    const source = links.find((l) => l.origin === 'projection') ?? links[0];
    return {
      kind: 'new-object',
      rule: this.#ruleName(link.rule),
      ...(source && source.cs !== cs.id ? { sourceRule: this.#ruleName(source.rule) } : {}),
    };
  }

  #ruleName(number: number): string {
    return this.#engine.ruleByNumber(number)?.rule.name ?? this.#engine.store.rules.name(number);
  }

  #collectUpdate(row: ExportRow, cs: CsRow, groups: PlanGroups, sample: () => PlanSample): void {
    const { store } = this.#engine;
    const type = cs.object_type ?? '';
    const link = store.mv.link(cs.id);
    const mv = link && store.mv.get(link.mv);
    const held = heldAttributes(store, cs.id, parseAttributes(cs.attributes));
    const causeOf = mv ? this.#valueCauses(new MvView(store, mv), cs) : () => ({});
    for (const [attribute, value] of Object.entries(parseDelta(row.attributes))) {
      const before = held[attribute];
      const change = value === null ? 'cleared' : before === undefined ? 'set' : 'changed';
      const cause: PlanCause = { kind: 'value', attribute, change, ...causeOf(attribute) };
      groups.add('update', type, cause, () => ({
        ...sample(),
        before: (before ?? null) as Fact,
        after: value as AttributeValue | null,
      }));
    }
  }

  /** By attribute: the outbound rule that writes it, and the inbound rule that gave the identity its value. */
  #valueCauses(view: MvView, cs: CsRow): (attribute: string) => { rule?: string; sourceRule?: string } {
    const engine = this.#engine;
    const run = { engine, isExporting: () => true };
    const rules = rulesFor(run, view, this.#target, cs.object_type ?? '');
    if (rules.length === 0) return () => ({});
    const { result } = computeOutbound(run, view, this.#target, rules, cs);
    return (attribute) => {
      const rule = result.provenance[attribute]?.rule ?? rules.find((r) => r.flows.some((f) => f.target === attribute));
      const flow = rule?.flows.find((f) => f.target === attribute);
      const from =
        flow &&
        attributesOf(flow)
          .map((name) => view.provenance[name])
          .find((p) => p !== undefined);
      return {
        ...(rule ? { rule: rule.rule.name } : {}),
        ...(from ? { sourceRule: this.#ruleName(from[0]) } : {}),
      };
    };
  }

  #causeOfDelete(cs: CsRow): PlanCause {
    const { store } = this.#engine;
    const last = store.records.journalOf(null, cs.id).findLast((r) => r.kind === 'deprovisioned');
    if (!last || this.#deletes++ >= explainedDeletes) return { kind: 'unknown' };
    if (detailOf(last).reason === 'out-of-scope') return this.#closedFilter(last.mv);
    const unlinked = last.mv === null ? undefined : this.#lastSource(last.mv, last.id);
    return unlinked ? this.#causeOfLoss(unlinked) : { kind: 'deleted-in-directory' };
  }

  /** The identity is still there, but an outbound filter excludes it now. */
  #closedFilter(mvId: number | null): PlanCause {
    const mv = mvId === null ? undefined : this.#engine.store.mv.get(mvId);
    const closed = mv && explainOutbound(this.#engine, this.#target, mv, traceInbound(this.#engine, mv)).closed;
    if (!closed?.rule) return { kind: 'filter' };
    return { kind: 'filter', rule: closed.rule, ...(closed.clause ? { decidedBy: closed.clause } : {}) };
  }

  /** The object of a directory that kept the identity, and how it went. */
  #lastSource(mv: number, before: number): JournalRow | undefined {
    return this.#engine.store.records
      .journalOf(mv, null)
      .findLast(
        (r) => r.kind === 'unlinked' && r.id <= before && r.cs !== null && detailOf(r).reason !== 'identity-removed',
      );
  }

  #causeOfLoss(row: JournalRow): PlanCause {
    const source = row.cs === null ? undefined : this.#engine.store.cs.get(row.cs);
    const dn = source?.dn ?? detailOf(row).dn;
    if (!dn) return { kind: 'deleted-in-directory' };
    const scope = explainScope(this.#engine, dn, undefined);
    if (scope.closed?.configuration) return { kind: 'container', decidedBy: scope.closed.configuration.value };
    const connector = source && this.#engine.byId.get(source.connector);
    if (connector && detailOf(row).reason === 'out-of-scope' && source.object_type !== null) {
      const closed = explainInbound(this.#engine, connector, source).closed;
      if (closed?.rule)
        return { kind: 'filter', rule: closed.rule, ...(closed.clause ? { decidedBy: closed.clause } : {}) };
    }
    return { kind: 'deleted-in-directory', decidedBy: parentDn(dn) };
  }
}

const detailOf = (row: JournalRow): { reason?: string; dn?: string | null } =>
  JSON.parse(row.detail) as { reason?: string; dn?: string | null };
