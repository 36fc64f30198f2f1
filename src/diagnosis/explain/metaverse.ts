/**
 * The gates in the metaverse: a clause of an outbound rule reads what an inbound flow made, so the answer is the flow:
 * which rule, from which object, from which values (sync-engine s.7.1, step 5).
 */

import type { ClauseTrace } from '../../rules/scope.ts';
import type { FlowTrace } from '../../rules/trace.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { candidate, type InboundTrace, sourceView } from './flows.ts';
import { type ClosedGate, clauseText, type ExplainNode, type Fact, valueText } from './model.ts';
import { clauseSentence, flowText, trueParts } from './rules.ts';

/** Why a clause of an outbound scope does not hold. */
export function metaverseGate(
  engine: Engine,
  connector: EngineConnector,
  mv: MvRow,
  rule: string,
  clause: ClauseTrace,
  inbound: InboundTrace,
): { gate: ClosedGate; node: ExplainNode } {
  const { attribute } = clause.clause;
  const flows = inbound.flows.filter((f) => f.attribute === attribute);
  const winner = flows.find((f) => ['won', 'merged', 'removed', 'failed'].includes(f.outcome));
  const linked = linkedMailbox(engine, mv);
  const told = winner ? tellWinner(engine, winner) : undefined;
  const { code, reason, remedy } = describe(clause, rule, told, flows, linked);
  const gate: ClosedGate = {
    gate: 'metaverse',
    code,
    state: 'closed',
    reason,
    remedy,
    connector: winner?.rule.rule.connector ?? connector.row.name,
    rule: winner?.rule.rule.name ?? rule,
    clause: told?.part ?? clauseText(clause.clause),
    attribute: told?.attribute ?? attribute,
    seen: told?.attribute ? told.seen : ((clause.seen ?? null) as Fact),
  };
  const node: ExplainNode = {
    state: 'none',
    title: `${clauseSentence(clause)}`,
    facts: { clause: clauseText(clause.clause), seen: (clause.seen ?? null) as Fact },
    children: flows.map((f) => flowNode(engine, f)),
  };
  return { gate, node };
}

interface Told {
  readonly rule: string;
  readonly dn: string;
  readonly flow: string;
  /** The part of the condition that is true. */
  readonly part?: string;
  readonly attribute?: string;
  readonly seen: Fact;
  /** The group that the object is not in, if the rule is a group filter. */
  readonly group?: string;
}

/** What made the value: of a filter expression only the part that is true for this object. */
function tellWinner(engine: Engine, flow: FlowTrace): Told {
  const view = sourceView(engine, flow);
  const connector = engine.all.find((c) => c.row.name === flow.rule.rule.connector);
  const row = engine.store.cs.get(flow.sourceId);
  const text = flow.flow.expression;
  const parts = text && view && connector ? trueParts(text, view, connector.evaluation(row?.partition ?? null)) : [];
  const part = parts[0];
  const attribute = part ? /\[([^\]]+)\]/.exec(part)?.[1] : flow.flow.direct;
  const seen = attribute === 'dn' ? (row?.dn ?? null) : (attribute && view?.values[attribute]) || null;
  return {
    rule: flow.rule.rule.name,
    dn: row?.dn ?? '',
    flow: flowText(flow.flow),
    ...(part ? { part } : {}),
    ...(attribute ? { attribute } : {}),
    seen: seen as Fact,
    ...groupOf(engine, flow),
  };
}

function groupOf(engine: Engine, flow: FlowTrace): { group?: string } {
  const view = sourceView(engine, flow);
  const connector = engine.all.find((c) => c.row.name === flow.rule.rule.connector);
  const row = engine.store.cs.get(flow.sourceId);
  if (!view || !connector) return {};
  const { groups } = flow.rule.scope.explain(view, connector.evaluation(row?.partition ?? null));
  const clause = groups.flatMap((g) => g.clauses).find((c) => c.clause.operator === 'ISNOTMEMBEROF');
  return clause ? { group: clause.operand ?? clause.clause.value ?? '' } : {};
}

