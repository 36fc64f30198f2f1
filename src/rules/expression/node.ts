/** The tree of an expression. Nodes are frozen and know where in the text they stand. */
import type { LargeInteger } from '../../model/value.ts';

/** Offsets into the text in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const binaryOperators = ['&&', '||', '=', '<>', '<', '<=', '>', '>=', '&', '+', '-', '*', '/'] as const;
export type BinaryOperator = (typeof binaryOperators)[number];

/** The words that stand for a value. Case-sensitive like every name of the language (sync-engine s.3.1). */
export const literalWords = ['True', 'False', 'NULL', 'AuthoritativeNull', 'IgnoreThisFlow', 'CRLF'] as const;
export type LiteralWord = (typeof literalWords)[number];

export type Node =
  | { readonly kind: 'text'; readonly value: string; readonly at: Span }
  | { readonly kind: 'number'; readonly value: number | LargeInteger; readonly hex: boolean; readonly at: Span }
  | { readonly kind: 'literal'; readonly word: LiteralWord; readonly at: Span }
  | { readonly kind: 'attribute'; readonly name: string; readonly at: Span }
  | { readonly kind: 'parameter'; readonly name: string; readonly at: Span }
  | { readonly kind: 'variable'; readonly name: string; readonly at: Span }
  /** A bare word such as `UTF8`: one of the words that a function's parameter knows. */
  | { readonly kind: 'word'; readonly name: string; readonly at: Span }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Node[]; readonly at: Span }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Node;
      readonly right: Node;
      readonly at: Span;
    }
  /** Parentheses are kept, so that an expression is printed as its author grouped it. */
  | { readonly kind: 'group'; readonly inner: Node; readonly at: Span };

export type CallNode = Extract<Node, { kind: 'call' }>;
export type BinaryNode = Extract<Node, { kind: 'binary' }>;

/** The node without parentheses around it. */
export function ungroup(node: Node): Node {
  let inner = node;
  while (inner.kind === 'group') inner = inner.inner;
  return inner;
}

/** The nodes directly below a node, left to right. */
export function childrenOf(node: Node): readonly Node[] {
  if (node.kind === 'call') return node.arguments;
  if (node.kind === 'binary') return [node.left, node.right];
  return node.kind === 'group' ? [node.inner] : [];
}

/** Whether two trees are the same, wherever they stand. */
export function sameTree(a: Node, b: Node): boolean {
  if (a.kind !== b.kind || !sameLeaf(a, b)) return false;
  const [left, right] = [childrenOf(a), childrenOf(b)];
  return left.length === right.length && left.every((child, i) => sameTree(child, right[i]!));
}

function sameLeaf(a: Node, b: Node): boolean {
  if (a.kind === 'text' && b.kind === 'text') return a.value === b.value;
  if (a.kind === 'number' && b.kind === 'number') {
    return a.hex === b.hex && JSON.stringify(a.value) === JSON.stringify(b.value);
  }
  if (a.kind === 'literal' && b.kind === 'literal') return a.word === b.word;
  if (a.kind === 'binary' && b.kind === 'binary') return a.operator === b.operator;
  return 'name' in a && 'name' in b ? a.name === b.name : a.kind === 'group';
}
