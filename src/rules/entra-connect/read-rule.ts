/** One exported synchronization rule (`SynchronizationRule_{guid}.xml`, operations s.3.2) as a `SyncRule`. */
import type { Flow, JoinClause, LinkType, MergeType, ScopeClause, ScopeOperator, SyncRule } from '../model.ts';
import { scopeOperators } from '../model.ts';
import type { XmlNode } from './xml.ts';
import { child, childrenOf, textAt } from './xml.ts';

/** Something of the exported configuration that Causeway does not take over, and why. */
export interface NotTaken {
  readonly file: string;
  /** The rule, connector or setting. */
  readonly name: string;
  readonly part: string;
  readonly reason: string;
}
export interface ReadRule {
  readonly rule?: SyncRule;
  readonly notTaken: readonly NotTaken[];
}

/** Spellings of the documentation and of older builds (sync-engine s.2.3) that mean one of the known operators. */
const operatorAliases: Readonly<Record<string, ScopeOperator>> = {
  NOTSTARTWITH: 'NOTSTARTSWITH',
  NOTENDWITH: 'NOTENDSWITH',
  ISNOTBITSET: 'ISBITNOTSET',
};
const linkTypes: readonly LinkType[] = ['Join', 'StickyJoin', 'Provision'];
const mergeTypes: readonly MergeType[] = ['Update', 'Replace', 'Merge', 'MergeCaseInsensitive'];
const emptyGuid = '{00000000-0000-0000-0000-000000000000}';

/**
 * The rule of one file, with what could not be taken over. There is no rule when a part that decides about objects
 * (direction, types, link type, connector, a scope or join clause) is missing or unknown: half a rule is a wrong rule.
 * `connectors` maps GUIDs in lower case to connector names.
 */
export function readRule(root: XmlNode, file: string, connectors: ReadonlyMap<string, string>): ReadRule {
  const name = textAt(root, 'name') || file;
  const notTaken: NotTaken[] = [];
  const refuse = (part: string, reason: string): undefined => {
    notTaken.push({ file, name, part, reason });
    return undefined;
  };
  if (root.name !== 'synchronizationRule') {
    return {
      notTaken: [{ file, name, part: 'file', reason: `The root element is ${root.name}, not a synchronization rule.` }],
    };
  }
  const direction = oneOf(['inbound', 'outbound'] as const, textAt(root, 'direction'));
  const linkType = oneOf(linkTypes, textAt(root, 'linkType'));
  const connectorId = textAt(root, 'connector').toLowerCase();
  const connector = connectors.get(connectorId);
  const precedence = Number(textAt(root, 'precedence'));
  if (!direction) refuse('direction', `"${textAt(root, 'direction')}" is neither Inbound nor Outbound.`);
  if (!linkType) refuse('linkType', `"${textAt(root, 'linkType')}" is not a link type.`);
  if (connector === undefined)
    refuse('connector', `The connector ${connectorId} is not among the exported connectors.`);
  if (!Number.isInteger(precedence)) refuse('precedence', `"${textAt(root, 'precedence')}" is not a whole number.`);
  for (const side of ['sourceObjectType', 'targetObjectType'] as const) {
    if (!textAt(root, side)) refuse(side, 'The object type is missing.');
  }
  const scope = readScope(root, refuse);
  const join = readJoin(root, refuse);
  if (notTaken.length > 0 || !direction || !linkType || connector === undefined || !scope || !join) return { notTaken };

  const flows = childrenOf(child(root, 'attribute-mappings'), 'mapping').flatMap((m) => readFlow(m, refuse));
  noteUnusedParts(root, refuse);
  const description = textAt(root, 'description');
  const tag = textAt(root, 'immutable-tag');
  const rule: SyncRule = {
    id: textAt(root, 'id').toLowerCase(),
    name,
    ...(description ? { description } : {}),
    ...(tag ? { tag } : {}),
    direction,
    connector,
    sourceObjectType: textAt(root, 'sourceObjectType'),
    targetObjectType: textAt(root, 'targetObjectType'),
    linkType,
    precedence,
    ...(isTrue(textAt(root, 'disabled')) ? { disabled: true } : {}),
    ...(isTrue(textAt(root, 'EnablePasswordSync')) ? { passwordSync: true } : {}),
    scope,
    join,
    flows,
  };
  return { rule, notTaken };
}

