/**
 * The merge: what an object must look like, from the objects that contribute to it and the rules in scope on them. One
 * function for both directions: inbound the sources are the linked connector-space objects and the result is the
 * metaverse object; outbound the one source is the metaverse object and the result is the object in the target.
 *
 * The best precedence that gives a value wins, over all sources; what each kind of result means is in sync-engine s.2.6.
 * Nothing is evaluated that cannot matter any more, unless a trace asks for the losers.
 */
import { type Attributes, type AttributeValue, type Value, valueKey } from '../model/value.ts';
import type { CompiledRule, RuleError } from './compiled.ts';
import type { EvaluationContext, ObjectView, RuleErrorDetail } from './evaluation.ts';
import { isInShape, severalValues, shapeValue } from './flow-value.ts';
import { type Plan, type PlanStep, type PlanTarget, planFor } from './plan.ts';
import type { FlowOutcome, StepResult, TraceCollector } from './trace.ts';

export interface Source {
  /** Identity of the source object; ties between equal rules go to the smaller one. */
  readonly sourceId: number;
  readonly view: ObjectView;
  /** In scope, as `inScope` returned them: plans are found by the identity of this array. */
  readonly rules: readonly CompiledRule[];
  readonly ctx: EvaluationContext;
}

export interface Contributor {
  readonly rule: CompiledRule;
  readonly sourceId: number;
}
/** The target attribute has the references that the source has in `attribute`. */
export interface ReferenceBinding extends Contributor {
  readonly attribute: string;
}

export interface PreviousState {
  /** Inbound: the metaverse values before. Outbound: what the target holds. */
  readonly values: Attributes;
  readonly references: ReadonlyMap<string, ReferenceBinding>;
  /**
   * Outbound: what these rules exported before. Merge flows leave other values of the target alone (a mailbox keeps the
   * addresses it has when one is added), but withdraw what they once gave.
   */
  readonly exported?: Attributes;
}
export interface ContributeOptions {
  /** The target object is being created: execute-once flows apply. */
  readonly isNew: boolean;
  readonly trace?: TraceCollector;
}

export interface Contribution {
  /** Canonical: names sorted, multi-valued attributes as sorted arrays. */
  readonly values: Readonly<Record<string, AttributeValue>>;
  /** Who gave each value; of merged values the best contributor. Nothing for values that were kept. */
  readonly provenance: Readonly<Record<string, Contributor>>;
  /** The same as a list in the order of the values. */
  readonly contributors: readonly (Contributor | undefined)[];
  readonly references: ReadonlyMap<string, ReferenceBinding>;
  /** Every attribute some flow in scope writes, with or without a value, sorted. Others are not the rules' business. */
  readonly managed: readonly string[];
  /** Attributes left as they were, because every flow for them said IgnoreThisFlow or applies only once. */
  readonly kept: readonly string[];
  /** Any error rejects all changes of the object (sync-engine s.1.5). */
  readonly errors: readonly RuleError[];
}

const noReferences: ReadonlyMap<string, ReferenceBinding> = new Map();
const nothing: readonly never[] = [];

/** What the target object must look like; pure. */
export function contribute(
  given: readonly Source[],
  previous: PreviousState,
  options: ContributeOptions,
): Contribution {
  const sources = inOrder(given);
  const plan = planFor(sources);
  const merge = new Merge(sources, plan, previous, options);
  const awake = options.trace === undefined ? awakeTargets(sources, plan) : undefined;
  for (let i = 0; i < plan.targets.length; i++) {
    if (awake === undefined || awake[i] === 1) merge.resolve(plan.targets[i] as PlanTarget);
  }
  return merge;
}

/** One byte a target: 1 if what the sources hold may give it a value. Undefined if a source cannot tell. */
function awakeTargets(sources: readonly Source[], plan: Plan): Uint8Array | undefined {
  const awake = plan.always.slice();
  for (let s = 0; s < sources.length; s++) {
    const { view } = sources[s] as Source;
    const references = view.referenceNames?.();
    if (references === undefined) return undefined;
    const wakes = plan.wakes[s] as ReadonlyMap<string, readonly number[]>;
    for (const name of Object.keys(view.values)) wake(awake, wakes.get(name));
    for (const name of references) wake(awake, wakes.get(name));
  }
  return awake;
}

function wake(awake: Uint8Array, places: readonly number[] | undefined): void {
  if (places !== undefined) for (const place of places) awake[place] = 1;
}

/** Sources by identity, so that the order in which they are given changes nothing. */
function inOrder(sources: readonly Source[]): readonly Source[] {
  for (let i = 1; i < sources.length; i++) {
    if (sources[i - 1]!.sourceId > sources[i]!.sourceId) return [...sources].sort((a, b) => a.sourceId - b.sourceId);
  }
  return sources;
}

