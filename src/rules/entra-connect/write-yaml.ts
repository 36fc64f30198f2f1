/** Rules as a rule file (see `../load.ts`), in the short forms that people write. */
import { stringify } from 'yaml';
import { builtInMetaverseSchema, type MetaverseAttribute, type MetaverseSchema } from '../metaverse-schema.ts';
import type { Flow, JoinClause, ScopeClause, SyncRule } from '../model.ts';

/**
 * YAML text that the loader reads back as the same rules. Within a rule the order of the flows may change, which means
 * nothing. Identities, tags and precedences are kept, so the text is for a rule set that stands without out-of-box rules.
 * With a schema the text also adds what the metaverse as shipped does not have.
 */
export function writeRules(rules: readonly SyncRule[], schema: MetaverseSchema = builtInMetaverseSchema): string {
  const metaverse = additions(schema);
  const document = {
    ...(Object.keys(metaverse).length === 0 ? {} : { metaverse }),
    rules: rules.map(ruleEntry),
  };
  const text = stringify(document, { lineWidth: 120, flowCollectionPadding: true });
  // One empty line between rules.
  return text.replaceAll(/\n {2}- (?=name:)/g, '\n\n  - ').replace('rules:\n\n', 'rules:\n');
}

/** Object type to the attributes that it has in this schema and not in the one as shipped. */
function additions(schema: MetaverseSchema): Record<string, Record<string, unknown>> {
  const types = [...schema.types].map(([type, attributes]) => {
    const shipped = builtInMetaverseSchema.types.get(type);
    const added = [...attributes.values()].filter(({ name }) => shipped?.has(name) !== true);
    return [type, Object.fromEntries(added.map((attribute) => [attribute.name, shapeEntry(attribute)]))] as const;
  });
  return Object.fromEntries(types.filter(([, attributes]) => Object.keys(attributes).length > 0));
}

function shapeEntry({ syntax, multiValued, indexed }: MetaverseAttribute): unknown {
  if (!multiValued && !indexed) return syntax;
  return { syntax, ...(multiValued ? { multiValued } : {}), ...(indexed ? { indexed } : {}) };
}

function ruleEntry(rule: SyncRule): Record<string, unknown> {
  const copied = rule.flows.filter(isCopy).map(({ target }) => target);
  const others = rule.flows.filter((flow) => !isCopy(flow));
  return {
    name: rule.name,
    id: rule.id,
    ...(rule.tag === undefined ? {} : { tag: rule.tag }),
    ...(rule.description === undefined ? {} : { description: rule.description }),
    direction: rule.direction,
    connector: rule.connector,
    source: rule.sourceObjectType,
    target: rule.targetObjectType,
    link: rule.linkType,
    precedence: rule.precedence,
    ...(rule.passwordSync === undefined ? {} : { passwordSync: rule.passwordSync }),
    ...(rule.disabled ? { disabled: true } : {}),
    ...(rule.scope.length === 0 ? {} : { scope: rule.scope.map((group) => group.map(scopeEntry)) }),
    ...(rule.join.length === 0 ? {} : { join: rule.join.map((group) => group.map(joinEntry)) }),
    ...(copied.length === 0 ? {} : { copy: copied }),
    ...(others.length === 0 ? {} : { flows: others.map(({ line: _, ...flow }) => flow) }),
  };
}

const isCopy = (flow: Flow): boolean =>
  flow.direct === flow.target && flow.merge === undefined && flow.executeOnce !== true;

function scopeEntry(clause: ScopeClause): string | ScopeClause {
  const { attribute, operator, value } = clause;
  if (value === undefined) return `${attribute} ${operator}`;
  return /^\S(?:.*\S)?$/.test(value) ? `${attribute} ${operator} ${value}` : clause;
}

const joinEntry = (clause: JoinClause): string | JoinClause =>
  clause.caseSensitive ? clause : `${clause.cs} = ${clause.mv}`;
