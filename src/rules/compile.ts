/**
 * Compiles a rule set as a whole. A wrong rule never runs: if anything is wrong the answer is the list of problems and
 * there is no rule set, so that the one that ran before stays.
 */
import { createHash } from 'node:crypto';
import { attributesOf, type ConnectedAttribute } from './compile-flow.ts';
import { compileRule } from './compile-rule.ts';
import type { Combination, CompiledRule, RuleProblem } from './compiled.ts';
import type { ExpressionSchema } from './expression/types.ts';
import { sourceSide, targetSide } from './join.ts';
import type { MetaverseSchema } from './metaverse-schema.ts';
import type { SyncRule } from './model.ts';

export interface CompiledRuleSet {
  readonly schema: MetaverseSchema;
  /** Every rule that is not disabled, best precedence first. */
  readonly rules: readonly CompiledRule[];
  /** SHA-256 of the rules and the schema, as hexadecimal text: equal exactly if the set behaves the same. */
  readonly version: string;
  /** Rules for connector-space objects of this type, best precedence first. Always the same array. */
  inbound(connector: string, objectType: string): readonly CompiledRule[];
  /** Rules for metaverse objects of this type; with a target type only those that write to it. Always the same array. */
  outbound(connector: string, metaverseType: string, targetType?: string): readonly CompiledRule[];
  /** Types of connector-space objects that outbound rules of this connector write to, for a metaverse type. */
  outboundTypes(connector: string, metaverseType: string): readonly string[];
  /** Connector-space attributes that inbound rules read or outbound rules write or join by; never `dn`. */
  readAttributes(connector: string): ReadonlySet<string>;
  /** Connector-space attributes that join clauses look up, in either direction: the engine indexes them. */
  joinAttributes(connector: string): ReadonlySet<string>;
  /** Metaverse attributes that join clauses look up. */
  metaverseJoinAttributes(): ReadonlySet<string>;
  /** Connector-space attributes of this connector that hold references, as far as rules or schema tell. */
  referenceAttributes(connector: string): ReadonlySet<string>;
  /** Metaverse attributes that outbound rules for this type read: a change of any other changes no export. */
  metaverseReadAttributes(metaverseType: string): ReadonlySet<string>;
}

export interface CompileOptions {
  /** Connector name to the attributes of its directory, where known: then single values and lists are told apart. */
  readonly connectedSchemas?: ReadonlyMap<string, ReadonlyMap<string, ConnectedAttribute>>;
}

export type CompileResult =
  | { readonly ok: true; readonly ruleSet: CompiledRuleSet }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/**
 * The rule set, or everything that is wrong with it. A disabled rule is not looked at: disabling a broken rule is the
 * quickest way to go on.
 */
export function compileRuleSet(
  rules: readonly SyncRule[],
  schema: MetaverseSchema,
  options: CompileOptions = {},
): CompileResult {
  const problems: RuleProblem[] = [];
  // Instances of one rule for several connectors share a precedence: the order in which they are given decides.
  const ordered = rules
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => a.rule.precedence - b.rule.precedence || a.index - b.index)
    .map(({ rule }) => rule);
  checkIdentities(ordered, problems);
  const enabled = ordered.filter((rule) => rule.disabled !== true);
  const references = referenceAttributesOf(enabled, schema, options);
  const expressionOptions = { schema: expressionSchemaOf(schema) };
  const compiled = enabled.map((rule, order) => {
    const surroundings = {
      schema,
      connected: options.connectedSchemas?.get(rule.connector),
      expressionOptions,
      isConnectedReference: (name: string) => references.get(rule.connector)?.has(name) ?? false,
    };
    const made = compileRule(rule, order, surroundings);
    problems.push(...made.problems);
    return made.compiled;
  });
  checkMergeTypes(compiled, problems);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, ruleSet: ruleSetOf(compiled, schema, references, versionOf(ordered, schema)) };
}

/** The metaverse as expressions see it: unknown attributes and wrong types are found before anything runs. */
function expressionSchemaOf({ attributes }: MetaverseSchema): ExpressionSchema {
  return {
    attribute: (name) => {
      const known = attributes.get(name);
      return known && { type: known.syntax, multiValued: known.multiValued };
    },
    attributeNames: () => attributes.keys(),
  };
}

function checkIdentities(rules: readonly SyncRule[], problems: RuleProblem[]): void {
  const seen = new Map<string, SyncRule>();
  for (const rule of rules) {
    const other = seen.get(rule.id);
    if (other === undefined) seen.set(rule.id, rule);
    else
      problems.push(
        about(rule, 'duplicate-rule', `The rules "${other.name}" and "${rule.name}" have one identity, ${rule.id}.`),
      );
    if (!Number.isInteger(rule.precedence) || rule.precedence < 0) {
      problems.push(
        about(rule, 'invalid-precedence', `The precedence ${rule.precedence} is not a whole number from 0.`),
      );
    }
  }
}

const about = (rule: SyncRule, code: RuleProblem['code'], message: string, flow?: string): RuleProblem => ({
  code,
  message,
  rule: rule.name,
  ...(flow === undefined ? {} : { flow }),
  ...(rule.origin === undefined ? {} : { file: rule.origin.file, line: rule.origin.line }),
});

