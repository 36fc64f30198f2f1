/** Finds rules that are allowed but hardly meant. Mistakes that keep a rule from running are found by `compileRuleSet`. */
import type { CompiledRuleSet } from './compile.ts';
import type { ConnectedAttribute } from './compile-flow.ts';
import type { CompiledFlow, CompiledRule } from './compiled.ts';
import { strictLeftToRightDiffers } from './expression/left-to-right.ts';
import { isNeverNull } from './lint-expression.ts';
import type { Flow } from './model.ts';
import { suggestion } from './nearest-name.ts';
import { areDisjoint, contradictions, implies, isImpossible } from './scope-logic.ts';

export type LintCode =
  | 'unreachable-rule'
  | 'impossible-group'
  | 'never-linked'
  | 'flow-never-wins'
  | 'several-joining-rules'
  | 'shared-precedence'
  | 'unknown-attribute'
  | 'operator-trap'
  | 'constant-looks-like-literal'
  | 'expensive-expression'
  | 'merge-of-references'
  | 'many-values-to-one'
  | 'not-a-reference';

export interface LintFinding {
  readonly code: LintCode;
  readonly severity: 'warning' | 'info';
  /** Whole sentences that say what happens and what to do. */
  readonly message: string;
  readonly rule: string;
  /** Target attribute of the flow. */
  readonly flow?: string;
  readonly file?: string;
  readonly line?: number;
}
export interface LintOptions {
  /** Connector name to the attributes of its directory, where known. */
  readonly connectedSchemas?: ReadonlyMap<string, ReadonlyMap<string, ConnectedAttribute>>;
  /** Connector name to the names beyond those that are there as soon as they are written. */
  readonly openNames?: ReadonlyMap<string, RegExp>;
  /** Steps of about 50 ns from which an expression is called expensive. Default 2,000, which is 0.1 ms. */
  readonly expensiveSteps?: number;
}

type Tell = (rule: CompiledRule, code: LintCode, message: string, flow?: Flow) => void;

/** Everything questionable, in the order of the rules. */
export function lintRules(ruleSet: CompiledRuleSet, options: LintOptions = {}): readonly LintFinding[] {
  const findings: { order: number; finding: LintFinding }[] = [];
  const tell: Tell = ({ rule, order }, code, message, flow) => {
    const line = flow?.line ?? rule.origin?.line;
    findings.push({
      order,
      finding: {
        code,
        severity: code === 'operator-trap' || code === 'expensive-expression' ? 'info' : 'warning',
        message,
        rule: rule.name,
        ...(flow === undefined ? {} : { flow: flow.target }),
        ...(rule.origin === undefined ? {} : { file: rule.origin.file }),
        ...(line === undefined ? {} : { line }),
      },
    });
  };
  for (const rule of ruleSet.rules) {
    lintScope(rule, tell);
    lintAttributes(rule, options, tell);
    for (const flow of rule.flows) lintFlow(rule, flow, options, tell);
  }
  for (const group of competing(ruleSet.rules)) lintGroup(group, tell);
  lintPrecedence(ruleSet.rules, tell);
  return findings.sort((a, b) => a.order - b.order).map(({ finding }) => finding);
}

function lintScope(rule: CompiledRule, tell: Tell): void {
  const { scope } = rule.rule;
  if (isImpossible(scope)) {
    tell(
      rule,
      'unreachable-rule',
      'The clauses of the scoping filter exclude each other, so that no object is ever in scope.',
    );
    return;
  }
  for (const group of contradictions(scope)) {
    const text = group.map((c) => [c.attribute, c.operator, c.value].filter(Boolean).join(' ')).join(', ');
    tell(rule, 'impossible-group', `The clauses of one group of the scoping filter exclude each other: ${text}.`);
  }
}

function lintAttributes(rule: CompiledRule, { connectedSchemas, openNames }: LintOptions, tell: Tell): void {
  const known = connectedSchemas?.get(rule.rule.connector);
  if (known === undefined) return;
  const inbound = rule.rule.direction === 'inbound';
  const names = new Set(inbound ? rule.reads : rule.flows.map((flow) => flow.target));
  for (const clause of rule.rule.join.flat()) names.add(clause.cs);
  names.delete('dn');
  for (const name of names) {
    if (known.has(name) || (!inbound && openNames?.get(rule.rule.connector)?.test(name))) continue;
    const hint = suggestion(name, known.keys());
    const effect = inbound ? 'reads as absent' : 'cannot be written';
    tell(
      rule,
      'unknown-attribute',
      `The directory of ${rule.rule.connector} has no attribute "${name}", which therefore ${effect}.${hint}`,
    );
  }
  for (const flow of inbound ? rule.flows : []) lintShape(rule, flow, known, tell);
}

