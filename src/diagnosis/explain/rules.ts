/** Rule scopes and flows in words: which clause closed a rule, what a flow read, which part of a condition was true. */
import type { AttributeValue } from '../../model/value.ts';
import { attributesOf } from '../../rules/compile-flow.ts';
import type { CompiledFlow, CompiledRule } from '../../rules/compiled.ts';
import type { EvaluationContext, ObjectView } from '../../rules/evaluation.ts';
import { compileExpression } from '../../rules/expression/compile.ts';
import { childrenOf, type Node, ungroup } from '../../rules/expression/node.ts';
import { printExpression } from '../../rules/expression/printer.ts';
import type { RuleScopeTrace } from '../../rules/in-scope.ts';
import type { Flow } from '../../rules/model.ts';
import type { ClauseTrace } from '../../rules/scope.ts';
import { clauseText, type ExplainNode, type Fact, valueText } from './model.ts';

/** The clauses that keep a rule out: of the group that comes closest, the ones that do not hold. */
export function closingClauses(trace: RuleScopeTrace): readonly ClauseTrace[] {
  const failing = trace.groups.map((g) => g.clauses.filter((c) => !c.holds));
  return failing.sort((a, b) => a.length - b.length)[0] ?? [];
}

/** Of rules that are out of scope the one that comes closest to being in, best precedence first among equals. */
export function closestRule(traces: readonly RuleScopeTrace[]): RuleScopeTrace | undefined {
  const out = traces.filter((t) => !t.inScope);
  return [...out].sort((a, b) => closingClauses(a).length - closingClauses(b).length || a.rule.order - b.rule.order)[0];
}

export const seenText = (clause: ClauseTrace): string => valueText((clause.seen ?? null) as Fact);

/** A clause in words: what it asks for and what the object has. */
export const clauseSentence = (c: ClauseTrace): string =>
  `${clauseText(c.clause)}${c.operand !== undefined && c.operand !== c.clause.value ? ` (${c.operand})` : ''}: the object has ${seenText(c)}`;

/** The scope of one rule as a branch of the tree. */
export function scopeNode(trace: RuleScopeTrace): ExplainNode {
  const facts = { rule: trace.rule.rule.name, precedence: trace.rule.precedence };
  if (trace.inScope) return { state: 'ok', title: `Rule "${trace.rule.rule.name}" applies`, facts };
  return {
    state: 'none',
    title: `Rule "${trace.rule.rule.name}" does not apply`,
    facts,
    children: closingClauses(trace).map((c) => ({
      state: 'none',
      title: clauseSentence(c),
      facts: { clause: clauseText(c.clause), seen: (c.seen ?? null) as Fact },
    })),
  };
}

/** A flow as it is written. */
export function flowText(flow: Flow): string {
  if (flow.direct !== undefined) return `direct ${flow.direct}`;
  if (flow.constant !== undefined) return `constant ${JSON.stringify(flow.constant)}`;
  return flow.expression ?? '';
}

/** The compiled form of a flow of a rule. */
export const compiledFlow = (rule: CompiledRule, flow: Flow): CompiledFlow | undefined =>
  rule.flows.find((f) => f.flow === flow) ?? rule.flows.find((f) => f.target === flow.target);

/** What a flow reads of an object: every attribute of it, present or not. */
export function inputsOf(rule: CompiledRule, flow: Flow, view: ObjectView): Record<string, Fact> {
  const compiled = compiledFlow(rule, flow);
  const inputs: Record<string, Fact> = {};
  for (const name of compiled ? attributesOf(compiled) : []) {
    const value: AttributeValue | undefined = name === 'dn' ? (view.values.dn ?? view.dn) : view.values[name];
    const count = value === undefined ? view.referenceCount(name) : 0;
    inputs[name] = value ?? (count > 0 ? `${count} references` : null);
  }
  return inputs;
}

/**
 * The operands of the `||` in the condition of an `IIF` that are true for this object, as text: the filter of the
 * out-of-box rules has a dozen of them, and only one is the reason. Empty if the expression has another form.
 */
export function trueParts(text: string, view: ObjectView, context: EvaluationContext): string[] {
  const compiled = compileExpression(text);
  if (!compiled.ok) return [];
  const root = ungroup(compiled.expression.node);
  if (root.kind !== 'call' || root.name !== 'IIF' || root.arguments[0] === undefined) return [];
  const parts = operandsOf(root.arguments[0]);
  return parts.filter((part) => {
    const asked = compileExpression(`IIF(${part}, True, False)`);
    const result = asked.ok ? asked.expression.evaluate(view, context) : undefined;
    return result?.kind === 'value' && result.value === true;
  });
}

function operandsOf(node: Node): string[] {
  const inner = ungroup(node);
  if (inner.kind === 'binary' && inner.operator === '||') return childrenOf(inner).flatMap(operandsOf);
  return [printExpression(inner)];
}