const nullResult: StepResult = { kind: 'null' };
const ignoreResult: StepResult = { kind: 'ignore' };

class Merge implements Contribution {
  readonly values: Record<string, AttributeValue> = {};
  readonly contributors: (Contributor | undefined)[] = [];
  references: ReadonlyMap<string, ReferenceBinding> = noReferences;
  readonly managed: readonly string[];
  kept: readonly string[] = nothing;
  errors: readonly RuleError[] = nothing;

  readonly #sources: readonly Source[];
  readonly #outbound: boolean;
  readonly #previous: PreviousState;
  readonly #options: ContributeOptions;
  readonly #contributors: Contributor[] = [];
  #bindings: Map<string, ReferenceBinding> | undefined;

  constructor(sources: readonly Source[], plan: Plan, previous: PreviousState, options: ContributeOptions) {
    this.#sources = sources;
    this.#outbound = plan.outbound;
    this.#previous = previous;
    this.#options = options;
    this.managed = plan.targetNames;
  }

  get provenance(): Readonly<Record<string, Contributor>> {
    const { contributors } = this;
    const known = Object.keys(this.values).map((name, i) => [name, contributors[i]] as const);
    return Object.fromEntries(known.filter((entry): entry is [string, Contributor] => entry[1] !== undefined));
  }

