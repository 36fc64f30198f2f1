/** The graph of an identity: objects, the rules that carried values, the identity, its references. Pure. */

import type { Edge, Node } from '@xyflow/react';
import type { Carried, CsObject, Description, LineageFacts } from '../../api/types.ts';
import { objectHref, ruleHref } from '../../ui/address.ts';
import { leafOf, plural } from '../../ui/text.ts';
import { isTarget } from './matrix.ts';
import { textOf } from './name.ts';

export interface Box extends Record<string, unknown> {
  readonly kind: 'object' | 'rule' | 'identity' | 'reference';
  readonly title: string;
  /** The beginning of a long name, in a line of its own. */
  readonly over?: string;
  readonly detail: string;
  readonly badge?: string;
  readonly href?: string;
}
export type BoxNode = Node<Box, 'box'>;

export const boxWidth = 200;
const heights = { object: 84, rule: 66, identity: 88, reference: 44 } as const;
/** Attributes and references named before the rest is only counted. */
const named = 4;

export interface Graph {
  readonly nodes: BoxNode[];
  readonly edges: Edge[];
  /** Pairs for the layout: always from left to right, also where values flow back from the cloud. */
  readonly order: (readonly [string, string])[];
}

export function graphOf(d: Description, lineage: LineageFacts, name: string): Graph {
  const graph: Graph = { nodes: [], edges: [], order: [] };
  const add = (id: string, data: Box) =>
    graph.nodes.push({
      id,
      type: 'box',
      position: { x: 0, y: 0 },
      width: boxWidth,
      height: heights[data.kind],
      data,
      ariaLabel: `${data.title}, ${data.detail}`,
    });
  const join = (source: string, target: string, isBack: boolean, label?: string) => {
    graph.edges.push({
      id: `${source}>${target}`,
      source,
      target,
      sourceHandle: isBack ? 'back-out' : 'out',
      targetHandle: isBack ? 'back-in' : 'in',
      ...(label ? { label } : {}),
      ...(isBack ? { animated: false, className: 'edge-back' } : {}),
    });
    graph.order.push(isBack ? [target, source] : [source, target]);
  };
  for (const o of d.objects) add(`cs${o.id}`, objectBox(o));
  if (!d.mv) return graph;
  const values = Object.keys(d.mv.attributes).length;
  add('mv', { kind: 'identity', badge: d.mv.type, title: name, detail: plural(values, 'attribute') });
  const targets = new Set(d.objects.filter(isTarget).map((o) => o.id));
  for (const [key, carried] of byRule(lineage.inbound)) {
    const isBack = targets.has(carried[0]?.cs ?? 0);
    addRule(add, `in ${key}`, carried);
    join(`cs${carried[0]?.cs}`, `in ${key}`, isBack);
    join(`in ${key}`, 'mv', isBack);
  }
  for (const [key, carried] of byRule(lineage.outbound)) {
    const isBack = !targets.has(carried[0]?.cs ?? 0);
    addRule(add, `out ${key}`, carried);
    join('mv', `out ${key}`, isBack);
    join(`out ${key}`, `cs${carried[0]?.cs}`, isBack);
  }
  // Objects that are linked but neither give nor get a value still belong in the picture.
  for (const o of d.objects) {
    const isDrawn = [...lineage.inbound, ...lineage.outbound].some((c) => c.cs === o.id);
    if (isDrawn) continue;
    if (isTarget(o)) join('mv', `cs${o.id}`, false, o.link?.origin);
    else join(`cs${o.id}`, 'mv', false, o.link?.origin);
  }
  for (const [attribute, r] of Object.entries(d.mv.references)) {
    for (const dn of r.sample.slice(0, named)) {
      const id = `ref ${attribute} ${dn}`;
      add(id, { kind: 'reference', title: leafOf(dn), detail: attribute, href: objectHref(dn) });
      join(id, 'mv', false);
    }
  }
  return graph;
}

function byRule(carried: readonly Carried[]): Map<string, Carried[]> {
  const groups = new Map<string, Carried[]>();
  for (const c of carried) {
    const key = `${c.ruleId} ${c.cs}`;
    groups.set(key, [...(groups.get(key) ?? []), c]);
  }
  return groups;
}

function addRule(add: (id: string, data: Box) => void, id: string, carried: readonly Carried[]): void {
  const [first] = carried;
  if (!first) return;
  add(id, {
    kind: 'rule',
    ...nameParts(first.rule),
    detail: list(carried.map((c) => c.attribute).sort()),
    href: ruleHref(first.ruleId),
  });
}

/** `In from AD - User Join` in two lines. */
function nameParts(rule: string): { readonly title: string; readonly over?: string } {
  const at = rule.indexOf(' - ');
  return at < 1 ? { title: rule } : { over: rule.slice(0, at), title: rule.slice(at + 3) };
}

const objectBox = (o: CsObject): Box => ({
  kind: 'object',
  badge: o.connector,
  title: textOf(o.attributes.displayName) ?? (isTarget(o) ? (o.anchor ?? leafOf(o.dn)) : leafOf(o.dn)),
  detail: o.pendingExport
    ? `${o.pendingExport.operation} pending`
    : plural(Object.keys(o.attributes).length, 'attribute'),
});

const list = (names: readonly string[]): string =>
  names.length <= named ? names.join(', ') : `${names.slice(0, named).join(', ')} and ${names.length - named} more`;
