/**
 * Patterns that default rules repeat on every object, as one closure each: `Left(x, 4) = "CAS_"`, `InStr(x, "@") > 0`
 * and calls that stand twice in one expression. Every one falls back to the general closure for anything unusual, so
 * that results and errors are the same.
 */
import type { Code, Machine, Raw } from './machine.ts';
import { type BinaryNode, type CallNode, childrenOf, type Node, ungroup } from './node.ts';
import type { Piece } from './per-value.ts';
import { printExpression } from './printer.ts';

/** Texts up to this length cost no steps of the budget. */
const freeLength = 256;

/** A faster closure for the comparison, or the general one. */
export function fuseComparison(node: BinaryNode, general: Code, compile: (node: Node) => Piece): Code {
  const left = ungroup(node.left);
  const constant = ungroup(node.right);
  if (node.operator === '=' && constant.kind === 'text' && constant.value !== '' && isPlainAttribute(left)) {
    return equalsCode(left.name, constant.value, general);
  }
  if (left.kind !== 'call' || left.arguments.length !== 2) return general;
  const [subject, option] = [ungroup(left.arguments[0]!), ungroup(left.arguments[1]!)];
  if (left.name === 'Left' && node.operator === '=' && constant.kind === 'text' && option.kind === 'number') {
    const isPrefix = constant.value !== '' && constant.value.length === option.value;
    return isPrefix && isPlainAttribute(subject) ? prefixCode(subject.name, constant.value, general) : general;
  }
  const isZero = constant.kind === 'number' && constant.value === 0;
  if (left.name === 'InStr' && node.operator === '>' && isZero && option.kind === 'text') {
    const isShort = option.value !== '' && option.value.length <= 16;
    if (!isShort) return general;
    const dn = wholeDnOf(subject);
    return dn
      ? rejectingCode(compile(dn).code, option.value, general)
      : includesCode(compile(subject).code, option.value, general);
  }
  return general;
}

/** The DN of which `DNComponent(dn, 1)` takes a part. */
function wholeDnOf(node: Node): Node | undefined {
  if (node.kind !== 'call' || node.name !== 'DNComponent') return undefined;
  const [dn, number] = withoutReference(node).arguments;
  return number && ungroup(number).kind === 'number' ? dn : undefined;
}

/** What is not in the DN is not in a part of it: nearly always, and then the DN need not be taken apart. */
function rejectingCode(dn: Code, sought: string, general: Code): Code {
  return (m) => {
    const a = dn(m);
    return typeof a === 'string' && a.length <= freeLength && !a.includes(sought) ? false : general(m);
  };
}

/** `CBool` of what is True or False already, as it mostly is in conditions. */
export function booleanCode(value: Code, general: Code): Code {
  return (m) => {
    const a = value(m);
    return typeof a === 'boolean' ? a : a === undefined ? false : general(m);
  };
}

type AttributeNode = Extract<Node, { kind: 'attribute' }>;
/** An attribute that may be read straight from the record of values. */
const isPlainAttribute = (node: Node): node is AttributeNode =>
  node.kind === 'attribute' && node.name !== 'dn' && !(node.name in Object.prototype);

function equalsCode(name: string, text: string, general: Code): Code {
  return (m) => {
    const a = m.view.values[name];
    return typeof a === 'string' ? a === text : general(m);
  };
}

function prefixCode(name: string, prefix: string, general: Code): Code {
  const first = prefix.charCodeAt(0);
  return (m) => {
    const a = m.view.values[name];
    if (typeof a !== 'string' || a.length > freeLength) return general(m);
    return a.charCodeAt(0) === first && a.startsWith(prefix);
  };
}

function includesCode(subject: Code, sought: string, general: Code): Code {
  return (m) => {
    const a = subject(m);
    if (typeof a === 'string' && a.length <= freeLength) return a.includes(sought);
    return a === undefined ? false : general(m);
  };
}

/** `DNComponent(CRef(x), n)` without the reference in between: DNComponent reads the text of a DN as well. */
export function withoutReference(node: CallNode): CallNode {
  const inner = node.arguments[0] && ungroup(node.arguments[0]);
  if (node.name !== 'DNComponent' || inner?.kind !== 'call' || inner.name !== 'CRef') return node;
  return inner.arguments.length === 1
    ? { ...node, arguments: [inner.arguments[0]!, ...node.arguments.slice(1)] }
    : node;
}

/** The operands of a chain of one logical operator such as `a || b || c`, left to right. */
function chainOf(node: BinaryNode): Node[] {
  const operands: Node[] = [node.right];
  let left = node.left;
  for (; left.kind === 'binary' && left.operator === node.operator; left = left.left) operands.unshift(left.right);
  return [left, ...operands];
}

/** A chain of `&&` or `||` as one loop over conditions that are True, False or NULL; anything else is the general case. */
export function fuseChain(node: BinaryNode, general: Code, compile: (node: Node) => Piece): Code {
  const operands = chainOf(node);
  if ((node.operator !== '&&' && node.operator !== '||') || operands.length < 3) return general;
  const codes = operands.map((operand) => compile(operand).code);
  const stopsAt = node.operator === '||';
  return (m) => {
    for (let i = 0; i < codes.length; i++) {
      const value = codes[i]!(m);
      if (value === stopsAt) return stopsAt;
      if (value === undefined) {
        if (!stopsAt) return false;
      } else if (typeof value !== 'boolean') return general(m);
    }
    return !stopsAt;
  };
}

const volatileFunctions: ReadonlySet<string> = new Set(['Guid', 'GUID', 'RandomNum', 'Now', 'Error']);

/** The calls that stand more than once in the expression and always give the same for one object, by their text. */
export function repeatedCalls(root: Node): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  const visit = (node: Node): { readonly text: string; readonly pure: boolean } => {
    const children = childrenOf(node).map(visit);
    const own = node.kind === 'variable' || (node.kind === 'call' && volatileFunctions.has(node.name));
    const pure = !own && children.every((child) => child.pure);
    const text = node.kind === 'call' ? printExpression(node) : '';
    if (node.kind === 'call' && pure && node.arguments.length > 1) seen.set(text, (seen.get(text) ?? 0) + 1);
    return { text, pure };
  };
  visit(root);
  let slot = 0;
  return new Map([...seen].filter(([, count]) => count > 1).map(([text]) => [text, slot++]));
}

/** The closure run at most once in an evaluation, and only when its value is needed. */
export function once(slot: number, code: Code): Code {
  return (m: Machine): Raw => {
    if (m.memoRuns[slot] === m.run) return m.memo[slot];
    const value = code(m);
    m.memo[slot] = value;
    m.memoRuns[slot] = m.run;
    return value;
  };
}
