/** How expensive an expression is, roughly, without an object at hand. */
import { functionTable } from './functions/table.ts';
import { childrenOf, type Node } from './node.ts';

/** How many values a loop is assumed to go through. */
const assumedValues = 10;

/** Steps of about 50 ns that one evaluation takes if multi-valued attributes have ten values. */
export function costOf(node: Node): number {
  const children = childrenOf(node).map(costOf);
  const own = node.kind === 'call' ? (functionTable.get(node.name)?.cost ?? 1) : 1;
  const loops = node.kind === 'call' && (node.name === 'Select' || node.name === 'Where');
  return children.reduce((sum, cost, i) => sum + (loops && i === 2 ? assumedValues * cost : cost), own);
}
