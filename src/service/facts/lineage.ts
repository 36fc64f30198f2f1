/** Where every value of an identity comes from and where it goes: attribute by attribute, with the rule that carried it. */
import { z } from 'zod';
import { compiledFlow, flowText } from '../../diagnosis/explain/rules.ts';
import { attributesOf } from '../../rules/compile-flow.ts';
import type { CompiledRule } from '../../rules/compiled.ts';
import { computeOutbound, rulesFor } from '../../sync/outbound.ts';
import { MvView } from '../../sync/views.ts';
import type { ReadingState } from '../readings.ts';
import { referenceOf, requireObject } from './objects.ts';

const carriedSchema = z.object({
  cs: z.number().int().describe('Connector-space object at the other end.'),
  connector: z.string(),
  attribute: z.string().describe('Attribute that the flow writes.'),
  reads: z.array(z.string()).describe('Attributes that it reads.'),
  rule: z.string(),
  ruleId: z.string(),
  flow: z.string().describe('As it is written in the rule.'),
});
export type Carried = z.infer<typeof carriedSchema>;
export const lineageSchema = z.object({
  reference: z.string(),
  inbound: z.array(carriedSchema),
  outbound: z.array(carriedSchema),
});
export type LineageFacts = z.infer<typeof lineageSchema>;

/** Throws a Refusal if there is no such object. */
export function lineageFacts(state: ReadingState, reference: string): LineageFacts {
  const found = requireObject(state.store, reference);
  const engine = state.reading.engine(state.rules());
  const mv = found.mv === null ? undefined : state.store.mv.get(found.mv);
  if (!mv) return { reference: referenceOf(found), inbound: [], outbound: [] };
  const view = new MvView(engine.store, mv);
  const inbound = Object.entries(view.provenance).flatMap(([attribute, [number, cs]]) => {
    const rule = engine.ruleByNumber(number);
    const row = state.store.cs.get(cs);
    const name = row && engine.byId.get(row.connector)?.settings.connector.name;
    return rule && name !== undefined ? (carried(rule, attribute, cs, name) ?? []) : [];
  });
  const outbound = state.store.mv.links(mv.id).flatMap((link) => {
    const connector = engine.byId.get(link.connector);
    const row = state.store.cs.get(link.cs);
    if (!connector?.canExport || !row) return [];
    const run = { engine, isExporting: () => true };
    const rules = rulesFor(run, view, connector, row.object_type ?? '');
    if (rules.length === 0) return [];
    const { result } = computeOutbound(run, view, connector, rules, row);
    const name = connector.settings.connector.name;
    return [
      ...Object.entries(result.provenance).map(([attribute, by]) => ({ attribute, rule: by.rule })),
      ...[...result.references].map(([attribute, binding]) => ({ attribute, rule: binding.rule })),
    ].flatMap(({ attribute, rule }) => carried(rule, attribute, link.cs, name) ?? []);
  });
  return { reference: referenceOf(found), inbound, outbound };
}

function carried(rule: CompiledRule, attribute: string, cs: number, connector: string): Carried | undefined {
  const flow = rule.rule.flows.find((f) => f.target === attribute);
  if (!flow) return undefined;
  const compiled = compiledFlow(rule, flow);
  return {
    cs,
    connector,
    attribute,
    reads: compiled ? [...attributesOf(compiled)] : [],
    rule: rule.rule.name,
    ruleId: rule.rule.id,
    flow: flowText(flow),
  };
}
