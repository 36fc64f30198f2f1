/** Where every value comes from and where it goes, as a graph. */
import dagre from '@dagrejs/dagre';
import { useQuery } from '@tanstack/react-query';
import { Background, BackgroundVariant, Controls, Handle, type NodeProps, Position, ReactFlow } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { lineageQuery } from '../../api/queries.ts';
import type { Description } from '../../api/types.ts';
import { Failure } from '../../ui/failure.tsx';
import { Badge, Card, Empty, Skeleton } from '../../ui/parts.tsx';
import { type BoxNode, boxWidth, type Graph, graphOf } from './lineage-graph.ts';
import { nameOf } from './name.ts';

export function Lineage(props: { description: Description }) {
  const { description: d } = props;
  const [, navigate] = useLocation();
  const lineage = useQuery(lineageQuery(d.reference));
  const graph = useMemo(
    () => (lineage.data ? layout(graphOf(d, lineage.data, nameOf(d))) : undefined),
    [d, lineage.data],
  );
  if (lineage.error) return <Failure error={lineage.error} onRetry={() => void lineage.refetch()} />;
  if (!graph) return <Skeleton />;
  if (!d.mv)
    return (
      <Card>
        <Empty title="Nothing to draw">This object belongs to no identity, so that no rule carries its values.</Empty>
      </Card>
    );
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
        fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
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
    <div
      className={`box box-${data.kind}`}
      title={`${data.over ? `${data.over} - ` : ''}${data.title}\n${data.detail}`}
    >
      <Handle id="in" type="target" position={Position.Left} isConnectable={false} />
      <Handle id="back-out" type="source" position={Position.Left} isConnectable={false} />
      {data.badge && <Badge tone={data.kind === 'identity' ? 'accent' : 'plain'}>{data.badge}</Badge>}
      {data.over && <span className="box-over">{data.over}</span>}
      <span className="box-title">{data.title}</span>
      <span className="box-detail">{data.detail}</span>
      <Handle id="out" type="source" position={Position.Right} isConnectable={false} />
      <Handle id="back-in" type="target" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const nodeTypes = { box: BoxView };

function layout(graph: Graph): Graph {
  const g = new dagre.graphlib.Graph();
  g.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of graph.nodes) g.setNode(n.id, { width: boxWidth, height: n.height ?? 60 });
  for (const [from, to] of graph.order) g.setEdge(from, to);
  dagre.layout(g);
  const nodes = graph.nodes.map((n) => {
    const at = g.node(n.id) as { x: number; y: number };
    return { ...n, position: { x: at.x - boxWidth / 2, y: at.y - (n.height ?? 60) / 2 } };
  });
  return { ...graph, nodes };
}
