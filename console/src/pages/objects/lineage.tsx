/** Where every value comes from, as a graph: directory objects, the rules that carried values, the identity, the cloud. */
import dagre from '@dagrejs/dagre';
import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import type { CsObject, Description } from '../../api/types.ts';
import { Badge, Empty } from '../../ui/parts.tsx';
import { leafOf, plural } from '../../ui/text.ts';
import { nameOf } from './object.tsx';

interface Box extends Record<string, unknown> {
  readonly kind: 'object' | 'rule' | 'identity' | 'reference';
  readonly title: string;
  readonly detail: string;
  readonly badge?: string;
  readonly href?: string;
}
type BoxNode = Node<Box, 'box'>;

const width = 220;
const height = { object: 84, rule: 66, identity: 92, reference: 48 } as const;
/** Attributes and references named in a box before the rest is only counted. */
const named = 4;

export function Lineage(props: { description: Description }) {
  const { description: d } = props;
  const [, navigate] = useLocation();
  const graph = useMemo(() => layout(graphOf(d)), [d]);
  if (graph.nodes.length === 0) return <Empty title="Nothing to draw">This object belongs to no identity.</Empty>;
  return (
    <div className="card lineage">
      <ReactFlow
        nodes={graph.nodes}
        edges={graph.edges}
        nodeTypes={nodeTypes}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        minZoom={0.2}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => node.data.href && navigate(node.data.href)}
        aria-label="Lineage"
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function BoxView(props: NodeProps<BoxNode>) {
  const { data } = props;
  return (
    <div className={`box box-${data.kind}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {data.badge && <Badge tone={data.kind === 'identity' ? 'accent' : 'plain'}>{data.badge}</Badge>}
      <span className="box-title">{data.title}</span>
      <span className="box-detail">{data.detail}</span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const nodeTypes = { box: BoxView };

function graphOf(d: Description): { nodes: BoxNode[]; edges: Edge[] } {
  const nodes: BoxNode[] = [];
  const edges: Edge[] = [];
  const add = (id: string, data: Box) => {
    nodes.push({
      id,
      type: 'box',
      position: { x: 0, y: 0 },
      width,
      height: height[data.kind],
      data,
      ariaLabel: `${data.title}, ${data.detail}`,
    });
  };
  const join = (source: string, target: string, label?: string) =>
    edges.push({ id: `${source}>${target}`, source, target, ...(label ? { label } : {}) });
  for (const o of d.objects) add(`cs${o.id}`, objectBox(o));
  if (!d.mv) return { nodes, edges };
  add('mv', {
    kind: 'identity',
    badge: d.mv.type,
    title: nameOf(d),
    detail: plural(Object.keys(d.mv.attributes).length, 'attribute'),
  });
  const isTarget = (o: CsObject) => o.connectorType === 'entra';
  const byRule = new Map<string, { rule: string; dn: string; names: string[] }>();
  const given = [...Object.entries(d.mv.attributes), ...Object.entries(d.mv.references)];
  for (const [name, { rule, dn }] of given) {
    const key = `${rule} ${dn}`;
    const entry = byRule.get(key) ?? { rule, dn, names: [] };
    entry.names.push(name);
    byRule.set(key, entry);
  }
  for (const [key, { rule, dn, names }] of byRule) {
    const source = d.objects.find((o) => o.dn === dn);
    add(`rule ${key}`, {
      kind: 'rule',
      title: rule,
      detail: list(names.sort()),
      href: `/rules/${encodeURIComponent(rule)}`,
    });
    if (source) join(`cs${source.id}`, `rule ${key}`);
    join(`rule ${key}`, 'mv');
  }
  for (const o of d.objects) {
    const isSilent = ![...byRule.values()].some((r) => r.dn === o.dn);
    if (isTarget(o)) join('mv', `cs${o.id}`, o.link?.origin);
    else if (isSilent && o.link) join(`cs${o.id}`, 'mv', o.link.origin);
  }
  for (const [name, r] of Object.entries(d.mv.references)) {
    for (const dn of r.sample.slice(0, named))
      add(`ref ${name} ${dn}`, {
        kind: 'reference',
        title: leafOf(dn),
        detail: name,
        href: `/objects/${encodeURIComponent(dn)}`,
      });
    for (const dn of r.sample.slice(0, named)) join(`ref ${name} ${dn}`, 'mv', name);
  }
  return { nodes, edges };
}

const objectBox = (o: CsObject): Box => ({
  kind: 'object',
  badge: o.connector,
  title: leafOf(o.dn),
  detail: o.pendingExport
    ? `${o.pendingExport.operation} pending`
    : plural(Object.keys(o.attributes).length, 'attribute'),
});

const list = (names: readonly string[]): string =>
  names.length <= named ? names.join(', ') : `${names.slice(0, named).join(', ')} and ${names.length - named} more`;

function layout(graph: { nodes: BoxNode[]; edges: Edge[] }): { nodes: BoxNode[]; edges: Edge[] } {
  const g = new dagre.graphlib.Graph();
  g.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 72 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of graph.nodes) g.setNode(n.id, { width, height: n.height ?? 60 });
  for (const e of graph.edges) g.setEdge(e.source, e.target);
  dagre.layout(g);
  return {
    edges: graph.edges,
    nodes: graph.nodes.map((n) => {
      const at = g.node(n.id) as { x: number; y: number };
      return { ...n, position: { x: at.x - width / 2, y: at.y - (n.height ?? 60) / 2 } };
    }),
  };
}
