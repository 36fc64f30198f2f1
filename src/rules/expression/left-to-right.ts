/** The trap of operator priority (sync-engine s.3.2). */
import { type Node, sameTree } from './node.ts';
import { parseExpression } from './parser.ts';
import { printExpression } from './printer.ts';

/**
 * Whether the expression means something else to a reader who follows the documentation to the letter: every operator
 * alike, strictly left to right. `a || b = c` does (`(a || b) = c`), `(a = b) && (c = d)` does not.
 */
export function strictLeftToRightDiffers(expression: Node): boolean {
  const strict = parseExpression(printExpression(expression), { levels: 'one' });
  return strict.ok && !sameTree(strict.node, expression);
}
