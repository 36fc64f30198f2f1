/**
 * Join rules: which object on the other side is the same identity (sync-engine s.2.4). The engine looks up the keys of a
 * group in its indexes and has the candidates verified with `joinMatches`; a group that finds exactly one ends the
 * search, and after the last group the link type decides.
 */
import { dnKey } from '../model/dn.ts';
import { isReference, type Value, valueKey, valuesOf } from '../model/value.ts';
import type { CompiledRule } from './compiled.ts';
import type { ObjectView } from './evaluation.ts';
import type { Direction, JoinClause } from './model.ts';

/** One attribute of the other side and the keys of which it must have one. */
export interface JoinKeys {
  readonly attribute: string;
  readonly keys: readonly string[];
}
/** A group of which every clause has a source value. Groups that cannot match are not asked for. */
export interface JoinQuery {
  readonly group: readonly JoinClause[];
  /** All must hold. */
  readonly all: readonly JoinKeys[];
}

/** The side the values come from: connector space for an inbound rule, metaverse for an outbound one. */
export const sourceSide = (direction: Direction): 'cs' | 'mv' => (direction === 'inbound' ? 'cs' : 'mv');
export const targetSide = (direction: Direction): 'cs' | 'mv' => (direction === 'inbound' ? 'mv' : 'cs');

/** Index key of a value: equal for values that are equal without regard to case. Undefined for the empty string. */
export function joinKey(value: Value): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value.toLowerCase();
  if (isReference(value)) return dnKey(value.dn);
  return valueKey(value);
}

/** Index keys of an attribute of an object, without duplicates; none if it is absent. */
export function joinKeysOf(view: Pick<ObjectView, 'values' | 'dn'>, attribute: string): string[] {
  const value = attribute === 'dn' ? (view.values.dn ?? view.dn) : view.values[attribute];
  if (value === undefined) return [];
  const keys = valuesOf(value).flatMap((v) => joinKey(v) ?? []);
  return keys.length > 1 ? [...new Set(keys)] : keys;
}

/** What to look for on the other side, group by group in the order of the rule. */
export function joinQueries(rule: CompiledRule, source: ObjectView): JoinQuery[] {
  const from = sourceSide(rule.rule.direction);
  const to = targetSide(rule.rule.direction);
  const queries: JoinQuery[] = [];
  for (const group of rule.rule.join) {
    const all = group.map((clause) => ({ attribute: clause[to], keys: joinKeysOf(source, clause[from]) }));
    if (all.every((clause) => clause.keys.length > 0)) queries.push({ group, all });
  }
  return queries;
}

/**
 * A source anchor is case-sensitive (sync-engine s.4.5), whatever a rule says: the anchors of two people may differ in
 * nothing but the case of one base64 letter, and joining them would give one the account of the other.
 */
const isAnchorClause = (clause: JoinClause): boolean => clause.cs === 'sourceAnchor' && clause.mv === 'sourceAnchor';

/** Whether the two objects satisfy every clause of the group, letter case included where a clause asks for it. */
export function joinMatches(
  group: readonly JoinClause[],
  connectorSpaceView: Pick<ObjectView, 'values' | 'dn'>,
  metaverseView: Pick<ObjectView, 'values' | 'dn'>,
): boolean {
  return group.every((clause) => {
    if (clause.caseSensitive || isAnchorClause(clause)) {
      const wanted = new Set(valuesOf(connectorSpaceView.values[clause.cs]).map(valueKey));
      return valuesOf(metaverseView.values[clause.mv]).some((v) => v !== '' && wanted.has(valueKey(v)));
    }
    const wanted = joinKeysOf(connectorSpaceView, clause.cs);
    return joinKeysOf(metaverseView, clause.mv).some((key) => wanted.includes(key));
  });
}

/** Whether a Provision rule may create the target: at least one join attribute present, or no join clauses at all. */
export function mayProvision(rule: CompiledRule, source: ObjectView): boolean {
  if (rule.rule.linkType !== 'Provision') return false;
  const from = sourceSide(rule.rule.direction);
  const clauses = rule.rule.join.flat();
  return clauses.length === 0 || clauses.some((clause) => joinKeysOf(source, clause[from]).length > 0);
}

export type JoiningRule =
  | { readonly kind: 'none' }
  /** `rule` says what to look for; `provisioner` may create the target if nothing is found (ask `mayProvision`). */
  | { readonly kind: 'one'; readonly rule: CompiledRule; readonly provisioner?: CompiledRule }
  /** Their criteria differ, so that the rules do not say which object is meant. */
  | { readonly kind: 'several'; readonly rules: readonly CompiledRule[] };

/**
 * The rule that joins, among those in scope. Two are an error, precedence does not arbitrate; only rules with the very
 * same criteria may stand side by side, as the outbound group rules of every real configuration do (sync-engine s.4.1,
 * 139-145): of those the one that provisions speaks, then the one with the better precedence.
 *
 * Outbound, rules for different types of object do not compete: every real configuration has join rules to the users and
 * to the contacts of a directory in scope for one person (s.4.1, 151-154). Ask type by type (`outboundTypes`) to try all;
 * asked for all at once, the type that is provisioned speaks, then the one with the best precedence.
 */
export function joiningRule(inScope: readonly CompiledRule[]): JoiningRule {
  let known = joiningRules.get(inScope);
  if (known === undefined) {
    known = findJoiningRule(inScope);
    joiningRules.set(inScope, known);
  }
  return known;
}
/** `inScope` hands out one array for each combination of rules. */
const joiningRules = new WeakMap<readonly CompiledRule[], JoiningRule>();

function findJoiningRule(inScope: readonly CompiledRule[]): JoiningRule {
  const provisions = ({ rule }: CompiledRule): boolean => rule.linkType === 'Provision';
  const candidates = inScope.filter((rule) => rule.rule.join.length > 0);
  const speaker = candidates.find(provisions) ?? candidates[0] ?? inScope.find(provisions);
  if (speaker === undefined) return { kind: 'none' };
  const competes = ({ rule }: CompiledRule): boolean =>
    rule.direction === 'inbound' || rule.targetObjectType === speaker.rule.targetObjectType;
  const joining = candidates.filter(competes);
  if (new Set(joining.map((rule) => rule.joinCriteria)).size > 1) return { kind: 'several', rules: joining };
  const provisioner = provisions(speaker) ? speaker : inScope.find((rule) => competes(rule) && provisions(rule));
  return { kind: 'one', rule: speaker, ...(provisioner === undefined ? {} : { provisioner }) };
}

/** Text that is equal for rules that join by the same clauses in the same order. */
export const joinCriteriaText = (join: readonly (readonly JoinClause[])[]): string =>
  JSON.stringify(join.map((group) => group.map((c) => [c.cs, c.mv, c.caseSensitive === true])));