  #give(name: string, value: AttributeValue, contributor: Contributor | undefined): void {
    this.values[name] = value;
    this.contributors.push(contributor);
  }

  resolve(target: PlanTarget): void {
    if (target.combination === 'best') this.#best(target);
    else this.#union(target);
  }

  /** Update: the first value wins the whole attribute. */
  #best(target: PlanTarget): void {
    const { trace } = this.#options;
    let ignored = false;
    let removed = false;
    let winner: PlanStep | undefined;
    for (const step of trace === undefined ? target.steps : target.allSteps) {
      const result = this.#evaluate(step, target);
      if (winner !== undefined) {
        this.#note(target, step, result, 'lost', winner);
        continue;
      }
      switch (result.kind) {
        case 'null':
          removed = true;
          this.#note(target, step, result, 'null');
          continue;
        case 'ignore':
          ignored = true;
          this.#note(target, step, result, 'ignored');
          continue;
        case 'value':
          this.#give(target.name, result.value, this.#contributor(step));
          break;
        case 'references':
          this.#bind(target.name, { ...this.#contributor(step), attribute: result.attribute });
          break;
        case 'error':
          this.#fail(target, step, result.error);
          break;
        case 'authoritative-null':
          break;
      }
      winner = step;
      this.#note(target, step, result, outcomeOf(result));
      if (trace === undefined) return;
    }
    if (winner === undefined && ignored && !removed) this.#keep(target.name);
  }

  /** Merge: the union of what all flows give; AuthoritativeNull cuts off those below it (sync-engine s.2.7, s.9). */
  #union(target: PlanTarget): void {
    const union = new Map<string, Value>();
    const keyOf = target.combination === 'union' ? valueKey : keyIgnoringCase;
    let ignored = false;
    let failed = false;
    let best: PlanStep | undefined;
    let end: PlanStep | undefined;
    for (const step of this.#options.trace === undefined ? target.steps : target.allSteps) {
      const result = this.#evaluate(step, target);
      if (end !== undefined) {
        this.#note(target, step, result, 'lost', end);
        continue;
      }
      this.#note(target, step, result, result.kind === 'value' ? 'merged' : outcomeOf(result));
      if (result.kind === 'value') {
        best ??= step;
        addAll(union, result.value, keyOf);
      } else if (result.kind === 'references') {
        best ??= step;
        this.#bind(target.name, { ...this.#contributor(step), attribute: result.attribute });
        end = step;
      } else if (result.kind === 'error') {
        this.#fail(target, step, result.error);
        failed = true;
        end = step;
      } else if (result.kind === 'authoritative-null') end = step;
      else if (result.kind === 'ignore') ignored = true;
      if (end !== undefined && this.#options.trace === undefined) break;
    }
    if (!failed) this.#finishUnion(target, union, keyOf, { best, cut: end !== undefined, ignored });
  }

  #finishUnion(
    target: PlanTarget,
    union: Map<string, Value>,
    keyOf: (value: Value) => string,
    state: { best: PlanStep | undefined; cut: boolean; ignored: boolean },
  ): void {
    const { name, shape } = target;
    if (this.#outbound && !(state.cut && union.size === 0)) this.#addForeign(name, union, keyOf);
    if (union.size === 0) {
      if (state.best === undefined && state.ignored && !state.cut && !this.#outbound) this.#keep(name);
      return;
    }
    const shaped = shapeValue([...union.values()], shape);
    if (shaped.kind === 'value') {
      this.#give(name, shaped.value, state.best && this.#contributor(state.best));
      if (state.best === undefined) this.kept = [...this.kept, name];
    } else if (shaped.kind === 'error' && state.best !== undefined) this.#fail(target, state.best, shaped.error);
  }

  /** Values that the target holds and no rule gave it. */
  #addForeign(name: string, union: Map<string, Value>, keyOf: (value: Value) => string): void {
    const ours = new Map<string, Value>();
    addAll(ours, this.#previous.exported?.[name], keyOf);
    const held = new Map<string, Value>();
    addAll(held, this.#previous.values[name], keyOf);
    for (const [key, value] of held) if (!ours.has(key) && !union.has(key)) union.set(key, value);
  }

  #evaluate(step: PlanStep, target: PlanTarget): StepResult {
    const { flow } = step;
    if (flow.executeOnce && !this.#options.isNew) return ignoreResult;
    const { view, ctx } = this.#sources[step.source]!;
    const { source } = flow;
    let value: AttributeValue | undefined;
    if (source.kind === 'direct') {
      if (flow.binds) {
        const count = view.referenceCount(source.attribute);
        if (count > 1 && target.shape.multiValued === false) return severalValues(count);
        if (count > 0) return { kind: 'references', attribute: source.attribute, count };
      }
      value = source.attribute === 'dn' ? (view.values.dn ?? view.dn) : view.values[source.attribute];
    } else if (source.kind === 'constant') {
      value = source.value;
    } else {
      const result = source.expression.evaluate(view, ctx);
      if (result.kind !== 'value') return result;
      value = result.value;
    }
    if (value === undefined) return nullResult;
    if (isInShape(value, target.shape)) return { kind: 'value', value };
    const shaped = shapeValue(value, target.shape);
    // A directory may deliver what rules call a reference as something else: the creator of a computer is a security
    // identifier in Active Directory. Then there is no reference, which is no reason to fail the object.
    return shaped.kind === 'none' || (flow.binds && shaped.kind === 'error') ? nullResult : shaped;
  }

  #contributor(step: PlanStep): Contributor {
    const known = this.#contributors[step.contributor];
    if (known !== undefined) return known;
    const made = { rule: step.rule, sourceId: this.#sources[step.source]!.sourceId };
    this.#contributors[step.contributor] = made;
    return made;
  }

  #bind(name: string, binding: ReferenceBinding): void {
    if (this.#bindings === undefined) this.references = this.#bindings = new Map();
    this.#bindings.set(name, binding);
  }

  /** Leaves the attribute as it was; a binding only as long as its source contributes at all. */
  #keep(name: string): void {
    const value = this.#previous.values[name];
    if (value !== undefined) this.#give(name, value, undefined);
    const binding = this.#previous.references.get(name);
    if (binding !== undefined && this.#sources.some((s) => s.sourceId === binding.sourceId)) this.#bind(name, binding);
    this.kept = [...this.kept, name];
  }

  #fail(target: PlanTarget, step: PlanStep, error: RuleErrorDetail): void {
    const { rule, sourceId } = this.#contributor(step);
    this.errors = [...this.errors, { ...error, rule, sourceId, attribute: target.name }];
  }

  #note(target: PlanTarget, step: PlanStep, result: StepResult, outcome: FlowOutcome, winner?: PlanStep): void {
    this.#options.trace?.flow({
      ...this.#contributor(step),
      attribute: target.name,
      flow: step.flow.flow,
      result,
      outcome,
      ...(winner === undefined ? {} : { winner: this.#contributor(winner) }),
    });
  }
}

const outcomes = {
  value: 'won',
  references: 'won',
  null: 'null',
  ignore: 'ignored',
  'authoritative-null': 'removed',
  error: 'failed',
} as const satisfies Record<StepResult['kind'], FlowOutcome>;
const outcomeOf = (result: StepResult): FlowOutcome => outcomes[result.kind];

/** Texts without regard to case; bytes and the like exactly. */
const keyIgnoringCase = (value: Value): string =>
  typeof value === 'string' ? value.toLowerCase() : `\u0000${valueKey(value)}`;

/** Adds the values that are not there yet: the first spelling, which is that of the best precedence, stays. */
function addAll(union: Map<string, Value>, value: AttributeValue | undefined, keyOf: (value: Value) => string): void {
  if (value === undefined) return;
  for (const one of Array.isArray(value) ? (value as readonly Value[]) : [value as Value]) {
    const key = keyOf(one);
    if (!union.has(key)) union.set(key, one);
  }
}