type Refuse = (part: string, reason: string) => undefined;

function readScope(root: XmlNode, refuse: Refuse): ScopeClause[][] | undefined {
  const groups = childrenOf(child(root, 'synchronizationCriteria'), 'conditions').map((group) =>
    childrenOf(group, 'scope').map((node): ScopeClause | undefined => {
      const spelled = textAt(node, 'csOperator').toUpperCase();
      const operator =
        oneOf(scopeOperators, spelled) ??
        (Object.hasOwn(operatorAliases, spelled) ? operatorAliases[spelled] : undefined);
      const attribute = textAt(node, 'csAttribute');
      if (!operator) return refuse('scope', `"${spelled}" on ${attribute} is not a scope operator.`);
      if (!attribute) return refuse('scope', 'A scope clause names no attribute.');
      const value = child(node, 'csValue')?.text ?? '';
      return operator === 'ISNULL' || operator === 'ISNOTNULL'
        ? { attribute, operator }
        : { attribute, operator, value };
    }),
  );
  return complete(groups);
}

function readJoin(root: XmlNode, refuse: Refuse): JoinClause[][] | undefined {
  const groups = childrenOf(child(root, 'relationshipCriteria'), 'conditions').map((group) =>
    childrenOf(group, 'condition').map((node): JoinClause | undefined => {
      const cs = textAt(node, 'csAttribute');
      const mv = textAt(node, 'ilmAttribute');
      if (!cs || !mv) return refuse('join', 'A join clause lacks one of its two attributes.');
      return isTrue(textAt(node, 'caseSensitive')) ? { cs, mv, caseSensitive: true } : { cs, mv };
    }),
  );
  return complete(groups);
}

/** The groups without empty ones; nothing if a clause could not be read. */
function complete<Clause>(groups: readonly (readonly (Clause | undefined)[])[]): Clause[][] | undefined {
  const whole: Clause[][] = [];
  for (const group of groups) {
    const clauses = group.filter((clause): clause is Clause & {} => clause !== undefined);
    if (clauses.length !== group.length) return undefined;
    if (clauses.length > 0) whole.push(clauses);
  }
  return whole;
}

function readFlow(node: XmlNode, refuse: Refuse): Flow[] {
  const target = textAt(node, 'dest');
  const spelledMerge = textAt(node, 'valueMergeType') || 'Update';
  const merge = oneOf(mergeTypes, spelledMerge);
  const source = readSource(node);
  if (!target) return none(refuse('flow', 'A flow names no target attribute.'));
  if (!merge) return none(refuse(`flow to ${target}`, `"${spelledMerge}" is not a merge type.`));
  if (!source)
    return none(
      refuse(
        `flow to ${target}`,
        'It copies several source attributes without an expression; write it as an expression.',
      ),
    );
  const executeOnce = isTrue(node.attributes['execute-once'] ?? '');
  return [{ target, ...source, ...(merge === 'Update' ? {} : { merge }), ...(executeOnce ? { executeOnce } : {}) }];
}

function readSource(node: XmlNode): Pick<Flow, 'direct' | 'constant' | 'expression'> | undefined {
  const expression = textAt(node, 'expression');
  if (expression) return { expression };
  const source = child(node, 'src');
  const attributes = childrenOf(source, 'attr');
  if (attributes.length > 1) return undefined;
  const [attribute] = attributes;
  return attribute ? { direct: attribute.text.trim() } : { constant: source?.text ?? '' };
}

function noteUnusedParts(root: XmlNode, refuse: Refuse): void {
  const interval = textAt(root, 'softDeleteExpiryInterval');
  if (interval && interval !== '00:00:00') {
    refuse(
      'softDeleteExpiryInterval',
      `Its meaning is undocumented; ${interval} is ignored and objects are deprovisioned at once.`,
    );
  }
  for (const part of ['precedence-after', 'precedence-before']) {
    const anchor = textAt(root, part);
    if (anchor && anchor !== emptyGuid)
      refuse(part, `The rule keeps its exported precedence; the anchor ${anchor} is not needed.`);
  }
}

const none = (_: undefined): Flow[] => [];
const isTrue = (text: string): boolean => text.toLowerCase() === 'true';
const oneOf = <T extends string>(values: readonly T[], text: string): T | undefined =>
  values.find((value) => value.toLowerCase() === text.toLowerCase());
