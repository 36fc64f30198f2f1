/** The drill-down of a fork: one object under both configurations, value by value. */
import { sameValue } from '../../model/value.ts';
import { rulesInScope } from '../../sync/inbound.ts';
import { CsView } from '../../sync/views.ts';
import type { Fact } from '../explain/model.ts';
import type { Found } from '../find.ts';
import { type Evaluation, evaluate, isSelected, type Side } from './evaluate.ts';
import type { ForkObject, ForkSide } from './model.ts';
import type { ForkSession } from './session.ts';

/** Compares one object. An object without an identity is taken as the identity it would become. */
export function forkObject(session: ForkSession, found: Found): ForkObject {
  const before = evaluationOf(session.before, found);
  const after = evaluationOf(session.after, found);
  const values: ForkObject['values'][number][] = [];
  const compare = (where: string, b: Part | undefined, a: Part | undefined) => {
    for (const attribute of new Set([...Object.keys(b?.values ?? {}), ...Object.keys(a?.values ?? {})])) {
      const [had, has] = [b?.values[attribute], a?.values[attribute]];
      if (sameValue(had, has)) continue;
      const rule = a?.ruleOf(attribute) ?? b?.ruleOf(attribute) ?? '';
      values.push({ where, attribute, before: (had ?? null) as Fact, after: (has ?? null) as Fact, rule });
    }
  };
  if (before?.alive || after?.alive) compare('metaverse', before, after);
  for (const c of session.after.engine.all) {
    const [b, a] = [before?.targets.get(c.row.id), after?.targets.get(c.row.id)];
    if (b || a) compare(c.row.name, b, a);
  }
  const named = { ...before?.values, ...after?.values } as Readonly<Record<string, unknown>>;
  const name = named.userPrincipalName ?? named.mail ?? named.displayName ?? named.cn ?? '';
  return { mv: found.mv, name: String(name), before: sideFacts(before), after: sideFacts(after), values };
}

type Part = Pick<Evaluation, 'values' | 'ruleOf'>;

function evaluationOf(side: Side, found: Found): Evaluation | undefined {
  const { store } = side.engine;
  const mv = found.mv === null ? undefined : store.mv.get(found.mv);
  if (mv) return evaluate(side, mv);
  const row = found.cs[0] === undefined ? undefined : store.cs.get(found.cs[0]);
  const connector = row && side.engine.byId.get(row.connector);
  if (!row || !connector || row.attributes === null || !isSelected(connector, row)) return undefined;
  const view = new CsView(store, row, side.isExporting(row.connector));
  const rules = rulesInScope(side.engine, view);
  const maker = rules.find((r) => r.rule.linkType === 'Provision' && r.rule.targetObjectType !== '*');
  if (!maker) return undefined;
  const fresh = { id: -1, type: maker.rule.targetObjectType, attributes: '{}', provenance: '{}' };
  return evaluate(side, fresh, [{ view, rules }]);
}

const sideFacts = (told: Evaluation | undefined): ForkSide => ({
  exists: told?.alive === true,
  targets: [...(told?.targets.values() ?? [])].map((t) => t.connector.row.name),
  errors: (told?.errors ?? []).map((e) => `rule "${e.rule.rule.name}", flow to ${e.attribute}: ${e.message}`),
});
