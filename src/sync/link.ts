/** Linking: which objects are one identity (sync-engine s.1.7, 2.4, 2.5). The caller holds a transaction. */
import type { Attributes } from '../model/value.ts';
import type { CompiledRule } from '../rules/compiled.ts';
import { joiningRule, mayProvision } from '../rules/join.ts';
import type { LinkOrigin } from '../store/metaverse.ts';
import { deprovision } from './deprovision.ts';
import { rekey, rulesInScope } from './inbound.ts';
import { findIdentity } from './join.ts';
import type { SyncRun } from './sync-run.ts';
import type { CsView } from './views.ts';

export interface LinkResult {
  readonly event: 'joined' | 'projected' | 'kept' | 'disconnected' | 'none' | 'failed';
  readonly rules: readonly CompiledRule[];
  readonly mv?: number;
  /** Type of an identity that is not stored yet; the link to it is made when its first flow succeeded. */
  readonly newType?: string;
  /** The rule that projects it. */
  readonly projectedBy?: CompiledRule;
  /** It had an identity before. */
  readonly wasLinked?: boolean;
  /** Identity that the object left. */
  readonly left?: number;
}

/** Decides what identity an object belongs to, and makes it so unless the identity is new. */
export function linkObject(run: SyncRun, view: CsView, isDeleteAdd: boolean): LinkResult {
  const { store } = run.engine;
  const rules = rulesInScope(run.engine, view);
  const joining = joiningRule(rules);
  const link = store.mv.link(view.row.id);
  if (link) {
    const madeOutbound = link.origin === 'outbound-join' || link.origin === 'provision';
    if (!isDeleteAdd && (madeOutbound || joining.kind !== 'none'))
      return { event: 'kept', rules, mv: link.mv, wasLinked: true };
    unlink(run, view.row.id, isDeleteAdd ? 'object-type-changed' : 'out-of-scope');
    if (!isDeleteAdd) return { event: 'disconnected', rules, left: link.mv };
  }
  const left = link ? { left: link.mv, wasLinked: true } : {};
  if (joining.kind === 'none') return { event: 'none', rules, ...left };
  if (joining.kind === 'several') {
    run.fail(view.row.id, 'sync', {
      code: 'rule-conflict',
      message: `Several joining rules are in scope for this object: ${joining.rules.map((r) => r.rule.name).join(', ')}. Narrow their scopes so that only one applies.`,
    });
    return { event: 'failed', rules, ...left };
  }
  const { rule } = joining;
  const found = findIdentity(run.engine, rule, view);
  if (found.kind === 'one') {
    const other = store.mv.linkIn(found.id, view.row.connector);
    if (other) {
      const dn = store.cs.get(other.cs)?.dn ?? '';
      run.fail(view.row.id, 'sync', {
        code: 'ambiguous-import-flow-from-multiple-connectors',
        message: `This object joins the same identity as ${dn} of the same connector. An identity can have only one object of a connector: change the value they share, or filter one of them.`,
        rule: rule.rule.name,
        facts: { otherDn: dn },
      });
      return { event: 'failed', rules, ...left };
    }
    addLink(run, view.row.id, found.id, view.row.connector, 'join', rule);
    return { event: 'joined', rules, mv: found.id, ...left };
  }
  if (rule.rule.targetObjectType === '*' || !mayProvision(rule, view)) {
    return { event: 'none', rules, ...left };
  }
  const mv = store.mv.reserve();
  return { event: 'projected', rules, mv, newType: rule.rule.targetObjectType, projectedBy: rule, ...left };
}

export function addLink(
  run: SyncRun,
  cs: number,
  mv: number,
  connector: number,
  origin: LinkOrigin,
  rule: CompiledRule,
): void {
  const { store, now } = run.engine;
  const owned = rule.rule.direction === 'outbound' && rule.rule.linkType === 'Provision' ? 1 : 0;
  store.mv.addLink({ cs, mv, connector, origin, rule: store.rules.id(rule.rule.id), time: now(), owned });
  run.journal('linked', cs, mv, { origin, rule: rule.rule.name });
  if (!run.bulk) store.references.changesToIdentity(mv);
}

/** Breaks a link. Edges that now lead nowhere are looked at again. */
export function unlink(run: SyncRun, cs: number, reason: string): void {
  const { store } = run.engine;
  const link = store.mv.link(cs);
  if (!link) return;
  if (!run.bulk) for (const other of store.mv.links(link.mv)) store.references.changesToObject(other.cs);
  store.mv.removeLink(cs);
  store.references.removeFlows(cs);
  run.journal('unlinked', cs, link.mv, { reason, dn: store.cs.get(cs)?.dn ?? null });
}

/** Removes an identity that nothing keeps: objects it owns in targets are deleted there, others are only let go. */
export function removeIdentity(run: SyncRun, mv: number): void {
  const { engine } = run;
  const { store } = engine;
  const row = store.mv.get(mv);
  if (!row) return;
  for (const link of store.mv.links(mv)) {
    if (link.owned) {
      deprovision(run, link.cs, 'identity-removed');
      continue;
    }
    unlink(run, link.cs, 'identity-removed');
    const cs = store.cs.get(link.cs);
    store.exports.remove(link.cs);
    if (cs?.object_type && cs.attributes !== null && !store.cs.pending(link.cs)) {
      // It may be an identity of its own now; the next synchronization decides.
      store.cs.setPending({ cs: link.cs, kind: 'update', previous: null, run: run.id });
    }
  }
  rekey(engine, mv, JSON.parse(row.attributes) as Attributes, {});
  store.mv.remove(mv);
  store.mv.clean(mv);
  run.journal('identity-removed', null, mv, { type: row.type, attributes: JSON.parse(row.attributes) });
}
