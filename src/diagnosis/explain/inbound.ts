/** From the connector space to an identity: rule scope and join (sync-engine s.2.3 to s.2.5), and why there is none. */

import type { CompiledRule } from '../../rules/compiled.ts';
import { explainScopes } from '../../rules/in-scope.ts';
import { joiningRule, joinQueries, mayProvision } from '../../rules/join.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { needsFullSync } from '../../sync/cycle.ts';
import { rulesInScope } from '../../sync/inbound.ts';
import { findIdentity } from '../../sync/join.ts';
import { CsView } from '../../sync/views.ts';
import { errorText } from '../describe.ts';
import { type ClosedGate, clauseText, type ExplainNode, type Fact, valueText } from './model.ts';
import { clauseSentence, closestRule, closingClauses, scopeNode } from './rules.ts';

export interface InboundVerdict {
  readonly nodes: readonly ExplainNode[];
  readonly closed?: ClosedGate;
  /** What the next synchronization would do with an object that has no identity. */
  readonly next?: string;
}

/** Why an object of the connector space has the identity it has, or none. */
export function explainInbound(engine: Engine, connector: EngineConnector, row: CsRow): InboundVerdict {
  const { store } = engine;
  const view = new CsView(store, row, true);
  const type = row.object_type ?? '';
  const rules = engine.ruleSet.inbound(connector.row.name, type);
  const traces = explainScopes(rules, view, connector.evaluation(row.partition));
  const inScope = rulesInScope(engine, view);
  const nodes: ExplainNode[] = [
    {
      state: inScope.length > 0 ? 'ok' : 'none',
      title: `${inScope.length} of ${rules.length} inbound rules for ${type} apply`,
      children: traces.map(scopeNode),
    },
  ];
  const joining = joiningRule(inScope);
  const failed = store.records.errorsOf(row.id).find((e) => e.phase === 'sync');
  const link = store.mv.link(row.id);
  if (failed) {
    const e = errorText(failed);
    nodes.push({ state: 'error', title: `${e.code}: ${e.message}`, facts: { since: e.firstSeen, times: e.count } });
    return { nodes, closed: errorGate(connector, e) };
  }
  if (link) {
    const joined = `${link.origin === 'projection' ? 'made the identity' : 'is joined to the identity'} (rule "${ruleName(engine, link.rule)}", since ${new Date(link.time).toISOString()})`;
    nodes.push({ state: 'ok', title: `It ${joined}` });
    return { nodes };
  }
  if (joining.kind === 'several')
    return {
      nodes,
      closed: gate(connector, 'join', 'rule-conflict', `Several joining rules apply: ${names(joining.rules)}.`, {
        remedy: 'Narrow their scopes so that only one applies.',
      }),
    };
  if (joining.kind === 'none') return { nodes, closed: outOfScope(connector, type, rules, traces) };
  return explainJoin(engine, connector, view, joining.rule, nodes);
}

const names = (rules: readonly CompiledRule[]): string => rules.map((r) => `"${r.rule.name}"`).join(', ');
const ruleName = (engine: Engine, number: number): string =>
  engine.ruleByNumber(number)?.rule.name ?? engine.store.rules.name(number);

function gate(
  connector: EngineConnector,
  name: ClosedGate['gate'],
  code: string,
  reason: string,
  more: Partial<ClosedGate> = {},
): ClosedGate {
  return { gate: name, code, reason, state: 'closed', connector: connector.row.name, ...more };
}

function errorGate(connector: EngineConnector, e: ReturnType<typeof errorText>): ClosedGate {
  return gate(
    connector,
    e.code === 'ambiguous-import-flow-from-multiple-connectors' ? 'join' : 'synchronization',
    e.code,
    e.message,
    {
      ...(e.rule ? { rule: e.rule } : {}),
      ...(e.attribute ? { attribute: e.attribute } : {}),
      since: e.firstSeen,
      attempt: e.count,
      ...(e.nextAttempt ? { nextAttempt: e.nextAttempt } : {}),
    },
  );
}

