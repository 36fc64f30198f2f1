/** From the identity to a target: outbound scope, provisioning, pending export and its errors, confirmation. */
import { explainScopes } from '../../rules/in-scope.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { putOff } from '../../sync/obstacles.ts';
import { MvView } from '../../sync/views.ts';
import { errorText, type ObjectErrorText } from '../describe.ts';
import type { InboundTrace } from './flows.ts';
import { metaverseGate } from './metaverse.ts';
import type { ClosedGate, ExplainNode, Fact } from './model.ts';
import { type HeldDeletes, heldDeletes } from './place.ts';
import { closestRule, closingClauses, scopeNode } from './rules.ts';

export interface OutboundVerdict {
  readonly nodes: readonly ExplainNode[];
  readonly closed?: ClosedGate;
  /** The object in the target's connector space. */
  readonly row?: CsRow;
  /** It is in the target: it has an anchor there. */
  readonly isThere: boolean;
}

/** Why an identity has, or has not, an object in a target. */
export function explainOutbound(
  engine: Engine,
  target: EngineConnector,
  mv: MvRow,
  inbound: InboundTrace,
): OutboundVerdict {
  const link = engine.store.mv.linkIn(mv.id, target.row.id);
  const row = link && engine.store.cs.get(link.cs);
  const scope = outboundScope(engine, target, mv, inbound);
  if (!row) return { nodes: scope.nodes, isThere: false, ...withGate(scope.closed ?? notMade(engine, target, mv)) };
  const sent = explainExport(engine, target, row);
  const isThere = row.anchor !== null;
  // Once it is there an open gate behind it matters first; out of scope it is about to be deleted.
  return { nodes: [...scope.nodes, ...sent.nodes], row, isThere, ...withGate(scope.closed ?? sent.closed) };
}

const withGate = (closed: ClosedGate | undefined): { closed?: ClosedGate } => (closed ? { closed } : {});

function outboundScope(
  engine: Engine,
  target: EngineConnector,
  mv: MvRow,
  inbound: InboundTrace,
): { nodes: ExplainNode[]; closed?: ClosedGate } {
  const view = new MvView(engine.store, mv);
  const name = target.row.name;
  const rules = engine.ruleSet.outbound(name, mv.type);
  const traces = explainScopes(rules, view, target.evaluation(null));
  const nodes: ExplainNode[] = [
    {
      state: traces.some((t) => t.inScope) ? 'ok' : 'none',
      title: `${traces.filter((t) => t.inScope).length} of ${rules.length} outbound rules to ${name} apply`,
      children: traces.map(scopeNode),
    },
  ];
  const makers = traces.filter((t) => t.rule.rule.linkType === 'Provision' || t.rule.rule.join.length > 0);
  if (makers.some((t) => t.inScope)) return { nodes };
  const closest = closestRule(makers);
  if (!closest) {
    const reason = `No rule sends identities of type ${mv.type} to ${name}.`;
    return {
      nodes,
      closed: { gate: 'outbound-scope', code: 'no-outbound-rule', state: 'closed', reason, connector: name },
    };
  }
  const clauses = closingClauses(closest);
  const gates = clauses.map((c) => metaverseGate(engine, target, mv, closest.rule.rule.name, c, inbound));
  nodes.push({
    state: 'none',
    title: `The rule "${closest.rule.rule.name}" would make it, but does not apply`,
    children: gates.map((g) => g.node),
  });
  return { nodes, ...withGate(gates[0]?.gate) };
}

/** In scope, but there is no object: the outbound side did not run yet, or it failed. */
function notMade(engine: Engine, target: EngineConnector, mv: MvRow): ClosedGate {
  const links = engine.store.mv.links(mv.id);
  const failed = links.flatMap((l) => engine.store.records.errorsOf(l.cs)).find((e) => e.phase === 'sync');
  const connector = target.row.name;
  if (failed) {
    const e = errorText(failed);
    return { gate: 'synchronization', code: e.code, state: 'closed', connector, reason: e.message, ...errorFacts(e) };
  }
  return {
    gate: 'outbound-join',
    code: 'not-synchronized-yet',
    state: 'waiting',
    connector,
    reason: `The identity is meant for ${connector}, but its outbound side was not computed yet.`,
    remedy: 'Run "causeway sync"; after a change of rules "causeway sync --policy initial".',
  };
}

const errorFacts = (e: ObjectErrorText): Partial<ClosedGate> => ({
  ...(e.rule ? { rule: e.rule } : {}),
  ...(e.attribute ? { attribute: e.attribute } : {}),
  since: e.firstSeen,
  attempt: e.count,
  ...(e.nextAttempt ? { nextAttempt: e.nextAttempt } : {}),
});

