/** Why an object crosses the border of a target, found cheaply: there may be a hundred thousand of them. */
import { dnKey } from '../../model/dn.ts';
import type { RuleScopeTrace } from '../../rules/in-scope.ts';
import { explainScopes } from '../../rules/in-scope.ts';
import type { EngineConnector } from '../../sync/context.ts';
import { CsView, MvView } from '../../sync/views.ts';
import { clauseText } from '../explain/model.ts';
import { closestRule, closingClauses } from '../explain/rules.ts';
import type { Evaluation, LostObject, Side } from './evaluate.ts';
import type { Crossing } from './groups.ts';

type Cause = Pick<Crossing, 'kind' | 'rule' | 'decidedBy'>;

/** What keeps an identity out of a target under one configuration. */
export function closedBy(side: Side, told: Evaluation, target: EngineConnector): Cause {
  if (told.errors.length > 0)
    return { kind: 'error', rule: told.errors[0]!.rule.rule.name, decidedBy: told.errors[0]!.code };
  const lost = told.lost.find((l) => l.row.connector !== target.row.id);
  if (lost && (!told.alive || lost.why === 'scope')) return lostBy(side, lost);
  if (!told.alive) return { kind: 'unknown' };
  return outboundCause(side, told, target);
}

function lostBy(side: Side, { row, why }: LostObject): Cause {
  const connector = side.engine.byId.get(row.connector);
  if (!connector || why === 'gone') return { kind: 'unknown' };
  if (why === 'scope') return scopeCause(connector, row);
  const view = new CsView(side.engine.store, row, side.isExporting(row.connector));
  const rules = side.engine.ruleSet.inbound(connector.row.name, row.object_type ?? '');
  const makers = rules.filter((r) => r.rule.linkType === 'Provision' || r.rule.join.length > 0);
  if (makers.length === 0) return { kind: 'object-type', decidedBy: row.object_type ?? '' };
  return ruleCause(explainScopes(makers, view, connector.evaluation(row.partition)));
}

/** The container or the type that the configuration leaves out. */
export function scopeCause(connector: EngineConnector, row: LostObject['row']): Cause {
  const { objectTypes } = connector.settings;
  const type = row.object_type ?? '';
  if (objectTypes.length > 0 && !objectTypes.includes(type)) return { kind: 'object-type', decidedBy: type };
  const decided = connector.scopeOf(connector.partitionOf(row.partition)?.name ?? '')?.decidedBy(dnKey(row.dn));
  return {
    kind: 'container',
    decidedBy:
      decided?.kind === 'exclude'
        ? decided.dn
        : `not below ${connector.settings.partitions.flatMap((p) => p.include).join('; ')}`,
  };
}

function ruleCause(traces: readonly RuleScopeTrace[]): Cause {
  const closest = closestRule(traces);
  const clause = closest && closingClauses(closest)[0];
  if (!closest) return { kind: 'join' };
  return { kind: 'rule', rule: closest.rule.rule.name, ...(clause ? { decidedBy: clauseText(clause.clause) } : {}) };
}

/** The clause that closed, and the inbound rule that gave the value which closed it. */
function outboundCause(side: Side, told: Evaluation, target: EngineConnector): Cause {
  const { engine } = side;
  const view = new MvView(engine.store, told.mv);
  const rules = engine.ruleSet.outbound(target.row.name, told.mv.type);
  const makers = rules.filter((r) => r.rule.linkType === 'Provision' || r.rule.join.length > 0);
  const closest = closestRule(explainScopes(makers, view, target.evaluation(null)));
  const clause = closest && closingClauses(closest)[0];
  if (!closest || !clause) return { kind: 'join' };
  const giver = told.ruleOf(clause.clause.attribute);
  return { kind: 'rule', rule: giver ?? closest.rule.rule.name, decidedBy: clauseText(clause.clause) };
}
