/**
 * Where a value comes from, hop by hop from the cloud back to the directory: winning flow with what it read, the losers with
 * their values, since when and by which run, and what the cloud makes of it.
 */
import { attributesOf } from '../../rules/compile-flow.ts';
import type { FlowTrace } from '../../rules/trace.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { Found } from '../find.ts';
import type { TenantImage } from '../plan/image.ts';
import { cloudValue } from './cloud.ts';
import { type InboundTrace, originOf, sinceInMetaverse, sinceInTarget, traceInbound, traceOutbound } from './flows.ts';
import { objectLane } from './lane.ts';
import { flowNode } from './metaverse.ts';
import {
  type AttributeExplanation,
  type Candidate,
  type CloudValue,
  type ExplainNode,
  type Fact,
  type ValueOrigin,
  valueText,
} from './model.ts';
import { type Parts, partsOf } from './parts.ts';
import { compiledFlow } from './rules.ts';

interface Scene {
  readonly engine: Engine;
  readonly parts: Parts;
  readonly asked: string;
  readonly mv: MvRow | undefined;
  readonly inbound: InboundTrace;
  readonly target: EngineConnector | undefined;
  readonly row: CsRow | undefined;
  readonly outbound: ReturnType<typeof traceOutbound> | undefined;
}

/** Explains one attribute by its name in the directory, in the metaverse or in the cloud, in any letter case. */
export function explainAttribute(
  engine: Engine,
  reference: string,
  found: Found,
  asked: string,
  options: { readonly tenant?: TenantImage } = {},
): AttributeExplanation {
  const parts = partsOf(engine, reference, found);
  const { mv } = parts;
  const target = parts.targets[0];
  const link = mv && target && engine.store.mv.linkIn(mv.id, target.row.id);
  const row = link && engine.store.cs.get(link.cs);
  const scene: Scene = {
    engine,
    parts,
    asked,
    mv,
    target,
    row,
    inbound: mv ? traceInbound(engine, mv) : { values: {}, flows: [] },
    outbound: mv && target && row ? traceOutbound(engine, mv, target, row.object_type ?? '', row) : undefined,
  };
  const origins = originsOf(scene);
  const sentAs = origins.find((o) => o.where === target?.row.name)?.attribute;
  const cloud = mv && target && row && sentAs ? cloudValue(engine, target, mv, row, sentAs, options.tenant) : undefined;
  return {
    kind: 'attribute',
    subject: parts.subject,
    attribute: origins[0]?.attribute ?? asked,
    summary: summaryOf(scene, origins, cloud),
    origins,
    ...(cloud ? { cloud } : {}),
    lane: objectLane(engine, {
      source: parts.sources[0]?.connector,
      row: parts.sources[0]?.row,
      mv,
      target,
      targetRow: row,
    }),
    tree: treeOf(scene, origins),
  };
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The hops of the value: in the target, then the metaverse attributes it is made of. */
function originsOf(scene: Scene): ValueOrigin[] {
  const { outbound, target, row, inbound, asked } = scene;
  const origins: ValueOrigin[] = [];
  const sent = sentNames(scene);
  for (const name of sent) {
    const value = (outbound!.wanted[name] ?? null) as Fact;
    const origin = originOf(
      scene.engine,
      target!.row.name,
      name,
      value,
      outbound!.flows,
      sinceInTarget(scene.engine, row!.id, name),
    );
    if (origin) origins.push(origin);
  }
  for (const name of metaverseNames(scene, sent)) {
    const value = (inbound.values[name] ?? null) as Fact;
    const since = scene.mv && sinceInMetaverse(scene.engine, scene.mv.id, name);
    const origin = originOf(scene.engine, 'metaverse', name, value, inbound.flows, since);
    if (origin) origins.push(origin);
  }
  return origins.length > 0 || asked === '' ? origins : [];
}

const reads = (flow: FlowTrace): readonly string[] => {
  const compiled = compiledFlow(flow.rule, flow.flow);
  return compiled ? attributesOf(compiled).filter((n) => n !== 'dn') : [];
};

/** Names in the target: the name itself, otherwise what is made of the metaverse attribute or source attribute of that name. */
function sentNames({ outbound, inbound, asked }: Scene): string[] {
  if (!outbound) return [];
  const direct = outbound.flows.filter((f) => same(f.attribute, asked)).map((f) => f.attribute);
  if (direct.length > 0) return [direct[0]!];
  const between = new Set(
    [asked, ...inbound.flows.filter((f) => reads(f).some((n) => same(n, asked))).map((f) => f.attribute)].map((n) =>
      n.toLowerCase(),
    ),
  );
  const made = outbound.flows.filter((f) => reads(f).some((n) => between.has(n.toLowerCase()))).map((f) => f.attribute);
  return [...new Set(made)].slice(0, 4);
}

/** Metaverse attributes: what the target's winning flows read, or the name itself, or what is made of the source's. */
function metaverseNames({ inbound, outbound, asked }: Scene, sent: readonly string[]): string[] {
  const winners = (outbound?.flows ?? []).filter(
    (f) => sent.includes(f.attribute) && f.outcome !== 'lost' && f.outcome !== 'ignored',
  );
  const own = inbound.flows.filter((f) => same(f.attribute, asked)).map((f) => f.attribute);
  const made = inbound.flows.filter((f) => reads(f).some((n) => same(n, asked))).map((f) => f.attribute);
  const known = new Set(inbound.flows.map((f) => f.attribute));
  const names = [...new Set([...winners.flatMap(reads), ...own])].filter((n) => known.has(n));
  return (names.length > 0 ? names : [...new Set(made)]).slice(0, 8);
}

function summaryOf(scene: Scene, origins: readonly ValueOrigin[], cloud: CloudValue | undefined): string[] {
  const { parts, asked, target } = scene;
  const name = parts.subject.name;
  if (!scene.mv) return [`${name} has no identity, so no rule gives it a value. Ask without --attribute why.`];
  const [first] = origins;
  if (!first) return [`No rule that applies to ${name} reads or writes an attribute ${asked}.`];
  const where = first.where === 'metaverse' ? 'the metaverse' : first.where;
  const lines = [`${first.attribute} of ${name} is ${amount(first)} in ${where}.`];
  lines.push(...withheldSentence(scene, first));
  const inner = origins.find((o) => o.where === 'metaverse');
  if (inner) lines.push(...originSentences(inner, first));
  else if (first.winner)
    lines.push(
      `The rule "${first.winner.rule}" (precedence ${first.winner.precedence}) makes it: ${first.winner.flow}.`,
    );
  const since = inner?.since ?? first.since;
  if (since) lines.push(sinceSentence(since));
  if (cloud && JSON.stringify(cloud.calculated) !== JSON.stringify(cloud.sent))
    lines.push(
      `The cloud makes ${valueText(cloud.calculated)} of it (${cloud.property})${cloud.notes.length > 0 ? `: ${cloud.notes.join(' ')}` : '.'}`,
    );
  if (cloud?.returned !== undefined && JSON.stringify(cloud.returned) !== JSON.stringify(cloud.calculated))
    lines.push(`${target?.row.name ?? 'The tenant'} shows ${valueText(cloud.returned)} now.`);
  return lines;
}

/** The target did not take the value, and counts as holding it until what is in the way is gone (`sync/obstacles.ts`). */
function withheldSentence({ engine, row }: Scene, { where, attribute }: ValueOrigin): string[] {
  const held = row && engine.store.obstacles.of(row.id).find((one) => one.attribute === attribute);
  if (!held || where === 'metaverse') return [];
  const { detail } = JSON.parse(held.told) as { detail?: string };
  const became = valueText(JSON.parse(held.became) as Fact);
  return [
    `That is what was asked: ${where} did not take it and has ${became}.${detail === undefined ? '' : ` ${detail}`}`,
  ];
}

function sinceSentence({ how, time, run, before }: NonNullable<ValueOrigin['since']>): string {
  const by = run === null ? '' : ` by run ${run}`;
  return how === 'first'
    ? `It has been so since the identity came into being on ${time}${by}.`
    : `It ${how} on ${time}${by}${before === null ? '' : `; before that it was ${valueText(before)}`}.`;
}

const amount = (o: ValueOrigin): string =>
  o.winner?.references === undefined ? valueText(o.value) : `${o.winner.references} references`;

function originSentences(origin: ValueOrigin, outer: ValueOrigin): string[] {
  const { winner } = origin;
  const made =
    origin !== outer && outer.winner && outer.winner.flow !== `direct ${origin.attribute}`
      ? ` It is made by the rule "${outer.winner.rule}": ${outer.winner.flow}.`
      : '';
  if (!winner)
    return [
      `None of the ${origin.losers.length} flows to it gives a value.${made}`,
      ...origin.losers.slice(0, 3).map(loserSentence),
    ];
  const told = `It comes from ${winner.dn || winner.connector}: rule "${winner.rule}" (precedence ${winner.precedence}), ${winner.flow}${inputText(winner)}.${made}`;
  const rivals = origin.losers.filter(
    (l) => l.outcome === 'lost' && JSON.stringify(l.value) !== JSON.stringify(winner.value),
  );
  return [told, ...rivals.slice(0, 3).map(loserSentence)];
}

const inputText = (c: Candidate): string => {
  const inputs = Object.entries(c.inputs).slice(0, 4);
  return c.flow.startsWith('direct ') || inputs.length === 0
    ? ''
    : ` (${inputs.map(([n, v]) => `${n} is ${valueText(v)}`).join(', ')})`;
};

const loserSentence = (l: Candidate): string =>
  l.outcome === 'lost'
    ? `The rule "${l.rule}" (precedence ${l.precedence}) would give ${valueText(l.value)} from ${l.dn || l.connector}, and loses because its precedence is worse.`
    : `The rule "${l.rule}" (precedence ${l.precedence}, from ${l.dn || l.connector}) gives no value: ${l.flow}${inputText(l)}${l.error ? ` failed with ${l.error}` : ''}.`;

function treeOf(scene: Scene, origins: readonly ValueOrigin[]): ExplainNode[] {
  return origins.map((o) => {
    const flows = (o.where === 'metaverse' ? scene.inbound.flows : (scene.outbound?.flows ?? [])).filter(
      (f) => f.attribute === o.attribute,
    );
    return {
      state: o.value === null && o.winner?.references === undefined ? 'none' : 'ok',
      title: `${o.where}: ${o.attribute} is ${amount(o)}`,
      children: flows.map((f) => flowNode(scene.engine, f)),
    };
  });
}