/** What is pending, failed or unconfirmed for a target object. */
function explainExport(
  engine: Engine,
  target: EngineConnector,
  row: CsRow,
): { nodes: ExplainNode[]; closed?: ClosedGate } {
  const { store } = engine;
  const pending = store.exports.get(row.id);
  const errors = store.records.errorsOf(row.id);
  const failed = errors.find((e) => e.phase === 'export');
  const doubted = errors.find((e) => e.phase === 'confirm');
  const references = store.exports.references(row.id).length;
  const nodes: ExplainNode[] = [];
  if (pending)
    nodes.push({
      state: failed ? 'error' : 'waiting',
      title: `Pending export: ${pending.operation}${pending.state === 1 ? ', sent, answer unknown' : ''}`,
      facts: { attempts: pending.attempt, ...(JSON.parse(pending.attributes) as Record<string, Fact>) },
    });
  if (references > 0)
    nodes.push({
      state: 'waiting',
      title: `${references} reference changes wait to be exported`,
      facts: { references },
    });
  if (failed) {
    const e = errorText(failed);
    const withheld = isWarning(failed);
    nodes.push({
      state: withheld ? 'warning' : 'error',
      title: `${e.code}: ${e.message}`,
      facts: { since: e.firstSeen, attempts: e.count },
    });
    const closed: ClosedGate = {
      gate: withheld ? 'cloud' : 'export',
      state: 'closed',
      code: e.code,
      connector: target.row.name,
      reason: withheld ? e.message : `The export fails with ${e.code}: ${e.message}`,
      ...errorFacts(e),
      ...attemptOf(pending?.attempt, pending?.next_attempt),
    };
    return { nodes, closed };
  }
  if (doubted) {
    const e = errorText(doubted);
    nodes.push({ state: 'warning', title: `${e.code}: ${e.message}`, facts: { since: e.firstSeen } });
    return {
      nodes,
      closed: {
        gate: 'confirmation',
        state: 'waiting',
        code: e.code,
        connector: target.row.name,
        reason: e.message,
        ...errorFacts(e),
      },
    };
  }
  if (store.exports.unconfirmed(row.id))
    nodes.push({ state: 'waiting', title: 'The last export was not confirmed by an import yet' });
  return {
    nodes,
    ...withGate(
      pending || references > 0 ? waitingExport(engine, target, row, pending?.operation ?? 'update') : undefined,
    ),
  };
}

/** Kept of a success: the object was written, but not with all its values. */
export const isWarning = (error: { readonly detail: string }): boolean =>
  (JSON.parse(error.detail) as { severity?: string }).severity === 'warning';

const attemptOf = (attempt: number | undefined, next: number | undefined): Partial<ClosedGate> => ({
  ...(attempt ? { attempt } : {}),
  ...(next && next !== putOff ? { nextAttempt: new Date(next).toISOString() } : {}),
});

/** The export to the whole target is held back by deletes that nobody approved. */
export const heldGate = (target: EngineConnector, { count, threshold }: HeldDeletes, what: string): ClosedGate => ({
  gate: 'export',
  code: 'accidental-delete-threshold',
  state: 'closed',
  connector: target.row.name,
  reason: `${what}, but the export stops before it writes anything: ${count} objects would be deleted, and the limit is ${threshold}.`,
  remedy: `Look at what caused the deletes ("causeway plan"). If they are right, approve exactly them; otherwise bring them back into scope.`,
});

function waitingExport(engine: Engine, target: EngineConnector, row: CsRow, operation: string): ClosedGate {
  const name = target.row.name;
  const what =
    { add: 'It is to be created', update: 'A change of it is to be sent', delete: 'It is to be deleted' }[operation] ??
    'It waits';
  const isStaging = engine.staging;
  const held = isStaging ? undefined : heldDeletes(engine, target);
  if (held) return heldGate(target, held, `${what} in ${name} (${row.dn})`);
  return {
    gate: 'export',
    code: isStaging ? 'staging-mode' : 'export-pending',
    state: 'waiting',
    connector: name,
    reason: `${what} in ${name} (${row.dn})${isStaging ? ', but this engine is in staging mode and does not export' : ' with the next export'}.`,
    remedy: isStaging
      ? 'End the staging mode ("causeway scheduler set StagingModeEnabled=false"), or look at the active engine.'
      : 'Run "causeway sync", or wait for the scheduler.',
  };
}
