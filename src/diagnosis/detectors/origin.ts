/** Where a value in the cloud comes from: the attribute of the directory that an administrator has to correct. */
import { attributesOf as readBy } from '../../rules/compile-flow.ts';
import type { CompiledRule } from '../../rules/compiled.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { Provenance } from '../../sync/views.ts';
import { connectorOf, type DiagnosisContext } from '../diagnose-context.ts';

export interface Origin {
  /** The object of the directory. */
  readonly row: CsRow;
  readonly connector: string;
  readonly attribute: string;
  /** The inbound rule that brought the value in. */
  readonly rule: string;
  readonly metaverseAttribute: string;
}

/** The origin of a property of a cloud object; undefined if no single attribute gives it. */
export function originOf(context: DiagnosisContext, cloud: CsRow, property: string): Origin | undefined {
  const { store, engine } = context;
  const link = store.mv.link(cloud.id);
  const mv = link && store.mv.get(link.mv);
  const connector = connectorOf(context, cloud);
  if (!mv || !connector) return undefined;
  const provenance = JSON.parse(mv.provenance) as Provenance;
  const outbound = engine.ruleSet.outbound(connector.row.name, mv.type, cloud.object_type ?? '');
  for (const name of sourcesOfFlow(outbound, property)) {
    const [number, cs] = provenance[name] ?? [];
    const row = cs === undefined ? undefined : store.cs.get(cs);
    const rule = number === undefined ? undefined : engine.ruleByNumber(number);
    const attribute = rule && row && presentSource(rule, name, row);
    const from = row && connectorOf(context, row);
    if (row && rule && attribute !== undefined && from)
      return { row, connector: from.row.name, attribute, rule: rule.rule.name, metaverseAttribute: name };
  }
  return undefined;
}

/** Attributes that flows to this target read, those of direct flows first. */
function sourcesOfFlow(rules: readonly CompiledRule[], target: string): string[] {
  const wanted = target.toLowerCase();
  const flows = rules.flatMap((r) => r.flows.filter((f) => f.target.toLowerCase() === wanted));
  const direct = flows.flatMap((f) => (f.source.kind === 'direct' ? [f.source.attribute] : []));
  return [...new Set([...direct, ...flows.flatMap((f) => [...readBy(f)])])];
}

function presentSource(rule: CompiledRule, target: string, row: CsRow): string | undefined {
  const values = JSON.parse(row.attributes ?? '{}') as Record<string, unknown>;
  const read = sourcesOfFlow([rule], target);
  return read.find((name) => values[name] !== undefined) ?? read[0];
}