/** Connector to its reference attributes: by the schema, and by the direct flows that carry references. */
function referenceAttributesOf(
  rules: readonly SyncRule[],
  schema: MetaverseSchema,
  options: CompileOptions,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const rule of rules) {
    const names = found.get(rule.connector) ?? new Set<string>();
    found.set(rule.connector, names);
    for (const { direct, target } of rule.flows) {
      if (direct === undefined) continue;
      const [metaverse, connected] = rule.direction === 'inbound' ? [target, direct] : [direct, target];
      if (schema.attributes.get(metaverse)?.syntax === 'reference') names.add(connected);
    }
  }
  for (const [connector, attributes] of options.connectedSchemas ?? []) {
    const names = [...attributes].filter(([, attribute]) => attribute.type === 'reference').map(([name]) => name);
    const others = [...(found.get(connector) ?? [])].filter((name) => !attributes.has(name));
    found.set(connector, new Set([...names, ...others]));
  }
  return found;
}

/** Rules that can write one attribute of one object must merge it alike (sync-engine s.2.7). */
function checkMergeTypes(rules: readonly CompiledRule[], problems: RuleProblem[]): void {
  const first = new Map<string, { rule: CompiledRule; combination: Combination }>();
  for (const rule of rules) {
    const { direction, connector, targetObjectType } = rule.rule;
    const object = direction === 'inbound' ? 'metaverse' : `${connector}\n${targetObjectType}`;
    for (const { target, combination, flow } of rule.flows) {
      const key = `${object}\n${target}`;
      const other = first.get(key);
      if (other === undefined) first.set(key, { rule, combination });
      else if (other.combination !== combination) {
        const text = `The flow to ${target} merges as ${flow.merge ?? 'Update'}, but the rule "${other.rule.rule.name}" writes the same attribute with another merge type. Use one merge type in all rules that write it.`;
        problems.push(about(rule.rule, 'mixed-merge-types', text, target));
      }
    }
  }
}

function versionOf(rules: readonly SyncRule[], schema: MetaverseSchema): string {
  const content = rules.map(({ origin: _, description: __, flows, ...rule }) => ({
    ...rule,
    flows: flows.map(({ line: ___, ...flow }) => flow),
  }));
  const attributes = [...schema.types].map(([type, names]) => [type, [...names.values()]]);
  return createHash('sha256')
    .update(JSON.stringify([content, attributes], withSortedKeys))
    .digest('hex');
}

/** Makes equal content equal text, in whatever order keys were written. */
function withSortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ruleSetOf(
  rules: readonly CompiledRule[],
  schema: MetaverseSchema,
  references: ReadonlyMap<string, ReadonlySet<string>>,
  version: string,
): CompiledRuleSet {
  const select = memoized((direction: string, connector: string, source: string, target: string) =>
    rules.filter(
      ({ rule }) =>
        rule.direction === direction &&
        rule.connector === connector &&
        rule.sourceObjectType === source &&
        (target === '' || rule.targetObjectType === target),
    ),
  );
  const ofConnector = (connector: string) => rules.filter(({ rule }) => rule.connector === connector);
  const read = memoized((connector: string) => new Set(ofConnector(connector).flatMap(connectedAttributesOf)));
  const join = memoized((connector: string) => joined(ofConnector(connector), 'cs'));
  const types = memoized((connector: string, metaverseType: string) => [
    ...new Set(select('outbound', connector, metaverseType, '').map(({ rule }) => rule.targetObjectType)),
  ]);
  const metaverseJoin = joined(rules, 'mv');
  const metaverseRead = memoized(
    (type: string) =>
      new Set(
        rules
          .filter(({ rule }) => rule.direction === 'outbound' && rule.sourceObjectType === type)
          .flatMap((rule) => [...rule.reads]),
      ),
  );
  const noNames: ReadonlySet<string> = new Set();
  return {
    schema,
    rules,
    version,
    inbound: (connector, objectType) => select('inbound', connector, objectType, ''),
    outbound: (connector, metaverseType, targetType = '') => select('outbound', connector, metaverseType, targetType),
    outboundTypes: types,
    readAttributes: read,
    joinAttributes: join,
    metaverseJoinAttributes: () => metaverseJoin,
    referenceAttributes: (connector) => references.get(connector) ?? noNames,
    metaverseReadAttributes: metaverseRead,
  };
}

function joined(rules: readonly CompiledRule[], side: 'cs' | 'mv'): ReadonlySet<string> {
  return new Set(rules.flatMap(({ rule }) => rule.join.flat().map((clause) => clause[side])));
}

function connectedAttributesOf(compiled: CompiledRule): string[] {
  const { rule } = compiled;
  const side = rule.direction === 'inbound' ? sourceSide('inbound') : targetSide('outbound');
  const names = rule.join.flat().map((clause) => clause[side]);
  if (rule.direction === 'inbound') names.push(...compiled.scope.attributes, ...compiled.flows.flatMap(attributesOf));
  else names.push(...compiled.flows.map((flow) => flow.target));
  return names.filter((name) => name !== 'dn');
}

/** The function with its results remembered: there are few connectors and types, and callers rely on identity. */
function memoized<A extends readonly string[], R>(compute: (...names: A) => R): (...names: A) => R {
  const known = new Map<string, R>();
  return (...names) => {
    const key = names.length === 1 ? (names[0] as string) : names.join('\n');
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = compute(...names);
    known.set(key, made);
    return made;
  };
}