function lintShape(
  rule: CompiledRule,
  { source, target, shape, flow, binds }: CompiledFlow,
  known: ReadonlyMap<string, ConnectedAttribute>,
  tell: Tell,
): void {
  const attribute = source.kind === 'direct' ? known.get(source.attribute) : undefined;
  if (attribute === undefined) return;
  if (binds && attribute.type !== 'reference') {
    const text = `The directory delivers ${flow.direct} as ${attribute.type} and not as a reference, so that ${target} stays without value.`;
    tell(rule, 'not-a-reference', text, flow);
  } else if (attribute.multiValued && shape.multiValued === false) {
    const text = `${flow.direct} can have several values and ${target} holds one: an object with two fails. Use Item([${flow.direct}], 1).`;
    tell(rule, 'many-values-to-one', text, flow);
  }
}

const literals = /^\s*(NULL|AuthoritativeNull|IgnoreThisFlow|CRLF|\[[^\]]+\]|%[\w.]+%|[A-Z]\w*\(.*\))\s*$/is;

function lintFlow(
  rule: CompiledRule,
  compiled: CompiledFlow,
  { expensiveSteps = 2_000 }: LintOptions,
  tell: Tell,
): void {
  const { source, flow } = compiled;
  if (flow.constant !== undefined && literals.test(flow.constant)) {
    tell(
      rule,
      'constant-looks-like-literal',
      `The constant is stored as the word "${flow.constant}". If its meaning is wanted, write it as an expression.`,
      flow,
    );
  }
  if (compiled.binds && compiled.combination !== 'best') {
    tell(
      rule,
      'merge-of-references',
      `References are not merged: the best rule gives all references of ${flow.target}.`,
      flow,
    );
  }
  if (source.kind !== 'expression') return;
  if (strictLeftToRightDiffers(source.expression.node)) {
    tell(
      rule,
      'operator-trap',
      'Read strictly from left to right, as the documentation says, the expression means something else: add parentheses.',
      flow,
    );
  }
  if (source.expression.constantCost >= expensiveSteps) {
    const ms = (source.expression.constantCost * 50) / 1_000_000;
    tell(
      rule,
      'expensive-expression',
      `One evaluation takes about ${ms.toFixed(2)} ms; over 100,000 objects that is ${(ms * 100).toFixed(0)} seconds.`,
      flow,
    );
  }
}

/** Rules that work on the same objects towards the same objects, best precedence first. */
function competing(rules: readonly CompiledRule[]): readonly (readonly CompiledRule[])[] {
  const groups = new Map<string, CompiledRule[]>();
  for (const compiled of rules) {
    const { direction, connector, sourceObjectType, targetObjectType } = compiled.rule;
    const key = JSON.stringify([
      direction,
      connector,
      sourceObjectType,
      direction === 'inbound' ? '' : targetObjectType,
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [compiled]);
    else group.push(compiled);
  }
  return [...groups.values()];
}

function lintGroup(group: readonly CompiledRule[], tell: Tell): void {
  const joining = group.filter((rule) => rule.rule.join.length > 0);
  for (const [i, rule] of joining.entries()) {
    const clash = joining.slice(0, i).find((other) => isClash(rule, other));
    if (clash === undefined) continue;
    const text = `The rule and "${clash.rule.name}" both join the same objects, by different criteria: an object in scope of both is an error. Precedence does not decide.`;
    tell(rule, 'several-joining-rules', text);
  }
  if (joining.length === 0 && !group.some((rule) => rule.rule.linkType === 'Provision')) {
    for (const rule of group) {
      const { sourceObjectType, connector } = rule.rule;
      tell(
        rule,
        'never-linked',
        `No rule joins or provisions ${sourceObjectType} objects of ${connector} in this direction, so that these flows never run.`,
      );
    }
  }
  for (const [i, rule] of group.entries())
    for (const flow of rule.flows) lintWinner(rule, flow, group.slice(0, i), tell);
}

const isClash = (a: CompiledRule, b: CompiledRule): boolean =>
  a.joinCriteria !== b.joinCriteria && !areDisjoint(a.rule.scope, b.rule.scope);

/** A better flow on the same object that always gives a value leaves nothing to this one. */
function lintWinner(rule: CompiledRule, flow: CompiledFlow, better: readonly CompiledRule[], tell: Tell): void {
  if (flow.combination !== 'best') return;
  const winner = better.find(
    (other) =>
      implies(rule.rule.scope, other.rule.scope) &&
      other.flows.some((f) => f.target === flow.target && alwaysDecides(f)),
  );
  if (winner === undefined) return;
  const text = `The rule "${winner.rule.name}" has the better precedence, applies to all these objects and always decides ${flow.target}: this flow never wins.`;
  tell(rule, 'flow-never-wins', text, flow.flow);
}

function alwaysDecides({ source, executeOnce }: CompiledFlow): boolean {
  if (executeOnce || source.kind === 'direct') return false;
  return source.kind === 'constant' ? source.value !== '' : isNeverNull(source.expression.node);
}

/** Two rules with one number are ordered by where they are written, which nobody sees. */
function lintPrecedence(rules: readonly CompiledRule[], tell: Tell): void {
  for (const [i, rule] of rules.entries()) {
    const before = rules[i - 1];
    if (before === undefined || before.precedence !== rule.precedence || before.rule.name === rule.rule.name) continue;
    tell(
      rule,
      'shared-precedence',
      `The rule "${before.rule.name}" has the same precedence, ${rule.precedence}: give each its own.`,
    );
  }
}
