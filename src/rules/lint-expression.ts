/** What lint can say about an expression without an object. */
import { type Node, ungroup } from './expression/node.ts';

/** Questions: they answer True or False whatever they are asked about. */
const questions = new Set([
  ...[
    'IsPresent',
    'IsNull',
    'IsNullOrEmpty',
    'IsEmpty',
    'IsNumeric',
    'IsGuid',
    'IsDate',
    'IsString',
    'IsCert',
    'CBool',
  ],
]);
const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=', '&&', '||']);

/** Whether the expression gives a value, or AuthoritativeNull, on every object on which it does not fail. */
export function isNeverNull(expression: Node): boolean {
  const node = ungroup(expression);
  switch (node.kind) {
    case 'number':
      return true;
    case 'text':
      return node.value !== '';
    case 'literal':
      return node.word !== 'NULL' && node.word !== 'IgnoreThisFlow';
    case 'binary':
      return comparisons.has(node.operator);
    case 'call':
      if (questions.has(node.name) || node.name === 'Error') return true;
      return node.name === 'IIF' && node.arguments.slice(1).every(isNeverNull);
    default:
      return false;
  }
}
