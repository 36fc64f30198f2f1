/**
 * Flow plans: for a combination of rules in scope, which flows compete for which target attribute and in which order.
 * There are few combinations and many objects, so a plan is made once for each combination and found again by the
 * identity of the rule arrays that `inScope` hands out.
 */
import type { Combination, CompiledFlow, CompiledRule, TargetShape } from './compiled.ts';
import { neededAttributes } from './dormant.ts';

export interface PlanStep {
  readonly source: number;
  readonly rule: CompiledRule;
  readonly flow: CompiledFlow;
  /** Place of the rule among all (source, rule) pairs of the plan. */
  readonly contributor: number;
}
export interface PlanTarget {
  readonly name: string;
  readonly shape: TargetShape;
  readonly combination: Combination;
  /** Best precedence first; a flow that must give what an earlier one gave is left out. */
  readonly steps: readonly PlanStep[];
  /** The same with the repetitions, for traces. */
  readonly allSteps: readonly PlanStep[];
}
export interface Plan {
  /** Sorted by name, so that the values come out in canonical order. */
  readonly targets: readonly PlanTarget[];
  readonly targetNames: readonly string[];
  readonly outbound: boolean;
  /** One byte a target: 1 if it has to be looked at whatever the sources hold. */
  readonly always: Uint8Array;
  /** For each source: attribute → places of the targets that have no value unless one of their attributes is there. */
  readonly wakes: readonly ReadonlyMap<string, readonly number[]>[];
}

interface PlanNode {
  plan?: Plan;
  readonly next: WeakMap<readonly CompiledRule[], PlanNode>;
}
const root: PlanNode = { next: new WeakMap() };

/** The plan for sources with these rules in scope, one array a source. */
export function planFor(sources: readonly { readonly rules: readonly CompiledRule[] }[]): Plan {
  let node = root;
  for (const { rules } of sources) {
    let next = node.next.get(rules);
    if (next === undefined) {
      next = { next: new WeakMap() };
      node.next.set(rules, next);
    }
    node = next;
  }
  node.plan ??= makePlan(sources.map((source) => source.rules));
  return node.plan;
}

function makePlan(rulesOfSources: readonly (readonly CompiledRule[])[]): Plan {
  const pairs = rulesOfSources.flatMap((rules, source) => rules.map((rule) => ({ source, rule })));
  pairs.sort((a, b) => a.rule.order - b.rule.order || a.source - b.source);
  const byTarget = new Map<string, PlanStep[]>();
  pairs.forEach(({ source, rule }, contributor) => {
    for (const flow of rule.flows) {
      const steps = byTarget.get(flow.target) ?? [];
      byTarget.set(flow.target, steps);
      steps.push({ source, rule, flow, contributor });
    }
  });
  const names = [...byTarget.keys()].sort();
  const targets = names.map((name) => makeTarget(name, byTarget.get(name) as PlanStep[]));
  return {
    targets,
    targetNames: names,
    outbound: pairs[0]?.rule.rule.direction === 'outbound',
    always: Uint8Array.from(targets, (target) => (isDormant(target) ? 0 : 1)),
    wakes: rulesOfSources.map((_, source) => wakesOf(targets, source)),
  };
}

const isDormant = (target: PlanTarget): boolean =>
  target.combination === 'best' && target.steps.every(({ flow }) => neededAttributes(flow) !== undefined);

function wakesOf(targets: readonly PlanTarget[], source: number): ReadonlyMap<string, readonly number[]> {
  const wakes = new Map<string, number[]>();
  targets.forEach((target, place) => {
    if (!isDormant(target)) return;
    for (const step of target.steps) {
      if (step.source !== source) continue;
      for (const attribute of neededAttributes(step.flow) ?? []) {
        const places = wakes.get(attribute) ?? [];
        wakes.set(attribute, places);
        places.push(place);
      }
    }
  });
  return wakes;
}

function makeTarget(name: string, allSteps: readonly PlanStep[]): PlanTarget {
  const seen = new Set<string>();
  const steps = allSteps.filter((step) => {
    const key = `${step.source} ${step.flow.sameResultKey}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const { shape, combination } = (allSteps[0] as PlanStep).flow;
  return { name, shape, combination, steps, allSteps };
}
