/** Where values come from: the flows that compete for an attribute, who won with what, and since when. */
import type { Attributes, AttributeValue } from '../../model/value.ts';
import type { ObjectView } from '../../rules/evaluation.ts';
import type { FlowTrace, StepResult } from '../../rules/trace.ts';
import { collectTrace } from '../../rules/trace.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { computeInbound, sourcesOf } from '../../sync/inbound.ts';
import { computeOutbound, rulesFor } from '../../sync/outbound.ts';
import { CsView, MvView } from '../../sync/views.ts';
import type { Candidate, Fact, ValueOrigin } from './model.ts';
import { flowText, inputsOf } from './rules.ts';

export interface InboundTrace {
  readonly values: Attributes;
  readonly flows: readonly FlowTrace[];
}

/** Computes an identity with every flow that competed. Costs as much as one object of a full synchronization. */
export function traceInbound(engine: Engine, mv: MvRow): InboundTrace {
  const trace = collectTrace();
  const { result } = computeInbound(
    engine,
    mv,
    sourcesOf(engine, mv, () => true),
    trace,
  );
  return { values: result.values, flows: trace.flows };
}

export interface OutboundTrace {
  readonly wanted: Attributes;
  readonly held: Attributes;
  readonly managed: readonly string[];
  readonly flows: readonly FlowTrace[];
}

/** Computes one target object with every flow that competed; `row` undefined for one that would be created. */
export function traceOutbound(
  engine: Engine,
  mv: MvRow,
  connector: EngineConnector,
  type: string,
  row: CsRow | undefined,
): OutboundTrace {
  const view = new MvView(engine.store, mv);
  const trace = collectTrace();
  const run = { engine, isExporting: () => true };
  const { wanted, held, managed } = computeOutbound(
    run,
    view,
    connector,
    rulesFor(run, view, connector, type),
    row,
    trace,
  );
  return { wanted, held, managed, flows: trace.flows };
}

/** What a flow saw of its source: a connector-space object inbound, the identity outbound. */
export function sourceView(engine: Engine, flow: FlowTrace): ObjectView | undefined {
  if (flow.rule.rule.direction === 'outbound') {
    const mv = engine.store.mv.get(flow.sourceId);
    return mv && new MvView(engine.store, mv);
  }
  const row = engine.store.cs.get(flow.sourceId);
  return row && new CsView(engine.store, row, true);
}

const givenBy = (result: StepResult): Fact => (result.kind === 'value' ? (result.value as AttributeValue) : null);

export function candidate(engine: Engine, flow: FlowTrace): Candidate {
  const view = sourceView(engine, flow);
  const row = flow.rule.rule.direction === 'inbound' ? engine.store.cs.get(flow.sourceId) : undefined;
  return {
    rule: flow.rule.rule.name,
    precedence: flow.rule.precedence,
    connector: flow.rule.rule.connector,
    dn: row?.dn ?? '',
    flow: flowText(flow.flow),
    outcome: flow.outcome,
    value: givenBy(flow.result),
    ...(flow.result.kind === 'references' ? { references: flow.result.count } : {}),
    inputs: view ? inputsOf(flow.rule, flow.flow, view) : {},
    ...(flow.result.kind === 'error' ? { error: `${flow.result.error.code}: ${flow.result.error.message}` } : {}),
  };
}

/** Outcomes that decided the value. */
const decisive = new Set(['won', 'merged', 'removed', 'failed']);

/** The origin of one attribute among the flows of a trace; undefined if no flow writes it. */
export function originOf(
  engine: Engine,
  where: string,
  attribute: string,
  value: Fact,
  flows: readonly FlowTrace[],
  since: ValueOrigin['since'],
): ValueOrigin | undefined {
  const own = flows.filter((f) => f.attribute === attribute);
  if (own.length === 0) return undefined;
  const at = own.findIndex((f) => decisive.has(f.outcome));
  const all = own.map((f) => candidate(engine, f));
  return {
    where,
    attribute,
    value,
    ...(at >= 0 ? { winner: all[at]! } : {}),
    losers: all.filter((_, i) => i !== at),
    ...(since ? { since } : {}),
  };
}

/** Since when an attribute of an identity has its value, from the journal; undefined if the journal does not tell. */
export function sinceInMetaverse(engine: Engine, mv: number, attribute: string): ValueOrigin['since'] {
  let first: ValueOrigin['since'];
  let latest: ValueOrigin['since'];
  for (const row of engine.store.records.journalOf(mv, null)) {
    const time = new Date(row.time).toISOString();
    const detail = JSON.parse(row.detail) as { changes?: Record<string, { before?: AttributeValue }> };
    if (row.kind === 'linked' && !first) first = { time, run: row.run, before: null, how: 'first' };
    if (row.kind !== 'identity-changed' || !detail.changes || !Object.hasOwn(detail.changes, attribute)) continue;
    latest = { time, run: row.run, before: detail.changes[attribute]?.before ?? null, how: 'changed' };
  }
  return latest ?? first;
}

/** Since when a target object has been sent a value. */
export function sinceInTarget(engine: Engine, cs: number, attribute: string): ValueOrigin['since'] {
  let latest: ValueOrigin['since'];
  for (const row of engine.store.records.journalOf(null, cs)) {
    if (row.kind !== 'exported') continue;
    const time = new Date(row.time).toISOString();
    const detail = JSON.parse(row.detail) as {
      operation?: string;
      after?: Record<string, unknown>;
      before?: Record<string, AttributeValue>;
    };
    if (detail.operation === 'add') latest = { time, run: row.run, before: null, how: 'was sent with the new object' };
    else if (detail.after && Object.hasOwn(detail.after, attribute))
      latest = { time, run: row.run, before: detail.before?.[attribute] ?? null, how: 'was sent' };
  }
  return latest;
}
