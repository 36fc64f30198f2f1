/** A `SyncRule` as the XML of an exported synchronization rule (operations s.3.2): what `readRule` reads back. */
import type { Flow, SyncRule } from '../model.ts';
import type { XmlElement } from './xml.ts';
import { writeXml } from './xml.ts';

const emptyGuid = '{00000000-0000-0000-0000-000000000000}';

/** The XML text. `connectorId` is the GUID, in braces, of the rule's connector; `ruleId` the one that the rule gets. */
export function writeRule(rule: SyncRule, ruleId: string, connectorId: string): string {
  const groups = <Clause>(list: readonly (readonly Clause[])[], write: (clause: Clause) => XmlElement): XmlElement[] =>
    list.map((group) => parent('conditions', group.map(write)));
  const root = parent('synchronizationRule', [
    leaf('id', ruleId),
    leaf('internal-id', ruleId),
    leaf('version', '1'),
    leaf('name', rule.name),
    leaf('description', rule.description ?? ''),
    leaf('immutable-tag', rule.tag ?? ''),
    leaf('direction', rule.direction === 'inbound' ? 'Inbound' : 'Outbound'),
    leaf('disabled', rule.disabled ? 'True' : 'False'),
    leaf('connector', connectorId),
    leaf('sourceObjectType', rule.sourceObjectType),
    leaf('targetObjectType', rule.targetObjectType),
    leaf('linkType', rule.linkType),
    leaf('precedence', String(rule.precedence)),
    leaf('precedence-after', emptyGuid),
    leaf('precedence-before', emptyGuid),
    leaf('softDeleteExpiryInterval', '00:00:00'),
    leaf('EnablePasswordSync', rule.passwordSync ? 'true' : 'false'),
    parent('attribute-mappings', rule.flows.map(writeFlow)),
    parent(
      'relationshipCriteria',
      groups(rule.join, (clause) =>
        parent('condition', [
          leaf('csAttribute', clause.cs),
          leaf('ilmAttribute', clause.mv),
          ...(clause.caseSensitive ? [leaf('caseSensitive', 'True')] : []),
        ]),
      ),
    ),
    parent(
      'synchronizationCriteria',
      groups(rule.scope, (clause) =>
        parent('scope', [
          leaf('csAttribute', clause.attribute),
          leaf('csOperator', clause.operator),
          leaf('csValue', clause.value ?? ''),
        ]),
      ),
    ),
  ]);
  return `${writeXml(root)}\n`;
}

function writeFlow(flow: Flow): XmlElement {
  const source = sourceOf(flow);
  return {
    name: 'mapping',
    ...(flow.executeOnce ? { attributes: { 'execute-once': 'true' } } : {}),
    content: [
      leaf('dest', flow.target),
      source,
      ...(flow.expression === undefined ? [] : [leaf('expression', flow.expression)]),
      leaf('valueMergeType', flow.merge ?? 'Update'),
    ],
  };
}

function sourceOf(flow: Flow): XmlElement {
  if (flow.constant !== undefined) return leaf('src', flow.constant);
  const attributes = flow.direct === undefined ? attributesRead(flow.expression ?? '') : [flow.direct];
  return parent(
    'src',
    attributes.map((name) => leaf('attr', name)),
  );
}

/** The attributes that an expression names in brackets, once each, in the order of appearance; text in quotes is skipped. */
export function attributesRead(expression: string): string[] {
  const names = new Set<string>();
  for (const match of expression.matchAll(/"(?:[^"\\]|\\.)*"|\[([^\]"]+)\]/g)) {
    if (match[1] !== undefined) names.add(match[1]);
  }
  return [...names];
}

const leaf = (name: string, content: string): XmlElement => ({ name, content });
const parent = (name: string, content: readonly XmlElement[]): XmlElement => ({ name, content });