export function flowNode(engine: Engine, flow: FlowTrace): ExplainNode {
  const c = candidate(engine, flow);
  const what = c.references !== undefined ? `${c.references} references` : valueText(c.value);
  return {
    state: flow.outcome === 'won' || flow.outcome === 'merged' ? 'ok' : flow.outcome === 'failed' ? 'error' : 'none',
    title: `${outcomeText(flow)}: ${what}, rule "${c.rule}" (precedence ${c.precedence})${c.dn ? ` from ${c.dn}` : ''}`,
    facts: { flow: c.flow, ...c.inputs, ...(c.error ? { error: c.error } : {}) },
  };
}

const outcomes: Readonly<Record<FlowTrace['outcome'], string>> = {
  won: 'gives the value',
  merged: 'gives some of the values',
  null: 'gives no value',
  ignored: 'leaves the value as it is',
  removed: 'takes the value away',
  failed: 'fails',
  lost: 'loses',
};
const outcomeText = (flow: FlowTrace): string => outcomes[flow.outcome];

/** A mailbox that belongs to an account in another forest (recipient type 2), which is not there. */
function linkedMailbox(engine: Engine, mv: MvRow): string | undefined {
  for (const link of engine.store.mv.links(mv.id)) {
    const row = engine.store.cs.get(link.cs);
    const values = JSON.parse(row?.attributes ?? '{}') as Record<string, unknown>;
    if (String(values.msExchRecipientTypeDetails ?? '') === '2') return row?.dn;
  }
  return undefined;
}

function describe(
  clause: ClauseTrace,
  rule: string,
  told: Told | undefined,
  flows: readonly FlowTrace[],
  linked: string | undefined,
): { code: string; reason: string; remedy: string } {
  const { attribute } = clause.clause;
  const source = told ? ` The rule "${told.rule}" gives that value, from ${told.dn}` : '';
  switch (attribute) {
    case 'cloudFiltered':
      if (told?.group !== undefined)
        return {
          code: 'filtered-by-group',
          reason: `Only direct members of ${told.group} are synchronized, and ${told.dn} is none (rule "${told.rule}").`,
          remedy: `Add the object to ${told.group}, or take "groupFilter" out of the configuration of the connector.`,
        };
      return {
        code: 'filtered-by-rule',
        reason: `It is filtered: cloudFiltered is true.${source}${told?.part ? `, because ${told.part}: ${told.attribute} is ${valueText(told.seen)}` : ''}${told ? '.' : ''}`,
        remedy: told?.attribute
          ? `Change ${told.attribute} of ${told.dn} if it should be synchronized; otherwise nothing is to be done.`
          : 'Change the rule if the object should be synchronized.',
      };
    case 'sourceAnchor':
    case 'sourceObjectType':
      if (linked !== undefined)
        return {
          code: 'linked-mailbox-without-account',
          reason: `${linked} is a linked mailbox (msExchRecipientTypeDetails is 2): it belongs to an account in another forest, and that account is not there.`,
          remedy: 'Bring the forest with the account into scope, or make the mailbox a user mailbox.',
        };
      return {
        code: attribute === 'sourceAnchor' ? 'no-anchor' : 'no-source-object-type',
        reason: `The identity has no ${attribute}${nobodyGives(flows)}.`,
        remedy: `Look at the flows to ${attribute}: none of them gives a value for this object.`,
      };
    case 'accountEnabled':
      return {
        code: 'no-account-enabled',
        reason: `It is not known whether the account is enabled: the identity has no accountEnabled${nobodyGives(flows)}.`,
        remedy:
          'Let the account of the connector read userAccountControl, and check that a rule that gives accountEnabled applies.',
      };
    case 'cloudMastered':
      return {
        code: 'authoritative-elsewhere',
        reason: `The cloud masters this object: cloudMastered is ${valueText((clause.seen ?? null) as Fact)}.`,
        remedy: 'Give the mastery back to the directory in the cloud, if the directory should write it.',
      };
    default:
      return {
        code: 'filtered-by-rule',
        reason: `The filter of the rule "${rule}" keeps it out: ${clauseSentence(clause)}.${source}${told ? '.' : ''}`,
        remedy: `Change ${told?.attribute ?? attribute} of the object, or the rule.`,
      };
  }
}

const nobodyGives = (flows: readonly FlowTrace[]): string =>
  flows.length === 0
    ? ', because no rule that applies to its objects gives one'
    : `, because ${flows.length === 1 ? 'the flow' : `none of the ${flows.length} flows`} to it ${flows.length === 1 ? `(rule "${flows[0]!.rule.rule.name}") gives no value` : 'gives a value'}`;
