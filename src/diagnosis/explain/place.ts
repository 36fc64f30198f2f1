/** Where in the configuration the decision stands that closed a gate, for gates that were not decided by a container or a type. */
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { deletePlanHash } from '../../sync/export.ts';
import type { ClosedGate, ConfigurationPlace } from './model.ts';
import { type Locate, placed } from './scope.ts';

/** The gate with its place: a setting of the configuration, or a clause or flow of a rule. */
export function placeGate(engine: Engine, gate: ClosedGate | undefined, locate?: Locate): ClosedGate | undefined {
  if (!gate || gate.configuration) return gate;
  const configuration = settingOf(engine, gate, locate) ?? ruleOf(engine, gate);
  return configuration ? { ...gate, configuration } : gate;
}

function settingOf(engine: Engine, gate: ClosedGate, locate: Locate | undefined): ConfigurationPlace | undefined {
  if (gate.code === 'filtered-by-group') {
    const at = engine.all.findIndex((c) => c.row.name === gate.connector);
    const group = engine.all[at]?.settings.groupFilter;
    return group === undefined ? undefined : placed(['connectors', at, 'groupFilter'], group, locate);
  }
  if (gate.code === 'accidental-delete-threshold')
    return placed(['scheduler', 'deletionThreshold'], String(engine.limits.deletionThreshold), locate);
  if (gate.code === 'staging-mode') return placed(['scheduler', 'staging'], 'true', locate);
  return undefined;
}

function ruleOf(engine: Engine, gate: ClosedGate): ConfigurationPlace | undefined {
  const rule = engine.ruleSet.rules.find((r) => r.rule.name === gate.rule)?.rule;
  if (!rule) return undefined;
  const at = rule.origin && placeOf(rule.origin);
  return { path: ['rules', rule.name], value: gate.clause ?? '', ...(at === undefined ? {} : { at }) };
}

/** Rules that come with the product have a name, but no line that an administrator could open. */
const placeOf = ({ file, line }: { readonly file: string; readonly line: number }): string =>
  file.startsWith('out-of-box/') ? 'out of the box' : `${file}:${line}`;

export interface HeldDeletes {
  readonly count: number;
  readonly threshold: number;
}

/** The deletes that make the next export to a target stop before it writes anything; undefined if nothing does. */
export function heldDeletes(engine: Engine, target: EngineConnector): HeldDeletes | undefined {
  const { store, limits } = engine;
  const threshold = limits.deletionThreshold;
  if (threshold === 0 || store.exports.counts(target.row.id).delete <= threshold) return undefined;
  const ids = store.exports.deletes(target.row.id);
  const hash = deletePlanHash(
    target.row.name,
    ids.map((id) => store.cs.get(id)?.dn ?? String(id)),
  );
  return engine.isApproved(hash) ? undefined : { count: ids.length, threshold };
}
