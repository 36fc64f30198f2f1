/** What a synchronization of one object would make of it, in memory: with the rules in force, or with a draft. */
import { z } from 'zod';
import { applyDelta, attributeDelta } from '../../connector-space/hologram.ts';
import type { Attributes } from '../../model/value.ts';
import { joiningRule, mayProvision } from '../../rules/join.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { computeInbound, type InboundSource, provenanceText, rulesInScope, sourcesOf } from '../../sync/inbound.ts';
import { computeOutbound, rulesFor } from '../../sync/outbound.ts';
import { CsView, MvView } from '../../sync/views.ts';
import { filesWith } from '../changes.ts';
import { connectedSchemas, problemText, tryRuleSet } from '../configuration/rule-set.ts';
import type { ReadingState } from '../readings.ts';
import { Refusal } from '../refusal.ts';
import { referenceOf, requireObject } from './objects.ts';

const values = z.record(z.string(), z.unknown());
export const previewSchema = z.object({
  reference: z.string(),
  rules: z.string().describe('Version of the rules it was computed with.'),
  isAlive: z.boolean().describe('False: nothing keeps or makes the identity.'),
  identity: z.object({ before: values, after: values }),
  sides: z.array(
    z.object({
      connector: z.string(),
      dn: z.string(),
      operation: z.enum(['none', 'add', 'update', 'delete']),
      before: values,
      after: values,
    }),
  ),
  problems: z.array(z.string()).describe('Rules that fail for the object.'),
});
export type Preview = z.infer<typeof previewSchema>;
export const previewQuery = z.object({
  draft: z.string().max(64).optional().describe('Name of a draft to compute with instead of the rules in force.'),
});

/** Throws a Refusal if there is no such object, or the draft cannot be used. References are not computed. */
export function previewFacts(state: ReadingState, reference: string, draft?: string): Preview {
  const found = requireObject(state.store, reference);
  const engine = state.reading.engine(draft === undefined ? state.rules() : draftRules(state, draft));
  const sources = found.mv === null ? newSources(engine, found.cs) : undefined;
  const mv = found.mv === null ? newIdentity(sources ?? []) : state.store.mv.get(found.mv);
  const empty = { reference: referenceOf(found), rules: engine.ruleSet.version, isAlive: false, sides: [] };
  if (!mv) {
    const identity = { before: {}, after: {} };
    return { ...empty, identity, problems: ['No rule in scope makes an identity of this object.'] };
  }
  const inbound = computeInbound(engine, mv, sources ?? sourcesOf(engine, mv, () => true));
  const problems = inbound.result.errors.map((e) => `${e.rule.rule.name}, ${e.attribute}: ${e.message}`);
  const before = JSON.parse(mv.attributes) as Attributes;
  const after = inbound.alive ? inbound.result.values : {};
  const flowed: MvRow = {
    ...mv,
    attributes: JSON.stringify(after),
    provenance: provenanceText(engine, inbound.result, JSON.parse(mv.provenance)),
  };
  const sides = engine.all
    .filter((c) => c.canExport)
    .flatMap((c) => sideOf(engine, c, flowed, inbound.alive, problems) ?? []);
  return { ...empty, isAlive: inbound.alive, identity: { before, after }, sides, problems };
}

function draftRules({ config, store }: ReadingState, name: string) {
  const text = store.administration.draft(name)?.text;
  if (text === undefined) throw new Refusal('not-found', `There is no draft "${name}".`);
  const attempt = tryRuleSet(config, {
    files: filesWith(config, name, text),
    schemas: connectedSchemas(store, config),
  });
  if (attempt.ok) return attempt;
  throw new Refusal('rule-problems', attempt.problems.map(problemText).join('\n'), {
    facts: { problems: attempt.problems },
  });
}

function newSources(engine: Engine, cs: readonly number[]): InboundSource[] {
  return cs.flatMap((id) => {
    const row = engine.store.cs.get(id);
    if (!row || row.attributes === null) return [];
    const view = new CsView(engine.store, row, true);
    return [{ view, rules: rulesInScope(engine, view) }];
  });
}

/** An identity that does not exist yet, of the type that the provisioning rule makes. */
function newIdentity(sources: readonly InboundSource[]): MvRow | undefined {
  const maker = sources.flatMap((s) => s.rules).find((r) => r.rule.linkType !== 'Join');
  return maker && { id: 0, type: maker.rule.targetObjectType, attributes: '{}', provenance: '{}' };
}

function sideOf(
  engine: Engine,
  connector: EngineConnector,
  mv: MvRow,
  isAlive: boolean,
  problems: string[],
): Preview['sides'][number] | undefined {
  const { store } = engine;
  const name = connector.settings.connector.name;
  const link = mv.id === 0 ? undefined : store.mv.linkIn(mv.id, connector.row.id);
  const row = link && store.cs.get(link.cs);
  const view = new MvView(store, mv);
  const run = { engine, isExporting: () => true };
  const types = engine.ruleSet.outboundTypes(name, mv.type);
  if (types.length === 0 && !row) return undefined;
  const joining = types.map((type) => ({ type, found: joiningRule(rulesFor(run, view, connector, type)) }));
  for (const { found } of joining)
    if (found.kind === 'several')
      problems.push(`Several joining rules to ${name}: ${found.rules.map((r) => r.rule.name).join(', ')}.`);
  const compute = (type: string, of: CsRow | undefined) => {
    const told = computeOutbound(run, view, connector, rulesFor(run, view, connector, type), of);
    for (const e of told.result.errors) problems.push(`${e.rule.rule.name}, ${e.attribute}: ${e.message}`);
    return told;
  };
  if (row) {
    const isKept = isAlive && joining.some((j) => j.type === row.object_type && j.found.kind === 'one');
    const { held, wanted, managed } = compute(row.object_type ?? '', row);
    if (!isKept && link.owned) return { connector: name, dn: row.dn, operation: 'delete', before: held, after: {} };
    const delta = isKept ? attributeDelta(held, wanted, managed) : {};
    const isChanged = Object.keys(delta).length > 0;
    const operation = row.anchor === null && row.attributes === null ? 'add' : isChanged ? 'update' : 'none';
    return { connector: name, dn: row.dn, operation, before: held, after: applyDelta(held, delta) };
  }
  for (const { type, found } of isAlive ? joining : []) {
    if (found.kind !== 'one' || !found.provisioner || !mayProvision(found.provisioner, view)) continue;
    const { wanted, result } = compute(type, undefined);
    return { connector: name, dn: String(result.values.dn ?? ''), operation: 'add', before: {}, after: wanted };
  }
  return undefined;
}
