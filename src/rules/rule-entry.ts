/** Turns one entry of a rule file into rules: short forms written out, one instance for each connector. */
import type { RuleProblem } from './compiled.ts';
import type { Flow, JoinClause, ScopeClause, SyncRule } from './model.ts';
import { scopeOperators } from './model.ts';
import { suggestion } from './nearest-name.ts';
import type { JoinClauseEntry, RuleEntry, ScopeClauseEntry } from './rule-file-schema.ts';
import { operatorAliases, parseOperator } from './scope-operators.ts';

export interface ConnectorName {
  readonly name: string;
  readonly type: string;
}
/** An entry with the place it was read from. */
export interface PlacedEntry {
  readonly entry: RuleEntry;
  readonly file: string;
  readonly line: number;
  /** Line of a flow by its index. */
  readonly flowLine: (index: number) => number;
}

/** A tag without its version suffix: `Causeway.InFromADUserJoin` for `Causeway.InFromADUserJoin.001`. */
export const tagBase = (tag: string): string => tag.replace(/\.\d{3,}$/, '');
/** Whether a tag is the one meant, with or without the version suffix. */
export const isTag = (tag: string | undefined, wanted: string): boolean =>
  tag !== undefined && (tag === wanted || tagBase(tag) === wanted);

/** The rules of an entry in the order of the connectors, all with the given precedence; problems go to the list. */
export function instancesOf(
  placed: PlacedEntry,
  connectors: readonly ConnectorName[],
  disabled: boolean,
  problems: RuleProblem[],
): SyncRule[] {
  const { entry, file, line } = placed;
  const tell = (code: RuleProblem['code'], message: string): void => {
    problems.push({ code, message, rule: entry.name, file, line });
  };
  const scope = (entry.scope ?? []).map((group) => group.flatMap((clause) => scopeClauseOf(clause, tell) ?? []));
  const join = (entry.join ?? []).map((group) => group.map(joinClauseOf));
  const shared = {
    name: entry.name,
    ...(entry.description === undefined ? {} : { description: entry.description }),
    ...(entry.tag === undefined ? {} : { tag: entry.tag }),
    direction: entry.direction,
    sourceObjectType: entry.source,
    targetObjectType: entry.target,
    linkType: entry.link ?? 'Join',
    precedence: entry.precedence ?? 0,
    ...(disabled || entry.disabled === true ? { disabled: true } : {}),
    ...(entry.passwordSync === undefined ? {} : { passwordSync: entry.passwordSync }),
    scope,
    join,
    flows: flowsOf(placed),
    origin: { file, line },
  };
  return connectorsOf(entry, connectors, tell).map((connector) => ({
    ...shared,
    id: identityOf(placed, connector),
    connector,
  }));
}

function identityOf({ entry, file }: PlacedEntry, connector: string): string {
  if (entry.id !== undefined) return entry.connector === undefined ? `${entry.id}@${connector}` : entry.id;
  // The folder is left out: identity must not depend on where the configuration lies.
  const own = `${file.split(/[\\/]/).at(-1)}#${entry.name}`;
  return `${entry.tag === undefined ? own : tagBase(entry.tag)}@${connector}`;
}

type Tell = (code: RuleProblem['code'], message: string) => void;

function connectorsOf(entry: RuleEntry, connectors: readonly ConnectorName[], tell: Tell): readonly string[] {
  if ((entry.connector === undefined) === (entry.connectorType === undefined)) {
    tell('invalid-rule-file', 'A rule is either for one connector (connector) or for all of a type (connectorType).');
    return [];
  }
  if (entry.connectorType !== undefined) {
    return connectors.filter((c) => c.type === entry.connectorType).map((c) => c.name);
  }
  const name = entry.connector as string;
  const names = connectors.map((c) => c.name);
  if (names.includes(name)) return [name];
  tell('unknown-connector', `There is no connector "${name}" in the configuration.${suggestion(name, names)}`);
  return [];
}

function scopeClauseOf(clause: ScopeClauseEntry, tell: Tell): ScopeClause | undefined {
  const [attribute, name, value] = typeof clause === 'string' ? splitClause(clause) : longClause(clause);
  const operator = parseOperator(name);
  if (operator !== undefined) return { attribute, operator, ...(value === undefined ? {} : { value }) };
  const known = [...scopeOperators, ...Object.keys(operatorAliases)];
  tell(
    'invalid-scope-clause',
    `"${name}" is not an operator of scoping filters.${suggestion(name.toUpperCase(), known)}`,
  );
  return undefined;
}

function splitClause(text: string): [attribute: string, operator: string, value: string | undefined] {
  const match = /^(\S+)\s+(\S+)(?:\s+([\s\S]*\S))?\s*$/.exec(text.trim());
  return [match?.[1] ?? text, match?.[2] ?? '', match?.[3]];
}

const longClause = ({
  attribute,
  operator,
  value,
}: Exclude<ScopeClauseEntry, string>): [string, string, string | undefined] => [
  attribute,
  operator,
  value === undefined ? undefined : literalText(value),
];

/** A literal as rules write it: YAML turns True and 5 into other types. */
const literalText = (value: string | number | boolean): string =>
  value === true ? 'True' : value === false ? 'False' : String(value);

function joinClauseOf(clause: JoinClauseEntry): JoinClause {
  if (typeof clause !== 'string') {
    return { cs: clause.cs, mv: clause.mv, ...(clause.caseSensitive ? { caseSensitive: true } : {}) };
  }
  const [cs = '', mv = ''] = clause.split('=').map((part) => part.trim());
  return { cs, mv };
}

function flowsOf({ entry, line, flowLine }: PlacedEntry): Flow[] {
  const copied = (entry.copy ?? []).map((name) => ({ target: name, direct: name, line }));
  const written = (entry.flows ?? []).map(
    ({ target, direct, constant, expression, merge, executeOnce }, index): Flow => ({
      target,
      ...(direct === undefined ? {} : { direct }),
      ...(constant === undefined ? {} : { constant: literalText(constant) }),
      ...(expression === undefined ? {} : { expression }),
      ...(merge === undefined ? {} : { merge }),
      ...(executeOnce === true ? { executeOnce } : {}),
      line: flowLine(index),
    }),
  );
  return [...copied, ...written];
}