/** Why no rule takes an object in, from what the scopes of the rules saw. */
function outOfScope(
  connector: EngineConnector,
  type: string,
  rules: readonly CompiledRule[],
  traces: ReturnType<typeof explainScopes>,
): ClosedGate {
  const candidates = traces.filter((t) => t.rule.rule.linkType === 'Provision' || t.rule.rule.join.length > 0);
  if (candidates.length === 0)
    return gate(
      connector,
      'object-type',
      'object-type-not-selected',
      rules.length === 0
        ? `No rule is about objects of type ${type} of ${connector.row.name}.`
        : `No rule makes an identity of objects of type ${type} of ${connector.row.name}, or joins them to one.`,
      {
        remedy: `Add a rule for ${type}, or take the type out of the configuration.`,
      },
    );
  const closest = closestRule(candidates) ?? candidates[0]!;
  const [clause] = closingClauses(closest);
  const rule = closest.rule.rule.name;
  if (!clause)
    return gate(connector, 'inbound-scope', 'filtered-by-rule', `The rule "${rule}" does not apply.`, { rule });
  const isGroup = /MEMBEROF$/.test(clause.clause.operator);
  return gate(
    connector,
    'inbound-scope',
    isGroup ? 'filtered-by-group' : 'filtered-by-rule',
    isGroup
      ? `The rule "${rule}" asks for membership in ${clause.operand ?? clause.clause.value ?? 'a group'}, and the object is not a direct member.`
      : `The filter of the rule "${rule}" keeps it out: ${clauseSentence(clause)}.`,
    {
      rule,
      clause: clauseText(clause.clause),
      attribute: clause.clause.attribute,
      seen: (clause.seen ?? null) as Fact,
      remedy: isGroup
        ? 'Add the object to the group, or end the group filter.'
        : `Change ${clause.clause.attribute} of the object, or the rule.`,
    },
  );
}

/** In scope, without an identity: what the join looks for, what it finds, and what the next run would do. */
function explainJoin(
  engine: Engine,
  connector: EngineConnector,
  view: CsView,
  rule: CompiledRule,
  nodes: ExplainNode[],
): InboundVerdict {
  const queries = joinQueries(rule, view);
  const found = findIdentity(engine, rule, view);
  const wanted = queries.map((q) => q.all.map((c) => `${c.attribute} = ${c.keys.join(' or ')}`).join(' and '));
  nodes.push({
    state: found.kind === 'one' ? 'ok' : 'none',
    title: `Join by rule "${rule.rule.name}": ${found.kind === 'one' ? 'one identity matches' : found.kind === 'none' ? 'no identity matches' : `${found.ids.length} identities match`}`,
    children: wanted.map((title) => ({ state: 'none', title: `looked for ${title}` })),
  });
  const other = found.kind === 'one' ? engine.store.mv.linkIn(found.id, view.row.connector) : undefined;
  if (other) {
    const dn = engine.store.cs.get(other.cs)?.dn ?? '';
    return {
      nodes,
      closed: gate(
        connector,
        'join',
        'ambiguous-import-flow-from-multiple-connectors',
        `It joins the same identity as ${dn} of the same connector, and an identity can have only one object of a connector.`,
        { rule: rule.rule.name, remedy: 'Change the value they share, or filter one of them.' },
      ),
    };
  }
  if (found.kind === 'one') return waiting(engine, connector, nodes, rule, 'it joins an identity that exists');
  if (rule.rule.targetObjectType !== '*' && mayProvision(rule, view))
    return waiting(engine, connector, nodes, rule, 'it becomes an identity');
  const lacking = rule.rule.join.flat().map((c) => c.cs);
  const reason =
    queries.length === 0
      ? `The rule "${rule.rule.name}" joins by ${lacking.join(', ')}, and the object has no value there.`
      : `The rule "${rule.rule.name}" only joins, and ${found.kind === 'several' ? 'several identities match' : 'no identity matches'}: ${wanted.join('; ')}.`;
  return {
    nodes,
    closed: gate(connector, 'join', found.kind === 'several' ? 'ambiguous-join' : 'no-join', reason, {
      rule: rule.rule.name,
      clause: rule.rule.join.map((g) => g.map((c) => `${c.cs} = ${c.mv}`).join(' AND ')).join(' OR '),
      ...(lacking[0] ? { attribute: lacking[0], seen: (view.values[lacking[0]] ?? null) as Fact } : {}),
      remedy: 'Give the object a value that matches, or give the rule the link type Provision.',
    }),
  };
}

function waiting(
  engine: Engine,
  connector: EngineConnector,
  nodes: ExplainNode[],
  rule: CompiledRule,
  next: string,
): InboundVerdict {
  const full = needsFullSync(engine);
  return {
    nodes,
    next,
    closed: {
      gate: 'synchronization',
      code: full ? 'needs-full-sync' : 'not-synchronized-yet',
      state: 'waiting',
      connector: connector.row.name,
      rule: rule.rule.name,
      reason: full
        ? `The rules changed since the last full synchronization; with the next one ${next}.`
        : `It was imported but not synchronized yet; with the next synchronization ${next}.`,
      remedy: full ? 'Run "causeway sync --policy initial".' : 'Run "causeway sync", or wait for the scheduler.',
    },
  };
}

/** Values by which an object would be joined, for the tree of a linked object. */
export const joinValues = (view: CsView, rule: CompiledRule): string =>
  rule.rule.join
    .flat()
    .map((c) => `${c.cs} ${valueText((view.values[c.cs] ?? null) as Fact)}`)
    .join(', ');
