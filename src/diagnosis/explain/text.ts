/** An explanation as text: the sentences, the lane, then the tree. Everything from a directory is made harmless. */

import { laneText, plainStyle, type TextStyle } from '../lane.ts';
import type { ConfigurationPlace, ExplainNode, Explanation } from './model.ts';
import { valueText } from './model.ts';

export interface ExplainTextOptions {
  readonly style?: TextStyle;
  /** Also rules that do not matter for the answer. */
  readonly details?: boolean;
}

export function explainText(explanation: Explanation, options: ExplainTextOptions = {}): string {
  const style = options.style ?? plainStyle;
  const sentences = explanation.summary
    .filter((s) => s !== '')
    .map((s, i) => (i === 0 ? style.strong(style.plain(s)) : style.plain(s)));
  if ('candidates' in explanation) {
    const list = explanation.candidates.map(
      (c) => `  ${style.plain(c.reference)}  ${style.faint(style.plain(`${c.type} ${c.name}`.trim()))}`,
    );
    if (explanation.kind === 'not-found' && list.length > 0) sentences.push('Did you mean:');
    return [...sentences, ...list].join('\n');
  }
  const place = explanation.kind === 'object' ? explanation.gate?.configuration : undefined;
  if (place) sentences.push(style.plain(placeText(place)));
  const reason = explanation.kind === 'object' ? explanation.gate?.rule : undefined;
  const tree = treeText(explanation.tree, { style, details: options.details === true, reason });
  return [...sentences, '', laneText(explanation.lane, style), '', ...tree].join('\n');
}

function placeText({ path, value, at }: ConfigurationPlace): string {
  const where = at ? ` (${at})` : '';
  if (path[0] === 'rules') return `Decided by: rule "${path[1]}"${value === '' ? '' : `, ${value}`}${where}`;
  return `Decided by: ${path.join('.')} = ${value}${where}`;
}

interface TreeOptions {
  readonly style: TextStyle;
  readonly details: boolean;
  /** The rule that decided. */
  readonly reason: string | undefined;
}

/** Branches as lines with the shape of their state in front. */
function treeText(nodes: readonly ExplainNode[], options: TreeOptions, indent = ''): string[] {
  const { style, details } = options;
  return nodes.flatMap((node) => {
    const facts = details ? Object.entries(node.facts ?? {}).filter(([, v]) => v !== null && v !== '') : [];
    const line = `${indent}${style.state(node.state)} ${style.plain(node.title)}`;
    const more = facts.map(
      ([name, value]) => `${indent}    ${style.faint(style.plain(`${name}: ${valueText(value)}`))}`,
    );
    const children = details ? (node.children ?? []) : shorten(node.children ?? [], options.reason);
    return [line, ...more, ...treeText(children, options, `${indent}  `)];
  });
}

/** Rules that do not apply fill pages: without details only those that apply are shown, and the one that is the reason. */
function shorten(nodes: readonly ExplainNode[], reason: string | undefined): readonly ExplainNode[] {
  const isNoise = (n: ExplainNode) => n.state === 'none' && n.facts?.rule !== undefined && n.facts.rule !== reason;
  const noise = nodes.filter(isNoise).length;
  const kept = nodes.filter((n) => !isNoise(n));
  if (noise === 0) return kept;
  return [...kept, { state: 'none', title: `${noise} more that do not apply (--details shows them)` }];
}
