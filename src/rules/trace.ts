/** What a trace of the merge tells: every flow that competed for an attribute and what became of it. */
import type { Contributor } from './contribute.ts';
import type { FlowResult } from './evaluation.ts';
import type { Flow } from './model.ts';

/** A flow's result, or that the target takes over the references of the source. */
export type StepResult =
  | FlowResult
  | { readonly kind: 'references'; readonly attribute: string; readonly count: number };

/**
 * `won`: gave the value. `merged`: gave some of the values. `null`: no value, lower rules may give one. `ignored`:
 * IgnoreThisFlow, or execute-once on an object that exists. `removed`: AuthoritativeNull, the attribute has no value.
 * `failed`: an error, the object is not synchronized. `lost`: a better precedence had decided (see `winner`).
 */
export type FlowOutcome = 'won' | 'merged' | 'null' | 'ignored' | 'removed' | 'failed' | 'lost';

export interface FlowTrace extends Contributor {
  /** Target attribute. */
  readonly attribute: string;
  readonly flow: Flow;
  readonly result: StepResult;
  readonly outcome: FlowOutcome;
  /** Who had decided, if the outcome is `lost`. */
  readonly winner?: Contributor;
}

export interface TraceCollector {
  /** Called for every candidate flow: attribute by attribute, best precedence first. */
  flow(trace: FlowTrace): void;
}

/** A collector that keeps everything, in order. */
export function collectTrace(): TraceCollector & { readonly flows: readonly FlowTrace[] } {
  const flows: FlowTrace[] = [];
  return { flows, flow: (trace) => void flows.push(trace) };
}
