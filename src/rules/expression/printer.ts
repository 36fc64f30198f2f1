/** Trees back to text. */
import { isLargeInteger } from '../../model/value.ts';
import type { BinaryOperator, Node } from './node.ts';

/** The text of a tree: parsing it gives the same tree. Spaces stand around operators and after commas. */
export function printExpression(node: Node): string {
  switch (node.kind) {
    case 'text':
      return printText(node.value);
    case 'number':
      return printNumber(node);
    case 'literal':
      return node.word;
    case 'attribute':
      return `[${node.name}]`;
    case 'parameter':
      return `%${node.name}%`;
    case 'variable':
      return `$${node.name}`;
    case 'word':
      return node.name;
    case 'call':
      return `${node.name}(${node.arguments.map(printExpression).join(', ')})`;
    case 'group':
      return `(${printExpression(node.inner)})`;
    case 'binary': {
      const left = printOperand(node.left, isLogical(node.operator) ? false : isLogicalNode(node.left));
      const right = printOperand(
        node.right,
        node.right.kind === 'binary' && !(isLogical(node.operator) && !isLogicalNode(node.right)),
      );
      return `${left} ${node.operator} ${right}`;
    }
  }
}

/** A text as it must be written in an expression. */
export const printText = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`;

/** Trees that did not come from the parser have no groups: parentheses go where the meaning would change. */
const printOperand = (node: Node, enclose: boolean): string =>
  enclose ? `(${printExpression(node)})` : printExpression(node);

const isLogical = (operator: BinaryOperator): boolean => operator === '&&' || operator === '||';
const isLogicalNode = (node: Node): boolean => node.kind === 'binary' && isLogical(node.operator);

function printNumber(node: Extract<Node, { kind: 'number' }>): string {
  const value = isLargeInteger(node.value) ? BigInt(node.value.int) : BigInt(node.value);
  return node.hex ? `&H${BigInt.asUintN(64, value).toString(16).toUpperCase()}` : value.toString();
}
